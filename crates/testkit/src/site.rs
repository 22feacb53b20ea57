//! A site on loopback for the gateway to fetch: says what it was asked, and remembers it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the site answers to a path.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The media type.
    pub media: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A page with this text.
    pub fn page(text: &str) -> Self {
        Self { status: 200, media: "text/html; charset=utf-8".to_owned(), body: text.as_bytes().to_vec() }
    }
}

/// A request that reached the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The method.
    pub method: String,
    /// The path with its query, as it was asked.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
}

/// A site on loopback. It ends when it is dropped.
pub struct Site {
    address: SocketAddr,
    visits: Arc<Mutex<Vec<Visit>>>,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    task: JoinHandle<()>,
}

impl Site {
    /// Starts a site that answers every path with a page that names it.
    pub async fn start() -> Self {
        let listener = match TcpListener::bind(("127.0.0.1", 0)).await {
            Ok(listener) => listener,
            Err(error) => panic!("no port for a site: {error}"),
        };
        let address = match listener.local_addr() {
            Ok(address) => address,
            Err(error) => panic!("no address for a site: {error}"),
        };
        let visits = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(BTreeMap::new()));
        let (seen, known) = (Arc::clone(&visits), Arc::clone(&answers));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A visitor that breaks off is no fault of the site.
                drop(tokio::spawn(serve(stream, Arc::clone(&seen), Arc::clone(&known))));
            }
        });
        Self { address, visits, answers, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a path: `http://127.0.0.1:PORT/path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Says what a path is answered with, from now on.
    pub fn answers(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), answer);
    }

    /// The requests so far.
    pub fn visits(&self) -> Vec<Visit> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    visits: Arc<Mutex<Vec<Visit>>>,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first).await? == 0 {
            return Ok(());
        }
        let mut words = first.split_whitespace();
        let (method, path) = (words.next().unwrap_or("").to_owned(), words.next().unwrap_or("/").to_owned());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
                None => break,
            };
        }
        let length: u64 = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        tokio::io::copy(&mut (&mut stream).take(length), &mut tokio::io::sink()).await?;
        let answer = answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path.split('?').next().unwrap_or("/"))
            .cloned()
            .unwrap_or_else(|| Answer::page("<!doctype html><title>Test site</title><p>Hello from the test site."));
        let head = format!(
            "HTTP/1.1 {} Answer\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
            answer.status,
            answer.media,
            answer.body.len()
        );
        let close = headers.get("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let body = if method == "HEAD" { Vec::new() } else { answer.body };
        visits.lock().unwrap_or_else(PoisonError::into_inner).push(Visit { method, path, headers });
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        stream.flush().await?;
        if close {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_site_answers_and_remembers() {
        let site = Site::start().await;
        site.answers("/games", Answer { status: 404, ..Answer::page("none here") });
        let mut stream = TcpStream::connect(site.address()).await.unwrap();
        let ask = "GET /games?q=1 HTTP/1.1\r\nHost: games.test\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\
                   Connection: close\r\n\r\nabc";
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("none here"), "{answer}");
        assert!(answer.contains("HTTP/1.1 200") && answer.contains("Hello from the test site"), "{answer}");
        let visits = site.visits();
        assert_eq!((visits[0].method.as_str(), visits[0].path.as_str()), ("GET", "/games?q=1"));
        assert_eq!(visits[0].headers["host"], "games.test");
        assert_eq!(visits[1].method, "POST");
        assert_eq!(site.url("/x"), format!("http://{}/x", site.address()));
    }
}
