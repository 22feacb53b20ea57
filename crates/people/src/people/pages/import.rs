//! The import at the desk: a file is sent, what it would change is shown, somebody says yes.

use std::sync::Arc;

use askama::Template;
use axum::{Form, extract::State, response::Response};
use rules::people::roster::{
    RefusedRow,
    words::{Detail, in_words},
};
use webkit::{
    Page, PageError, PageResult, Permit, Visit,
    error::refused,
    html,
    kit::{Field, Mistakes},
    permit::MayImportPeople,
    upload::Upload,
};

use super::PeopleDesk;
use crate::people::{
    archive::from_zip,
    import::{self as service, Asked, ImportError, Importer, Preview},
};

/// The form.
#[derive(Template)]
#[template(path = "people/import.html")]
struct FormPage {
    page: Page,
    mistakes: Mistakes,
    file: Field,
    school: Field,
}

fn form_page(visit: &Visit, mistakes: Mistakes, school: &str) -> FormPage {
    let page = visit.page("Bring in people").back("People", "/people");
    FormPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        file: Field::file("roster", "OneRoster file")
            .hint("A zip file that your MIS exports, OneRoster version 1.1 or 1.2.")
            .check(&mistakes),
        school: Field::text("school", "School, if the file holds several")
            .hint("Its identifier in the file. Leave it empty if the file holds one school.")
            .value(school)
            .check(&mistakes),
        mistakes,
    }
}

/// Asks for a file.
pub async fn form(_may: MayImportPeople, visit: Visit) -> PageResult {
    html(&form_page(&visit, Mistakes::new(), ""))
}

/// What would change.
#[derive(Template)]
#[template(path = "people/import_shown.html")]
struct ShownPage {
    page: Page,
    school: String,
    counts: Vec<(&'static str, usize)>,
    nothing: bool,
    too_many: Option<String>,
    leavers: usize,
    lines: String,
    refused: Vec<RefusedRow>,
    warnings: Vec<RefusedRow>,
    asked_school: String,
    digest: String,
}

fn shown_page(visit: &Visit, preview: Preview, asked: &Asked) -> ShownPage {
    let words = in_words(&preview.before, &preview.difference, Detail::People);
    let lines: Vec<&str> =
        words.lines().skip(6).take_while(|line| line.starts_with("  ")).map(str::trim_start).collect();
    let difference = preview.difference;
    ShownPage {
        page: visit.page("What would change").back("Choose another file", "/people/import"),
        school: preview.school,
        counts: vec![
            ("join", difference.joiners.len()),
            ("change", difference.movers.len()),
            ("leave", difference.leavers.len()),
            ("stay as they are", difference.unchanged),
        ],
        nothing: difference.is_empty(),
        too_many: preview.too_many.map(|many| format!("{} of {} {} would leave.", many.leavers, many.of, many.group)),
        leavers: difference.leavers.len(),
        lines: lines.join("\n"),
        refused: difference.refused,
        warnings: difference.warnings,
        asked_school: asked.school.clone().unwrap_or_default(),
        digest: preview.digest,
    }
}

fn school_asked(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Shows what the file would change. Nothing is changed.
pub async fn show(may: MayImportPeople, visit: Visit, State(desk): State<PeopleDesk>, upload: Upload) -> PageResult {
    let asked = Asked { school: school_asked(upload.text("school")), ..Asked::default() };
    let again = |field: &str, text: String| {
        let mut mistakes = Mistakes::new();
        mistakes.add(field, text);
        refused(&form_page(&visit, mistakes, asked.school.as_deref().unwrap_or_default()))
    };
    let Some(file) = upload.files("roster").next() else {
        return again("roster", "Choose the zip file that your MIS exports".to_owned());
    };
    let files = match from_zip(&file.bytes) {
        Ok(files) => Arc::new(files),
        Err(error) => return again("roster", sentence(&error)),
    };
    let school = desk.school(&visit).await?;
    match service::preview(&school, Importer::Person(may), &files, &asked, visit.now()).await {
        Ok(preview) => {
            desk.waiting.hold(may.session(), school.id(), files, visit.now());
            html(&shown_page(&visit, preview, &asked))
        }
        Err(ImportError::Roster(error)) => again("roster", sentence(&error)),
        Err(error) => Err(PageError::internal(error)),
    }
}

/// An error with its causes as one sentence.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    let mut letters = text.chars();
    // File names stay as they are.
    match letters.next() {
        Some(first) if !text.split(' ').next().is_some_and(|word| word.contains('.')) => {
            first.to_uppercase().chain(letters).collect()
        }
        Some(_) | None => text,
    }
}

/// The yes.
#[derive(serde::Deserialize)]
pub struct Yes {
    shown: String,
    #[serde(default)]
    school: String,
    #[serde(default)]
    allow_leavers: String,
}

/// Makes the import that was shown.
pub async fn apply(
    may: MayImportPeople,
    visit: Visit,
    State(desk): State<PeopleDesk>,
    Form(yes): Form<Yes>,
) -> Result<Response, PageError> {
    let school = desk.school(&visit).await?;
    let files = desk.waiting.get(may.session(), school.id(), visit.now()).ok_or_else(|| {
        PageError::Conflict("The file is no longer here: it waits for half an hour. Send it again".to_owned())
    })?;
    let asked = Asked {
        school: school_asked(Some(&yes.school)),
        allow_leavers: yes.allow_leavers.trim().parse().ok(),
        shown: Some(yes.shown),
    };
    match service::apply(&school, Importer::Person(may), &files, &asked, visit.now()).await {
        Ok(done) => {
            desk.waiting.forget(may.session());
            let text = format!(
                "The roll is up to date: {} joined, {} changed, {} left.",
                done.joined, done.changed, done.left
            );
            Ok(visit.see_other_saying("/people", &text))
        }
        // What is to be looked at again is shown again.
        Err(ImportError::Changed | ImportError::TooMany(_)) => {
            let looked = Asked { shown: None, allow_leavers: None, ..asked };
            let preview = service::preview(&school, Importer::Person(may), &files, &looked, visit.now()).await;
            refused(&shown_page(&visit, preview.map_err(PageError::internal)?, &looked))
        }
        Err(error) => Err(PageError::internal(error)),
    }
}
