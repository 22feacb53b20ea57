//! How long a policy of 600 clauses takes to check: the promise is less than 50 ms.

use criterion::{Criterion, criterion_group, criterion_main};
use policy::{Source, SourceFile, check};

/// A policy with every control of the catalogue, in sections of twenty clauses, with prose, context and a table.
fn generated(clauses: usize) -> Source {
    let registry = rules::controls();
    let mut text = String::from(
        "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2026-09-01\nreview = 2027-09-01\n\
         [systems]\nmis = { name = \"the MIS\", by = \"data-manager\", seen = \"attest\" }\n\
         [times]\nlunch = \"mon-fri 12:15-13:05\"\nlesson = \"mon-fri 09:00-12:15, 13:05-15:20\"\n+++\n\n# Online Safety Policy\n",
    );
    let all: Vec<_> = registry.iter().collect();
    let mut controls = all.iter().cycle();
    for at in 0..clauses {
        if at % 20 == 0 {
            text.push_str(&format!(
                "\n## {} Section\n\nWhat follows holds for everyone in the school.\n\n",
                at / 20 + 1
            ));
        }
        let Some(control) = controls.next() else { break };
        let card = control.card();
        let purpose = &card.purpose;
        let terms = match (card.example.as_str(), at % 4) {
            ("", 0) => "{ who = \"staff\", every = \"90 days\" }".to_owned(),
            ("", 1) => "{ who = [\"ks1\", \"year-3..year-6\"], when = \"lunch\", by = \"headteacher\" }".to_owned(),
            ("", 2) => "{ who = \"pupils\", topics = [\"privacy\", \"passwords\"], sessions = 6 }".to_owned(),
            ("", _) => String::new(),
            (example, _) => example.to_owned(),
        };
        let binding = format!("{} {terms}", card.id);
        let line = match at % 15 {
            7 => format!("- {purpose}, as the law says. `c-{at}: context`\n"),
            11 => format!("- {purpose}. `c-{at}: {}` `incident.report {{ who = \"staff\" }}`\n", binding.trim()),
            _ => format!("- {purpose}, for staff and pupils. `c-{at}: {}`\n", binding.trim()),
        };
        text.push_str(&line);
    }
    let staff = "+++\ntitle = \"Staff agreement\"\naudience = \"staff\"\nversion = \"1\"\n+++\n\n- I keep my password to myself.\n";
    Source::new(vec![
        SourceFile { path: Source::MAIN.to_owned(), text },
        SourceFile { path: "agreements/staff.md".to_owned(), text: staff.to_owned() },
    ])
}

fn policies(criterion: &mut Criterion) {
    let registry = rules::controls();
    let source = generated(600);
    let today = jiff::civil::date(2026, 11, 22);
    let checked = check(&source, &registry, today);
    assert_eq!(checked.counts.clauses, 600, "the benchmark measures what it says");
    criterion.bench_function("check a policy of 600 clauses", |bencher| {
        bencher.iter(|| check(std::hint::black_box(&source), &registry, today));
    });
}

criterion_group!(benches, policies);
criterion_main!(benches);
