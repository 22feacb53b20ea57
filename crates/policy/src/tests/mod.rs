//! Tests of the language as a whole: a small catalogue, and policies as schools write them.

mod diagnostics;
mod outputs;
pub(crate) mod properties;
mod reading;

use jiff::civil::{Date, date};
use kernel::Year;

use crate::{
    Binding, Card, Checked, Combine, ControlId, FreeControl, Kind, Registry, Severity, Source, SourceFile, TermProblem,
    Terms, TypedControl, Words, check,
};

/// No terms of its own.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct PasswordAge {}

impl Terms for PasswordAge {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        "Passwords are changed".to_owned()
    }
    fn check(&self, binding: &Binding) -> Vec<TermProblem> {
        if binding.common.every.is_some() {
            return Vec::new();
        }
        vec![TermProblem::whole("this does not say how often").help("add `every = \"90 days\"`")]
    }
}

/// Terms of `access.password-strength`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct PasswordStrength {
    /// The least number of characters.
    length: u8,
    /// Signs that a password must have.
    #[serde(default)]
    must_have: Vec<Sign>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Sign {
    Digit,
    Capital,
}

impl Terms for PasswordStrength {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let digit = self.must_have.iter().any(|sign| matches!(sign, Sign::Digit));
        let capital = self.must_have.iter().any(|sign| matches!(sign, Sign::Capital));
        let signs = match (digit, capital) {
            (true, true) => ", with a digit and a capital letter",
            (true, false) => ", with a digit",
            (false, true) => ", with a capital letter",
            (false, false) => "",
        };
        format!("Passwords have at least {} characters{signs}", self.length)
    }
}

/// Terms of `access.password-by-age`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct PasswordByAge {
    own_from: Year,
}

impl Terms for PasswordByAge {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        format!("Pupils have a password of their own from {}", self.own_from.title())
    }
}

/// Terms of `filter.categories`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Categories {
    categories: kernel::Sites,
}

impl Terms for Categories {
    fn in_words(&self, _: &Binding, words: &Words) -> String {
        format!("Sites of these kinds are blocked: {}", words.sites(&self.categories))
    }
}

/// Terms of `policy.use-matrix`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct UseMatrix {
    activity: String,
    #[serde(default)]
    staff: bool,
    #[serde(default)]
    pupils: Option<String>,
}

impl Terms for UseMatrix {
    fn in_words(&self, _: &Binding, _: &Words) -> String {
        let staff = if self.staff { "open to staff" } else { "closed to staff" };
        format!("{}: {staff}, pupils {}", self.activity, self.pupils.as_deref().unwrap_or("not at all"))
    }
}

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::new();
    let card = |module, name, kind, purpose: &str| Card::new(ControlId::new(module, name), kind, purpose);
    let one = Combine::One;
    let typed = [
        registry.register(TypedControl::<PasswordAge>::new(
            card("access", "password-age", Kind::Enforce, "Passwords change after a set number of days")
                .built()
                .combine(one)
                .example("{ who = \"staff\", every = \"90 days\" }"),
        )),
        registry.register(TypedControl::<PasswordStrength>::new(
            card("access", "password-strength", Kind::Enforce, "Strong passwords")
                .built()
                .combine(one)
                .example("{ length = 10, must-have = [\"digit\"] }"),
        )),
        registry.register(TypedControl::<PasswordByAge>::new(
            card("access", "password-by-age", Kind::Enforce, "What sign-in a pupil has at which year").built(),
        )),
        registry.register(TypedControl::<Categories>::new(
            card("filter", "categories", Kind::Enforce, "Sites blocked by category").built(),
        )),
        registry.register(TypedControl::<UseMatrix>::new(
            card("policy", "use-matrix", Kind::Enforce, "Each activity: acceptable or not").built(),
        )),
    ];
    assert!(typed.iter().all(Result::is_ok));
    for (module, name, kind, purpose) in [
        ("filter", "change-log", Kind::Record, "Every change to filtering is logged"),
        ("filter", "management-status", Kind::Enforce, "Only staff with filtering-management status change filtering"),
        ("filter", "safe-search", Kind::Enforce, "Safe search and child-friendly search engines"),
        ("incident", "report", Kind::Inform, "Anybody can report a concern"),
        ("policy", "permits", Kind::Enforce, "A use that is barred unless permitted"),
    ] {
        registry.register(FreeControl::new(card(module, name, kind, purpose))).unwrap();
    }
    registry
}

pub(crate) const TODAY: Date = date(2026, 11, 22);

pub(crate) const FRONT: &str = "+++\ntitle = \"Online Safety Policy\"\nversion = \"4\"\nissued = 2026-09-01\nreview = 2027-09-01\n[titles]\nonline-safety-lead = \"Online Safety Lead\"\n[systems]\nmis = { name = \"the MIS\", by = \"data-manager\", seen = \"attest\" }\n[times]\nlesson = \"mon-fri 09:00-12:15, 13:05-15:20\"\nlunch = \"mon-fri 12:15-13:05\"\n[terms]\nautumn = { from = 2026-09-03, to = 2026-12-18 }\n[networks]\nguest = { stands-for = \"guests\", signed-for = true, addresses = [\"10.1.0.0/16\"] }\n+++\n";

/// A policy with the usual front matter.
pub(crate) fn with_front(body: &str) -> Source {
    Source::of_text(format!("{FRONT}{body}"))
}

/// The example of the language's description, with agreements.
pub(crate) fn example() -> Source {
    let main = include_str!("example.md");
    let staff = "+++\ntitle = \"Staff agreement\"\naudience = \"staff\"\nversion = \"2\"\n+++\n\n# Staff agreement\n\nI keep my password to myself.\n\n- I report what worries me. `agree-report: incident.report { who = \"staff\" }`\n- I sign below.\n";
    Source::new(vec![
        SourceFile { path: "agreements/staff.md".to_owned(), text: staff.to_owned() },
        SourceFile { path: "policy.md".to_owned(), text: main.to_owned() },
        SourceFile {
            path: "notices/monitoring.md".to_owned(),
            text: "# We look after you\n\nUse is logged.\n".to_owned(),
        },
    ])
}

pub(crate) fn checked(source: &Source) -> Checked {
    check(source, &registry(), TODAY)
}

/// Every diagnostic as a person sees it.
pub(crate) fn said(source: &Source) -> String {
    checked(source).diagnostics.iter().map(|it| format!("{it}\n")).collect()
}

/// The errors alone.
pub(crate) fn errors(source: &Source) -> String {
    let all = checked(source).diagnostics;
    all.iter().filter(|it| it.severity == Severity::Error).map(|it| format!("{it}\n")).collect()
}
