//! Checks that the repository keeps its own rules. They are tests, so that nobody has to remember them.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.to_owned(), Path::to_owned)
}

/// Every file below `folder` whose name ends in `.ending`, in order; build folders and data left out.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !matches!(name, "target" | "node_modules" | "data" | ".git") {
                folders.push(path);
            } else if name.ends_with(&format!(".{ending}")) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The files of a policy folder, as the language takes them.
///
/// # Errors
/// A file that cannot be read.
pub fn policy_source(folder: &Path) -> std::io::Result<policy::Source> {
    let mut all = Vec::new();
    for path in files(folder, "md").into_iter().chain(files(folder, "toml")) {
        let inside = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if !policy::Source::takes(&inside) {
            continue;
        }
        all.push(policy::SourceFile { path: inside, text: std::fs::read_to_string(&path)? });
    }
    Ok(policy::Source::new(all))
}
