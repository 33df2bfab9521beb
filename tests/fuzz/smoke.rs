//! Runs one target over many changed inputs, in this process and on the stable compiler:
//! `cargo run --release --example smoke -- rules_evaluation 200000 1`. The last number is the seed.

#[path = "mutation.rs"]
mod mutation;
mod rules_mutation;

use assize_fuzz::{Outcomes, gate, rules, seeds};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Inputs that take longer are shown.
const SLOW: Duration = Duration::from_secs(1);
/// As little as a thread of a host has.
const STACK_BYTES: usize = 1 << 20;

type Target = fn(&[u8]) -> Outcomes;

fn target(name: &str) -> Option<(Target, Vec<Vec<u8>>)> {
    let (target, seeds): (Target, _) = match name {
        "rules_text" => (rules::rules_text, rules::seeds::rules_texts()),
        "rules_structured" => (rules::rules_structured, rules::seeds::rules_structures()),
        "rules_format" => (rules::rules_format, rules::seeds::rules_texts()),
        "rules_load" => (rules::rules_load, rules::seeds::rules_programs()),
        "rules_evaluation" => (rules::rules_evaluation, rules::seeds::rules_evaluations()),
        "rules_query" => (rules::rules_query, rules::seeds::rules_queries()),
        "rules_snapshot" => (rules::rules_snapshot, rules::seeds::rules_snapshots()),
        "query_request" => (rules::query_request, rules::seeds::query_requests()),
        "gate_snapshot" => (gate::gate_snapshot, gate::seeds::gate_snapshots()),
        "controller_snapshot" => (
            gate::controller_snapshot,
            gate::seeds::controller_snapshots(),
        ),
        "memory_snapshot" => (gate::memory_snapshot, gate::seeds::memory_snapshots()),
        "gate_request" => (gate::gate_request, gate::seeds::documents()),
        "memory_operations" => (gate::memory_operations, gate::seeds::operations()),
        "embedding" => (gate::embedding, gate::seeds::texts()),
        "json_input" => (assize_fuzz::json_input, seeds::documents()),
        _ => return None,
    };
    Some((target, seeds))
}

fn run(name: &str, target: Target, seeds: Vec<Vec<u8>>, cases: u32, seed: u64) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        rng_seed: RngSeed::Fixed(seed),
        ..ProptestConfig::default()
    };
    let tally = RefCell::new(BTreeMap::new());
    let are_snapshots = seeds.iter().all(|seed| seed.starts_with(b"ASZ"));
    let known = match name {
        _ if are_snapshots => mutation::numbers(seeds.clone()).boxed(),
        "json_input" | "gate_request" => mutation::documents(seeds.clone()).boxed(),
        "memory_operations" | "embedding" => mutation::bytes(seeds.clone()).boxed(),
        _ => rules_mutation::programs(seeds.clone()).boxed(),
    };
    let inputs = prop_oneof![9 => known, 1 => mutation::bytes(seeds)];
    let result = TestRunner::new(config).run(&inputs, |bytes| {
        let begun = Instant::now();
        let outcomes = target(&bytes);
        let taken = begun.elapsed();
        if taken > SLOW {
            println!("{taken:?}: {}", String::from_utf8_lossy(&bytes));
        }
        for (name, accepted) in outcomes {
            let mut tally = tally.borrow_mut();
            let (yes, no): &mut (u32, u32) = tally.entry(name).or_default();
            *if accepted { yes } else { no } += 1;
        }
        Ok(())
    });
    println!("accepted and refused: {:?}", tally.into_inner());
    match result {
        Ok(()) => {}
        Err(proptest::test_runner::TestError::Fail(why, bytes)) => {
            println!("FAILED {why}\n{}", String::from_utf8_lossy(&bytes));
        }
        Err(error) => println!("FAILED {error}"),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse().ok());
    let name = arguments.first().cloned().unwrap_or_default();
    let Some((target, seeds)) = target(&name) else {
        println!("smoke <target> [inputs] [seed]");
        return;
    };
    let cases = number(1).unwrap_or(10_000);
    let seed = number(2).map_or(1, u64::from);
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let running = thread.spawn(move || run(&name, target, seeds, cases, seed));
    running.expect("a thread starts").join().expect("it ends");
}
