//! The block page: why, by which clause, and what to do now. Three voices: for the youngest pictures and a
//! few words, for pupils plain sentences, for adults the facts.

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use askama::Template;
use filter::{BlockLines, ClauseRef, Decision, Reason, Verdict};
use hyper::{HeaderMap, Response, StatusCode, Uri, header};
use kernel::{Capacity, HowKnown, KeyStage, Subject, Viewer};

use super::{Form, Frame, answer, rendered};
use crate::body::Body;

/// In whose words a page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Up to Year 2: by ear and by picture.
    Child,
    /// Older pupils, and whoever is not known.
    Pupil,
    /// Staff, governors, parents and other adults.
    Adult,
}

impl Voice {
    /// The voice for a person or the audience that a network stands for.
    pub fn of(subject: &Subject) -> Self {
        match subject.year.map(kernel::Year::key_stage) {
            Some(KeyStage::Early | KeyStage::Ks1) => return Self::Child,
            Some(KeyStage::Ks2 | KeyStage::Ks3 | KeyStage::Ks4 | KeyStage::Ks5) => return Self::Pupil,
            None => {}
        }
        if subject.roles.is_empty() || subject.has_capacity(Capacity::Pupil) { Self::Pupil } else { Self::Adult }
    }
}

/// Why a page is shown instead of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A rule closes it.
    Rule,
    /// No rule opens it.
    Default,
    /// The agreement is not signed.
    NotSigned,
    /// It is not known who asks, and only known people go further.
    Unknown,
    /// The person's access is suspended.
    Suspended,
    /// A sealed list; nothing more is said.
    Sealed,
}

impl Why {
    /// What a decision means for the reader; none where it refuses nothing.
    pub fn of(decision: &Decision, viewer: &Viewer) -> Option<Self> {
        match decision.verdict {
            Verdict::Allow(_) => None,
            Verdict::Block(reason) => Some(match reason {
                Reason::Sealed => Self::Sealed,
                Reason::Suspended => Self::Suspended,
                Reason::NotSigned => match viewer.how {
                    HowKnown::Unattributed => Self::Unknown,
                    HowKnown::Token | HowKnown::Address | HowKnown::Network => Self::NotSigned,
                },
                Reason::Rule | Reason::OffSite | Reason::Carried(_) => Self::Rule,
                Reason::Default | Reason::Unreadable => Self::Default,
            }),
        }
    }

    /// Whether the page may say more than that the site is blocked.
    pub fn tells_more(&self) -> bool {
        match self {
            Self::Rule | Self::Default | Self::NotSigned | Self::Unknown | Self::Suspended => true,
            Self::Sealed => false,
        }
    }
}

/// What a block page is made of.
pub(crate) struct Block<'a> {
    frame: Frame<'a>,
    voice: Voice,
    why: Why,
    site: &'a str,
    category: Option<&'static str>,
    /// The part of the site that is closed, where the rest of it is not meant.
    part: Option<&'a str>,
    /// Whether the name of the site is not in plain letters, so that it may look like another one.
    letters: bool,
    /// What about the request or its answer is stopped, where it is not the site itself.
    says: Option<&'static str>,
    clause: Option<Arc<ClauseRef>>,
    line: Option<&'a str>,
    back: String,
    /// Whether the reader is somebody who can sign in to report that the filter is wrong.
    known: bool,
}

impl<'a> Block<'a> {
    /// The page for a refused `site`, with the sentence among `lines` for its reader. `headers` are those of the request:
    /// they say where "Go back" leads.
    pub(crate) fn new(
        frame: Frame<'a>,
        lines: &'a BlockLines,
        decision: &'a Decision,
        viewer: &Viewer,
        site: &'a str,
        headers: &HeaderMap,
    ) -> Option<Self> {
        let why = Why::of(decision, viewer)?;
        let tells = why.tells_more();
        let voice = Voice::of(&viewer.subject);
        Some(Self {
            frame,
            voice,
            why,
            site,
            category: decision.because_of().filter(|_| tells).map(filter::Category::says),
            part: decision.part().filter(|_| tells),
            letters: tells && site.split('.').any(|label| label.starts_with("xn--")),
            says: match decision.verdict {
                Verdict::Block(Reason::Carried(carried)) => Some(carried.says()),
                Verdict::Block(Reason::OffSite) => Some("At this time of day, this device is closed at home."),
                Verdict::Block(Reason::Unreadable) => Some("It cannot be read, so nobody can say what it holds."),
                Verdict::Block(
                    Reason::Sealed | Reason::Suspended | Reason::NotSigned | Reason::Rule | Reason::Default,
                )
                | Verdict::Allow(_) => None,
            },
            clause: decision.clause.clone().filter(|_| tells),
            line: lines.for_reader(&viewer.subject).filter(|_| tells),
            back: came_from(headers, site).unwrap_or_else(|| format!("{}/", frame.desk)),
            known: viewer.person.is_some(),
        })
    }

    /// The page as an answer, in the form that the client reads.
    pub(crate) fn answer(&self, form: Form) -> Response<Body> {
        let text = match form {
            Form::Html => self.html(),
            Form::Json => self.json(),
            Form::Text => self.text(),
        };
        answer(StatusCode::FORBIDDEN, form, text)
    }

