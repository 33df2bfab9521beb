//! The recorded behaviour of the rate limiter of the production guide, which keeps the time of each request.
//!
//! Two deviations, described in `docs/deviations.md`: `a-slot-later` and `no-empty-window`.

#[path = "../../tests/production_cases.rs"]
mod production_cases;

use crate::rate::{Quota, Window};
use production_cases::cases;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many of these times lie less than `ms` before `now`, as the guide counts.
fn within(times: &[u64], now: u64, ms: u64) -> usize {
    times.iter().filter(|time| now - **time < ms).count()
}

#[derive(Default)]
struct Client {
    window: Window,
    /// Times of the requests that were permitted.
    permitted: Vec<u64>,
}

/// Whether each request is permitted; it must be as in the guide, or one slot later.
fn run(name: &Value, quota: Quota, ops: &[Value]) -> Vec<bool> {
    let most = quota.requests as usize;
    let mut clients: BTreeMap<&str, Client> = BTreeMap::new();
    let mut found = Vec::new();
    for op in ops {
        let client = clients.entry(op["client"].as_str().unwrap()).or_default();
        let now = (op["t"].as_f64().unwrap() * 1000.0).round() as u64;
        let taken = client.window.take(quota, now);
        let used = within(&client.permitted, now, quota.window_ms);
        let later = quota.window_ms + quota.slot_ms();
        if taken.permitted {
            assert!(used < most, "{name} {op}: more than the quota");
            client.permitted.push(now);
        } else {
            let used = within(&client.permitted, now, later);
            assert!(used >= most, "{name} {op}: refused for longer than a slot");
        }
        found.push(taken.permitted);
    }
    found
}

#[test]
fn rate_limiter() {
    let Some(cases) = cases("rate_limiter") else {
        return;
    };
    let mut deviations: BTreeMap<&str, usize> = BTreeMap::new();
    let mut same = 0;
    for case in &cases {
        let config = &case["config"];
        let window_ms = config["window"].as_u64().unwrap() * 1000;
        let quota = Quota {
            requests: config["max_requests"].as_u64().unwrap() as u32,
            window_ms: window_ms.max(1),
        };
        let found = run(&case["case"], quota, case["ops"].as_array().unwrap());
        let expected: Vec<bool> = serde_json::from_value(case["expected"].clone()).unwrap();
        match (found == expected, window_ms) {
            (true, _) => same += 1,
            (false, 0) => *deviations.entry("no-empty-window").or_default() += 1,
            (false, _) => *deviations.entry("a-slot-later").or_default() += 1,
        }
    }
    println!("{same} are the same, {deviations:?}");
    assert!(same > 0);
    let names: Vec<&str> = deviations.into_keys().collect();
    assert_eq!(names, ["a-slot-later", "no-empty-window"]);
}
