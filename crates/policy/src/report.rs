//! What a check found, for people and for machines.

use std::collections::BTreeMap;

use crate::{
    check::Checked,
    diagnostic::{Code, Diagnostic},
};

/// A check as machines read it: `gatehouse policy check --json`.
#[derive(Debug, serde::Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    counts: &'a crate::count::Counts,
    diagnostics: &'a [Diagnostic],
}

impl Checked {
    /// As machines read it: the counts of [`crate::Counts`] and `diagnostics`.
    pub fn to_json(&self) -> serde_json::Value {
        let json = Json { counts: &self.counts, diagnostics: &self.diagnostics };
        serde_json::to_value(json).unwrap_or_default()
    }

    /// As people read it. With `fold`, kinds of warnings that come once for each binding are said in one line.
    pub fn to_text(&self, fold: bool) -> String {
        let mut out = String::new();
        let mut folded: BTreeMap<Code, Vec<&Diagnostic>> = BTreeMap::new();
        for diagnostic in &self.diagnostics {
            if fold && (diagnostic.code == Code::NOT_BUILT || diagnostic.code == Code::NO_LABEL) {
                folded.entry(diagnostic.code).or_default().push(diagnostic);
            } else {
                out.push_str(&format!("{diagnostic}\n"));
            }
        }
        for (code, many) in folded {
            out.push_str(&one_line(code, &many));
        }
        out.push_str(&self.summary());
        out
    }

    /// The last lines: how much there is, and how much of it stands on built controls.
    pub fn summary(&self) -> String {
        let counts = &self.counts;
        let plural = |count: usize, word: &str| {
            if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
        };
        format!(
            "{}: {} bound, {} context. {} of {} bound clauses stand on built controls, {} by their first binding.\n{}, {}.\n",
            plural(counts.clauses, "clause"),
            counts.bound,
            counts.context,
            counts.built,
            counts.bound,
            counts.built_main,
            plural(counts.errors, "error"),
            plural(counts.warnings, "warning"),
        )
    }
}

fn one_line(code: Code, many: &[&Diagnostic]) -> String {
    let count = many.len();
    if code == Code::NO_LABEL {
        let clauses = if count == 1 { "1 clause has".to_owned() } else { format!("{count} clauses have") };
        return format!("warning[{}]: {clauses} no label; `gatehouse policy label` writes them\n\n", code.0);
    }
    let mut controls: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in many {
        let name = diagnostic.message.split('`').nth(1).unwrap_or("");
        *controls.entry(name).or_default() += 1;
    }
    let bindings = if count == 1 { "1 binding asks".to_owned() } else { format!("{count} bindings ask") };
    let names =
        controls.iter().map(|(name, count)| if *count == 1 { (*name).to_owned() } else { format!("{name} ({count})") });
    let (names, what) = (
        names.collect::<Vec<_>>().join(", "),
        if controls.len() == 1 { "a control that is" } else { "controls that are" },
    );
    format!("warning[{}]: {bindings} for {what} not built yet, and are listed but not kept\n  {names}\n\n", code.0)
}
