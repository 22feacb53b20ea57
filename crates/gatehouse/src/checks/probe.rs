//! Carries a step out: a request through the gateway's own port, or a question to the resolver, under a credential that
//! holds for this step alone, or the same decision without a request. What is not seen is unknown, never passed.

use std::{sync::Arc, time::Duration};

use activity::Row;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use filter::{Address, safe_search};
use kernel::{HowKnown, SchoolTime, Viewer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};
use traffic::checks::service::{Check, Outcome};

use super::{
    Current, connections, loaded, names,
    plan::{Audience, Step, Wanted},
};
use crate::live::Live;

/// So long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// So long what the gateway would log may take after that.
const ROW: Duration = Duration::from_secs(5);

/// More of an answer is not read.
const ENOUGH: u64 = 64 * 1024;

/// What was found.
pub(super) struct Found {
    outcome: Outcome,
    says: String,
    clause: Option<String>,
}

impl Found {
    pub(super) fn new(outcome: Outcome, says: impl Into<String>) -> Self {
        Self { outcome, says: says.into(), clause: None }
    }

    /// With the clause that decided.
    pub(super) fn cited(self, row: &Row) -> Self {
        Self { clause: row.clause.as_ref().map(|clause| clause.number.clone()), ..self }
    }
}

/// Carries it out.
pub(super) async fn carry_out(live: &Live, audience: &Audience, step: Step) -> Check {
    let at = live.installation().clock.now();
    let (means, found) = match &step.wanted {
        Wanted::Nothing(why) => ("rules", Found::new(Outcome::Unknown, why.clone())),
        Wanted::SafeSearch => ("rules", searched(live, audience, &step.url)),
        Wanted::OpenByRules => ("rules", open_by_rules(live, audience, &step.url)),
        Wanted::Closed | Wanted::Open | Wanted::NoVirus | Wanted::NoOtherWay => {
            ("gateway", asked(live, audience, &step).await)
        }
        Wanted::Opened => ("gateway", connections::opened(live, audience, path_of(&step.url)).await),
        Wanted::NoHiddenName => ("gateway", connections::hidden(live, audience).await),
        Wanted::Name(wanted) => ("resolver", names::asked(live, audience, &step.url, wanted).await),
        Wanted::Canary => ("resolver", names::canary(live).await),
    };
    Check {
        sort: step.sort,
        what: step.what,
        who: audience.who.clone(),
        network: audience.network.clone(),
        device: None,
        means,
        outcome: found.outcome,
        found: found.says,
        clause: found.clause,
        at,
        action: None,
    }
}

/// Whether a search is made safe by what the gateway decides by now. What a search engine answers is not ours to try.
fn searched(live: &Live, audience: &Audience, url: &str) -> Found {
    let Ok(address) = Address::parse(url) else { return Found::new(Outcome::Unknown, "The address cannot be read.") };
    let at = SchoolTime::new(live.installation().clock.now());
    let treatment = loaded(live).treatment(&audience.viewer, &address, &at);
    let wanted = safe_search::Wanted::of(&treatment);
    let edits = safe_search::apply(&address.host, address.path().unwrap_or("/"), wanted);
    let safe = edits.target.is_some()
        || safe_search::alias(&address.host, wanted).is_some()
        || safe_search::refusal(&address.host, &treatment).is_some();
    let clause = treatment.safe_search.map(|cited| cited.clause.number.clone());
    let found = if safe {
        Found::new(Outcome::Passed, "Searches should be safe. The gateway changes the request so that they are.")
    } else {
        Found::new(Outcome::Failed, "Searches should be safe. The gateway leaves the request as it is.")
    };
    Found { clause, ..found }
}

/// Whether the desk or a help site is open by what the gateway decides by now: visits there are counted, so none is made.
fn open_by_rules(live: &Live, audience: &Audience, url: &str) -> Found {
    let Ok(address) = Address::parse(url) else { return Found::new(Outcome::Unknown, "The address cannot be read.") };
    let at = SchoolTime::new(live.installation().clock.now());
    let request = filter::Request { address: &address, viewer: &audience.viewer, at: &at, found: &[] };
    if filter::decide(&request, &loaded(live)).refuses() {
        Found::new(Outcome::Failed, "It should be open. It is closed.")
    } else {
        Found::new(Outcome::Passed, "It should be open. It is.")
    }
}

/// What came back, as far as it was read.
struct Answer {
    status: u16,
    head: String,
}

/// A credential that holds until the next one, and what would be logged of whoever has it.
pub(super) struct Turn {
    pub(super) token: String,
    rows: mpsc::UnboundedReceiver<Row>,
}

impl Turn {
    /// Of somebody; none where there are no random bytes.
    pub(super) fn begin(live: &Live, audience: &Audience) -> Option<Self> {
        let state = &live.inner().checks;
        let (Ok(secret), Ok(device)) = (store::ids::random::<32>(), state.device()) else { return None };
        let (sender, rows) = mpsc::unbounded_channel();
        let token = kernel::Digest(secret).to_string();
        // A credential of its own for each step: what comes late from the step before is not taken for this one's.
        let viewer = Viewer {
            person: None,
            device: Some(device),
            how: HowKnown::Token,
            suspended: false,
            ..audience.viewer.clone()
        };
        state.current.store(Some(Arc::new(Current { token: token.clone(), viewer, rows: sender })));
        Some(Self { token, rows })
    }

