//! Many calls at once: one flight for equal ones, one probe, bounds on connections.

use super::fake::{Answer, ManualClock, NEVER, Scripted, json, outbound, status};
use crate::{Outbound, OutboundAnswer, OutboundError, TransportError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

const ALLOWED: &str = r#"{"allow": ["https://a.example/", "https://*.many.example/"]}"#;

fn spawn(outbound: &Outbound, url: &str) -> JoinHandle<OutboundAnswer> {
    spawn_until(outbound, url, NEVER)
}

fn spawn_until(outbound: &Outbound, url: &str, deadline: Duration) -> JoinHandle<OutboundAnswer> {
    let (outbound, url) = (outbound.clone(), url.to_owned());
    tokio::spawn(async move { outbound.get_json(&url, deadline).await })
}

/// A transport whose exchanges wait until they are let go, and how many it holds.
fn gated(answer: fn() -> Answer) -> (Scripted, Arc<Semaphore>, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let gate = Arc::new(Semaphore::new(0));
    let (held, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let shared = (Arc::clone(&gate), Arc::clone(&held), Arc::clone(&most));
    let transport = Scripted::new(move |_| {
        let (gate, held, most) = shared.clone();
        async move {
            let held = Held::new(held);
            most.fetch_max(held.0.load(Ordering::SeqCst), Ordering::SeqCst);
            gate.acquire().await.unwrap().forget();
            drop(held);
            answer()
        }
    });
    (transport, gate, held, most)
}

struct Held(Arc<AtomicUsize>);

impl Held {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Lets other tasks run until something holds; a test that waits in vain ends by its runner's bound.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn equal_calls_share_one_exchange() {
    let (transport, gate, held, _) = gated(|| json("[1]"));
    let (outbound, _) = outbound(ALLOWED, &transport);
    let calls: Vec<_> = (0..100)
        .map(|_| spawn(&outbound, "https://a.example/x"))
        .collect();
    until(|| held.load(Ordering::SeqCst) == 1).await;
    gate.add_permits(1);
    for call in calls {
        assert_eq!(call.await.unwrap().as_deref(), Ok("[1]"));
    }
    assert_eq!(transport.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_asked_first_may_go_and_the_last_one_ends_it() {
    let (transport, gate, held, _) = gated(|| json("1"));
    let (outbound, clock) = outbound(ALLOWED, &transport);
    let url = "https://a.example/x";
    let first = spawn(&outbound, url);
    until(|| held.load(Ordering::SeqCst) == 1).await;
    let hasty = spawn_until(&outbound, url, Duration::from_secs(3));
    let last = spawn(&outbound, url);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    // `hasty` may not have begun: then its time is over all the same.
    clock.advance(Duration::from_secs(5));
    assert_eq!(hasty.await.unwrap(), Err(OutboundError::Deadline));
    gate.add_permits(1);
    assert_eq!(last.await.unwrap().as_deref(), Ok("1"));

    let alone = spawn(&outbound, "https://a.example/y");
    until(|| held.load(Ordering::SeqCst) == 1).await;
    alone.abort();
    until(|| held.load(Ordering::SeqCst) == 0).await;
    gate.add_permits(1);
    let again = outbound.get_json("https://a.example/y", NEVER).await;
    assert_eq!(again.as_deref(), Ok("1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_cache_stays_right_under_many_callers() {
    let transport = Scripted::map(|url| json(&format!("{url:?}")));
    // The clock goes less far than a call may take.
    let settings = r#"{
        "allow": ["https://a.example/"],
        "cache_entries": 8,
        "cache_bytes": 4096,
        "cache_seconds": 2,
        "call_timeout_ms": 600000
    }"#;
    let (outbound, clock) = outbound(settings, &transport);
    let callers: Vec<_> = (0..16_usize)
        .map(|caller| {
            let (outbound, clock) = (outbound.clone(), clock.clone());
            tokio::spawn(async move {
                for number in 0..200 {
                    let url = format!("https://a.example/{}", (caller * 7 + number) % 24);
                    let answer = outbound.get_json(&url, NEVER).await.unwrap();
                    assert_eq!(&*answer, format!("{url:?}"));
                    if number % 10 == 0 {
                        clock.advance(Duration::from_secs(1));
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

/// Five failures: the breaker of `a.example` is open.
async fn break_it(outbound: &Outbound) {
    for number in 0..5 {
        let url = format!("https://a.example/{number}");
        outbound.get_json(&url, NEVER).await.unwrap_err();
    }
}

fn breaking() -> (Scripted, Arc<AtomicBool>, Arc<Semaphore>) {
    let (works, gate) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(Semaphore::new(0)),
    );
    let shared = (Arc::clone(&works), Arc::clone(&gate));
    let transport = Scripted::new(move |_| {
        let (works, gate) = shared.clone();
        async move {
            if !works.load(Ordering::SeqCst) {
                return status(503, "");
            }
            gate.acquire().await.unwrap().forget();
            json("1")
        }
    });
    (transport, works, gate)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_probe_among_many_callers() {
    let (transport, works, gate) = breaking();
    let (outbound, clock) = outbound(ALLOWED, &transport);
    break_it(&outbound).await;
    let error = outbound.get_json("https://a.example/", NEVER).await;
    let origin = "https://a.example".to_owned();
    let retry_after_ms = 60_000;
    let open = OutboundError::CircuitOpen {
        origin,
        retry_after_ms,
    };
    assert_eq!(error, Err(open));
    // Others are not concerned.
    let other = outbound.get_json("https://x.many.example/", NEVER).await;
    assert!(matches!(other, Err(OutboundError::Status { .. })));
    assert_eq!(transport.asked().len(), 6);

    works.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_millis(60_001));
    let mut calls: Vec<_> = (0..50)
        .map(|number| spawn(&outbound, &format!("https://a.example/probe/{number}")))
        .collect();
    until(|| calls.iter().filter(|call| call.is_finished()).count() == 49).await;
    assert_eq!(transport.asked().len(), 7);
    gate.add_permits(1);
    let mut answers = Vec::new();
    for call in calls.drain(..) {
        answers.push(call.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let is_open =
        |answer: &&OutboundAnswer| matches!(answer, Err(OutboundError::CircuitOpen { .. }));
    assert_eq!(answers.iter().filter(is_open).count(), 49);
    // Closed again.
    gate.add_permits(10);
    for number in 0..10 {
        let url = format!("https://a.example/after/{number}");
        assert!(outbound.get_json(&url, NEVER).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_probe_that_is_given_up_makes_room_for_another() {
    let (transport, works, gate) = breaking();
    let (outbound, clock) = outbound(ALLOWED, &transport);
    break_it(&outbound).await;
    works.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(61));
    let probe = spawn(&outbound, "https://a.example/probe");
    until(|| transport.asked().len() == 6).await;
    assert!(
        outbound
            .get_json("https://a.example/", NEVER)
            .await
            .is_err()
    );
    probe.abort();
    assert!(probe.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    assert!(outbound.get_json("https://a.example/", NEVER).await.is_ok());
}

#[tokio::test]
async fn only_failures_of_the_service_open_it() {
    let transport = Scripted::map(|url| match url.rsplit('/').next() {
        Some("404") => status(404, ""),
        Some("bad") => json("{"),
        Some("address") => Err(TransportError::Address),
        Some("large") => Err(TransportError::TooLarge),
        _ => json("1"),
    });
    let (outbound, _) = outbound(ALLOWED, &transport);
    for path in ["404", "bad", "address", "large"] {
        for number in 0..10 {
            let url = format!("https://a.example/{number}/{path}");
            assert!(outbound.get_json(&url, NEVER).await.is_err());
        }
    }
    assert!(outbound.get_json("https://a.example/", NEVER).await.is_ok());
    assert_eq!(transport.asked().len(), 41);
}

async fn time_out(outbound: &Outbound, clock: &ManualClock, held: &AtomicUsize, url: &str) {
    let call = spawn(outbound, url);
    until(|| held.load(Ordering::SeqCst) == 1).await;
    clock.advance(Duration::from_secs(10));
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(
        error,
        OutboundError::Timeout {
            limit_ms: 10_000,
            ..
        }
    ));
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_and_is_a_failure() {
    let (transport, _gate, held, _) = gated(|| json("1"));
    let (outbound, clock) = outbound(ALLOWED, &transport);
    for number in 0..5 {
        let url = format!("https://a.example/{number}");
        time_out(&outbound, &clock, &held, &url).await;
    }
    assert_eq!(held.load(Ordering::SeqCst), 0);
    let error = outbound.get_json("https://a.example/", NEVER).await;
    assert!(matches!(error, Err(OutboundError::CircuitOpen { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_are_bounded_in_all_and_for_each_host() {
    let (transport, gate, held, most) = gated(|| json("1"));
    let (outbound, _) = outbound(ALLOWED, &transport);
    let mut calls: Vec<_> = (0..60)
        .map(|number| spawn(&outbound, &format!("https://a.example/{number}")))
        .collect();
    until(|| held.load(Ordering::SeqCst) == 30).await;
    for host in 0..10 {
        for number in 0..20 {
            let url = format!("https://h{host}.many.example/{number}");
            calls.push(spawn(&outbound, &url));
        }
    }
    until(|| held.load(Ordering::SeqCst) == 100).await;
    gate.add_permits(260);
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(most.load(Ordering::SeqCst), 100);
    assert_eq!(transport.asked().len(), 260);
}

#[tokio::test]
async fn failures_of_many_origins_are_forgotten_in_the_end() {
    let transport = Scripted::map(|_| status(500, ""));
    let (outbound, _) = outbound(ALLOWED, &transport);
    for host in 0..3000 {
        let url = format!("https://h{host}.many.example/");
        outbound.get_json(&url, NEVER).await.unwrap_err();
    }
    assert_eq!(outbound.remembered_failures(), 1000);
}
