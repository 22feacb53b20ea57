//! Datagrams, read in batches: all of a batch are decided by the same rules at the same moment.

use std::{net::SocketAddr, sync::Arc};

use tokio::net::UdpSocket;
use tokio_util::task::TaskTracker;

use super::Run;
use crate::{
    judge::{Client, Moment},
    message::Room,
    resolver::Resolver,
    step::Step,
};

/// So many are read before others get their turn.
const BATCH: usize = 64;

/// Bytes of the longest question that is read whole.
const LONGEST: usize = 4096;

impl Resolver {
    /// Answers datagrams until it is to stop.
    pub(super) async fn datagrams(self, socket: Arc<UdpSocket>, run: Run, tasks: TaskTracker) {
        let mut buffer = vec![0; LONGEST];
        // Answers are sent when the batch is read, so that nobody is woken for each of them.
        let mut answers: Vec<Vec<u8>> = (0..BATCH).map(|_| Vec::with_capacity(512)).collect();
        let mut peers = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                ready = socket.readable() => {
                    if let Err(error) = ready {
                        super::pause_after(&error).await;
                    }
                }
                () = run.stop.cancelled() => return,
            }
            let moment = Moment::new(&self.inner.ports);
            peers.clear();
            for _ in 0..BATCH {
                let Some(out) = answers.get_mut(peers.len()) else { break };
                match socket.try_recv_from(&mut buffer) {
                    Ok((length, peer)) => {
                        let message = buffer.get(..length).unwrap_or_default();
                        if self.datagram(&moment, &socket, peer, message, out, &run, &tasks) {
                            peers.push(peer);
                        }
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                    // What a client's machine said about an answer that it no longer wants.
                    Err(error) => tracing::debug!(%error, "a datagram could not be read"),
                }
            }
            for (answer, peer) in answers.iter().zip(&peers) {
                if socket.try_send_to(answer, *peer).is_err() {
                    self.inner.gauges.unsent();
                }
            }
        }
    }

    /// Answers one; whether the answer is written, or comes later or never.
    #[expect(clippy::too_many_arguments, reason = "all of it is lent by the one loop above")]
    fn datagram(
        &self,
        moment: &Moment,
        socket: &Arc<UdpSocket>,
        peer: SocketAddr,
        message: &[u8],
        out: &mut Vec<u8>,
        run: &Run,
        tasks: &TaskTracker,
    ) -> bool {
        let gauges = &self.inner.gauges;
        let client = Client::at(peer.ip());
        if peer.port() == 0 || !self.inner.is_ours(client.address) {
            gauges.strangers();
            return false;
        }
        if !self.inner.rates.admit(client.address, moment.now) {
            gauges.crowded();
            return false;
        }
        let room = Room::Datagram(self.inner.config.limits.datagram_bytes);
        match self.begin(moment, &client, room, message, out) {
            Step::Silence => false,
            Step::Answer => true,
            Step::Wait(pending) => {
                let Ok(place) = run.waiting.clone().try_acquire_owned() else {
                    gauges.crowded();
                    return false;
                };
                let (socket, all) = (socket.clone(), self.clone());
                tasks.spawn(async move {
                    if let Some(answer) = pending.finish().await
                        && socket.send_to(&answer, peer).await.is_err()
                    {
                        all.inner.gauges.unsent();
                    }
                    drop(place);
                });
                false
            }
        }
    }
}
