//! Whatever is changed, removed or put in past the program is found, in each store, and named.

use crate::places::{File, Place, Postgres, Redis};
use crate::scene::{EVENTS, KEY, OTHER_KEY, PUBLIC, Scene, draft_like, line};
use crate::world::{Serving, SigningKey, assert_whole, assize, pair, until, verify};
use assize_journal::{Checkpoint, Event, Hash, Mark};
use serde_json::{Value, json};

fn changed_events_are_found(scene: &Scene<'_>) {
    let changed = |sequence: usize| {
        format!("event ~.{sequence} was changed: its content does not fit its hash")
    };
    scene.finds_in_rows(&changed(1), |rows| {
        let text = String::from_utf8(rows[1].1.clone()).unwrap();
        assert!(text.contains("\"anonymous\""));
        rows[1].1 = text.replace("\"anonymous\"", "\"somebody\"").into_bytes();
    });
    for at in [0, 4, 9] {
        scene.finds_in_rows(&changed(at), |rows| {
            // One bit: a digit of the time becomes another one.
            let place = b"\"time_ms\":";
            let line = &mut rows[at].1;
            let found = line.windows(place.len()).position(|part| part == place);
            line[found.unwrap() + place.len() + 3] ^= 1;
        });
    }
    scene.finds_in_rows("event ~.6 was replaced by another", |rows| {
        rows[6].1 = line(&scene.forged(6));
    });
    scene.finds("event ~.9 was replaced by another", |scene| {
        scene.place.set_head(&scene.victim, 9, Hash::of(b"another"));
    });
}

fn removed_events_are_found(scene: &Scene<'_>) {
    for at in [0, 4, 9] {
        let what = format!("event ~.{at} was removed");
        scene.finds_in_rows(&what, |rows| drop(rows.remove(at)));
    }
    scene.finds_in_rows("events ~.2 to ~.5 were removed", |rows| {
        drop(rows.drain(2..6));
    });
    // With the end of the chain set back, only a checkpoint knows of it.
    scene.finds("event ~.9 was removed", |scene| scene.cut_off(9));
    scene.finds("events ~.0 to ~.9 were removed", |scene| {
        scene.place.drop_chain(&scene.victim);
    });
}

fn moved_and_inserted_events_are_found(scene: &Scene<'_>) {
    let stands = |at: u64, from: &str| {
        format!("at ~.{at} stands event {from}: one was inserted, or two were swapped")
    };
    scene.finds_in_rows(&stands(4, "~.6"), |rows| {
        let (left, right) = (rows[4].1.clone(), rows[6].1.clone());
        (rows[4].1, rows[6].1) = (right, left);
    });
    scene.finds_in_rows(&stands(6, "~.5"), |rows| {
        rows.insert(5, (5, line(&scene.forged(5))));
        for (sequence, row) in (0..).zip(rows) {
            row.0 = sequence;
        }
    });
    scene.finds_in_rows(
        "event ~.10 was inserted: the chain ends before it",
        |rows| {
            rows.push((EVENTS, line(&scene.forged(EVENTS))));
        },
    );
    let stranger = Event::seal(
        draft_like(&scene.events[1]),
        scene.bystander.as_str().into(),
        1,
        Hash::ZERO,
    );
    scene.finds_in_rows(&stands(1, &format!("{}.1", scene.bystander)), |rows| {
        rows[1].1 = line(&stranger);
    });
}

fn forged_chains_are_found_by_checkpoints(scene: &Scene<'_>) {
    scene.finds("event ~.3 was replaced by another", |scene| {
        scene.forge_chain();
    });
    // With all checkpoints made anew, only their signatures tell.
    scene.place.restore();
    let hashes = scene.forge_chain();
    for key in [None, Some(SigningKey::from_pem(OTHER_KEY).unwrap())] {
        let mut last: Option<Checkpoint> = None;
        let forged = scene.checkpoints.iter().map(|one| {
            let marks = one
                .marks
                .iter()
                .cloned()
                .map(|mark| match mark.chain == scene.victim {
                    true => Mark {
                        hash: hashes[&mark.sequence],
                        ..mark
                    },
                    false => mark,
                });
            let next = Checkpoint::after(last.as_ref(), one.time_ms, marks.collect(), key.as_ref());
            last = Some(next.clone());
            (next.number, serde_json::to_string(&next).unwrap())
        });
        scene.place.rewrite_checkpoints(&forged.collect::<Vec<_>>());
        assert_eq!(scene.verify(), (Some(0), Vec::new()));
        let (code, broken) = scene.verify_signed();
        assert_eq!(code, Some(1));
        assert_eq!(broken[0], "checkpoint 0 is not signed by the given key");
    }
}

