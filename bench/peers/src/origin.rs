//! The site that everything is fetched from: `/1k`, `/50k`, `/page`, over plain HTTP and TLS; and a server of names that
//! knows every name. Kept apart from the load in nothing but its sockets: both run on the core that the proxy does not have.

use std::{net::SocketAddr, rc::Rc, sync::Arc};

use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
    task::spawn_local,
};
use tokio_rustls::TlsAcceptor;

/// Where the site listens, and what its certificate is signed by.
pub(crate) struct Origin {
    pub(crate) plain: SocketAddr,
    pub(crate) tls: SocketAddr,
    pub(crate) names: SocketAddr,
    /// The authority that a proxy must trust.
    pub(crate) root: String,
}

struct Answers([(&'static [u8], Vec<u8>); 3]);

fn answers() -> Answers {
    let answer = |kind: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    // Bytes of no kind: neither a picture's nor a program's, so that nobody has more to do than to pass them on.
    let noise: Vec<u8> = (0..50_000u32).map(|nth| (nth.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect();
    let page = crate::pages::page(50_000);
    Answers([
        (b"/1k", answer("image/webp", noise.get(..1000).unwrap_or_default())),
        (b"/50k", answer("image/webp", &noise)),
        (b"/page", answer("text/html; charset=utf-8", page.as_bytes())),
    ])
}

/// Starts it; the tasks run for as long as the runtime does.
pub(crate) async fn start() -> anyhow::Result<Origin> {
    let answers = Rc::new(answers());
    let plain = TcpListener::bind("127.0.0.1:0").await?;
    let tls = TcpListener::bind("127.0.0.1:0").await?;
    let names = UdpSocket::bind("127.0.0.1:0").await?;
    let mut wanted = rcgen::CertificateParams::new(Vec::new())?;
    wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    wanted.distinguished_name.push(rcgen::DnType::CommonName, "The web, as far as it is measured");
    let key = rcgen::KeyPair::generate()?;
    let root = wanted.self_signed(&key)?;
    let issuer = rcgen::Issuer::new(wanted, key);
    let leaf_key = rcgen::KeyPair::generate()?;
    let leaf = rcgen::CertificateParams::new(vec!["*.origin.test".to_owned(), "*.secure.test".to_owned()])?
        .signed_by(&leaf_key, &issuer)?;
    let private = PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![leaf.der().clone()], private)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let origin =
        Origin { plain: plain.local_addr()?, tls: tls.local_addr()?, names: names.local_addr()?, root: root.pem() };
    let own = Rc::clone(&answers);
    spawn_local(async move {
        while let Ok((stream, _)) = plain.accept().await {
            drop(stream.set_nodelay(true));
            spawn_local(serve(stream, Rc::clone(&own)));
        }
    });
    spawn_local(async move {
        while let Ok((stream, _)) = tls.accept().await {
            drop(stream.set_nodelay(true));
            let (acceptor, answers) = (acceptor.clone(), Rc::clone(&answers));
            spawn_local(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, answers).await;
                }
            });
        }
    });
    spawn_local(tell_names(names));
    Ok(origin)
}

/// Answers one request after another.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answers: Rc<Answers>) {
    let (mut buffer, mut filled) = (vec![0u8; 8192], 0);
    loop {
        let Some(free) = buffer.get_mut(filled..) else { return };
        match stream.read(free).await {
            Ok(count) if count > 0 => filled += count,
            Ok(_) | Err(_) => return,
        }
        while let Some(end) = head_end(buffer.get(..filled).unwrap_or_default()) {
            let path = buffer.get(4..end).and_then(|rest| rest.split(|byte| *byte == b' ').next()).unwrap_or_default();
            let Some((_, answer)) = answers.0.iter().find(|(known, _)| *known == path) else { return };
            if stream.write_all(answer).await.is_err() || stream.flush().await.is_err() {
                return;
            }
            buffer.copy_within(end..filled, 0);
            filled -= end;
        }
    }
}

/// Where the head of a message ends, its empty line included.
pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Answers every question with one public address, where nobody goes.
async fn tell_names(socket: UdpSocket) {
    let mut buffer = [0u8; 1500];
    while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
        let Some(question) = buffer.get(12..count) else { continue };
        let Some(end) = question.iter().position(|byte| *byte == 0).and_then(|end| question.get(..end + 5)) else {
            continue;
        };
        let is_four = end.get(end.len() - 4..end.len() - 2) == Some(&[0, 1]);
        let mut answer = buffer.get(..2).unwrap_or_default().to_vec();
        answer.extend_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(is_four), 0, 0, 0, 0]);
        answer.extend_from_slice(end);
        if is_four {
            answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 93, 184, 215, 14]);
        }
        drop(socket.send_to(&answer, from).await);
    }
}
