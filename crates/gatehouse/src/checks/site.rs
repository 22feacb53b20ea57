//! The gateway's own site, which its checks ask for: a page, a test virus, an answer that names another way. It listens on
//! this computer alone, plainly and over TLS on one port, and answers only under a path that is drawn anew at each start.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Its name. No such name is in the public tree of names.
pub(crate) const HOST: &str = "probe.gatehouse.internal";

/// The test virus that every scanner knows, in two parts: the program itself must not be taken for one.
const VIRUS: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*"];

/// Where it is.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What it shows over TLS. The key is in memory alone, and gone with the process.
    pub(crate) certificate: CertificateDer<'static>,
    secret: String,
}

/// What it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A page.
    Page,
    /// A file with the test virus.
    Virus,
    /// A page whose head names another way to the site.
    Alternative,
}

impl Thing {
    const ALL: [Self; 3] = [Self::Page, Self::Virus, Self::Alternative];

    fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Virus => "file.bin",
            Self::Alternative => "other-way",
        }
    }
}

impl Site {
    /// Starts it, until `stop`.
    ///
    /// # Errors
    /// Where it cannot listen.
    pub(crate) async fn start(stop: CancellationToken) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("the site of the checks cannot listen")?;
        let address = listener.local_addr().context("the site of the checks has no address")?;
        let secret = kernel::Digest(store::ids::random()?).short();
        let (certificate, acceptor) = certificate()?;
        let own = secret.clone();
        tokio::spawn(async move {
            while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
                let Ok((stream, _)) = accepted else { continue };
                let (own, acceptor) = (own.clone(), acceptor.clone());
                tokio::spawn(async move {
                    // Whoever breaks off is no fault of the site.
                    drop(tokio::time::timeout(Duration::from_secs(10), serve(stream, acceptor, &own)).await);
                });
            }
        });
        Ok(Self { address, certificate, secret })
    }

    /// The address of a thing.
    pub(crate) fn url(&self, thing: Thing) -> String {
        format!("http://{HOST}/{}/{}", self.secret, thing.word())
    }
}

/// What it shows over TLS, and how it speaks it.
fn certificate() -> anyhow::Result<(CertificateDer<'static>, TlsAcceptor)> {
    let made =
        rcgen::generate_simple_self_signed([HOST.to_owned()]).context("the site of the checks has no certificate")?;
    let (certificate, key) = (made.cert.der().clone(), PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()));
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.clone()], key);
    let config = config.context("the site of the checks cannot use its certificate")?;
    Ok((certificate, TlsAcceptor::from(Arc::new(config))))
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, secret: &str) -> std::io::Result<()> {
    /// With what a connection over TLS begins.
    const HANDSHAKE: u8 = 22;
    let mut first = [0];
    stream.peek(&mut first).await?;
    if first == [HANDSHAKE] {
        return answer(acceptor.accept(stream).await?, secret).await;
    }
    answer(stream, secret).await
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, secret: &str) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split_whitespace().nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    let asked =
        path.strip_prefix('/').and_then(|path| path.strip_prefix(secret)).and_then(|path| path.strip_prefix('/'));
    let thing = asked.and_then(|asked| Thing::ALL.into_iter().find(|thing| thing.word() == asked));
    let (status, media, more, body) = match thing {
        Some(Thing::Page) => (200, "text/plain", "", "This page is for the checks of the filter.\n".to_owned()),
        Some(Thing::Virus) => (200, "application/octet-stream", "", VIRUS.concat()),
        Some(Thing::Alternative) => (200, "text/plain", "Alt-Svc: h3=\":443\"; ma=60\r\n", "Another way.\n".to_owned()),
        None => (404, "text/plain", "", String::new()),
    };
    let whole = format!(
        "HTTP/1.1 {status} Answer\r\nContent-Type: {media}\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(whole.as_bytes()).await?;
    stream.shutdown().await
}