fn damaged_checkpoints_are_found(scene: &Scene<'_>) {
    let changed = scene.events[2].hash.to_string();
    let hash = scene.events[7].hash.to_string();
    scene.finds("checkpoint 1 was changed", |scene| {
        scene.checkpoints_with(|records| records[1].1 = records[1].1.replace(&hash, &changed));
    });
    for number in [0, 1] {
        let what = format!("checkpoint {number} was removed");
        scene.finds(&what, |scene| {
            scene.checkpoints_with(|records| drop(records.remove(number)));
        });
    }
    scene.finds(
        "checkpoint 2 does not follow the one before it: one of them was replaced",
        |scene| {
            let first = &scene.checkpoints[0];
            let marks = scene.checkpoints[1].marks.clone();
            let forged = Checkpoint::after(Some(first), first.time_ms + 1, marks, None);
            scene
                .checkpoints_with(|records| records[1].1 = serde_json::to_string(&forged).unwrap());
        },
    );
    // Nothing in the store tells that there was a last one: that its chains went on is all that can be said.
    scene.place.restore();
    scene.checkpoints_with(|records| drop(records.pop()));
    let ran = assize(&scene.place.url(), &["audit", "verify"]);
    assert!(
        ran.out
            .contains("1 chains went on since the last checkpoint"),
        "{ran:?}"
    );
    // A signature that is gone is seen by who has the key.
    scene.place.restore();
    scene.checkpoints_with(|records| {
        let unsigned = Checkpoint {
            signature: None,
            ..scene.checkpoints[1].clone()
        };
        records[1].1 = serde_json::to_string(&unsigned).unwrap();
    });
    assert_eq!(scene.verify(), (Some(0), Vec::new()));
    let what = "checkpoint 1 is not signed by the given key".to_owned();
    assert_eq!(scene.verify_signed(), (Some(1), vec![what]));
}

