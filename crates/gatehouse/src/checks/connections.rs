//! Checks of encrypted connections: one that the gateway should open, by its own site and under the school's root, and one
//! whose name hides another.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use activity::Row;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    time_provider::TimeProvider,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use traffic::checks::service::Outcome;

use super::{
    HOST,
    plan::Audience,
    probe::{Found, PATIENCE, Turn},
};
use crate::live::Live;

/// The name that a connection to [`HOST`] gives in its first message, so that another could be hidden behind it.
const FRONT: &str = "front.gatehouse.internal";

/// So long a connection that should end may stand.
const ENDS: Duration = Duration::from_secs(5);

/// What a connection that should be opened showed.
enum Shown {
    /// It was opened: the certificate is of the school's root.
    Opened,
    /// The certificate is the site's own.
    Unopened,
}

/// Opens a page of the gateway's own site over TLS, as a device does that trusts the school's root.
pub(super) async fn opened(live: &Live, audience: &Audience, path: &str) -> Found {
    let (inner, state) = (live.inner(), &live.inner().checks);
    let (Some(gateway), Some(site), Some(root)) = (state.gateway.get(), state.site.get(), inner.root.get()) else {
        return Found::new(Outcome::Unknown, "No gateway listens here.");
    };
    let Some(mut turn) = Turn::begin(live, audience) else {
        return Found::new(Outcome::Unknown, "This computer gives no random bytes.");
    };
    let root = CertificateDer::from(root.der.clone());
    let trust = [root, site.certificate.clone()];
    let now = live.installation().clock.now();
    let asking = async {
        let stream = through(*gateway, &turn.token).await?;
        page(stream, trust, now, path).await
    };
    let shown = tokio::time::timeout(PATIENCE, asking).await;
    match shown {
        Ok(Ok((certificate, status))) => {
            let shown = if certificate == site.certificate { Shown::Unopened } else { Shown::Opened };
            match turn.row().await {
                Some(row) => judge(&shown, status, &row).cited(&row),
                None => Found::new(Outcome::Unknown, "The gateway answered, and nothing shows what it decided."),
            }
        }
        Ok(Err(Broken::Certificate)) => Found::new(
            Outcome::Failed,
            "The gateway should open the connection. It shows a certificate that is not of the school's root.",
        ),
        Ok(Err(Broken::Other)) => Found::new(Outcome::Unknown, "The gateway did not answer."),
        Err(_) => Found::new(Outcome::Unknown, "The gateway did not answer in time."),
    }
}

fn judge(shown: &Shown, status: u16, row: &Row) -> Found {
    match shown {
        Shown::Unopened => {
            Found::new(Outcome::Failed, "The gateway should open the connection. It passes it unopened.")
        }
        Shown::Opened if status == 200 && row.inspected => Found::new(
            Outcome::Passed,
            "The gateway should open the connection. It does, and a device that trusts the root gets the page.",
        ),
        Shown::Opened => {
            Found::new(Outcome::Unknown, "The gateway opens the connection. The page that it leads to did not come.")
        }
    }
}

/// Begins a connection in which another name could be hidden, and sees whether it is ended.
pub(super) async fn hidden(live: &Live, audience: &Audience) -> Found {
    let Some(gateway) = live.inner().checks.gateway.get().copied() else {
        return Found::new(Outcome::Unknown, "No gateway listens here.");
    };
    let Some(mut turn) = Turn::begin(live, audience) else {
        return Found::new(Outcome::Unknown, "This computer gives no random bytes.");
    };
    let asking = async {
        let mut stream = through(gateway, &turn.token).await?;
        stream.write_all(&hello(FRONT)).await?;
        let mut rest = [0];
        // It is for the row to say why it ended.
        drop(tokio::time::timeout(ENDS, stream.read(&mut rest)).await);
        Ok::<_, Broken>(())
    };
    let asked = tokio::time::timeout(PATIENCE, asking).await;
    match (asked, turn.row().await) {
        (Ok(Ok(())), Some(row)) if row.outcome == activity::Outcome::Refused && row.reason == "hidden-name" => {
            Found::new(Outcome::Passed, "A connection that hides its name behind another should be ended. It is.")
        }
        (Ok(Ok(())), Some(row)) => {
            let says = "A connection that hides its name behind another should be ended. The gateway let it through.";
            Found::new(Outcome::Failed, says).cited(&row)
        }
        (Ok(Ok(())), None) => Found::new(Outcome::Unknown, "The gateway answered, and nothing shows what it decided."),
        (Ok(Err(_)), _) => Found::new(Outcome::Unknown, "The gateway did not answer."),
        (Err(_), _) => Found::new(Outcome::Unknown, "The gateway did not answer in time."),
    }
}

/// Why nothing can be said.
enum Broken {
    /// The certificate is neither of the root nor the site's own.
    Certificate,
    /// The connection.
    Other,
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if matches!(inner, Some(rustls::Error::InvalidCertificate(_))) { Self::Certificate } else { Self::Other }
    }
}

/// A connection to the gateway's own site that the gateway has granted.
async fn through(gateway: SocketAddr, token: &str) -> Result<TcpStream, Broken> {
    let mut stream = TcpStream::connect(gateway).await?;
    let credential = STANDARD.encode(format!("check:{token}"));
    let ask =
        format!("CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\nProxy-Authorization: Basic {credential}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 {
        head.push(stream.read_u8().await?);
    }
    let granted = head.starts_with(b"HTTP/1.1 200");
    granted.then_some(stream).ok_or(Broken::Other)
}

/// The time of the installation.
#[derive(Debug)]
struct Now(Timestamp);

impl TimeProvider for Now {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// The certificate that a connection shows, and with what status a page comes.
async fn page(
    stream: TcpStream,
    trust: [CertificateDer<'static>; 2],
    now: Timestamp,
    path: &str,
) -> Result<(CertificateDer<'static>, u16), Broken> {
    let mut roots = RootCertStore::empty();
    for certificate in trust {
        roots.add(certificate).map_err(|_| Broken::Other)?;
    }
    let config = ClientConfig::builder_with_details(Arc::new(default_provider()), Arc::new(Now(now)))
        .with_safe_default_protocol_versions()
        .map_err(|_| Broken::Other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(HOST).map_err(|_| Broken::Other)?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).cloned().ok_or(Broken::Other)?;
    let ask = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") && line.len() < 1024 {
        line.push(stream.read_u8().await?);
    }
    let line = String::from_utf8_lossy(&line);
    let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok()).ok_or(Broken::Other)?;
    Ok((shown, status))
}

/// The first message of a connection to `name` that has an encrypted one within.
fn hello(name: &str) -> Vec<u8> {
    let long = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()[..], bytes].concat();
    let named = [&[0][..], &long(name.as_bytes())].concat();
    let extension = |kind: u16, data: &[u8]| [&kind.to_be_bytes()[..], &long(data)].concat();
    let extensions = [extension(0, &long(&named)), extension(0xfe0d, &[0; 64])].concat();
    // The version, 32 bytes that should be random, no session, one cipher, no compression.
    let body = [&[3, 3][..], &[7; 32], &[0], &long(&[0x13, 0x01]), &[1, 0], &long(&extensions)].concat();
    let message = [&[1, 0][..], &long(&body)].concat();
    [&[22, 3, 1][..], &long(&message)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_is_one_that_hides_a_name() {
        let hello = gateway::hello::parse(&hello(FRONT)).unwrap().unwrap();
        assert!(hello.encrypted);
        assert_eq!(hello.server_name.unwrap().to_string(), FRONT);
    }
}
