//! Looks at the pieces of one answer as they come, and says when something about it is to be stopped.

use std::{sync::Arc, time::Duration};

use content::{DecodeError, Progress, Scores};
use filter::{Carried, Category, Cited, Decision, Request, TimeOut, Unseen, Verdict};
use kernel::Viewer;

use super::{
    Plan,
    clamd::{Scanned, Scanning},
    kind::{is_settled, is_stopped},
};
use crate::{gateway::Inner, judge::Judgement};

/// What looks at an answer.
pub(crate) struct Look {
    inner: Arc<Inner>,
    judgement: Judgement,
    viewer: Viewer,
    plan: Plan,
    scanning: Option<Scanning>,
    /// Bytes that came, and bytes that the scanner was shown.
    came: u64,
    shown: u64,
    /// Categories that were found and judged.
    judged: Vec<Category>,
}

impl Look {
    pub(crate) fn new(inner: Arc<Inner>, judgement: Judgement, viewer: Viewer, plan: Plan) -> Self {
        Self { inner, judgement, viewer, plan, scanning: None, came: 0, shown: 0, judged: Vec::new() }
    }

    /// Whether the end of the answer waits for the scanner.
    pub(crate) fn waits(&self) -> bool {
        self.scanning.is_some()
    }

    /// Whether what comes from here on changes nothing.
    pub(crate) fn has_seen_enough(&self) -> bool {
        let Plan { text, files, transfers, .. } = &self.plan;
        text.is_none() && files.is_none() && self.scanning.is_none() && transfers.is_none()
    }

    /// Whether pieces go on as soon as they are judged.
    pub(crate) fn at_once(&self) -> bool {
        self.plan.at_once
    }

    /// The bytes a second that may go on to this client.
    pub(crate) fn pace(&self) -> Option<u64> {
        self.plan.transfers.as_ref().filter(|it| !it.observed).and_then(|it| it.value.per_second)
    }

    /// How long to wait for the next piece of an answer that began so long ago, where a clause ends it.
    pub(crate) fn patience(&self, began: Duration) -> Option<Duration> {
        let TimeOut { idle, longest } = self.plan.time_out.as_ref()?.value;
        let seconds = |count: u32| Duration::from_secs(count.into());
        let rest = longest.map(|longest| seconds(longest).saturating_sub(began));
        match (idle.map(seconds), rest) {
            (Some(idle), Some(rest)) => Some(idle.min(rest)),
            (idle, rest) => idle.or(rest),
        }
    }

    /// The clause that ends an answer for which nobody waits any longer.
    pub(crate) fn time_out(&self) -> Option<&filter::ClauseRef> {
        Some(&*self.plan.time_out.as_ref()?.clause)
    }

    /// What the head of the answer shows.
    pub(crate) fn head(&mut self) -> Option<Decision> {
        if self.plan.unreadable {
            return Some(Decision::unreadable());
        }
        if self.plan.partial {
            let files = self.plan.files.as_ref().and_then(|it| it.stopped.as_ref());
            let by_files = files.map(|cited| Decision::carried(Carried::File, cited));
            let by_scan = self.plan.scan.as_ref().map(|cited| Decision::carried(Carried::Unscanned, cited));
            return by_files.or(by_scan);
        }
        let length = self.plan.length?;
        if let Some(decision) = self.too_large(length) {
            return Some(decision);
        }
        let scan = self.plan.scan.as_ref().filter(|it| length > it.value.up_to)?;
        let decision = unseen(scan.value.larger, scan);
        self.plan.scan = None;
        decision
    }

    /// Looks at the next piece.
    pub(crate) async fn piece(&mut self, bytes: &[u8]) -> Option<Decision> {
        self.came = self.came.saturating_add(bytes.len() as u64);
        if let Some(decision) = self.too_large(self.came) {
            return Some(decision);
        }
        if let Some(text) = &mut self.plan.text {
            let found = match text.push(bytes) {
                Ok(Progress::Reading) => None,
                Ok(Progress::Over) => Some(text.scores()),
                Ok(Progress::Done) => {
                    self.plan.text = None;
                    None
                }
                Err(error) => {
                    self.plan.text = None;
                    return unreadable(&error);
                }
            };
            if let Some(decision) = found.and_then(|scores| self.found(&scores)) {
                return Some(decision);
            }
        }
        self.plan.files.as_ref()?;
        let Some(decoder) = &mut self.plan.decoder else { return self.file(bytes).await };
        let mut plain = Vec::new();
        let decoded = decoder.push(bytes, &mut |part| plain.extend_from_slice(part));
        if let Some(decision) = decoded.err().as_ref().and_then(unreadable) {
            return Some(decision);
        }
        self.file(&plain).await
    }

