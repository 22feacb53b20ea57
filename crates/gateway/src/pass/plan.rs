//! What is looked at in an answer: decided once its head is there, from the treatment of the request.

use std::{collections::BTreeSet, sync::Arc};

use content::{Bounds, Codings, Decoder, Detector, Form as TextForm, Limits, Reach, Reader};
use filter::{Cited, ClauseRef, Decision, FileClass, Scan, TimeOut, Transfers, Treatment};
use hyper::{
    HeaderMap, Method, Response, StatusCode, Uri,
    header::{self, HeaderValue},
};

use super::kind::{Download, content_type, is_media, is_page_part, media_type};
use crate::{gateway::Inner, judge::Judgement, page::Form};

/// How much text of one answer is read. What fills so much with nothing is stopped as a bomb before.
const REACH: Reach = Reach { decode: BOUNDS, bytes: 32 << 20 };
const BOUNDS: Bounds = Bounds { ratio: 200, free: 1 << 20, total: 256 << 20 };

/// What is kept of a request until its answer is there.
pub(crate) struct Asked {
    pub(crate) form: Form,
    pub(crate) uri: Uri,
    pub(crate) method: Method,
    /// The fields that a block page reads.
    pub(crate) headers: HeaderMap,
}

impl Asked {
    /// What a block page and a plan need of a request.
    pub(crate) fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let mut kept = HeaderMap::new();
        for name in [header::ACCEPT, header::REFERER] {
            if let Some(value) = headers.get(&name) {
                kept.insert(name, value.clone());
            }
        }
        Self { form: Form::of(headers), uri: uri.clone(), method: method.clone(), headers: kept }
    }
}

/// Whether the words, files or viruses of an answer are to be looked at.
fn looks(treatment: &Treatment) -> bool {
    !treatment.text.is_empty() || treatment.files.is_some() || treatment.scan.is_some()
}

/// When what passes is ended, where that is more than recorded.
pub(crate) fn time_out(treatment: &Treatment) -> Option<&Cited<TimeOut>> {
    treatment.time_out.as_ref().filter(|it| !it.observed && it.value != TimeOut::default())
}

/// What an answer may weigh, where that is limited.
fn transfers(treatment: &Treatment) -> Option<&Cited<Transfers>> {
    treatment.transfers.as_ref().filter(|it| it.value != Transfers::default())
}

/// Changes a request so that its answer can be read: codings that are known, and no parts of files.
pub(crate) fn prepare(treatment: &Treatment, headers: &mut HeaderMap) {
    if !looks(treatment) {
        return;
    }
    let given = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let known = given.flat_map(|value| value.split(',')).map(str::trim).filter(|coding| {
        let name = coding.split(';').next().unwrap_or_default().trim();
        ["gzip", "x-gzip", "deflate", "br", "zstd", "identity"].iter().any(|known| name.eq_ignore_ascii_case(known))
    });
    let known: Vec<&str> = known.collect();
    let value = HeaderValue::from_str(&known.join(", ")).ok().filter(|value| !value.is_empty());
    headers.insert(header::ACCEPT_ENCODING, value.unwrap_or(HeaderValue::from_static("identity")));
    // A part shows neither what a file is nor all words of a page; players need parts of what they play.
    let plays = headers.get("sec-fetch-dest").is_some_and(|value| value == "video" || value == "audio");
    if !plays {
        headers.remove(header::RANGE);
    }
}

/// What is looked at in one answer.
pub(crate) struct Plan {
    pub(super) text: Option<Reader>,
    pub(super) files: Option<Files>,
    pub(super) scan: Option<Cited<Scan>>,
    /// Whether the scanner is shown nothing but what is a file by its bytes.
    pub(super) scans_files_alone: bool,
    pub(super) transfers: Option<Cited<Transfers>>,
    /// When the answer is ended.
    pub(super) time_out: Option<Cited<TimeOut>>,
    /// Undoes the coding for what looks at files.
    pub(super) decoder: Option<Decoder>,
    /// Whether nothing is held back before it is judged, because it comes word by word.
    pub(super) at_once: bool,
    /// The bytes that the answer says it has.
    pub(super) length: Option<u64>,
    /// What it means that the answer cannot be read, where its head says so.
    pub(super) unread: Option<Decision>,
    /// Whether it is a part of something that had to be looked at whole.
    pub(super) partial: bool,
}

/// Files are told by their bytes.
pub(super) struct Files {
    pub(super) detector: Detector,
    /// The classes that are stopped; none where only the scanner wants to know.
    pub(super) stopped: Option<Cited<BTreeSet<FileClass>>>,
    /// Whether the answer is to be saved and not shown.
    pub(super) attached: bool,
}

/// What it means that an answer cannot be read, for the measures that want to: whatever is enforced, else on trial.
pub(super) fn unread<'a>(measures: impl Iterator<Item = (&'a Arc<ClauseRef>, bool)>) -> Option<Decision> {
    measures.min_by_key(|(_, observed)| *observed).map(|(clause, observed)| Decision::unread(clause, observed))
}

