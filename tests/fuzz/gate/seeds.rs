//! Good snapshots, requests and operations to begin from.

use super::gates::fixed;
use super::{SAID, controller, small};
use assize_core::controller::{Controller, Embedder, Heard};
use assize_core::gate::{Conditions, Question, Reply, Request};
use assize_core::memory::{
    MemoryConfig, MemorySettings, NewEntry, PhaseMemory, SynapticConfig, SynapticMemory,
    SynapticSettings,
};

/// Requests, each accepted as what its name says.
pub const DOCUMENTS: [(&str, &str); 14] = [
    (
        "generate",
        r#"{"prompt":"What is a fair trial?","moral_value":0.9,"max_tokens":100,"context_top_k":3,
            "vector":[0.5,0,0,-0.5,0,0,1e-3,0],"user":"ann"}"#,
    ),
    ("generate", r#"{"prompt":"why?"}"#),
    (
        "admit",
        r#"{"text":"help me","moral_value":0.7,"vector":[1,0,0,0,0,0,0,0],"context_top_k":20}"#,
    ),
    ("admit", r#"{"moral_value":0.31}"#),
    (
        "record",
        r#"{"prompt":"why?","response":"The court hears both sides before it decides."}"#,
    ),
    (
        "insert",
        r#"{"entries":[{"text":"a fair trial","phase":0.1,"confidence":0.9,"source":"user_input",
            "source_name":"ann","timestamp":1,"expires_at":5000,"parent":1},
            {"vector":[0,1,0,0,0,0,0,-1],"confidence":0.2}]}"#,
    ),
    (
        "search",
        r#"{"text":"a trial","phase":0.1,"tolerance":0.15,"top_k":5,"min_confidence":0.5}"#,
    ),
    ("search", r#"{"vector":[1e18,0,0,0,0,0,0,1]}"#),
    ("forget", r#"{"ids":[1,2,9007199254740991]}"#),
    ("forget", r#"{"source_name":"ann"}"#),
    ("entry", r#"{"text":"a fair trial","source":"retrieved"}"#),
    (
        "open",
        r#"{"gate":{"threshold":{"policy":"bounded","initial":0.6},"pre_check":0.5},
            "memory":{"dimension":4,"capacity":3,"text_bytes":256,"compressed_index":false},
            "synaptic":{"transfer":"per-component"},"embedder":"caller"}"#,
    ),
    ("heard", r#"{"embedded":[0.5,0,0,0,0,0,0.5,0]}"#),
    ("heard", r#"{"generated":"It hears both sides."}"#),
];

/// Requests as bytes.
#[must_use]
pub fn documents() -> Vec<Vec<u8>> {
    let texts = DOCUMENTS.iter();
    texts.map(|(_, text)| text.as_bytes().to_vec()).collect()
}

/// Gates new and used, and requests at each stage.
///
/// # Panics
///
/// Never: the requests are acceptable.
#[must_use]
pub fn gate_snapshots() -> Vec<Vec<u8>> {
    let mut gate = fixed();
    let mut snapshots = vec![gate.snapshot()];
    for (turn, score) in [0.95, 0.2, 0.95, 0.7, 0.95, 0.95, 0.95]
        .into_iter()
        .enumerate()
    {
        let at = Conditions {
            process_memory_bytes: (turn == 6).then_some(u64::MAX),
            ..Conditions::at(10 * turn as u64)
        };
        let question = Question {
            score: Some(score),
            text: "why?",
        };
        gate.admit(&at, &question).expect("it can be judged");
    }
    snapshots.push(gate.snapshot());
    let mut gate = fixed();
    let request = Request {
        score: Some(0.95),
        source_name: Some("ann"),
        ..Request::new("how does a court decide?")
    };
    let begun = gate.begin(&Conditions::at(5), &request);
    let (mut flight, _) = begun.expect("it is admitted");
    for reply in [
        Reply::Embedded(Ok(vec![0.5; 8])),
        Reply::Recalled(Err("it failed".to_owned())),
        Reply::Generated(Ok(SAID.to_owned())),
        Reply::Remembered(Ok(true)),
    ] {
        snapshots.push(flight.snapshot());
        gate.resume(&mut flight, 6, reply).expect("it is next");
    }
    snapshots.push(flight.snapshot());
    snapshots
}

/// Controllers new, used, and with requests under way.
///
/// # Panics
///
/// Never: the requests are acceptable.
#[must_use]
pub fn controller_snapshots() -> Vec<Vec<u8>> {
    let mut snapshots = Vec::new();
    for embedder in Embedder::ALL {
        let mut settings = small();
        settings.embedder = embedder;
        let mut controller = controller(settings);
        snapshots.push(controller.snapshot());
        for flight in 0..5 {
            ask(&mut controller, flight);
        }
        snapshots.push(controller.snapshot());
        for _ in 0..9 {
            controller.advance_rhythm(50);
        }
        snapshots.push(controller.snapshot());
    }
    snapshots
}

fn ask(controller: &mut Controller, flight: u64) {
    let mut vector = [0.1; 8];
    vector[flight as usize] = 1.0;
    let request = Request {
        score: Some(0.95),
        vector: (flight < 3).then_some(&vector),
        source_name: Some("ann"),
        ..Request::new("how does a court decide?")
    };
    let begun = controller.begin(flight, &Conditions::at(flight), &request);
    begun.expect("it can be judged");
    if flight < 2 {
        let heard = Heard::Generated(Ok(SAID.to_owned()));
        controller.resume(flight, 9, heard).expect("it is next");
    }
}

/// Manifests, each with its chunks; the last is of a synaptic memory.
///
/// # Panics
///
/// Never: the entries are acceptable.
#[must_use]
pub fn memory_snapshots() -> Vec<Vec<u8>> {
    let mut snapshots = Vec::new();
    for (dimension, capacity, count) in [
        (3, 4, 0),
        (3, 4, 3),
        (3, 4, 9),
        (1, 700, 650),
        (2048, 40, 36),
    ] {
        for compressed_index in [true, false] {
            let config = MemoryConfig::new(MemorySettings {
                dimension,
                capacity,
                text_bytes: 4 * 128,
                compressed_index,
            });
            let config = config.expect("in their ranges");
            let mut memory = PhaseMemory::new(config).expect("it is small");
            let vector = vec![0.5; dimension as usize];
            for number in 0..count {
                let entry = NewEntry {
                    source_name: (number % 3 == 0).then_some("ann"),
                    text: (number % 2 == 0).then_some("a fair trial"),
                    expires_at: (number % 4 == 3).then_some(20),
                    ..NewEntry::new(&vector, 0.1)
                };
                memory.insert(&entry, 0).expect("it is acceptable");
            }
            memory.consolidate(&[2, 8], 0);
            let mut bytes = memory.manifest();
            for index in 0..memory.chunk_count() {
                bytes.extend(memory.chunk(index).unwrap_or_default());
            }
            snapshots.push(bytes);
        }
    }
    let settings = SynapticSettings {
        dimension: 3,
        ..SynapticSettings::default()
    };
    let mut levels = SynapticMemory::new(SynapticConfig::new(settings).expect("in their ranges"));
    levels.update(&[2.0, -1.0, 0.5]).expect("finite");
    snapshots.push(levels.snapshot());
    snapshots
}

/// Bytes without any order, from a linear congruential generator.
#[must_use]
pub fn operations() -> Vec<Vec<u8>> {
    let mut state = 1_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let lengths = [20, 60, 120, 250, 500, 900, 1500];
    let lists = lengths.into_iter().cycle().take(28);
    lists
        .map(|length| (0..length).map(|_| byte()).collect())
        .collect()
}

/// Texts in several scripts.
#[must_use]
pub fn texts() -> Vec<Vec<u8>> {
    let texts = [
        "Restart the server.",
        "restart restart the the server-side",
        "\u{1f642}\u{1f642} ! ?",
        "日本語の文章です。今日は。",
        "ทดสอบภาษาไทย",
        "İstanbul ﬁne ΑΣ ς",
        "e\u{301}a\u{308}\u{200d}\u{feff} x",
        "a",
        "_",
        "  \u{a0}\u{3000}",
        "12 3.5e-7",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
