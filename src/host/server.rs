//! Listening, and stopping without losing what is in flight.

use crate::admission::{Admission, admit};
use anyhow::{Context as _, Result};
use assize_service::{Page, PeerAddress, Service, router_within};
use axum::Router;
use axum::middleware::from_fn_with_state;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Layer;
use tower_http::timeout::{RequestBodyTimeout, RequestBodyTimeoutLayer};

/// How long to wait before accepting again when the system would not let us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What changes a running server.
pub(crate) trait Reload: Send + Sync + 'static {
    /// Takes over what can be taken over; may take seconds.
    fn reload(&self);
}

/// Bounds on what peers may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at one time; more wait to be accepted.
    pub(crate) connections: usize,
    /// The longest that a request's head, or the next part of its body, may take to come.
    pub(crate) read: Duration,
    /// How long to wait for what is in flight when stopping.
    pub(crate) shutdown: Duration,
}

/// Serves until a signal comes, then until everything in flight is answered; false if that took longer than
/// permitted.
pub(crate) async fn serve(
    address: SocketAddr,
    service: Arc<Service>,
    admission: Arc<Admission>,
    limits: Limits,
    reload: Arc<dyn Reload>,
) -> Result<bool> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address}; `--listen` takes another address"))?;
    let address = listener.local_addr()?;
    let mut signals = Signals::new()?;
    let hangups = Hangups::new()?;
    tracing::info!(%address, docs = format!("http://{address}/docs"), "listening");

    let connections = GracefulShutdown::new();
    let router = router_within(Arc::clone(&service), pages(), |routes| {
        routes.layer(from_fn_with_state(admission, admit))
    });
    tokio::select! {
        () = accept(listener, router, limits, &connections) => {}
        () = hangups.reload_for_ever(reload) => {}
        signal = signals.next() => {
            tracing::info!(signal, "stopping: finishing what is in flight");
        }
    }
    service.begin_stopping();
    tokio::select! {
        ended = tokio::time::timeout(limits.shutdown, connections.shutdown()) => {
            if ended.is_ok() {
                tracing::info!("stopped");
            } else {
                let seconds = limits.shutdown.as_secs();
                tracing::error!(seconds, "stopped before everything was answered");
            }
            Ok(ended.is_ok())
        }
        signal = signals.next() => {
            tracing::error!(signal, "stopped at once, before everything was answered");
            Ok(false)
        }
    }
}

fn pages() -> Vec<Page> {
    let pages = assize_playground::pages();
    if pages.is_empty() {
        tracing::warn!("built without the playground; `cargo xtask serve` builds it");
    }
    pages
}

type Answerer = TowerToHyperService<WithPeer>;

/// Says of each request where its connection comes from.
#[derive(Debug, Clone)]
struct WithPeer {
    answerer: RequestBodyTimeout<Router>,
    peer: IpAddr,
}

impl tower::Service<hyper::Request<Incoming>> for WithPeer {
    type Response =
        <RequestBodyTimeout<Router> as tower::Service<hyper::Request<Incoming>>>::Response;
    type Error = <RequestBodyTimeout<Router> as tower::Service<hyper::Request<Incoming>>>::Error;
    type Future = <RequestBodyTimeout<Router> as tower::Service<hyper::Request<Incoming>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        tower::Service::<hyper::Request<Incoming>>::poll_ready(&mut self.answerer, context)
    }

    fn call(&mut self, mut request: hyper::Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(PeerAddress(self.peer));
        self.answerer.call(request)
    }
}

/// Accepts connections and never ends; the listener is closed when this is dropped.
async fn accept(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    connections: &GracefulShutdown,
) {
    let timeout = RequestBodyTimeoutLayer::new(limits.read);
    let answerer = timeout.layer(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.read);
    let permits = Arc::new(Semaphore::new(limits.connections));
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let watcher = connections.watcher();
                let answerer = TowerToHyperService::new(WithPeer {
                    answerer: answerer.clone(),
                    peer: peer.ip(),
                });
                tokio::spawn(answer(stream, http.clone(), answerer, watcher, permit));
            }
            Err(error) => {
                tracing::error!(%error, "a connection can't be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(
    stream: TcpStream,
    http: http1::Builder,
    answerer: Answerer,
    watcher: Watcher,
    _permit: OwnedSemaphorePermit,
) {
    // Answers are small and whole: waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let connection = http.serve_connection(TokioIo::new(stream), answerer);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Each connection takes a file: asks for as many as this user may have.
#[cfg(unix)]
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the number of open files can't be raised");
    }
}

#[cfg(not(unix))]
pub(crate) fn raise_file_limit() {}

/// SIGHUP: heard from when it is made, so that none ends the process.
#[cfg(unix)]
struct Hangups(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Hangups {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::hangup())?))
    }

    async fn reload_for_ever(mut self, reload: Arc<dyn Reload>) {
        while self.0.recv().await.is_some() {
            let reload = Arc::clone(&reload);
            // Connections are accepted and signals heard meanwhile.
            let _ = tokio::task::spawn_blocking(move || reload.reload()).await;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(not(unix))]
struct Hangups;

#[cfg(not(unix))]
impl Hangups {
    fn new() -> Result<Self> {
        Ok(Self)
    }

    async fn reload_for_ever(self, _: Arc<dyn Reload>) {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        // Without a way to be told, it runs until it is ended.
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
