//! People in terms and front matter: reads audiences and roles, and says what was meant where they are wrong.

use kernel::{Audience, AudienceAtom, Role};

use crate::{
    common_read::{did_you_mean, texts},
    diagnostic::{Code, Reporter},
    front::Front,
    source::Span,
    suggest,
    terms::{Term, Value},
};

/// Reads people. `roles` says whether a role may stand by its bare name: `by = "headteacher"`.
pub(crate) fn people(
    term: &Term,
    roles: bool,
    front: &Front,
    report: &mut Reporter<'_>,
    code: Code,
) -> Option<Audience> {
    let given = texts(term, report, code);
    let count = given.len();
    let atoms: Vec<_> =
        given.into_iter().filter_map(|(text, span)| person(text, span, roles, front, report, code)).collect();
    if count == 0 && matches!(&term.value, Value::List(values) if values.is_empty()) {
        report.error(code, term.span, format!("`{}` names nobody", term.key), "empty");
    }
    Audience::any(atoms)
}

fn person(
    text: &str,
    span: Span,
    roles: bool,
    front: &Front,
    report: &mut Reporter<'_>,
    code: Code,
) -> Option<AudienceAtom> {
    match (AudienceAtom::parse(text), Role::parse(text)) {
        (Ok(atom), _) => Some(atom),
        (Err(_), Ok(role)) if roles => Some(AudienceAtom::Role(role)),
        (Err(_), _) => {
            let role = text.strip_prefix("role:");
            let (message, help) = match role {
                Some(role) => (format!("there is no role `{role}`, so nobody can hold it"), role_help(role)),
                None => (format!("`{text}` is not an audience"), audience_help(text, roles, front)),
            };
            let code = if role.is_some() && code == Code::BAD_TERM { Code::NOBODY } else { code };
            report.error(code, span, message, "not known").help(help);
            None
        }
    }
}

const AUDIENCES: [&str; 20] = [
    "everyone",
    "staff",
    "pupils",
    "governors",
    "parents",
    "volunteers",
    "contractors",
    "guests",
    "outside",
    "joiners",
    "subject",
    "early-years",
    "ks1",
    "ks2",
    "ks3",
    "ks4",
    "ks5",
    "nursery",
    "reception",
    "parent-of:subject",
];

pub(crate) fn audience_help(text: &str, roles: bool, front: &Front) -> String {
    let prefix = if roles { "" } else { "role:" };
    if let Some(found) = AUDIENCES.iter().find(|plural| plural.strip_suffix('s') == Some(text)) {
        return did_you_mean(found);
    }
    if let Ok(role) = Role::parse(text) {
        return format!("a role is written `{prefix}{role}` here");
    }
    // "Head Teacher" for a role that the school gives a title of its own.
    let titled = Role::ALL.iter().find(|role| {
        front.title_of(**role).eq_ignore_ascii_case(text.trim())
            || role.default_title().eq_ignore_ascii_case(text.trim())
    });
    if let Some(role) = titled {
        return format!("the role with this title is written `{prefix}{role}`");
    }
    if let Some(found) = suggest::nearest(text, AUDIENCES) {
        return did_you_mean(found);
    }
    match near_role(text) {
        Some(role) => format!("did you mean `{prefix}{role}`?"),
        None => "write `everyone`, `staff`, `pupils`, `governors`, `parents`, `guests`, `ks1`, `year-3..year-6`, `class:5B`, `role:headteacher` or `group:NAME`".to_owned(),
    }
}

/// What to write instead of an unknown role.
pub(crate) fn role_help(text: &str) -> String {
    match near_role(text) {
        Some(found) => did_you_mean(found.id()),
        None => {
            let ids: Vec<_> = Role::ALL.iter().map(|role| role.id()).collect();
            format!("the roles are {}", ids.join(", "))
        }
    }
}

/// The role that was meant: nearly its word, or a usual name for it.
fn near_role(text: &str) -> Option<Role> {
    let word = text.to_lowercase().replace([' ', '_'], "-");
    let usual = match word.as_str() {
        "head" | "headmaster" | "headmistress" | "principal" => Some(Role::Headteacher),
        "dsl" | "designated-safeguarding-lead" | "child-protection-lead" => Some(Role::SafeguardingLead),
        "dpo" => Some(Role::DataProtectionOfficer),
        "siro" => Some(Role::InformationRiskOwner),
        "smt" | "senior-leader" | "senior-leaders" | "senior-leadership-team" | "leadership" => Some(Role::Slt),
        "technician" | "it-manager" | "ict-manager" | "it-technician" => Some(Role::NetworkManager),
        "e-safety-lead" | "e-safety-coordinator" | "e-safety-co-ordinator" => Some(Role::OnlineSafetyLead),
        "ict-co-ordinator" | "ict-coordinator" => Some(Role::ComputingLead),
        "bursar" => Some(Role::BusinessManager),
        "chair" => Some(Role::ChairOfGovernors),
        _ => None,
    };
    let near = || suggest::nearest(&word, Role::ALL.iter().map(|role| role.id()));
    usual.or_else(|| near().and_then(|id| Role::parse(id).ok()))
}

/// Whether everybody in `two` surely is in `one`.
pub(crate) fn covers(one: &AudienceAtom, two: &AudienceAtom) -> bool {
    use AudienceAtom::{All, Everyone, Role, Stage, Years};
    let years = |atom: &AudienceAtom| -> Option<Vec<kernel::Year>> {
        match atom {
            Years(from, to) => Some(kernel::Year::all().filter(|year| from <= year && year <= to).collect()),
            Stage(stage) => Some(kernel::Year::all().filter(|year| year.key_stage() == *stage).collect()),
            Everyone
            | All(_)
            | Role(_)
            | AudienceAtom::Class(_)
            | AudienceAtom::Group(_)
            | AudienceAtom::Joiners
            | AudienceAtom::Relation(_) => None,
        }
    };
    if one == two || *one == Everyone {
        return true;
    }
    match (one, two) {
        (All(capacity), Role(role)) => role.capacity() == *capacity,
        (All(kernel::Capacity::Pupil), Years(..) | Stage(_)) => true,
        (one, two) => match (years(one), years(two)) {
            (Some(one), Some(two)) => two.iter().all(|year| one.contains(year)),
            (Some(_) | None, _) => false,
        },
    }
}
