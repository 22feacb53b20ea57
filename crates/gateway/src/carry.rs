//! Carries bytes between two streams until both have ended. A direction in which nothing waits owns no memory: bytes are
//! read into a buffer that all tunnels of a thread share, and only what the other side does not take at once is kept.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is read at a time, and so the most that may wait in a direction.
const PIECE: usize = 32 * 1024;

thread_local! {
    /// Empty between two polls.
    static PIECES: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into_boxed_slice());
}

/// Carries bytes both ways; the end of one side is passed on to the other, whose own bytes still come through.
///
/// # Errors
/// The first error of either stream; what was under way is lost then.
pub(crate) async fn carry<A, B>(one: &mut A, other: &mut B) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (mut there, mut back) = (Direction::default(), Direction::default());
    std::future::poll_fn(|context| {
        let there = there.poll(context, one, other)?;
        let back = back.poll(context, other, one)?;
        match (there, back) {
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    })
    .await
}

/// How far one direction is.
#[derive(Default)]
struct Direction {
    /// What was read and not taken, from `taken` on.
    waiting: Vec<u8>,
    taken: usize,
    /// Whether something was written that may stand in a buffer of the writer.
    unflushed: bool,
    end: End,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The reader may still have bytes.
    #[default]
    Open,
    /// It has none, and the writer is to be told.
    Read,
    /// The writer was told.
    Told,
}

impl Direction {
    fn poll<R, W>(&mut self, context: &mut Context<'_>, reader: &mut R, writer: &mut W) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        loop {
            ready!(self.give(context, writer))?;
            match self.end {
                End::Open => {}
                End::Read => {
                    ready!(Pin::new(&mut *writer).poll_shutdown(context))?;
                    self.end = End::Told;
                }
                End::Told => return Poll::Ready(Ok(())),
            }
            if self.end == End::Open && self.take(context, reader, writer)?.is_pending() {
                if self.unflushed {
                    ready!(Pin::new(&mut *writer).poll_flush(context))?;
                    self.unflushed = false;
                }
                return Poll::Pending;
            }
        }
    }

    /// Writes what waits, and lets its memory go.
    fn give<W: AsyncWrite + Unpin>(&mut self, context: &mut Context<'_>, writer: &mut W) -> Poll<io::Result<()>> {
        while let Some(rest) = self.waiting.get(self.taken..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut *writer).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += count;
            self.unflushed = true;
        }
        self.waiting = Vec::new();
        self.taken = 0;
        Poll::Ready(Ok(()))
    }

    /// Reads a piece and writes what the writer takes of it; the rest waits.
    fn take<R, W>(&mut self, context: &mut Context<'_>, reader: &mut R, writer: &mut W) -> io::Result<Poll<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        PIECES.with_borrow_mut(|piece| {
            let mut read = ReadBuf::new(piece);
            match Pin::new(reader).poll_read(context, &mut read) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(result) => result?,
            }
            if read.filled().is_empty() {
                self.end = End::Read;
                return Ok(Poll::Ready(()));
            }
            let count = match Pin::new(writer).poll_write(context, read.filled()) {
                Poll::Ready(count) => count?,
                Poll::Pending => 0,
            };
            self.unflushed |= count > 0;
            self.waiting.extend_from_slice(read.filled().get(count..).unwrap_or_default());
            Ok(Poll::Ready(()))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn run<F: Future>(future: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(future)
    }

    /// Writes pieces, lets others run in between, ends, and gives what came the other way.
    async fn side(stream: tokio::io::DuplexStream, pieces: Vec<Vec<u8>>) -> Vec<u8> {
        let (mut read, mut write) = tokio::io::split(stream);
        let writes = async {
            for piece in &pieces {
                write.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            write.shutdown().await.unwrap();
        };
        let mut all = Vec::new();
        let ((), read) = tokio::join!(writes, read.read_to_end(&mut all));
        read.unwrap();
        all
    }

    proptest! {
        #[test]
        fn every_byte_comes_through_in_order(
            one in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5_000), 0..12),
            other in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5_000), 0..12),
            narrow in 1usize..3_000,
            wide in 1usize..100_000,
        ) {
            run(async {
                let (client, mut gate_one) = duplex(narrow);
                let (site, mut gate_other) = duplex(wide);
                let carried = async {
                    carry(&mut gate_one, &mut gate_other).await.unwrap();
                };
                let ((), at_client, at_site) =
                    tokio::join!(carried, side(client, one.clone()), side(site, other.clone()));
                assert_eq!(at_site, one.concat());
                assert_eq!(at_client, other.concat());
            });
        }
    }

    #[test]
    fn one_side_may_end_before_the_other() {
        run(async {
            let (mut client, mut gate_one) = duplex(64);
            let (mut site, mut gate_other) = duplex(64);
            let carried = async { carry(&mut gate_one, &mut gate_other).await };
            let talk = async {
                client.write_all(b"question").await.unwrap();
                client.shutdown().await.unwrap();
                let mut asked = Vec::new();
                site.read_to_end(&mut asked).await.unwrap();
                tokio::time::sleep(Duration::from_millis(30)).await;
                site.write_all(b"answer").await.unwrap();
                site.shutdown().await.unwrap();
                let mut answered = Vec::new();
                client.read_to_end(&mut answered).await.unwrap();
                (asked, answered)
            };
            let (carried, (asked, answered)) = tokio::join!(carried, talk);
            carried.unwrap();
            assert_eq!((asked.as_slice(), answered.as_slice()), (&b"question"[..], &b"answer"[..]));
        });
    }

    #[test]
    fn a_side_that_is_gone_ends_it() {
        run(async {
            let (mut client, mut gate_one) = duplex(64);
            let (site, mut gate_other) = duplex(64);
            drop(site);
            client.write_all(b"nobody hears this").await.unwrap();
            assert!(carry(&mut gate_one, &mut gate_other).await.is_err());
        });
    }

    #[test]
    fn what_is_idle_owns_no_memory() {
        run(async {
            let (mut client, mut gate_one) = duplex(64);
            let (mut site, mut gate_other) = duplex(64);
            let (mut there, mut back) = (Direction::default(), Direction::default());
            client.write_all(&[7; 60]).await.unwrap();
            site.write_all(&[7; 60]).await.unwrap();
            std::future::poll_fn(|context| {
                assert!(there.poll(context, &mut gate_one, &mut gate_other).is_pending());
                assert!(back.poll(context, &mut gate_other, &mut gate_one).is_pending());
                Poll::Ready(())
            })
            .await;
            assert_eq!(there.waiting.capacity() + back.waiting.capacity(), 0);
        });
    }
}
