//! What is old goes, and what stays can still be proven, gone on with and replayed, or it is said what can't.

use crate::places::{File, Place, Postgres, Redis};
use crate::world::{
    DAY_MS, SESSIONS, Serving, World, assert_whole, assize, now_ms, open, pair, until,
};
use assize_journal::{Append, Archive, ChainKind, Content, Draft, Event, Hash, Head};
use serde_json::json;
use std::sync::Arc;

const ONE_DAY: &str = "[journal]\nretention_days = 1\ncheckpoint_seconds = 1\n";
const ONE_MIB: &str = "[journal]\nretention_mib = 1\ncheckpoint_seconds = 1\n";
const NATIVE: [&str; 5] = ["audit", "replay", "--engine", "native", "--json"];

/// Chains of which all or some is ten days old.
struct Aged {
    old: String,
    both: String,
    closed: String,
    fresh: String,
}

async fn aged(url: &str) -> Aged {
    let world = World::over(open(url).await);
    let now = now_ms();
    world.clock.set(now - 10 * DAY_MS);
    let old = world.cycles(60).await;
    let both = world.cycles(6).await;
    let closed = world.cycles(5).await;
    world.delete(&closed).await;
    for number in 0..30 {
        world
            .post("/evaluate", &pair(&format!("old {number}"), "another"))
            .await;
    }
    world.checkpoint(None).await;
    world.clock.set(now);
    for _ in 0..3 {
        world.post(&format!("{SESSIONS}/{both}/reopen"), "").await;
    }
    for number in 0..5 {
        world
            .post("/evaluate", &pair(&format!("new {number}"), "another"))
            .await;
    }
    let fresh = world.cycles(3).await;
    Aged {
        old,
        both,
        closed,
        fresh,
    }
}

/// The chain that is no session.
async fn stream(store: &dyn Archive) -> Head {
    let chains = store.chains(None, 100).await.unwrap();
    let mut streams = chains
        .into_iter()
        .filter(|head| head.kind == ChainKind::Stream);
    streams.next().unwrap()
}

async fn first_left(store: &dyn Archive, chain: &str) -> u64 {
    let tombstone = store.tombstone(chain).await.unwrap();
    tombstone.map_or(0, |last| last.sequence + 1)
}

async fn state_of(store: &dyn Archive, chain: &str) -> u64 {
    let stored = store.load("default", chain).await.unwrap().unwrap();
    stored.snapshot.unwrap().0
}

async fn what_is_old_goes(place: &dyn Place) {
    let url = place.url();
    let aged = aged(&url).await;
    let store = open(&url).await;
    let stream = stream(store.as_ref()).await.chain;
    // Of open sessions that stays which their last state does not hold.
    let old_state = state_of(store.as_ref(), &aged.old).await;
    let both_state = state_of(store.as_ref(), &aged.both).await;
    let expected = [
        (stream.to_string(), 30),
        (aged.closed.clone(), 6),
        (aged.old.clone(), old_state + 1),
        (aged.both.clone(), 6.min(both_state + 1)),
        (aged.fresh.clone(), 0),
    ];
    let serving = Serving::start(&url, ONE_DAY).await;
    until("what is old is gone", async || {
        for (chain, left) in &expected {
            if first_left(store.as_ref(), chain).await != *left {
                return false;
            }
        }
        true
    })
    .await;
    assert_whole(&url);
    for (id, sequence) in [(&aged.old, 60), (&aged.both, 9), (&aged.fresh, 3)] {
        let (status, state) = serving.post(&format!("{SESSIONS}/{id}/reopen"), "").await;
        assert_eq!(
            (status, &state["sequence"]),
            (200, &json!(sequence)),
            "{state}"
        );
    }
    assert_eq!(
        serving
            .ask("GET", &format!("{SESSIONS}/{}", aged.closed), "", "")
            .await
            .0,
        404
    );
    serving.stop().await;
    assert_whole(&url);
    for (chain, left) in &expected[..4] {
        let ran = assize(&url, &["audit", "show", &format!("{chain}.{}", left - 1)]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains("was old and is removed"), "{ran:?}");
    }
    replay_says_what_it_cannot_run(&url, store.as_ref(), &expected).await;
    tombstones_move(&url, store.as_ref(), &expected).await;
}

