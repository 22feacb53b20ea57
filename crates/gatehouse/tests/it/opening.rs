//! The certificate of the filter: brought to devices from the desk, told of a device by the gateway's own page, made anew
//! before it ends; and programs that do not work with it.

use reqwest::Proxy;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::{controls::filter::https_inspection::by, devices::Opening, school::*};

const CHECK: &str = "https://check.gatehouse.internal/";

#[tokio::test(flavor = "multi_thread")]
async fn administrators_bring_the_certificate_to_devices() {
    let opening = Opening::start().await;
    let school = &opening.school;
    let network = school.sign_in(NETWORK).await;
    for path in ["/filter/certificate", "/filter/certificate/root.pem", "/filter/certificate/root.cer"] {
        school.browser().get(path).await.leads_to(&format!("/sign-in?next={path}"));
        school.sign_in(TEACHER).await.get(path).await.is(403);
    }
    let pem = network.get("/filter/certificate/root.pem").await.is(200).body;
    assert_eq!(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap(), opening.root);
    let page = network.get("/filter/certificate").await.is(200);
    assert!(page.says("No device of the school has come") && page.says("bank.test"), "{}", page.body);
    // The fingerprint is what other programs print.
    std::fs::write(school.folder().join("root.pem"), &pem).unwrap();
    let file = school.folder().join("root.pem").display().to_string();
    let openssl = |digest: &str| {
        let arguments = ["x509", "-in", &file, "-noout", "-fingerprint", digest];
        let output = std::process::Command::new("openssl").args(arguments).output().ok()?;
        Some(String::from_utf8(output.stdout).unwrap().trim().rsplit('=').next().unwrap().to_owned())
    };
    for digest in ["-sha256", "-sha1"] {
        if let Some(printed) = openssl(digest) {
            assert!(page.says(&printed), "{digest} {printed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_told_whether_it_trusts_the_certificate() {
    let opening = Opening::start().await;
    let school = &opening.school;
    let network = school.sign_in(NETWORK).await;
    crate::devices::device(&network, "WL-1", "127.210.0.2").await;
    school.settle().await;
    let proxy = || Proxy::all(format!("http://{}", school.gateway())).unwrap();
    let (school_own, unknown) = ("127.210.0.2".parse().unwrap(), "127.210.0.3".parse().unwrap());
    let plain =
        async |from| by(school, proxy(), &opening.own, &CHECK.replace("https", "http"), Some(from)).await.unwrap();
    assert!(plain(school_own).await.is(200).says("opens connections of this device"));
    let page = plain(unknown).await.is(200);
    assert!(page.says("does not know whose this device is") && page.says(CHECK), "{}", page.body);
    // A device without the root shows a warning instead of the page, and stands on the desk's page until it has it.
    assert!(by(school, proxy(), &opening.own, CHECK, Some(school_own)).await.is_err());
    assert!(by(school, proxy(), &opening.own, CHECK, Some(unknown)).await.is_err());
    let page = network.get("/filter/certificate").await.is(200);
    assert!(page.says("WL-1") && page.says("Lacks it") && !page.says("127.210.0.3"), "{}", page.body);
    assert!(page.says("No device has broken a connection off"), "the page's own name is no program");
    school.standing("opened").await.are("not-kept", "1 of 1 devices of the school have not shown");
    let trusted = by(school, proxy(), &opening.root, CHECK, Some(school_own)).await.unwrap().is(200);
    assert!(trusted.says("This device trusts the school’s certificate"), "{}", trusted.body);
    assert!(by(school, proxy(), &opening.root, CHECK, Some(unknown)).await.unwrap().says("trusts"));
    let page = network.get("/filter/certificate").await.is(200);
    assert!(page.says("Trusts it") && page.says("1 device of the school has come, and trusts"), "{}", page.body);
    school.standing("opened").await.are("kept", "The gateway does it");
}

/// A program that trusts its maker's certificate alone is shown, and left unopened when somebody says so with a reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_left_unopened_by_people_alone() {
    let opening = Opening::with(&["Each change is kept. `log: filter.change-log`"]).await;
    let school = &opening.school;
    let network = school.sign_in(NETWORK).await;
    let own = "127.211.0.7";
    for _ in 0..3 {
        assert!(opening.opens_at(own, TEACHER).await, "nothing follows by itself");
    }
    let page = network.get("/filter/certificate").await.is(200);
    let ask = "/filter/changes/new?does=splice&amp;site=maths.test";
    assert!(
        page.says(ask) && page.says("<td class=\"govuk-table__cell\" data-label=\"Broken off\">3</td>"),
        "{}",
        page.body
    );
    let form = "/filter/changes/new?does=splice&site=maths.test";
    assert!(network.get(form).await.is(200).says("value=\"maths.test\""));
    let fields =
        |site| [("does", "splice"), ("site", site), ("who", "everyone"), ("reason", "It shows nothing otherwise")];
    network.submit(form, "/filter/changes/new", &fields("maths.test/sums")).await.is(422);
    network.submit(form, "/filter/changes/new", &fields("maths.test")).await.is(303);
    school.settle().await;
    assert!(!opening.opens_at(own, TEACHER).await, "judged by its name");
    assert!(network.get("/filter/certificate").await.says("Is left unopened"));
    let changes = network.get("/filter/changes").await.is(200);
    assert!(changes.says("maths.test left unopened for everyone"), "{}", changes.body);
    let id = changes.between("action=\"/filter/changes/", "/undo").unwrap();
    network.submit("/filter/changes", &format!("/filter/changes/{id}/undo"), &[]).await.is(303);
    school.settle().await;
    assert!(opening.opens_at(own, TEACHER).await);
    // What has a last day ends by itself.
    let dated = [&fields("maths.test")[..], &[("until", "24/11/2026")]].concat();
    network.submit(form, "/filter/changes/new", &dated).await.is(303);
    school.settle().await;
    assert!(!opening.opens_at(own, TEACHER).await);
    school.at("2026-11-25 10:15").await;
    assert!(opening.opens_at(own, TEACHER).await);
}

/// The authority that signs from day to day lasts a year and is made anew by the running program; one that ended while
/// the program stood still, or that was half written when it ended, is made anew at its start.
#[tokio::test(flavor = "multi_thread")]
async fn the_issuing_authority_renews_itself() {
    let mut opening = Opening::start().await;
    let file = opening.school.config.data.folder.join("keys/filtering-issuing.pem");
    let read = || std::fs::read(&file).unwrap();
    let ends = |pem: Vec<u8>| {
        let authority = gateway::RootCertificate::read(&String::from_utf8(pem).unwrap()).unwrap();
        // The exempt name stands in the certificate itself, among those that it is not good for.
        let der = authority.der;
        assert!(der.windows(9).any(|some| some == b"bank.test"), "kept from what is exempt");
        authority.ends.as_second()
    };
    let first = read();
    opening.school.at("2027-08-24 10:15").await;
    assert_eq!(read(), first, "there is time");
    // Nobody changes anything: the upkeep of each minute looks after it.
    opening.school.clock.set("2027-10-24 10:15");
    opening.school.app().upkeep().await.unwrap();
    let second = read();
    assert!(ends(second.clone()) > ends(first) + 300 * 86_400);
    assert!(opening.opens_at("127.211.0.7", TEACHER).await, "devices trust it by the same root");
    opening.school.clock.set("2029-01-24 10:15");
    opening.school.restart().await;
    assert!(ends(read()) > ends(second.clone()));
    // The program ended between the writing of the certificate and of its key.
    std::fs::write(&file, &second).unwrap();
    opening.school.restart().await;
    assert!(ends(read()) > ends(second));
}
