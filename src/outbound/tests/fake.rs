//! A clock that is set by hand, and a transport that is told what to answer.

use crate::{BoxFuture, Clock, Exchange, Outbound, OutboundSettings, Transport, TransportError};
use bytes::Bytes;
use http::Response;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// As far away as no test goes.
pub(super) const NEVER: Duration = Duration::from_secs(1_000_000);

pub(super) type Answer = Result<Response<Bytes>, TransportError>;

#[derive(Clone)]
pub(super) struct ManualClock(watch::Sender<Duration>);

impl ManualClock {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Duration::from_secs(1)))
    }

    pub(super) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        *self.0.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let until = self.monotonic() + duration;
        let mut now = self.0.subscribe();
        Box::pin(async move {
            if now.wait_for(|now| *now >= until).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

type Script = dyn Fn(Exchange) -> BoxFuture<'static, Answer> + Send + Sync;

/// Answers as a function says, and remembers what it was asked.
#[derive(Clone)]
pub(super) struct Scripted {
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(super) fn new<F>(script: impl Fn(Exchange) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self {
            script: Arc::new(move |exchange| Box::pin(script(exchange))),
            asked: Arc::default(),
        }
    }

    /// Answers by URL.
    pub(super) fn map(script: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::new(move |exchange| std::future::ready(script(&exchange.request.uri().to_string())))
    }

    /// Method, URL and body of each request.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Transport for Scripted {
    fn exchange(&self, exchange: Exchange) -> BoxFuture<'_, Answer> {
        let request = &exchange.request;
        let body = String::from_utf8_lossy(request.body());
        let line = format!("{} {} {body}", request.method(), request.uri());
        self.asked.lock().unwrap().push(line.trim_end().to_owned());
        (self.script)(exchange)
    }
}

pub(super) fn json(body: &str) -> Answer {
    status(200, body)
}

pub(super) fn status(status: u16, body: &str) -> Answer {
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Bytes::copy_from_slice(body.as_bytes()));
    Ok(response.unwrap())
}

pub(super) fn redirect(status: u16, location: &str) -> Answer {
    let response = Response::builder()
        .status(status)
        .header("location", location)
        .body(Bytes::new());
    Ok(response.unwrap())
}

pub(super) fn settings(json: &str) -> OutboundSettings {
    serde_json::from_str(json).unwrap()
}

pub(super) fn outbound(settings: &str, transport: &Scripted) -> (Outbound, ManualClock) {
    let clock = ManualClock::new();
    let settings = self::settings(settings);
    let outbound = Outbound::new(settings, transport.clone(), clock.clone()).unwrap();
    (outbound, clock)
}
