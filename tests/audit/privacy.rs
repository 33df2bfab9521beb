//! Where inputs are not kept, no text of a caller stands anywhere but where a session needs it.

use crate::places::{File, Place, Postgres, Redis};
use crate::world::{SESSIONS, Serving, assert_whole, assize};
use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Texts that a session's state holds, as the governors need them: who was chosen in each step, the answer that was
/// frozen last, and lessons.
const STATE: [&str; 5] = [
    "marker-engine",
    "marker-frozen",
    "marker-domain",
    "marker-lesson",
    "marker-bias",
];
/// Texts that nothing needs once they are judged.
const PASSING: [&str; 6] = [
    "marker-output",
    "marker-mode",
    "marker-monologue",
    "marker-batch",
    "marker-loser",
    "marker-claim",
];

fn evaluate(output: &str) -> Value {
    let side = |side: &str| {
        json!({
            "output": format!("{output} {side}"), "confidence": 0.9, "reasoning_mode": "marker-mode",
            "internal_monologue": "marker-monologue",
        })
    };
    json!({"left": side("left"), "right": side("right")})
}

fn step() -> String {
    json!({
        "left": {"engine_id": "marker-engine", "cycle_index": 0, "answer": "marker-frozen \u{e4}", "coherence": 1.0},
        "right": {"engine_id": "marker-engine-b", "cycle_index": 0, "answer": "marker-loser", "risk": 0.9,
                  "contradiction_claim": "marker-claim"},
    })
    .to_string()
}

fn lesson() -> String {
    json!({
        "domain": "marker-domain", "lesson": "marker-lesson", "consequence_type": "harm",
        "future_bias": "marker-bias", "timestamp": "now",
    })
    .to_string()
}

