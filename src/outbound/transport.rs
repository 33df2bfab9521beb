//! What a host supplies to make calls with: one exchange of HTTP, and time.

use crate::address::AddressFilter;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A future that may change threads; hosts with one thread wrap theirs.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A body as it comes, in pieces of any size. It ends with its last piece or with its first error; dropped, it ends
/// the exchange.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// One request and how it is to be made.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request; its URI has scheme and host.
    pub request: Request<Bytes>,
    /// Which addresses may be connected to. A name is resolved once, and what was judged is what is connected to:
    /// else a second look at the name could lead elsewhere. A host that can't see addresses relies on its platform.
    pub addresses: Arc<AddressFilter>,
    /// The largest body that is read.
    pub max_body_bytes: usize,
}

/// Why an exchange failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// None of the host's addresses may be connected to.
    #[error("no address of the host may be connected to")]
    Address,
    /// The body is larger than `max_body_bytes`.
    #[error("the body is too large")]
    TooLarge,
    /// No connection, or it broke. The text is for operators.
    #[error("{0}")]
    Failed(String),
}

/// Makes exchanges. Dropping the future ends the exchange.
pub trait Transport: Send + Sync + 'static {
    /// Sends one request and reads the answer. Follows no redirect, keeps no cookie and adds no credentials; the body
    /// of another status than 2xx may be left out. Whoever decodes a `content-encoding` removes that header.
    fn exchange(
        &self,
        exchange: Exchange,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>>;

    /// Sends one request and hands the body over as it comes, whatever the status, up to `max_body_bytes` of it; else
    /// as [`exchange`](Self::exchange). A transport that has nothing better gives the body in one piece.
    fn open(
        &self,
        exchange: Exchange,
    ) -> BoxFuture<'_, Result<Response<BodyStream>, TransportError>> {
        let response = self.exchange(exchange);
        Box::pin(async move {
            let whole = |body| -> BodyStream { Box::pin(stream::iter([Ok(body)])) };
            Ok(response.await?.map(whole))
        })
    }
}

/// A host's clock.
pub trait Clock: Send + Sync + 'static {
    /// Time since an arbitrary start; never goes back.
    fn monotonic(&self) -> Duration;

    /// Ends after so long.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}
