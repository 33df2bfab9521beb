//! A journal goes from store to store and stays what it was.

use crate::places::{File, Place, Postgres, Redis};
use crate::world::{
    SESSIONS, Serving, World, assert_whole, assize, assize_command, finished, open, pair, step,
};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

/// What a store holds that is moved.
struct Moved {
    cycle: String,
    session: String,
    closed: String,
    /// Its first event was removed.
    cut: String,
    valid: String,
    revoked: String,
}

fn key(url: &str, name: &str) -> Value {
    let ran = assize(url, &["keys", "create", name, "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()
}

async fn fill(url: &str) -> Moved {
    let world = World::over(open(url).await);
    let cycle = world.cycles(7).await;
    let session = world
        .open(r#"{"governor": "session", "config": {"max_cycles": 100}}"#)
        .await;
    let path = format!("{SESSIONS}/{session}/step");
    world
        .post(&path, &step("use the index", "keep the table"))
        .await;
    world.checkpoint(None).await;
    let closed = world.cycles(4).await;
    world.delete(&closed).await;
    let cut = world.cycles(40).await;
    world.bury(&cut, 0).await;
    // More than one page of them.
    for number in 0..1200 {
        let text = format!("Ärger {number} \u{1}\u{0} \"quoted\" 東京 $quoted$");
        world
            .post("/evaluate", &pair(&text, "something else"))
            .await;
    }
    world.checkpoint(None).await;
    drop(world);
    let valid = key(url, "valid")["key"].as_str().unwrap().to_owned();
    let revoked = key(url, "revoked");
    let ran = assize(url, &["keys", "revoke", revoked["id"].as_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let revoked = revoked["key"].as_str().unwrap().to_owned();
    Moved {
        cycle,
        session,
        closed,
        cut,
        valid,
        revoked,
    }
}

/// An export in the order that it need not have: chains with their events, and the rest.
fn pieces(export: &str) -> Vec<Vec<&str>> {
    let mut pieces: Vec<Vec<&str>> = Vec::new();
    for line in export.lines() {
        match pieces.last_mut() {
            Some(chain) if line.starts_with("{\"v\":") => chain.push(line),
            _ => pieces.push(vec![line]),
        }
    }
    pieces.sort();
    pieces
}

#[track_caller]
pub(crate) fn assert_equal(one: &str, other: &str) {
    for (one, other) in pieces(one).iter().zip(pieces(other)) {
        assert_eq!(*one, other);
    }
    assert_eq!(one.lines().count(), other.lines().count());
}

pub(crate) fn holds(url: &str) -> Value {
    let mut report = assize(url, &["store", "check", "--json"]).json();
    report.as_object_mut().unwrap().remove("bytes");
    report.as_object_mut().unwrap().remove("store");
    report
}

/// Sessions go on where they stood, what ended stays ended, and keys are what they were.
async fn lives_on(url: &str, moved: &Moved) {
    let serving = Serving::start(url, "[auth]\nanonymous = false\n").await;
    let with = |key: &str| format!("x-api-key: {key}\r\n");
    let (valid, revoked) = (with(&moved.valid), with(&moved.revoked));
    let path = |id: &str, action: &str| format!("{SESSIONS}/{id}{action}");
    assert_eq!(
        serving
            .ask("GET", &path(&moved.cycle, ""), &revoked, "")
            .await
            .0,
        401
    );
    assert_eq!(
        serving.ask("GET", &path(&moved.cycle, ""), "", "").await.0,
        401
    );
    for (id, sequence) in [(&moved.cycle, 6), (&moved.cut, 39)] {
        let (status, state) = serving.ask("GET", &path(id, ""), &valid, "").await;
        assert_eq!(
            (status, &state["sequence"]),
            (200, &json!(sequence)),
            "{state}"
        );
        let (status, state) = serving.ask("POST", &path(id, "/reopen"), &valid, "").await;
        assert_eq!(
            (status, &state["sequence"]),
            (200, &json!(sequence + 1)),
            "{state}"
        );
    }
    let body = step("drop the index", "keep the index");
    let (status, answer) = serving
        .ask("POST", &path(&moved.session, "/step"), &valid, &body)
        .await;
    assert_eq!(status, 200, "{answer}");
    let (status, audit) = serving
        .ask("GET", &path(&moved.session, "/audit"), &valid, "")
        .await;
    assert_eq!(
        (status, audit["history"].as_array().unwrap().len()),
        (200, 2),
        "{audit}"
    );
    for (method, action) in [("GET", ""), ("POST", "/reopen"), ("DELETE", "")] {
        let (status, problem) = serving
            .ask(method, &path(&moved.closed, action), &valid, "")
            .await;
        assert_eq!(status, 404, "{problem}");
    }
    serving.stop().await;
    assert_whole(url);
    let ran = assize(url, &["audit", "replay", "--engine", "native", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn journal_moves_from_store_to_store() {
    let folder = tempfile::tempdir().unwrap();
    let (first, postgres, redis, last) =
        (File::new(), Postgres::start(), Redis::start(), File::new());
    let moved = fill(&first.url()).await;
    assert_whole(&first.url());
    let held = holds(&first.url());
    assert_eq!(
        held["holds"],
        json!({"chains": 5, "events": 1253, "checkpoints": 2, "keys": 2})
    );
    assert_eq!(held["open_sessions"], 3);
    let export = assize(&first.url(), &["store", "export"]).done();
    let stops: [&dyn Place; 4] = [&first, &postgres, &redis, &last];
    for (number, pair) in stops.windows(2).enumerate() {
        let [from, to] = pair else { unreachable!() };
        let file = folder.path().join(format!("{number}.ndjson"));
        let file = file.to_str().unwrap();
        let told = assize(&from.url(), &["store", "export", "--output", file]).done();
        let counts = "5 chains, 1253 events, 2 checkpoints, 2 API keys\n";
        assert_eq!(told, format!("exported {counts}"));
        assert_equal(&std::fs::read_to_string(file).unwrap(), &export);
        assert_eq!(
            assize(&to.url(), &["store", "import", file]).done(),
            format!("imported {counts}")
        );
        assert_eq!(holds(&to.url()), held);
        assert_whole(&to.url());
        let text = assize(&to.url(), &["store", "check"]).done();
        assert!(
            text.contains("5 chains (3 open sessions), 1253 events, 2 checkpoints, 2 API keys, "),
            "{text}"
        );
        // All of it once more changes nothing.
        assize(&to.url(), &["store", "import", file]).done();
        assert_equal(&assize(&to.url(), &["store", "export"]).done(), &export);
    }
    for place in stops {
        lives_on(&place.url(), &moved).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_file_is_for_its_owner_only_and_none_is_written_over() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    world.post("/evaluate", &pair("a", "b")).await;
    drop(world);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.ndjson");
    let arguments = ["store", "export", "--output", file.to_str().unwrap()];
    assize(&place.url(), &arguments).done();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&file).unwrap();
    let again = assize(&place.url(), &arguments);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.err.contains("can't be made"), "{again:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

/// A session that goes on while it is exported is exported as it stood at some moment, with what it needs to go on.
#[tokio::test(flavor = "multi_thread")]
async fn export_holds_usable_sessions_while_they_go_on() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    let mut sessions = Vec::new();
    // More than fits into a pipe, so that the program waits in the middle; names are in the order of their opening.
    for _ in 0..100 {
        sessions.push(world.cycles(4).await);
    }
    let mut command = assize_command(&place.url(), &["store", "export"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut export = String::new();
    output.read_line(&mut export).unwrap();
    for id in &sessions {
        for _ in 0..3 {
            world.post(&format!("{SESSIONS}/{id}/reopen"), "").await;
        }
    }
    output.read_to_string(&mut export).unwrap();
    assert!(child.wait().unwrap().success());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.ndjson");
    std::fs::write(&file, export).unwrap();
    let other = File::new();
    assize(&other.url(), &["store", "import", file.to_str().unwrap()]).done();
    assert_whole(&other.url());
    let serving = Serving::start(&other.url(), "").await;
    let mut broken = Vec::new();
    for id in &sessions {
        let (status, state) = serving
            .ask("GET", &format!("{SESSIONS}/{id}"), "", "")
            .await;
        if status != 200 {
            broken.push(format!("{id}: {status} {state}"));
        }
    }
    assert!(
        broken.is_empty(),
        "{} of {}: {}",
        broken.len(),
        sessions.len(),
        broken[0]
    );
}

/// Where all that is old was removed, the tombstone is all that stands before the session's state.
#[tokio::test(flavor = "multi_thread")]
async fn session_whose_events_were_all_removed_goes_on_elsewhere() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    let session = world.open("{}").await;
    world.bury(&session, 0).await;
    // Not weighty enough for a state of its own.
    let later = world.cycles(40).await;
    let stored = world.store.load("default", &later).await.unwrap().unwrap();
    let (kept, _) = stored.snapshot.unwrap();
    world.bury(&later, kept).await;
    drop(world);
    let export = finished(&mut assize_command(&place.url(), &["store", "export"])).done();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.ndjson");
    std::fs::write(&file, &export).unwrap();
    let mut broken = Vec::new();
    let (postgres, redis, other) = (Postgres::start(), Redis::start(), File::new());
    let places: [&dyn Place; 3] = [&other, &postgres, &redis];
    for place in places {
        assize(&place.url(), &["store", "import", file.to_str().unwrap()]).done();
        assert_whole(&place.url());
        let serving = Serving::start(&place.url(), "").await;
        for id in [&session, &later] {
            let (status, state) = serving.post(&format!("{SESSIONS}/{id}/reopen"), "").await;
            if status != 200 {
                broken.push(format!("{} {id}: {status} {state}", place.url()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn database_is_reached_by_its_socket() {
    let postgres = Postgres::start();
    drop(open(&postgres.socket_url()).await);
    let ran = assize(&postgres.socket_url(), &["store", "check"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.err
            .contains("there is no journal at postgres://postgres@/"),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_stopped_leaves_one_file_that_can_be_copied() {
    let place = File::new();
    let path = place.url();
    let log = format!("{}-wal", path.strip_prefix("sqlite:").unwrap());
    let mut left = 0;
    for number in 0..10 {
        let serving = Serving::start(&path, "").await;
        let body = pair(&format!("number {number}"), "another");
        assert_eq!(serving.post("/evaluate", &body).await.0, 200);
        serving.stop().await;
        left += usize::from(std::path::Path::new(&log).exists());
    }
    assert_eq!(left, 0);
}
