//! Looks at the pieces of one answer as they come, and says when something about it is to be stopped.

use std::{sync::Arc, time::Duration};

use content::{DecodeError, FileKind, HEAD, Progress, Scores};
use filter::{Carried, Category, Cited, Decision, Request, Scan, TimeOut, Unseen, Verdict};
use kernel::Viewer;

use super::{
    Plan,
    clamd::{Scanned, Scanning},
    kind::{is_file, is_settled, is_stopped},
    plan::{cited, unread},
};
use crate::{gateway::Inner, judge::Judgement};

/// So much is decoded at a time for what looks at files: what it holds is gathered for the scanner.
const AT_A_TIME: usize = 16 * 1024;

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
    /// The first bytes, until it is known whether the scanner is shown them.
    first: Vec<u8>,
    /// Categories that were found and judged.
    judged: Vec<Category>,
}

impl Look {
    pub(crate) fn new(inner: Arc<Inner>, judgement: Judgement, viewer: Viewer, plan: Plan) -> Self {
        Self {
            inner,
            judgement,
            viewer,
            plan,
            scanning: None,
            came: 0,
            shown: 0,
            first: Vec::new(),
            judged: Vec::new(),
        }
    }

    /// Whether the end of the answer waits for the scanner.
    pub(crate) fn waits(&self) -> bool {
        self.scanning.is_some()
    }

    /// Whether it is text that a reader is shown as it comes, though the scanner looks at it too.
    pub(crate) fn is_read_along(&self) -> bool {
        self.plan.files.as_ref().is_some_and(|it| it.detector.kind() == FileKind::Text && !it.attached)
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
        let mut found = self.plan.unread.take();
        if self.plan.partial {
            let files = self.plan.files.as_ref().and_then(|it| it.stopped.as_ref());
            found = Decision::graver(found, files.map(|cited| Decision::carried(Carried::File, cited)));
            let scan = self.plan.scan.as_ref();
            found = Decision::graver(found, scan.map(|cited| Decision::carried(Carried::Unscanned, cited)));
        }
        let Some(length) = self.plan.length else { return found };
        found = Decision::graver(found, self.too_large(length));
        let whole = !self.plan.scans_files_alone;
        if let Some(scan) = self.plan.scan.take_if(|scan| whole && length > scan.value.up_to) {
            found = Decision::graver(found, unseen(scan.value.larger, &scan));
        }
        found
    }

    /// Looks at the next piece. Each measure sees it, whatever another found: a trial never blinds what is enforced.
    pub(crate) async fn piece(&mut self, bytes: &[u8]) -> Option<Decision> {
        self.came = self.came.saturating_add(bytes.len() as u64);
        let mut found = self.too_large(self.came);
        found = Decision::graver(found, self.words(bytes));
        match self.plan.decoder.is_some() {
            false => Decision::graver(found, self.file(bytes).await),
            true => Decision::graver(found, self.coded_file(bytes).await),
        }
    }

    /// The answer has ended: what it was after all.
    pub(crate) async fn end(&mut self) -> Option<Decision> {
        let mut found = None;
        if let Some(mut text) = self.plan.text.take() {
            // What was cut off is judged by what came of it.
            let scores = text.finish().unwrap_or_else(|_| text.scores());
            found = self.found(&scores);
        }
        if let Some(mut files) = self.plan.files.take() {
            let kind = files.detector.finish();
            if let Some(cited) = &files.stopped
                && is_stopped(kind, &cited.value)
            {
                found = Decision::graver(found, Some(Decision::carried(Carried::File, cited)));
            }
            if is_file(kind) {
                let first = std::mem::take(&mut self.first);
                found = Decision::graver(found, self.show(&first).await);
            }
        }
        Decision::graver(found, self.scanned().await)
    }

    /// What the scanner says of the whole.
    async fn scanned(&mut self) -> Option<Decision> {
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

    /// Reads the words of the next piece.
    fn words(&mut self, bytes: &[u8]) -> Option<Decision> {
        let text = self.plan.text.as_mut()?;
        match text.push(bytes) {
            Ok(Progress::Reading) => None,
            Ok(Progress::Over) => {
                let scores = text.scores();
                self.found(&scores)
            }
            Ok(Progress::Done) => {
                self.plan.text = None;
                None
            }
            Err(error) => {
                self.plan.text = None;
                let wanted = self.judgement.treatment.text.iter().map(|(_, part)| cited(part));
                unread(wanted).filter(|_| !is_cut_off(&error))
            }
        }
    }

    /// Undoes the coding of the next piece for what looks at files.
    async fn coded_file(&mut self, bytes: &[u8]) -> Option<Decision> {
        let mut found = None;
        for part in bytes.chunks(AT_A_TIME) {
            let (Some(decoder), Some(files)) = (&mut self.plan.decoder, &self.plan.files) else { break };
            let mut plain = Vec::new();
            if let Err(error) = decoder.push(part, &mut |part| plain.extend_from_slice(part)) {
                let wanted = files.stopped.as_ref().map(cited).into_iter().chain(self.plan.scan.as_ref().map(cited));
                let decision = unread(wanted).filter(|_| !is_cut_off(&error));
                (self.plan.files, self.plan.scan, self.scanning) = (None, None, None);
                return Decision::graver(found, decision);
            }
            found = Decision::graver(found, self.file(&plain).await);
        }
        found
    }

    /// Tells what a file is, and shows it to the scanner.
    async fn file(&mut self, plain: &[u8]) -> Option<Decision> {
        let files = self.plan.files.as_mut()?;
        let kind = files.detector.push(plain);
        let stopped = files.stopped.take_if(|cited| is_stopped(kind, &cited.value));
        let mut found = stopped.map(|cited| Decision::carried(Carried::File, &cited));
        if is_settled(kind) {
            (self.plan.files, self.plan.scan, self.scanning) = (None, None, None);
            return found;
        }
        if self.plan.scans_files_alone && self.scanning.is_none() && self.plan.scan.is_some() {
            self.first.extend_from_slice(plain);
            if is_file(kind) {
                let first = std::mem::take(&mut self.first);
                found = Decision::graver(found, self.show(&first).await);
            } else if self.first.len() >= HEAD {
                self.plan.scan = None;
                self.first = Vec::new();
            }
        } else {
            found = Decision::graver(found, self.show(plain).await);
        }
        if self.plan.scan.is_none()
            && self.plan.files.as_ref().is_some_and(|files| files.stopped.is_none() || files.detector.is_known())
        {
            self.plan.files = None;
        }
        found
    }

    /// Shows the next bytes to the scanner, where a clause asks for it.
    async fn show(&mut self, plain: &[u8]) -> Option<Decision> {
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

    fn down(&self, error: &std::io::Error, scan: &Cited<Scan>) -> Option<Decision> {
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
fn unseen(becomes: Unseen, scan: &Cited<Scan>) -> Option<Decision> {
    match becomes {
        Unseen::Open => None,
        Unseen::Closed => Some(Decision::carried(Carried::Unscanned, scan)),
    }
}

/// Whether an answer that cannot be read on was only cut off: it was judged as far as it came.
fn is_cut_off(error: &DecodeError) -> bool {
    match error {
        DecodeError::Truncated { .. } => true,
        DecodeError::Unknown { .. }
        | DecodeError::TooManyCodings
        | DecodeError::Corrupt { .. }
        | DecodeError::Ratio { .. }
        | DecodeError::Total { .. } => false,
    }
}
