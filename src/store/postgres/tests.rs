mod failures;
mod server;

use super::*;
use crate::suite::{self, Chain};
use assize_journal::StoreError;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use server::Server as TestServer;

async fn open(server: &TestServer) -> PostgresStore {
    open_at(&server.url("postgres")).await
}

async fn open_at(url: &str) -> PostgresStore {
    PostgresStore::open(url, PostgresOptions::default())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn does_what_every_store_does() {
    let server = TestServer::start_with(&["synchronous_commit=off"]);
    let open = || {
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| runtime.block_on(open(&server)))
    };
    suite::run(open).await;
    // What people with SQL see.
    let seen = server.sql(
        "postgres",
        "SELECT count(*), min(sequence), min(tenant), min(event->>'chain') FROM assize.journal WHERE chain = 'shared'",
    );
    assert_eq!(seen, "81|0|t|shared");
    let open_sessions = "SELECT count(*) FROM assize.chain WHERE kind = 'session' AND NOT closed";
    let counted = "SELECT sum(amount) FROM assize.open_sessions";
    assert_eq!(
        server.sql("postgres", open_sessions),
        server.sql("postgres", counted)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_share_chains_and_quotas() {
    let server = TestServer::start();
    let stores = [Arc::new(open(&server).await), Arc::new(open(&server).await)];
    let names = ["a", "b", "c"];
    let quota = Quota {
        requests: 100,
        window_ms: 3_600_000,
    };
    let writers = (0..16).map(|number| {
        let store = Arc::clone(&stores[number % 2]);
        tokio::spawn(async move {
            let mut permitted = 0;
            for round in 0..12 {
                let name = names[(number + round) % names.len()];
                go_on(&store, name).await;
                let taken = Store::take(store.as_ref(), "client", quota).await.unwrap();
                permitted += u32::from(taken.unwrap().permitted);
            }
            permitted
        })
    });
    let mut permitted = 0;
    for writer in writers.collect::<Vec<_>>() {
        permitted += writer.await.unwrap();
    }
    assert_eq!(permitted, 100, "192 asked");
    let mut total = 0;
    for name in names {
        total += suite::verify(stores[0].as_ref(), name).await.unwrap();
    }
    assert_eq!(total, 16 * 12);
    for store in stores {
        assert_eq!(store.count().await, Ok(Some(3)));
        Arc::into_inner(store).unwrap().close().await;
    }
}

/// Appends one event, whoever else does; also as the first one.
async fn go_on(store: &PostgresStore, name: &str) {
    loop {
        let stored = store.load("t", name).await.unwrap();
        let mut chain = stored.map_or_else(|| Chain::new(name), |stored| Chain::at(&stored.head));
        let append = chain.next(Some(b"state"));
        if store.append(append).await.unwrap() == Appended::Stored {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn quotas_are_exact_over_processes() {
    let server = TestServer::start();
    let stores = [Arc::new(open(&server).await), Arc::new(open(&server).await)];
    let quota = Quota {
        requests: 2000,
        window_ms: 3_600_000,
    };
    let callers = (0..32).map(|number| {
        let store = Arc::clone(&stores[number % 2]);
        tokio::spawn(async move {
            let mut permitted = [0, 0];
            for round in 0..200 {
                let client = ["a", "b"][round % 2];
                let taken = Store::take(store.as_ref(), client, quota).await.unwrap();
                permitted[round % 2] += u32::from(taken.unwrap().permitted);
            }
            permitted
        })
    });
    let callers: Vec<_> = callers.collect();
    let upkeep = stores[0].server.connect(Role::Upkeep).await.unwrap();
    while !callers.iter().all(JoinHandle::is_finished) {
        change::evict(&upkeep).await.unwrap();
    }
    let mut permitted = [0, 0];
    for caller in callers {
        let [a, b] = caller.await.unwrap();
        permitted = [permitted[0] + a, permitted[1] + b];
    }
    assert_eq!(permitted, [2000, 2000], "3200 asked for each");
}

/// Many processes begin the same chains in one group each: one of them does, and the others are told.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn chains_that_two_begin_are_begun_once() {
    let server = TestServer::start();
    let stores = [
        open(&server).await,
        open(&server).await,
        open(&server).await,
    ];
    for round in 0..20 {
        let name = |number: usize| format!("{round}-{number}");
        let pending: Vec<_> = stores
            .iter()
            .flat_map(|store| (0..10).map(move |number| (store, number)))
            .map(|(store, number)| store.append(Chain::new(&name(number)).next(Some(b"0"))))
            .collect();
        let mut stored = 0;
        for append in pending {
            stored += usize::from(append.await.unwrap() == Appended::Stored);
        }
        assert_eq!(stored, 10);
        for number in 0..10 {
            assert_eq!(suite::verify(&stores[0], &name(number)).await, Ok(1));
        }
    }
    assert_eq!(stores[1].count().await, Ok(Some(200)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_can_not_be_stored_harms_no_other() {
    let server = TestServer::start();
    let store = open(&server).await;
    let mut unstorable = Chain::new("number").next(None);
    unstorable.head.updated_ms = u64::MAX;
    let pending = [
        store.append(Chain::new("before").next(None)),
        store.append(Chain::new("zero\0byte").next(None)),
        store.append(unstorable),
        store.append(Chain::new(&noise(9000)).next(None)),
        store.append(Chain::new("after").next(None)),
    ];
    let mut outcomes = Vec::new();
    for append in pending {
        outcomes.push(append.await);
    }
    assert_eq!(outcomes[0], Ok(Appended::Stored));
    assert!(matches!(outcomes[1], Err(StoreError::Failed(_))));
    assert!(matches!(outcomes[2], Err(StoreError::Failed(_))));
    assert!(
        matches!(outcomes[3], Err(StoreError::NoRoom(_))),
        "{:?}",
        outcomes[3]
    );
    assert_eq!(outcomes[4], Ok(Appended::Stored));
    // What can't be stored is not there either.
    let odd = "zero\0byte";
    assert_eq!(store.load("t", odd).await, Ok(None));
    assert_eq!(store.load(odd, "before").await, Ok(None));
    assert_eq!(store.head(odd).await, Ok(None));
    assert_eq!(store.tombstone(odd).await, Ok(None));
    assert_eq!(store.key(odd).await, Ok(None));
    assert_eq!(store.events(odd, u64::MAX, usize::MAX).await, Ok(vec![]));
    assert_eq!(store.chains(Some("after\0x"), 9).await.unwrap().len(), 1);
    let quota = Quota {
        requests: 1,
        window_ms: u64::MAX,
    };
    for client in [odd, &noise(9000)] {
        assert!(store.take(client, quota).await.unwrap().unwrap().permitted);
        assert!(!store.take(client, quota).await.unwrap().unwrap().permitted);
    }
}

/// A text that does not compress.
fn noise(length: u64) -> String {
    let hashes = (0..length / 64).map(|number| assize_journal::Hash::of(&number.to_le_bytes()));
    hashes.map(|hash| hash.to_string()).collect()
}

/// The server counts as [`assize_journal::Window`] does.
#[tokio::test(flavor = "multi_thread")]
async fn quotas_are_counted_as_in_memory() {
    let server = TestServer::start();
    let store = open(&server).await;
    let link = store.server.connect(Role::Take).await.unwrap();
    let clients = std::cell::Cell::new(0);
    let mut runner = TestRunner::default();
    let steps = prop::collection::vec((-200_i64..900, 1_usize..5), 1..40);
    let runtime = tokio::runtime::Handle::current();
    let given = (1_u32..20, 1_u64..5_000, steps);
    let checked = tokio::task::block_in_place(|| {
        runner.run(&given, |(requests, window_ms, steps)| {
            let quota = Quota {
                requests,
                window_ms,
            };
            clients.set(clients.get() + 1);
            let client = format!("client {}", clients.get());
            let mut window = assize_journal::Window::default();
            let mut now = 1_000_000;
            for (gap, wanted) in steps {
                now += gap;
                let here = window.take_many(quota, now as u64, wanted as u32);
                let there = take::tests::take_at(&link, &client, quota, now, wanted);
                prop_assert_eq!(runtime.block_on(there), here);
            }
            Ok(())
        })
    });
    checked.unwrap();
    let kept = server.sql(
        "postgres",
        "SELECT max(length(slots)) < 2000 FROM assize.quota",
    );
    assert_eq!(kept, "t");
    // All of them are of long ago.
    let before = server.sql("postgres", "SELECT count(*) > 200 FROM assize.quota");
    assert_eq!(before, "t");
    let hour = Quota {
        requests: 1,
        window_ms: 3_600_000,
    };
    store.take("in use", hour).await.unwrap();
    change::evict(&link).await.unwrap();
    let kept = server.sql("postgres", "SELECT client FROM assize.quota");
    assert_eq!(kept, "in use");
}

#[tokio::test]
async fn appends_are_durable_whatever_the_default_is() {
    for (default, expected) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        let setting = format!("synchronous_commit={default}");
        let server =
            TestServer::start_with(&[&setting, "default_transaction_isolation=serializable"]);
        let store = open(&server).await;
        let show = async |role, name: &str| -> String {
            let link = store.server.connect(role).await.unwrap();
            let row = link.client.query_one(&format!("SHOW {name}"), &[]).await;
            row.unwrap().get(0)
        };
        for role in [Role::Append, Role::Upkeep] {
            assert_eq!(show(role, "synchronous_commit").await, expected);
        }
        assert_eq!(show(Role::Take, "synchronous_commit").await, "off");
        let isolation = show(Role::Append, "transaction_isolation").await;
        assert_eq!(isolation, "read committed");
    }
}

/// Figures for people: `cargo test -p assize-store --release -- --ignored --nocapture appends_per_second`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn appends_per_second() {
    let server = TestServer::start();
    let store = Arc::new(open(&server).await);
    for (chains, flight) in [(1, 1), (1, 64), (64, 64), (512, 512)] {
        let begun = std::time::Instant::now();
        let mut done = 0_u32;
        let mut all: Vec<_> = (0..chains)
            .map(|number| Chain::new(&format!("{chains}-{flight}-{number}")))
            .collect();
        let mut pending = std::collections::VecDeque::new();
        while begun.elapsed() < Duration::from_secs(5) {
            for chain in &mut all {
                pending.push_back(store.append(chain.next(Some(&[7; 300]))));
            }
            while pending.len() >= flight {
                let outcome = pending.pop_front().unwrap().await;
                assert_eq!(outcome, Ok(Appended::Stored));
                done += 1;
            }
        }
        for append in pending {
            append.await.unwrap();
            done += 1;
        }
        let rate = f64::from(done) / begun.elapsed().as_secs_f64();
        println!("appends: {chains} chains, {flight} in flight: {rate:.0}/s");
    }
    let quota = Quota {
        requests: u32::MAX,
        window_ms: 60_000,
    };
    for callers in [1, 64, 512] {
        let begun = std::time::Instant::now();
        let callers = (0..callers).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let client = format!("client {}", number % 50);
                let mut done = 0_u32;
                while begun.elapsed() < Duration::from_secs(5) {
                    Store::take(store.as_ref(), &client, quota).await.unwrap();
                    done += 1;
                }
                done
            })
        });
        let (mut done, callers) = (0, callers.collect::<Vec<_>>());
        let number = callers.len();
        for caller in callers {
            done += caller.await.unwrap();
        }
        let rate = f64::from(done) / begun.elapsed().as_secs_f64();
        println!("takes: {number} at once: {rate:.0}/s");
    }
}
