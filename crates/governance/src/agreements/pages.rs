//! The pages of agreements: mine, one to read and sign, and who has signed.

use axum::{
    Form,
    extract::{Path, Query, State},
    response::Response,
};
use kernel::Subject;
use policy::{Agreement, Policy};
use store::School;
use webkit::{
    Action, Page, PageError, PageResult, Permit, Reader, Routes, Session, Visit, Who,
    error::refused,
    html,
    kit::{Field, Mistakes},
    permit::{MaySeeCoverage, MaySignAgreement},
};

use super::{
    coverage::{self, Scope},
    service::{self, SignError, SignForm, Signature, Signer, day_of},
    text,
    views::{AgreementPage, CoveragePage, MinePage, MineRow, SignState},
};
use crate::{
    policy_pages::{service::InForce, views::NoPolicyPage},
    state::{Governance, stored},
};

/// The routes of agreements.
pub fn routes() -> Routes<Governance> {
    let sign_it = Who::May(Action::SignAgreement);
    Routes::new()
        .get("/agreements", sign_it, mine)
        .get("/agreements/coverage", Who::May(Action::SeeCoverage), who_has_signed)
        .get("/agreements/{name}", sign_it, read)
        .post("/agreements/{name}", sign_it, sign)
        .section("Agreements", "/agreements", sign_it, 60)
}

async fn mine(State(state): State<Governance>, visit: Visit, may: MaySignAgreement, session: Session) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else { return none(&visit) };
    let signatures = stored(service::of_person(&school, may.by()).await)?;
    let own = rules::agreements::agreement_for(&in_force.policy, session.subject());
    let child = session.reader() != Reader::Adult;
    let rows = mine_rows(&in_force.policy, own, &signatures);
    let next = rows.iter().find(|row| row.waits).cloned();
    html(&MinePage {
        page: for_reader(visit.page(if child { "My promises" } else { "My agreements" }), session.reader()),
        lead: match (&next, rows.is_empty(), child) {
            (Some(_), _, true) => "One is waiting for you. You can read it with a grown-up.".to_owned(),
            (Some(_), _, false) => "One agreement waits for your signature.".to_owned(),
            (None, true, _) => "No agreement waits for you.".to_owned(),
            (None, false, _) => "Nothing waits for you. You have signed what there is to sign.".to_owned(),
        },
        next,
        rows,
        child,
        coverage: visit.may(Action::SeeCoverage),
    })
}

/// What binds the person, and what they signed before under other words.
fn mine_rows(policy: &Policy, own: Option<&Agreement>, signatures: &[Signature]) -> Vec<MineRow> {
    let mut rows = Vec::new();
    if let Some(agreement) = own {
        let signed = service::under(signatures, agreement);
        let earlier = signatures.iter().find(|it| it.agreement == agreement.name);
        rows.push(MineRow {
            title: agreement.title.clone(),
            href: href(agreement),
            state: match (signed, earlier) {
                (Some(signed), _) => format!("Signed on {}", day_of(signed.at)),
                (None, Some(earlier)) => format!("The words have changed since you signed on {}", day_of(earlier.at)),
                (None, None) => "Waits for you".to_owned(),
            },
            waits: signed.is_none(),
        });
    }
    let others = policy.agreements.iter().filter(|it| own.is_none_or(|own| own.name != it.name));
    rows.extend(others.filter_map(|agreement| {
        let signed = service::under(signatures, agreement)?;
        let state = format!("Signed on {}", day_of(signed.at));
        Some(MineRow { title: agreement.title.clone(), href: href(agreement), state, waits: false })
    }));
    rows
}

async fn read(
    State(state): State<Governance>,
    visit: Visit,
    may: MaySignAgreement,
    session: Session,
    Path(name): Path<String>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else { return none(&visit) };
    let agreement = in_force.policy.agreement(&name).ok_or(PageError::NotFound)?;
    let sign_state = sign_state(&school, &in_force, agreement, may, session.subject()).await?;
    let page = for_reader(visit.page(agreement.title.clone()), session.reader());
    let shown = Shown { policy: &in_force.policy, agreement, session: &session, state: sign_state };
    html(&agreement_page(page, &shown, &SignForm::default(), &Mistakes::new()))
}

