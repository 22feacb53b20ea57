//! `/filter/refused`: what was this device refused? For encrypted sites, where no page of ours can stand in the
//! browser's place. Open to everybody, and shows only what the same device asked for.

use askama::Template;
use axum::extract::State;
use kernel::SchoolTime;
use webkit::{Page, PageResult, Visit, html};

use crate::Traffic;

#[derive(Template)]
#[template(path = "filter/refused.html")]
struct RefusedPage {
    page: Page,
    rows: Vec<RefusedRow>,
}

struct RefusedRow {
    at: String,
    site: String,
    why: String,
    clause: Option<String>,
    ask: Option<String>,
}

pub(crate) async fn refused(State(state): State<Traffic>, visit: Visit) -> PageResult {
    let person = visit.session().map(webkit::Session::person);
    let refusals = visit.address().map(|address| state.gate().refusals(address, person)).unwrap_or_default();
    let rows = refusals
        .into_iter()
        .take(20)
        .map(|refusal| RefusedRow {
            at: SchoolTime::new(refusal.at).clock_in_words(),
            ask: refusal.host.as_ref().filter(|_| refusal.askable).map(|host| format!("/filter/ask?site={host}")),
            site: refusal.host.unwrap_or_else(|| "A site that is never named".to_owned()),
            why: refusal.why,
            clause: refusal.clause.map(|clause| format!("{}: {}", clause.number, clause.text)),
        })
        .collect();
    html(&RefusedPage { page: visit.page("What was I refused?"), rows })
}
