//! Control `filter.https-inspection`, through the gateway: which connections are opened, and which keep the certificate
//! of their site.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use kernel::Clock as _;
use reqwest::{Client, Proxy};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    time_provider::TimeProvider,
};
use testkit::TestClock;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::safe_search::rows;
use crate::{
    browser::{Browser, Page},
    school::*,
};

pub(crate) const NETWORKS: &str = "[networks]\nclassrooms = { addresses = [\"127.201.0.0/16\"] }\n";

/// Connections of pupils on the classrooms' network are opened but for what is exempt, and judged by their whole address;
/// those of others, and of pupils elsewhere, keep the certificate of their site.
#[tokio::test(flavor = "multi_thread")]
async fn https_inspection() {
    let opened = "Connections are opened. `opened: filter.https-inspection \
                  { who = \"pupils\", school-networks = [\"classrooms\"], exempt = \"bank.test\" }`";
    let page = "This page is closed. `page: filter.categories { who = \"pupils\", block = \"maths.test/cheats\" }`";
    let mut school = School::with(&Draft::of(&[opened, page]).front(NETWORKS)).await;
    let (address, own, pem) = encrypted(["maths.test", "bank.test"], school.site.address()).await;
    let file = school.folder().join("site.pem");
    std::fs::write(&file, pem).unwrap();
    school.config.gateway.roots = vec![file];
    let fixed = ["maths.test:443", "bank.test:443"].map(|name| (name.to_owned(), address));
    school.config.gateway.resolve.extend(fixed);
    school.restart().await;
    let root = school.config.data.folder.join("keys/filtering-root.pem");
    let root = CertificateDer::from_pem_file(root).unwrap();
    let at = async |address: &str, username: &str| {
        let browser = Browser::at(&school.base, address.parse().unwrap());
        school.sign_in_at(&browser, username).await;
        browser.address
    };
    let (pupil, teacher) = (at("127.201.0.2", PUPIL).await, at("127.201.0.3", TEACHER).await);
    let elsewhere = at("127.202.0.2", YOUNGEST).await;
    for (from, trusts, host) in [
        (pupil, &root, "maths.test"),
        (pupil, &own, "bank.test"),
        (teacher, &own, "maths.test"),
        (elsewhere, &own, "maths.test"),
    ] {
        let page = get(&school, from, trusts, &format!("https://{host}/sums?q=secret")).await.unwrap();
        assert!(page.says("Hello from the test site"), "{from} {host}: {}", page.body);
    }
    let closed = get(&school, pupil, &root, "https://maths.test/cheats").await.unwrap();
    assert!(closed.status == 403 && closed.says("This page is closed"), "{}", closed.body);
    let open = get(&school, elsewhere, &own, "https://maths.test/cheats").await.unwrap();
    assert!(open.says("Hello from the test site"), "only the name is seen: {}", open.body);
    let rows = async |host: &str| {
        let rows = rows(&school, host).await.into_iter();
        let mut rows: Vec<_> = rows.map(|row| (row.inspected, row.path.clone(), row.outcome.to_string())).collect();
        rows.sort();
        rows
    };
    let row = |path: Option<&str>, outcome: &str| (path.is_some(), path.map(str::to_owned), outcome.to_owned());
    let (by_name, opened) = (row(None, "allowed"), [row(Some("/cheats"), "blocked"), row(Some("/sums"), "allowed")]);
    assert_eq!(rows("maths.test").await, [vec![by_name.clone(); 3], opened.to_vec()].concat());
    assert_eq!(rows("bank.test").await, [by_name]);
    school.standing("opened").await.are("kept", "The gateway does it");
    // A device that does not trust the root gets nothing of what is opened, and the clause says so until it does.
    let new = at("127.201.0.4", PUPIL).await;
    assert!(get(&school, new, &own, "https://maths.test/sums").await.is_err());
    school.standing("opened").await.are("not-kept", "1 of 2 devices of the school have not shown that they trust");
    assert_eq!(get(&school, new, &root, "https://maths.test/sums").await.unwrap().status, 200);
    school.standing("opened").await.are("kept", "The gateway does it");
}

/// A site with a certificate of its own for these names, as PEM too; what is asked there, `site` answers.
pub(crate) async fn encrypted(names: [&str; 2], site: SocketAddr) -> (SocketAddr, CertificateDer<'static>, String) {
    let made = rcgen::generate_simple_self_signed(names.map(str::to_owned)).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let own = made.cert.der().clone();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.clone()], key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                copy_bidirectional(&mut stream, &mut TcpStream::connect(site).await?).await
            });
        }
    });
    (address, own, made.cert.pem())
}

/// The time of the school.
#[derive(Debug)]
struct Now(TestClock);

impl TimeProvider for Now {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.now().as_second().unsigned_abs())))
    }
}

/// Opens an address from a computer that trusts this certificate, and what it has signed, alone.
async fn get(school: &School, from: IpAddr, trusts: &CertificateDer<'static>, url: &str) -> reqwest::Result<Page> {
    let proxy = Proxy::all(format!("http://{}", school.gateway())).unwrap();
    by(school, proxy, trusts, url, Some(from)).await
}

/// A computer on the classrooms' network trusts the root, and its connection is opened.
pub(crate) async fn open_one(school: &School) {
    let root = CertificateDer::from_pem_file(school.config.data.folder.join("keys/filtering-root.pem")).unwrap();
    let from = "127.201.0.9".parse().unwrap();
    assert_eq!(get(school, from, &root, "https://check.gatehouse.internal/").await.unwrap().status, 200);
}

/// The same by this proxy, with the credential that it may have.
pub(crate) async fn by(
    school: &School,
    proxy: Proxy,
    trusts: &CertificateDer<'static>,
    url: &str,
    from: Option<IpAddr>,
) -> reqwest::Result<Page> {
    let mut store = RootCertStore::empty();
    store.add(trusts.clone()).unwrap();
    let (provider, time) = (Arc::new(default_provider()), Arc::new(Now(school.clock.clone())));
    let config = ClientConfig::builder_with_details(provider, time).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(store).with_no_client_auth();
    let client = Client::builder().tls_backend_preconfigured(config).local_address(from);
    let client = client.proxy(proxy).build().unwrap();
    Ok(Page::of(client.get(url).header("accept", "text/html").send().await?).await)
}
