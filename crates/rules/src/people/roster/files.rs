//! The files of a roster by name. Whoever reads a folder or an archive hands them in here, one by one, and
//! only those that are needed are kept.

use std::collections::BTreeMap;

/// The names that are read. Everything else of a folder (demographics, results, line items, …) is left alone.
pub const NAMES: [&str; 7] =
    ["manifest.csv", "orgs.csv", "academicSessions.csv", "users.csv", "roles.csv", "classes.csv", "enrollments.csv"];

/// How much is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimits {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files together.
    pub all: u64,
    /// Names in the folder or archive, read or not.
    pub names: usize,
}

impl Default for FileLimits {
    /// Room for a trust of a hundred schools; far below what a machine has.
    fn default() -> Self {
        Self { file: 64 << 20, all: 160 << 20, names: 1_000 }
    }
}

/// The files of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

/// Why files are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    /// A path that leads out of its folder.
    #[error("the archive holds a path that leads out of its folder: it is not taken")]
    Escapes,
    /// The same name twice.
    #[error("{name} is there twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// Too large.
    #[error("{name} is larger than {limit} bytes")]
    TooLarge {
        /// The name.
        name: String,
        /// The limit that it breaks.
        limit: u64,
    },
    /// Too many names.
    #[error("there are more than {limit} files")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

/// Which of our files a path is: in the folder itself, or in one folder of an archive. None for other files.
pub fn wanted(path: &str) -> Result<Option<&'static str>, FilesError> {
    let path = path.replace('\\', "/");
    let parts: Vec<_> = path.split('/').collect();
    if path.starts_with('/') || parts.iter().any(|part| *part == ".." || part.contains(':') || part.contains('\0')) {
        return Err(FilesError::Escapes);
    }
    let name = match parts.as_slice() {
        [name] => *name,
        // Mac OS adds a folder of shadows to each archive.
        [folder, name] if *folder != "__MACOSX" => *name,
        _ => return Ok(None),
    };
    Ok(NAMES.into_iter().find(|known| *known == name))
}

impl Files {
    /// Adds one of [`NAMES`].
    pub fn insert(&mut self, name: &str, bytes: Vec<u8>, limits: &FileLimits) -> Result<(), FilesError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let all =
            self.0.values().fold(size, |sum, file| sum.saturating_add(u64::try_from(file.len()).unwrap_or(u64::MAX)));
        if size > limits.file || all > limits.all {
            let limit = if size > limits.file { limits.file } else { limits.all };
            return Err(FilesError::TooLarge { name: name.to_owned(), limit });
        }
        match self.0.insert(name.to_owned(), bytes) {
            None => Ok(()),
            Some(_) => Err(FilesError::Twice { name: name.to_owned() }),
        }
    }

    /// The bytes of a file.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes what is needed of `(path, bytes)` pairs that are in memory already.
pub fn collect<'a>(given: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Files, FilesError> {
    let limits = FileLimits::default();
    let mut files = Files::default();
    for (path, bytes) in given {
        if let Some(name) = wanted(path)? {
            files.insert(name, bytes.to_vec(), &limits)?;
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_files_and_only_within_the_folder() {
        assert_eq!(wanted("users.csv"), Ok(Some("users.csv")));
        assert_eq!(wanted("export/users.csv"), Ok(Some("users.csv")));
        assert_eq!(wanted("demographics.csv"), Ok(None), "not needed, so not read");
        assert_eq!(wanted("__MACOSX/users.csv"), Ok(None));
        assert_eq!(wanted("a/b/users.csv"), Ok(None));
        for bad in ["../users.csv", "a/../../users.csv", "/etc/users.csv", "..\\users.csv", "C:/users.csv"] {
            assert_eq!(wanted(bad), Err(FilesError::Escapes), "{bad}");
        }
        let twice = [("users.csv", b"a".as_slice()), ("x/users.csv", b"b")];
        assert_eq!(collect(twice), Err(FilesError::Twice { name: "users.csv".into() }));
        let small = FileLimits { file: 3, all: 4, names: 9 };
        let mut files = Files::default();
        assert!(files.insert("users.csv", vec![0; 4], &small).is_err(), "one too large");
        files.insert("users.csv", vec![0; 3], &small).unwrap();
        assert!(files.insert("orgs.csv", vec![0; 2], &small).is_err(), "all too large");
    }
}
