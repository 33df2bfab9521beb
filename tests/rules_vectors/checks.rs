//! What must happen instead of what was recorded.

use crate::ask::{Asked, Said, ask, distinct, tagged};
use crate::case::{Case, Mode, Program, predicate, text, variable};
use crate::judge::same;
use crate::rules::{is_ground, refused};
use crate::translate::{heads, reference_arity, replace, variables};
use assize_core::rules::Value;

pub(crate) fn answers(asked: &Asked) -> Option<&[Value]> {
    match &asked.said {
        Said::Answered(answers, _) => Some(answers),
        _ => None,
    }
}

pub(crate) fn is_complete(asked: &Asked) -> bool {
    matches!(&asked.said, Said::Answered(_, outcome) if outcome.complete)
}

fn with_query(case: &Case, query: Vec<Value>) -> Case {
    Case {
        query,
        options: Value::Null,
        ..case.clone()
    }
}

/// The answers of another query, or of another program.
fn other(case: &Case) -> Option<Vec<Value>> {
    answers(&ask(case)).map(<[Value]>::to_vec)
}

/// A built-in of the reference with another number of arguments is another predicate.
pub(crate) fn other_arity(case: &Case, asked: &Asked) -> bool {
    let heads = heads(case);
    let mut defined = heads.iter().filter_map(predicate);
    if defined.any(|(name, arity)| reference_arity(name).is_some_and(|known| known != arity))
        && answers(asked).is_some_and(|answers| !answers.is_empty())
    {
        return true;
    }
    refused(
        asked,
        &["goal-arguments", "unknown-predicate", "reserved-name"],
    )
}

/// As if each alternative were a rule or query of its own; alternatives that are no goals are refused.
pub(crate) fn or_of_goals(case: &Case, asked: &Asked) -> bool {
    if case.name() == "or" {
        let branches = case.query.get(1..).unwrap_or_default();
        if !branches
            .iter()
            .all(|branch| matches!(branch, Value::List(_)))
        {
            return refused(asked, &["or-of-values"]);
        }
        let mut all = Vec::new();
        for branch in branches {
            let Value::List(goal) = branch else {
                return false;
            };
            let found = other(&with_query(case, goal.to_vec()));
            all.extend(found.unwrap_or_default());
        }
        return answers(asked).is_some_and(|answers| same(answers, &distinct(all), false));
    }
    let Program::Terms { facts, rules } = &case.program else {
        return false;
    };
    let mut split = Vec::new();
    for (head, body) in rules {
        match body
            .iter()
            .position(|goal| predicate(goal) == Some(("or", 2)))
        {
            None => split.push((head.clone(), body.clone())),
            Some(place) => {
                let Some(Value::List(parts)) = body.get(place) else {
                    return false;
                };
                for branch in parts.iter().skip(1) {
                    let mut body = body.clone();
                    body.splice(place..=place, [branch.clone()]);
                    split.push((head.clone(), body));
                }
            }
        }
    }
    let program = Program::Terms {
        facts: facts.clone(),
        rules: split,
    };
    let split = Case {
        program,
        ..case.clone()
    };
    other(&split).as_deref() == answers(asked)
}

/// What was answered before the error is recorded as well.
pub(crate) fn before_error(case: &Case, asked: &Asked) -> bool {
    let Said::Failed(answers, _) = &asked.said else {
        return false;
    };
    let recorded = case.solutions();
    answers.iter().all(|answer| recorded.contains(answer))
}

/// A query of a built-in itself has something unbound.
pub(crate) fn unbound(case: &Case, asked: &Asked) -> bool {
    before_error(case, asked) && (reference_arity(case.name()).is_none() || !is_ground(case))
}

/// The order of two strings that are compared by the query.
pub(crate) fn compared_strings(case: &Case) -> Option<bool> {
    let [name, left, right] = case.query.as_slice() else {
        return None;
    };
    let (left, right) = (text(Some(left))?, text(Some(right))?);
    if left.starts_with('?') || right.starts_with('?') {
        return None;
    }
    match text(Some(name))? {
        "gt" => Some(left > right),
        "gte" => Some(left >= right),
        "lt" => Some(left < right),
        "lte" => Some(left <= right),
        _ => None,
    }
}

pub(crate) fn string_order(case: &Case, asked: &Asked) -> bool {
    answers(asked).map(|answers| !answers.is_empty()) == compared_strings(case)
}

/// The variable has the other side's value.
pub(crate) fn unified(case: &Case, asked: &Asked) -> bool {
    let [_, left, right] = case.query.as_slice() else {
        return false;
    };
    let Some(name) = variable(left) else {
        return false;
    };
    let expected = Value::record([(name.into(), as_answer(right))]);
    answers(asked) == Some(&[expected])
}

/// The query with an answer in it.
fn filled(case: &Case, answer: &Value) -> Vec<Value> {
    let by = |value: &Value| answer.field(variable(value)?).cloned();
    case.query.iter().map(|part| replace(part, &by)).collect()
}

/// Each answer holds when it is asked about.
pub(crate) fn enumerated(case: &Case, asked: &Asked) -> bool {
    let holds = |answer: &Value| {
        let found = other(&with_query(case, filled(case, answer)));
        found.is_some_and(|answers| answers.len() == 1)
    };
    answers(asked).is_some_and(|answers| !answers.is_empty() && answers.iter().all(holds))
}

