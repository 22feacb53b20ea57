//! Checks of the school's own resolver: questions as a device of somebody would ask them, answered by the resolver that
//! runs, with the servers that it asks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use activity::Row;
use dns::{
    Client, Token,
    message::{Accepted, BadAnswer, Strictness, accept, code, forward, kind, wire_name},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use traffic::checks::service::Outcome;

use super::{
    plan::Audience,
    probe::{Found, PATIENCE, Turn},
};
use crate::live::Live;

/// By this name browsers ask whether they may use resolvers of their own; that there is no such name means no.
pub(super) const CANARY: &str = "use-application-dns.net";

/// The longest answer that is asked for.
const SIZE: u16 = 1232;

/// What must be of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It is closed.
    Closed,
    /// It is open.
    Open,
    /// It leads to this one, which is safe.
    LeadsTo(String),
}

/// What the resolver said.
enum Said {
    /// This name, with these addresses and through these names.
    Found { chain: Vec<String>, addresses: Vec<IpAddr> },
    /// There is no such name.
    NoName,
    /// It cannot say.
    CannotSay,
}

fn question(name: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut question = wire_name(name)?;
    question.extend_from_slice(&kind::A.to_be_bytes());
    question.extend_from_slice(&1_u16.to_be_bytes());
    Some((forward(1, &question, false, false, SIZE), question))
}

fn read(answer: &[u8], question: &[u8]) -> Option<Said> {
    // What must be judged is what the device gets: nothing is taken out of it.
    let strictness = Strictness { private: true, ttl: 0..=u32::MAX, negative: u32::MAX };
    match accept(answer, question, &strictness) {
        Ok(Accepted { answer, .. }) if answer.code == code::NO_NAME => Some(Said::NoName),
        Ok(Accepted { answer, .. }) => {
            let chain = answer.chain.iter().flatten().map(ToString::to_string).collect();
            Some(Said::Found { chain, addresses: answer.addresses.to_vec() })
        }
        Err(BadAnswer::Error(_)) => Some(Said::CannotSay),
        Err(BadAnswer::Unreadable | BadAnswer::OtherQuestion | BadAnswer::LongChain) => None,
    }
}

/// Asks for a name as somebody, and judges what the resolver said and what it would log.
pub(super) async fn asked(live: &Live, audience: &Audience, name: &str, wanted: &Wanted) -> Found {
    let (Some(resolver), Some((message, question))) = (live.inner().resolver.get(), question(name)) else {
        return Found::new(Outcome::Unknown, "No resolver listens here.");
    };
    let Some(mut turn) = Turn::begin(live, audience) else {
        return Found::new(Outcome::Unknown, "This computer gives no random bytes.");
    };
    let token = Some(Token(turn.token.as_str().into()));
    let client = Client { token, ..Client::at(Ipv4Addr::LOCALHOST.into()) };
    let answer = tokio::time::timeout(PATIENCE, resolver.answer(&client, &message)).await;
    let row = turn.row().await;
    let page = &live.installation().config.dns.page;
    match (answer.ok().flatten().and_then(|answer| read(&answer, &question)), row) {
        (None, _) => Found::new(Outcome::Unknown, "The resolver did not answer."),
        (Some(_), None) => Found::new(Outcome::Unknown, "The resolver answered, and nothing shows what it decided."),
        (Some(said), Some(row)) => judge(wanted, &said, &row, page).cited(&row),
    }
}

fn judge(wanted: &Wanted, said: &Said, row: &Row, page: &[IpAddr]) -> Found {
    let shut = match said {
        Said::NoName => true,
        Said::Found { addresses, .. } => addresses.iter().all(|address| page.contains(address)),
        Said::CannotSay => false,
    };
    let blocked = row.outcome == activity::Outcome::Blocked;
    match (wanted, said) {
        (Wanted::Closed, _) if blocked && shut => {
            Found::new(Outcome::Passed, "Its name should be closed. The resolver does not give its address.")
        }
        (Wanted::Closed, Said::CannotSay) => Found::new(
            Outcome::Failed,
            "Its name should be closed. The resolver would have given its address; no server knew it.",
        ),
        (Wanted::Closed, _) => {
            Found::new(Outcome::Failed, "Its name should be closed. The resolver leads to the site.")
        }
        (Wanted::Open | Wanted::LeadsTo(_), _) if blocked => {
            Found::new(Outcome::Failed, "Its name should be open. The resolver closes it.")
        }
        (Wanted::Open | Wanted::LeadsTo(_), Said::CannotSay) => {
            Found::new(Outcome::Unknown, "The servers that the resolver asks did not answer.")
        }
        (Wanted::Open, Said::Found { .. }) => Found::new(Outcome::Passed, "Its name should be open. It is."),
        (Wanted::LeadsTo(safe), Said::Found { chain, .. }) if chain.contains(safe) => {
            Found::new(Outcome::Passed, format!("Searches should be safe. The resolver leads to {safe}."))
        }
        (Wanted::LeadsTo(_), Said::Found { .. }) => {
            Found::new(Outcome::Failed, "Searches should be safe. The resolver leads to the usual search.")
        }
        (Wanted::Open | Wanted::LeadsTo(_), Said::NoName) => {
            Found::new(Outcome::Unknown, "The servers that the resolver asks know no such name.")
        }
    }
}

/// Asks for the canary through the port of the resolver. Nobody in particular asks: it holds for all.
pub(super) async fn canary(live: &Live) -> Found {
    let (Some(at), Some((message, question))) = (live.inner().checks.names.get(), question(CANARY)) else {
        return Found::new(Outcome::Unknown, "The resolver has no port for plain questions.");
    };
    let answer = tokio::time::timeout(PATIENCE, over_port(*at, &message)).await;
    match answer.ok().and_then(Result::ok).and_then(|answer| read(&answer, &question)) {
        Some(Said::NoName) => {
            Found::new(Outcome::Passed, "Browsers should be told to use no other resolver. They are.")
        }
        Some(Said::Found { .. }) => {
            Found::new(Outcome::Failed, "Browsers should be told to use no other resolver. They are not.")
        }
        Some(Said::CannotSay) | None => Found::new(Outcome::Unknown, "The resolver did not answer on its port."),
    }
}

async fn over_port(at: SocketAddr, message: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(at).await?;
    let length = u16::try_from(message.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], message].concat()).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
