//! Conditions that hold always or never, whatever is asked.

use super::Find;
use super::codes::{ALWAYS_TRUE, NEVER_TRUE};
use super::matching::clash;
use super::show;
use super::subsumption::same;
use super::walk::{Under, conjuncts, each_goal, holds, is_constant};
use crate::rules::ast::{Atom, Comparison, Goal, GoalKind, Name, Term, TermKind};
use crate::rules::builtins::{Context, Run, Solutions, Yields};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;
use crate::rules::value::{Value, compare_numbers};
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub(super) fn check(body: &Goal, find: Find<'_>, found: &mut Vec<Diagnostic>) {
    each_goal(body, Under::Nothing, &mut |goal, _| match &goal.kind {
        GoalKind::Compare(comparison, left, right) => {
            if let Some(outcome) = compare(*comparison, left, right) {
                found.push(report(goal.span, *comparison, left, right, outcome));
            }
        }
        GoalKind::Call(atom) => found.extend(call(atom, find)),
        _ => {}
    });
    each_conjunction(body, found);
}

/// What a condition always comes to.
struct Outcome {
    holds: bool,
    /// Why, where it is not plain.
    why: &'static str,
}

const HOLDS: Option<Outcome> = Some(Outcome {
    holds: true,
    why: "",
});
const FAILS: Option<Outcome> = Some(Outcome {
    holds: false,
    why: "",
});

fn compare(comparison: Comparison, left: &Term, right: &Term) -> Option<Outcome> {
    let has_function =
        |term: &Term| holds(term, &|term| matches!(term.kind, TermKind::Function(..)));
    if same(left, right) {
        return match comparison {
            Comparison::NotEqual | Comparison::Less | Comparison::Greater => FAILS,
            // A function may fail, or its value be no number.
            _ if has_function(left) => None,
            _ => HOLDS,
        };
    }
    match comparison {
        Comparison::Equal if clash(left, right) => FAILS,
        Comparison::NotEqual if clash(left, right) && is_constant(left) && is_constant(right) => {
            HOLDS
        }
        Comparison::Equal | Comparison::NotEqual => None,
        _ => order(comparison, left, right),
    }
}

fn order(comparison: Comparison, left: &Term, right: &Term) -> Option<Outcome> {
    let is_orderless = |term: &Term| match &term.kind {
        TermKind::Constant(value) => !is_number(value) && !matches!(value, Value::String(_)),
        TermKind::List(..) | TermKind::Record(_) | TermKind::Compound(..) => true,
        _ => false,
    };
    if is_orderless(left) || is_orderless(right) {
        return Some(Outcome {
            holds: false,
            why: "only numbers and strings have an order",
        });
    }
    let (TermKind::Constant(left), TermKind::Constant(right)) = (&left.kind, &right.kind) else {
        return None;
    };
    Some(order_of(left, right).map_or(
        Outcome {
            holds: false,
            why: "a number and a string have no order",
        },
        |order| Outcome {
            holds: accepts(comparison, order),
            why: "",
        },
    ))
}

const fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Integer(_) | Value::BigInteger(_) | Value::Float(_)
    )
}

/// How two constants are ordered by `<`, if they are.
fn order_of(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (left, right) if is_number(left) && is_number(right) => Some(compare_numbers(left, right)),
        _ => None,
    }
}

const fn accepts(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn report(
    span: Span,
    comparison: Comparison,
    left: &Term,
    right: &Term,
    outcome: Outcome,
) -> Diagnostic {
    let text = format!(
        "{} {} {}",
        show::term(left),
        comparison.symbol(),
        show::term(right)
    );
    let diagnostic = outcome_of(span, &text, outcome.holds);
    if outcome.why.is_empty() {
        diagnostic
    } else {
        diagnostic.label(outcome.why)
    }
}

fn outcome_of(span: Span, text: &str, holds: bool) -> Diagnostic {
    if holds {
        ALWAYS_TRUE
            .at(span, format!("`{text}` always holds"))
            .label("this says nothing")
            .help("remove it, or compare what was meant")
    } else {
        NEVER_TRUE
            .at(span, format!("`{text}` never holds"))
            .label("what depends on this never holds either")
            .help("correct it, or remove what depends on it")
    }
}

/// A test of constants by a built-in.
fn call(atom: &Atom, find: Find<'_>) -> Option<Diagnostic> {
    let builtin = find(&atom.name, atom.arguments.len())?;
    let Run::Pure(run) = builtin.run else {
        return None;
    };
    if builtin.yields != Yields::Test {
        return None;
    }
    let constants: Option<Vec<Value>> = atom
        .arguments
        .iter()
        .map(|argument| match &argument.kind {
            TermKind::Constant(value) => Some(value.clone()),
            _ => None,
        })
        .collect();
    let context = Context {
        now_ms: None,
        room: 4_096,
    };
    let solutions = run(&constants?, &context).ok()?;
    let arguments: Vec<String> = atom.arguments.iter().map(show::term).collect();
    let text = format!("{}({})", atom.name, arguments.join(", "));
    Some(outcome_of(atom.span, &text, solutions != Solutions::None))
}

/// Looks at each conjunction as a whole, and then into its goals.
fn each_conjunction(goal: &Goal, found: &mut Vec<Diagnostic>) {
    let goals = conjuncts(goal);
    if goals.len() > 1 {
        contradictions(&goals, found);
    }
    for goal in goals {
        match &goal.kind {
            GoalKind::Or(goals) => goals.iter().for_each(|goal| each_conjunction(goal, found)),
            GoalKind::Not(goal) | GoalKind::Exists(goal) => each_conjunction(goal, found),
            GoalKind::Forall(condition, goal) => {
                each_conjunction(condition, found);
                each_conjunction(goal, found);
            }
            GoalKind::If(condition, then, otherwise) => {
                for goal in [condition, then, otherwise] {
                    each_conjunction(goal, found);
                }
            }
            GoalKind::Aggregate(aggregate) => each_conjunction(&aggregate.goal, found),
            GoalKind::Call(_) | GoalKind::Compare(..) | GoalKind::And(_) => {}
        }
    }
}

/// What a conjunction has said of one variable.
#[derive(Default)]
struct Bounds<'p> {
    equal: Option<Bound<'p>>,
    different: Vec<Bound<'p>>,
    lower: Option<Bound<'p>>,
    upper: Option<Bound<'p>>,
}

