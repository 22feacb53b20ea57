//! The least that a proxy can do: each connection is copied to the site and back, byte for byte, unread. What it costs
//! on this machine, in the kernel above all, no proxy that takes requests apart can go below.
//!
//! `copier LISTEN SITE`

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut address = || -> anyhow::Result<SocketAddr> {
        arguments.next().context("copier LISTEN SITE")?.parse().context("an address and a port are needed")
    };
    let (listen, site) = (address()?, address()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        loop {
            let (client, _) = listener.accept().await?;
            tokio::spawn(copy(client, site));
        }
    })
}

/// Copies until both sides have ended; whoever asked sees an error by the end of the connection.
async fn copy(mut client: TcpStream, site: SocketAddr) -> std::io::Result<()> {
    let mut server = TcpStream::connect(site).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
