//! What every host is asked: awkward numbers and texts, every kind of error, sessions of many steps.

use serde_json::{Value, json};

/// One request, or one call, on whichever host.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// `evaluate`, `batch`, `query`, `open`, what is done to the session that was opened, or `http`: a request as it
    /// is.
    pub(crate) call: &'static str,
    pub(crate) body: Value,
}

/// Steps that belong together, on one session where there is one.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// A column of the table.
    pub(crate) group: &'static str,
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

pub(crate) fn step(call: &'static str, body: Value) -> Step {
    Step { call, body }
}

fn side(output: &str, confidence: f64) -> Value {
    json!({ "output": output, "confidence": confidence })
}

fn pair(left: &str, right: &str) -> Value {
    json!({ "left": side(left, 0.9), "right": side(right, 0.85) })
}

fn with(mut body: Value, fields: Value) -> Value {
    if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
        body.extend(fields);
    }
    body
}

/// From 0 to 1, with the ends, what lies beside them, and what has no short decimal form.
const UNIT: [f64; 12] = [
    0.0,
    f64::MIN_POSITIVE,
    5e-324,
    1e-9,
    0.1,
    1.0 / 3.0,
    0.350_000_000_000_000_03,
    0.5,
    0.899_999_999_999_999_9,
    0.9,
    1.0 - f64::EPSILON / 2.0,
    1.0,
];

const AMOUNTS: [f64; 8] = [
    0.0,
    5e-324,
    0.1,
    0.175,
    1.0,
    1e3 / 7.0,
    999_999.999_999_9,
    1e6,
];

const TEXTS: [(&str, &str); 24] = [
    ("a", "a"),
    ("A", "a"),
    ("a b c", "c b a"),
    ("a b c", "a b d"),
    (" a\tb\n", "a b"),
    ("a\u{a0}b", "a b"),
    ("a\u{1c}b\u{1f}c", "a b c"),
    ("a\u{200b}b", "a b"),
    ("\u{3000}全角 スペース", "全角 スペース"),
    ("ΟΔΟΣ οδός", "οδος ΟΔΌΣ"),
    ("STRASSE", "straße"),
    ("İstanbul", "i̇stanbul"),
    ("ﬁne", "FINE"),
    ("👩‍👩‍👧‍👦 family", "family 👩‍👩‍👧‍👦"),
    ("e\u{301}", "é"),
    ("\u{feff}bom", "bom"),
    ("\u{0}", "\u{0} nul"),
    ("no. not, never!", "no not never"),
    ("\"quoted\" \\ back/slash", "\"quoted\""),
    ("\u{2028}line\u{2029}", "line"),
    ("مرحبا بالعالم", "بالعالم مرحبا"),
    ("नमस्ते दुनिया", "नमस्ते"),
    ("snake_case_word", "snake case word"),
    ("٣ ³ Ⅷ 8", "8 Ⅷ ³ ٣"),
];

fn long(words: usize, step: usize) -> String {
    let words: Vec<_> = (0..words)
        .map(|index| format!("word{}", index * step % 1009))
        .collect();
    words.join(" ")
}

fn evaluations(cases: &mut Vec<Case>) {
    let mut add = |name: String, body: Value| {
        let steps = vec![step("evaluate", body)];
        cases.push(Case {
            group: "evaluations",
            name,
            steps,
        });
    };
    for (index, left) in UNIT.into_iter().enumerate() {
        for (other, right) in UNIT.into_iter().enumerate() {
            let body = json!({ "left": side("a b c", left), "right": side("a b d", right) });
            add(format!("confidences-{index}-{other}"), body);
        }
        let body = with(
            pair("a b", "a b c"),
            json!({ "previous_quality": left, "cycle": 2 }),
        );
        add(format!("previous-quality-{index}"), body);
        let config = json!({ "similarity_threshold": left, "risk_threshold": left, "risk_first": index % 2 == 0 });
        add(
            format!("thresholds-{index}"),
            with(pair("a b", "a b c"), json!({ "config": config })),
        );
    }
    for (index, budget) in AMOUNTS.into_iter().enumerate() {
        for (other, rate) in AMOUNTS.into_iter().enumerate() {
            let config =
                json!({ "contradiction_decay_rate": rate, "quality_improvement_threshold": rate });
            let body = with(
                pair("a b", "c d"),
                json!({ "budget": budget, "config": config }),
            );
            add(format!("amounts-{index}-{other}"), body);
        }
    }
    for (index, (left, right)) in TEXTS.into_iter().enumerate() {
        add(format!("texts-{index}"), pair(left, right));
        add(format!("texts-{index}-swapped"), pair(right, left));
    }
    for words in [1, 7, 8, 64, 1000, 5000] {
        add(
            format!("long-{words}"),
            pair(&long(words, 7), &long(words, 11)),
        );
    }
    let unbroken = "x".repeat(400_000);
    add(
        "unbroken".to_owned(),
        pair(&unbroken, &(unbroken.clone() + "y")),
    );
    for cycle in [1, 2, 3, 4, u32::MAX] {
        add(
            format!("cycle-{cycle}"),
            with(pair("a b c", "a b d"), json!({ "cycle": cycle })),
        );
    }
    let items = TEXTS.map(|(left, right)| pair(left, right));
    cases.push(Case {
        group: "evaluations",
        name: "batch".to_owned(),
        steps: vec![step(
            "batch",
            json!({ "items": items, "config": { "max_cycles": 7 } }),
        )],
    });
}

