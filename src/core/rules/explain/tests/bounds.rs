//! What happens when there is too much.

use super::build::*;
use super::solve::{Listed, fits};
use super::*;
use crate::limits::LimitReached;
use crate::rules::ast::Item;
use crate::rules::explain::{ProofStep, SolveError};

/// `reach` over a chain of nodes, known without looking.
struct Chain(i64);

impl Solver for Chain {
    fn solve(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
        let [from, to] = arguments else {
            return Ok(Vec::new());
        };
        let pair = |from: i64, to: i64| vec![Value::Integer(from), Value::Integer(to)];
        let (edge, last) = (name == "edge", self.0);
        Ok(match (from, to) {
            (Value::Integer(from), Value::Integer(to)) => {
                let holds = if edge { from + 1 == *to } else { from < to };
                Vec::from_iter(holds.then(|| pair(*from, *to)))
            }
            (Value::Integer(from), _) if edge && *from < last => vec![pair(*from, from + 1)],
            (Value::Integer(_), _) if edge => Vec::new(),
            _ => return Err(limit("max-steps").into()),
        })
    }
}

fn limit(name: &str) -> LimitReached {
    LimitReached {
        name: name.to_owned(),
        limit: 1,
        observed: 2,
    }
}

fn chain(length: i64) -> Case {
    let edges = (0..length).map(|node| fact("edge", [n(node), n(node + 1)]));
    let mut clauses: Vec<Item> = edges.collect();
    clauses.push(rule(
        call("reach", [v("x"), v("y")]),
        and([
            call("edge", [v("x"), v("z")]),
            call("reach", [v("z"), v("y")]),
        ]),
    ));
    clauses.push(rule(
        call("reach", [v("x"), v("y")]),
        call("edge", [v("x"), v("y")]),
    ));
    case(clauses)
}

#[test]
fn a_proof_may_be_ten_thousand_steps_high() {
    let case = chain(10_000);
    let goal = call("reach", [n(0), n(10_000)]);
    let proof = case.explain_by(&mut Chain(10_000), &goal, &[]).unwrap();
    let last = proof.steps.last().unwrap();
    assert_eq!((last.height, proof.steps.len()), (10_000, 20_000));
    let text = proof.to_text(&[]);
    assert_eq!(text.lines().count(), 20_000);
    assert!(text.lines().all(|line| line.len() < 120));
}

#[test]
fn without_room_there_is_no_explanation_and_the_limit_has_a_name() {
    let mut case = chain(100);
    let goal = call("reach", [n(0), n(100)]);
    let full = case.limits;
    let mut check = |change: fn(&mut ExplainLimits), name: &str| {
        case.limits = full;
        change(&mut case.limits);
        let error = case.explain_by(&mut Chain(100), &goal, &[]).unwrap_err();
        let ExplainError::Limit(limit) = error else {
            panic!("{error}");
        };
        assert_eq!(limit.name, name);
        assert!(limit.observed > limit.limit);
    };
    check(|limits| limits.max_steps = 50, "explain-steps");
    check(|limits| limits.max_goals = 20, "explain-goals");
    check(|limits| limits.max_bytes = 2000, "explain-bytes");
    check(|limits| limits.max_steps = 0, "explain-steps");
}

#[test]
fn when_a_bound_is_hit_the_best_proof_so_far_is_given() {
    // The first rule leads to a chain without end; the second is higher than two, so that more is looked at.
    let clauses = vec![
        rule(
            call("ok", [v("x")]),
            call("ok", [apply("+", [v("x"), n(1)])]),
        ),
        rule(call("ok", [any()]), call("a", [])),
        rule(call("a", []), call("b", [])),
        rule(call("b", []), call("c", [])),
        rule(call("c", []), call("d", [])),
        fact("d", []),
    ];
    struct All;
    impl Solver for All {
        fn solve(&mut self, _: &str, given: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
            Ok(vec![given.to_vec()])
        }
    }
    let mut case = case(clauses);
    let goal = call("ok", [n(0)]);
    let whole = case.explain_by(&mut All, &goal, &[]).unwrap();
    assert_eq!(
        (whole.steps.last().unwrap().height, whole.minimal),
        (4, true)
    );
    case.limits.max_goals = 8;
    let error = case.explain_by(&mut All, &goal, &[]).unwrap_err();
    assert!(matches!(error, ExplainError::Limit(_)));
    case.limits.max_goals = 9;
    let part = case.explain_by(&mut All, &goal, &[]).unwrap();
    assert_eq!((part.steps.last().unwrap().height, part.minimal), (4, true));
    let limits = (9..30).map(|goals| {
        case.limits.max_goals = goals;
        case.explain_by(&mut All, &goal, &[]).unwrap().minimal
    });
    assert!(limits.collect::<Vec<_>>().contains(&true));
}

