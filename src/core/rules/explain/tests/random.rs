//! Random programs against the plainest evaluation: all values for all variables, until nothing is new.

use super::build::*;
use super::solve::Listed;
use super::*;
use crate::rules::ast::Goal;
use proptest::prelude::{Just, Strategy};
use proptest::{collection, prop_assert, prop_assert_eq, prop_oneof, proptest};
use std::collections::BTreeMap;

/// Values, and predicates of two arguments.
const VALUES: usize = 3;
const PREDICATES: usize = 4;

/// A variable below 3, or a value.
#[derive(Debug, Clone, Copy)]
enum Argument {
    Variable(usize),
    Value(usize),
}

type Row = (usize, [usize; 2]);
type Literal = (usize, [Argument; 2]);

#[derive(Debug, Clone)]
struct Rule {
    head: Literal,
    body: Vec<Literal>,
    absent: Vec<Literal>,
}

fn argument() -> impl Strategy<Value = Argument> {
    prop_oneof![
        4 => (0..3_usize).prop_map(Argument::Variable),
        1 => (0..VALUES).prop_map(Argument::Value),
    ]
}

fn literal(predicates: std::ops::Range<usize>) -> impl Strategy<Value = Literal> {
    (predicates, [argument(), argument()])
}

/// A rule whose negations are about earlier predicates only.
fn random_rule() -> impl Strategy<Value = Rule> {
    (0..PREDICATES).prop_flat_map(|head| {
        let absent = if head == 0 {
            Just(Vec::new()).boxed()
        } else {
            collection::vec(literal(0..head), 0..2).boxed()
        };
        (
            (Just(head), [argument(), argument()]),
            collection::vec(literal(0..head + 1), 1..4),
            absent,
        )
            .prop_map(|(head, body, absent)| Rule { head, body, absent })
    })
}

impl Rule {
    /// Whether every variable of the head and of what is absent stands in the body.
    fn is_safe(&self) -> bool {
        let variables = |literal: &Literal| {
            literal.1.into_iter().filter_map(|argument| match argument {
                Argument::Variable(number) => Some(number),
                Argument::Value(_) => None,
            })
        };
        let bound: Vec<_> = self.body.iter().flat_map(variables).collect();
        std::iter::once(&self.head)
            .chain(&self.absent)
            .flat_map(variables)
            .all(|variable| bound.contains(&variable))
    }
}

fn ground(literal: Literal, values: &[usize; 3]) -> Row {
    let value = |argument| match argument {
        Argument::Variable(number) => values[number],
        Argument::Value(value) => value,
    };
    (literal.0, literal.1.map(value))
}

/// The least height of everything that holds.
fn heights(facts: &[Row], rules: &[Rule]) -> BTreeMap<Row, u32> {
    let mut heights: BTreeMap<Row, u32> = facts.iter().map(|fact| (*fact, 0)).collect();
    for stratum in 0..PREDICATES {
        let rules: Vec<_> = rules.iter().filter(|rule| rule.head.0 == stratum).collect();
        while rules.iter().any(|rule| improve(rule, &mut heights)) {}
    }
    heights
}

fn improve(rule: &Rule, heights: &mut BTreeMap<Row, u32>) -> bool {
    let mut improved = false;
    for number in 0..VALUES.pow(3) {
        let values = [number % 3, number / 3 % 3, number / 9];
        let body = rule.body.iter();
        let highest = body
            .map(|literal| heights.get(&ground(*literal, &values)).copied())
            .try_fold(0, |highest, height| Some(highest.max(height?)));
        let mut absent = rule.absent.iter();
        if let Some(height) = highest
            && absent.all(|literal| !heights.contains_key(&ground(*literal, &values)))
        {
            let known = heights
                .entry(ground(rule.head, &values))
                .or_insert(u32::MAX);
            if height + 1 < *known {
                *known = height + 1;
                improved = true;
            }
        }
    }
    improved
}

fn goal(literal: Literal) -> Goal {
    let term = |argument| match argument {
        Argument::Variable(number) => v(["x", "y", "z"][number]),
        Argument::Value(value) => n(i64::try_from(value).unwrap()),
    };
    call(&format!("p{}", literal.0), literal.1.map(term))
}

fn clauses(facts: &[Row], rules: &[Rule]) -> Clauses {
    let facts = facts.iter().map(|(predicate, values)| {
        let values = values.map(|value| n(i64::try_from(value).unwrap()));
        fact(&format!("p{predicate}"), values)
    });
    let rules = rules.iter().map(|clause| {
        let absent = clause.absent.iter().map(|literal| not(goal(*literal)));
        let body = clause.body.iter().map(|literal| goal(*literal));
        rule(
            goal(clause.head),
            and(body.chain(absent).collect::<Vec<_>>()),
        )
    });
    rules.chain(facts).collect()
}

proptest! {
    #[test]
    fn proofs_are_right_and_least(
        facts in collection::vec((0..PREDICATES, [0..VALUES, 0..VALUES]), 1..8),
        rules in collection::vec(random_rule(), 1..7),
    ) {
        let rules: Vec<_> = rules.into_iter().filter(Rule::is_safe).collect();
        let heights = heights(&facts, &rules);
        let row = |row: &Row| -> (Name, Vec<Value>) {
            let values = row.1.map(|value| Value::Integer(i64::try_from(value).unwrap()));
            (format!("p{}", row.0).into(), values.to_vec())
        };
        let mut solver = Listed(heights.keys().map(row).collect());
        let case = case(clauses(&facts, &rules));
        for number in 0..PREDICATES * 9 {
            let asked = (number / 9, [number % 3, number / 3 % 3]);
            let goal = goal((asked.0, asked.1.map(Argument::Value)));
            let proof = case.explain_by(&mut solver, &goal, &[]);
            let reasons = case.with(&mut solver, |inquiry| case.explainer.why_not(&goal, inquiry));
            match heights.get(&asked) {
                Some(height) => {
                    let proof = proof.unwrap();
                    prop_assert!(proof.minimal);
                    prop_assert_eq!(proof.steps.last().unwrap().height, *height);
                    prop_assert!(matches!(reasons, Err(ExplainError::Holds(_))));
                    let again = case.explain_by(&mut solver, &goal, &[]);
                    prop_assert_eq!(again, Ok(proof));
                }
                None => {
                    prop_assert!(matches!(proof, Err(ExplainError::Unproven(_))));
                    let reasons = reasons.unwrap();
                    prop_assert!(reasons.attempts.iter().all(|attempt| !attempt.message.is_empty()));
                }
            }
        }
    }
}
