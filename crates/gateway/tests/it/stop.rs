//! Stopping.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

#[tokio::test]
async fn a_request_in_flight_ends_and_the_gateway_with_it() {
    let mut house = House::open().await;
    let mut idle = house.dial().await;
    let mut busy = house.dial().await;
    let request = format!("GET http://{SITE}/big?30 HTTP/1.1\r\nHost: {SITE}\r\n\r\n");
    busy.write_all(request.as_bytes()).await.unwrap();
    busy.read_u8().await.unwrap();
    house.stop.cancel();
    let mut all = Vec::new();
    busy.read_to_end(&mut all).await.unwrap();
    assert!(all.len() > 30 << 20, "{}", all.len());
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    let stopped = (&mut house.serving).await.unwrap();
    assert_eq!((stopped.requests_cut, stopped.tunnels_cut), (0, 0));
    assert!(tokio::net::TcpStream::connect(house.address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn what_does_not_end_is_cut_and_counted() {
    let mut house = House::open().await;
    let mut socket = house.dial().await;
    let request = format!(
        "GET http://{SITE}/socket HTTP/1.1\r\nHost: {SITE}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = [0; 500];
    assert!(socket.read(&mut buffer).await.unwrap() > 0);
    let mut slow = house.dial().await;
    slow.write_all(format!("GET http://{SITE}/slow HTTP/1.1\r\nHost: {SITE}\r\n\r\n").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    house.stop.cancel();
    let stopped = (&mut house.serving).await.unwrap();
    assert_eq!((stopped.requests_cut, stopped.tunnels_cut), (1, 1));
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!(house.rows(2).await.len(), 2, "what was cut has its rows");
}
