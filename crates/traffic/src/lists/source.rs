//! Where a list comes from, and what lies there: a folder or archive as UT1 makes them (a folder or file for each
//! category), or one file of domains or hosts. Read whole, or not at all.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

/// The most that a download, or anything unpacked from it, may hold.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// How long a download may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file or folder of this computer.
    Path(PathBuf),
    /// An address of the web.
    Url(String),
}

impl Source {
    /// Reads what a person typed: an address of the web, or a path.
    pub fn parse(text: &str) -> Self {
        if text.starts_with("https://") || text.starts_with("http://") {
            Self::Url(text.to_owned())
        } else {
            Self::Path(PathBuf::from(text))
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(url),
        }
    }
}

/// One file of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The name of the folder or file, which is the category in lists that have several: `gambling`.
    pub(crate) category: Option<String>,
    /// Whether it holds addresses with paths (UT1's `urls`) and not domains.
    pub(crate) addresses: bool,
    /// Its lines.
    pub(crate) bytes: Vec<u8>,
}

/// What a source gave.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// It is as it was.
    Unchanged,
    /// Its files, and the tag by which the next fetch asks whether they changed.
    Parts {
        /// The files.
        parts: Vec<Part>,
        /// The tag of the web server, if it gave one.
        etag: Option<String>,
    },
}

/// Why a list could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The web server did not give it.
    #[error("cannot fetch {url}")]
    Fetch {
        /// The address.
        url: String,
        /// What went wrong.
        #[source]
        cause: reqwest::Error,
    },
    /// The web server refused.
    #[error("{url} answered {status}")]
    Refused {
        /// The address.
        url: String,
        /// The status of HTTP.
        status: u16,
    },
    /// It is too large.
    #[error("{what} holds more than {} MiB", MOST_BYTES / 1024 / 1024)]
    TooLarge {
        /// What is.
        what: String,
    },
    /// There is nothing in it.
    #[error(
        "{what} holds no list: a folder for each category with a file `domains`, files `<category>.txt`, or one file of domains or hosts"
    )]
    Empty {
        /// What does.
        what: String,
    },
}

/// Fetches a source. `etag` is that of the last fetch.
///
/// # Errors
/// Anything that keeps it from being read whole.
pub(crate) async fn fetch(source: &Source, etag: Option<&str>) -> Result<Fetched, SourceError> {
    match source {
        Source::Path(path) => {
            let path = path.clone();
            let parts = tokio::task::spawn_blocking(move || read_path(&path)).await;
            let parts =
                parts.map_err(|error| SourceError::Read { path: PathBuf::new(), cause: io::Error::other(error) })??;
            Ok(Fetched::Parts { parts, etag: None })
        }
        Source::Url(url) => fetch_url(url, etag).await,
    }
}

/// Fetches one file as it is.
///
/// # Errors
/// Anything that keeps it from being read whole.
pub(crate) async fn fetch_bytes(source: &Source) -> Result<Vec<u8>, SourceError> {
    match source {
        Source::Path(path) => {
            let failed = |cause| SourceError::Read { path: path.clone(), cause };
            let length = tokio::fs::metadata(path).await.map_err(failed)?.len();
            if length > MOST_BYTES {
                return Err(SourceError::TooLarge { what: path.display().to_string() });
            }
            tokio::fs::read(path).await.map_err(failed)
        }
        Source::Url(url) => match download(url, None).await? {
            Some((bytes, _)) => Ok(bytes),
            None => Err(SourceError::Refused { url: url.clone(), status: 304 }),
        },
    }
}

