//! What the checker refuses.

use super::build::*;
use super::*;
use crate::rules::explain::{Justification, ProofStep};

fn proven() -> (Case, Goal, Proof) {
    let clauses = vec![
        fact("a", [n(1)]),
        fact("a", [n(2)]),
        fact("b", [n(1)]),
        rule(
            call("ok", [v("x")]),
            and([
                call("a", [v("x")]),
                call("b", [v("x")]),
                compare(v("x"), "<", n(2)),
                not(call("b", [n(2)])),
                forall(call("a", [v("y")]), compare(v("y"), "<", n(3))),
            ]),
        ),
        rule(call("ok", [v("x")]), not(call("a", [v("x")]))),
    ];
    let case = case(clauses);
    let goal = call("ok", [n(1)]);
    let proof = case.explain(&goal, &[]).unwrap();
    (case, goal, proof)
}

/// What the checker says after a change of the step that the text begins.
fn changed(start: &str, change: impl FnOnce(&mut ProofStep)) -> String {
    let (case, goal, mut proof) = proven();
    let place = proof
        .steps
        .iter()
        .position(|step| step.goal.text.starts_with(start));
    change(&mut proof.steps[place.unwrap()]);
    let outcome = case.with(&mut case.descent(), |inquiry| {
        verify(&proof, &goal, &[], &case.explainer, inquiry)
    });
    outcome.unwrap_err()
}

#[test]
fn a_changed_step_is_found() {
    let follows = "does not follow";
    let step = |start, change: fn(&mut ProofStep)| changed(start, change);
    for problem in [
        step("a(1)", |step| step.goal.arguments = vec![Value::Integer(7)]),
        step("ok", |step| step.premises.swap(0, 1)),
        step("ok", |step| {
            step.premises.remove(0);
        }),
        step("ok", |step| {
            step.justification = Justification::Builtin {
                written: String::new(),
            }
        }),
        step("ok", |step| {
            if let Justification::Rule { clause, .. } = &mut step.justification {
                *clause = 4;
            }
        }),
        step("b(1)", |step| step.justification = Justification::InputFact),
        step("1 < 2", |step| step.goal.arguments.reverse()),
        step("not b(2)", |step| {
            step.justification = Justification::External;
        }),
        step("forall", |step| {
            step.premises.truncate(2);
            step.justification = Justification::Every { cases: vec![2] };
        }),
    ] {
        assert!(problem.contains(follows), "{problem}");
    }
    let problem = step("ok", |step| step.premises[0] = 99);
    assert!(problem.contains("does not come before it"), "{problem}");
    let problem = step("ok", |step| step.height = 7);
    assert!(problem.contains("its height is 2, not 7"), "{problem}");
    let problem = step("ok", |step| step.goal.arguments = vec![Value::Integer(2)]);
    assert!(problem.contains(follows), "{problem}");
}

#[test]
fn a_proof_of_something_else_is_refused() {
    let (case, _, proof) = proven();
    let outcome = case.with(&mut case.descent(), |inquiry| {
        verify(&proof, &call("ok", [n(2)]), &[], &case.explainer, inquiry)
    });
    assert_eq!(
        outcome,
        Err("the last step is not what was asked".to_owned())
    );
    let empty = Proof {
        steps: Vec::new(),
        minimal: true,
    };
    let outcome = case.with(&mut case.descent(), |inquiry| {
        verify(&empty, &call("ok", [n(2)]), &[], &case.explainer, inquiry)
    });
    assert!(outcome.is_err());
    assert_eq!(empty.to_text(&[]), "");
}
