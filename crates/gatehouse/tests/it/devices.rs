//! Whose a device is: the registers say so at the desk, and the gateway opens the connections of the school's alone.

use std::net::IpAddr;

use kernel::HowKnown;
use reqwest::Proxy;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::{
    browser::Browser,
    controls::filter::{
        https_inspection::{by, encrypted},
        safe_search::rows,
    },
    school::*,
};

const NETWORKS: &str = "[networks]\nclassrooms = { addresses = [\"127.211.0.0/16\"] }\n";
const OPENED: &str = "Connections are opened. \
     `opened: filter.https-inspection { who = \"everyone\", school-networks = [\"classrooms\"], exempt = \"bank.test\" }`";
pub(crate) const REGISTERS: [&str; 3] = [
    "The school lists its devices. `devices: assets.hardware`",
    "What is lent is written down. `loans: assets.loans`",
    "What staff bring is noted. `brought: devices.staff-register`",
];

/// A school that opens connections, with an encrypted site, its root and the site's own certificate.
pub(crate) struct Opening {
    pub(crate) school: School,
    pub(crate) root: CertificateDer<'static>,
    pub(crate) own: CertificateDer<'static>,
}

impl Opening {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with more clauses.
    pub(crate) async fn with(more: &[&str]) -> Self {
        let clauses = [&[OPENED][..], &REGISTERS, more].concat();
        let mut school = School::with(&Draft::of(&clauses).front(NETWORKS)).await;
        let (address, own, pem) = encrypted(["maths.test", "bank.test"], school.site.address()).await;
        let file = school.folder().join("site.pem");
        std::fs::write(&file, pem).unwrap();
        school.config.gateway.roots = vec![file];
        school.config.gateway.resolve.insert("maths.test:443".to_owned(), address);
        school.restart().await;
        let root = school.config.data.folder.join("keys/filtering-root.pem");
        Self { root: CertificateDer::from_pem_file(root).unwrap(), school, own }
    }

    /// Whether a connection is opened: it shows a certificate of the school's root, else that of the site.
    async fn opens(&self, proxy: Proxy, from: Option<IpAddr>) -> bool {
        let ask = async |trusts| by(&self.school, proxy.clone(), trusts, "https://maths.test/sums", from).await;
        let (opened, carried) = (ask(&self.root).await.is_ok(), ask(&self.own).await.is_ok());
        assert_ne!(opened, carried, "one certificate or the other");
        opened
    }

    /// Somebody signs in on the computer with this address, and opens the site there.
    pub(crate) async fn opens_at(&self, address: &str, username: &str) -> bool {
        let browser = Browser::at(&self.school.base, address.parse().unwrap());
        self.school.sign_in_at(&browser, username).await;
        let proxy = Proxy::all(format!("http://{}", self.school.gateway())).unwrap();
        self.opens(proxy, Some(browser.address)).await
    }

    async fn opens_with(&self, token: &str) -> bool {
        let proxy = Proxy::all(format!("http://{}", self.school.gateway())).unwrap();
        self.opens(proxy.basic_auth("device", token), None).await
    }
}

