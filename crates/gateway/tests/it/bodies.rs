//! Answers that hold something: programs, words, what is packed, what never ends.

use std::{io::Write, time::Duration};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures_util::StreamExt;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::{Response, body::Frame};

use crate::support::SiteBody;

/// The words that the phrases of tests look for.
pub(crate) const HARM: &str = "<p>Come to the flying horse lottery, win at the flying horse lottery!</p>";

/// The test file of virus scanners, put together here so that no scanner finds it in this file.
pub(crate) fn eicar() -> String {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE", "!$H+H*"].concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn filler(bytes: usize) -> String {
    "<p>Nothing but plain and quiet words about gardens.</p>\n".repeat(bytes / 56)
}

/// A program for Linux, of so many bytes.
fn program(bytes: usize) -> Vec<u8> {
    let mut program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    program.resize(bytes, 7);
    program
}

/// A zip that holds one file as it is.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    let length = u16::try_from(name.len()).unwrap().to_le_bytes();
    let head = [&b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0"[..], &size, &size, &length, &[0, 0]].concat();
    [&head, name.as_bytes(), content, b"PK\x05\x06", &[0; 18]].concat()
}

fn whole(kind: &str, bytes: impl Into<Bytes>) -> Response<SiteBody> {
    Response::builder().header("content-type", kind).body(Full::new(bytes.into()).boxed()).unwrap()
}

fn coded(coding: &str, bytes: Vec<u8>) -> Response<SiteBody> {
    let mut response = whole("text/html; charset=utf-8", bytes);
    response.headers_mut().insert("content-encoding", coding.parse().unwrap());
    response
}

/// An answer in two parts, each after so many milliseconds.
fn slow(kind: &str, wait: u64) -> Response<SiteBody> {
    let parts = [filler(1000), "<p>the end</p>".to_owned()];
    let parts = futures_util::stream::iter(parts).then(move |part| async move {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        Ok(Frame::data(Bytes::from(part)))
    });
    Response::builder().header("content-type", kind).body(BodyExt::boxed(StreamBody::new(parts))).unwrap()
}

/// What the site has under `/body/…`.
pub(crate) fn answer(path: &str) -> Response<SiteBody> {
    match path.trim_start_matches("/body/") {
        "good.html" => whole("text/html", filler(200_000)),
        "harm.html" => whole("text/html", [filler(20_000), HARM.to_owned(), filler(20_000)].concat()),
        "late.html" => whole("text/html", [filler(300_000), HARM.repeat(3)].concat()),
        "harm.json" => whole("application/json", format!("{{\"answer\": \"{HARM}\"}}")),
        "packed.html" => coded("gzip", gzip([filler(20_000), HARM.to_owned()].concat().as_bytes())),
        // Two hundred mebibytes of nothing, a member of one mebibyte after another.
        "bomb.html" => coded("gzip", gzip(&[b' '; 1 << 20]).repeat(200)),
        "odd.html" => coded("compress", b"abc".to_vec()),
        // What no browser knows as a coding is shown as it is.
        "raw.html" => coded("aws-chunked", [filler(2_000), HARM.to_owned()].concat().into_bytes()),
        // Browsers go by the last type that is one.
        "two-types" => {
            let mut response = whole("image/png", HARM.to_owned());
            response.headers_mut().append("content-type", "text/html".parse().unwrap());
            response
        }
        "program" => whole("application/octet-stream", program(50_000)),
        "program.png" => whole("image/png", program(50_000)),
        "coded.png" => {
            let mut response = whole("image/png", program(50_000));
            response.headers_mut().insert("content-encoding", "identity".parse().unwrap());
            response
        }
        "program.html" => whole("text/html", program(50_000)),
        "program.gz" => coded("gzip", gzip(&program(50_000))),
        "archive.zip" => whole("application/zip", zip("run.elf", &program(20_000))),
        "late.zip" => whole("application/zip", [zip("a.txt", &[b'a'; 300_000]), zip("b", &program(9_000))].concat()),
        "part" => {
            let mut response = whole("application/octet-stream", vec![0; 100]);
            *response.status_mut() = hyper::StatusCode::PARTIAL_CONTENT;
            response
        }
        "picture.png" => whole("image/png", [b"\x89PNG\r\n\x1a\n".to_vec(), vec![1; 300_000]].concat()),
        "eicar.com" => whole("application/octet-stream", eicar()),
        "eicar.txt" => whole("text/plain", eicar()),
        "saved.html" => {
            let mut response = whole("text/html", eicar());
            response.headers_mut().insert("content-disposition", "attachment; filename=x.com".parse().unwrap());
            response
        }
        "zip.html" => whole("text/html", zip("eicar.com", eicar().as_bytes())),
        "zip.css" => {
            let mut response = coded("gzip", gzip(&zip("eicar.com", eicar().as_bytes())));
            response.headers_mut().insert("content-type", "text/css".parse().unwrap());
            response
        }
        "bad-program" => whole("application/octet-stream", [program(3_000), eicar().into_bytes()].concat()),
        "late-eicar.bin" => whole("application/octet-stream", [vec![1; 400_000], eicar().into_bytes()].concat()),
        "clean.bin" => whole("application/octet-stream", vec![1; 400_000]),
        "chat" => {
            let event = |text: &str| Bytes::from(format!("data: {{\"text\": \"{text}\"}}\n\n"));
            let events = [event("Hello, how are you?"), event(HARM), event(HARM), event("Goodbye.")];
            let events = futures_util::stream::iter(events).then(|event| async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(Frame::data(event))
            });
            Response::builder()
                .header("content-type", "text/event-stream")
                .body(BodyExt::boxed(StreamBody::new(events)))
                .unwrap()
        }
        "slow.html" => slow("text/html", 900),
        "slow.txt" => slow("text/plain", 3_000),
        "silent-events" => slow("text/event-stream", 5_000),
        _ => whole("text/plain", "nothing"),
    }
}
