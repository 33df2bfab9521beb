//! What every store must do, run against each of them.

mod chain;

pub(crate) use chain::{Chain, verify};

use assize_journal::{Appended, Archive, Checkpoint, Head, Quota, Store, Tombstone};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything, on an empty store; `open` opens the same store again.
pub(crate) async fn run<S: Archive>(open: impl Fn() -> S) {
    let store = Arc::new(open());
    goes_on_where_it_was(store.as_ref()).await;
    closed_chains_stay_closed(store.as_ref()).await;
    tenants_are_apart(store.as_ref()).await;
    streams_are_no_sessions(store.as_ref()).await;
    concurrent_writers_lose_nothing(&store).await;
    appends_keep_their_order(store.as_ref()).await;
    pages_through_everything(store.as_ref()).await;
    checkpoints_name_what_went_on(store.as_ref()).await;
    buried_events_leave_a_tombstone(store.as_ref()).await;
    keys_are_kept(store.as_ref()).await;
    odd_texts_come_back(store.as_ref()).await;
    quotas_are_exact(&store).await;
    store.ping().await.unwrap();
    assert!(store.size().await.unwrap() > 0);
    let before = everything(store.as_ref()).await;
    drop(store);
    let again = open();
    assert_eq!(everything(&again).await, before, "what is kept survives");
    for (head, _) in &before {
        verify(&again, &head.chain).await.unwrap();
    }
}

async fn everything(store: &impl Archive) -> Vec<(Head, Vec<String>)> {
    let mut all = Vec::new();
    for head in store.chains(None, usize::MAX >> 1).await.unwrap() {
        let rows = store.events(&head.chain, 0, usize::MAX >> 1).await.unwrap();
        all.push((head, rows.into_iter().map(|row| row.line).collect()));
    }
    all
}

async fn goes_on_where_it_was(store: &impl Archive) {
    let mut chain = Chain::new("goes-on");
    assert_eq!(store.load("t", "goes-on").await.unwrap(), None);
    assert_eq!(store.end("t", "goes-on").await.unwrap(), None);
    let before = store.count().await.unwrap();
    let first = chain.next(Some(b"state 0"));
    assert_eq!(store.append(first.clone()).await, Ok(Appended::Stored));
    // The same once more is not the next one.
    assert_eq!(store.append(first).await, Ok(Appended::Changed));
    assert_eq!(store.append(chain.next(None)).await, Ok(Appended::Stored));
    let last = chain.next(None);
    assert_eq!(store.append(last.clone()).await, Ok(Appended::Stored));
    let stored = store.load("t", "goes-on").await.unwrap().unwrap();
    let end = store.end("t", "goes-on").await.unwrap();
    assert_eq!(end.as_ref(), Some(&stored.head));
    assert_eq!(stored.head, last.head);
    let (sequence, snapshot) = stored.snapshot.unwrap();
    assert_eq!((sequence, snapshot.as_ref()), (0, b"state 0".as_slice()));
    assert_eq!(stored.tail.len(), 2);
    assert_eq!(stored.tail[1], last.line);
    let next = chain.next(Some(b"state 3"));
    assert_eq!(store.append(next).await, Ok(Appended::Stored));
    let stored = store.load("t", "goes-on").await.unwrap().unwrap();
    assert_eq!(stored.snapshot, Some((3, b"state 3".as_slice().into())));
    assert!(stored.tail.is_empty());
    assert_eq!(store.head("goes-on").await.unwrap(), Some(stored.head));
    if let (Some(before), Some(after)) = (before, store.count().await.unwrap()) {
        assert_eq!(after, before + 1);
    }
    // From another past, and from the future.
    let mut other = Chain::new("goes-on");
    let mut foreign = (0..5).map(|_| other.next(None)).next_back().unwrap();
    foreign.previous = assize_journal::Hash::of(b"another");
    assert_eq!(store.append(foreign).await, Ok(Appended::Changed));
    chain.next(None);
    assert_eq!(store.append(chain.next(None)).await, Ok(Appended::Changed));
    // Not the beginning of a chain that isn't there.
    let mut absent = Chain::new("absent");
    absent.next(None);
    assert_eq!(store.append(absent.next(None)).await, Ok(Appended::Changed));
    assert_eq!(store.head("absent").await.unwrap(), None);
}