/// What an address of the web gives, with its tag; nothing where it is as it was.
async fn download(url: &str, etag: Option<&str>) -> Result<Option<(Vec<u8>, Option<String>)>, SourceError> {
    let failed = |cause| SourceError::Fetch { url: url.to_owned(), cause };
    let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(failed)?;
    let mut request = client.get(url);
    if let Some(etag) = etag {
        request = request.header("if-none-match", etag);
    }
    let mut answer = request.send().await.map_err(failed)?;
    if answer.status() == reqwest::StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    if !answer.status().is_success() {
        return Err(SourceError::Refused { url: url.to_owned(), status: answer.status().as_u16() });
    }
    let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > MOST_BYTES {
            return Err(SourceError::TooLarge { what: url.to_owned() });
        }
    }
    Ok(Some((bytes, etag)))
}

async fn fetch_url(url: &str, etag: Option<&str>) -> Result<Fetched, SourceError> {
    let Some((bytes, etag)) = download(url, etag).await? else { return Ok(Fetched::Unchanged) };
    let name = url.split(['?', '#']).next().unwrap_or(url).rsplit('/').next().unwrap_or_default().to_owned();
    let what = url.to_owned();
    let parts = tokio::task::spawn_blocking(move || unpack(&name, bytes, &what)).await;
    let parts =
        parts.map_err(|error| SourceError::Read { path: PathBuf::from(url), cause: io::Error::other(error) })??;
    Ok(Fetched::Parts { parts, etag })
}

/// Reads a file, an archive or a folder.
fn read_path(path: &Path) -> Result<Vec<Part>, SourceError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| SourceError::Read { path, cause }
    };
    let what = path.display().to_string();
    if !path.is_dir() {
        let bytes = fs::read(path).map_err(failed(path))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return unpack(&name, bytes, &what);
    }
    let mut parts = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .map_err(failed(path))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed(path))?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            for (file, addresses) in [("domains", false), ("urls", true)] {
                let file = entry.join(file);
                if file.is_file() {
                    let bytes = fs::read(&file).map_err(failed(&file))?;
                    parts.push(Part { category: file_stem(&entry), addresses, bytes });
                }
            }
        } else if let Some(category) = category_of(&entry.to_string_lossy()) {
            let bytes = fs::read(&entry).map_err(failed(&entry))?;
            let bytes = plain(&entry.to_string_lossy(), bytes, &what)?;
            parts.push(Part { category: Some(category), addresses: false, bytes });
        }
    }
    if parts.is_empty() { Err(SourceError::Empty { what }) } else { Ok(parts) }
}

fn file_stem(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// The category that a file `<category>.txt`, packed or not, names.
fn category_of(name: &str) -> Option<String> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(name);
    name.strip_suffix(".txt").or_else(|| name.strip_suffix(".domains")).map(str::to_owned)
}

/// Takes a downloaded or named file apart: an archive into its files, a packed file into its lines.
fn unpack(name: &str, bytes: Vec<u8>, what: &str) -> Result<Vec<Part>, SourceError> {
    if [".tar", ".tar.gz", ".tgz", ".tar.zst"].iter().any(|ending| name.ends_with(ending)) {
        let tar = plain(name.trim_end_matches(".tgz"), bytes, what)?;
        let tar = if name.ends_with(".tgz") { plain("x.gz", tar, what)? } else { tar };
        return parts_of_tar(&tar, what);
    }
    let bytes = plain(name, bytes, what)?;
    if bytes.is_empty() {
        return Err(SourceError::Empty { what: what.to_owned() });
    }
    Ok(vec![Part { category: None, addresses: false, bytes }])
}

fn parts_of_tar(tar: &[u8], what: &str) -> Result<Vec<Part>, SourceError> {
    let failed = |cause| SourceError::Read { path: PathBuf::from(what), cause };
    let mut parts = Vec::new();
    let mut total = 0u64;
    for entry in tar::Archive::new(tar).entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let path = entry.path().map_err(failed)?.into_owned();
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let addresses = match file.as_str() {
            "domains" => false,
            "urls" => true,
            _ => continue,
        };
        total = total.saturating_add(entry.size());
        if total > MOST_BYTES {
            return Err(SourceError::TooLarge { what: what.to_owned() });
        }
        let mut bytes = Vec::new();
        entry.by_ref().take(MOST_BYTES).read_to_end(&mut bytes).map_err(failed)?;
        parts.push(Part { category: path.parent().and_then(file_stem), addresses, bytes });
    }
    if parts.is_empty() { Err(SourceError::Empty { what: what.to_owned() }) } else { Ok(parts) }
}