#[derive(Clone, Copy)]
struct Bound<'p> {
    comparison: Comparison,
    value: &'p Value,
    span: Span,
}

fn contradictions(goals: &[&Goal], found: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<&str, Bounds<'_>> = BTreeMap::new();
    for goal in goals {
        let Some((name, bound)) = bound(goal) else {
            continue;
        };
        let Some(other) = known.entry(name).or_default().add(bound) else {
            continue;
        };
        let show = |bound: &Bound<'_>| {
            let value = TermKind::Constant(bound.value.clone());
            let value = show::term(&Term {
                kind: value,
                span: bound.span,
            });
            format!("{name} {} {value}", bound.comparison.symbol())
        };
        found.push(
            NEVER_TRUE
                .at(
                    goal.span,
                    format!("`{}` never holds after `{}`", show(&bound), show(&other)),
                )
                .label("this contradicts what was said before")
                .related(other.span, "before, here")
                .help("correct one of them, or join them by `or`"),
        );
    }
}

/// A comparison of a variable with a constant.
fn bound(goal: &Goal) -> Option<(&Name, Bound<'_>)> {
    let GoalKind::Compare(comparison, left, right) = &goal.kind else {
        return None;
    };
    let (name, value, comparison) = match (&left.kind, &right.kind) {
        (TermKind::Variable(name), TermKind::Constant(value)) => (name, value, *comparison),
        (TermKind::Constant(value), TermKind::Variable(name)) => (name, value, comparison.turned()),
        _ => return None,
    };
    Some((
        name,
        Bound {
            comparison,
            value,
            span: goal.span,
        },
    ))
}

impl<'p> Bounds<'p> {
    /// Takes in a bound, and gives one before with which it can't hold.
    fn add(&mut self, bound: Bound<'p>) -> Option<Bound<'p>> {
        if let Some(equal) = self.equal {
            return (!fits(equal.value, &bound)).then_some(equal);
        }
        match bound.comparison {
            Comparison::Equal => {
                self.equal = Some(bound);
                let mut before = self.different.iter().chain(&self.lower).chain(&self.upper);
                before.find(|other| !fits(bound.value, other)).copied()
            }
            Comparison::NotEqual => {
                self.different.push(bound);
                None
            }
            Comparison::Less | Comparison::LessOrEqual => {
                let other = self.lower.filter(|lower| leaves_nothing(lower, &bound));
                narrow(&mut self.upper, bound);
                other
            }
            Comparison::Greater | Comparison::GreaterOrEqual => {
                let other = self.upper.filter(|upper| leaves_nothing(&bound, upper));
                narrow(&mut self.lower, bound);
                other
            }
        }
    }
}

/// Keeps the narrower of two bounds of the same side.
fn narrow<'p>(kept: &mut Option<Bound<'p>>, bound: Bound<'p>) {
    let is_narrower = kept.is_none_or(|kept| {
        order_of(bound.value, kept.value).is_some_and(|order| accepts(bound.comparison, order))
    });
    if is_narrower {
        *kept = Some(bound);
    }
}

/// Whether a value keeps within a bound.
fn fits(value: &Value, bound: &Bound<'_>) -> bool {
    match bound.comparison {
        Comparison::Equal => value == bound.value,
        Comparison::NotEqual => value != bound.value,
        comparison => order_of(value, bound.value).is_some_and(|order| accepts(comparison, order)),
    }
}

/// Whether nothing is between two bounds. Those of different kinds leave nothing either.
fn leaves_nothing(lower: &Bound<'_>, upper: &Bound<'_>) -> bool {
    let is_closed = lower.comparison == Comparison::GreaterOrEqual
        && upper.comparison == Comparison::LessOrEqual;
    order_of(lower.value, upper.value).is_none_or(|order| match order {
        Ordering::Less => false,
        Ordering::Equal => !is_closed,
        Ordering::Greater => true,
    })
}
