//! Strangers, floods, and messages that are none.

use std::{sync::atomic::Ordering, time::Duration};

use hickory_proto::{
    op::Message,
    rr::{RData, RecordType, rdata},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::support::*;

#[tokio::test]
async fn strangers_get_no_answer() {
    let house = House::with(|config| config.clients = vec!["10.0.0.0/8".parse().unwrap()]).await;
    assert!(house.raw(&question("open.example", RecordType::A)).await.is_none());
    for place in [house.stream, house.tls, house.https] {
        let mut stream = connect(place).await;
        let mut buffer = [0];
        let read = timeout(SOON, stream.read(&mut buffer)).await.unwrap();
        assert!(matches!(read, Ok(0) | Err(_)));
    }
    assert_eq!(house.resolver.figures().strangers, 4);
}

#[tokio::test]
async fn one_address_may_not_ask_for_all() {
    let house = House::with(|config| {
        config.limits.questions_per_second = 10;
        config.limits.burst = 20;
    })
    .await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(house.plain).await.unwrap();
    for _ in 0..100 {
        socket.send(&question("casino.example", RecordType::A)).await.unwrap();
    }
    let (mut answers, mut buffer) = (0, [0; 2048]);
    while timeout(Duration::from_millis(300), socket.recv(&mut buffer)).await.is_ok() {
        answers += 1;
    }
    assert!((20..=30).contains(&answers), "{answers}");
    assert!(house.resolver.figures().crowded >= 70);
}

#[tokio::test]
async fn an_answer_is_not_far_longer_than_its_question() {
    let house = House::open().await;
    let text = RData::TXT(rdata::TXT::new(vec!["x".repeat(250); 20]));
    house.above.set("long.example", RecordType::TXT, &[text]);
    let answer = house.raw(&question("long.example", RecordType::TXT)).await.unwrap();
    let message = Message::from_vec(&answer).unwrap();
    assert!(message.metadata.truncation && answer.len() < 100, "{}", answer.len());
    let mut stream = connect(house.stream).await;
    assert!(over(&mut stream, "long.example", RecordType::TXT).await.len() > 5000);
}

#[tokio::test]
async fn what_is_no_message_harms_nobody() {
    let house = House::open().await;
    let good = question("open.example", RecordType::A);
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(house.plain).await.unwrap();
    for end in 0..good.len() {
        socket.send(&good[..end]).await.unwrap();
        for value in [0, 0x3f, 0x80, 0xc0, 0xff] {
            let mut bytes = good.clone();
            bytes[end] = value;
            socket.send(&bytes).await.unwrap();
        }
    }
    socket.send(&[0xff; 4096]).await.unwrap();
    socket.send(&vec![0; 9000]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(house.said("open.example", RecordType::A).await, "A 8.8.8.8");
    assert!(house.resolver.figures().unreadable > 50);
}

#[tokio::test]
async fn connections_without_use_are_closed() {
    let house = House::with(|config| {
        config.limits.idle_seconds = 1;
        config.limits.connections_per_client = 3;
    })
    .await;
    // Drops of bytes do not keep a connection open.
    let mut slow = connect(house.stream).await;
    let mut buffer = [0; 16];
    let ended = async {
        loop {
            slow.write_all(&[0]).await?;
            if let Ok(read) = timeout(Duration::from_millis(200), slow.read(&mut buffer)).await {
                return read;
            }
        }
    };
    let ended = timeout(SOON, ended).await.expect("it is closed");
    assert!(matches!(ended, Ok(0) | Err(_)));
    let mut too_long = connect(house.stream).await;
    too_long.write_all(&[0xff, 0xff]).await.unwrap();
    assert!(matches!(timeout(SOON, too_long.read(&mut buffer)).await.unwrap(), Ok(0) | Err(_)));
    let mut many = Vec::new();
    for _ in 0..4 {
        many.push(connect(house.stream).await);
    }
    let last = many.last_mut().unwrap();
    assert!(matches!(timeout(Duration::from_millis(500), last.read(&mut buffer)).await.unwrap(), Ok(0) | Err(_)));
    assert!(house.resolver.figures().crowded >= 1);
}

#[tokio::test]
async fn many_names_at_once_do_not_ask_for_ever() {
    let house = House::with(|config| config.limits.open_upstream = 10).await;
    house.above.slow_milliseconds.store(200, Ordering::SeqCst);
    let names: Vec<String> = (0..40).map(|number| format!("n{number}.example")).collect();
    let all = futures_util::future::join_all(names.iter().map(|name| house.said(name, RecordType::A))).await;
    let failed = all.iter().filter(|said| said.as_str() == "ServFail").count();
    assert!(failed >= 20 && all.iter().any(|said| said == "nothing"), "{failed}");
    assert!(house.above.asked.load(Ordering::SeqCst) <= 15);
}
