//! What people have told, for those who look after children.

use askama::Template;
use axum::extract::{Query, State};
use jiff::Timestamp;
use kernel::SchoolTime;
use serde::Deserialize;
use webkit::{
    Page, PageResult, Visit, html,
    kit::{PageNumber, Pager},
    permit::MayReadConcerns,
};

use super::{
    super::{
        Access,
        concerns::{Message, ON_A_PAGE},
    },
    school_of,
};

#[derive(Template)]
#[template(path = "access/concerns.html")]
struct ConcernsPage {
    page: Page,
    sums_up: String,
    /// What is said of messages that nobody has read and this page does not show.
    left: Option<String>,
    entries: Vec<Shown>,
    pager: Pager,
}

/// What one person told, once or several times within a short while.
struct Shown {
    from: String,
    new: bool,
    texts: Vec<Text>,
}

struct Text {
    told: Option<String>,
    what: Option<&'static str>,
    words: String,
    at: String,
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    page: PageNumber,
}

fn moment(at: Timestamp) -> String {
    let at = SchoolTime::new(at);
    format!("{}, {}", at.day_in_words(), at.clock_in_words())
}

fn text(message: Message) -> Text {
    let Message { id: _, from: _, told, what, words, at, seen: _ } = message;
    Text { told, what: what.map(|what| what.words()), words, at: moment(at) }
}

fn shown(messages: Vec<Message>) -> Option<Shown> {
    let first = messages.first()?;
    Some(Shown { from: first.from.clone(), new: first.seen.is_none(), texts: messages.into_iter().map(text).collect() })
}

/// The messages. To open them is to have read them.
pub(super) async fn show(
    State(access): State<Access>,
    visit: Visit,
    may: MayReadConcerns,
    Query(asked): Query<Asked>,
) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let messages = access.read_messages(&school, &may, asked.page, visit.now()).await?;
    let new: usize = messages.waiting.iter().map(Vec::len).sum();
    let sums_up = match (new, messages.left, messages.read) {
        (0, 0, 0) => "Nobody has told anything yet.".to_owned(),
        (0, 0, _) => "No new messages.".to_owned(),
        (0, _, _) => "Messages that were read before.".to_owned(),
        (1, _, _) => "1 new message. The person was promised that somebody comes today.".to_owned(),
        (more, _, _) => format!("{more} new messages. Each person was promised that somebody comes today."),
    };
    html(&ConcernsPage {
        page: visit.page("Messages"),
        sums_up,
        left: match messages.left {
            0 => None,
            1 => Some("1 more message has not been read".to_owned()),
            more => Some(format!("{more} more messages have not been read")),
        },
        pager: Pager::new("/concerns", "", asked.page, ON_A_PAGE, messages.read),
        entries: messages.waiting.into_iter().chain(messages.before).filter_map(shown).collect(),
    })
}
