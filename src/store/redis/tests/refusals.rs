//! What the server refuses, or should never have been given, is refused as a whole.

use super::*;

/// A chain of two events, and the one that comes next.
async fn started(store: &RedisStore) -> Chain {
    let mut chain = Chain::new("a");
    store.append(chain.next(Some(b"0"))).await.unwrap();
    store.append(chain.next(None)).await.unwrap();
    chain
}

/// Every change that takes memory. None of them leaves anything behind.
async fn changes_fail(store: &RedisStore, chain: &Chain, expected: impl Fn(&StoreError) -> bool) {
    let before = contents(store).await;
    let fails = |result: Result<(), StoreError>| {
        let error = result.unwrap_err();
        assert!(expected(&error), "{error}");
    };
    fails(store.append(chain.clone().next(Some(b"2"))).await.map(drop));
    fails(store.append(chain.clone().close()).await.map(drop));
    fails(
        store
            .append(Chain::new("new").next(Some(b"0")))
            .await
            .map(drop),
    );
    let mut head = store.head("a").await.unwrap().unwrap();
    head.chain = "adopted".into();
    fails(store.adopt(&head, &tombstone("adopted")).await.map(drop));
    let marks = store.unmarked(10).await.unwrap();
    let checkpoint = Checkpoint::after(None, 1, marks, None);
    fails(store.add_checkpoint(&checkpoint).await.map(drop));
    fails(store.put_key("k", "record").await);
    let quota = Quota {
        requests: 1,
        window_ms: 1000,
    };
    fails(store.take("client", quota).await.map(drop));
    assert_eq!(contents(store).await, before);
}

fn tombstone(chain: &str) -> Tombstone {
    Tombstone {
        chain: chain.to_owned(),
        sequence: 0,
        hash: assize_journal::Hash::ZERO,
        removed_ms: 7,
        snapshot: None,
        signature: None,
    }
}

fn no_room(error: &StoreError) -> bool {
    matches!(error, StoreError::NoRoom(_))
}

#[tokio::test]
async fn full_server_refuses_whole_changes_and_recovers() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let mut chain = started(&store).await;
    let limit = store.size().await.unwrap() + 600_000;
    tell(&store, &format!("CONFIG SET maxmemory {limit}")).await;
    let mut stored = 2;
    let refused = loop {
        let before = chain.clone();
        let group: Vec<_> = (0..8).map(|_| chain.next(Some(&[7; 2000]))).collect();
        let futures: Vec<_> = group
            .iter()
            .map(|append| store.append(append.clone()))
            .collect();
        let mut outcomes = Vec::new();
        for future in futures {
            outcomes.push(future.await);
        }
        let done = outcomes
            .iter()
            .take_while(|outcome| **outcome == Ok(Appended::Stored))
            .count();
        stored += done;
        if done < group.len() {
            // What follows the refused one is refused as well.
            for outcome in &outcomes[done..] {
                let refused = matches!(outcome, Err(StoreError::NoRoom(_)) | Ok(Appended::Changed));
                assert!(refused, "{outcome:?}");
            }
            chain = before;
            for _ in 0..done {
                chain.next(None);
            }
            break outcomes.swap_remove(done);
        }
    };
    assert!(no_room(&refused.unwrap_err()));
    assert!(stored > 10, "{stored}");
    tell(&store, "CONFIG SET maxmemory 1").await;
    changes_fail(&store, &chain, no_room).await;
    assert_eq!(verify(&store, "a").await, Ok(stored as u64));

    // What gives memory back is done.
    let line = &store.events("a", 0, 1).await.unwrap()[0].line;
    let buried = Tombstone {
        hash: Event::from_line(line).unwrap().hash,
        ..tombstone("a")
    };
    store.bury(&buried).await.unwrap();
    assert_eq!(store.tombstone("a").await, Ok(Some(buried)));
    assert_eq!(verify(&store, "a").await, Ok(stored as u64 - 1));

    tell(&store, "CONFIG SET maxmemory 0").await;
    assert_eq!(
        store.append(chain.next(Some(b"x"))).await,
        Ok(Appended::Stored)
    );
    assert_eq!(verify(&store, "a").await, Ok(stored as u64));
    assert_eq!(store.count().await, Ok(Some(1)));
}

