//! How the desk speaks TLS: with a certificate of its own, from files, or from an ACME authority.

use std::{
    fs,
    net::IpAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

/// Makes the provider of cryptography known to rustls; first thing in the program and in each test.
pub fn install_provider() {
    // A second installation finds the first, which is the same.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}

/// TLS with a certificate and key from PEM files.
///
/// # Errors
/// A file that cannot be read, or a key that does not belong to the certificate.
pub fn from_files(certificate: &Path, key: &Path) -> anyhow::Result<ServerConfig> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read the certificate {}", certificate.display()))?;
    let private =
        PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read the key {}", key.display()))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .with_context(|| format!("{} and {} do not belong together", certificate.display(), key.display()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// TLS with a certificate that the desk makes for itself at first start, for the name in its address, this computer
/// and its loopback addresses. The key is readable by the owner alone.
///
/// # Errors
/// A folder that cannot be written.
pub fn own(folder: &Path, host: &str) -> anyhow::Result<ServerConfig> {
    let (certificate, key) = own_paths(folder);
    if !certificate.exists() || !key.exists() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let mut names = vec![host.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        names.dedup();
        let made = rcgen::generate_simple_self_signed(names).context("cannot make a certificate for the desk")?;
        write_private(&key, made.signing_key.serialize_pem().as_bytes())?;
        fs::write(&certificate, made.cert.pem())
            .with_context(|| format!("cannot write the certificate {}", certificate.display()))?;
    }
    from_files(&certificate, &key)
}

/// Where the desk's own certificate and key lie.
pub fn own_paths(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("desk-certificate.pem"), folder.join("desk-key.pem"))
}

/// Writes a file that its owner alone can read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// TLS with certificates from an ACME authority, renewed in time by a task of its own. The account and the
/// certificates lie in `folder`.
///
/// # Errors
/// No domain.
pub fn acme(
    folder: &Path,
    domains: &[String],
    contact: &str,
    directory: Option<&str>,
    stop: tokio_util::sync::CancellationToken,
) -> anyhow::Result<Arc<ServerConfig>> {
    use futures_util::StreamExt as _;
    anyhow::ensure!(!domains.is_empty(), "desk.tls.domains names no domain");
    let cache = rustls_acme::caches::DirCache::new(folder.to_owned());
    let mut config = rustls_acme::AcmeConfig::new(domains).contact_push(contact).cache(cache);
    config = match directory {
        Some(directory) => config.directory(directory),
        None => config.directory_lets_encrypt(true),
    };
    let mut state = config.state();
    let mut server = ServerConfig::builder().with_no_client_auth().with_cert_resolver(state.resolver());
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), b"acme-tls/1".to_vec()];
    tokio::spawn(async move {
        while let Some(Some(event)) = stop.run_until_cancelled(state.next()).await {
            match event {
                Ok(done) => tracing::info!(event = ?done, "certificate authority"),
                Err(error) => tracing::error!(%error, "the certificate authority gave no certificate"),
            }
        }
    });
    Ok(Arc::new(server))
}

/// The host in an address such as `https://desk.school.example:8443`.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or(rest);
    if let Some(inside) = rest.strip_prefix('[') {
        return inside.split(']').next().unwrap_or(inside);
    }
    let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
    if host.parse::<IpAddr>().is_ok() || !host.is_empty() { host } else { "localhost" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_certificate_is_made_once_and_its_key_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        install_provider();
        let folder = tempfile::tempdir().unwrap();
        own(folder.path(), "desk.school.example").unwrap();
        let (certificate, key) = own_paths(folder.path());
        let first = fs::read(&certificate).unwrap();
        own(folder.path(), "desk.school.example").unwrap();
        assert_eq!(first, fs::read(&certificate).unwrap());
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o077, 0);
    }

    #[test]
    fn hosts_are_read_from_addresses() {
        assert_eq!(host_of("https://desk.school.example:8443"), "desk.school.example");
        assert_eq!(host_of("http://127.0.0.1:8080"), "127.0.0.1");
        assert_eq!(host_of("https://[::1]:8443"), "::1");
    }
}
