//! From a URL's host to a connection: resolve, judge, connect to what was judged.

use crate::address::AddressFilter;
use crate::target::Target;
use crate::transport::{BoxFuture, TransportError};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long one of several addresses is tried before the next.
const ADDRESS_TRIED: Duration = Duration::from_secs(2);

/// The most bytes of an answer's headers.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Finds the addresses of names.
pub trait Resolve: Send + Sync + 'static {
    /// Every address of a host, in the order in which they are tried. What it gives is judged after it.
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// Asks the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

pub(super) struct Connector {
    tls: TlsConnector,
    resolver: Arc<dyn Resolve>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Connector {
    pub(super) fn new(tls: Arc<ClientConfig>, resolver: Arc<dyn Resolve>) -> Self {
        Self {
            tls: TlsConnector::from(tls),
            resolver,
        }
    }

    /// A connection, and the address it is to.
    pub(super) async fn connect(
        &self,
        target: &Target,
        filter: &AddressFilter,
    ) -> Result<(SendRequest<Full<Bytes>>, IpAddr), TransportError> {
        let addresses = self.addresses(target).await?;
        let permitted = addresses
            .into_iter()
            .filter(|address| filter.permits(address.ip()));
        let stream = first(permitted.collect()).await?;
        let address = stream.peer_addr().map_err(failed)?.ip();
        stream.set_nodelay(true).map_err(failed)?;
        let sender = if target.origin().is_https {
            let host = target.origin().host.trim_matches(['[', ']']).to_owned();
            let name = ServerName::try_from(host)
                .map_err(|_| TransportError::Failed("the host has no name for TLS".to_owned()))?;
            handshake(self.tls.connect(name, stream).await.map_err(failed)?).await?
        } else {
            handshake(stream).await?
        };
        Ok((sender, address))
    }

    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, TransportError> {
        let origin = target.origin();
        if let Some(address) = target.address() {
            return Ok(vec![SocketAddr::new(address, origin.port)]);
        }
        let found = self.resolver.resolve(&origin.host, origin.port).await;
        // What the system says of a name is the same for all names, and a hint of what is inside for none.
        let found =
            found.map_err(|_| TransportError::Failed("the name can't be resolved".to_owned()))?;
        // Another port than the URL's is none of a resolver's affairs.
        let address = |found: SocketAddr| SocketAddr::new(found.ip(), origin.port);
        Ok(found.into_iter().map(address).collect())
    }
}

async fn first(addresses: Vec<SocketAddr>) -> Result<TcpStream, TransportError> {
    let mut failure = TransportError::Address;
    let mut rest = addresses.into_iter().peekable();
    while let Some(address) = rest.next() {
        let stream = TcpStream::connect(address);
        let connected = if rest.peek().is_some() {
            timeout(ADDRESS_TRIED, stream)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        } else {
            stream.await
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = failed(error),
        }
    }
    Err(failure)
}

async fn handshake<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, TransportError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let handshake = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(stream));
    let (sender, connection) = handshake
        .await
        .map_err(|error| TransportError::Failed(error.to_string()))?;
    // Ends when the sender is dropped; how it ended, whoever sends is told.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

fn failed(error: io::Error) -> TransportError {
    TransportError::Failed(error.to_string())
}