    fn heading(&self) -> &'static str {
        match (self.voice, self.why) {
            (Voice::Child, _) => "This gate is closed",
            (Voice::Pupil | Voice::Adult, Why::NotSigned) => "Sign the agreement first",
            (Voice::Pupil | Voice::Adult, Why::Unknown) => "Sign in first",
            (Voice::Pupil | Voice::Adult, Why::Suspended) => "Your internet is paused",
            (Voice::Pupil, _) if self.says.is_some() => "This is blocked in school",
            (Voice::Adult, _) if self.says.is_some() => "This is blocked for you here",
            (Voice::Pupil, _) if self.part.is_some() => "This part of the site is blocked in school",
            (Voice::Adult, _) if self.part.is_some() => "This part of the site is blocked for you here",
            (Voice::Pupil, Why::Rule | Why::Default | Why::Sealed) => "This site is blocked in school",
            (Voice::Adult, Why::Rule | Why::Default | Why::Sealed) => "This site is blocked for you here",
        }
    }

    fn ask(&self) -> String {
        format!("{}/filter/ask?site={}", self.frame.desk, self.asked())
    }

    /// What is asked for, as a form takes it: the part that is closed, else the site.
    fn asked(&self) -> Cow<'a, str> {
        self.part.map_or(Cow::Borrowed(self.site), escaped)
    }

    /// Where somebody who is known reports that the filter is wrong: that it closed this, and that it let something in.
    fn reports(&self) -> Option<Reports> {
        let form = format!("{}/filter/failures/report", self.frame.desk);
        let closed = match self.why {
            Why::Rule | Why::Default => Some(format!("{form}?sort=closed&site={}", self.asked())),
            Why::NotSigned | Why::Unknown | Why::Suspended | Why::Sealed => None,
        };
        self.known.then(|| Reports { closed, open: format!("{form}?sort=open") })
    }

    fn html(&self) -> String {
        let Self { frame, voice, why, letters, category, says, clause, line, back, .. } = self;
        let site = self.part.unwrap_or(self.site);
        let (frame, why, letters, category, says, ask) = (*frame, *why, *letters, *category, *says, self.ask());
        let reports = self.reports();
        let (clause, line, heading) = (clause.as_deref(), *line, self.heading());
        match voice {
            Voice::Child => {
                rendered(&ChildPage { frame, why, site, letters, category, says, clause, line, back, ask }, heading)
            }
            Voice::Pupil => rendered(
                &PupilPage { frame, heading, why, site, letters, category, says, clause, line, back, ask, reports },
                heading,
            ),
            Voice::Adult => rendered(
                &AdultPage { frame, heading, why, site, letters, category, says, clause, line, back, ask, reports },
                heading,
            ),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.heading(), self.part.unwrap_or(self.site));
        if self.letters {
            text.push_str("The name is not in plain letters: it may only look like a site that you know.\n");
        }
        if let Some(says) = self.says {
            text.push_str(&format!("{says}\n"));
        }
        if let Some(says) = self.category {
            text.push_str(&format!("It is on the list “{says}”.\n"));
        }
        if let Some(clause) = &self.clause {
            text.push_str(&format!("Clause {} of the policy: {}\n", clause.number, clause.text));
        }
        if let Some(line) = self.line {
            text.push_str(&format!("{line}\n"));
        }
        let desk = self.frame.desk;
        match self.why {
            Why::Rule | Why::Default => text.push_str(&format!("Ask for this site: {}\n", self.ask())),
            Why::NotSigned => text.push_str(&format!("Read and sign the agreement: {desk}/agreements\n")),
            Why::Unknown => text.push_str(&format!("Sign in: {desk}/sign-in\n")),
            Why::Suspended | Why::Sealed => {}
        }
        if let Some(closed) = self.reports().and_then(|reports| reports.closed) {
            text.push_str(&format!("Should it be open? Report it: {closed}\n"));
        }
        text.push_str(&format!("Tell someone: {desk}/tell\n"));
        text
    }

    fn json(&self) -> String {
        let blocked = self.part.unwrap_or(self.site);
        let (category, clause) = (self.category, self.clause.as_ref().map(|clause| clause.number.as_str()));
        serde_json::json!({
            "blocked": blocked, "why": self.heading(), "category": category, "clause": clause, "desk": self.frame.desk,
        })
        .to_string()
    }
}

/// A path as the value of a query.
fn escaped(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:[]".contains(&byte);
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut all = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if plain(byte) {
            all.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(all, "%{byte:02X}");
        }
    }
    Cow::Owned(all)
}

/// Where a reader reports that the filter is wrong.
struct Reports {
    /// It closed this site, which should be open.
    closed: Option<String>,
    /// It let something in that should be closed.
    open: String,
}

/// The page that the reader came from, where it is not the one that is blocked.
fn came_from(headers: &HeaderMap, blocked: &str) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let uri: Uri = referer.parse().ok()?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    (web && uri.host().is_some_and(|host| !host.eq_ignore_ascii_case(blocked))).then(|| referer.to_owned())
}

#[derive(Template)]
#[template(path = "gateway/child.html")]
struct ChildPage<'a> {
    frame: Frame<'a>,
    why: Why,
    site: &'a str,
    letters: bool,
    category: Option<&'static str>,
    says: Option<&'static str>,
    clause: Option<&'a ClauseRef>,
    line: Option<&'a str>,
    back: &'a str,
    ask: String,
}

#[derive(Template)]
#[template(path = "gateway/pupil.html")]
struct PupilPage<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    why: Why,
    site: &'a str,
    letters: bool,
    category: Option<&'static str>,
    says: Option<&'static str>,
    clause: Option<&'a ClauseRef>,
    line: Option<&'a str>,
    back: &'a str,
    ask: String,
    reports: Option<Reports>,
}

#[derive(Template)]
#[template(path = "gateway/adult.html")]
struct AdultPage<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    why: Why,
    site: &'a str,
    letters: bool,
    category: Option<&'static str>,
    says: Option<&'static str>,
    clause: Option<&'a ClauseRef>,
    line: Option<&'a str>,
    back: &'a str,
    ask: String,
    reports: Option<Reports>,
}
