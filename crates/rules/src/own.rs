//! The controls of one policy: ours, with the registers that the school declares in its folder and the fields that it
//! adds to ours.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use ::policy::{
    Checked, Code, ControlId, Kind, Policy, PolicyCheck, Registry, RegistryError, Reporter, Source, SourceFile, Span,
};
use declare::{Declaration, Declarations, Problem};
use jiff::civil::Date;

use crate::{
    catalogue::{self, Unbuilt},
    declared::{DeclaredControl, OWN},
};

/// The controls that a policy may name, and the declarations behind them.
#[derive(Debug, Clone)]
pub struct Controls {
    /// The controls, with the checks of whole policies. What is wrong with the school's own declarations is among the
    /// checks, so that whoever checks a policy hears of it.
    pub registry: Arc<Registry>,
    /// What is kept as data: ours, and the school's own as far as it can be read.
    pub declarations: Arc<Declarations>,
    /// Whether the school declares anything itself.
    pub own: bool,
}

/// The controls of a policy without registers of its own.
static SHIPPED: LazyLock<Controls> = LazyLock::new(|| Controls {
    registry: Arc::new(catalogue::controls()),
    declarations: Arc::new(Declarations::shipped().clone()),
    own: false,
});

/// The controls that a policy may name: ours, and those of its own folder.
pub fn controls_of(source: &Source) -> Controls {
    of_files(&source.registers().collect::<Vec<_>>())
}

/// The controls that two versions of a policy name between them, for comparing them; where both declare the same, as
/// the second does.
pub fn controls_of_both(one: &Source, two: &Source) -> Controls {
    let gone = one.registers().filter(|file| two.file(&file.path).is_none());
    of_files(&gone.chain(two.registers()).collect::<Vec<_>>())
}

/// Reads and checks a policy with the controls that it may name.
pub fn check(source: &Source, today: Date) -> Checked {
    ::policy::check(source, &controls_of(source).registry, today)
}

fn of_files(own: &[&SourceFile]) -> Controls {
    if own.is_empty() {
        return SHIPPED.clone();
    }
    let files: Vec<_> = own.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let (declarations, mut problems) = Declarations::shipped().with_all(&files);
    let mut registry = catalogue::of_catalogue(&declarations);
    for file in own {
        let Some(name) = file.path.strip_prefix("registers/").and_then(|name| name.strip_suffix(".toml")) else {
            continue;
        };
        let Ok(id) = ControlId::parse(&format!("{OWN}.{name}")) else { continue };
        let added = match declarations.get(&id.to_string()) {
            Some(declared) => {
                let (kind, purpose) = (kind_of(declared), declared.says.clone());
                registry.register(DeclaredControl::new(id, Arc::clone(declared), kind, &purpose))
            }
            // What is wrong with it is said where it stands, and not once more at each clause that names it.
            None => registry.register(Unbuilt::new(id, Kind::Record, "keeps a register of the school's own")),
        };
        if let Err(error) = added {
            problems.push(refused(&file.path, &error));
        }
    }
    if !problems.is_empty() {
        registry.register_check(Faults(problems));
    }
    Controls { registry: Arc::new(registry), declarations: Arc::new(declarations), own: true }
}

/// What a control of the school's own is at its centre: a register where there is one.
fn kind_of(declared: &Declaration) -> Kind {
    match (&declared.register, &declared.attestation, &declared.notice) {
        (Some(_), _, _) => Kind::Record,
        (None, Some(_), _) => Kind::Attest,
        (None, None, Some(_)) => Kind::Inform,
        (None, None, None) => Kind::Record,
    }
}

fn refused(path: &str, error: &RegistryError) -> Problem {
    match error {
        RegistryError::Common { key, .. } => {
            Problem::of_file(path, format!("the term `{key}` is one that every clause may set"))
                .help("leave it out, or give yours another name")
        }
        RegistryError::Twice(control) => Problem::of_file(path, format!("`{control}` is declared twice")),
    }
}

/// What is wrong with the school's own declarations, beside what is wrong with the text.
struct Faults(Vec<Problem>);

impl PolicyCheck for Faults {
    fn check(&self, policy: &Policy, report: &mut Reporter<'_>) {
        let mut said = BTreeSet::new();
        for problem in &self.0 {
            let place = (&problem.path, problem.line, problem.column, &problem.message);
            if !said.insert(place) {
                continue;
            }
            let found = report.error(Code::REGISTER, span(&policy.source, problem), problem.message.clone(), "");
            if let Some(help) = &problem.help {
                found.help(help.clone());
            }
        }
    }
}