/// No answer and a bound that is named for 0; for less than that there is no number.
pub(crate) fn bounded(case: &Case, asked: &Asked) -> bool {
    match (case.max_solutions(), &asked.said) {
        (Some(0), Said::Answered(answers, outcome)) => {
            let limit = outcome
                .truncated_by
                .as_ref()
                .map(|limit| limit.name.as_str());
            answers.is_empty() && !outcome.complete && limit == Some("max-answers")
        }
        _ => is_complete(asked),
    }
}

/// Everything that was recorded, and what was lost; and it is complete.
pub(crate) fn more(case: &Case, asked: &Asked) -> bool {
    let recorded = case.solutions();
    is_complete_within(case, asked)
        && answers(asked)
            .is_some_and(|answers| recorded.iter().all(|recorded| answers.contains(recorded)))
}

/// One answer suffices where one was asked for.
fn is_complete_within(case: &Case, asked: &Asked) -> bool {
    case.mode() != Mode::All || is_complete(asked)
}

/// The names of the query's variables do not matter.
pub(crate) fn renamed(case: &Case, asked: &Asked) -> bool {
    let by = |value: &Value| Some(Value::string(format!("{}q", variable(value)?)));
    let query = case.query.iter().map(|part| replace(part, &by)).collect();
    let values = |answers: &[Value]| -> Vec<Vec<Value>> {
        let fields = |answer: &Value| match answer {
            Value::Record(fields) => fields.iter().map(|(_, value)| value.clone()).collect(),
            _ => Vec::new(),
        };
        answers.iter().map(fields).collect()
    };
    let renamed = other(&with_query(case, query));
    renamed.as_deref().map(values) == answers(asked).map(values)
}

/// The recorded answers without the variable that has no name.
pub(crate) fn without_mark(case: &Case, asked: &Asked) -> bool {
    let Some((recorded, _)) = &case.anchor else {
        return false;
    };
    let kept = recorded.iter().map(|answer| match answer {
        Value::Record(fields) => {
            let named = fields.iter().filter(|(name, _)| name.as_ref() != "?");
            Value::record(named.cloned())
        }
        other => other.clone(),
    });
    answers(asked).is_some_and(|answers| same(answers, &kept.collect::<Vec<_>>(), true))
}

/// It holds, and with a variable in its last place that value is among the answers.
pub(crate) fn ground(case: &Case, asked: &Asked) -> bool {
    let holds = answers(asked).is_some_and(|answers| answers == [Value::record([])]);
    let mut query = case.query.clone();
    if query.len() < 2 {
        return holds;
    }
    let Some(last) = query.pop() else {
        return false;
    };
    query.push(Value::string("?Last"));
    let expected = Value::record([("?Last".into(), as_answer(&last))]);
    holds && other(&with_query(case, query)).is_some_and(|answers| answers.contains(&expected))
}

/// A term of a program as it is written in answers.
fn as_answer(term: &Value) -> Value {
    fn data(value: &Value) -> Value {
        match value {
            Value::List(items) => tagged("list", Value::list(items.iter().map(data))),
            Value::Record(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), data(value)));
                tagged("dict", Value::record(fields))
            }
            other => other.clone(),
        }
    }
    match term {
        Value::List(items) => Value::record([
            ("term".into(), items.first().cloned().unwrap_or(Value::Null)),
            (
                "args".into(),
                Value::list(items.iter().skip(1).map(as_answer)),
            ),
        ]),
        other => data(other),
    }
}

/// The integer that the reference takes for the same.
fn twin(value: &Value) -> Option<Value> {
    match value {
        Value::Boolean(truth) => Some(Value::Integer(i64::from(*truth))),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number of few digits"
            )]
            let number = *number as i64;
            Some(Value::Integer(number))
        }
        _ => None,
    }
}

fn one_of_twins(case: &Case) -> Case {
    let replaced = |value: &Value| replace(value, &twin);
    let program = match &case.program {
        Program::Terms { facts, rules } => Program::Terms {
            facts: facts.iter().map(replaced).collect(),
            rules: rules
                .iter()
                .map(|(head, body)| (replaced(head), body.iter().map(replaced).collect()))
                .collect(),
        },
        yaml @ Program::Yaml(_) => yaml.clone(),
    };
    Case {
        program,
        query: case.query.iter().map(replaced).collect(),
        ..case.clone()
    }
}

/// Whether there is a term that the reference takes for another one.
pub(crate) fn has_twins(case: &Case) -> bool {
    let one = one_of_twins(case);
    let is_changed = heads(case) != heads(&one) || case.query != one.query;
    is_changed && variables_of(case) == variables_of(&one)
}

fn variables_of(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    variables(&Value::list(case.query.clone()), &mut found);
    found
}

/// With one of such terms for all, the answers are the recorded ones.
pub(crate) fn as_twins(case: &Case, asked: &Asked) -> bool {
    let replaced = |answers: &[Value]| -> Vec<Value> {
        answers
            .iter()
            .map(|answer| replace(answer, &twin))
            .collect()
    };
    let recorded = replaced(&case.solutions());
    let one = other(&one_of_twins(case)).unwrap_or_default();
    let ours = answers(asked).map(replaced).unwrap_or_default();
    let is_within = ours.iter().all(|answer| recorded.contains(answer));
    same(&one, &recorded, true) && (is_ground(case) || is_within)
}