fn refusals(cases: &mut Vec<Case>) {
    let bodies = [
        json!(null),
        json!([]),
        json!("text"),
        json!(7),
        json!({}),
        json!({ "left": null, "right": 1 }),
        json!({ "left": { "output": "", "confidence": 0.5 }, "right": side(" \u{a0}\t", 0.5) }),
        json!({ "left": side("a", -0.1), "right": side("a", 1.000_000_000_000_000_2) }),
        json!({ "left": { "output": 7, "confidence": "0.9" }, "right": { "output": [], "confidence": {} } }),
        with(pair("a", "b"), json!({ "budgte": 1, "~/": 2, "cylce": 3 })),
        with(pair("a", "b"), json!({ "cycle": 0, "budget": -1 })),
        with(pair("a", "b"), json!({ "cycle": 1.5, "budget": 1_000_001 })),
        with(
            pair("a", "b"),
            json!({ "cycle": 4_294_967_296_u64, "previous_quality": 1.1 }),
        ),
        with(pair("a", "b"), json!({ "config": null })),
        with(
            pair("a", "b"),
            json!({ "config": { "max_cycles": 0, "alpha": 2, "risk_first": 1, "gama": 0 } }),
        ),
        with(pair("a", "b"), json!({ "k".repeat(300): 1 })),
    ];
    for (index, body) in bodies.into_iter().enumerate() {
        for call in ["evaluate", "batch", "open"] {
            let steps = vec![step(call, body.clone())];
            cases.push(Case {
                group: "refusals",
                name: format!("refused-{call}-{index}"),
                steps,
            });
        }
    }
    cases.push(Case {
        group: "refusals",
        name: "refused-batch-items".to_owned(),
        steps: vec![step("batch", json!({ "items": [pair("a", "b"), {}, 7] }))],
    });
}

fn wisdom(lesson: &str) -> Value {
    json!({
        "domain": "deployment", "lesson": lesson, "consequence_type": "near_miss",
        "future_bias": "caution", "timestamp": "2026-11-20T10:00:00Z"
    })
}

fn cycle_sessions(cases: &mut Vec<Case>) {
    for (index, amount) in AMOUNTS.into_iter().enumerate() {
        let config = json!({
            "max_cycles": 40, "initial_contradiction_budget": amount, "risk_threshold": 1,
            "quality_improvement_threshold": 0
        });
        let mut steps = vec![step(
            "open",
            json!({ "governor": "cycle", "config": config }),
        )];
        for (turn, (left, right)) in TEXTS.into_iter().enumerate() {
            steps.push(step("cycle", pair(left, right)));
            match turn % 4 {
                0 => steps.push(step("reopen", Value::Null)),
                1 => steps.push(step("wisdom", wisdom(right))),
                2 => steps.push(step("get", Value::Null)),
                _ => steps.push(step("cycle", json!({ "left": 1 }))),
            }
        }
        steps.push(step("audit", Value::Null));
        steps.push(step("reset", Value::Null));
        steps.push(step("audit", Value::Null));
        cases.push(Case {
            group: "sessions",
            name: format!("cycle-session-{index}"),
            steps,
        });
    }
}

fn candidate(engine: &str, index: usize, answer: &str, number: f64) -> Value {
    json!({
        "engine_id": engine, "cycle_index": index, "answer": answer, "coherence": number,
        "risk": number / 3.0, "constraint_ok": index % 5 != 4,
        "contradiction_claim": if index % 3 == 1 { json!("too early") } else { Value::Null }
    })
}

fn step_sessions(cases: &mut Vec<Case>) {
    for (index, number) in UNIT.into_iter().enumerate() {
        let config =
            json!({ "max_cycles": 50, "plateau_cycles": 50, "contradiction_budget": number });
        let mut steps = vec![step(
            "open",
            json!({ "governor": "session", "config": config }),
        )];
        for (turn, (left, right)) in TEXTS.into_iter().enumerate() {
            let body = json!({
                "left": candidate("builder", turn, left, number),
                "right": candidate("critic", turn, right, 1.0 - number)
            });
            steps.push(step("step", body));
            if turn % 3 == 0 {
                steps.push(step("reopen", Value::Null));
            }
        }
        steps.push(step(
            "step",
            json!({ "left": {}, "right": { "engine_id": " " } }),
        ));
        steps.push(step(
            "wisdom",
            json!({ "domain": "", "consequence_type": "bad" }),
        ));
        steps.push(step("audit", Value::Null));
        cases.push(Case {
            group: "sessions",
            name: format!("step-session-{index}"),
            steps,
        });
    }
}

/// Lessons until a session holds as many as it may.
fn wisdom_limit(cases: &mut Vec<Case>) {
    let mut steps = vec![step("open", json!({ "governor": "cycle" }))];
    for index in 0..20 {
        steps.push(step(
            "wisdom",
            wisdom(&format!("{index} {}", "lesson ".repeat(2200))),
        ));
    }
    steps.push(step("audit", Value::Null));
    cases.push(Case {
        group: "sessions",
        name: "wisdom-limit".to_owned(),
        steps,
    });
}

/// Every case, in the same order in every run.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    evaluations(&mut cases);
    refusals(&mut cases);
    cycle_sessions(&mut cases);
    step_sessions(&mut cases);
    wisdom_limit(&mut cases);
    crate::protocol::cases(&mut cases);
    crate::rules::cases(&mut cases);
    crate::knowledge::cases(&mut cases);
    cases
}
