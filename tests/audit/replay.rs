//! What was decided is decided again, to the byte, or it is said what is not.

use crate::places::{File, Place};
use crate::world::{
    CACHE, Ran, SESSIONS, Serving, World, assert_whole, assize, lesson, open, pair, step,
};
use assize_journal::{Append, Archive, ChainKind, Content, Draft, Event, Hash, Head, InputPolicy};
use serde_json::{Value, json};
use std::sync::Arc;

const NATIVE: [&str; 4] = ["audit", "replay", "--engine", "native"];
const COMPONENT: [&str; 6] = ["audit", "replay", "--engine", "component", "--cache", CACHE];

/// The same for texts of every length, with marks and scripts in between.
fn input(number: u64) -> String {
    let words = [
        "deploy",
        "Ärger",
        "東京",
        "on \"Friday\"",
        "never",
        "the index",
        "now",
    ];
    let text = |seed: u64| {
        let word = |at: u64| words[((seed * 7 + at * (seed % 5 + 1)) % 7) as usize];
        let words: Vec<_> = (0..=seed % 11).map(word).collect();
        words.join(" ")
    };
    let side = |seed: u64| json!({"output": text(seed), "confidence": (seed % 100) as f64 / 100.0});
    json!({"left": side(number), "right": side(number / 3 + 1), "cycle": number % 4 + 1})
        .to_string()
}

fn draft_of(event: &Event, request: u64, answer: Content) -> Draft {
    Draft {
        time_ms: event.time_ms,
        tenant: event.tenant.clone(),
        actor: event.actor.clone(),
        request: request.to_string().into(),
        engine: "governor:cycle",
        operation: "evaluate",
        input: event.input.clone(),
        answer,
        configuration: event.configuration.clone(),
        component: event.component.clone(),
    }
}

/// Appends decisions that were made before to streams of their own, until there are so many.
async fn multiply(store: &Arc<dyn Archive>, made: &[Event], wanted: u64) {
    let mut left = wanted;
    for stream in 0..10 {
        let chain: Arc<str> = format!("stream-{stream}").into();
        let mut head: Option<Head> = None;
        let mut writing = Vec::new();
        for number in 0..left.min(wanted.div_ceil(10)) {
            let before = &made[((number * 10 + stream) % made.len() as u64) as usize];
            let (sequence, previous) = head
                .as_ref()
                .map_or((0, Hash::ZERO), |head| (head.sequence + 1, head.hash));
            let draft = draft_of(before, number, before.answer.clone());
            let event = Event::seal(draft, chain.clone(), sequence, previous);
            let append = Append::new(head.as_ref(), ChainKind::Stream, &event, None, false);
            head = Some(append.head.clone());
            writing.push(store.append(append));
            if writing.len() == 500 {
                for written in writing.drain(..) {
                    written.await.unwrap();
                }
            }
        }
        for written in writing {
            written.await.unwrap();
        }
        left = left.saturating_sub(wanted.div_ceil(10));
    }
}

/// The events of all streams.
async fn streamed(store: &Arc<dyn Archive>) -> Vec<Event> {
    let mut events = Vec::new();
    for head in store.chains(None, 1000).await.unwrap() {
        if head.kind == ChainKind::Stream {
            let rows = store
                .events(&head.chain, 0, usize::MAX >> 40)
                .await
                .unwrap();
            events.extend(rows.iter().map(|row| Event::from_line(&row.line).unwrap()));
        }
    }
    events
}

/// Without what it says of the judges.
fn table(ran: &Ran) -> String {
    let out = ran.out.replace("  (judged by another component)", "");
    out.replace("  (under other settings)", "")
}

fn summary(ran: &Ran) -> Value {
    let mut last = ran.json();
    last["summary"].take()
}