async fn closed_chains_stay_closed(store: &impl Archive) {
    let mut chain = Chain::new("closed");
    store.append(chain.next(Some(b"state"))).await.unwrap();
    let count = store.count().await.unwrap();
    assert_eq!(store.append(chain.close()).await, Ok(Appended::Stored));
    if let Some(count) = count {
        assert_eq!(store.count().await.unwrap(), Some(count - 1));
    }
    assert_eq!(store.load("t", "closed").await.unwrap(), None);
    assert_eq!(store.end("t", "closed").await.unwrap(), None);
    assert_eq!(store.append(chain.next(None)).await, Ok(Appended::Changed));
    assert_eq!(
        store.append(Chain::new("closed").next(None)).await,
        Ok(Appended::Changed)
    );
    assert!(store.head("closed").await.unwrap().unwrap().closed);
    assert_eq!(store.events("closed", 0, 10).await.unwrap().len(), 2);
}

async fn tenants_are_apart(store: &impl Archive) {
    let mut chain = Chain::new("mine");
    store.append(chain.next(Some(b"state"))).await.unwrap();
    assert_eq!(store.load("another", "mine").await.unwrap(), None);
    assert_eq!(store.end("another", "mine").await.unwrap(), None);
    let mut theirs = chain.next(None);
    theirs.head.tenant = "another".into();
    assert_eq!(store.append(theirs).await, Ok(Appended::Changed));
}

async fn streams_are_no_sessions(store: &impl Archive) {
    let mut append = Chain::new("stream-1").next(None);
    append.head.kind = assize_journal::ChainKind::Stream;
    assert_eq!(store.append(append).await, Ok(Appended::Stored));
    assert_eq!(store.load("t", "stream-1").await.unwrap(), None);
    assert_eq!(store.end("t", "stream-1").await.unwrap(), None);
    assert!(store.head("stream-1").await.unwrap().is_some());
}

