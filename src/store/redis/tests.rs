use super::server::RedisServer;
use super::*;
use crate::suite::{self, Chain, verify};
use assize_journal::{Event, StoreError, Window};
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

mod model;
mod opening;
mod refusals;

fn options(server: &RedisServer) -> RedisOptions {
    RedisOptions::new(&server.url()).unwrap()
}

async fn store(server: &RedisServer) -> RedisStore {
    RedisStore::open(options(server)).await.unwrap()
}

/// A command as at the server's own prompt, without quotes.
fn command(words: &str) -> ::redis::Cmd {
    let mut words = words.split(' ');
    let mut command = ::redis::cmd(words.next().unwrap());
    command.arg(words.collect::<Vec<_>>()).take()
}

async fn tell(store: &RedisStore, words: &str) {
    let told: Result<(), _> = store.link.query(&command(words)).await;
    told.unwrap();
}

/// Every key, and what is in it.
async fn contents(store: &RedisStore) -> BTreeMap<String, Vec<u8>> {
    let mut contents = BTreeMap::new();
    let names: Vec<String> = store.link.query(&command("KEYS *")).await.unwrap();
    for name in names {
        let mut dump = ::redis::cmd("DUMP");
        let bytes = store.link.query(dump.arg(&name)).await.unwrap();
        contents.insert(name, bytes);
    }
    contents
}

