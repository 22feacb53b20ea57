//! Connections to sites, kept open for the next request to the same site. Each is made by `Destinations`,
//! so none goes to an address that was not checked.

use std::{
    error::Error,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{Request, Response, Uri, body::Incoming};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::net::TcpStream;

use crate::{
    body::{Progress, Upload},
    config::Limits,
    destination::{DestinationError, Destinations},
    page::Trouble,
    stream::Watched,
    target::Target,
};

type Link = TokioIo<Watched<TcpStream>>;

impl Connection for Watched<TcpStream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// Makes the connections of the pool.
#[derive(Clone)]
struct Connector {
    destinations: Arc<Destinations>,
    idle: Duration,
}

impl tower::Service<Uri> for Connector {
    type Response = Link;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Link, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { destinations, idle } = self.clone();
        Box::pin(async move {
            let target = Target::of_absolute(&uri)?;
            let stream = destinations.connect(&target).await?;
            Ok(TokioIo::new(Watched::new(stream, idle)))
        })
    }
}

/// The pool of connections to sites.
pub(crate) struct Upstream {
    client: Client<Connector, Upload>,
    answer: Duration,
}

impl Upstream {
    pub(crate) fn new(destinations: Arc<Destinations>, limits: &Limits) -> Self {
        let connector = Connector { destinations, idle: limits.idle() };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(32)
            .http1_max_buf_size(limits.header_bytes.max(8192))
            .build(connector);
        Self { client, answer: Duration::from_secs(limits.answer_seconds) }
    }

    /// Sends a request on and waits for its answer to begin. The time to answer starts anew while the
    /// request's body is still moving.
    pub(crate) async fn send(
        &self,
        request: Request<Upload>,
        progress: Progress,
    ) -> Result<Response<Incoming>, Trouble> {
        let mut answer = std::pin::pin!(self.client.request(request));
        loop {
            let end = progress.last() + self.answer;
            match tokio::time::timeout_at(end, &mut answer).await {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => return Err(trouble(&error)),
                Err(_) if progress.last() + self.answer > end => {}
                Err(_) => return Err(Trouble::TimedOut),
            }
        }
    }
}

/// What an error of the pool means for the reader.
fn trouble(error: &(dyn Error + 'static)) -> Trouble {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<DestinationError>() {
            return error.into();
        }
        if error.downcast_ref::<std::io::Error>().is_some_and(|it| it.kind() == std::io::ErrorKind::TimedOut) {
            return Trouble::TimedOut;
        }
        next = error.source();
    }
    Trouble::NoConnection
}
