//! What an authority makes, as a browser would check it.

use std::sync::atomic::{AtomicI64, Ordering};

use rustls::client::{WebPkiServerVerifier, danger::ServerCertVerifier};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};

use super::*;
use crate::inspect::Root;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

const START: i64 = 1_795_514_400;
const DAY: i64 = 86_400;

fn authority(exempt: &[&str]) -> (Made, Made, Authority, Arc<Hand>) {
    let clock = Arc::new(Hand(AtomicI64::new(START)));
    let root = Root::make("Willow Lane Primary", clock.now()).unwrap();
    let exempt: Vec<String> = exempt.iter().map(|name| (*name).to_owned()).collect();
    let issuing = Root::open(&root).unwrap().issue(&exempt, clock.now()).unwrap();
    let authority = Authority::new(&issuing, clock.clone()).unwrap();
    (root, issuing, authority, clock)
}

fn chain(authority: &Authority, host: &str) -> Vec<CertificateDer<'static>> {
    vec![leaf(authority, host), authority.issuing.load().certificate.clone()]
}

fn leaf(authority: &Authority, host: &str) -> CertificateDer<'static> {
    authority.certify(&authority.issuing.load(), &Host::parse(host).unwrap(), at(authority.clock.now())).unwrap().0
}

fn verify(root: &Made, chain: &[CertificateDer<'static>], name: &str, second: i64) -> Result<(), rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(second.unsigned_abs()));
    verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], time).map(|_| ())
}

#[test]
fn a_leaf_is_good_for_its_name_and_its_time() {
    let (root, _, authority, _) = authority(&["bank.example"]);
    let leaf = chain(&authority, "www.games.example");
    verify(&root, &leaf, "www.games.example", START).unwrap();
    verify(&root, &leaf, "www.games.example", START + 29 * DAY).unwrap();
    assert!(verify(&root, &leaf, "games.example", START).is_err());
    assert!(verify(&root, &leaf, "www.games.example", START + 31 * DAY).is_err());
    verify(&root, &chain(&authority, "203.0.113.9"), "203.0.113.9", START).unwrap();
    let long = format!("{}.example", ["a".repeat(40), "b".repeat(40)].join("."));
    verify(&root, &chain(&authority, &long), &long, START).unwrap();
}

#[test]
fn exempt_names_cannot_be_opened_even_with_the_key() {
    let (root, _, authority, _) = authority(&["bank.example", "*.health.example"]);
    for name in ["bank.example", "www.bank.example", "health.example", "a.b.health.example"] {
        assert!(authority.is_kept_from(&Host::parse(name).unwrap()), "{name}");
        assert!(verify(&root, &chain(&authority, name), name, START).is_err(), "{name}");
    }
    assert!(!authority.is_kept_from(&Host::parse("mybank.example").unwrap()));
    verify(&root, &chain(&authority, "mybank.example"), "mybank.example", START).unwrap();
    let refused = Root::open(&root).unwrap().issue(&["no name".to_owned()], authority.clock.now());
    assert!(matches!(refused, Err(AuthorityError::Name { .. })));
}

#[test]
fn leaves_are_kept_made_anew_and_never_outlive_their_authority() {
    let (root, _, authority, clock) = authority(&[]);
    let host = Host::parse("site.example").unwrap();
    let first = authority.config(&host).unwrap();
    assert!(Arc::ptr_eq(&first, &authority.config(&host).unwrap()));
    clock.0.store(START + 21 * DAY, Ordering::SeqCst);
    assert!(!Arc::ptr_eq(&first, &authority.config(&host).unwrap()), "made anew ten days before its end");
    let now = START + 360 * DAY;
    clock.0.store(now, Ordering::SeqCst);
    let leaf = chain(&authority, "site.example");
    verify(&root, &leaf, "site.example", now).unwrap();
    assert!(verify(&root, &leaf, "site.example", START + 366 * DAY).is_err());
    clock.0.store(START + 366 * DAY, Ordering::SeqCst);
    assert!(matches!(authority.config(&host), Err(AuthorityError::NotNow)));
}

#[test]
fn an_authority_is_due_before_its_end_and_when_exemptions_change() {
    let (root, issuing, authority, clock) = authority(&["bank.example"]);
    let exempt = ["bank.example".to_owned()];
    assert!(!authority.is_due(&exempt, clock.now()));
    assert!(authority.is_due(&[], clock.now()));
    clock.0.store(START + 310 * DAY, Ordering::SeqCst);
    assert!(authority.is_due(&exempt, clock.now()));
    let next = Root::open(&root).unwrap().issue(&exempt, clock.now()).unwrap();
    authority.replace(&next).unwrap();
    assert!(!authority.is_due(&exempt, clock.now()));
    assert!(authority.ends().as_second() > START + 600 * DAY);
    clock.0.store(START + 366 * DAY, Ordering::SeqCst);
    assert!(matches!(authority.replace(&issuing), Err(AuthorityError::NotNow)));
    let mixed = Made { key: root.key.clone(), ..issuing };
    assert!(matches!(Opened::read(&mixed), Err(AuthorityError::OtherKey)));
}

#[test]
fn serial_numbers_differ() {
    let (_, _, authority, _) = authority(&[]);
    let serial = |host| {
        let leaf = leaf(&authority, host);
        x509_parser::parse_x509_certificate(&leaf).unwrap().1.raw_serial_as_string()
    };
    assert_ne!(serial("a.example"), serial("b.example"));
}
