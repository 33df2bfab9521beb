//! Sentences that say why something failed.

use super::evaluate::{Evaluation, State};
use super::failure::Failure;
use super::text;
use super::variables::Scope;
use crate::rules::ast::{Comparison, Term, TermKind};
use crate::rules::check::walk::each_part;
use crate::rules::value::Value;

/// Fields that are named where one is missing.
const MAX_FIELDS: usize = 10;

/// Characters of a value that is shown as a part of another one.
const MAX_PART: usize = 40;

/// Why a function has no value.
pub(super) fn without_value(
    evaluation: &Evaluation<'_>,
    scope: &Scope,
    state: &State,
    fault: Option<String>,
) -> Failure {
    let arguments = state.bindings.resolve_all(&evaluation.arguments);
    let written = text::written_term(evaluation.term);
    let mut needed = vec![format!("a value for `{written}`")];
    let message = match (fault, arguments.unwrap_or_default().as_slice()) {
        (Some(fault), _) => fault,
        (None, [container, key]) if evaluation.name.as_ref() == "." => {
            let of = match &evaluation.term.kind {
                TermKind::Function(_, terms) => terms.first().map(text::written_term),
                _ => None,
            };
            let of = of.unwrap_or_default();
            if let Value::Record(_) = container {
                needed = vec![format!("a field {} of `{of}`", field(key))];
            }
            without_part(&of, container, key)
        }
        _ => format!("`{written}` has no value"),
    };
    Failure {
        failed: text::term(evaluation.term, scope, &state.bindings),
        span: evaluation.term.span,
        message,
        needed,
        ..Failure::default()
    }
}

fn field(key: &Value) -> String {
    match key {
        Value::String(name) => format!("`{name}`"),
        key => text::value(key),
    }
}

fn without_part(of: &str, container: &Value, key: &Value) -> String {
    match container {
        Value::Record(fields) if fields.is_empty() => format!("`{of}` has no fields"),
        Value::Record(fields) => {
            let names: Vec<_> = fields
                .iter()
                .take(MAX_FIELDS)
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            let more = fields.len().saturating_sub(MAX_FIELDS);
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let key = field(key);
            format!(
                "`{of}` has no field {key}; it has {}{more}",
                names.join(", ")
            )
        }
        Value::List(items) => {
            let key = text::value(key);
            format!("`{of}` has {} items and none at {key}", items.len())
        }
        other => format!(
            "`{of}` is {} {}, which has no fields",
            article(other.kind()),
            other.kind()
        ),
    }
}

/// What a comparison asks of the side that is not a constant.
pub(super) fn unlike(comparison: Comparison, sides: [&Term; 2], values: &[Value]) -> Failure {
    let ([left, right], [left_value, right_value]) = (sides, values) else {
        return Failure::default();
    };
    let is_constant = |term: &Term| matches!(term.kind, TermKind::Constant(_));
    let (comparison, subject, value, other, other_value) = if is_constant(left) {
        (comparison.turned(), right, right_value, left, left_value)
    } else {
        (comparison, left, left_value, right, right_value)
    };
    // Where only the kinds differ, the values may look alike.
    let says_kind = comparison == Comparison::Equal && value.kind() != other_value.kind();
    let shown = |value: &Value| match says_kind {
        true => format!("the {} {}", value.kind(), text::value(value)),
        false => text::value(value),
    };
    let must = requirement(comparison);
    let bound = if is_constant(other) {
        shown(other_value)
    } else {
        let other = text::written_term(other);
        format!("`{other}`, which is {}", shown(other_value))
    };
    if is_constant(subject) {
        return Failure {
            message: format!("{} must {must} {bound}", shown(value)),
            ..Failure::default()
        };
    }
    let name = text::written_term(subject);
    let (symbol, other) = (comparison.symbol(), text::value(other_value));
    Failure {
        message: format!("`{name}` is {} and must {must} {bound}", shown(value)),
        needed: vec![format!("{name} {symbol} {other}")],
        ..Failure::default()
    }
}

/// The variables from which sides are computed, with their values: ` (x is 1, y is 2)`.
pub(super) fn computed(sides: [&Term; 2], scope: &Scope, state: &State) -> String {
    let mut shown: Vec<String> = Vec::new();
    for side in sides {
        let TermKind::Function(name, _) = &side.kind else {
            continue;
        };
        // Of a field, the record is not what matters.
        if name.as_ref() == "." {
            continue;
        }
        each_part(side, &mut |part| {
            if let TermKind::Variable(name) = &part.kind {
                let value = text::term(part, scope, &state.bindings);
                let is_short = value.chars().count() <= MAX_PART;
                let part = format!("`{name}` is {value}");
                if is_short && value != name.as_ref() && !shown.contains(&part) {
                    shown.push(part);
                }
            }
        });
    }
    match shown.is_empty() {
        true => String::new(),
        false => format!(" ({})", shown.join(", ")),
    }
}

fn article(kind: &str) -> &'static str {
    if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

const fn requirement(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "be",
        Comparison::NotEqual => "not be",
        Comparison::Less => "be below",
        Comparison::LessOrEqual => "be at most",
        Comparison::Greater => "be above",
        Comparison::GreaterOrEqual => "be at least",
    }
}
