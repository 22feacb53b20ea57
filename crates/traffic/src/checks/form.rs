//! `/filter/checks/new`: a check that somebody did by hand, from a device.

use askama::Template;
use axum::{Form, extract::State};
use webkit::{
    Page, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field, Mistakes, TextArea},
    permit::MayHandleFailures,
};

use super::service::{self, Check, Outcome, Run, SCHOOL};
use crate::{Traffic, forms, matches::SealedNames};

#[derive(Template)]
#[template(path = "checks/new.html")]
struct NewPage {
    page: Page,
    summary: Option<ErrorSummary>,
    what: Field,
    device: Field,
    who: Field,
    network: Choices,
    should: Choices,
    result: Choices,
    action: TextArea,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct CheckForm {
    #[serde(default)]
    what: String,
    #[serde(default)]
    device: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    network: String,
    #[serde(default)]
    should: String,
    #[serde(default)]
    result: String,
    #[serde(default)]
    action: String,
}

/// What should be: the word of the form, as people say it, and as it is written down.
const SHOULD: [(&str, &str, &str); 3] = [
    ("closed", "Closed", "It should be closed."),
    ("open", "Open", "It should be open."),
    ("other", "Something else", "It was tried by hand."),
];

fn page(state: &Traffic, visit: &Visit, may: MayHandleFailures, form: &CheckForm, mistakes: &Mistakes) -> NewPage {
    let mut networks = vec![Choice::new(SCHOOL, "None of these, or I do not know")];
    networks.extend(state.gate().networks(may.school()).into_iter().map(|name| Choice::new(name.clone(), name)));
    let page = visit.page("Write down a check by hand").back("Checks of the filter", "/filter/checks");
    NewPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        what: Field::text("what", "What did you try?")
            .hint("A site, a search, a file. Never an address of illegal material")
            .value(form.what.clone())
            .check(mistakes),
        device: Field::text("device", "From which device?")
            .hint("Such as a tablet of the Year 2 trolley")
            .value(form.device.clone())
            .check(mistakes),
        who: Field::text("who", "As whom?")
            .hint("An audience such as Year 5 or staff, not the name of a child")
            .value(form.who.clone())
            .check(mistakes),
        network: Choices::select("network", "On which network?", networks).chosen(form.network.clone()).check(mistakes),
        should: Choices::radios(
            "should",
            "What should it be?",
            SHOULD.iter().map(|(word, says, _)| Choice::new(*word, *says)).collect(),
        )
        .chosen(form.should.clone())
        .check(mistakes),
        result: Choices::radios(
            "result",
            "How was it?",
            Outcome::ALL.iter().map(|outcome| Choice::new(outcome.word(), outcome.says())).collect(),
        )
        .chosen(form.result.clone())
        .check(mistakes),
        action: TextArea::new("action", "What did you do about it?")
            .hint("Where it was not as it should be. Leave it empty where nothing is done yet: then it stays open")
            .value(form.action.clone())
            .check(mistakes),
    }
}

pub(crate) async fn form(State(state): State<Traffic>, visit: Visit, may: MayHandleFailures) -> PageResult {
    html(&page(&state, &visit, may, &CheckForm::default(), &Mistakes::new()))
}

pub(crate) async fn enter(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayHandleFailures,
    Form(mut form): Form<CheckForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let mut mistakes = Mistakes::new();
    let mut sealed = SealedNames::new(&state, &school, visit.now());
    for text in [&mut form.what, &mut form.action] {
        *text = sealed.strip(text);
    }
    sealed.write_down(&school, may.by(), visit.now()).await?;
    let what = forms::words("what", &form.what, "Write what you tried", &mut mistakes);
    let device = forms::words("device", &form.device, "Write from which device", &mut mistakes);
    let who = forms::words("who", &form.who, "Write as whom", &mut mistakes);
    let should = SHOULD.iter().find(|(word, _, _)| *word == form.should);
    if should.is_none() {
        mistakes.add("should", "Choose what it should be");
    }
    let outcome = Outcome::parse(&form.result);
    if outcome.is_none() {
        mistakes.add("result", "Choose how it was");
    }
    let action = form.action.trim();
    if action.chars().count() > 2_000 {
        mistakes.add("action", "Write less than 2,000 characters");
    }
    let network = form.network.trim();
    let known =
        network == SCHOOL || network.is_empty() || state.gate().networks(may.school()).iter().any(|it| it == network);
    if !known {
        mistakes.add("network", "Choose one of these networks");
    }
    let (Some((_, _, should)), Some(outcome), true) = (should, outcome, mistakes.is_empty()) else {
        return refused(&page(&state, &visit, may, &form, &mistakes));
    };
    let now = visit.now();
    let provides = state.gate().provides(may.school());
    let check = Check {
        sort: "hand",
        what,
        who,
        network: if network.is_empty() { SCHOOL } else { network }.to_owned(),
        device: Some(device),
        means: "hand",
        outcome,
        found: format!("{should} {}.", outcome.says()),
        clause: None,
        at: now,
        action: Some(action.to_owned()).filter(|action| !action.is_empty()),
    };
    let run = Run {
        sort: "hand",
        started: now,
        by: Some(may.by()),
        clause: provides.checks.as_ref().map(|it| it.clause.label.clone()),
        policy: None,
        checks: vec![check],
    };
    let id = service::keep(&school, run, now).await.map_err(webkit::PageError::internal)?;
    Ok(visit.see_other_saying(&format!("/filter/checks/{id}"), "It is written down."))
}
