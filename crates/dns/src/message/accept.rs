//! Checking what an upstream server says: only what was asked, no addresses inside the school, and nothing that would
//! hide names from the gateway.
//!
//! What is taken out: records of other names than the one asked for and those it leads to; addresses that are not on the
//! open internet (DNS rebinding), from address records and hints alike; the key that hides the name in TLS (`ech`) and the
//! offer of HTTP/3, which passes no proxy. A record that cannot do without what was taken out goes whole.

#![expect(clippy::wildcard_enum_match_arm, reason = "the codec's types name all that was ever invented")]

use std::{net::IpAddr, ops::RangeInclusive};

use filter::Host;
use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::svcb::{SVCB, SvcParamKey, SvcParamValue},
    },
};
use kernel::is_public;

use super::{HEAD, answer::Answer, answer::times, code, kind};

/// How many other names a name may lead through.
const LONGEST_CHAIN: usize = 16;

/// Seconds that a "no" without a time of its own holds.
const NO_TIME: u32 = 5;

/// What is asked of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strictness {
    /// Whether addresses inside are kept: for the school's own zones alone.
    pub private: bool,
    /// Seconds that an answer is kept: at least, at most.
    pub ttl: RangeInclusive<u32>,
    /// Seconds that a "no" is kept at most.
    pub negative: u32,
}

/// An answer, and what had to be taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What is left.
    pub answer: Answer,
    /// How many addresses that are not on the open internet were taken out.
    pub private: usize,
}

/// Why an answer is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// The codec cannot read it.
    #[error("the answer cannot be read")]
    Unreadable,
    /// It is about something else.
    #[error("the answer is to another question")]
    OtherQuestion,
    /// The server has no answer (its code).
    #[error("the server answers with error {0}")]
    Error(u8),
    /// The names lead in a circle, or through too many.
    #[error("the name leads through too many others")]
    LongChain,
}

/// Checks an answer to `question` (name, type and class as they travel).
pub fn accept(bytes: &[u8], question: &[u8], strictness: &Strictness) -> Result<Accepted, BadAnswer> {
    let mut message = Message::from_vec(bytes).map_err(|_| BadAnswer::Unreadable)?;
    let same = bytes.get(HEAD..HEAD + question.len()).is_some_and(|said| said.eq_ignore_ascii_case(question));
    let answers = message.metadata.message_type == MessageType::Response && message.metadata.op_code == OpCode::Query;
    if !same || message.queries.len() != 1 || !answers {
        return Err(BadAnswer::OtherQuestion);
    }
    let code = match message.metadata.response_code {
        ResponseCode::NoError => code::NO_ERROR,
        ResponseCode::NXDomain => code::NO_NAME,
        other => return Err(BadAnswer::Error(u8::try_from(u16::from(other)).unwrap_or(code::FAILED))),
    };
    let asked = message.queries.first().map(|query| query.name.clone()).ok_or(BadAnswer::OtherQuestion)?;
    let signed = message.metadata.authentic_data;
    let (mut answers, names) = along(&asked, std::mem::take(&mut message.answers))?;
    let mut chain: Vec<Option<Host>> = names.iter().skip(1).map(host_of).collect();
    let before = answers.len();
    let mut edited = false;
    let mut private = 0;
    let mut addresses = Vec::new();
    answers.retain_mut(|record| match &mut record.data {
        RData::A(address) => keep_address(address.0.into(), strictness, &mut addresses, &mut private),
        RData::AAAA(address) => keep_address(address.0.into(), strictness, &mut addresses, &mut private),
        RData::HTTPS(service) => keep_service(&mut service.0, &mut chain, strictness, &mut edited),
        RData::SVCB(service) => keep_service(service, &mut chain, strictness, &mut edited),
        _ => true,
    });
    edited |= answers.len() != before;
    let mut authorities = std::mem::take(&mut message.authorities);
    authorities.retain(|record| record.record_type() != RecordType::NS);
    if edited {
        // Signatures over what was changed would only be found wrong.
        let is_signature = |record: &Record| u16::from(record.record_type()) == kind::RRSIG;
        answers.retain(|record| !is_signature(record));
        authorities.retain(|record| !is_signature(record));
    }
    let ttl = ttl_of(&answers, &authorities, strictness);
    write(message, answers, authorities, question)
        .map(|(records, counts, times)| Accepted {
            private,
            answer: Answer {
                code,
                ttl,
                chain: chain.into_boxed_slice(),
                addresses: addresses.into_boxed_slice(),
                authentic: signed && !edited,
                records,
                answers: counts.0,
                authorities: counts.1,
                times,
            },
        })
        .ok_or(BadAnswer::Unreadable)
}

