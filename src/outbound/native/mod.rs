//! A transport over sockets, for hosts that run tokio: HTTP/1.1, with and without TLS, connections kept for reuse.
//!
//! A name is resolved once for each connection, and the socket connects to an address that was let through. No proxy
//! of the environment is used.

mod connect;
mod pool;

pub use connect::{Resolve, SystemResolver};

use crate::target::{Origin, Target};
use crate::transport::{BodyStream, BoxFuture, Clock, Exchange, Transport, TransportError};
use bytes::Bytes;
use connect::Connector;
use futures_util::stream;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use pool::{Connection, Pool};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is read of a body that nobody wants, so that its connection can be used again.
const DRAINED_BYTES: usize = 16 * 1024;

/// There can be no native transport. The text is for operators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("calls to other services can't be made: {0}")]
pub struct NativeError(String);

/// Exchanges over sockets; needs tokio's runtime with time and I/O.
#[derive(Debug)]
pub struct NativeTransport {
    connector: Connector,
    pool: Arc<Pool>,
}

impl NativeTransport {
    /// Trusts the system's root certificates and resolves names as the system does. While at most `connections`
    /// exchanges are made at once, as [`Outbound`](crate::Outbound) sees to, there are at most as many connections.
    ///
    /// # Errors
    ///
    /// The system has no root certificates.
    pub fn new(connections: usize) -> Result<Self, NativeError> {
        Ok(Self::with(
            connections,
            Arc::new(system_tls()?),
            SystemResolver,
        ))
    }

    /// With a configuration of TLS and a resolver of one's own.
    #[must_use]
    pub fn with(connections: usize, tls: Arc<ClientConfig>, resolver: impl Resolve) -> Self {
        Self {
            connector: Connector::new(tls, Arc::new(resolver)),
            pool: Arc::new(Pool::new(connections)),
        }
    }

    async fn run(&self, exchange: Exchange) -> Result<Response<Bytes>, TransportError> {
        let max_body_bytes = exchange.max_body_bytes;
        let asked = self.ask(exchange).await?;
        let read = read(asked.response, max_body_bytes).await?;
        if read.is_whole {
            self.pool.keep(&asked.origin, asked.connection);
        }
        Ok(read.response)
    }

    async fn run_open(&self, exchange: Exchange) -> Result<Response<BodyStream>, TransportError> {
        let max_body_bytes = exchange.max_body_bytes;
        let Asked {
            response,
            connection,
            origin,
        } = self.ask(exchange).await?;
        let (parts, body) = response.into_parts();
        let pieces = Pieces {
            body,
            connection,
            origin,
            pool: Arc::clone(&self.pool),
            rest: max_body_bytes,
        };
        Ok(Response::from_parts(parts, pieces.into_stream()))
    }

    /// Sends a request over a kept or a new connection, until its answer begins.
    async fn ask(&self, exchange: Exchange) -> Result<Asked, TransportError> {
        let target = Target::parse(&exchange.request.uri().to_string())
            .map_err(|error| TransportError::Failed(error.to_string()))?;
        let request = origin_form(exchange.request, target.origin())?;
        loop {
            let kept = self.pool.take(target.origin(), &exchange.addresses);
            let is_new = kept.is_none();
            let mut connection = match kept {
                Some(connection) => connection,
                None => {
                    let lease = self.pool.lease();
                    let opened = self.connector.connect(&target, &exchange.addresses);
                    let (sender, address) = opened.await?;
                    Connection::new(sender, address, lease)
                }
            };
            match send(&mut connection, request.clone()).await {
                Ok(response) => {
                    return Ok(Asked {
                        response,
                        connection,
                        origin: target.origin().clone(),
                    });
                }
                Err(unanswered) if !is_new && unanswered.may_be_sent_again(&request) => {}
                Err(unanswered) => return Err(failed(&unanswered.error)),
            }
        }
    }
}

impl Transport for NativeTransport {
    fn exchange(
        &self,
        exchange: Exchange,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(self.run(exchange))
    }

    fn open(
        &self,
        exchange: Exchange,
    ) -> BoxFuture<'_, Result<Response<BodyStream>, TransportError>> {
        Box::pin(self.run_open(exchange))
    }
}

/// Tokio's time.
#[derive(Debug, Clone, Copy)]
pub struct NativeClock {
    start: Instant,
}

