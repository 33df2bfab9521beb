//! Listening, and stopping without losing what is in flight.

use anyhow::{Context, Result};
use assize_service::{Service, router};
use axum::serve::ListenerExt;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves until a signal comes, then until everything in flight is answered; false if that took longer than
/// `patience`.
pub(crate) async fn serve(
    address: SocketAddr,
    service: Arc<Service>,
    patience: Duration,
) -> Result<bool> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address}; `--listen` takes another address"))?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|connection| {
        // Answers are small and whole: waiting for more to send only delays them.
        let _ = connection.set_nodelay(true);
    });
    let stop = Arc::new(tokio::sync::Notify::new());
    let stopping = Arc::clone(&stop);
    let server = axum::serve(listener, router(Arc::clone(&service)))
        .with_graceful_shutdown(async move { stopping.notified().await });
    let server = tokio::spawn(server.into_future());
    tracing::info!(%address, docs = format!("http://{address}/docs"), "listening");

    let mut signals = Signals::new()?;
    let signal = signals.next().await;
    tracing::info!(signal, "stopping: finishing what is in flight");
    service.begin_stopping();
    stop.notify_one();
    tokio::select! {
        ended = tokio::time::timeout(patience, server) => match ended {
            Ok(ended) => {
                ended.context("the server failed")?.context("the server failed")?;
                tracing::info!("stopped");
                Ok(true)
            }
            Err(_) => {
                tracing::error!(seconds = patience.as_secs(), "stopped before everything was answered");
                Ok(false)
            }
        },
        signal = signals.next() => {
            tracing::error!(signal, "stopped at once, before everything was answered");
            Ok(false)
        }
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