type Written = (Box<[u8]>, (u16, u16), Box<[u16]>);

/// The records as they travel after a question of this length.
fn write(mut message: Message, answers: Vec<Record>, authorities: Vec<Record>, question: &[u8]) -> Option<Written> {
    let counts = (u16::try_from(answers.len()).ok()?, u16::try_from(authorities.len()).ok()?);
    (message.answers, message.authorities) = (answers, authorities);
    message.additionals.clear();
    message.edns = None;
    message.signature = None;
    message.metadata.truncation = false;
    let bytes = message.to_vec().ok()?;
    let start = HEAD + question.len();
    let records = bytes.get(start..)?;
    // The codec writes fewer records where they do not fit.
    let times = times(&bytes, start, usize::from(counts.0) + usize::from(counts.1))?;
    Some((records.into(), counts, times))
}

/// The records of the name and of those that it leads to, and these names in their order.
fn along(asked: &Name, answers: Vec<Record>) -> Result<(Vec<Record>, Vec<Name>), BadAnswer> {
    let mut names = vec![asked.clone()];
    loop {
        let last = names.last().unwrap_or(asked);
        let next = answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == *last => Some(target.0.clone()),
            _ => None,
        });
        match next {
            None => break,
            Some(next) if names.len() > LONGEST_CHAIN || names.contains(&next) => return Err(BadAnswer::LongChain),
            Some(next) => names.push(next),
        }
    }
    let records = answers.into_iter().filter(|record| names.contains(&record.name)).collect();
    Ok((records, names))
}

fn keep_address(address: IpAddr, strictness: &Strictness, kept: &mut Vec<IpAddr>, private: &mut usize) -> bool {
    let keep = strictness.private || is_public(address);
    if keep {
        kept.push(address);
    } else {
        *private += 1;
    }
    keep
}

/// Takes out of a service's record what hides names, passes by, or leads inside.
fn keep_service(service: &mut SVCB, chain: &mut Vec<Option<Host>>, strictness: &Strictness, edited: &mut bool) -> bool {
    if !service.target_name.is_root() {
        chain.push(host_of(&service.target_name));
    }
    let mut gone = Vec::new();
    service.svc_params.retain_mut(|(key, value)| {
        let open = |address: IpAddr| strictness.private || is_public(address);
        let keep = match value {
            SvcParamValue::EchConfigList(_) => false,
            SvcParamValue::Ipv4Hint(hints) => hints.0.iter().all(|hint| open(hint.0.into())),
            SvcParamValue::Ipv6Hint(hints) => hints.0.iter().all(|hint| open(hint.0.into())),
            SvcParamValue::Alpn(protocols) => {
                let before = protocols.0.len();
                protocols.0.retain(|protocol| !protocol.starts_with("h3"));
                *edited |= protocols.0.len() != before;
                !protocols.0.is_empty()
            }
            _ => true,
        };
        if !keep {
            gone.push(*key);
        }
        keep
    });
    if gone.is_empty() {
        return true;
    }
    *edited = true;
    // Without any other protocol the usual one must be there.
    let nothing_else = gone.contains(&SvcParamKey::Alpn)
        && service.svc_params.iter().any(|(key, _)| *key == SvcParamKey::NoDefaultAlpn);
    let needed = service.svc_params.iter().any(|(_, value)| match value {
        SvcParamValue::Mandatory(keys) => keys.0.iter().any(|key| gone.contains(key)),
        _ => false,
    });
    !nothing_else && !needed
}

fn host_of(name: &Name) -> Option<Host> {
    let text = name.to_ascii();
    let text = text.strip_suffix('.').unwrap_or(&text);
    Host::parse(text).ok().filter(|host| host.address().is_none())
}

/// How long an answer holds: as long as the record that holds shortest, within bounds.
fn ttl_of(answers: &[Record], authorities: &[Record], strictness: &Strictness) -> u32 {
    let (least, most) = (*strictness.ttl.start(), *strictness.ttl.end());
    let ends = answers.iter().all(|record| matches!(record.data, RData::CNAME(_)));
    if ends {
        let said = authorities.iter().find_map(|record| match &record.data {
            RData::SOA(start) => Some(start.minimum.min(record.ttl)),
            _ => None,
        });
        let no = said.unwrap_or(NO_TIME).min(strictness.negative);
        return answers.iter().map(|record| record.ttl).fold(no, u32::min).clamp(least.min(strictness.negative), most);
    }
    answers.iter().map(|record| record.ttl).min().unwrap_or(least).clamp(least, most)
}
