//! What people have told, for those who look after children.

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use kernel::SchoolTime;
use webkit::{Page, PageResult, Visit, html, permit::MayReadConcerns};

use super::{
    super::{Access, concerns::Message},
    school_of,
};

#[derive(Template)]
#[template(path = "access/concerns.html")]
struct ConcernsPage {
    page: Page,
    sums_up: String,
    messages: Vec<Shown>,
}

struct Shown {
    from: String,
    told: Option<String>,
    what: Option<&'static str>,
    words: String,
    at: String,
    new: bool,
}

fn moment(at: Timestamp) -> String {
    let at = SchoolTime::new(at);
    format!("{}, {}", at.day_in_words(), at.clock_in_words())
}

fn shown(message: Message) -> Shown {
    let Message { id: _, from, told, what, words, at, seen } = message;
    Shown { from, told, what: what.map(|what| what.words()), words, at: moment(at), new: seen.is_none() }
}

/// The messages. To open them is to have read them.
pub(super) async fn show(State(access): State<Access>, visit: Visit, may: MayReadConcerns) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let messages: Vec<Shown> = access.read_messages(&school, &may, visit.now()).await?.into_iter().map(shown).collect();
    let new = messages.iter().filter(|message| message.new).count();
    let sums_up = match (messages.len(), new) {
        (0, _) => "Nobody has told anything yet.".to_owned(),
        (_, 0) => "No new messages.".to_owned(),
        (_, 1) => "1 new message. The person was promised that somebody comes today.".to_owned(),
        (_, more) => format!("{more} new messages. Each person was promised that somebody comes today."),
    };
    html(&ConcernsPage { page: visit.page("Messages"), sums_up, messages })
}