    /// What would be logged first.
    pub(super) async fn row(&mut self) -> Option<Row> {
        tokio::time::timeout(ROW, self.rows.recv()).await.ok().flatten()
    }
}

/// The path of an address of the gateway's own site.
fn path_of(url: &str) -> &str {
    url.splitn(4, '/').nth(3).map_or("/", |rest| url.get(url.len() - rest.len() - 1..).unwrap_or("/"))
}

async fn asked(live: &Live, audience: &Audience, step: &Step) -> Found {
    let Some(gateway) = live.inner().checks.gateway.get().copied() else {
        return Found::new(Outcome::Unknown, "No gateway listens here.");
    };
    let Some(mut turn) = Turn::begin(live, audience) else {
        return Found::new(Outcome::Unknown, "This computer gives no random bytes.");
    };
    let answer = tokio::time::timeout(PATIENCE, ask(gateway, &turn.token, step)).await;
    match (answer, turn.row().await) {
        (Ok(Ok(answer)), Some(row)) => judge(&step.wanted, &answer, &row),
        (Ok(Ok(_)), None) => Found::new(Outcome::Unknown, "The gateway answered, and nothing shows what it decided."),
        (Ok(Err(_)), _) => Found::new(Outcome::Unknown, "The gateway did not answer."),
        (Err(_), _) => Found::new(Outcome::Unknown, "The gateway did not answer in time."),
    }
}

async fn ask(gateway: std::net::SocketAddr, token: &str, step: &Step) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(gateway).await?;
    let host = step.url.split('/').nth(2).unwrap_or_default();
    // Of what should be closed nothing is loaded, should it be open.
    let method = if step.wanted == Wanted::Closed { "HEAD" } else { "GET" };
    let credential = STANDARD.encode(format!("check:{token}"));
    let request = format!(
        "{method} {} HTTP/1.1\r\nHost: {host}\r\nProxy-Authorization: Basic {credential}\r\nAccept: text/html\r\nConnection: close\r\n\r\n",
        step.url
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.take(ENOUGH).read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let head = text.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase();
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("no answer of HTTP"))?;
    Ok(Answer { status, head })
}

/// What an answer and its row mean.
fn judge(wanted: &Wanted, answer: &Answer, row: &Row) -> Found {
    let found = match (wanted, row.outcome) {
        (Wanted::Closed, activity::Outcome::Blocked) if answer.status == 403 => {
            Found::new(Outcome::Passed, "It should be closed. It is.")
        }
        (Wanted::Closed, activity::Outcome::Failed) => Found::new(
            Outcome::Failed,
            "It should be closed. The gateway would have let it through; the site did not answer.",
        ),
        (Wanted::Closed | Wanted::Open, activity::Outcome::Refused) => {
            Found::new(Outcome::Unknown, "The gateway is set to go nowhere there, so nothing shows what its rules do.")
        }
        (Wanted::Closed, _) => Found::new(Outcome::Failed, "It should be closed. The gateway let it through."),
        (_, activity::Outcome::Failed) => Found::new(Outcome::Unknown, "The site did not answer."),
        (Wanted::Open, activity::Outcome::Blocked) if row.reason == "unscanned" => {
            Found::new(Outcome::Failed, "It should be open. It is closed, because it could not be scanned.")
        }
        (Wanted::Open, activity::Outcome::Blocked) => Found::new(Outcome::Failed, "It should be open. It is closed."),
        (Wanted::Open, _) if answer.status < 500 => Found::new(Outcome::Passed, "It should be open. It is."),
        (Wanted::NoVirus, activity::Outcome::Blocked) if row.reason == "virus" => {
            Found::new(Outcome::Passed, "A virus should be stopped. It was found and stopped.")
        }
        (Wanted::NoVirus, activity::Outcome::Blocked) => Found::new(
            Outcome::Unknown,
            "A virus should be stopped. The file was stopped without being scanned, so nothing shows that it would be found.",
        ),
        (Wanted::NoVirus, _) => Found::new(Outcome::Failed, "A virus should be stopped. The gateway let it through."),
        (Wanted::NoOtherWay, activity::Outcome::Allowed) if answer.status == 200 => {
            if answer.head.contains("\nalt-svc:") {
                Found::new(Outcome::Failed, "The answer of a site should name no other way to it. It does.")
            } else {
                Found::new(Outcome::Passed, "The answer of a site should name no other way to it. It does not.")
            }
        }
        (
            Wanted::Open
            | Wanted::NoOtherWay
            | Wanted::SafeSearch
            | Wanted::OpenByRules
            | Wanted::Opened
            | Wanted::NoHiddenName
            | Wanted::Name(_)
            | Wanted::Canary
            | Wanted::Nothing(_),
            _,
        ) => Found::new(Outcome::Unknown, "The answer does not show what the gateway did."),
    };
    found.cited(row)
}
