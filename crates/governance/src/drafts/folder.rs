//! A draft as a folder: a zip to download, and what somebody uploads, a zip or a single file.

use std::io::{Cursor, Read as _, Write as _};

use policy::{Source, SourceFile};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::service::MOST_BYTES;

/// The most files of a folder.
const MOST_FILES: usize = 200;

/// Why an upload is no policy folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// Neither a zip nor text.
    #[error("choose a zip of the policy's folder, or its policy.md")]
    NotAFolder,
    /// No `policy.md` in it.
    #[error("there is no policy.md in it")]
    NoPolicy,
    /// Too much.
    #[error("a policy has at most {MOST_FILES} files and 2 megabytes")]
    TooLarge,
    /// A file that is not text in UTF-8.
    #[error("{0} is not text in UTF-8; save it as UTF-8 and try again")]
    NotText(String),
}

/// The files as a zip.
///
/// # Errors
/// Where they do not fit into one.
pub fn zip(source: &Source) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for file in &source.files {
        writer.start_file(file.path.as_str(), options)?;
        writer.write_all(file.text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Reads what was uploaded: a zip with a `policy.md` somewhere in it, or a `policy.md` alone. What a zip has beside
/// Markdown and the school's own registers is left out; a path that leads out of it is refused with the whole.
///
/// # Errors
/// Why it is no policy.
pub fn read(bytes: &[u8]) -> Result<Source, FolderError> {
    if !bytes.starts_with(b"PK\x03\x04") {
        if bytes.len() > MOST_BYTES {
            return Err(FolderError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| FolderError::NotAFolder)?;
        let looks = text.trim_start_matches('\u{feff}').trim_start().starts_with("+++");
        return if looks && !text.contains('\0') { Ok(Source::of_text(text)) } else { Err(FolderError::NotAFolder) };
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FolderError::NotAFolder)?;
    if archive.len() > MOST_FILES * 4 {
        return Err(FolderError::TooLarge);
    }
    let mut files = Vec::new();
    let mut left = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|_| FolderError::NotAFolder)?;
        let Some(path) = entry.enclosed_name() else { return Err(FolderError::NotAFolder) };
        let path = path.to_string_lossy().replace('\\', "/");
        let hidden = path.split('/').any(|part| part.starts_with(['.', '_']));
        if entry.is_dir() || !(path.ends_with(".md") || path.ends_with(".toml")) || hidden {
            continue;
        }
        let mut content = Vec::new();
        // What the zip says of sizes is not believed.
        entry.take(left + 1).read_to_end(&mut content).map_err(|_| FolderError::NotAFolder)?;
        left = left.checked_sub(content.len() as u64).ok_or(FolderError::TooLarge)?;
        let text = String::from_utf8(content).map_err(|_| FolderError::NotText(path.clone()))?;
        files.push(SourceFile { path, text });
        if files.len() > MOST_FILES {
            return Err(FolderError::TooLarge);
        }
    }
    // The folder may stand inside others.
    let main = files.iter().filter(|file| file.path.rsplit('/').next() == Some(Source::MAIN));
    let main = main.min_by_key(|file| file.path.matches('/').count()).ok_or(FolderError::NoPolicy)?;
    let prefix = main.path.strip_suffix(Source::MAIN).unwrap_or("").to_owned();
    let inside = |file: SourceFile| {
        let path = file.path.strip_prefix(&prefix).filter(|path| Source::takes(path))?.to_owned();
        Some(SourceFile { path, text: file.text })
    };
    Ok(Source::new(files.into_iter().filter_map(inside).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files {
            writer.start_file(*path, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_folder_comes_back_as_it_went() {
        let source = Source::new(vec![
            SourceFile { path: "policy.md".into(), text: "+++\n+++\nü\r\n".into() },
            SourceFile { path: "agreements/staff.md".into(), text: "x".into() },
            SourceFile { path: "registers/library.toml".into(), text: "title = \"x\"".into() },
        ]);
        assert_eq!(read(&zip(&source).unwrap()), Ok(source));
        assert_eq!(read(b"+++\ntitle = \"x\"\n+++\n").unwrap().files.len(), 1);
    }

    #[test]
    fn what_is_no_folder_is_refused() {
        let inner: &[(&str, &[u8])] = &[
            ("My policy/policy.md", b"+++"),
            ("My policy/a/b.md", b"b"),
            ("My policy/registers/library.toml", b"c"),
            ("My policy/settings.toml", b"d"),
            ("My policy/logo.png", b"\x89"),
            ("__MACOSX/My policy/._policy.md", b"\xff"),
        ];
        let read_inner = read(&zipped(inner)).unwrap();
        let paths: Vec<_> = read_inner.files.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["policy.md", "a/b.md", "registers/library.toml"]);
        assert_eq!(read(&zipped(&[("../policy.md", b"+++")])), Err(FolderError::NotAFolder));
        assert_eq!(read(&zipped(&[("a.md", b"+++")])), Err(FolderError::NoPolicy));
        assert_eq!(read(&zipped(&[("policy.md", b"\xff\xfe")])), Err(FolderError::NotText("policy.md".into())));
        let bomb = vec![b' '; MOST_BYTES + 1];
        assert_eq!(read(&zipped(&[("policy.md", &bomb)])), Err(FolderError::TooLarge));
        for bad in [&b"hello"[..], b"PK\x03\x04rubbish", b"\xff\xfe+++", b"", b"+++\0"] {
            assert_eq!(read(bad), Err(FolderError::NotAFolder));
        }
    }
}