async fn sign_state(
    school: &School,
    in_force: &InForce,
    agreement: &Agreement,
    may: MaySignAgreement,
    subject: &Subject,
) -> Result<SignState, PageError> {
    let signatures = stored(service::of_person(school, may.by()).await)?;
    if let Some(signed) = service::under(&signatures, agreement) {
        return Ok(SignState::Signed { on: day_of(signed.at), name: signed.name.clone() });
    }
    let own = rules::agreements::agreement_for(&in_force.policy, subject);
    Ok(if own.is_some_and(|own| own.name == agreement.name) { SignState::Open } else { SignState::NotYours })
}

/// The form as a browser sends it.
#[derive(serde::Deserialize)]
struct SignFields {
    #[serde(default)]
    read: String,
    #[serde(default)]
    name: String,
}

async fn sign(
    State(state): State<Governance>,
    visit: Visit,
    may: MaySignAgreement,
    session: Session,
    Path(name): Path<String>,
    Form(fields): Form<SignFields>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else { return none(&visit) };
    let form = SignForm { read: fields.read == "yes", name: fields.name };
    let signer = Signer { may, subject: session.subject(), types: session.reader() != Reader::Young };
    match service::sign(&school, &in_force, signer, &name, &form, visit.now()).await {
        Ok(_) => Ok(thanks(&visit, &in_force.policy, &session)),
        Err(SignError::Refused(mistakes)) => {
            let agreement = in_force.policy.agreement(&name).ok_or(PageError::NotFound)?;
            let page = for_reader(visit.page(agreement.title.clone()), session.reader()).mistaken();
            let shown = Shown { policy: &in_force.policy, agreement, session: &session, state: SignState::Open };
            refused(&agreement_page(page, &shown, &form, &mistakes))
        }
        Err(SignError::Unknown(_)) => Err(PageError::NotFound),
        Err(SignError::NotYours(_)) => Err(PageError::Conflict(
            "This agreement is for others to sign; yours stands under My agreements".to_owned(),
        )),
        Err(error @ (SignError::OtherSchool | SignError::Store(_))) => Err(PageError::internal(error)),
    }
}

fn thanks(visit: &Visit, policy: &Policy, session: &Session) -> Response {
    let opens = rules::access::gated_on_agreement::signed(policy, session.subject(), false) == kernel::Signed::No;
    let text = match (opens, session.reader()) {
        (true, Reader::Young | Reader::Pupil) => "Thank you. The internet is open for you now.",
        (true, Reader::Adult) => "Thank you. The internet is open for you from now on.",
        (false, _) => "Thank you. Your signature is kept with its date.",
    };
    visit.see_other_saying("/agreements", text)
}

/// What a page of an agreement shows, and to whom.
struct Shown<'a> {
    policy: &'a Policy,
    agreement: &'a Agreement,
    session: &'a Session,
    state: SignState,
}

fn agreement_page(page: Page, shown: &Shown<'_>, form: &SignForm, mistakes: &Mistakes) -> AgreementPage {
    let Shown { policy, agreement, session, state } = shown;
    let reader = session.reader();
    let parts = text::parts(agreement);
    let points = text::points(&parts);
    let opens = rules::access::gated_on_agreement::signed(policy, session.subject(), false) == kernel::Signed::No;
    let title_of = |role| policy.front.title_of(role);
    AgreementPage {
        page,
        title: agreement.title.clone(),
        caption: match reader {
            Reader::Young => format!("For you, {}", session.given()),
            Reader::Pupil | Reader::Adult => format!("For {}", agreement.audience.in_words(&title_of)),
        },
        lead: lead(agreement, points, reader, opens && *state == SignState::Open),
        parts,
        state: state.clone(),
        action: href(agreement),
        read: form.read,
        read_error: mistakes.of("read"),
        name: Field::text("name", "Write your name").value(form.name.clone()).check(mistakes),
        read_label: match (points, reader) {
            (2.., Reader::Pupil | Reader::Young) => format!("I have read all {points} and I understand them"),
            (_, Reader::Pupil | Reader::Young) => "I have read it and I understand it".to_owned(),
            (_, Reader::Adult) => "I have read this agreement, I understand it and I will keep to it".to_owned(),
        },
        button: match reader {
            Reader::Young | Reader::Pupil => "I promise".to_owned(),
            Reader::Adult => "Sign the agreement".to_owned(),
        },
        summary: mistakes.summary(),
        until: (opens && *state == SignState::Open).then(|| until(policy, reader)),
        youngest: reader == Reader::Young,
    }
}

