//! One request, as handlers see it: who asks, in which school, from where, when, and with which rights.

use std::{net::IpAddr, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use jiff::Timestamp;
use kernel::{Capacity, SchoolId, SchoolTime};

use crate::{
    Action, Desk, NavItem, Notice, Page, PageError, Rights, Session, Token, Who, assets, cookie,
    csrf::Csrf,
    page::{Me, NavLink, reports, title_in_sentence},
    see_other,
};

/// Parts of a path that are longer are identifiers or one-time links.
const LONGEST_WORD: usize = 28;

/// A request at the desk. Handlers take it as an extractor.
#[derive(Debug, Clone)]
pub struct Visit(pub(crate) Arc<VisitParts>);

#[derive(Debug)]
pub(crate) struct VisitParts {
    pub(crate) desk: Arc<Desk>,
    pub(crate) session: Option<Session>,
    pub(crate) token: Option<Token>,
    pub(crate) idle: Option<u32>,
    pub(crate) school: Option<SchoolId>,
    pub(crate) rights: Arc<Rights>,
    pub(crate) csrf: Csrf,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) address: Option<IpAddr>,
    pub(crate) now: Timestamp,
    pub(crate) said: Option<String>,
    pub(crate) nav: Arc<Vec<NavItem>>,
}

impl Visit {
    pub(crate) fn of(parts: &Parts) -> Result<&Self, PageError> {
        parts.extensions.get::<Self>().ok_or_else(|| PageError::internal("a route stands outside the gate"))
    }

    /// Who is signed in, if anybody is.
    pub fn session(&self) -> Option<&Session> {
        self.0.session.as_ref()
    }

    /// The school: of the session, else of the name under which the desk was called.
    pub fn school(&self) -> Option<SchoolId> {
        self.0.school
    }

    /// The school, or the answer that there is nothing here.
    pub fn need_school(&self) -> Result<SchoolId, PageError> {
        self.0.school.ok_or(PageError::NotFound)
    }

    /// Who may do what in this school. Nobody anything, where no school is known.
    pub fn rights(&self) -> &Rights {
        &self.0.rights
    }

    /// Whether whoever asks may do `action`: for choosing which links a page shows. To do it, ask a permit.
    pub fn may(&self, action: Action) -> bool {
        self.session().is_some_and(|session| self.0.rights.allow(session.roles(), action))
    }

    /// The time of the request.
    pub fn now(&self) -> Timestamp {
        self.0.now
    }

    /// The time of the request on the school's clock.
    pub fn school_time(&self) -> SchoolTime {
        SchoolTime::new(self.0.now)
    }

    /// The address that the request came from.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// The desk.
    pub fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// The path of the request.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The path for the log of the program: without the parts by which somebody could be found, or come in.
    pub(crate) fn path_for_log(&self) -> String {
        self.0
            .path
            .split('/')
            .map(|part| if part.len() > LONGEST_WORD { "…" } else { part })
            .collect::<Vec<_>>()
            .join("/")
    }

    /// Whether the path is for programs, which are answered in JSON.
    pub(crate) fn is_for_programs(&self) -> bool {
        self.0.path.starts_with("/api/")
    }

    /// The token that the browser holds, for ending its session.
    pub fn token(&self) -> Option<&Token> {
        self.0.token.as_ref()
    }

    /// The limit in minutes that the session ran into, where it has just ended for being idle.
    pub fn idled_out(&self) -> Option<u32> {
        self.0.idle
    }

    /// The address of a page of this desk as a link that leaves it: in a letter, a printed code, a command.
    pub fn absolute(&self, path: &str) -> String {
        let scheme = if self.0.desk.settings.tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.0.host)
    }

    /// Whether `who` includes whoever asks.
    pub(crate) fn is_among(&self, who: Who) -> bool {
        match who {
            Who::Public => true,
            Who::SignedIn | Who::Named => self.0.session.is_some(),
            Who::May(action) => self.may(action),
        }
    }

    /// What the layout needs, for a page of this title.
    pub fn page(&self, title: impl Into<String>) -> Page {
        let me = self.session().map(|session| self.me(session));
        let nav = match &me {
            Some(_) => self.nav(),
            None => Vec::new(),
        };
        Page {
            title: title.into(),
            mistaken: false,
            school: self.0.school.map(|school| self.0.desk.in_force.school_name(school)).unwrap_or_default(),
            me,
            nav,
            csrf: self.0.csrf.text().to_owned(),
            notices: self.0.said.iter().map(|text| Notice { text: text.clone() }).collect(),
            back: None,
            child: false,
            css: assets::css(),
        }
    }

    fn me(&self, session: &Session) -> Me {
        let line = if session.is(Capacity::Pupil) {
            let class = session.subject().classes.iter().next();
            match class {
                Some(class) => format!("{}, {class}", session.given()),
                None => session.given().to_owned(),
            }
        } else {
            let title = session.first_role().map(|role| self.0.desk.in_force.title(session.school(), role));
            match title {
                Some(title) => format!("{}, {}", session.full_name(), title_in_sentence(&title)),
                None => session.full_name(),
            }
        };
        Me { line, reader: session.reader(), reports: session.roles().iter().any(|role| reports(*role)) }
    }

    fn nav(&self) -> Vec<NavLink> {
        let own: Vec<&NavItem> = self.0.nav.iter().filter(|item| self.is_among(item.who)).collect();
        let within = |item: &NavItem| {
            self.0.path == item.href
                || (item.href != "/" && self.0.path.strip_prefix(item.href).is_some_and(|rest| rest.starts_with('/')))
        };
        // The longest address wins, so that `/policy/versions` does not light up `/policy` as well.
        let here = own.iter().filter(|item| within(item)).map(|item| item.href).max_by_key(|href| href.len());
        own.iter().map(|item| NavLink { label: item.label, href: item.href, here: here == Some(item.href) }).collect()
    }

    /// Sends the browser to `path`, whose page then says `text`.
    pub fn see_other_saying(&self, path: &str, text: &str) -> Response {
        let mut response = see_other(path);
        cookie::say(response.headers_mut(), text, &self.0.desk.settings);
        response
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        Self::of(parts).cloned()
    }
}

/// A path of the desk that a form or address names for "afterwards"; anything else becomes `/`.
pub fn safe_next(path: Option<&str>) -> &str {
    match path {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && path.len() <= 500
                && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') =>
        {
            path
        }
        Some(_) | None => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn afterwards_never_leads_off_the_desk() {
        assert_eq!(safe_next(Some("/people?page=2")), "/people?page=2");
        for bad in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\nb", "/\t/evil.example"] {
            assert_eq!(safe_next(Some(bad)), "/", "{bad:?}");
        }
    }
}
