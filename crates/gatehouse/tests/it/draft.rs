//! Policies that tests write.

use std::fmt::Write as _;

use policy::{Source, SourceFile};

/// A policy that filters says something for everybody.
const EVERYONE: &str = "\n# 2 For everyone\n\n\
    - Hacking is blocked for everyone. `hacking: filter.categories { who = \"everyone\", block = \"hacking\" }`\n";

/// A policy that a test writes.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    issued: Option<String>,
    review: Option<String>,
    front: String,
    clauses: Vec<String>,
    promises: Option<String>,
    files: Vec<SourceFile>,
}

impl Draft {
    /// With these clauses, and the agreements of staff and pupils.
    pub(crate) fn of(clauses: &[&str]) -> Self {
        Self {
            issued: Some("2026-09-01".to_owned()),
            review: Some("2027-09-01".to_owned()),
            front: String::new(),
            clauses: clauses.iter().map(|clause| (*clause).to_owned()).collect(),
            promises: Some("I ask before I use the internet.".to_owned()),
            files: Vec::new(),
        }
    }

    /// Issued on another day, or on none.
    pub(crate) fn issued(mut self, day: Option<&str>) -> Self {
        self.issued = day.map(str::to_owned);
        self
    }

    /// Reviewed on another day, or on none.
    pub(crate) fn review(mut self, day: Option<&str>) -> Self {
        self.review = day.map(str::to_owned);
        self
    }

    /// With more front matter.
    pub(crate) fn front(mut self, more: &str) -> Self {
        self.front = more.to_owned();
        self
    }

    /// With other words in the agreement of pupils.
    pub(crate) fn promises(mut self, words: &str) -> Self {
        self.promises = Some(words.to_owned());
        self
    }

    /// With another file in its folder.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push(SourceFile { path: path.to_owned(), text: text.to_owned() });
        self
    }

    /// Without any agreement.
    pub(crate) fn without_agreements(mut self) -> Self {
        self.promises = None;
        self
    }

    /// As files.
    pub(crate) fn source(&self, version: u32) -> Source {
        let mut text = format!("+++\ntitle = \"Online Safety Policy\"\nversion = \"{version}\"\n");
        for (key, day) in [("issued", &self.issued), ("review", &self.review)] {
            if let Some(day) = day {
                let _ = writeln!(text, "{key} = {day}");
            }
        }
        let _ = writeln!(text, "{}\n+++\n\n# 1 Our rules\n", self.front);
        for clause in &self.clauses {
            let _ = writeln!(text, "- {clause}");
        }
        text.push_str(EVERYONE);
        let mut files = vec![SourceFile { path: "policy.md".to_owned(), text }];
        if let Some(promises) = &self.promises {
            for (name, title, words) in [
                ("pupils", "My promises", promises.as_str()),
                ("staff", "Staff agreement", "I use my own login and no other."),
            ] {
                let text =
                    format!("+++\ntitle = \"{title}\"\naudience = \"{name}\"\nversion = \"1\"\n+++\n\n- {words}\n");
                files.push(SourceFile { path: format!("agreements/{name}.md"), text });
            }
        }
        files.extend(self.files.iter().cloned());
        Source::new(files)
    }
}
