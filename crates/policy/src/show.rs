//! A policy in its canonical form: every binding spaced and ordered alike, everything else as it stands.

use crate::{
    model::{Document, Policy, Site},
    source::{Source, SourceFile},
};

/// The files of a policy in canonical form. They read as the same policy.
pub fn show(policy: &Policy) -> Source {
    let documents = std::iter::once(&policy.main)
        .chain(policy.agreements.iter().map(|agreement| &agreement.document))
        .chain(policy.notices.iter().map(|notice| &notice.document));
    let mut source = policy.source.clone();
    for document in documents {
        if let Some(file) = source.files.iter_mut().find(|file| file.path == document.path) {
            print(file, document);
        }
    }
    source
}

fn print(file: &mut SourceFile, document: &Document) {
    let mut out = String::with_capacity(file.text.len());
    let mut at = 0;
    for Site { span, canonical } in &document.sites {
        let Some(before) = file.text.get(at..span.start) else { continue };
        out.push_str(before);
        // Two backticks in a row would open another kind of code span.
        if out.ends_with('`') {
            out.push(' ');
        }
        out.push('`');
        out.push_str(canonical);
        out.push('`');
        at = span.end;
    }
    out.push_str(file.text.get(at..).unwrap_or(""));
    file.text = out;
}