fn lead(agreement: &Agreement, points: usize, reader: Reader, opens: bool) -> String {
    let minutes = |speed| match text::minutes(agreement, speed) {
        1 => "1 minute".to_owned(),
        many => format!("{many} minutes"),
    };
    let signing = match (opens, reader) {
        (true, Reader::Young | Reader::Pupil) => " When you sign, the internet opens for you.",
        (true, Reader::Adult) => " When you sign, the internet opens for you within a second.",
        (false, _) => "",
    };
    match (reader, points) {
        (Reader::Young, _) => format!("Read it with a grown-up.{signing}"),
        (Reader::Pupil, 2..) => format!("{points} things to read. It takes about {}.{signing}", minutes(60)),
        (Reader::Pupil, _) => format!("It takes about {} to read.{signing}", minutes(60)),
        (Reader::Adult, 2..) => format!("{points} points; about {} to read.{signing}", minutes(200)),
        (Reader::Adult, _) => format!("About {} to read.{signing}", minutes(200)),
    }
}

/// What holds until it is signed.
fn until(policy: &Policy, reader: Reader) -> String {
    let number = policy.bindings("access", "gated-on-agreement").map(|(clause, _)| clause.number.as_str()).next();
    let cited = number.map(|number| format!(" (clause {number})")).unwrap_or_default();
    match reader {
        Reader::Young => "Not today? That is fine. Ask your teacher.".to_owned(),
        Reader::Pupil => format!(
            "Not today? That is fine. Until you sign you can use the school’s own sites, and not the rest of the \
             internet{cited}. Your teacher can help you read it."
        ),
        Reader::Adult => {
            format!("Until you sign, the gateway opens this desk and the help sites, and nothing else{cited}.")
        }
    }
}

/// What the address of the coverage page may narrow.
#[derive(serde::Deserialize)]
struct CoverageQuery {
    #[serde(default)]
    group: Option<String>,
}

async fn who_has_signed(
    State(state): State<Governance>,
    visit: Visit,
    may: MaySeeCoverage,
    session: Session,
    Query(query): Query<CoverageQuery>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let Some(in_force) = state.in_force(&school, visit.now()).await? else { return none(&visit) };
    let scope = Scope::of(session.subject());
    let roll = state.roll().people(&school, visit.now()).await?;
    let coverage = stored(coverage::coverage(&school, &in_force.policy, roll, &scope).await)?;
    let gate = in_force.policy.bindings("access", "gated-on-agreement").map(|(clause, _)| clause.number.clone()).next();
    let group = query.group.as_deref().filter(|group| !group.is_empty());
    let page: CoveragePage =
        coverage.page(visit.page("Who has signed").back("Agreements", "/agreements"), &scope, group, gate.as_deref());
    html(&page)
}

fn href(agreement: &Agreement) -> String {
    format!("/agreements/{}", agreement.name)
}

/// The page of the youngest has larger type and no sections.
fn for_reader(page: Page, reader: Reader) -> Page {
    match reader {
        Reader::Young => page.for_children(),
        Reader::Pupil | Reader::Adult => page,
    }
}

fn none(visit: &Visit) -> PageResult {
    html(&NoPolicyPage { page: visit.page("No policy is in force yet") })
}