    /// The answer has ended: what it was after all.
    pub(crate) async fn end(&mut self) -> Option<Decision> {
        if let Some(mut text) = self.plan.text.take() {
            // What was cut off is judged by what came of it.
            let scores = text.finish().unwrap_or_else(|_| text.scores());
            if let Some(decision) = self.found(&scores) {
                return Some(decision);
            }
        }
        if let Some(mut files) = self.plan.files.take()
            && let Some(cited) = &files.stopped
            && is_stopped(files.detector.finish(), &cited.value)
        {
            return Some(Decision::carried(Carried::File, cited));
        }
        let mut scanning = self.scanning.take()?;
        let scan = self.plan.scan.take()?;
        match scanning.finish().await {
            Ok(Scanned::Clean) => None,
            Ok(Scanned::Virus(name)) => {
                tracing::warn!(virus = name, "a virus was found");
                Some(Decision::carried(Carried::Virus, &scan))
            }
            Ok(Scanned::TooLarge) => unseen(scan.value.larger, &scan),
            Err(error) => self.down(&error, &scan),
        }
    }

    /// Tells what a file is, and shows it to the scanner.
    async fn file(&mut self, plain: &[u8]) -> Option<Decision> {
        let files = self.plan.files.as_mut()?;
        let kind = files.detector.push(plain);
        if let Some(cited) = &files.stopped
            && is_stopped(kind, &cited.value)
        {
            let decision = Decision::carried(Carried::File, cited);
            files.stopped = None;
            return Some(decision);
        }
        if is_settled(kind) {
            (self.plan.files, self.plan.scan, self.scanning) = (None, None, None);
            return None;
        }
        let scan = self.plan.scan.clone()?;
        self.shown = self.shown.saturating_add(plain.len() as u64);
        if self.shown > scan.value.up_to {
            (self.plan.scan, self.scanning) = (None, None);
            return unseen(scan.value.larger, &scan);
        }
        let shown = match (&mut self.scanning, &self.inner.config.scanner) {
            (Some(scanning), _) => scanning.push(plain).await,
            (None, Some(clamd)) => match clamd.begin().await {
                Ok(scanning) => self.scanning.insert(scanning).push(plain).await,
                Err(error) => Err(error),
            },
            (None, None) => Err(std::io::Error::new(std::io::ErrorKind::NotFound, "no scanner is set up")),
        };
        let error = shown.err()?;
        (self.plan.scan, self.scanning) = (None, None);
        self.down(&error, &scan)
    }

    fn down(&self, error: &std::io::Error, scan: &Cited<filter::Scan>) -> Option<Decision> {
        tracing::warn!(%error, "the virus scanner does not answer");
        self.inner.gauges.unscanned();
        unseen(scan.value.down, scan)
    }

    /// Judges again, now that these categories were found.
    fn found(&mut self, scores: &Scores) -> Option<Decision> {
        let over: Vec<Category> = scores.over().filter_map(|it| Category::parse(&it.category).ok()).collect();
        if over.iter().all(|category| self.judged.contains(category)) {
            return None;
        }
        self.judged.clone_from(&over);
        let Judgement { address, treatment, snapshot, at, .. } = &self.judgement;
        let mut decision = filter::decide(&Request { address, viewer: &self.viewer, at, found: &over }, snapshot);
        let limits = treatment.text.iter().filter(|(category, _)| over.contains(category));
        decision.observed |= limits.into_iter().all(|(_, cited)| cited.observed);
        match decision.verdict {
            Verdict::Block(_) => Some(decision),
            Verdict::Allow(_) => None,
        }
    }

    fn too_large(&mut self, bytes: u64) -> Option<Decision> {
        let cited = self.plan.transfers.as_mut()?;
        let most = cited.value.bytes?;
        if bytes <= most {
            return None;
        }
        // It is said once, also where it is only recorded.
        cited.value.bytes = None;
        Some(Decision::carried(Carried::Size, cited))
    }
}

/// What becomes of a file that was not looked at.
fn unseen(becomes: Unseen, scan: &Cited<filter::Scan>) -> Option<Decision> {
    match becomes {
        Unseen::Open => None,
        Unseen::Closed => Some(Decision::carried(Carried::Unscanned, scan)),
    }
}

/// What cannot be read cannot be judged. An answer that is only cut off was judged as far as it came.
fn unreadable(error: &DecodeError) -> Option<Decision> {
    match error {
        DecodeError::Truncated { .. } => None,
        DecodeError::Unknown { .. }
        | DecodeError::TooManyCodings
        | DecodeError::Corrupt { .. }
        | DecodeError::Ratio { .. }
        | DecodeError::Total { .. } => Some(Decision::unreadable()),
    }
}
