//! "Tell someone", in the words of a child, and "Report a concern", in those of an adult.

use askama::Template;
use axum::{Form, extract::State};
use kernel::PersonId;
use serde::Deserialize;
use webkit::{
    Action, Page, PageResult, Permit, Reader, Session, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Mistakes, TextArea},
    permit::MayTellSomeone,
    see_other,
};

use super::{
    super::{
        Access,
        concerns::{Listener, What},
    },
    school_of,
};

#[derive(Template)]
#[template(path = "access/tell_child.html")]
struct TellChild {
    page: Page,
    given: String,
    missing: bool,
    what: String,
    who: String,
    words: String,
    listeners: Vec<Listener>,
}

impl TellChild {
    fn is_chosen(&self, listener: &Listener) -> bool {
        self.who == listener.id.to_string()
    }
}

#[derive(Template)]
#[template(path = "access/tell_adult.html")]
struct TellAdult {
    page: Page,
    summary: Option<ErrorSummary>,
    words: TextArea,
    heard: bool,
}

#[derive(Template)]
#[template(path = "access/tell_thanks.html")]
struct Thanks {
    page: Page,
    child: bool,
    given: String,
}

#[derive(Deserialize, Default)]
pub(super) struct TellForm {
    #[serde(default)]
    what: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    words: String,
}

async fn page(access: &Access, visit: &Visit, session: &Session, form: TellForm, missing: bool) -> PageResult {
    let school = school_of(access, visit).await?;
    if session.reader() == Reader::Adult {
        let mut mistakes = Mistakes::new();
        if missing {
            mistakes.add("words", "Write what you have seen or heard");
        }
        let readers = visit.rights().holders(Action::ReadConcerns);
        let page = visit.page("Report a concern");
        let told = TellAdult {
            page: if missing { page.mistaken() } else { page },
            summary: mistakes.summary(),
            words: TextArea::new("words", "What have you seen or heard?")
                .hint("In the words that were used, where you can. Say who, when and where.")
                .value(form.words)
                .check(&mistakes),
            heard: access.somebody_reads(&school, &readers, visit.now()).await?,
        };
        return if missing { refused(&told) } else { html(&told) };
    }
    let page = visit.page("Tell someone").for_children();
    let told = TellChild {
        page: if missing { page.mistaken() } else { page },
        given: session.given().to_owned(),
        missing,
        what: form.what,
        who: form.who,
        words: form.words,
        listeners: access.listeners(&school, session, visit.now()).await?,
    };
    if missing { refused(&told) } else { html(&told) }
}

/// The page.
pub(super) async fn show(State(access): State<Access>, visit: Visit, session: Session) -> PageResult {
    page(&access, &visit, &session, TellForm::default(), false).await
}

/// Takes what is told. A child may send a picture alone; an adult writes.
pub(super) async fn send(
    State(access): State<Access>,
    visit: Visit,
    session: Session,
    may: MayTellSomeone,
    Form(form): Form<TellForm>,
) -> PageResult {
    let what = What::parse(&form.what);
    if form.words.trim().is_empty() && (what.is_none() || session.reader() == Reader::Adult) {
        return page(&access, &visit, &session, form, true).await;
    }
    let school = school_of(&access, &visit).await?;
    // Only whom the page offered: an id that was made up tells nobody.
    let listeners = access.listeners(&school, &session, visit.now()).await?;
    let told = PersonId::parse(&form.who).ok().filter(|id| listeners.iter().any(|listener| listener.id == *id));
    access.tell(&school, may.by(), what, told, &form.words, visit.now()).await?;
    Ok(see_other("/tell/thanks"))
}

/// That it arrived, and what happens now.
pub(super) async fn thanks(visit: Visit, session: Session) -> PageResult {
    let child = session.reader() != Reader::Adult;
    let page = visit.page(if child { "You told someone" } else { "Your concern is passed on" });
    html(&Thanks { page: if child { page.for_children() } else { page }, child, given: session.given().to_owned() })
}