#[tokio::test]
async fn server_without_a_disk_has_no_room() {
    let server = RedisServer::start(&["--appendonly", "no", "--save", "3600 1"]);
    let store = store(&server).await;
    let mut chain = started(&store).await;
    std::fs::remove_dir_all(server.folder()).unwrap();
    tell(&store, "BGSAVE").await;
    loop {
        let info: String = store
            .link
            .query(&command("INFO persistence"))
            .await
            .unwrap();
        if read::info_field(&info, "rdb_last_bgsave_status") == Some("err") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    changes_fail(&store, &chain, no_room).await;
    let error = store.ping().await.unwrap_err();
    assert!(no_room(&error), "{error}");
    tell(&store, "CONFIG SET stop-writes-on-bgsave-error no").await;
    assert_eq!(store.append(chain.next(None)).await, Ok(Appended::Stored));
}

#[tokio::test]
async fn replica_refuses_changes_until_it_is_the_primary() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let mut chain = started(&store).await;
    tell(&store, "REPLICAOF 127.0.0.1 1").await;
    let read_only = |error: &StoreError| match error {
        StoreError::Failed(text) => text.to_lowercase().contains("read only replica"),
        _ => false,
    };
    changes_fail(&store, &chain, read_only).await;
    tell(&store, "REPLICAOF NO ONE").await;
    assert_eq!(store.append(chain.next(None)).await, Ok(Appended::Stored));
}

#[tokio::test]
async fn keys_of_other_types_stop_a_change_before_it_begins() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let chain = started(&store).await;
    let keys = &store.keys;
    let appends = [
        chain.clone().next(Some(b"2")),
        chain.clone().close(),
        Chain::new("new").next(Some(b"0")),
    ];
    for append in appends {
        let name = &append.head.chain;
        let foreign = [
            keys.chains(),
            keys.unmarked(),
            keys.open(),
            keys.chain(name),
            keys.events(name),
        ];
        for key in foreign {
            tell(&store, &format!("COPY {key} saved REPLACE")).await;
            tell(&store, &format!("DEL {key}")).await;
            tell(&store, &format!("RPUSH {key} x")).await;
            let before = contents(&store).await;
            let error = store.append(append.clone()).await.unwrap_err();
            assert!(matches!(error, StoreError::Damaged(_)), "{key}: {error}");
            assert_eq!(contents(&store).await, before, "{key}");
            tell(&store, &format!("DEL {key}")).await;
            tell(&store, &format!("COPY saved {key}")).await;
            tell(&store, "DEL saved").await;
        }
        tell(&store, &format!("SET {} many", keys.open())).await;
        let before = contents(&store).await;
        let error = store.append(append.clone()).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{error}");
        assert_eq!(contents(&store).await, before);
        tell(&store, &format!("SET {} 1", keys.open())).await;
        assert_eq!(store.append(append).await, Ok(Appended::Stored));
        tell(&store, "FLUSHDB").await;
        started(&store).await;
    }
}

#[tokio::test]
async fn what_can_not_be_read_is_damaged() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let damaged = |error: StoreError| assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    for change in [
        "HSET assize:chain:a sequence one",
        "HSET assize:chain:a sequence -1",
        "HSET assize:chain:a kind other",
        "HSET assize:chain:a hash 00",
        "HSET assize:chain:a closed 2",
        "HDEL assize:chain:a engine",
        "DEL assize:chain:a",
    ] {
        tell(&store, "FLUSHDB").await;
        started(&store).await;
        tell(&store, change).await;
        damaged(store.chains(None, 10).await.unwrap_err());
        damaged(store.unmarked(10).await.unwrap_err());
    }
    tell(&store, "FLUSHDB").await;
    started(&store).await;
    for change in [
        "SET assize:snapshot:a state",
        "SET assize:snapshot:a 1",
        "XADD assize:events:a 5-2 line x",
        "DEL assize:events:a",
        "XADD assize:events:a 5-1 line x other y",
    ] {
        tell(&store, change).await;
        if change.contains("events") && !change.starts_with("DEL") {
            damaged(store.events("a", 0, 10).await.unwrap_err());
        }
    }
    damaged(store.load("t", "a").await.unwrap_err());
    let large = ::redis::Cmd::set("assize:snapshot:a", "99999999999999999999 state");
    let () = store.link.query(&large).await.unwrap();
    damaged(store.load("t", "a").await.unwrap_err());
    tell(&store, "HSET assize:chain:a tombstone {").await;
    damaged(store.tombstone("a").await.unwrap_err());
    tell(&store, "XADD assize:checkpoints 0-1 line {").await;
    damaged(store.checkpoints(0, 10).await.unwrap_err());
    damaged(store.last_checkpoint().await.unwrap_err());
    tell(&store, "SET assize:open many").await;
    damaged(store.count().await.unwrap_err());
}
