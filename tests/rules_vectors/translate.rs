//! From a recorded program to one of the structured form.

use crate::case::{Case, Program, predicate, text, variable};
use assize_core::rules::Value;
use assize_core::rules::builtins;
use assize_core::rules::structured::value_to_json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What is changed in a program so that it can be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mend {
    /// Predicates without a clause are declared.
    Declare,
    /// Predicates with the name of a built-in get another.
    Rename,
    /// Variables that occur only in a head are marked as meant.
    Mark,
    /// Rules that the query does not need are left out.
    Drop,
}

/// A program and a query, ready to be read.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) source: String,
    /// Declarations that are missing, as a source of their own.
    pub(crate) declarations: String,
    pub(crate) query: String,
}

pub(crate) fn write(case: &Case, mends: &BTreeSet<Mend>) -> Written {
    let renames = mends.contains(&Mend::Rename);
    let query = atom(&case.query, renames);
    let declared = match mends.contains(&Mend::Declare) {
        true => missing(case, renames),
        false => BTreeSet::new(),
    };
    let declared = declared.iter().map(|(name, arity)| {
        let name = value_to_json(&Value::string(format!("{name}/{arity}")));
        format!("{{\"input\": {name}}}")
    });
    let declared: Vec<_> = declared.collect();
    let declarations = format!("{{\"declarations\": [{}]}}", declared.join(", "));
    let (facts, rules) = match &case.program {
        Program::Yaml(yaml) => {
            let source = yaml.clone();
            return Written {
                source,
                declarations,
                query,
            };
        }
        Program::Terms { facts, rules } => (facts, rules),
    };
    let facts = facts
        .iter()
        .map(|fact| format!("{{\"fact\": {}}}", goal(fact, renames)));
    let needed = needed(case);
    let is_needed = |head: &Value| {
        !mends.contains(&Mend::Drop)
            || predicate(head).is_none_or(|found| needed.contains(&owned(found)))
    };
    let rules = rules
        .iter()
        .filter(|(head, _)| is_needed(head))
        .map(|(head, body)| {
            let head = match mends.contains(&Mend::Mark) {
                true => marked(head, body),
                false => head.clone(),
            };
            if body.is_empty() {
                return format!("{{\"fact\": {}}}", goal(&head, renames));
            }
            let body: Vec<_> = body.iter().map(|part| goal(part, renames)).collect();
            let head = goal(&head, renames);
            format!(
                "{{\"rule\": {{\"head\": {head}, \"body\": [{}]}}}}",
                body.join(", ")
            )
        });
    let items: Vec<_> = facts.chain(rules).collect();
    let source = format!("{{\"items\": [{}]}}", items.join(",\n"));
    Written {
        source,
        declarations,
        query,
    }
}

fn goal(value: &Value, renames: bool) -> String {
    match value {
        Value::List(items) => atom(items, renames),
        other => term(other),
    }
}

fn atom(items: &[Value], renames: bool) -> String {
    let mut parts: Vec<_> = items.iter().map(term).collect();
    if let (true, Some(first), Some(Value::String(name))) =
        (renames, parts.first_mut(), items.first())
        && is_taken(name, items.len() - 1)
    {
        *first = value_to_json(&Value::string(renamed(name)));
    }
    format!("[{}]", parts.join(", "))
}

fn renamed(name: &str) -> String {
    format!("{name} of the program")
}

/// Whether it is a built-in here that the reference does not have.
pub(crate) fn is_taken(name: &str, arity: usize) -> bool {
    builtins::index_of(name, arity).is_some() && reference_arity(name).is_none()
}

/// How many arguments a built-in of the reference has.
pub(crate) fn reference_arity(name: &str) -> Option<usize> {
    match name {
        "eq" | "neq" | "gt" | "gte" | "lt" | "lte" | "or" | "member" | "is" | "http_get_json" => {
            Some(2)
        }
        "add" | "sub" | "unify_json_path" => Some(3),
        _ => None,
    }
}