/// Enters a line in a register.
async fn enter(browser: &Browser, register: &str, fields: &[(&str, &str)]) {
    let new = format!("/registers/{register}/new");
    let done = browser.submit(&new, &new, fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
}

pub(crate) async fn device(browser: &Browser, tag: &str, address: &str) {
    let fields = [
        ("f-tag", tag),
        ("f-kind", "laptop"),
        ("f-model", "Learner 11"),
        ("f-serial", &format!("SN-{tag}")),
        ("f-address", address),
        ("f-seen-on", "24/11/2026"),
    ];
    enter(browser, "assets/hardware", &fields).await;
}

/// Enters that a device is lent to somebody.
pub(crate) async fn lend(school: &School, browser: &Browser, tag: &str, borrower: &str) {
    let fields = [
        ("f-device", tag),
        ("f-borrower", borrower),
        ("f-purpose", "learning"),
        ("f-lent-on", "24/11/2026"),
        ("f-due-on", "18/12/2026"),
        ("f-protection", "yes"),
    ];
    enter(browser, "assets/loans", &fields).await;
    school.settle().await;
}

/// Gives the first device on loan a code.
pub(crate) async fn give_code(school: &School, browser: &Browser) -> String {
    let page = browser.get("/devices").await.is(200);
    let asset = page.between("<form action=\"/devices/", "/code\"").unwrap();
    let shown = browser.submit("/devices", &format!("/devices/{asset}/code"), &[]).await.is(200);
    school.settle().await;
    shown.between("<p class=\"gh-secret\">", "</p>").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registers_say_whose_a_device_is() {
    let opening = Opening::start().await;
    let school = &opening.school;
    let network = school.sign_in(NETWORK).await;
    assert!(!opening.opens_at("127.210.0.2", PUPIL).await, "nobody knows whose it is");
    device(&network, "WL-1", "127.210.0.2").await;
    device(&network, "WL-2", "").await;
    let wrong = [("f-tag", "WL-9"), ("f-kind", "laptop"), ("f-model", "x"), ("f-address", "room 4")];
    let new = "/registers/assets/hardware/new";
    assert!(network.submit(new, new, &wrong).await.is(422).says("such as 10.1.2.14"));
    // The running program hears of what is entered by itself.
    let proxy = Proxy::all(format!("http://{}", school.gateway())).unwrap();
    let at = Some("127.210.0.2".parse().unwrap());
    let ask = async || by(school, proxy.clone(), &opening.root, "https://maths.test/sums", at).await.is_ok();
    within(std::time::Duration::from_secs(5), ask).await;
    assert!(opening.opens_at("127.210.0.2", PUPIL).await);
    assert!(!opening.opens_at("127.210.0.3", TEACHER).await, "another computer");
    // On the school's own network what nobody knows is opened, and what a member of staff brings is not.
    assert!(opening.opens_at("127.211.0.8", TEACHER).await);
    let brought = [
        ("f-owner", TEACHER),
        ("f-kind", "laptop"),
        ("f-model", "Her own"),
        ("f-serial", "P-1"),
        ("f-address", "127.211.0.9"),
        ("f-told-search", "yes"),
        ("f-noted-on", "24/11/2026"),
    ];
    assert!(opening.opens_at("127.211.0.9", TEACHER).await);
    enter(&network, "devices/staff-register", &brought).await;
    school.settle().await;
    assert!(!opening.opens_at("127.211.0.9", TEACHER).await, "judged by name");
    // A code of a device is the school's where its tag is in the register.
    let pupil = school.sign_in(PUPIL).await;
    let untagged = pupil.connect_device().await;
    school.settle().await;
    assert!(!opening.opens_with(&untagged).await);
    let connect = async |browser: &Browser, tag: &str| {
        let page = browser.submit("/account", "/account/devices", &[("label", "laptop"), ("tag", tag)]).await;
        school.settle().await;
        page
    };
    assert!(connect(&pupil, "WL-9").await.is(422).says("no device with this tag"));
    let token = connect(&pupil, "sn-wl-2").await.is(200).between("<p class=\"gh-secret\">", "</p>").unwrap();
    assert!(opening.opens_with(&token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_a_lent_device_goes_with_its_loan() {
    let opening = Opening::start().await;
    let school = &opening.school;
    let network = school.sign_in(NETWORK).await;
    device(&network, "WL-7", "").await;
    school.settle().await;
    let pupil = school.sign_in(PUPIL).await;
    let tagged = [("label", "laptop"), ("tag", "WL-7")];
    let own = pupil.submit("/account", "/account/devices", &tagged).await.is(200);
    let own = own.between("<p class=\"gh-secret\">", "</p>").unwrap();
    assert!(network.get("/devices").await.is(200).says("No device is on loan"));
    pupil.get("/devices").await.is(403);
    lend(school, &network, "WL-7", YOUNGEST).await;
    // What the other pupil connected before speaks for nobody now.
    let page = network.get("/devices").await.is(200);
    assert!(page.says("1 on loan, each with a code") && page.says("Connected by its borrower"), "{}", page.body);
    let action = page.between("<form action=\"/devices/", "/code\"").unwrap();
    let code = give_code(school, &network).await;
    assert!(opening.opens_with(&code).await, "the school's device");
    let seen = rows(school, "maths.test").await;
    let youngest = school.who(YOUNGEST).await;
    let key = traffic::monitor::pseudonym(&school.installation().school, youngest);
    assert!(seen.iter().any(|row| row.inspected && row.who.person == Some(key) && row.who.how == HowKnown::Token));
    let with = |token: &str| crate::browser::Surfer::with_token(school.gateway(), token);
    assert_eq!(with(&own).status("http://maths.test/").await, 407, "its person has not borrowed it");
    // A new code ends the one before; one that is withdrawn opens nothing.
    let newer = give_code(school, &network).await;
    assert_eq!(with(&code).status("http://maths.test/").await, 407);
    assert_eq!(with(&newer).status("http://maths.test/").await, 200);
    network.submit("/devices", &format!("/devices/{action}/withdraw"), &[]).await.is(303);
    school.settle().await;
    assert_eq!(with(&newer).status("http://maths.test/").await, 407);
    assert_eq!((school.acts("access.give-code").await.len(), school.acts("access.withdraw-code").await.len()), (2, 1));
}
