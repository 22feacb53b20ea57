//! The school's own authority, by which encrypted connections of its devices are opened where the policy says so.
//!
//! The root is made at the first start and lies in the folder of keys, readable by the owner alone; no backup holds it, and
//! where it is lost a new one is made, which the devices must be given. It is read only to make the issuing authority,
//! which holds for a year, is good for no name that a clause exempts, and alone is in memory.

use std::{fs, path::Path};

use anyhow::Context as _;
use filter::RuleSet;
use gateway::{Authority, AuthorityError, Made, Root, RootCertificate};
use jiff::Timestamp;

use crate::{installation::Installation, tls::write_private};

/// The certificate of the root, for the school's devices; beside the key.
pub(crate) const ROOT: &str = "filtering-root.pem";
const ROOT_KEY: &str = "filtering-root-key.pem";
const ISSUING: &str = "filtering-issuing.pem";
const ISSUING_KEY: &str = "filtering-issuing-key.pem";

/// The authority of the school; made where there is none.
///
/// # Errors
/// A file that cannot be read or written, or that is no authority.
pub(crate) fn open(installation: &Installation, rules: Option<&RuleSet>) -> anyhow::Result<Authority> {
    let (folder, now) = (installation.config.data.folder.join("keys"), installation.clock.now());
    let exempt = exempt(rules);
    let made = match (fs::read_to_string(folder.join(ISSUING)), fs::read_to_string(folder.join(ISSUING_KEY))) {
        (Ok(certificate), Ok(key)) => Made { certificate, key },
        (Err(_), _) | (_, Err(_)) => issue(&folder, installation.school.name(), &exempt, now)?,
    };
    let authority = match Authority::new(&made, std::sync::Arc::clone(&installation.clock)) {
        // The program stood still for longer than it lasts, or ended while the two files were written.
        Err(AuthorityError::NotNow | AuthorityError::OtherKey) => {
            let made = issue(&folder, installation.school.name(), &exempt, now)?;
            Authority::new(&made, std::sync::Arc::clone(&installation.clock))
        }
        authority => authority,
    };
    let authority = authority.context("the issuing authority of the filter cannot be used")?;
    renew(&authority, installation, rules)?;
    Ok(authority)
}

/// The certificate of the root, for the school's devices; the root is made where there is none.
///
/// # Errors
/// As [`open`].
pub(crate) fn root_certificate(installation: &Installation) -> anyhow::Result<RootCertificate> {
    let folder = installation.config.data.folder.join("keys");
    let made = root(&folder, installation.school.name(), installation.clock.now())?;
    RootCertificate::read(&made.certificate).context("the root of the filter cannot be used")
}

/// Makes a new issuing authority where the present one ends soon, or is good for names that are exempt by now.
///
/// # Errors
/// As [`open`].
pub(crate) fn renew(authority: &Authority, installation: &Installation, rules: Option<&RuleSet>) -> anyhow::Result<()> {
    let (now, exempt) = (installation.clock.now(), exempt(rules));
    if authority.is_due(&exempt, now) {
        let folder = installation.config.data.folder.join("keys");
        let made = issue(&folder, installation.school.name(), &exempt, now)?;
        authority.replace(&made).context("the new issuing authority of the filter cannot be used")?;
    }
    Ok(())
}

fn issue(folder: &Path, school: &str, exempt: &[String], now: Timestamp) -> anyhow::Result<Made> {
    let root = Root::open(&root(folder, school, now)?).context("the root of the filter cannot be used")?;
    let made = root.issue(exempt, now).context("no issuing authority of the filter can be made")?;
    write_private(&folder.join(ISSUING_KEY), made.key.as_bytes())?;
    write_private(&folder.join(ISSUING), made.certificate.as_bytes())?;
    Ok(made)
}

fn root(folder: &Path, school: &str, now: Timestamp) -> anyhow::Result<Made> {
    let (certificate, key) = (folder.join(ROOT), folder.join(ROOT_KEY));
    if certificate.exists() || key.exists() {
        let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        return Ok(Made { certificate: read(&certificate)?, key: read(&key)? });
    }
    let made = Root::make(school, now).context("no root of the filter can be made")?;
    write_private(&key, made.key.as_bytes())?;
    write_private(&certificate, made.certificate.as_bytes())?;
    Ok(made)
}

/// The domains that are never opened, as far as the policy names them one by one.
fn exempt(rules: Option<&RuleSet>) -> Vec<String> {
    let mut names: Vec<String> =
        rules.into_iter().flat_map(RuleSet::never_opened).filter_map(|site| site.domain().map(str::to_owned)).collect();
    names.sort();
    names.dedup();
    names
}
