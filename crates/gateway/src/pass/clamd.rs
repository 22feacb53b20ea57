//! Files are shown to clamd as they stream (`INSTREAM`), over a socket of the machine or TCP.
//!
//! What happens when the scanner does not answer, or answers that it could not look: the caller is told, and
//! the policy says what becomes of the file.

use std::{io, path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

/// An answer that is longer is none.
const LONGEST: u64 = 4096;

/// Where clamd listens: `unix:/run/clamav/clamd.ctl`, or `127.0.0.1:3310`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClamdAt {
    /// A socket of the machine.
    Unix(PathBuf),
    /// A host and a port.
    Tcp(String),
}

/// A text that says no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a place such as `unix:/run/clamav/clamd.ctl` or `127.0.0.1:3310`")]
pub struct BadClamdAt {
    given: String,
}

impl std::str::FromStr for ClamdAt {
    type Err = BadClamdAt;
    fn from_str(text: &str) -> Result<Self, BadClamdAt> {
        match (text.strip_prefix("unix:"), text.rsplit_once(':')) {
            (Some(path), _) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            (None, Some((host, port))) if !host.is_empty() && port.parse::<u16>().is_ok() => {
                Ok(Self::Tcp(text.to_owned()))
            }
            _ => Err(BadClamdAt { given: text.to_owned() }),
        }
    }
}

impl<'de> serde::Deserialize<'de> for ClamdAt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The virus scanner.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clamd {
    /// Where it listens.
    pub at: ClamdAt,
    /// Seconds for each of its steps: to take the connection, to take bytes, to answer.
    #[serde(default = "ten")]
    pub seconds: u64,
}

fn ten() -> u64 {
    10
}

/// What the scanner says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scanned {
    /// Nothing was found.
    Clean,
    /// A virus, by the scanner's name for it.
    Virus(String),
    /// It is larger than the scanner takes.
    TooLarge,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for S {}

/// A file on its way to the scanner.
pub(crate) struct Scanning {
    stream: Box<dyn Stream>,
    limit: Duration,
    refused: bool,
}

impl Clamd {
    /// Begins to show a file.
    pub(crate) async fn begin(&self) -> io::Result<Scanning> {
        let limit = Duration::from_secs(self.seconds.max(1));
        within(limit, async {
            let mut stream: Box<dyn Stream> = match &self.at {
                ClamdAt::Unix(path) => Box::new(UnixStream::connect(path).await?),
                ClamdAt::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            };
            stream.write_all(b"zINSTREAM\0").await?;
            Ok(Scanning { stream, limit, refused: false })
        })
        .await
    }

    /// Whether the scanner answers at all: for the checks at the desk.
    pub async fn ping(&self) -> io::Result<()> {
        let mut scanning = self.begin().await?;
        match scanning.finish().await? {
            Scanned::Clean => Ok(()),
            Scanned::Virus(_) | Scanned::TooLarge => Err(bad("an empty file was not found clean")),
        }
    }

    /// When the scanner's signatures are of; none where it has none or does not say.
    ///
    /// # Errors
    /// Where it does not answer.
    pub async fn signatures(&self) -> io::Result<Option<jiff::Timestamp>> {
        let limit = Duration::from_secs(self.seconds.max(1));
        let answer = within(limit, async {
            let mut stream: Box<dyn Stream> = match &self.at {
                ClamdAt::Unix(path) => Box::new(UnixStream::connect(path).await?),
                ClamdAt::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            };
            stream.write_all(b"zVERSION\0").await?;
            let mut answer = Vec::new();
            stream.take(LONGEST).read_to_end(&mut answer).await?;
            Ok(answer)
        })
        .await?;
        Ok(signatures_of(&String::from_utf8_lossy(&answer)))
    }
}

/// `ClamAV 1.4.6/27800/Sat Nov 21 09:21:50 2026`: the last part, taken as UTC, which is right within hours.
fn signatures_of(version: &str) -> Option<jiff::Timestamp> {
    let day = version.trim_end_matches(['\0', '\n', '\r']).split('/').nth(2)?.trim();
    let at = jiff::civil::DateTime::strptime("%a %b %d %H:%M:%S %Y", day).ok()?;
    at.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp())
}

impl Scanning {
    /// Shows the next bytes.
    pub(crate) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.refused {
            return Ok(());
        }
        for part in bytes.chunks(64 * 1024) {
            let length = u32::try_from(part.len()).unwrap_or(0).to_be_bytes();
            let sent = within(self.limit, async {
                self.stream.write_all(&length).await?;
                self.stream.write_all(part).await
            });
            // Where it has heard enough it says so and closes: the answer is there to be read.
            if let Err(error) = sent.await {
                if error.kind() == io::ErrorKind::TimedOut {
                    return Err(error);
                }
                self.refused = true;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Says that the file has ended, and hears what it is.
    pub(crate) async fn finish(&mut self) -> io::Result<Scanned> {
        let stream = &mut self.stream;
        let refused = self.refused;
        let answer = within(self.limit, async {
            if !refused {
                stream.write_all(&[0; 4]).await?;
                stream.flush().await?;
            }
            let mut answer = Vec::new();
            stream.take(LONGEST).read_to_end(&mut answer).await?;
            Ok(answer)
        });
        read(&answer.await?)
    }
}

/// Reads `stream: OK`, `stream: NAME FOUND`, `… ERROR`.
fn read(answer: &[u8]) -> io::Result<Scanned> {
    let text = String::from_utf8_lossy(answer);
    let text = text.trim_end_matches(['\0', '\n']).trim();
    let says = text.strip_prefix("stream: ").unwrap_or(text);
    match says.strip_suffix(" FOUND") {
        Some(name) => Ok(Scanned::Virus(name.to_owned())),
        None if says == "OK" => Ok(Scanned::Clean),
        None if says.contains("size limit exceeded") => Ok(Scanned::TooLarge),
        None => Err(bad("the scanner gave no answer that can be read")),
    }
}

fn bad(says: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, says)
}

async fn within<T>(limit: Duration, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(limit, step).await {
        Ok(done) => done,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the scanner does not answer in time")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_signatures_is_read() {
        let at = |text: &str| signatures_of(text).map(|at| at.to_string());
        let day = Some("2026-11-21T09:21:50Z".to_owned());
        assert_eq!(at("ClamAV 1.4.6/27800/Sat Nov 21 09:21:50 2026\0"), day);
        assert_eq!(at("ClamAV 1.4.6"), None);
        assert_eq!(at("ClamAV 1.4.6/27800/yesterday"), None);
    }

    #[test]
    fn answers_are_read() {
        assert_eq!(read(b"stream: OK\0").unwrap(), Scanned::Clean);
        assert_eq!(read(b"stream: Eicar-Signature FOUND\0").unwrap(), Scanned::Virus("Eicar-Signature".into()));
        assert_eq!(read(b"INSTREAM size limit exceeded. ERROR\0").unwrap(), Scanned::TooLarge);
        for bad in [&b""[..], b"stream: x ERROR\0", b"HTTP/1.1 400 Bad Request\r\n", b"\xff\xff"] {
            assert!(read(bad).is_err());
        }
    }

    #[test]
    fn places_are_read() {
        assert_eq!("unix:/run/clamd".parse(), Ok(ClamdAt::Unix("/run/clamd".into())));
        assert_eq!("127.0.0.1:3310".parse(), Ok(ClamdAt::Tcp("127.0.0.1:3310".into())));
        for bad in ["", "unix:clamd", "127.0.0.1", ":3310", "host:port"] {
            assert!(bad.parse::<ClamdAt>().is_err(), "{bad}");
        }
    }
}