/// Each writer goes on from what it read: none of what was acknowledged is lost.
async fn concurrent_writers_lose_nothing<S: Archive>(store: &Arc<S>) {
    store
        .append(Chain::new("shared").next(Some(b"0")))
        .await
        .unwrap();
    let writers = (0..8).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let mut done = 0;
            while done < 10 {
                let stored = store.load("t", "shared").await.unwrap().unwrap();
                let mut chain = Chain::at(&stored.head);
                let append = chain.next(Some(chain.sequence().to_string().as_bytes()));
                if store.append(append).await.unwrap() == Appended::Stored {
                    done += 1;
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(verify(store.as_ref(), "shared").await, Ok(81));
    let stored = store.load("t", "shared").await.unwrap().unwrap();
    assert_eq!(stored.snapshot, Some((80, b"80".as_slice().into())));
}

async fn appends_keep_their_order(store: &impl Archive) {
    let mut chain = Chain::new("ordered");
    let futures: Vec<_> = (0..200).map(|_| store.append(chain.next(None))).collect();
    // Polled from the last to the first.
    for future in futures.into_iter().rev() {
        assert_eq!(future.await, Ok(Appended::Stored));
    }
    assert_eq!(verify(store, "ordered").await, Ok(200));
}

async fn pages_through_everything(store: &impl Archive) {
    let all = store.chains(None, 1000).await.unwrap();
    let mut paged = Vec::<Head>::new();
    loop {
        let after = paged.last().map(|head| Arc::clone(&head.chain));
        let page = store.chains(after.as_deref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let page = store.events("ordered", 10, 5).await.unwrap();
    let sequences: Vec<_> = page.iter().map(|row| row.sequence).collect();
    assert_eq!(sequences, [10, 11, 12, 13, 14]);
    assert!(store.events("ordered", 200, 5).await.unwrap().is_empty());
    assert!(store.events("nowhere", 0, 5).await.unwrap().is_empty());
}

async fn checkpoints_name_what_went_on(store: &impl Archive) {
    assert_eq!(store.last_checkpoint().await.unwrap(), None);
    let marks = store.unmarked(1000).await.unwrap();
    let names: BTreeSet<_> = marks.iter().map(|mark| mark.chain.clone()).collect();
    assert!(
        names.contains("ordered") && names.contains("closed"),
        "{names:?}"
    );
    assert_eq!(store.unmarked(1).await.unwrap().len(), 1);
    let first = Checkpoint::after(None, 5, marks, None);
    assert_eq!(store.add_checkpoint(&first).await, Ok(true));
    // Another process was first.
    assert_eq!(store.add_checkpoint(&first).await, Ok(false));
    assert_eq!(store.unmarked(1000).await.unwrap(), []);
    let mut chain = Chain::new("marked");
    store.append(chain.next(None)).await.unwrap();
    let marks = store.unmarked(1000).await.unwrap();
    assert_eq!(marks.len(), 1);
    // It goes on before the checkpoint is there: the next one names it again.
    store.append(chain.next(None)).await.unwrap();
    let second = Checkpoint::after(Some(&first), 6, marks, None);
    assert_eq!(store.add_checkpoint(&second).await, Ok(true));
    assert_eq!(store.unmarked(1000).await.unwrap().len(), 1);
    assert_eq!(
        store.checkpoints(0, 10).await.unwrap(),
        [first, second.clone()]
    );
    assert_eq!(
        store.checkpoints(1, 10).await.unwrap(),
        std::slice::from_ref(&second)
    );
    assert_eq!(store.last_checkpoint().await.unwrap(), Some(second));
}

async fn buried_events_leave_a_tombstone(store: &impl Archive) {
    assert_eq!(store.tombstone("ordered").await.unwrap(), None);
    let row = store.events("ordered", 99, 1).await.unwrap().remove(0);
    let event = assize_journal::Event::from_line(&row.line).unwrap();
    let tombstone = Tombstone {
        chain: "ordered".to_owned(),
        sequence: 99,
        hash: event.hash,
        removed_ms: 7,
        snapshot: Some("c3RhdGU=".to_owned()),
        signature: None,
    };
    store.bury(&tombstone).await.unwrap();
    assert_eq!(
        store.tombstone("ordered").await.unwrap(),
        Some(tombstone.clone())
    );
    assert_eq!(
        store.events("ordered", 0, 1).await.unwrap()[0].sequence,
        100
    );
    assert_eq!(verify(store, "ordered").await, Ok(100));
    // Another process that read earlier removes less.
    let earlier = Tombstone {
        sequence: 50,
        hash: assize_journal::Hash::ZERO,
        ..tombstone.clone()
    };
    store.bury(&earlier).await.unwrap();
    assert_eq!(
        store.tombstone("ordered").await.unwrap().as_ref(),
        Some(&tombstone)
    );

    // The chain moves house.
    let mut head = store.head("ordered").await.unwrap().unwrap();
    assert_eq!(store.adopt(&head, &tombstone).await, Ok(false));
    head.chain = "adopted".into();
    head.sequence = tombstone.sequence;
    head.hash = tombstone.hash;
    let tombstone = Tombstone {
        chain: "adopted".to_owned(),
        ..tombstone
    };
    assert_eq!(store.adopt(&head, &tombstone).await, Ok(true));
    assert_eq!(store.head("adopted").await.unwrap().as_ref(), Some(&head));
    let stored = store.load("t", "adopted").await.unwrap().unwrap();
    assert_eq!(stored.snapshot, Some((99, b"state".as_slice().into())));
    assert_eq!(
        store.append(Chain::at(&head).next(None)).await,
        Ok(Appended::Stored)
    );
    assert_eq!(verify(store, "adopted").await, Ok(1));
}

async fn keys_are_kept(store: &impl Archive) {
    assert_eq!(store.key("k1").await.unwrap(), None);
    store.put_key("k2", "{\"n\":2}").await.unwrap();
    store.put_key("k1", "{\"n\":0}").await.unwrap();
    store.put_key("k1", "{\"n\":1}").await.unwrap();
    assert_eq!(store.key("k1").await.unwrap().as_deref(), Some("{\"n\":1}"));
    assert_eq!(store.keys().await.unwrap(), ["{\"n\":1}", "{\"n\":2}"]);
}

async fn odd_texts_come_back(store: &impl Archive) {
    let name = "odd '\"%_\\ ä😀";
    let mut chain = Chain::with_input(name, "a\u{1}b\\\"\u{7f}😀\n\r\t'; DROP TABLE event; --");
    let snapshot: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    let append = chain.next(Some(&snapshot));
    assert_eq!(store.append(append.clone()).await, Ok(Appended::Stored));
    let stored = store.load("t", name).await.unwrap().unwrap();
    assert_eq!(stored.snapshot.unwrap().1.as_ref(), snapshot);
    assert_eq!(store.events(name, 0, 2).await.unwrap()[0].line, append.line);
    verify(store, name).await.unwrap();
}

async fn quotas_are_exact<S: Archive>(store: &Arc<S>) {
    let quota = Quota {
        requests: 25,
        window_ms: 3_600_000,
    };
    let callers = (0..10).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let mut permitted = 0;
            for _ in 0..10 {
                match Store::take(store.as_ref(), "client", quota).await.unwrap() {
                    Some(taken) => permitted += u32::from(taken.permitted),
                    None => return None,
                }
            }
            Some(permitted)
        })
    });
    let mut total = Some(0);
    for caller in callers.collect::<Vec<_>>() {
        let permitted = caller.await.unwrap();
        total = total
            .zip(permitted)
            .map(|(total, permitted)| total + permitted);
    }
    if let Some(total) = total {
        assert_eq!(total, 25);
        let other = store.take("another", quota).await.unwrap().unwrap();
        assert_eq!((other.permitted, other.remaining), (true, 24));
        assert!(other.reset_ms > 0 && other.reset_ms <= 2 * quota.window_ms);
    }
}
