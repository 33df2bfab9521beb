//! The rule engine against a second evaluator that has nothing clever in it, and against programs that would
//! hang, overflow or fill the memory.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use assize_core::rules::{KnowledgeBase, Limits, QueryOptions, Value};
use std::collections::BTreeSet;

#[path = "rules/generate.rs"]
mod generate;
#[path = "rules/hostile.rs"]
mod hostile;
#[path = "rules/hostile_properties.rs"]
mod hostile_properties;
#[path = "rules/hostile_sizes.rs"]
mod hostile_sizes;
#[path = "rules/hostile_sources.rs"]
mod hostile_sources;
#[path = "rules/hostile_terms.rs"]
mod hostile_terms;
#[path = "rules/indexed.rs"]
mod indexed;
#[path = "rules/naive.rs"]
mod naive;
#[path = "rules/outcome.rs"]
mod outcome;
#[path = "rules/snapshot.rs"]
mod snapshot;

use generate::Random;
use naive::{Atom, Term};

/// What holds of a query, as the bindings of its variables in order of their numbers.
fn expected(query: &Atom, known: &[BTreeSet<Vec<i64>>]) -> BTreeSet<Vec<(String, i64)>> {
    let mut answers = BTreeSet::new();
    'tuples: for tuple in &known[query.predicate] {
        let mut binding = std::collections::BTreeMap::new();
        for (term, number) in query.arguments.iter().zip(tuple) {
            let known = match term {
                Term::Constant(known) => *known,
                Term::Variable(variable) => {
                    *binding.entry(format!("v{variable}")).or_insert(*number)
                }
            };
            if known != *number {
                continue 'tuples;
            }
        }
        answers.insert(binding.into_iter().collect());
    }
    answers
}

fn check(seed: u64) {
    let mut random = Random(seed);
    let program = generate::program(&mut random);
    let known = program.evaluate();
    let text = program.to_text();
    let base = KnowledgeBase::from_text("random.rules", &text)
        .unwrap_or_else(|error| panic!("seed {seed}: {error:?}\n{text}"));
    for _ in 0..6 {
        let query = generate::query(&mut random, &program);
        let goal = naive::atom_text(&query);
        let answers = base
            .ask(&goal, QueryOptions::default())
            .unwrap_or_else(|error| panic!("seed {seed}: {goal}: {error}\n{text}"));
        assert!(answers.outcome.complete, "seed {seed}: {goal}\n{text}");
        let mut found = BTreeSet::new();
        for answer in answers.answers {
            let mut bindings: Vec<(String, i64)> = answer
                .bindings
                .iter()
                .map(|(name, value)| match value {
                    Value::Integer(number) => (name.to_string(), *number),
                    value => panic!("seed {seed}: {goal} answers {value}"),
                })
                .collect();
            bindings.sort();
            assert!(
                found.insert(bindings),
                "seed {seed}: {goal} answers twice\n{text}"
            );
        }
        assert_eq!(
            found,
            expected(&query, &known),
            "seed {seed}: {goal}\n{text}"
        );
    }
}

/// `ASSIZE_RULES_PROGRAMS` says how many; 10,000 for the night.
#[test]
fn random_programs_have_the_answers_of_the_naive_evaluator() {
    let programs = std::env::var("ASSIZE_RULES_PROGRAMS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(500);
    for seed in 0..programs {
        check(seed);
    }
}

/// Bounds that a hostile program reaches soon.
const SMALL: Limits = Limits {
    max_steps: 300_000,
    max_depth: 20_000,
    max_answers: 1_000,
    max_table_answers: 20_000,
    max_bytes: 8 * 1024 * 1024,
};