/// A session goes on from the state in its tombstone; without one, nothing of it can be run.
async fn replay_says_what_it_cannot_run(url: &str, store: &dyn Archive, chains: &[(String, u64)]) {
    let mut skipped = 0;
    let mut events = 0;
    for (chain, first) in chains {
        let head = store.head(chain).await.unwrap().unwrap();
        let left = head.sequence + 1 - first;
        let tombstone = store.tombstone(chain).await.unwrap();
        let is_cut = tombstone.is_some_and(|last| last.snapshot.is_none());
        events += left;
        skipped += if is_cut && head.kind == ChainKind::Session {
            left
        } else {
            0
        };
    }
    let ran = assize(url, &NATIVE);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let summary = &ran.json()["summary"];
    assert_eq!(summary["events"], events, "{summary}");
    assert_eq!(summary["skipped"], skipped, "{summary}");
    assert_eq!(summary["same"], events - skipped, "{summary}");
    if skipped > 0 {
        let reasons = &summary["skipped_because"];
        assert_eq!(
            reasons["the session's beginning is not in the journal"], 1,
            "{summary}"
        );
    }
}

async fn tombstones_move(url: &str, store: &dyn Archive, chains: &[(String, u64)]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.ndjson");
    let file = file.to_str().unwrap();
    assize(url, &["store", "export", "--output", file]).done();
    let other = File::new();
    assize(&other.url(), &["store", "import", file]).done();
    let moved = open(&other.url()).await;
    for (chain, _) in chains {
        assert_eq!(moved.tombstone(chain).await, store.tombstone(chain).await);
        assert_eq!(moved.head(chain).await, store.head(chain).await);
    }
    drop(moved);
    assert_whole(&other.url());
    let (here, there) = (assize(url, &NATIVE), assize(&other.url(), &NATIVE));
    assert_eq!(here.json()["summary"], there.json()["summary"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_leave_a_file() {
    what_is_old_goes(&File::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_leave_the_servers() {
    what_is_old_goes(&Postgres::start()).await;
    what_is_old_goes(&Redis::start()).await;
}

/// One stream with an event of about a KiB at each of these times.
async fn fill(store: &Arc<dyn Archive>, times: impl Iterator<Item = u64>) {
    let mut head: Option<Head> = None;
    let mut writing = Vec::new();
    for time_ms in times {
        let draft = Draft {
            time_ms,
            tenant: "default".into(),
            actor: "anonymous".into(),
            request: "r".into(),
            engine: "governor:cycle",
            operation: "evaluate",
            input: Content::Whole("x".repeat(1000)),
            answer: Content::Whole("{}".to_owned()),
            configuration: "c".into(),
            component: "m".into(),
        };
        let (sequence, previous) = head
            .as_ref()
            .map_or((0, Hash::ZERO), |head| (head.sequence + 1, head.hash));
        let event = Event::seal(draft, "stream-a".into(), sequence, previous);
        let append = Append::new(head.as_ref(), ChainKind::Stream, &event, None, false);
        head = Some(append.head.clone());
        writing.push(store.append(append));
    }
    for written in writing {
        written.await.unwrap();
    }
}

async fn size_comes_below_the_limit(times: impl Iterator<Item = u64>) {
    let place = File::new();
    let url = place.url();
    let store = open(&url).await;
    fill(&store, times).await;
    let before = store.head("stream-a").await.unwrap().unwrap();
    assert!(store.size().await.unwrap() > 3 * 1024 * 1024);
    let serving = Serving::start(&url, ONE_MIB).await;
    until("the store is small enough", async || {
        store.size().await.unwrap() <= 1024 * 1024
    })
    .await;
    serving.stop().await;
    assert_whole(&url);
    // The newest stay, and about as many as there is room for.
    assert_eq!(store.head("stream-a").await.unwrap().unwrap(), before);
    let left = before.sequence + 1 - first_left(store.as_ref(), "stream-a").await;
    assert!(left > 300, "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn size_is_limited_where_events_came_evenly() {
    let now = now_ms();
    size_comes_below_the_limit((0..3000).map(|number| now - (3000 - number) * DAY_MS / 100)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn size_is_limited_where_most_events_came_lately() {
    let now = now_ms();
    let long_ago = (0..10).map(|number| now - 100 * DAY_MS + number);
    size_comes_below_the_limit(long_ago.chain((0..3000).map(|number| now - 60_000 + number))).await;
}