async fn everything_is_found(mut place: impl Place) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::set(&mut place, &folder).await;
    assert_eq!(scene.verify(), (Some(0), Vec::new()));
    assert_eq!(scene.verify_signed(), (Some(0), Vec::new()));
    changed_events_are_found(&scene);
    removed_events_are_found(&scene);
    moved_and_inserted_events_are_found(&scene);
    forged_chains_are_found_by_checkpoints(&scene);
    damaged_checkpoints_are_found(&scene);
    scene.place.restore();
    assert_eq!(scene.verify(), (Some(0), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn tampering_with_a_file_is_found() {
    everything_is_found(File::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tampering_with_postgresql_is_found() {
    everything_is_found(Postgres::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tampering_with_redis_is_found() {
    everything_is_found(Redis::start()).await;
}

/// A flipped bit may leave something that is no text at all, or no record.
async fn what_cannot_be_read_is_found(mut place: impl Place) {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::set(&mut place, &folder).await;
    let mut missed = Vec::new();
    let mut expect = |what: &str| {
        let ran = assize(&scene.place.url(), &["audit", "verify", "--json"]);
        let broken = match ran.code {
            Some(1) => ran.json()["broken"].as_array().unwrap().clone(),
            _ => Vec::new(),
        };
        let broken: Vec<_> = broken.iter().map(Value::to_string).collect();
        if broken.len() != 1 || !broken[0].contains(what) {
            missed.push(format!("{what}: {ran:?}"));
        }
        scene.place.restore();
    };
    if scene.place.takes_any_bytes() {
        let mut rows = scene.rows.clone();
        rows[4].1[200] ^= 0x80;
        scene.place.rewrite(&scene.victim, &rows);
        expect(&scene.victim);
    }
    scene.checkpoints_with(|records| records[1].1.truncate(40));
    expect("checkpoint");
    scene.place.set_column(&scene.victim, "kind", "sessiom");
    expect(&scene.victim);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_found_in_a_file() {
    what_cannot_be_read_is_found(File::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_found_in_postgresql() {
    what_cannot_be_read_is_found(Postgres::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_found_in_redis() {
    what_cannot_be_read_is_found(Redis::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_given_to_another_tenant_or_closed_is_found() {
    // Else another tenant could read a session, or nobody go on with it, and all of it would be whole.
    let folder = tempfile::tempdir().unwrap();
    let mut place = File::new();
    let scene = Scene::set(&mut place, &folder).await;
    let mut missed = Vec::new();
    for (column, value) in [
        ("tenant", "thief"),
        ("closed", "1"),
        ("engine", "governor:session"),
        ("created_ms", "1"),
    ] {
        scene.place.set_column(&scene.victim, column, value);
        let (code, broken) = scene.verify();
        if code != Some(1) {
            missed.push(format!("{column}: {code:?} {broken:?}"));
        }
        scene.place.restore();
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_end_is_told_as_far_as_the_last_checkpoint_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = File::new();
    let scene = Scene::set(&mut place, &folder).await;
    // The second checkpoint names 7, the third one 9.
    scene.finds("events ~.5 to ~.9 were removed", |scene| scene.cut_off(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_that_is_passed_off_as_retention_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = File::new();
    let scene = Scene::set(&mut place, &folder).await;
    let remove = |last: usize, hash: Hash| {
        scene.place.restore();
        let rows = scene.rows[last + 1..].to_vec();
        scene.place.rewrite(&scene.victim, &rows);
        let tombstone =
            json!({"chain": scene.victim, "sequence": last, "hash": hash, "removed_ms": 1});
        let column = tombstone.to_string();
        scene.place.set_column(&scene.victim, "tombstone", &column);
    };
    remove(5, scene.events[5].hash);
    // Only who has the key can tell that the server did not do it.
    assert_eq!(scene.verify().0, Some(0));
    assert_eq!(scene.verify_signed().0, Some(1));
    // What the next event or a checkpoint names can't be forged.
    for last in [5, 7, 9] {
        remove(last, Hash::of(b"another"));
        assert_eq!(scene.verify().0, Some(1), "{last}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_chain_is_checked_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = File::new();
    let scene = Scene::set(&mut place, &folder).await;
    let url = scene.place.url();
    let mut rows = scene.rows.clone();
    rows.remove(4);
    scene.place.rewrite(&scene.victim, &rows);
    assert_eq!(
        verify(&url, &["--chain", &scene.bystander]),
        (Some(0), Vec::new())
    );
    assert_eq!(verify(&url, &["--chain", &scene.victim]).0, Some(1));
    scene.place.drop_chain(&scene.victim);
    assert_eq!(verify(&url, &["--chain", &scene.victim]).0, Some(1));
    assert_eq!(verify(&url, &["--chain", "nobody"]).0, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_tamperers_write_do_not_reach_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = File::new();
    let scene = Scene::set(&mut place, &folder).await;
    let mut passed = Vec::new();
    let evil = "\u{1b}[2Jall of it is whole\u{9b}31m";
    let mut strange = scene.forged(4);
    strange.chain = evil.into();
    let unknown = format!("{{\"v\":1,{}:1}}", serde_json::to_string(evil).unwrap());
    for forged in [strange.to_line(), unknown] {
        scene.place.restore();
        let mut rows = scene.rows.clone();
        rows[4].1 = forged.into_bytes();
        scene.place.rewrite(&scene.victim, &rows);
        let id = format!("{}.4", scene.victim);
        for arguments in [
            ["audit", "verify"].as_slice(),
            &["audit", "show", &id],
            &["audit", "replay", "--engine", "native"],
        ] {
            let ran = assize(&scene.place.url(), arguments);
            let shown = format!("{}{}", ran.out, ran.err);
            if shown.contains(|one: char| one.is_control() && one != '\n') {
                passed.push(format!("{arguments:?}: {shown}"));
            }
        }
    }
    assert!(passed.is_empty(), "{passed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_of_a_server_are_signed_and_verify() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (private, public) = (file("private.pem", KEY), file("public.pem", PUBLIC));
    let place = File::new();
    let url = place.url();
    let config = format!("[journal]\ncheckpoint_seconds = 1\nsigning_key_file = {private:?}\n");
    let serving = Serving::start(&url, &config).await;
    assert_eq!(serving.post("/evaluate", &pair("a", "b")).await.0, 200);
    let count = |wanted: u64| {
        let url = url.clone();
        async move || {
            assize(&url, &["store", "check", "--json"]).json()["holds"]["checkpoints"] == wanted
        }
    };
    until("there is a checkpoint", count(1)).await;
    assert_eq!(serving.post("/evaluate", &pair("a", "c")).await.0, 200);
    until("there is another", count(2)).await;
    serving.stop().await;
    assert_whole(&url);
    assert_eq!(
        verify(&url, &["--public-key", &public]),
        (Some(0), Vec::new())
    );
    let other = SigningKey::from_pem(OTHER_KEY).unwrap().verifying_key();
    let other = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        other.to_text()
    );
    let other = file("other.pem", &other);
    assert_eq!(verify(&url, &["--public-key", &other]).0, Some(1));
    // Something that is no key is said to be none.
    let ran = assize(&url, &["audit", "verify", "--public-key", &private]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("no Ed25519 key"), "{ran:?}");
}