/// Asks until it is answered; the test runner ends what never is.
async fn until_ok<T, F: Future<Output = Result<T, StoreError>>>(ask: impl Fn() -> F) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Waits for the next connection, and asks nothing meanwhile.
async fn until_connected_again(store: &RedisStore) {
    while store.link.number() != Some(1) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Goes on with a chain `times` times, against all others who do.
async fn go_on(store: &RedisStore, chain: &str, times: usize) {
    let mut done = 0;
    while done < times {
        let stored = store.load("t", chain).await.unwrap().unwrap();
        let mut chain = Chain::at(&stored.head);
        let state = chain.sequence().to_string();
        let append = chain.next(Some(state.as_bytes()));
        if store.append(append).await.unwrap() == Appended::Stored {
            done += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn does_what_every_store_does() {
    let server = RedisServer::start(&[]);
    let open = || block_in_place(|| Handle::current().block_on(store(&server)));
    suite::run(open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_share_a_server_lose_nothing() {
    let server = RedisServer::start(&[]);
    let stores = [
        Arc::new(store(&server).await),
        Arc::new(store(&server).await),
    ];
    let chains = ["first", "second"];
    for chain in chains {
        let mut chain = Chain::new(chain);
        stores[0].append(chain.next(Some(b"0"))).await.unwrap();
    }
    let mut writers = Vec::new();
    for store in &stores {
        for _ in 0..8 {
            let store = Arc::clone(store);
            writers.push(tokio::spawn(async move {
                for chain in chains {
                    go_on(&store, chain, 5).await;
                }
            }));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    for chain in chains {
        for store in &stores {
            assert_eq!(verify(store.as_ref(), chain).await, Ok(81));
            let stored = store.load("t", chain).await.unwrap().unwrap();
            assert_eq!(stored.snapshot, Some((80, b"80".as_slice().into())));
            assert_eq!(stored.tail, Vec::<String>::new());
        }
    }
    assert_eq!(stores[1].count().await, Ok(Some(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_are_exact_over_all_processes() {
    let server = RedisServer::start(&[]);
    let stores = [
        Arc::new(store(&server).await),
        Arc::new(store(&server).await),
    ];
    let quota = Quota {
        requests: 50,
        window_ms: 3_600_000,
    };
    let callers = (0..16).map(|caller| {
        let store = Arc::clone(&stores[caller % 2]);
        tokio::spawn(async move {
            let mut permitted = 0;
            for _ in 0..10 {
                let taken = store.take("client", quota).await.unwrap().unwrap();
                permitted += u32::from(taken.permitted);
            }
            permitted
        })
    });
    let mut total = 0;
    for caller in callers.collect::<Vec<_>>() {
        total += caller.await.unwrap();
    }
    assert_eq!(total, 50);
}

#[test]
fn quotas_are_those_of_a_window() {
    let server = RedisServer::start(&["--appendonly", "no"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(store(&server));
    let gaps = proptest::collection::vec(-60_i64..400, 1..80);
    let strategy = (1_u32..12, 1_u64..5_000, gaps);
    let config = Config {
        cases: 48,
        ..Config::default()
    };
    let number = std::cell::Cell::new(0);
    let same = |(requests, window_ms, gaps): (u32, u64, Vec<i64>)| {
        let quota = Quota {
            requests,
            window_ms,
        };
        number.set(number.get() + 1);
        let client = format!("client {}", number.get());
        let mut window = Window::default();
        let mut now = 1_800_000_000_000_u64;
        for gap in gaps {
            now = now.saturating_add_signed(gap);
            let taken = write::take(&store.link, &store.keys, &client, quota, Some(now));
            let taken = runtime.block_on(taken).unwrap();
            proptest::prop_assert_eq!(taken, window.take(quota, now));
        }
        Ok(())
    };
    TestRunner::new(config).run(&strategy, same).unwrap();
}

#[tokio::test]
async fn quotas_that_are_not_used_are_forgotten() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let longest = Quota {
        requests: u32::MAX,
        window_ms: u64::MAX,
    };
    let taken = store.take("client", longest).await.unwrap().unwrap();
    assert_eq!((taken.permitted, taken.remaining), (true, u32::MAX - 1));
    let quota = Quota {
        requests: 1,
        window_ms: 6_400,
    };
    for permitted in [true, false] {
        let taken = store.take("client", quota).await.unwrap().unwrap();
        assert_eq!(taken.permitted, permitted);
    }
    let key = store.keys.rate(quota.slot_ms(), "client");
    let left: u64 = store.link.query(&::redis::Cmd::pttl(key)).await.unwrap();
    assert!(left > 0 && left <= 6_500, "{left}");
    // Another window begins anew: its slots have other numbers.
    let other = Quota {
        requests: 1,
        window_ms: 64_000,
    };
    assert!(
        store
            .take("client", other)
            .await
            .unwrap()
            .unwrap()
            .permitted
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let mut server = RedisServer::start(&[]);
    let store = Arc::new(store(&server).await);
    let (progress, mut acknowledged) = tokio::sync::mpsc::unbounded_channel();
    let writers = (0..8).map(|writer| {
        let (store, progress) = (Arc::clone(&store), progress.clone());
        tokio::spawn(async move {
            let mut chain = Chain::new(&format!("chain-{writer}"));
            let mut done = 0;
            loop {
                match store.append(chain.next(Some(b"state"))).await {
                    Ok(outcome) => assert_eq!(outcome, Appended::Stored),
                    Err(error) => return (done, error),
                }
                done += 1;
                progress.send(()).unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for _ in 0..400 {
        acknowledged.recv().await.unwrap();
    }
    server.kill();
    let mut outcomes = Vec::new();
    for writer in writers {
        outcomes.push(writer.await.unwrap());
    }
    let error = store.ping().await.unwrap_err();
    assert!(matches!(error, StoreError::Failed(_)), "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    server.restart();
    until_ok(|| store.ping()).await;
    for (writer, (done, error)) in outcomes.into_iter().enumerate() {
        assert!(matches!(error, StoreError::Failed(_)), "{error}");
        let name = format!("chain-{writer}");
        let kept = verify(store.as_ref(), &name).await.unwrap();
        // The one that was in flight is there wholly or not at all.
        assert!(kept == done || kept == done + 1, "{kept} of {done}");
        let stored = store.load("t", &name).await.unwrap().unwrap();
        assert_eq!(stored.snapshot.unwrap().0, kept - 1);
        let next = Chain::at(&stored.head).next(None);
        assert_eq!(store.append(next).await, Ok(Appended::Stored));
    }
    assert_eq!(store.count().await, Ok(Some(8)));
    let marks = store.unmarked(100).await.unwrap();
    assert_eq!(marks.len(), 8);
}

#[tokio::test]
async fn idle_connection_is_made_anew_before_it_is_needed() {
    let server = RedisServer::start(&[]);
    let (idle, other) = (store(&server).await, store(&server).await);
    tell(&other, "CLIENT KILL TYPE normal SKIPME yes").await;
    until_connected_again(&idle).await;
    let first = Chain::new("a").next(None);
    assert_eq!(idle.append(first).await, Ok(Appended::Stored));
}

#[tokio::test]
async fn server_that_does_not_answer_is_not_waited_for() {
    let server = RedisServer::start(&[]);
    let other = store(&server).await;
    let mut impatient = options(&server);
    impatient.timeout = Duration::from_millis(200);
    let store = RedisStore::open(impatient).await.unwrap();
    tell(&other, "CLIENT PAUSE 600000 WRITE").await;
    let mut chain = Chain::new("a");
    let first = chain.next(Some(b"state"));
    let error = store.append(first.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed(_)), "{error}");
    until_connected_again(&store).await;
    tell(&other, "CLIENT UNPAUSE").await;
    // Whether the server still did it is not known: either this is the first, or it is there wholly.
    until_ok(|| store.append(first.clone())).await;
    assert_eq!(verify(&store, "a").await, Ok(1));
    assert_eq!(store.count().await, Ok(Some(1)));
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let mut chain = Chain::new("a");
    let quota = Quota {
        requests: 3,
        window_ms: 60_000,
    };
    for round in 1..=3 {
        tell(&store, "SCRIPT FLUSH").await;
        let appends: Vec<_> = (0..10).map(|_| store.append(chain.next(None))).collect();
        for append in appends {
            assert_eq!(append.await, Ok(Appended::Stored));
        }
        let stored = store.load("t", "a").await.unwrap().unwrap();
        assert_eq!(stored.tail.len(), round * 10);
        let taken = store.take("client", quota).await.unwrap().unwrap();
        assert_eq!(taken.remaining as usize, 3 - round);
    }
}

#[tokio::test]
async fn large_appends_are_sent_in_parts() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let mut chain = Chain::new("a");
    let state = vec![7; 3 << 20];
    let appends: Vec<_> = (0..8)
        .map(|_| store.append(chain.next(Some(&state))))
        .collect();
    for append in appends {
        assert_eq!(append.await, Ok(Appended::Stored));
    }
    let stored = store.load("t", "a").await.unwrap().unwrap();
    assert_eq!(stored.snapshot, Some((7, state.into())));
}

#[tokio::test]
async fn empty_state_is_a_state() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let mut chain = Chain::new("");
    store.append(chain.next(Some(b""))).await.unwrap();
    let stored = store.load("t", "").await.unwrap().unwrap();
    assert_eq!(stored.snapshot, Some((0, [].into())));
    assert_eq!(store.chains(None, 10).await.unwrap(), [stored.head]);
    assert_eq!(store.chains(Some(""), 10).await.unwrap(), []);
    assert_eq!(store.chains(None, 0).await.unwrap(), []);
    assert_eq!(store.events("", 0, 0).await.unwrap(), []);
    assert_eq!(store.unmarked(0).await.unwrap(), []);
    assert_eq!(store.events("", u64::MAX, usize::MAX).await.unwrap(), []);
}
