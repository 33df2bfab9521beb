//! A small host of `wasi:http` 0.3, with `wasi:keyvalue` in a file of SQLite.
//!
//! It serves what `cargo xtask build spin` composed, in tests and on a developer's machine, and gives a component
//! exactly what Spin gives that is used here. It is no product: Spin, or any host of `wasi:http` 0.3, is.

#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a command-line tool talks to its user")]

mod guest;
mod keyvalue;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use guest::Guests;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use keyvalue::{Database, Options};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long to wait for what is in flight when stopping.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// Serve a component of wasi:http 0.3, with wasi:keyvalue in a file.
///
/// Says `listening on http://ADDRESS` on standard error when it does; SIGTERM or Ctrl-C stops it after what is in
/// flight is answered. What the component logs goes to standard error as well.
#[derive(Debug, Parser)]
#[command(name = "assize-wasi-host")]
struct Arguments {
    /// The component.
    component: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The file of the store `default`; without it, there is no store.
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// The most that the store may take, in pages of 4 KiB.
    #[arg(long, value_name = "N", requires = "store")]
    store_pages: Option<u32>,
    /// A variable for the component, as in `ASSIZE_LOG=warn`; may be given again.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// How many requests one instance answers before another takes its place.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    reuse: u32,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let database = match &arguments.store {
        Some(file) => Some(Database::open(&Options {
            file: file.clone(),
            pages: arguments.store_pages,
        })?),
        None => None,
    };
    let guests = Guests::new(
        &arguments.component,
        database,
        arguments.env,
        arguments.reuse,
    )
    .map_err(|error| anyhow!("{error:?}"))?;
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("can't listen on {}", arguments.listen))?;
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    eprintln!("listening on http://{}", listener.local_addr()?);
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        };
        let Ok((stream, _)) = accepted else { continue };
        // Answers are small and whole: waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let guests = guests.clone();
        let answer = service_fn(move |request| {
            let guests = guests.clone();
            async move { guests.answer(request).await }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), answer);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("a connection ended early: {error}");
            }
        });
    }
    // What did not end in time is not waited for again.
    let _ = tokio::time::timeout(SHUTDOWN, connections.shutdown()).await;
    Ok(())
}