#[test]
fn terms_that_are_nested_too_deep_end_with_a_limit() {
    let clauses = vec![
        rule(call("n", [data("s", [v("x")])]), call("n", [v("x")])),
        fact("n", [n(0)]),
    ];
    struct Numbers;
    impl Solver for Numbers {
        fn solve(&mut self, _: &str, given: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
            Ok(vec![given.to_vec()])
        }
    }
    let number = |depth: usize| {
        (0..depth).fold(Value::Integer(0), |inner, _| {
            Value::Compound("s".into(), [inner].into())
        })
    };
    let case = case(clauses);
    let goal = call("n", [v("x")]);
    let found = answer(&[("x", number(100))]);
    let proof = case.explain_by(&mut Numbers, &goal, &found).unwrap();
    assert_eq!(proof.steps.last().unwrap().height, 100);
    let found = answer(&[("x", number(2000))]);
    let error = case.explain_by(&mut Numbers, &goal, &found).unwrap_err();
    assert!(matches!(error, ExplainError::Limit(limit) if limit.name == "explain-nesting"));
}

#[test]
fn what_the_engine_can_not_answer_is_not_taken_for_absent() {
    struct Broken;
    impl Solver for Broken {
        fn solve(&mut self, name: &str, _: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
            match name {
                "b" => Err(limit("max-steps").into()),
                _ => Ok(vec![Vec::new()]),
            }
        }
    }
    let b = || call("b", []);
    for body in [
        not(b()),
        forall(b(), call("a", [])),
        either(b(), call("a", []), call("a", [])),
    ] {
        let case = case(vec![
            rule(call("ok", []), body.clone()),
            rule(call("b", []), call("a", [])),
            fact("a", []),
        ]);
        let error = case
            .explain_by(&mut Broken, &call("ok", []), &[])
            .unwrap_err();
        assert_eq!(error, ExplainError::Limit(limit("max-steps")));
        let both = or([body, call("a", [])]);
        let proof = case.explain_by(&mut Broken, &both, &[]).unwrap();
        assert!(!proof.minimal);
        let refused = case.with(&mut Broken, |inquiry| case.explainer.why_not(&b(), inquiry));
        assert_eq!(refused, Err(ExplainError::Limit(limit("max-steps"))));
    }
}

#[test]
fn one_fact_of_many_is_found_without_many_steps() {
    let facts = (0..20_000).map(|id| fact("f", [n(id % 7), n(id)]));
    let mut case = case(facts.collect());
    case.limits.max_steps = 20;
    struct Given;
    impl Solver for Given {
        fn solve(&mut self, _: &str, given: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
            Ok(vec![given.to_vec()])
        }
    }
    let goal = call("f", [n(15_000 % 7), n(15_000)]);
    let proof = case.explain_by(&mut Given, &goal, &[]).unwrap();
    let [ProofStep { justification, .. }] = proof.steps.as_slice() else {
        panic!("one step");
    };
    assert!(matches!(
        justification,
        crate::rules::explain::Justification::Fact { clause: 15_000, .. }
    ));
}

#[test]
fn calls_are_matched_with_rows() {
    let row = [Value::Integer(1), Value::Integer(1)];
    assert!(fits(&[Value::Variable(0), Value::Variable(0)], &row));
    let other = [Value::Integer(1), Value::Integer(2)];
    assert!(!fits(&[Value::Variable(0), Value::Variable(0)], &other));
    let mut listed = Listed(vec![("p".into(), row.to_vec())]);
    assert_eq!(
        listed.solve("p", &[Value::Variable(0), Value::Integer(2)]),
        Ok(Vec::new())
    );
}
