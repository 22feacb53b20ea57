//! An ICAP server, so that a school can keep the proxy that it has (Squid): requests are judged at
//! `icap://…/reqmod`, answers at `icap://…/respmod`, by the same rules and eyes as everywhere else.
//!
//! The proxy says in `X-Client-IP` whose request it is, and is believed, because only addresses of
//! `Config::proxies` may connect. A request without it is nobody's, and held to the strictest rules.
//!
//! What happens when something fails: what cannot be read is answered with 400 and the connection ends; the
//! proxy must be set to let nothing through then (`bypass=off`). Something that is found when part of an
//! answer has gone on ends the connection in the middle of the answer, so that the proxy cuts it as well.

mod answer;
mod wire;

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use hyper::{Method, Response, Uri};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    edits,
    gateway::{Inner, Run, Seat},
    judge::{Caller, Judgement},
    page::{Block, Form},
    pass::{Asked, Look, Plan, prepare},
    record::Record,
};
use answer::{Answer, page_of};
use wire::{Ask, Head, Inner as Http, Parts, Piece, Wire};

/// As much is held back of an answer before any of it goes on. Squid shows at most 64 kB before it hears
/// something, so that waiting for more would be waiting for ever.
const WINDOW: usize = 32 * 1024;

/// As much of an answer the proxy shows before it waits to be asked for more.
const PREVIEW: usize = 4096;

/// As much of a body is read that is no longer wanted.
const MOST_AWAY: usize = 16 * 1024 * 1024;

/// Serves a proxy's connection until it ends.
pub(crate) async fn serve<S>(inner: Arc<Inner>, seat: Seat, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let run = seat.run.clone();
    let mut session = Session { inner, seat, wire: Wire::new(stream) };
    if let Err(error) = session.run(&run).await {
        tracing::debug!(%error, "a connection of ICAP ended early");
        if error.kind() == io::ErrorKind::InvalidData {
            let bad = b"ICAP/1.0 400 Bad Request\r\nConnection: close\r\nEncapsulated: null-body=0\r\n\r\n";
            // It may be gone already.
            let _gone = session.wire.write(bad).await;
        }
    }
}

struct Session<S> {
    inner: Arc<Inner>,
    seat: Seat,
    wire: Wire<S>,
}

/// What an encapsulated request asks for, and by whom.
struct Asking {
    http: Http,
    method: Method,
    caller: Caller,
    judgement: Judgement,
    asked: Asked,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    async fn run(&mut self, run: &Run) -> io::Result<()> {
        let idle = self.inner.config.limits.idle();
        loop {
            let head = tokio::select! {
                head = tokio::time::timeout(idle, self.wire.head()) => head,
                () = run.stop.cancelled() => return Ok(()),
            };
            let Some(head) = head.map_err(|_| io::ErrorKind::TimedOut)?? else { return Ok(()) };
            let parts = head.parts()?;
            self.inner.gauges.request();
            let goes_on = tokio::select! {
                goes_on = self.one(&head, parts) => goes_on?,
                () = run.kill.cancelled() => return Ok(()),
            };
            self.wire.flush().await?;
            if !goes_on || head.field("connection").is_some_and(|it| it.eq_ignore_ascii_case("close")) {
                return Ok(());
            }
        }
    }

    /// Answers one request; whether another may follow.
    async fn one(&mut self, head: &Head, parts: Parts) -> io::Result<bool> {
        match head.ask {
            Ask::Options => self.options(head).await.map(|()| true),
            Ask::Reqmod => self.reqmod(head, parts).await,
            Ask::Respmod => self.respmod(head, parts).await,
        }
    }

