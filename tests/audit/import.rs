//! What is not an export, or not all of one, or does not fit what is there, is refused, with the place.

use crate::export::{assert_equal, holds};
use crate::places::{File, Place, Postgres, Redis};
use crate::world::{Ran, World, assert_whole, assize, assize_command, open, pair};
use assize_journal::{Append, ChainKind, Content, Draft, Event, Hash, Head};
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;

async fn exported(place: &dyn Place) -> String {
    let world = World::over(open(&place.url()).await);
    world.cycles(8).await;
    let closed = world.cycles(3).await;
    world.delete(&closed).await;
    let cut = world.cycles(12).await;
    world.bury(&cut, 2).await;
    world.checkpoint(None).await;
    for number in 0..20 {
        world
            .post("/evaluate", &pair(&format!("number {number}"), "another"))
            .await;
    }
    world.checkpoint(None).await;
    drop(world);
    assize(&place.url(), &["keys", "create", "somebody", "--json"]).done();
    assize(&place.url(), &["store", "export"]).done()
}

/// Hands a text to `assize store import`.
fn import(url: &str, text: &str) -> Ran {
    let mut command = assize_command(url, &["store", "import"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = text.to_owned();
    // A program that has read enough closes its end.
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[track_caller]
fn refused(ran: &Ran, parts: &[&str]) {
    assert_eq!(ran.code, Some(2), "{parts:?}: {ran:?}");
    for part in parts {
        assert!(ran.err.contains(part), "{part}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_import_can_be_done_again() {
    let place = File::new();
    let export = exported(&place).await;
    let lines: Vec<_> = export.split_inclusive('\n').collect();
    let (postgres, redis, file) = (Postgres::start(), Redis::start(), File::new());
    let places: [&dyn Place; 3] = [&postgres, &redis, &file];
    for place in places {
        // One store after the other is cut off at each of these, and gets on each time.
        for cut in [
            1,
            2,
            5,
            10,
            14,
            lines.len() / 2,
            lines.len() - 3,
            lines.len() - 1,
        ] {
            let ran = import(&place.url(), &lines[..cut].concat());
            refused(&ran, &["it was cut off"]);
        }
        let (last, whole) = lines.split_last().unwrap();
        let ran = import(&place.url(), &(whole.concat() + &last[..last.len() / 2]));
        refused(&ran, &[&format!("line {}", lines.len())]);
        assert_eq!(import(&place.url(), &export).code, Some(0));
        let again = assize(&place.url(), &["store", "export"]).done();
        assert_equal(&again, &export);
        assert_whole(&place.url());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_that_is_killed_can_be_done_again() {
    let place = File::new();
    let export = exported(&place).await;
    let other = File::new();
    let half = export.len() / 2;
    let mut command = assize_command(&other.url(), &["store", "import"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&export.as_bytes()[..half]).unwrap();
    crate::world::until("a part is there", async || {
        let ran = assize(&other.url(), &["store", "check", "--json"]);
        ran.code == Some(0) && ran.json()["holds"]["chains"].as_u64() > Some(0)
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();
    drop(input);
    assert_eq!(import(&other.url(), &export).code, Some(0));
    assert_equal(&assize(&other.url(), &["store", "export"]).done(), &export);
    assert_whole(&other.url());
}

#[tokio::test(flavor = "multi_thread")]
async fn tampered_file_is_refused_with_the_place() {
    let place = File::new();
    let export = exported(&place).await;
    let lines: Vec<String> = export.lines().map(str::to_owned).collect();
    let events: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].starts_with("{\"v\":"))
        .collect();
    let tampered = |parts: &[&str], change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        refused(&import(&File::new().url(), &lines.join("\n")), parts);
    };
    for at in [events[0], events[3], events[events.len() - 1]] {
        let place = format!("line {}", at + 1);
        let id = Event::from_line(&lines[at]).unwrap().id();
        let changed = format!("event {id} was changed");
        tampered(&[&place, &changed], &|lines| {
            lines[at] = lines[at].replace("anonymous", "somebody");
        });
        tampered(&[&place, &changed], &|lines| {
            lines[at] = lines[at][..100].to_owned();
        });
    }
    // Of the first chain: what follows stands in the wrong place.
    let at = events[3];
    let place = format!("line {}", at + 1);
    tampered(
        &[&place, "one was inserted, or two were swapped"],
        &|lines| drop(lines.remove(at)),
    );
    tampered(
        &[&place, "one was inserted, or two were swapped"],
        &|lines| lines.swap(at, at + 1),
    );
    tampered(
        &["line", "one was inserted, or two were swapped"],
        &|lines| lines.insert(at, lines[at].clone()),
    );
    // The last event of a chain is gone: its end is seen in the line after it.
    let last = (1..lines.len())
        .find(|at| lines[*at].starts_with("{\"chain\"") && *at > 1)
        .unwrap();
    tampered(&[&format!("line {last}"), "was removed"], &|lines| {
        drop(lines.remove(last - 1));
    });
    // A whole chain is gone: the end counts.
    tampered(&["the input says that it has"], &|lines| {
        drop(lines.drain(1..last));
    });
    tampered(&["line 1", "no exported journal"], &|lines| {
        drop(lines.remove(0));
    });
    tampered(&["format 9 is not known"], &|lines| {
        lines[0] = lines[0].replace('1', "9");
    });
    tampered(&["more after the end"], &|lines| {
        lines.push(lines[0].clone());
    });
    tampered(&["line 2"], &|lines| lines[1] = "{\"chaos\":{}}".to_owned());
    tampered(&["line 2"], &|lines| {
        lines[1] = lines[1].replace("\"session\"", "\"sessiom\"");
    });
    for text in ["", "\n", "nothing\n", "\0\u{1}"] {
        assert_eq!(import(&File::new().url(), text).code, Some(2), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tampered_checkpoint_is_refused_with_the_place() {
    let place = File::new();
    let export = exported(&place).await;
    let mut lines: Vec<String> = export.lines().map(str::to_owned).collect();
    let at = lines
        .iter()
        .position(|line| line.starts_with("{\"checkpoint\""))
        .unwrap();
    let mut checkpoint: Value = serde_json::from_str(&lines[at]).unwrap();
    checkpoint["checkpoint"]["marks"][0]["sequence"] = 1.into();
    lines[at] = checkpoint.to_string();
    let other = File::new();
    let ran = import(&other.url(), &lines.join("\n"));
    refused(&ran, &[&format!("line {}", at + 1)]);
}

/// A chain of the same name with other events.
async fn other_chain(url: &str, name: &str, events: u64) {
    let store = open(url).await;
    let mut head: Option<Head> = None;
    for sequence in 0..events {
        let draft = Draft {
            time_ms: 1,
            tenant: "default".into(),
            actor: "other".into(),
            request: "r".into(),
            engine: "governor:cycle",
            operation: "evaluate",
            input: Content::Whole("{}".to_owned()),
            answer: Content::Whole("{}".to_owned()),
            configuration: "c".into(),
            component: "m".into(),
        };
        let previous = head.as_ref().map_or(Hash::ZERO, |head| head.hash);
        let event = Event::seal(draft, Arc::from(name), sequence, previous);
        let append = Append::new(head.as_ref(), ChainKind::Session, &event, None, false);
        head = Some(append.head.clone());
        store.append(append).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_that_differs_is_not_imported_over() {
    let place = File::new();
    let export = exported(&place).await;
    let first: Value = serde_json::from_str(export.lines().nth(1).unwrap()).unwrap();
    let name = first["chain"]["head"]["chain"].as_str().unwrap();
    let mut accepted = Vec::new();
    // The one in the file has 8 events.
    for events in [1, 4, 8, 12] {
        let other = File::new();
        other_chain(&other.url(), name, events).await;
        let before = holds(&other.url())["holds"]["events"].clone();
        let ran = import(&other.url(), &export);
        if ran.code != Some(2) || !ran.err.contains("line ") || !ran.err.contains(name) {
            accepted.push(format!("{events} events: {ran:?}"));
        }
        let row = open(&other.url())
            .await
            .events(name, 0, 1)
            .await
            .unwrap()
            .remove(0);
        assert_eq!(Event::from_line(&row.line).unwrap().actor.as_ref(), "other");
        if ran.code == Some(2) {
            assert_eq!(holds(&other.url())["holds"]["events"], before);
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_checkpoints_are_refused_and_what_went_on_stays() {
    let place = File::new();
    let export = exported(&place).await;
    let other = File::new();
    let world = World::over(open(&other.url()).await);
    world.cycles(2).await;
    world.checkpoint(None).await;
    drop(world);
    refused(
        &import(&other.url(), &export),
        &["line ", "another checkpoint 0"],
    );
    // A store that has all of it and went on is not set back.
    let world = World::over(open(&place.url()).await);
    world.cycles(2).await;
    drop(world);
    let before = assize(&place.url(), &["store", "export"]).done();
    assert_eq!(import(&place.url(), &export).code, Some(0));
    assert_equal(&assize(&place.url(), &["store", "export"]).done(), &before);
}

#[tokio::test(flavor = "multi_thread")]
async fn key_that_is_revoked_on_either_side_is_revoked() {
    let (from, to) = (File::new(), File::new());
    let ids = ["first", "second"].map(|name| {
        let ran = assize(&from.url(), &["keys", "create", name, "--json"]);
        ran.json()["id"].as_str().unwrap().to_owned()
    });
    let export = assize(&from.url(), &["store", "export"]).done();
    assert_eq!(import(&to.url(), &export).code, Some(0));
    assize(&to.url(), &["keys", "revoke", &ids[0]]).done();
    assize(&from.url(), &["keys", "revoke", &ids[1]]).done();
    // Moved once more, as after a trial.
    let export = assize(&from.url(), &["store", "export"]).done();
    assert_eq!(import(&to.url(), &export).code, Some(0));
    let keys = assize(&to.url(), &["keys", "list", "--json"]);
    let state = |id: &str| {
        let key = keys
            .lines()
            .into_iter()
            .find(|key| key["id"] == *id)
            .unwrap();
        key["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&ids[0]), "revoked");
    assert_eq!(state(&ids[1]), "revoked");
}
