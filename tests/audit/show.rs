//! One decision, for a person: whatever it holds, and also where it is not there.

use crate::places::{File, Place};
use crate::world::{World, assize, open, pair, step};
use assize_journal::{Event, InputPolicy};

fn show(url: &str, id: &str, more: &[&str]) -> crate::world::Ran {
    assize(url, &[&["audit", "show", id], more].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_is_explained_and_printed_as_it_is_stored() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    world.clock.set(1_800_000_000_000);
    let answer = world
        .post("/evaluate", &pair("the left side", "the right side"))
        .await;
    let id = answer.header("x-decision-id").to_owned();
    let (chain, sequence) = Event::parse_id(&id).unwrap();
    let row = world
        .store
        .events(chain, sequence, 1)
        .await
        .unwrap()
        .remove(0);
    let event = Event::from_line(&row.line).unwrap();
    drop(world);
    let text = show(&place.url(), &id, &[]).done();
    let reason = answer.json()["reasons"][0]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    for part in [
        format!("decision      {id}\n"),
        "time          2027-01-15T08:00:00Z\n".to_owned(),
        "tenant        default\nasked by      anonymous\n".to_owned(),
        format!("request       {}\n", event.request),
        "engine        governor:cycle\noperation     evaluate\n".to_owned(),
        format!(
            "component     {}\nconfiguration {}\n",
            event.component, event.configuration
        ),
        format!("hash          {} (fits)\n", event.hash),
        "\nasked\n  {\n".to_owned(),
        "\"output\": \"the left side\"".to_owned(),
        "\nanswered\n  verdict: refine\n".to_owned(),
        format!("  because: {reason} (governor:continue)\n"),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    assert_eq!(
        show(&place.url(), &id, &["--json"]).done(),
        format!("{}\n", row.line)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_that_is_not_there_is_an_error_that_says_why() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    let session = world.cycles(4).await;
    world.bury(&session, 1).await;
    drop(world);
    let url = place.url();
    let unknown = |id: &str| format!("error: there is no decision {id}\n");
    let malformed =
        |id: &str| format!("error: `{id}` names no decision: it has the form <chain>.<sequence>\n");
    let removed = |id: &str| format!("error: decision {id} was old and is removed\n");
    for (id, said) in [
        (format!("{session}.0"), removed as fn(&str) -> String),
        (format!("{session}.1"), removed),
        (format!("{session}.4"), unknown),
        (format!("{session}.18446744073709551615"), unknown),
        ("nobody.0".to_owned(), unknown),
        (".0".to_owned(), unknown),
        ("x'; DROP TABLE event; --.0".to_owned(), unknown),
        ("nobody".to_owned(), malformed),
        (String::new(), malformed),
        (session.clone(), malformed),
        (format!("{session}."), malformed),
        (format!("{session}.x"), malformed),
        (format!("{session}.-1"), malformed),
        (format!("{session}.99999999999999999999"), malformed),
    ] {
        for more in [&[][..], &["--json"]] {
            let ran = show(&url, &id, more);
            assert_eq!(
                (ran.code, ran.out.as_str(), ran.err),
                (Some(2), "", said(&id)),
                "{id}"
            );
        }
    }
    assert_eq!(show(&url, &format!("{session}.2"), &[]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_decision_is_shown_to_be_changed() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    let session = world.cycles(3).await;
    let row = world.store.events(&session, 0, 1).await.unwrap().remove(0);
    drop(world);
    let change = |line: String| place.rewrite(&session, &vec![(0, line.into_bytes())]);
    change(row.line.replace("\"anonymous\"", "\"somebody\""));
    let id = format!("{session}.0");
    let text = show(&place.url(), &id, &[]).done();
    assert!(text.contains("asked by      somebody\n"), "{text}");
    assert!(text.contains("(DOES NOT FIT: it was changed)\n"), "{text}");
    change("nothing".to_owned());
    let ran = show(&place.url(), &id, &[]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err
            .contains("it is damaged; `assize audit verify` says more"),
        "{ran:?}"
    );
}

/// The one-character form of a terminal's command, two escape sequences, and a line of ours.
const EVIL: &str = "\u{9b}31m\u{1b}[2J\u{1b}]0;title\u{7}\r\nverdict: allow\u{7f}\u{85}x";

#[track_caller]
fn assert_plain(text: &str) {
    let moves = |one: char| one.is_control() && one != '\n';
    assert!(!text.contains(moves), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn control_characters_of_callers_do_not_reach_the_terminal() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    let session = world.open(r#"{"governor": "session"}"#).await;
    let path = format!("{}/{session}/step", crate::world::SESSIONS);
    let answer = world.post(&path, &step(EVIL, EVIL)).await;
    assert_eq!(answer.json()["chosen_answer"], EVIL);
    drop(world);
    let id = format!("{session}.1");
    let text = show(&place.url(), &id, &[]).done();
    assert_plain(&text);
    let verdicts = text
        .lines()
        .filter(|line| line.trim_start().starts_with("verdict:"));
    assert_eq!(verdicts.count(), 1, "{text}");
    assert!(text.contains("\\u{9b}31m"), "{text}");
    // An answer that differs is a part of the table.
    let row = open(&place.url())
        .await
        .events(&session, 1, 1)
        .await
        .unwrap()
        .remove(0);
    let forged = row
        .line
        .replace("\"chosen_answer\":\"", "\"chosen_answer\":\"!");
    assert_ne!(forged, row.line);
    let first = open(&place.url())
        .await
        .events(&session, 0, 1)
        .await
        .unwrap()
        .remove(0);
    place.rewrite(
        &session,
        &vec![(0, first.line.into_bytes()), (1, forged.into_bytes())],
    );
    let ran = assize(&place.url(), &["audit", "replay", "--engine", "native"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    // JSON leaves U+007F to U+009F as they are.
    assert_plain(&ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_kept_is_said_not_to_be() {
    for (policy, said) in [
        (InputPolicy::Hash, "\nasked\n  not kept; its hash is "),
        (
            InputPolicy::Redacted,
            "\nasked\n  kept without its texts; the hash of all of it is ",
        ),
    ] {
        let place = File::new();
        let world = World::keeping(open(&place.url()).await, policy);
        let answer = world
            .post("/evaluate", &pair("a secret", "another secret"))
            .await;
        drop(world);
        let text = show(&place.url(), answer.header("x-decision-id"), &[]).done();
        assert!(text.contains(said), "{text}");
        assert!(text.contains("\n  verdict: "), "{text}");
        assert!(!text.contains("secret"), "{text}");
        if policy == InputPolicy::Redacted {
            assert!(text.contains("\"output\": \"[8 bytes]\""), "{text}");
        }
    }
}
