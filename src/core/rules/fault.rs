//! What is said of a built-in that could not say: what was asked, with which values, in which rule.

use super::ast::{
    AggregateFunction, Clause, Comparison, Goal, GoalKind, Item, Program, Term, TermKind,
};
use super::builtins::Fault;
use super::check::walk::{Under, each_goal, each_goal_term, each_part};
use super::error::QueryError;
use super::explain::text;
use super::machine::Raised;
use super::source::{Source, Span};
use super::value::Value;

/// The error of a built-in's fault, in the words of its author.
pub(super) fn describe(
    raised: Raised,
    (program, sources): (Option<&Program>, &[Source]),
    query: &Goal,
) -> QueryError {
    let span = raised.span.filter(|span| span.source != u16::MAX);
    let clause = program.zip(span);
    let clause = clause.and_then(|(program, span)| clause_at(program, span));
    let body = match clause {
        Some(clause) => clause.body.as_ref(),
        None => Some(query),
    };
    let asked = body.and_then(|body| asked(body, &raised));
    let mut message = match &asked {
        Some(asked) => asked.message(&raised),
        None => plain(&raised.name, raised.arity, &raised.fault),
    };
    if let Some(clause) = clause {
        message.push_str(&rule(clause));
    } else if span.is_none() {
        message.push_str(" (in the query)");
    }
    if let Some(span) = span
        && let Some(source) = sources.get(usize::from(span.source))
    {
        let place = source.position(span.start);
        message.push_str(&format!(
            " ({}:{}:{})",
            source.name, place.line, place.column
        ));
    }
    QueryError::Builtin {
        name: raised.name,
        arity: raised.arity,
        span,
        message: message.into(),
        fault: raised.fault,
    }
}

/// What is said where nothing is known of what was asked.
pub(super) fn plain(name: &str, arity: usize, fault: &Fault) -> String {
    let is_named = name.starts_with(|first: char| first.is_alphabetic());
    match (is_named, name) {
        (_, "not") => {
            "a variable that is used both in a negation or an aggregate and outside of it must be known before it"
                .to_owned()
        }
        (true, _) => format!("`{name}/{arity}`: {fault}"),
        (false, ".") => format!("`.field`: {fault}"),
        (false, _) => format!("`{name}`: {fault}"),
    }
}

fn rule(clause: &Clause) -> String {
    let is_id = |name: &str| name == "id";
    let id = clause
        .annotations
        .iter()
        .find(|annotation| is_id(&annotation.name));
    match id {
        Some(id) => format!(", in rule `{}`", id.value),
        None => format!(
            ", in a rule of `{}/{}`",
            clause.head.name,
            clause.head.arguments.len()
        ),
    }
}

fn clause_at(program: &Program, span: Span) -> Option<&Clause> {
    program.items.iter().find_map(|item| match item {
        Item::Clause(clause) => {
            let whole = clause.span;
            let is_here =
                whole.source == span.source && whole.start <= span.start && span.end <= whole.end;
            is_here.then_some(clause)
        }
        Item::Declaration(_) => None,
    })
}

/// What a clause or query asked of a built-in.
struct Asked<'p> {
    written: String,
    comparison: Option<Comparison>,
    arguments: Vec<&'p Term>,
}

/// Whether it is the same place of one clause or query.
const fn is_at(place: Span, span: Span) -> bool {
    place.start == span.start && place.end == span.end
}