    async fn options(&mut self, head: &Head) -> io::Result<()> {
        let (method, preview) = if head.service.contains("resp") { ("RESPMOD", PREVIEW) } else { ("REQMOD", 0) };
        let tag = self.tag();
        let text = format!(
            "ICAP/1.0 200 OK\r\nMethods: {method}\r\nService: Gatehouse\r\nISTag: \"{tag}\"\r\nAllow: 204\r\nPreview: {preview}\r\nTransfer-Preview: *\r\nMax-Connections: 1000\r\nOptions-TTL: 300\r\nEncapsulated: null-body=0\r\n\r\n"
        );
        self.wire.write(text.as_bytes()).await
    }

    /// Changes with the policy and the lists, so that nothing that was judged by others is used again.
    fn tag(&self) -> String {
        let snapshot = self.inner.ports.rules.load();
        let part = |digest: kernel::Digest| digest.to_string().chars().take(14).collect::<String>();
        format!("{}-{}", part(snapshot.policy()), part(snapshot.lists_digest()))
    }

    async fn reply(&mut self, answer: Answer<'_>) -> io::Result<()> {
        let tag = self.tag();
        answer.write(&mut self.wire, &tag).await
    }

    /// Judges the request that is encapsulated.
    fn judge(&self, head: &Head, bytes: &[u8]) -> io::Result<Asking> {
        let bad = |says| io::Error::new(io::ErrorKind::InvalidData, says);
        let http = Http::parse(bytes)?;
        let method = http.method().ok_or_else(|| bad("no method"))?;
        let [_, uri, _] = &http.first;
        let uri: Uri = uri.parse().map_err(|_| bad("no address"))?;
        let address = if method == Method::CONNECT {
            filter::Address::connect(&uri.to_string())
        } else if uri.scheme().is_some() {
            filter::Address::parse(&uri.to_string())
        } else {
            let host = http.fields.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
            filter::Address::parse(&format!("http://{host}{uri}"))
        };
        let address = address.map_err(|_| bad("no address"))?;
        let client = head.field("x-client-ip").and_then(|text| text.parse::<IpAddr>().ok());
        let caller = match client {
            Some(client) => Caller::at(&self.inner, client.to_canonical()),
            None => Caller::nobody(&self.inner, self.seat.client),
        };
        let rules = self.inner.ports.rules.load_full();
        let judgement = Judgement::new(&self.inner, address, &caller.viewer, rules);
        let asked = Asked::of(&method, &uri, &http.fields);
        Ok(Asking { http, method, caller, judgement, asked })
    }

    /// The page for what is refused.
    async fn refuse(&mut self, asking: &Asking, decision: &filter::Decision) -> io::Result<()> {
        let host = asking.judgement.address.host.as_str();
        let viewer = &asking.caller.viewer;
        let page = Block::new(
            self.inner.frame(),
            asking.judgement.snapshot.lines(),
            decision,
            viewer,
            host,
            &asking.asked.headers,
        );
        let form: Form = asking.asked.form;
        let (head, body) = page_of(page.map(|page| page.answer(form))).await;
        self.reply(Answer::Response { head: &head, has_body: true }).await?;
        self.wire.chunk(&body).await?;
        self.wire.write(b"0\r\n\r\n").await
    }

    async fn reqmod(&mut self, head: &Head, parts: Parts) -> io::Result<bool> {
        let bytes = self.wire.exact(parts.request).await?;
        let mut asking = self.judge(head, &bytes)?;
        let record = self.inner.record(asking.method.as_str(), &asking.caller, &asking.judgement);
        if asking.judgement.decision.refuses() {
            self.inner.remember(&asking.caller, &asking.judgement);
            drop(record);
            self.refuse(&asking, &asking.judgement.decision.clone()).await?;
            return if parts.has_body { self.read_away().await } else { Ok(true) };
        }
        let before = asking.http.clone();
        self.change(&mut asking)?;
        let preview = head.field("preview").is_some();
        if asking.http == before && (head.allows_204() || preview) {
            self.nothing_to_change().await?;
            // Without a preview the body is under way and must be read away.
            return if parts.has_body { self.read_away().await } else { Ok(true) };
        }
        let bytes = asking.http.bytes();
        let answer = Answer::Request { head: &bytes, has_body: parts.has_body };
        if parts.has_body {
            self.echo(answer, preview).await?
        } else {
            self.reply(answer).await?
        }
        Ok(true)
    }

