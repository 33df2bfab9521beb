//! The recorded behaviour of the circuit breaker and the cache of the production guide.
//!
//! Deviations: an expired entry is a miss (`expired-is-a-miss`), where the guide gives it until the next cleanup; a
//! time to live can't be negative (`no-negative-ttl`), such an entry is never there.

#[path = "../../../tests/production_cases.rs"]
mod production_cases;

use crate::{Breaker, BreakerPolicy, BreakerState, Cache};
use production_cases::cases;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

type Deviations = BTreeMap<&'static str, usize>;

fn steps(case: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let (ops, expected) = (&case["ops"], &case["expected"]);
    let (ops, expected) = (ops.as_array().unwrap(), expected.as_array().unwrap());
    assert_eq!(ops.len(), expected.len());
    ops.iter().zip(expected)
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().unwrap())
}

#[test]
fn circuit_breaker() {
    for case in cases("circuit_breaker").unwrap_or_default() {
        let config = &case["config"];
        let mut breaker = Breaker::new(BreakerPolicy {
            failures: config["failure_threshold"].as_u64().unwrap() as u32,
            open: seconds(&config["timeout"]),
        });
        for (op, expected) in steps(&case) {
            let now = seconds(&op["t"]);
            let admitted = breaker.admit(now);
            let is_called = admitted.is_ok();
            let result = match (admitted, op["outcome"] == "ok") {
                (Ok(permit), true) => {
                    breaker.succeeded(permit);
                    "ok"
                }
                (Ok(permit), false) => {
                    breaker.failed(permit, now);
                    "error"
                }
                (Err(open), _) => {
                    let message = expected["message"].as_str().unwrap();
                    assert_eq!(open.to_string(), message.to_lowercase());
                    "rejected"
                }
            };
            let state = match breaker.state() {
                BreakerState::Closed => "closed",
                BreakerState::Open => "open",
                BreakerState::HalfOpen => "half_open",
            };
            let found = (result, is_called, state, u64::from(breaker.failures()));
            let wanted = (
                expected["result"].as_str().unwrap(),
                expected["called"].as_bool().unwrap(),
                expected["state"].as_str().unwrap(),
                expected["failure_count"].as_u64().unwrap(),
            );
            assert_eq!(found, wanted, "{} {op}", case["case"]);
            let last = seconds(&expected["last_failure_time"]);
            assert_eq!(breaker.last_failure(), last, "{} {op}", case["case"]);
        }
    }
}

#[test]
fn cache() {
    let mut deviations = Deviations::new();
    let Some(cases) = cases("cache") else {
        return;
    };
    for case in cases {
        let mut cache = Cache::new(100, 100_000);
        for (op, expected) in steps(&case) {
            cache_step(&mut cache, op, expected, &mut deviations);
        }
    }
    println!("deviations: {deviations:?}");
    assert_eq!(
        deviations.keys().copied().collect::<Vec<_>>(),
        ["expired-is-a-miss", "no-negative-ttl"]
    );
}

fn cache_step(cache: &mut Cache, op: &Value, expected: &Value, deviations: &mut Deviations) {
    let now = seconds(&op["t"]);
    let key = op["key"].as_str().unwrap_or_default();
    match op["op"].as_str().unwrap() {
        "set" => {
            let ttl = op["ttl"].as_f64().unwrap();
            match Duration::try_from_secs_f64(ttl) {
                Ok(ttl) => cache.insert(&key.into(), op["value"].to_string().into(), ttl, now),
                Err(_) => *deviations.entry("no-negative-ttl").or_default() += 1,
            }
        }
        "cleanup" => {
            cache.remove_expired(now);
            let keys: Vec<_> = cache.keys().collect();
            assert_eq!(json!({ "keys": keys }), *expected, "{op}");
        }
        _ => match (cache.get(key, now), expected["expires"].as_f64()) {
            (Some(found), Some(_)) => assert_eq!(*found, expected["value"].to_string(), "{op}"),
            (None, None) => {}
            (None, Some(expires)) => {
                assert!(now > Duration::from_secs_f64(expires), "{op}");
                *deviations.entry("expired-is-a-miss").or_default() += 1;
            }
            (Some(found), None) => panic!("{op}: {found}"),
        },
    }
}
