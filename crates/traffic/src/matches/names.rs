//! Names that a sealed list holds, in what people type: they are kept nowhere in clear, whatever form they came by. Who
//! typed one has asked about it, which is written down as every other asking is.

use filter::Address;
use jiff::Timestamp;
use kernel::{Digest, PersonId, Place, SchoolId, SchoolTime, SiteItem};
use store::School;
use webkit::PageError;

use super::service;
use crate::{Traffic, state::Asker};

/// What stands where a name stood that a sealed list holds.
pub(crate) const NEVER_NAMED: &str = "a site that is never named";

/// What whoever types such a name into a form that changes something is told.
pub(crate) const CLOSED_TO_ALL: &str = "This site is closed to everybody. Nothing that anybody at school does opens it";

/// Looks for such names in one form.
pub(crate) struct SealedNames<'a> {
    state: &'a Traffic,
    school: SchoolId,
    at: SchoolTime,
    found: Vec<Digest>,
}

impl<'a> SealedNames<'a> {
    pub(crate) fn new(state: &'a Traffic, school: &School, now: Timestamp) -> Self {
        Self { state, school: school.id(), at: SchoolTime::new(now), found: Vec::new() }
    }

    /// Whether a sealed list holds an address.
    fn hold_address(&mut self, address: &Address) -> bool {
        // Nothing comes before the sealed lists, so that it is all the same who asks, from where and when.
        let explained = self.state.gate().explain(self.school, Asker::Nobody, &Place::School, &self.at, address);
        let sealed = explained.and_then(|explained| explained.decision.sealed);
        self.found.extend(sealed.filter(|digest| !self.found.contains(digest)));
        sealed.is_some()
    }

    /// Whether a sealed list holds a site.
    pub(crate) fn hold(&mut self, site: &SiteItem) -> bool {
        match site {
            SiteItem::Domain(_) | SiteItem::Address { .. } => self.hold_typed(&site.to_string()),
            SiteItem::All
            | SiteItem::Category(_)
            | SiteItem::Pattern(_)
            | SiteItem::List(_)
            | SiteItem::Register(_) => false,
        }
    }

    /// Whether a sealed list holds what was typed as an address, with a scheme or without.
    pub(crate) fn hold_typed(&mut self, typed: &str) -> bool {
        let (_, rest) = typed.split_once("://").unwrap_or(("", typed));
        Address::parse(&format!("https://{rest}")).is_ok_and(|address| self.hold_address(&address))
    }

    /// A text without such names: each word that is one is replaced.
    pub(crate) fn strip(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for piece in text.split_inclusive(|letter: char| letter.is_whitespace() || ",;<>\"()[]{}|".contains(letter)) {
            let word = piece.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '/');
            if word.contains('.') && self.hold_typed(word) {
                out.push_str(&piece.replacen(word, NEVER_NAMED, 1));
            } else {
                out.push_str(piece);
            }
        }
        out
    }

    /// Writes down that somebody asked about what was found; whether anything was.
    pub(crate) async fn write_down(self, school: &School, by: PersonId, now: Timestamp) -> Result<bool, PageError> {
        let any = !self.found.is_empty();
        service::asked(school, self.found, by.into(), now).await.map_err(PageError::internal)?;
        Ok(any)
    }
}