    /// Changes a request as its treatment says.
    fn change(&self, asking: &mut Asking) -> io::Result<()> {
        if asking.method == Method::CONNECT {
            return Ok(());
        }
        let [_, uri, _] = &mut asking.http.first;
        let mut request = hyper::Request::new(());
        *request.uri_mut() = uri.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        std::mem::swap(request.headers_mut(), &mut asking.http.fields);
        edits::request(&asking.judgement, &mut request);
        prepare(&asking.judgement.treatment, request.headers_mut());
        std::mem::swap(request.headers_mut(), &mut asking.http.fields);
        *uri = request.uri().to_string();
        Ok(())
    }

    async fn nothing_to_change(&mut self) -> io::Result<()> {
        let text = format!("ICAP/1.0 204 No Content\r\nISTag: \"{}\"\r\nEncapsulated: null-body=0\r\n\r\n", self.tag());
        self.wire.write(text.as_bytes()).await
    }

    /// Reads what is still under way of a body, so that the answer is not lost with it: what the proxy has
    /// shown, or all of it. Whether it came to its end within reason.
    async fn read_away(&mut self) -> io::Result<bool> {
        self.wire.flush().await?;
        let mut count = 0;
        while let Piece::Data(data) = self.wire.piece().await? {
            count += data.len();
            if count > MOST_AWAY {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends a head, and the body that comes as it comes.
    async fn echo(&mut self, answer: Answer<'_>, preview: bool) -> io::Result<()> {
        let mut shown = Vec::new();
        let mut whole = false;
        // What is shown comes whole before the proxy may be asked for more, and before anything is answered.
        if preview {
            loop {
                match self.wire.piece().await? {
                    Piece::Data(data) => shown.push(data),
                    Piece::End { whole: all } => {
                        whole = all;
                        break;
                    }
                }
            }
        }
        if preview && !whole {
            self.wire.write(b"ICAP/1.0 100 Continue\r\n\r\n").await?;
            self.wire.flush().await?;
        }
        self.reply(answer).await?;
        for data in shown {
            self.wire.chunk(&data).await?;
        }
        while !whole {
            match self.wire.piece().await? {
                Piece::Data(data) => self.wire.chunk(&data).await?,
                Piece::End { .. } => whole = true,
            }
        }
        self.wire.write(b"0\r\n\r\n").await
    }

    async fn respmod(&mut self, head: &Head, parts: Parts) -> io::Result<bool> {
        let bytes = self.wire.exact(parts.request).await?;
        let raw = self.wire.exact(parts.response).await?;
        let asking = self.judge(head, &bytes)?;
        let answer = Http::parse(&raw)?;
        let mut response = Response::new(());
        *response.status_mut() = answer.status().ok_or(io::ErrorKind::InvalidData)?;
        *response.headers_mut() = answer.fields;
        let preview = head.field("preview").is_some();
        let refuses = asking.judgement.decision.refuses();
        let plan = Plan::of(&self.inner, &asking.judgement, &asking.asked, &response).filter(|_| parts.has_body);
        let Some(plan) = plan.filter(|_| !refuses) else {
            if refuses {
                self.refuse(&asking, &asking.judgement.decision.clone()).await?;
                return if parts.has_body { self.read_away().await } else { Ok(true) };
            }
            if head.allows_204() || preview {
                self.nothing_to_change().await?;
                return if parts.has_body { self.read_away().await } else { Ok(true) };
            }
            let answer = Answer::Response { head: &raw, has_body: parts.has_body };
            if parts.has_body {
                self.echo(answer, preview).await?
            } else {
                self.reply(answer).await?
            }
            return Ok(true);
        };
        // The proxy has asked about the request before: it has its row.
        let record = self.inner.record(asking.method.as_str(), &asking.caller, &asking.judgement).following();
        let viewer = asking.caller.viewer.clone();
        let look = Look::new(self.inner.clone(), asking.judgement.clone(), viewer, plan);
        let way = Way { look, record, raw: raw.to_vec(), preview, allows: head.allows_204() };
        self.judge_body(&asking, way).await
    }

    /// Judges an answer piece by piece.
    async fn judge_body(&mut self, asking: &Asking, way: Way) -> io::Result<bool> {
        let Way { mut look, mut record, raw, mut preview, allows } = way;
        let (mut held, mut sent, mut told) = (Vec::new(), false, false);
        let mut decision = look.head();
        let mut ended = false;
        loop {
            if let Some(found) = decision.take() {
                told = true;
                record.judged(&found);
                if found.refuses() {
                    self.inner.remember(&asking.caller, &asking.judgement.found(found.clone()));
                    // What has gone on is cut by the end of the connection, and the rest neither read nor sent.
                    if sent {
                        return Ok(false);
                    }
                    self.refuse(asking, &found).await?;
                    return if ended { Ok(true) } else { self.read_away().await };
                }
            }
            if ended {
                break;
            }
            let full = !preview && (held.len() >= WINDOW || (look.at_once() && !held.is_empty()));
            if full {
                if !sent {
                    sent = true;
                    self.reply(Answer::Response { head: &raw, has_body: true }).await?;
                }
                // Of what is scanned, the end waits for the scanner.
                let keeps = if look.waits() { WINDOW.min(held.len()) } else { 0 };
                let rest = held.split_off(held.len() - keeps);
                self.wire.chunk(&held).await?;
                self.wire.flush().await?;
                record.moved(held.len() as u64);
                held = rest;
            }
            let Some(piece) = self.next(&mut preview, look.has_seen_enough()).await? else {
                // The rest passes the proxy without us.
                if !told {
                    record.forget();
                }
                return self.nothing_to_change().await.map(|()| true);
            };
            match piece {
                Piece::Data(data) => {
                    decision = look.piece(&data).await;
                    held.extend_from_slice(&data);
                }
                Piece::End { .. } => {
                    ended = true;
                    decision = look.end().await;
                }
            }
        }
        record.moved(held.len() as u64);
        if !told {
            // The request has its row.
            record.forget();
        }
        if !sent && allows {
            return self.nothing_to_change().await.map(|()| true);
        }
        if !sent {
            self.reply(Answer::Response { head: &raw, has_body: true }).await?;
        }
        self.wire.chunk(&held).await?;
        self.wire.write(b"0\r\n\r\n").await.map(|()| true)
    }

    /// The next piece of a body; the proxy is asked for more where it has shown a part, unless that was `enough`.
    async fn next(&mut self, preview: &mut bool, enough: bool) -> io::Result<Option<Piece>> {
        let limit = Duration::from_secs(self.inner.config.limits.idle_seconds);
        let next = tokio::time::timeout(limit, async {
            match self.wire.piece().await? {
                Piece::End { whole: false } if *preview && enough => Ok(None),
                Piece::End { whole: false } if *preview => {
                    *preview = false;
                    self.wire.write(b"ICAP/1.0 100 Continue\r\n\r\n").await?;
                    self.wire.flush().await?;
                    // What was shown may go on now.
                    Ok(Some(Piece::Data(Bytes::new())))
                }
                piece @ (Piece::Data(_) | Piece::End { .. }) => Ok(Some(piece)),
            }
        });
        next.await.map_err(|_| io::ErrorKind::TimedOut)?
    }
}

/// How an answer is looked at.
struct Way {
    look: Look,
    record: Record,
    raw: Vec<u8>,
    preview: bool,
    allows: bool,
}
