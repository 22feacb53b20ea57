//! Facts about messages, with hickory's codec at the other end.

use std::net::IpAddr;

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query as Asked, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{
            A, AAAA, CNAME, HTTPS, SOA, TXT,
            svcb::{Alpn, EchConfigList, IpHint, Mandatory, SVCB, SvcParamKey, SvcParamValue},
        },
    },
};
use proptest::prelude::*;

use super::*;

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn asked(text: &str, kind: RecordType, size: Option<u16>) -> Vec<u8> {
    let mut message = Message::new(77, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Asked::query(name(text), kind));
    if let Some(size) = size {
        let mut edns = Edns::new();
        edns.set_max_payload(size).set_dnssec_ok(true).set_version(0);
        message.set_edns(edns);
    }
    message.to_vec().unwrap()
}

fn strictness() -> Strictness {
    Strictness { private: false, ttl: 5..=3600, negative: 60 }
}

/// What is accepted of these answers to a question, read by the codec as a client with EDNS gets it.
fn accepted(text: &str, kind: RecordType, records: Vec<Record>) -> Result<(Accepted, Message), BadAnswer> {
    let query = asked(text, kind, Some(4096));
    let mut answer = Message::new(1, MessageType::Response, OpCode::Query);
    answer.add_query(Asked::query(name(text), kind));
    answer.add_answers(records);
    let query = Query::parse(&query).unwrap();
    let accepted = accept(&answer.to_vec().unwrap(), query.question, &strictness())?;
    let mut out = Vec::new();
    accepted.answer.write(&query, Giving { age: 0, most: 300, room: Room::Stream }, &mut out);
    let message = Message::from_vec(&out).unwrap();
    Ok((accepted, message))
}

fn record(owner: &str, ttl: u32, data: RData) -> Record {
    Record::from_rdata(name(owner), ttl, data)
}

fn a(text: &str) -> RData {
    RData::A(A(text.parse().unwrap()))
}

#[test]
fn a_question_is_read() {
    let bytes = asked("WWW.Games.example.", RecordType::AAAA, Some(1400));
    let query = Query::parse(&bytes).unwrap();
    assert_eq!(query.name_text().as_deref(), Some("www.games.example"));
    assert_eq!((query.id, query.kind, query.class, query.recursion), (77, kind::AAAA, 1, true));
    assert_eq!(query.edns, Some(super::Edns { size: 1400, version: 0, signatures: true }));
    let plain = asked("www.games.example.", RecordType::AAAA, None);
    let plain = Query::parse(&plain).unwrap();
    assert_eq!(plain.edns, None);
    assert_ne!(plain.key().as_bytes(), query.key().as_bytes(), "signatures are kept apart");
    assert_eq!(Key::new(query.name(), kind::AAAA, false, false).as_bytes(), plain.key().as_bytes());
}

#[test]
fn what_is_no_question_gets_an_error_or_silence() {
    let good = asked("games.example.", RecordType::A, None);
    assert_eq!(Query::parse(&good[..11]), Err(Bad::Silence));
    let mut answer = good.clone();
    answer[2] |= 0x80;
    assert_eq!(Query::parse(&answer), Err(Bad::Silence), "answers are not answered");
    let mut update = good.clone();
    update[2] |= 5 << 3;
    assert!(matches!(Query::parse(&update), Err(Bad::Error { code: code::NOT_DONE, .. })));
    let mut two = good.clone();
    two[5] = 2;
    assert!(matches!(Query::parse(&two), Err(Bad::Error { code: code::FORMAT, id: 77, .. })));
    for end in 12..good.len() {
        assert!(matches!(Query::parse(&good[..end]), Err(Bad::Error { code: code::FORMAT, .. })), "{end}");
    }
    let mut pointer = good.clone();
    pointer[12] = 0xc0;
    assert!(matches!(Query::parse(&pointer), Err(Bad::Error { code: code::FORMAT, .. })));
    let mut out = Vec::new();
    assert!(error_of(Query::parse(&two).unwrap_err(), &mut out));
    let error = Message::from_vec(&out).unwrap();
    assert_eq!((error.metadata.id, error.metadata.response_code), (77, ResponseCode::FormErr));
}

#[test]
fn an_answer_is_one_for_the_codec() {
    let bytes = asked("Games.example.", RecordType::A, Some(1232));
    let query = Query::parse(&bytes).unwrap();
    let mut out = Vec::new();
    let mut reply = Reply::new(&query, code::NO_ERROR, &mut out);
    reply.address(10, IpAddr::from([10, 0, 0, 1]));
    reply.alias(20, &wire_name("safe.search.example").unwrap(), &[IpAddr::from([10, 0, 0, 2])]);
    reply.finish(Room::Datagram(1232), Some(Explain::Blocked("4.1.2")));
    let message = Message::from_vec(&out).unwrap();
    assert_eq!(message.metadata.id, 77);
    assert_eq!(message.queries[0].name.to_ascii(), "Games.example.", "the case is given back");
    let said: Vec<String> = message.answers.iter().map(|it| format!("{} {} {}", it.name, it.ttl, it.data)).collect();
    assert_eq!(
        said,
        ["Games.example. 10 10.0.0.1", "Games.example. 20 safe.search.example.", "safe.search.example. 20 10.0.0.2"]
    );
    let edns = message.edns.unwrap();
    assert!(edns.flags().dnssec_ok);
    let why = hickory_proto::rr::rdata::opt::EdnsOption::Unknown(15, b"\0\x0fclause 4.1.2".to_vec());
    assert_eq!(edns.option(15.into()), Some(&why));
}

