//! The indexes against looking at every fact: the same answers, whatever is known of a call.

use super::generate::Random;
use assize_core::rules::{Evaluator, Fact, KnowledgeBase, Limits, QueryOptions, Value};
use std::collections::BTreeMap;

/// Terms that a fact or a call may hold; `_` in a fact is whatever one likes.
const TERMS: [&str; 14] = [
    "0", "1", "2", "\"a\"", "\"b\"", "\"1\"", "1.0", "null", "true", "[]", "[1, 2]", "[1]",
    "{x: 1}", "point(1)",
];
const VARIABLES: [&str; 2] = ["x", "y"];
/// More than are looked through without an index.
const MOST_FACTS: usize = 60;

fn term(random: &mut Random, terms: usize) -> &'static str {
    TERMS[random.below(terms)]
}

/// The bindings of a call that matches a fact, both of ground terms but for the call's variables.
fn matched(call: &[&'static str], fact: &[&'static str]) -> Option<Vec<String>> {
    let mut bindings = BTreeMap::new();
    for (asked, held) in call.iter().zip(fact) {
        let asked = if VARIABLES.contains(asked) {
            *bindings.entry(*asked).or_insert(*held)
        } else {
            *asked
        };
        if asked != *held {
            return None;
        }
    }
    let shown = bindings.iter().map(|(name, term)| format!("{name}={term}"));
    Some(shown.collect())
}

fn answers(base: &KnowledgeBase, call: &[&'static str]) -> Vec<Vec<String>> {
    let goal = format!("p({})", call.join(", "));
    let found = base.ask(&goal, QueryOptions::default()).unwrap();
    assert!(found.outcome.complete);
    let mut rows: Vec<Vec<String>> = found
        .answers
        .iter()
        .map(|answer| {
            let mut row: Vec<String> = answer
                .bindings
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            row.sort();
            row
        })
        .collect();
    rows.sort();
    rows
}

fn scanned(facts: &[Vec<&'static str>], call: &[&'static str]) -> Vec<Vec<String>> {
    let mut rows: Vec<_> = facts
        .iter()
        .filter_map(|fact| matched(call, fact))
        .collect();
    rows.sort();
    rows.dedup();
    rows
}

fn text(facts: &[Vec<&'static str>]) -> String {
    let lines = facts
        .iter()
        .map(|fact| format!("p({}).\n", fact.join(", ")));
    lines.collect()
}

fn call(random: &mut Random, arity: usize, terms: usize) -> Vec<&'static str> {
    (0..arity)
        .map(|_| match random.below(3) {
            0 => VARIABLES[random.below(2)],
            _ => term(random, terms),
        })
        .collect()
}

#[test]
fn an_index_finds_what_a_scan_finds() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let (arity, terms) = (1 + random.below(5), 2 + random.below(TERMS.len() - 1));
        let facts: Vec<Vec<_>> = (0..=random.below(MOST_FACTS))
            .map(|_| (0..arity).map(|_| term(&mut random, terms)).collect())
            .collect();
        let base = KnowledgeBase::from_text("facts.rules", &text(&facts)).unwrap();
        for _ in 0..20 {
            let call = call(&mut random, arity, terms);
            assert_eq!(
                answers(&base, &call),
                scanned(&facts, &call),
                "seed {seed}: p({})\n{}",
                call.join(", "),
                text(&facts)
            );
        }
    }
}

/// Clauses that match whatever there is in a place stand in every group of an index.
#[test]
fn an_index_finds_clauses_that_hold_variables() {
    for seed in 0..200 {
        let mut random = Random(seed);
        let (arity, terms) = (1 + random.below(4), 2 + random.below(TERMS.len() - 1));
        let facts: Vec<Vec<&str>> = (0..=random.below(MOST_FACTS))
            .map(|_| {
                let one = |_| match random.below(8) {
                    0 => "_",
                    _ => term(&mut random, terms),
                };
                (0..arity).map(one).collect()
            })
            .collect();
        let Ok(base) = KnowledgeBase::from_text("facts.rules", &text(&facts)) else {
            panic!("seed {seed}: {}", text(&facts));
        };
        for _ in 0..20 {
            let call: Vec<_> = (0..arity).map(|_| term(&mut random, terms)).collect();
            let holds = facts.iter().any(|fact| {
                let fits = |(asked, held): (&&str, &&str)| *held == "_" || asked == held;
                call.iter().zip(fact).all(fits)
            });
            assert_eq!(
                !answers(&base, &call).is_empty(),
                holds,
                "seed {seed}: p({})\n{}",
                call.join(", "),
                text(&facts)
            );
        }
    }
}

/// Resident handles, while facts come and go.
#[test]
fn an_index_follows_changes_of_facts() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let names = 2 + random.below(12);
        let mut base =
            KnowledgeBase::from_text("facts.rules", "p(\"n0\", \"n0\", \"n0\").").unwrap();
        let mut evaluator = Evaluator::new(&base, Limits::default());
        let mut facts = vec![[0, 0, 0]];
        for _ in 0..120 {
            let row = [0; 3].map(|_: usize| random.below(names));
            let changed = [fact(row)];
            if random.below(3) == 0 {
                base.change_facts(&changed, &[]).unwrap();
                facts.retain(|known| *known != row);
            } else {
                base.change_facts(&[], &changed).unwrap();
                if !facts.contains(&row) {
                    facts.push(row);
                }
            }
            evaluator.update(&base);
            let asked = [0; 3].map(|_: usize| random.below(names));
            let p = evaluator.predicate("p", 3).unwrap();
            let handles = asked.map(|name| evaluator.text(&format!("n{name}")));
            let holds = evaluator.holds(p, &handles, None).unwrap();
            assert_eq!(holds, facts.contains(&asked), "seed {seed}: {asked:?}");
        }
    }
}

fn fact(row: [usize; 3]) -> Fact {
    let arguments = row.map(|name| Value::string(format!("n{name}")));
    ("p".into(), arguments.into())
}