/// Unpacks gzip or zstd by the name's ending.
fn plain(name: &str, bytes: Vec<u8>, what: &str) -> Result<Vec<u8>, SourceError> {
    let failed = |cause| SourceError::Read { path: PathBuf::from(what), cause };
    let mut out = Vec::new();
    if name.ends_with(".gz") {
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .take(MOST_BYTES + 1)
            .read_to_end(&mut out)
            .map_err(failed)?;
    } else if name.ends_with(".zst") {
        let reader = zstd::stream::read::Decoder::new(bytes.as_slice()).map_err(failed)?;
        reader.take(MOST_BYTES + 1).read_to_end(&mut out).map_err(failed)?;
    } else {
        out = bytes;
    }
    if out.len() as u64 > MOST_BYTES { Err(SourceError::TooLarge { what: what.to_owned() }) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn folders_files_and_archives_give_their_parts() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("ut1/gambling")).unwrap();
        fs::write(path("ut1/gambling/domains"), "casino.test\n").unwrap();
        fs::write(path("ut1/gambling/urls"), "news.test/bets\n").unwrap();
        let parts = |source: Source| async move {
            match fetch(&source, None).await.unwrap() {
                Fetched::Parts { parts, .. } => parts,
                Fetched::Unchanged => Vec::new(),
            }
        };
        let found = parts(Source::Path(path("ut1"))).await;
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|part| part.category.as_deref() == Some("gambling")));

        fs::create_dir_all(path("packed")).unwrap();
        fs::write(path("packed/games.txt.zst"), zstd::encode_all(&b"games.test\n"[..], 3).unwrap()).unwrap();
        fs::write(path("packed/README.md"), "not a list").unwrap();
        let found = parts(Source::Path(path("packed"))).await;
        assert_eq!(found, [Part { category: Some("games".into()), addresses: false, bytes: b"games.test\n".to_vec() }]);

        let mut tar = tar::Builder::new(Vec::new());
        tar.append_dir_all("blacklists/gambling", path("ut1/gambling")).unwrap();
        fs::write(path("all.tar"), tar.into_inner().unwrap()).unwrap();
        assert_eq!(parts(Source::Path(path("all.tar"))).await.len(), 2);

        fs::create_dir_all(path("empty")).unwrap();
        assert!(matches!(fetch(&Source::Path(path("empty")), None).await, Err(SourceError::Empty { .. })));
        assert!(matches!(fetch(&Source::Path(path("nowhere")), None).await, Err(SourceError::Read { .. })));
    }

    #[tokio::test]
    async fn a_list_that_has_not_changed_is_not_fetched_again() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hosts", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let read = stream.read(&mut head).await.unwrap();
                let known = String::from_utf8_lossy(&head[..read]).to_lowercase().contains("if-none-match: \"one\"");
                let answer = if known {
                    "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_owned()
                } else {
                    "HTTP/1.1 200 OK\r\netag: \"one\"\r\ncontent-length: 18\r\nconnection: close\r\n\r\n0.0.0.0 games.test".to_owned()
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });

        let Fetched::Parts { parts, etag } = fetch(&Source::Url(url.clone()), None).await.unwrap() else { panic!() };
        assert_eq!((parts[0].bytes.as_slice(), etag.as_deref()), (&b"0.0.0.0 games.test"[..], Some("\"one\"")));
        assert!(matches!(fetch(&Source::Url(url), etag.as_deref()).await.unwrap(), Fetched::Unchanged));
    }
}