#[test]
fn what_does_not_fit_is_asked_for_again_by_stream() {
    let bytes = asked("games.example.", RecordType::A, None);
    let query = Query::parse(&bytes).unwrap();
    let mut out = Vec::new();
    let write = |room, out: &mut Vec<u8>| {
        let mut reply = Reply::new(&query, code::NO_ERROR, out);
        for last in 0..100 {
            reply.address(10, IpAddr::from([10, 0, 0, last]));
        }
        reply.finish(room, None);
    };
    write(Room::Datagram(1232), &mut out);
    let message = Message::from_vec(&out).unwrap();
    assert!(message.metadata.truncation && message.answers.is_empty() && out.len() == bytes.len());
    write(Room::Stream, &mut out);
    let message = Message::from_vec(&out).unwrap();
    assert!(!message.metadata.truncation && message.answers.len() == 100);
}

#[test]
fn only_what_was_asked_is_taken_and_the_chain_is_told() {
    let records = vec![
        record("www.site.example.", 600, RData::CNAME(CNAME(name("cdn.other.example.")))),
        record("cdn.other.example.", 100, a("8.8.8.8")),
        record("victim.example.", 100, a("8.8.4.4")),
    ];
    let (accepted, message) = accepted("www.site.example.", RecordType::A, records).unwrap();
    let chain: Vec<_> = accepted.answer.chain.iter().flatten().map(filter::Host::as_str).collect();
    assert_eq!(chain, ["cdn.other.example"]);
    assert_eq!(accepted.answer.ttl, 100);
    assert_eq!(message.answers.len(), 2);
    assert_eq!(message.answers[0].ttl, 300, "no client keeps it longer");
    assert_eq!(message.answers[1].ttl, 100);
}

#[test]
fn names_in_a_circle_are_no_answer() {
    let circle = vec![
        record("a.example.", 60, RData::CNAME(CNAME(name("b.example.")))),
        record("b.example.", 60, RData::CNAME(CNAME(name("a.example.")))),
    ];
    assert_eq!(accepted("a.example.", RecordType::A, circle).unwrap_err(), BadAnswer::LongChain);
}

#[test]
fn addresses_inside_are_taken_out() {
    let mapped = RData::AAAA(AAAA("::ffff:192.168.1.1".parse().unwrap()));
    let records = vec![
        record("x.example.", 60, a("10.0.0.1")),
        record("x.example.", 60, a("127.0.0.1")),
        record("x.example.", 60, mapped),
        record("x.example.", 60, a("1.1.1.1")),
    ];
    let (accepted, message) = accepted("x.example.", RecordType::A, records).unwrap();
    assert_eq!(accepted.private, 3);
    assert_eq!(message.answers.iter().map(|it| it.data.to_string()).collect::<Vec<_>>(), ["1.1.1.1"]);
}

#[test]
fn names_stay_visible_and_nothing_passes_by() {
    let service = |params| RData::HTTPS(HTTPS(SVCB::new(1, name("."), params)));
    let ech = || (SvcParamKey::EchConfigList, SvcParamValue::EchConfigList(EchConfigList(vec![0, 2, 1, 1])));
    let alpn = |protocols: &[&str]| {
        let protocols = protocols.iter().map(|it| (*it).to_owned()).collect();
        (SvcParamKey::Alpn, SvcParamValue::Alpn(Alpn(protocols)))
    };
    let hint =
        |address: &str| (SvcParamKey::Ipv4Hint, SvcParamValue::Ipv4Hint(IpHint(vec![A(address.parse().unwrap())])));
    let seen = |params| {
        let (_, message) =
            accepted("x.example.", RecordType::HTTPS, vec![record("x.example.", 60, service(params))]).unwrap();
        message.answers.first().map(|record| record.data.to_string())
    };
    assert_eq!(seen(vec![alpn(&["h3", "h2"]), ech()]).unwrap(), "1 . alpn=h2,");
    assert_eq!(seen(vec![alpn(&["h3"]), hint("8.8.8.8")]).unwrap(), "1 . ipv4hint=8.8.8.8,");
    assert_eq!(seen(vec![alpn(&["h2"]), hint("192.168.0.1")]).unwrap(), "1 . alpn=h2,");
    let mandatory = (SvcParamKey::Mandatory, SvcParamValue::Mandatory(Mandatory(vec![SvcParamKey::EchConfigList])));
    assert_eq!(seen(vec![mandatory, ech()]), None);
}