/// The bytes that a problem means.
fn span(source: &Source, problem: &Problem) -> Span {
    let Some(at) = source.files.iter().position(|file| file.path == problem.path) else { return Span::default() };
    let text = source.files.get(at).map_or("", |file| file.text.as_str());
    let line_start: usize = text.split_inclusive('\n').take(problem.line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let byte = |chars: usize| line.char_indices().nth(chars).map_or(line.len(), |(at, _)| at);
    let first = problem.column.saturating_sub(1);
    Span::new(at, line_start + byte(first)..line_start + byte(first.saturating_add(problem.width)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str = r#"title = "Library tablets"
says = "keeps a list of the tablets in the library"
[register]
item = "tablet"
items = "tablets"
lead = "The tablets in the library."
reads = "staff"
writes = "role:office"
first = "Enter the first tablet."
entry-title = "{name}"
columns = ["name"]
[[field]]
name = "name"
label = "Which tablet?"
kind = "text"
"#;

    fn source(clause: &str, own: &[(&str, &str)]) -> Source {
        let text = format!(
            "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2026-09-01\nreview = 2027-09-01\n+++\n\n# 1 Clauses\n\n- {clause}\n"
        );
        let file = |path: &str, text: String| SourceFile { path: path.to_owned(), text };
        let own = own.iter().map(|(path, text)| file(path, (*text).to_owned()));
        Source::new(std::iter::once(file("policy.md", text)).chain(own).collect())
    }

    fn errors(source: &Source) -> String {
        let found = check(source, jiff::civil::date(2026, 11, 22)).diagnostics;
        let errors = found.iter().filter(|it| it.severity == ::policy::Severity::Error);
        errors.map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    const CLAUSE: &str = "The office keeps a list of the tablets in the library. `tab: own.library`";

    #[test]
    fn a_policy_names_the_registers_in_its_folder() {
        let sound = source(CLAUSE, &[("registers/library.toml", LIBRARY)]);
        assert_eq!(errors(&sound), "");
        let controls = controls_of(&sound);
        let control = controls.registry.find("own.library").unwrap();
        assert!(control.card().built && control.card().kind == Kind::Record);
        assert!(controls.declarations.get("own.library").is_some());
        let policy = check(&sound, jiff::civil::date(2026, 11, 22)).policy.unwrap();
        let (_, binding) = policy.bindings("own", "library").next().unwrap();
        assert_eq!(
            control.in_words(binding, &::policy::Words::of(&policy, jiff::civil::date(2026, 11, 22))),
            "keeps a list of the tablets in the library"
        );
        assert_ne!(
            policy.digest(),
            check(
                &source(CLAUSE, &[("registers/library.toml", &format!("{LIBRARY}# x\n"))]),
                jiff::civil::date(2026, 11, 22)
            )
            .policy
            .unwrap()
            .digest()
        );
        assert!(errors(&source(CLAUSE, &[])).contains("there is no control `own.library`"));
    }

    #[test]
    fn what_is_wrong_with_a_register_is_said_beside_what_is_wrong_with_the_text() {
        let broken = LIBRARY.replace("kind = \"text\"", "kind = \"txt\"");
        let both = source(
            "The office keeps lists. `own.library` `filter.categorise`",
            &[("registers/library.toml", &broken), ("registers/assets.lones.toml", "")],
        );
        let wanted = r#"error[unknown-control]: there is no control `filter.categorise`
  --> policy.md:10:42
   |
10 | - The office keeps lists. `own.library` `filter.categorise`
   |                                          ^^^^^^^^^^^^^^^^^ not a control
   = help: did you mean `filter.categories`?

error[register]: there is no register `assets.lones`
 --> registers/assets.lones.toml:1:1
  |
1 | 
  | ^
  = help: did you mean `assets.loans`?

error[register]: `txt` is no kind of field
  --> registers/library.toml:15:8
   |
15 | kind = "txt"
   |        ^^^^^
   = help: did you mean `text`?
"#;
        assert_eq!(errors(&both), wanted);
        let common = LIBRARY.replacen(
            "[register]",
            "[[term]]\nname = \"every\"\ntakes = \"text\"\nwords = \"each {}\"\n[register]",
            1,
        );
        let said = errors(&source(CLAUSE, &[("registers/library.toml", &common)]));
        assert!(said.contains("`every` is a common term") && said.contains("registers/library.toml:4:8"), "{said}");
    }

    #[test]
    fn two_versions_are_compared_with_what_either_declares() {
        let (with, without) =
            (source(CLAUSE, &[("registers/library.toml", LIBRARY)]), source("Staff sign. `x: context`", &[]));
        assert!(controls_of_both(&with, &without).registry.find("own.library").is_some());
        assert!(controls_of_both(&without, &with).registry.find("own.library").is_some());
        let read = |source: &Source| check(source, jiff::civil::date(2026, 11, 22)).policy.unwrap();
        let (old, new) = (read(&without), read(&with));
        let words = |policy: &Policy| ::policy::Words::of(policy, jiff::civil::date(2026, 11, 22));
        let found = ::policy::diff(&old, &new, &controls_of_both(&without, &with).registry, &words(&old), &words(&new));
        assert_eq!(found.registers, ["New: the school's own register `own.library`."]);
        assert!(found.to_text().contains("keeps a list of the tablets"), "{}", found.to_text());
    }
}