impl NativeClock {
    /// Begins now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for NativeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for NativeClock {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

fn system_tls() -> Result<ClientConfig, NativeError> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 {
        let problem = "this system has no root certificates";
        return Err(NativeError(problem.to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NativeError(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The request as it is sent to the server itself: the place in a header, the path in the first line.
fn origin_form(
    mut request: Request<Bytes>,
    origin: &Origin,
) -> Result<Request<Full<Bytes>>, TransportError> {
    let place = origin.to_string();
    let (_, authority) = place.split_once("://").unwrap_or_default();
    let authority = HeaderValue::from_str(authority)
        .map_err(|error| TransportError::Failed(error.to_string()))?;
    request.headers_mut().insert(HOST, authority);
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    Ok(request.map(Full::new))
}

struct Unanswered {
    error: hyper::Error,
    was_sent: bool,
}

impl Unanswered {
    /// Whether the connection may just have been closed by a server that was tired of waiting: a request that asks
    /// for nothing to be done, or was not sent, is sent again over another one.
    fn may_be_sent_again(&self, request: &Request<Full<Bytes>>) -> bool {
        let is_closed = !self.error.is_parse() && !self.error.is_timeout();
        !self.was_sent || (is_closed && request.method().is_safe())
    }
}

async fn send(
    connection: &mut Connection,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, Unanswered> {
    let sender = connection.sender();
    let ready = sender.ready().await;
    ready.map_err(|error| Unanswered {
        error,
        was_sent: false,
    })?;
    let sent = sender.try_send_request(request).await;
    sent.map_err(|mut error| Unanswered {
        was_sent: error.take_message().is_none(),
        error: error.into_error(),
    })
}

/// An answer that has begun, and the connection that its body comes over.
struct Asked {
    response: Response<Incoming>,
    connection: Connection,
    origin: Origin,
}

/// A body that is handed over piece by piece; after the last one its connection is kept.
struct Pieces {
    body: Incoming,
    connection: Connection,
    origin: Origin,
    pool: Arc<Pool>,
    /// How many bytes may still come.
    rest: usize,
}

impl Pieces {
    fn into_stream(self) -> BodyStream {
        Box::pin(stream::unfold(Some(self), |state| async move {
            let mut pieces = state?;
            match pieces.next().await {
                Some(Ok(piece)) => Some((Ok(piece), Some(pieces))),
                Some(Err(error)) => Some((Err(error), None)),
                None => {
                    pieces.pool.keep(&pieces.origin, pieces.connection);
                    None
                }
            }
        }))
    }

    async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        loop {
            let frame = match self.body.frame().await? {
                Ok(frame) => frame,
                Err(error) => return Some(Err(failed(&error))),
            };
            // Trailers say nothing that is asked for.
            let Ok(piece) = frame.into_data() else {
                continue;
            };
            let Some(rest) = self.rest.checked_sub(piece.len()) else {
                return Some(Err(TransportError::TooLarge));
            };
            self.rest = rest;
            return Some(Ok(piece));
        }
    }
}

struct Read {
    response: Response<Bytes>,
    /// Whether its connection is at the end of the body.
    is_whole: bool,
}

async fn read(response: Response<Incoming>, max_body_bytes: usize) -> Result<Read, TransportError> {
    let (parts, body) = response.into_parts();
    let is_wanted = parts.status.is_success();
    let limit = if is_wanted {
        max_body_bytes
    } else {
        DRAINED_BYTES.min(max_body_bytes)
    };
    let is_too_large = body.size_hint().lower() > limit as u64;
    if is_too_large && is_wanted {
        return Err(TransportError::TooLarge);
    }
    let collected = if is_too_large {
        None
    } else {
        match Limited::new(body, limit).collect().await {
            Ok(collected) => Some(collected.to_bytes()),
            Err(error) if is_wanted && error.is::<LengthLimitError>() => {
                return Err(TransportError::TooLarge);
            }
            Err(error) if is_wanted => return Err(TransportError::Failed(error.to_string())),
            Err(_) => None,
        }
    };
    let is_whole = collected.is_some();
    let body = collected.filter(|_| is_wanted).unwrap_or_default();
    Ok(Read {
        response: Response::from_parts(parts, body),
        is_whole,
    })
}

fn failed(error: &hyper::Error) -> TransportError {
    TransportError::Failed(error.to_string())
}