#[test]
fn the_target_of_a_service_is_judged_too() {
    let service = RData::HTTPS(HTTPS(SVCB::new(0, name("closed.example."), vec![])));
    let (accepted, _) = accepted("x.example.", RecordType::HTTPS, vec![record("x.example.", 60, service)]).unwrap();
    assert_eq!(
        accepted.answer.chain.iter().flatten().map(filter::Host::as_str).collect::<Vec<_>>(),
        ["closed.example"]
    );
}

#[test]
fn a_no_holds_as_long_as_its_zone_says_within_bounds() {
    let bytes = asked("none.example.", RecordType::A, None);
    let query = Query::parse(&bytes).unwrap();
    let mut answer = Message::new(1, MessageType::Response, OpCode::Query);
    answer.metadata.response_code = ResponseCode::NXDomain;
    answer.add_query(Asked::query(name("none.example."), RecordType::A));
    let soa = SOA::new(name("ns.example."), name("x.example."), 1, 2, 3, 4, 40);
    answer.add_authority(record("example.", 900, RData::SOA(soa)));
    let kept = accept(&answer.to_vec().unwrap(), query.question, &strictness()).unwrap().answer;
    assert_eq!((kept.code, kept.ttl), (code::NO_NAME, 40));
    let mut out = Vec::new();
    kept.write(&query, Giving { age: 100, most: 300, room: Room::Datagram(1232) }, &mut out);
    let stale = Message::from_vec(&out).unwrap();
    assert_eq!((stale.metadata.response_code, stale.authorities[0].ttl), (ResponseCode::NXDomain, 30));
    answer.metadata.response_code = ResponseCode::ServFail;
    let error = accept(&answer.to_vec().unwrap(), query.question, &strictness()).unwrap_err();
    assert_eq!(error, BadAnswer::Error(2));
}

/// The codec reads more in an update than in an answer, records without content for one, which no client could read.
#[test]
fn only_an_answer_to_a_question_is_used() {
    let mut answer = Message::new(1, MessageType::Response, OpCode::Query);
    answer.add_query(Asked::query(name("x.example."), RecordType::A));
    answer.add_answer(record("x.example.", 60, a("8.8.8.8")));
    let asked = asked("x.example.", RecordType::A, None);
    let query = Query::parse(&asked).unwrap();
    let mut bytes = answer.to_vec().unwrap();
    assert!(accept(&bytes, query.question, &strictness()).is_ok());
    for code in [1_u8, 2, 4, 5, 15] {
        bytes[2] = bytes[2] & 0x87 | code << 3;
        assert!(accept(&bytes, query.question, &strictness()).is_err(), "{code}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut out = Vec::new();
        match Query::parse(&bytes) {
            Ok(query) => {
                let mut reply = Reply::new(&query, code::NO_NAME, &mut out);
                reply.no_longer_than(5);
                reply.finish(Room::Datagram(512), Some(Explain::Stale));
                prop_assert!(out.len() <= 512);
                prop_assert!(Message::from_vec(&out).is_ok());
            }
            Err(bad) => {
                let _ = error_of(bad, &mut out);
                prop_assert!(out.len() <= 12);
            }
        }
        let _ = accept(&bytes, &[0, 0, 1, 0, 1], &strictness());
    }

    #[test]
    fn damaged_messages_do_not_panic_and_answers_stay_readable(at: prop::sample::Index, value: u8, cut: prop::sample::Index) {
        let mut question = asked("www.games.example.", RecordType::A, Some(1232));
        let place = at.index(question.len());
        question[place] = value;
        question.truncate(cut.index(question.len()) + 1);
        let _ = Query::parse(&question);
        let mut answer = Message::new(1, MessageType::Response, OpCode::Query);
        answer.add_query(Asked::query(name("x.example."), RecordType::A));
        answer.add_answer(record("x.example.", 60, RData::CNAME(CNAME(name("y.example.")))));
        answer.add_answer(record("y.example.", 60, a("8.8.8.8")));
        answer.add_answer(record("y.example.", 60, RData::TXT(TXT::new(vec!["x".repeat(200)]))));
        let mut answer = answer.to_vec().unwrap();
        let asked = asked("x.example.", RecordType::A, None);
        let query = Query::parse(&asked).unwrap();
        let place = at.index(answer.len());
        answer[place] = value;
        if let Ok(accepted) = accept(&answer, query.question, &strictness()) {
            let mut out = Vec::new();
            accepted.answer.write(&query, Giving { age: 1, most: 300, room: Room::Stream }, &mut out);
            prop_assert!(Message::from_vec(&out).is_ok());
        }
    }

    #[test]
    fn names_go_there_and_back(text in "([a-z0-9_-]{1,20}\\.){0,8}[a-z0-9_-]{1,20}") {
        let wire = wire_name(&text).unwrap();
        prop_assert_eq!(lower_text(&wire), Some(text));
        prop_assert_eq!(end_of_name(&wire, 0), Some(wire.len()));
    }
}
