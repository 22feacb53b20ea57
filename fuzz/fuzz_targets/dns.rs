//! Messages of the domain name system, from clients and from upstream servers.

#![no_main]

use dns::message::{Explain, Giving, Query, Reply, Room, Strictness, accept, code, error_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut out = Vec::new();
    match Query::parse(bytes) {
        Ok(query) => {
            let _ = query.name_text();
            let room = Room::Datagram(1232);
            let mut reply = Reply::new(&query, code::NO_NAME, &mut out);
            reply.no_longer_than(5);
            reply.finish(room, Some(Explain::Blocked("4.1.2")));
            assert!(out.len() <= room.bytes(&query));
        }
        Err(bad) => {
            let _ = error_of(bad, &mut out);
        }
    }
    // An answer to the very question that it carries gets furthest.
    let Some(end) = dns::message::end_of_name(bytes, 12) else { return };
    let Some(question) = bytes.get(12..end + 4) else { return };
    let strictness = Strictness { private: false, ttl: 5..=3600, negative: 60 };
    if let Ok(accepted) = accept(bytes, question, &strictness) {
        assert!(accepted.answer.addresses.iter().all(|address| kernel::is_public(*address)));
        let asked = dns::message::forward(1, question, true, false, 1232);
        if let Ok(query) = Query::parse(&asked) {
            for age in [0, 10_000] {
                let giving = Giving { age, most: 300, room: Room::Stream };
                accepted.answer.write(&query, giving, &mut out);
                assert!(hickory_proto::op::Message::from_vec(&out).is_ok());
            }
        }
    }
});