/// The goal or function of a place.
fn asked<'p>(body: &'p Goal, raised: &Raised) -> Option<Asked<'p>> {
    let span = raised.span?;
    let mut found = None;
    each_goal(body, Under::Nothing, &mut |goal, _| {
        // An aggregate's faults are those of its values, and stand where its goal ends.
        if let GoalKind::Aggregate(aggregate) = &goal.kind
            && aggregate.function.name() == raised.name.as_ref()
            && (goal.span.start..goal.span.end).contains(&span.start)
        {
            found = Some(Asked {
                written: text::written(goal).to_string(),
                comparison: None,
                arguments: aggregate.template.iter().collect(),
            });
            return;
        }
        if !is_at(goal.span, span) || found.is_some() {
            return;
        }
        found = match &goal.kind {
            GoalKind::Compare(comparison, left, right)
                if comparison.symbol() == raised.name.as_ref() =>
            {
                Some(Asked {
                    written: text::written(goal).to_string(),
                    comparison: Some(*comparison),
                    arguments: vec![left, right],
                })
            }
            GoalKind::Call(atom) if !is_aggregate(&raised.name) => Some(Asked {
                written: text::written(goal).to_string(),
                comparison: Comparison::ALL
                    .into_iter()
                    .find(|comparison| comparison.symbol() == raised.name.as_ref()),
                arguments: atom.arguments.iter().collect(),
            }),
            _ => None,
        };
    });
    if found.is_some() {
        return found;
    }
    each_goal_term(body, &mut |term| {
        each_part(term, &mut |part| {
            if let TermKind::Function(name, arguments) = &part.kind
                && is_at(part.span, span)
                && *name == raised.name
            {
                found = Some(Asked {
                    written: text::written_term(part),
                    comparison: None,
                    arguments: arguments.iter().collect(),
                });
            }
        });
    });
    found
}

fn is_aggregate(name: &str) -> bool {
    let mut all = AggregateFunction::ALL.into_iter();
    all.any(|function| function.name() == name)
}

/// Longer terms and values are cut in messages.
const MOST_CHARACTERS: usize = 200;

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn is_constant(term: &Term) -> bool {
    matches!(term.kind, TermKind::Constant(_))
}