/// The clauses of a part of a treatment, each with whether it is on trial.
pub(super) fn cited<T>(part: &Cited<T>) -> (&Arc<ClauseRef>, bool) {
    (&part.clause, part.observed)
}

impl Plan {
    /// Whether an answer may have to be looked at, whatever it turns out to be.
    pub(crate) fn is_wanted(judgement: &Judgement) -> bool {
        let treatment = &judgement.treatment;
        // Nobody looks into what the desk and help for children answer.
        judgement.decision.may_name_person()
            && (looks(treatment) || transfers(treatment).is_some() || time_out(treatment).is_some())
    }

    /// What is to be looked at in this answer; none where it passes as it is.
    pub(crate) fn of<B>(inner: &Inner, judgement: &Judgement, asked: &Asked, response: &Response<B>) -> Option<Self> {
        if !Self::is_wanted(judgement) {
            return None;
        }
        let treatment = &judgement.treatment;
        let empty = asked.method == Method::HEAD
            || response.status().is_informational()
            || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if empty {
            return None;
        }
        let headers = response.headers();
        let content_type = content_type(headers);
        let media_type = media_type(content_type).to_ascii_lowercase();
        let mut plan = Self {
            text: None,
            files: None,
            scan: None,
            scans_files_alone: false,
            transfers: transfers(treatment).cloned(),
            time_out: time_out(treatment).cloned(),
            decoder: None,
            at_once: media_type == "text/event-stream",
            length: headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()).and_then(|it| it.parse().ok()),
            unread: None,
            partial: false,
        };
        let codings: Vec<_> =
            headers.get_all(header::CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
        let codings = codings.join(",");
        plan.read_words(inner, treatment, content_type, &codings);
        plan.look_at_file(treatment, &Download::of(&asked.uri, headers, &media_type), &media_type, &codings);
        let part = response.status() == StatusCode::PARTIAL_CONTENT && !is_media(&media_type);
        plan.partial = part && (plan.files.is_some() || plan.scan.is_some());
        let looks = plan.text.is_some() || plan.files.is_some() || plan.scan.is_some();
        let limits = plan.transfers.is_some() || plan.time_out.is_some();
        (looks || limits || plan.unread.is_some()).then_some(plan)
    }

    /// Reads the text of an answer that has some.
    fn read_words(&mut self, inner: &Inner, treatment: &Treatment, content_type: &str, codings: &str) {
        if treatment.text.is_empty() {
            return;
        }
        let Some(phrases) = inner.ports.phrases.load_full().filter(|it| !it.is_empty()) else { return };
        match TextForm::of(content_type, Some(codings)) {
            Ok(Some(form)) => {
                let limits: Limits = treatment.text.iter().map(|(category, it)| (category.name(), it.value)).collect();
                self.text = Some(Reader::new(&form, phrases, &limits, REACH));
            }
            Ok(None) => {}
            Err(_) => self.unread = unread(treatment.text.iter().map(|(_, part)| cited(part))),
        }
    }

    /// Looks at what an answer is by its bytes. Pictures, films and the parts of pages are not shown to the scanner, but a
    /// program that calls itself one of them is.
    fn look_at_file(&mut self, treatment: &Treatment, download: &Download, media_type: &str, codings: &str) {
        let Treatment { files, scan, .. } = treatment;
        if files.is_none() && scan.is_none() {
            return;
        }
        match Codings::parse(codings) {
            Ok(codings) if codings.is_none() => {}
            Ok(codings) => self.decoder = Some(Decoder::new(&codings, BOUNDS)),
            Err(_) => {
                let wanted = files.as_ref().map(cited).into_iter().chain(scan.as_ref().map(cited));
                self.unread = Decision::graver(self.unread.take(), unread(wanted));
                return;
            }
        }
        let attached = download.attached;
        self.files =
            Some(Files { detector: Detector::new(download.name.as_deref()), stopped: files.clone(), attached });
        self.scan.clone_from(scan);
        self.scans_files_alone = !attached && (is_media(media_type) || is_page_part(media_type));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_read_is_asked_for() {
        let clause = Arc::new(ClauseRef::default());
        let files = Some(Cited { value: FileClass::ALL.into(), clause, observed: false });
        let treatment = Treatment { files, ..Treatment::none() };
        let check = |given: &str, expected: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, given.parse().unwrap());
            headers.insert(header::RANGE, "bytes=1-".parse().unwrap());
            prepare(&treatment, &mut headers);
            assert_eq!(headers[header::ACCEPT_ENCODING], expected);
            assert!(!headers.contains_key(header::RANGE));
        };
        check("gzip, deflate, br, zstd", "gzip, deflate, br, zstd");
        check("gzip;q=0.5, dcb, dcz, exi", "gzip;q=0.5");
        check("*", "identity");
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=1-".parse().unwrap());
        prepare(&Treatment::none(), &mut headers);
        assert!(headers.contains_key(header::RANGE) && !headers.contains_key(header::ACCEPT_ENCODING));
    }
}