/// A term: an array is a compound there, and an object is data throughout.
fn term(value: &Value) -> String {
    match value {
        Value::List(items) => {
            let parts: Vec<_> = items.iter().map(term).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::Record(_) => data(value),
        other => value_to_json(other),
    }
}

fn data(value: &Value) -> String {
    match value {
        Value::List(items) => {
            let parts: Vec<_> = items.iter().map(data).collect();
            format!("{{\"$list\": [{}]}}", parts.join(", "))
        }
        Value::Record(fields) => {
            let mut parts = String::new();
            for (number, (name, value)) in fields.iter().enumerate() {
                let comma = if number == 0 { "" } else { ", " };
                let name = value_to_json(&Value::string(name));
                let _ = write!(parts, "{comma}{name}: {}", data(value));
            }
            format!("{{\"$record\": {{{parts}}}}}")
        }
        Value::String(text) if text.starts_with('?') => {
            format!("{{\"$string\": {}}}", value_to_json(value))
        }
        other => value_to_json(other),
    }
}

/// Every goal of a case: of the bodies, and the query.
pub(crate) fn goals(case: &Case) -> Vec<Value> {
    let mut goals = vec![Value::list(case.query.clone())];
    if let Program::Terms { rules, .. } = &case.program {
        goals.extend(rules.iter().flat_map(|(_, body)| body.clone()));
    }
    goals
}

/// Every fact and head of a case.
pub(crate) fn heads(case: &Case) -> Vec<Value> {
    match &case.program {
        Program::Yaml(_) => Vec::new(),
        Program::Terms { facts, rules } => {
            let heads = rules.iter().map(|(head, _)| head.clone());
            facts.iter().cloned().chain(heads).collect()
        }
    }
}

/// With the goals within goals.
fn nested(mut open: Vec<Value>) -> Vec<Value> {
    let mut all = Vec::new();
    while let Some(goal) = open.pop() {
        if let (Value::List(parts), Some(("or" | "not", _))) = (&goal, predicate(&goal)) {
            open.extend(parts.iter().skip(1).cloned());
        } else {
            all.push(goal);
        }
    }
    all
}

fn owned((name, arity): (&str, usize)) -> (String, usize) {
    (name.to_owned(), arity)
}

/// What the query needs, directly or through others.
pub(crate) fn needed(case: &Case) -> BTreeSet<(String, usize)> {
    let mut needed = BTreeSet::new();
    let mut open = vec![Value::list(case.query.clone())];
    while let Some(goal) = open.pop() {
        let Some(found) = predicate(&goal).map(owned) else {
            continue;
        };
        if let Value::List(parts) = &goal
            && matches!(found.0.as_str(), "or" | "not")
        {
            open.extend(parts.iter().skip(1).cloned());
        }
        if needed.insert(found.clone()) {
            open.extend(bodies(case, &found));
        }
    }
    needed
}

fn bodies(case: &Case, of: &(String, usize)) -> Vec<Value> {
    let Program::Terms { rules, .. } = &case.program else {
        return Vec::new();
    };
    let rules = rules
        .iter()
        .filter(|(head, _)| predicate(head).map(owned).as_ref() == Some(of));
    rules.flat_map(|(_, body)| body.clone()).collect()
}

fn missing(case: &Case, renames: bool) -> BTreeSet<(String, usize)> {
    let heads = heads(case);
    let known: BTreeSet<_> = heads.iter().filter_map(predicate).collect();
    let goals = nested(goals(case));
    let missing = goals.iter().filter_map(predicate).filter(|(name, arity)| {
        !known.contains(&(*name, *arity))
            && (renames || builtins::index_of(name, *arity).is_none())
            && reference_arity(name).is_none()
    });
    missing
        .map(|(name, arity)| (name.to_owned(), arity))
        .collect()
}

/// The head with a mark at variables that occur nowhere else in the rule.
fn marked(head: &Value, body: &[Value]) -> Value {
    let mut all = Vec::new();
    variables(head, &mut all);
    body.iter().for_each(|goal| variables(goal, &mut all));
    let once = |name: &str| all.iter().filter(|other| *other == name).count() == 1;
    replace(head, &|value| {
        let name = variable(value).filter(|name| once(name))?;
        Some(Value::string(name.replacen('?', "?_", 1)))
    })
}

/// Every occurrence of a variable.
pub(crate) fn variables(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| variables(item, found)),
        other => found.extend(variable(other).map(str::to_owned)),
    }
}

/// The same with other parts.
pub(crate) fn replace(value: &Value, by: &dyn Fn(&Value) -> Option<Value>) -> Value {
    if let Some(other) = by(value) {
        return other;
    }
    match value {
        Value::List(items) => Value::list(items.iter().map(|item| replace(item, by))),
        Value::Record(fields) => {
            let fields = fields.iter();
            Value::record(fields.map(|(name, value)| (name.clone(), replace(value, by))))
        }
        other => other.clone(),
    }
}

/// Whether a text is that of a variable the reference may have made itself.
pub(crate) fn looks_fresh(value: &Value) -> bool {
    let name = text(Some(value)).unwrap_or_default();
    let number = name.rsplit_once('_').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}
