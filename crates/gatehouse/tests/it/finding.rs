//! How devices find the gateway (`/proxy.pac`, `/wpad.dat`), how another resolver gets the lists, and whether the ways round
//! are shut.

use std::{
    net::{TcpListener, UdpSocket},
    process::Command,
};

use gatehouse::config::Tls;

use crate::{command::*, school::*};

/// What the file says of hosts, by running it; none where there is nothing to run it.
fn said(file: &str, hosts: &[&str]) -> Option<Vec<String>> {
    let program = format!("{file}\nfor (const h of {hosts:?}) console.log(FindProxyForURL('https://' + h + '/', h));");
    let output = Command::new("node").arg("-e").arg(program).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_find_the_gateway_and_nothing_goes_round_it() {
    let mut school = School::open(&["Games are closed. `games: filter.categories { block = \"games\" }`"]).await;
    let home = testkit::free_address();
    school.config.desk.tls = Tls::Own;
    school.base = school.base.replace("http://", "https://");
    school.config.desk.url = format!("https://desk.willow.test:{}", school.config.desk.listen.port());
    school.config.gateway.listen_tls = vec![home];
    school.restart().await;
    let mut files = Vec::new();
    for base in [format!("http://{}", school.gateway()), school.base.clone()] {
        for path in ["/proxy.pac", "/wpad.dat"] {
            let client = reqwest::Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap();
            let answer = client.get(format!("{base}{path}")).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{base}{path}");
            assert_eq!(answer.headers()["content-type"], "application/x-ns-proxy-autoconfig");
            files.push(answer.text().await.unwrap());
        }
    }
    files.dedup();
    let [file] = &files[..] else { panic!("one file for all: {files:?}") };
    let (at_school, at_home) = (school.gateway().port(), home.port());
    let by_gateway = format!("PROXY desk.willow.test:{at_school}; HTTPS desk.willow.test:{at_home}");
    let hosts = ["games.example", "willow.test", "10.0.0.7", "intranet", "desk.willow.test"];
    let Some(said) = said(file, &hosts) else { return };
    assert_eq!(said, [&by_gateway, &by_gateway, &by_gateway, &by_gateway, "DIRECT"].map(|it: &str| it.to_owned()));
}

/// The zone has what is closed to whom it is for, and nothing of a sealed list.
#[test]
fn another_resolver_gets_the_lists() {
    let place = Place::furnished();
    place.policy(
        "narrow",
        &[
            "One game is good. `good: filter.approved-sites { who = \"everyone\", sites = \"sums.games.test\" }`",
            "Shops are closed to pupils. `shops: filter.media-shopping { who = \"pupils\", block = \"shopping\" }`",
            "Illegal material is blocked. `illegal: filter.illegal-lists`",
        ],
    );
    place.run(&["policy", "enact", &place.text("narrow"), "--as", HEAD]).ends(0);
    std::fs::write(place.path("sealed.txt"), "forbidden.test\nvideo.test\n").unwrap();
    place.run(&["lists", "add", "sealed", &place.text("sealed.txt"), "--sealed", "--as", NETWORK]).ends(0);
    let zone = |more: &[&str]| place.run(&[&["lists", "rpz", "closed.willow.test", "--as", NETWORK], more].concat());
    zone(&["--as", PUPIL]).ends(2);
    place.run(&["lists", "rpz", "closed.willow.test", "--as", PUPIL]).ends(2).says("may not");
    let pupils = zone(&["--for", PUPIL]).ends(0).out;
    let staff = zone(&["--for", TEACHER, "--page", "10.0.0.1"]).ends(0).out;
    for line in
        ["games.test CNAME .", "*.games.test CNAME .", "sums.games.test CNAME rpz-passthru.", "shop.test CNAME ."]
    {
        assert!(pupils.lines().any(|it| it == line), "{line} in\n{pupils}");
    }
    assert!(staff.contains("\ngames.test A 10.0.0.1\n") && !staff.contains("\nshop.test "), "{staff}");
    for zone in [&pupils, &staff] {
        assert!(!zone.contains("forbidden.test") && !zone.contains("video.test"), "{zone}");
        assert!(zone.contains("childline.org.uk CNAME rpz-passthru."), "{zone}");
    }
    let file = place.text("closed.zone");
    zone(&["--for", PUPIL, "--out", &file]).ends(0).says("names are closed in");
    // As a name server reads it, where there is one.
    if let Ok(read) = Command::new("named-checkzone").args(["closed.willow.test", &file]).output() {
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stdout));
    }
}

/// What answers is open, what does not is shut; nothing but the address that is given is spoken to.
#[test]
fn ways_round_are_found_from_inside() {
    let (quic, names) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let tls = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = |at: std::io::Result<std::net::SocketAddr>| at.unwrap().port().to_string();
    let ports = [port(quic.local_addr()), port(names.local_addr()), port(tls.local_addr())];
    let check = |ports: &[String; 3]| {
        let ports = ports.each_ref().map(String::as_str);
        run(&[&["check-network", "127.0.0.1", "--seconds", "1", "--ports"][..], &ports].concat())
    };
    let answering = std::thread::spawn(move || {
        let mut bytes = [0; 1500];
        let (read, from) = quic.recv_from(&mut bytes).unwrap();
        assert!(read == 1200 && bytes[0] & 0xc0 == 0xc0, "a first message of QUIC");
        quic.send_to(b"versions", from).unwrap();
        // The question for names stays without an answer.
        quic
    });
    let said = check(&ports).ends(1);
    let quic = answering.join().unwrap();
    let line = |what: &str, is: &str| {
        let line = said.out.lines().find(|line| line.starts_with(what)).unwrap();
        assert!(line.contains(is), "{line}");
    };
    line("QUIC (UDP", "OPEN");
    line("DNS (UDP", "no answer");
    line("DNS (TCP", "shut, or nothing answers there: refused");
    line("DNS over TLS (TCP", "OPEN");
    drop((quic, names, tls));
    check(&ports).ends(0).says("shut, or nothing answers there: refused");
}