impl Asked<'_> {
    fn message(&self, raised: &Raised) -> String {
        let values = &raised.values;
        if let (Some(_), Fault::Kind { .. }, [left, right]) =
            (self.comparison, &raised.fault, values.as_slice())
        {
            return self.incomparable(left, right);
        }
        let written = cut(self.written.clone());
        let is = |argument: usize| {
            let value = values.get(argument.saturating_sub(1));
            value.map_or("something else".to_owned(), |value| cut(text::value(value)))
        };
        match &raised.fault {
            Fault::Unbound { argument, name } => {
                let subject = self.subject(*argument, name);
                format!("`{written}`: {subject} must be known, but is unbound")
            }
            Fault::Kind {
                argument,
                name,
                expected,
                found,
            } => {
                let subject = self.subject(*argument, name);
                let expected = super::builtins::with_article(expected);
                // Of a list, only an item may be of the wrong kind.
                let found = match values.get(argument.saturating_sub(1)) {
                    Some(Value::List(_) | Value::Variable(_)) | None => {
                        super::builtins::with_article(found)
                    }
                    Some(_) => is(*argument),
                };
                format!("`{written}`: {subject} must be {expected}, but is {found}")
            }
            Fault::Unacceptable {
                argument,
                name,
                problem,
            } => {
                let subject = self.subject(*argument, name);
                format!("`{written}`: {subject} is {} and {problem}", is(*argument))
            }
            fault => format!("`{written}`: {fault}{}", self.values(values)),
        }
    }

    /// A comparison of what has no order with each other. What is not a constant is to blame.
    fn incomparable(&self, left: &Value, right: &Value) -> String {
        let [left_term, right_term] = self.arguments.as_slice() else {
            return self.written.clone();
        };
        let has_order = |value: &Value| {
            matches!(
                value,
                Value::Integer(_) | Value::BigInteger(_) | Value::Float(_) | Value::String(_)
            )
        };
        let is_turned = is_constant(left_term)
            || (!is_constant(right_term) && has_order(left) && !has_order(right));
        let (subject, value, other, other_value) = if is_turned {
            (right_term, right, left_term, left)
        } else {
            (left_term, left, right_term, right)
        };
        let value = cut(text::value(value));
        let subject = match is_constant(subject) {
            true => value,
            false => format!("`{}` is {value} and", cut(text::written_term(subject))),
        };
        let other_value = cut(text::value(other_value));
        let other = match is_constant(other) {
            true => other_value,
            false => format!(
                "`{}`, which is {other_value}",
                cut(text::written_term(other))
            ),
        };
        format!("{subject} can't be compared with {other}")
    }

    /// An argument as it is written, or its number where it has no name of its own.
    fn subject(&self, argument: usize, name: &str) -> String {
        match self.arguments.get(argument.saturating_sub(1)) {
            Some(term) if !is_constant(term) => format!("`{}`", cut(text::written_term(term))),
            _ => super::builtins::argument_words(argument, name),
        }
    }

    /// What those arguments are that are not constants.
    fn values(&self, values: &[Value]) -> String {
        let shown = self.arguments.iter().zip(values);
        let shown: Vec<String> = shown
            .filter(|(term, _)| !is_constant(term))
            .map(|(term, value)| {
                let term = cut(text::written_term(term));
                format!("`{term}` is {}", cut(text::value(value)))
            })
            .collect();
        if shown.is_empty() {
            String::new()
        } else {
            format!("; {}", shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::{KnowledgeBase, QueryError, QueryOptions};

    fn fault(text: &str, query: &str) -> QueryError {
        let base = KnowledgeBase::from_text("policy.rules", text).unwrap();
        base.ask(query, QueryOptions::default()).unwrap_err()
    }

    #[test]
    fn a_fault_names_its_goal_and_its_rule() {
        for (body, said) in [
            (
                "c.risk < 0.4",
                "`c.risk` is \"low\" and can't be compared with 0.4",
            ),
            (
                "0.4 > c.risk",
                "`c.risk` is \"low\" and can't be compared with 0.4",
            ),
            (
                "gt(0.4, c.risk)",
                "`c.risk` is \"low\" and can't be compared with 0.4",
            ),
            (
                "c.n < c.risk",
                "`c.n` is 3 and can't be compared with `c.risk`, which is \"low\"",
            ),
            (
                "c.n < c.list",
                "`c.list` is [1] and can't be compared with `c.n`, which is 3",
            ),
            (
                "x = c.risk + 1 and x > 2",
                "`c.risk + 1`: `c.risk` must be a number, but is \"low\"",
            ),
            (
                "5 > c.n // (c.n - 3)",
                "`c.n // (c.n - 3)`: a number can't be divided by 0; `c.n` is 3, `c.n - 3` is 0",
            ),
            (
                "c.n.risk < 4",
                "`c.n.risk`: `c.n` must be a record or list, but is 3",
            ),
            (
                "starts_with(c.n, \"x\")",
                "`starts_with(c.n, \"x\")`: `c.n` must be a string, but is 3",
            ),
            (
                "matches(c.risk, c.risk) and matches(\"a\", \"a\") and 1 < parse_time(c.risk)",
                "`parse_time(c.risk)`: `c.risk` is \"low\" and must be a time such as `2026-02-28T12:00:00Z`",
            ),
            (
                "s = sum(x for member(x, [c.risk])) and s > 1",
                "`s = sum(x for member(x, [c.risk]))`: `x` must be a number, but is \"low\"",
            ),
        ] {
            let text = format!("@id(\"tools-1\")\np(c) if\n  {body}.");
            let error = fault(&text, "p({risk: \"low\", n: 3, list: [1]})");
            let shown = error.to_string();
            let at = shown.strip_prefix(&format!("{said}, in rule `tools-1` (policy.rules:3:"));
            assert!(at.is_some(), "{body}: {shown}");
            let QueryError::Builtin { span, .. } = error else {
                panic!("a fault")
            };
            assert!(span.is_some(), "{body}");
        }
    }

    #[test]
    fn a_fault_without_a_name_or_of_the_query() {
        let shown = fault("p(x) if q(x). q(x) if x < 3.", "p(\"a\")").to_string();
        assert_eq!(
            shown,
            "`x` is \"a\" and can't be compared with 3, in a rule of `q/1` (policy.rules:1:23)"
        );
        let shown = fault("p(1).", "p(x) and x < \"a\"").to_string();
        assert_eq!(
            shown,
            "`x` is 1 and can't be compared with \"a\" (in the query)"
        );
        let shown = fault("p(1).", "x < 1").to_string();
        assert_eq!(
            shown,
            "`x < 1`: `x` must be known, but is unbound (in the query)"
        );
    }

    #[test]
    fn large_values_are_cut() {
        let long = "x".repeat(10_000);
        let shown = fault("p(x) if x < 3.", &format!("p(\"{long}\")")).to_string();
        assert!(shown.len() < 600, "{}", shown.len());
    }
}