/// Everything that takes texts: the paths of a cycle session and of a session that froze.
async fn talk(serving: &Serving) -> [String; 2] {
    let batch = json!({"items": [evaluate("marker-batch")]}).to_string();
    let outputs = evaluate("marker-output").to_string();
    let mut sessions = Vec::new();
    for (path, body) in [
        ("/evaluate", &outputs),
        ("/v1/governor/evaluate:batch", &batch),
    ] {
        assert_eq!(serving.post(path, body).await.0, 200);
    }
    for open in [
        json!({"config": {"risk_threshold": 1}}),
        json!({"governor": "session", "config": {"max_cycles": 1}}),
    ] {
        let (status, opened) = serving.post(SESSIONS, &open.to_string()).await;
        assert_eq!(status, 201, "{opened}");
        sessions.push(format!("{SESSIONS}/{}", opened["id"].as_str().unwrap()));
    }
    let [cycle, session] = <[String; 2]>::try_from(sessions).unwrap();
    assert_eq!(
        serving.post(&format!("{cycle}/evaluate"), &outputs).await.0,
        200
    );
    let (status, frozen) = serving.post(&format!("{session}/step"), &step()).await;
    assert_eq!(
        (status, &frozen["decision"]),
        (200, &json!("FREEZE")),
        "{frozen}"
    );
    assert_eq!(frozen["chosen_answer"], "marker-frozen \u{e4}");
    assert_eq!(
        serving
            .post(&format!("{session}/wisdom"), &lesson())
            .await
            .0,
        204
    );
    assert_eq!(serving.post(&format!("{session}/reopen"), "").await.0, 200);
    // A refusal repeats what it refuses to its caller, and to nobody else.
    assert_eq!(
        serving
            .post("/evaluate", r#"{"marker-output": "marker-output"}"#)
            .await
            .0,
        400
    );
    [cycle, session]
}

/// Which of these texts stand in some bytes.
fn found(bytes: &[u8], markers: &[&'static str]) -> Vec<&'static str> {
    let has = |marker: &&&str| {
        bytes
            .windows(marker.len())
            .any(|part| part == marker.as_bytes())
    };
    markers.iter().filter(has).copied().collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut all = Vec::new();
    for entry in entries.map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all.extend(files(&entry));
        } else {
            all.push(entry);
        }
    }
    all
}

fn found_in(folder: &Path, markers: &[&'static str]) -> Vec<(PathBuf, Vec<&'static str>)> {
    let found = files(folder).into_iter().filter_map(|file| {
        let found = found(&std::fs::read(&file).unwrap(), markers);
        (!found.is_empty()).then_some((file, found))
    });
    found.collect()
}

fn folder_of(url: &str) -> PathBuf {
    let path = Path::new(url.strip_prefix("sqlite:").unwrap());
    path.parent().unwrap().to_owned()
}

async fn texts_are_nowhere(place: &dyn Place, policy: &str) -> [String; 2] {
    let url = place.url();
    let config = format!("[journal]\ninputs = \"{policy}\"\n[log]\nfilter = \"debug\"\n");
    let serving = Serving::start(&url, &config).await;
    let sessions = talk(&serving).await;
    if url.starts_with("sqlite:") {
        // While it runs, the log of the file holds what was written.
        let folder = folder_of(&url);
        assert!(folder.join("assize.db-wal").metadata().unwrap().len() > 0);
        assert_eq!(found_in(&folder, &PASSING), [], "{policy}");
    }
    let log = serving.stop().await;
    assert_eq!(
        found(log.as_bytes(), &[PASSING.as_slice(), &STATE].concat()),
        Vec::<&str>::new(),
        "{log}"
    );
    let export = assize(&url, &["store", "export"]).done();
    assert_eq!(
        found(export.as_bytes(), &[PASSING.as_slice(), &STATE].concat()),
        Vec::<&str>::new(),
        "{export}"
    );
    for line in export.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        // What base64 hides is the state, and only what it must hold.
        if let Some(state) = line["chain"]["snapshot"][1].as_str() {
            let state = Base64::decode_vec(state).unwrap();
            assert_eq!(found(&state, &PASSING), Vec::<&str>::new());
            let is_session = line["chain"]["head"]["engine"] == "governor:session";
            let held = if is_session {
                STATE.to_vec()
            } else {
                Vec::new()
            };
            assert_eq!(found(&state, &STATE), held);
        }
    }
    assert_whole(&url);
    sessions
}

async fn sessions_go_on(url: &str, policy: &str, [cycle, session]: [String; 2]) {
    let serving = Serving::start(url, &format!("[journal]\ninputs = \"{policy}\"\n")).await;
    let (status, audit) = serving
        .ask("GET", &format!("{session}/audit"), "", "")
        .await;
    assert_eq!(status, 200, "{audit}");
    assert_eq!(audit["wisdom"][0]["lesson"], "marker-lesson");
    assert_eq!(
        serving.post(&format!("{session}/step"), &step()).await.0,
        200
    );
    let (status, answer) = serving
        .post(
            &format!("{cycle}/evaluate"),
            &evaluate("marker-output").to_string(),
        )
        .await;
    assert_eq!((status, &answer["cycle"]), (200, &json!(2)), "{answer}");
    for path in [cycle, session] {
        assert_eq!(serving.ask("DELETE", &path, "", "").await.0, 204);
    }
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_callers_are_not_in_the_file_the_log_or_the_export() {
    for policy in ["redacted", "hash"] {
        let place = File::new();
        let sessions = texts_are_nowhere(&place, policy).await;
        let folder = folder_of(&place.url());
        assert_eq!(found_in(&folder, &PASSING), [], "{policy}");
        sessions_go_on(&place.url(), policy, sessions).await;
        assert_eq!(found_in(&folder, &PASSING), [], "{policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_callers_are_found_where_they_are_kept() {
    // That the search of the other tests finds something.
    let place = File::new();
    let serving = Serving::start(&place.url(), "").await;
    talk(&serving).await;
    serving.stop().await;
    let all = [PASSING.as_slice(), &STATE].concat();
    place.settle();
    let file = std::fs::read(folder_of(&place.url()).join("assize.db")).unwrap();
    assert_eq!(found(&file, &all), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_sessions_that_ended_are_gone_from_the_file() {
    let place = File::new();
    let sessions = texts_are_nowhere(&place, "hash").await;
    let folder = folder_of(&place.url());
    sessions_go_on(&place.url(), "hash", sessions).await;
    place.settle();
    assert_eq!(found_in(&folder, &STATE), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_callers_are_not_in_the_servers() {
    let postgres = Postgres::start();
    let sessions = texts_are_nowhere(&postgres, "redacted").await;
    sessions_go_on(&postgres.url(), "redacted", sessions).await;
    let redis = Redis::start();
    let sessions = texts_are_nowhere(&redis, "hash").await;
    sessions_go_on(&redis.url(), "hash", sessions).await;
}