fn same(ran: &Ran, events: u64) {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let expected = json!({"events": events, "same": events, "different": 0, "different_states": 0,
        "skipped": 0, "skipped_because": {}});
    assert_eq!(summary(ran), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn hundred_thousand_decisions_are_replayed_to_the_byte() {
    let place = File::new();
    let store = open(&place.url()).await;
    let world = World::over(store);
    for number in 0..500 {
        world.post("/evaluate", &input(number)).await;
    }
    let made = streamed(&world.store).await;
    assert_eq!(made.len(), 500);
    multiply(&world.store, &made, 99_500).await;
    drop(world);
    let text = assize(&place.url(), &COMPONENT);
    println!("component: {}", text.out);
    assert_eq!(text.code, Some(0), "{text:?}");
    assert!(text.out.starts_with("100000 events in "), "{text:?}");
    assert!(
        text.out
            .contains(" in a second): 100000 the same, 0 different, 0 not run"),
        "{text:?}"
    );
    let json = assize(&place.url(), &[&NATIVE[..], &["--json"]].concat());
    println!("native: {}", json.out);
    same(&json, 100_000);
    assert!(json.json()["seconds"].as_f64().unwrap() > 0.0);
}

/// Everything that can be done to a session of each kind, by the server.
async fn live(serving: &Serving) -> u64 {
    let mut events = 0;
    for (kind, action, bodies) in [
        (
            "cycle",
            "evaluate",
            [pair("ship it", "ship it not"), pair("ship it", "ship it")],
        ),
        (
            "session",
            "step",
            [
                step("use the index", "keep the index"),
                step("same", "same"),
            ],
        ),
    ] {
        let opened = serving
            .post(SESSIONS, &json!({"governor": kind}).to_string())
            .await;
        assert_eq!(opened.0, 201);
        let path = format!("{SESSIONS}/{}", opened.1["id"].as_str().unwrap());
        let wisdom = lesson("look twice");
        for (action, body, status) in [
            (action, &*bodies[0], 200),
            ("wisdom", &wisdom, 204),
            (action, &bodies[1], 200),
            // It converged: this is refused, and is no event.
            (action, &bodies[1], 409),
            ("reopen", "", 200),
            (action, &bodies[1], 200),
            ("reset", "", 200),
            (action, &bodies[0], 200),
        ] {
            let answer = serving.post(&format!("{path}/{action}"), body).await;
            assert_eq!(answer.0, status, "{kind} {action}: {}", answer.1);
        }
        if kind == "cycle" {
            assert_eq!(serving.ask("DELETE", &path, "", "").await.0, 204);
            events += 1;
        }
        events += 8;
    }
    for (path, body) in [
        ("/evaluate", pair("a", "b")),
        ("/v1/governor/evaluate", pair("a", "a")),
        (
            "/v1/governor/evaluate:batch",
            json!({"items": [serde_json::from_str::<Value>(&pair("a", "b")).unwrap()]}).to_string(),
        ),
    ] {
        assert_eq!(serving.post(path, &body).await.0, 200);
        events += 1;
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_both_kinds_are_replayed_by_both_engines() {
    let place = File::new();
    let serving = Serving::start(&place.url(), "").await;
    let events = live(&serving).await;
    // While the server goes on.
    same(
        &assize(&place.url(), &[&NATIVE[..], &["--json"]].concat()),
        events,
    );
    serving.stop().await;
    for engine in [&NATIVE[..], &COMPONENT] {
        for more in [&["--json"][..], &["--json", "--jobs", "1"]] {
            same(&assize(&place.url(), &[engine, more].concat()), events);
        }
    }
    assert_whole(&place.url());
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_default_gives_differences() {
    let place = File::new();
    let serving = Serving::start(&place.url(), "").await;
    // With a risk between both thresholds: it goes on today, and stops tomorrow. The third names its own.
    let risky = pair("drain the node first", "drain the node last");
    assert_eq!(
        serving.post("/evaluate", &risky).await.1["verdict"],
        "refine"
    );
    let (_, opened) = serving.post(SESSIONS, "{}").await;
    let session = opened["id"].as_str().unwrap().to_owned();
    assert_eq!(
        serving
            .post(&format!("{SESSIONS}/{session}/evaluate"), &risky)
            .await
            .0,
        200
    );
    let mut own: Value = serde_json::from_str(&risky).unwrap();
    own["config"] = json!({"risk_threshold": 0.35});
    assert_eq!(serving.post("/evaluate", &own.to_string()).await.0, 200);
    serving.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("assize.toml");
    std::fs::write(&config, "[governor]\nrisk_threshold = 0.01\n").unwrap();
    let config = ["--config", config.to_str().unwrap()];
    let json = assize(&place.url(), &[&NATIVE[..], &config, &["--json"]].concat());
    assert_eq!(json.code, Some(1), "{json:?}");
    let found = summary(&json);
    assert_eq!(
        (&found["events"], &found["same"], &found["different"]),
        (&json!(4), &json!(1), &json!(3))
    );
    let lines = json.lines();
    let of = |event: &str| {
        let found = lines.iter().find(|line| line["event"] == event);
        found.unwrap_or_else(|| panic!("{event}: {lines:?}"))
    };
    let opened = of(&format!("{session}.0"));
    assert_eq!(opened["operation"], "open");
    assert!(
        opened["before"]
            .as_str()
            .unwrap()
            .contains("\"risk_threshold\":0.35")
    );
    assert!(
        opened["now"]
            .as_str()
            .unwrap()
            .contains("\"risk_threshold\":0.01")
    );
    let judged = of(&format!("{session}.1"));
    assert!(
        judged["before"]
            .as_str()
            .unwrap()
            .contains("\"verdict\":\"refine\"")
    );
    assert!(
        !judged["now"]
            .as_str()
            .unwrap()
            .contains("\"verdict\":\"refine\"")
    );
    assert_eq!(judged["configuration_changed"], true, "{judged}");
    let text = assize(&place.url(), &[&NATIVE[..], &config].concat());
    assert_eq!(text.code, Some(1), "{text:?}");
    assert!(text.out.contains("(under other settings)"), "{text:?}");
    let told = table(&text);
    let row = format!("{session}.1  evaluate\n  then: {{\"decision\":\"CONTINUE\"");
    assert!(told.contains(&row), "{text:?}");
    assert!(
        text.out.contains("1 the same, 3 different, 0 not run"),
        "{text:?}"
    );
    // As it was, all is the same again.
    same(
        &assize(&place.url(), &[&NATIVE[..], &["--json"]].concat()),
        4,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_answer_is_found_even_where_the_chain_is_whole() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    world.post("/evaluate", &pair("a b c", "a b d")).await;
    let made = streamed(&world.store).await.remove(0);
    let answer = made.answer.whole().unwrap();
    assert!(answer.contains("\"verdict\":\"refine\""));
    let answer = answer.replace("\"verdict\":\"refine\"", "\"verdict\":\"allow\"");
    let forged = Event::seal(
        draft_of(&made, 0, Content::Whole(answer)),
        "stream-x".into(),
        0,
        Hash::ZERO,
    );
    // Only a hash is kept of this one's answer, of which the hash is another.
    let hidden = draft_of(&made, 1, Content::Omitted(Hash::of(b"another")));
    let hidden = Event::seal(hidden, "stream-x".into(), 1, forged.hash);
    // This one is refused today.
    let refused = Draft {
        input: Content::Whole("{}".to_owned()),
        ..draft_of(&made, 2, made.answer.clone())
    };
    let refused = Event::seal(refused, "stream-x".into(), 2, hidden.hash);
    let mut head: Option<Head> = None;
    for event in [&forged, &hidden, &refused] {
        let append = Append::new(head.as_ref(), ChainKind::Stream, event, None, false);
        head = Some(append.head.clone());
        world.store.append(append).await.unwrap();
    }
    drop(world);
    assert_whole(&place.url());
    for engine in [&NATIVE[..], &COMPONENT] {
        let json = assize(&place.url(), &[engine, &["--json"]].concat());
        assert_eq!(json.code, Some(1), "{json:?}");
        let lines = json.lines();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0]["event"], "stream-x.0");
        assert!(lines[0]["before"].as_str().unwrap().contains("allow"));
        assert_eq!(lines[0]["now"], made.answer.whole().unwrap());
        assert!(lines[1].get("before").is_none(), "{}", lines[1]);
        assert!(
            lines[2]["refused"].is_string() && lines[2].get("now").is_none(),
            "{}",
            lines[2]
        );
        let text = assize(&place.url(), engine);
        let told = table(&text);
        for part in [
            "stream-x.0  evaluate\n  then: …\":\"CONTINUE\",\"verdict\":\"allow\"",
            "…\n  now:  …\":\"CONTINUE\",\"verdict\":\"refine\"",
            "stream-x.1  evaluate\n  another answer than then, of which only the hash was kept\n",
            "stream-x.2  evaluate\n  refused now: ",
            "1 the same, 3 different, 0 not run",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
    let one = assize(
        &place.url(),
        &[&NATIVE[..], &["--json", "--chain", "stream-x"]].concat(),
    );
    assert_eq!(summary(&one)["events"], 3);
    let none = assize(
        &place.url(),
        &[&NATIVE[..], &["--chain", "nobody"]].concat(),
    );
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("there is no chain nobody"), "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn difference_says_whether_another_component_judged() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    world.post("/evaluate", &pair("a b c", "a b d")).await;
    let made = streamed(&world.store).await.remove(0);
    let forged = Event::seal(
        draft_of(&made, 0, Content::Whole("{}".to_owned())),
        "stream-x".into(),
        0,
        Hash::ZERO,
    );
    let append = Append::new(None, ChainKind::Stream, &forged, None, false);
    world.store.append(append).await.unwrap();
    drop(world);
    let changed = |engine: &[&str]| {
        let ran = assize(&place.url(), &[engine, &["--json"]].concat());
        ran.lines()[0]["component_changed"].clone()
    };
    assert_eq!(changed(&COMPONENT), true);
    assert_eq!(changed(&NATIVE), false);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_kept_whole_is_not_run_and_it_is_said_why() {
    for policy in [InputPolicy::Redacted, InputPolicy::Hash] {
        let place = File::new();
        let world = World::keeping(open(&place.url()).await, policy);
        world.post("/evaluate", &pair("a", "b")).await;
        let session = world.cycles(5).await;
        world.delete(&session).await;
        drop(world);
        let json = assize(&place.url(), &[&NATIVE[..], &["--json"]].concat());
        assert_eq!(json.code, Some(0), "{json:?}");
        // The end of a session says nothing, and is the same; what reopened it has no session to reopen.
        let expected = json!({
            "events": 7, "same": 1, "different": 0, "different_states": 0, "skipped": 6,
            "skipped_because": {"its input is not kept whole": 5, "an event before it could not be run": 1},
        });
        assert_eq!(summary(&json), expected, "{policy:?}");
        let text = assize(&place.url(), &NATIVE).done();
        for part in [
            "7 events in ",
            "1 the same, 0 different, 6 not run\n",
            "  not run: 5, as its input is not kept whole\n",
            "  not run: 1, as an event before it could not be run\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

/// A state is a fold over events: one that is not is no state of the session.
#[tokio::test(flavor = "multi_thread")]
async fn state_that_is_not_of_its_events_is_found() {
    let place = File::new();
    let world = World::over(open(&place.url()).await);
    let poor = world
        .open(r#"{"config": {"initial_contradiction_budget": 0}}"#)
        .await;
    let rich = world
        .open(r#"{"config": {"initial_contradiction_budget": 1000000}}"#)
        .await;
    drop(world);
    same(
        &assize(&place.url(), &[&NATIVE[..], &["--json"]].concat()),
        2,
    );
    let state =
        "(SELECT bytes FROM snapshot JOIN chain ON chain.id = snapshot.chain WHERE name = ?1)";
    let update = format!(
        "UPDATE snapshot SET bytes = {state} WHERE chain = (SELECT id FROM chain WHERE name = ?2)"
    );
    assert_eq!(
        place.connection().execute(&update, [&rich, &poor]).unwrap(),
        1
    );
    let codes = [&["audit", "verify"][..], &NATIVE].map(|look| assize(&place.url(), look).code);
    assert!(codes.contains(&Some(1)), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_replay_is_said() {
    let place = File::new();
    drop(open(&place.url()).await);
    let ran = assize(&place.url(), &NATIVE);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("there was nothing to replay"), "{ran:?}");
    let missing = format!("{}-elsewhere", place.url());
    let ran = assize(&missing, &NATIVE);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("there is no journal at"), "{ran:?}");
}
