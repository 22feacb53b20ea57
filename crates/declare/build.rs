//! Lists the declaration files for the binary, so that a new file needs no change of the program.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    // Asked when it runs: a target folder may be shared by checkouts at several places.
    let folder = told("CARGO_MANIFEST_DIR")?.join("../../declarations");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut code = String::from("&[\n");
    for module in entries(&folder)?.into_iter().filter(|path| path.is_dir()) {
        for file in entries(&module)? {
            let path = file.strip_prefix(&folder).unwrap_or(&file).display().to_string().replace('\\', "/");
            // Facts are for tests.
            if path.ends_with(".toml") && !path.ends_with(".facts.toml") {
                let full = file.canonicalize()?;
                let _ = writeln!(code, "    ({path:?}, include_str!({full:?})),");
            }
        }
    }
    code.push_str("]\n");
    fs::write(told("OUT_DIR")?.join("shipped.rs"), code)
}

/// A folder that Cargo names to build scripts.
fn told(name: &str) -> io::Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a build script learns from it where to read and write")]
    let folder = std::env::var_os(name);
    folder.map(PathBuf::from).ok_or_else(|| io::Error::other(format!("{name} is not set")))
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
