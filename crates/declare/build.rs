//! Lists the declaration files for the binary, so that a new file needs no change of the program.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../declarations");
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
    #[expect(clippy::disallowed_methods, reason = "a build script learns from it where to write")]
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(PathBuf::from(out).join("shipped.rs"), code)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
