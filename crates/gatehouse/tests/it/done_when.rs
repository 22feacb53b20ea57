//! The main story, on the demonstration as a newcomer starts it: a pupil signs and browses, a closed site names its
//! clause, the desk shows both and how the policy stands, and another policy changes the gateway within a second.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;

use crate::{
    browser::{Browser, Surfer},
    command::{Service, policies, run},
    school::within,
};

const MATHS: &str = "http://maths.willow-lane.test/";
const CASINO: &str = "http://casino.willow-lane.test/";
const NEWS: &str = "http://news.willow-lane.test/";

/// Somebody whom the demonstration names as who may sign in: username and password.
fn visitor(words: &str, who: &str) -> (String, String) {
    let line =
        words.lines().find(|line| line.trim_end().ends_with(who)).unwrap_or_else(|| panic!("no {who} in {words}"));
    let mut parts = line.split_whitespace();
    (parts.next().unwrap().to_owned(), parts.next().unwrap().to_owned())
}

async fn sign_in(base: &str, words: &str, who: &str) -> Browser {
    let (username, password) = visitor(words, who);
    let browser = Browser::new(base);
    // Whoever has notices to read is shown them first.
    let first = browser.sign_in(&username, &password).await.is(303).location.unwrap_or_default();
    assert!(["/", "/notices/waiting"].contains(&first.as_str()), "{first}");
    browser
}

/// The demonstration's policy with a change, in a folder.
fn changed(folder: &Path, name: &str, from: &str, to: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.join("agreements")).unwrap();
    let own = policies().join("primary");
    for file in ["agreements/pupils.md", "agreements/infants.md", "agreements/staff.md"] {
        fs::copy(own.join(file), path.join(file)).unwrap();
    }
    let text = fs::read_to_string(own.join("policy.md")).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path.join("policy.md"), text.replace("version = \"1\"", "version = \"2\"").replacen(from, to, 1))
        .unwrap();
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_runs_from_its_policy_end_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, gateway, site) = (testkit::free_address(), testkit::free_address(), testkit::free_address());
    let data = folder.path().join("data").display().to_string();
    let policy = policies().join("primary").display().to_string();
    let mut service = Service::start(&[
        "demo",
        "start",
        "--folder",
        &data,
        "--policy",
        &policy,
        "--pupils",
        "40",
        "--desk",
        &desk.to_string(),
        "--gateway",
        &gateway.to_string(),
        "--site",
        &site.to_string(),
    ]);
    let words = service.says("Stop with Ctrl-C");
    let base = format!("http://{desk}");
    let token = words.split("curl -x http://").nth(1).unwrap().split(['@', ':']).nth(1).unwrap();
    let device = Surfer::with_token(gateway, token);

    // Nothing opens before the agreement is signed.
    assert!(device.open(MATHS).await.is(403).says("Sign the agreement first"));
    let maya = sign_in(&base, &words, "a pupil of Year 5").await;
    assert!(maya.get("/").await.is(200).says("/agreements/pupils"));
    maya.sign_agreement("pupils", "Maya Jones").await.is(303);
    within(Duration::from_secs(1), || async { device.status(MATHS).await == 200 }).await;
    let by_address = Surfer::at(gateway, maya.address);
    assert_eq!(by_address.status(MATHS).await, 200, "the computer on which she signed in is hers too");

    // A listed site is refused, and the page names the clause.
    let page = device.open(CASINO).await.is(403);
    let network = sign_in(&base, &words, "the network manager").await;
    let answer: Value = serde_json::from_str(&network.get("/api/policy").await.is(200).body).unwrap();
    let clauses = answer["clauses"].as_array().unwrap();
    let clause = |label: &str| clauses.iter().find(|clause| clause["label"] == label).unwrap();
    let number = clause("harm")["number"].as_str().unwrap();
    assert!(page.says(&format!("clause {number} ")) && page.says("gambling"), "{}", page.body);
    assert_eq!(device.status(NEWS).await, 200);

    // The desk shows both, and how the policy stands.
    let both = async || {
        let page = network.get("/monitor/activity").await.is(200);
        page.says("maths.willow-lane.test") && page.says("casino.willow-lane.test")
    };
    within(Duration::from_secs(3), both).await;
    for label in ["doc", "review", "roles", "roll", "harm", "social", "approved", "help", "why", "gate", "media"] {
        assert_eq!(clause(label)["standing"], "kept", "{:#}", clause(label));
    }
    for label in ["filter-changes", "filter-who", "open-for-class", "failures"] {
        assert_eq!(clause(label)["standing"], "kept", "{:#}", clause(label));
    }
    assert_eq!(clause("bullying")["standing"], "not-built");
    assert_eq!(clause("good-sites")["standing"], "not-kept", "no site is approved yet, and the page says so");
    assert_eq!(clause("linked")["standing"], "not-kept", "nobody has entered a policy yet, and the page says so");
    assert_eq!(clause("illegal")["standing"], "not-kept", "no sealed list is loaded, and the page says so");
    let shown = sign_in(&base, &words, "the headteacher").await.get("/policy").await.is(200);
    assert!(shown.says("Kept") && shown.says("Not kept") && shown.says("Not built"), "{}", shown.body);

    enacting(folder.path(), &data, &device).await;
    assert_eq!(service.stop(), 0);
}

/// Another policy changes what the gateway does; a broken or unapproved one, or one of somebody who may not, does not.
async fn enacting(folder: &Path, data: &str, device: &Surfer) {
    let config = folder.join("gatehouse.toml").display().to_string();
    let text = format!(
        "format = 1\n[school]\nslug = \"willow-lane\"\nname = \"Willow Lane Primary\"\n[data]\nfolder = \"{data}\"\n[log]\nlevel = \"warn\"\n"
    );
    fs::write(&config, text).unwrap();
    let enact = |policy: &str, by: &str, approvals: &[&str]| {
        let mut arguments = vec!["--config", &config, "policy", "enact", policy, "--as", by];
        approvals.iter().for_each(|who| arguments.extend(["--approved-by", who]));
        run(&arguments)
    };
    let all = ["headteacher", "governors"];
    let closes_news = changed(folder, "next", "\"gambling\", \"drugs\"", "\"gambling\", \"news\", \"drugs\"");
    let broken = changed(folder, "broken", "filter.social {", "filter.socail {");
    enact(&broken, "helen.marsh", &all).ends(2).says("policy.md:").says("filter.social");
    enact(&closes_news, "helen.marsh", &["headteacher"]).ends(2).says("governors");
    enact(&closes_news, "lucia.ferreira", &all).ends(2).says("may not");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!((device.status(NEWS).await, device.status(CASINO).await), (200, 403), "the old one stays in force");
    enact(&closes_news, "helen.marsh", &all).ends(0).says("Version 2");
    within(Duration::from_secs(1), || async { device.status(NEWS).await == 403 }).await;
    assert_eq!(device.status(MATHS).await, 200);
}
