//! What the engine says to a case.

use crate::case::{Case, Mode, text};
use crate::translate::{Mend, Written, write};
use assize_core::rules::structured::{goal_from_json, value_from_json};
use assize_core::rules::{
    Diagnostic, ExternalAnswer, ExternalCall, Format, KnowledgeBase, Limits, Outcome, QueryError,
    QueryOptions, Severity, Source, Step, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of a case.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// It can't be loaded or asked; the codes of what is wrong.
    Refused(BTreeSet<&'static str>),
    /// Answers, in the encoding of the recorded ones, and how they ended.
    Answered(Vec<Value>, Outcome),
    /// It came to a panic, which is a bug whatever was recorded.
    Panicked,
    /// Answers, and then an error.
    Failed(Vec<Value>, QueryError),
}

/// What the engine said, and what had to be changed before it could.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) said: Said,
    pub(crate) mends: BTreeSet<Mend>,
}

/// Asks as recorded, and again with what a refusal names mended.
pub(crate) fn ask(case: &Case) -> Asked {
    let mut mends = BTreeSet::new();
    loop {
        let written = write(case, &mends);
        let said = catch_unwind(AssertUnwindSafe(|| ask_once(case, &written)));
        let said = said.unwrap_or(Said::Panicked);
        let Said::Refused(codes) = &said else {
            return Asked { said, mends };
        };
        let before = mends.len();
        mends.extend(codes.iter().filter_map(|code| match *code {
            "unknown-predicate" => Some(Mend::Declare),
            "redefined-builtin" => Some(Mend::Rename),
            "unbound-head-variable" => Some(Mend::Mark),
            "unbound-input" => Some(Mend::Drop),
            _ => None,
        }));
        if mends.len() == before {
            return Asked { said, mends };
        }
    }
}

fn codes(diagnostics: &[Diagnostic]) -> Said {
    let errors = diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    Said::Refused(errors.map(|error| error.code).collect())
}

fn ask_once(case: &Case, written: &Written) -> Said {
    let source = |text: &str| Source {
        name: "case".into(),
        text: text.into(),
        format: Format::Structured,
    };
    let sources = [source(&written.source), source(&written.declarations)];
    let base = match KnowledgeBase::load(&sources) {
        Ok(base) => base,
        Err(error) => return codes(&error.diagnostics),
    };
    let goal = match goal_from_json(&written.query) {
        Ok(goal) => goal,
        Err(diagnostics) => return codes(&diagnostics),
    };
    let mut limits = Limits::default();
    let asked = case
        .max_solutions()
        .and_then(|most| u32::try_from(most).ok());
    limits.max_answers = match case.mode() {
        Mode::All => asked.unwrap_or(limits.max_answers),
        Mode::First | Mode::Whether => 1,
    };
    let options = QueryOptions {
        limits,
        ..QueryOptions::default()
    };
    let mut query = match base.query(&goal, options) {
        Ok(query) => query,
        Err(QueryError::Query(error)) => return codes(&error.diagnostics),
        Err(error) => return Said::Failed(Vec::new(), error),
    };
    let mut answers = Vec::new();
    loop {
        match query.next() {
            Ok(Step::Answer(answer)) => answers.push(encoded_answer(case, &answer.bindings)),
            Ok(Step::NeedExternal(call)) => {
                if let Err(error) = query.provide(call.id, host(case, &call)) {
                    return Said::Failed(answers, error);
                }
            }
            Ok(Step::Pause) => {}
            Ok(Step::Done(outcome)) => return Said::Answered(distinct(answers), outcome),
            Err(error) => return Said::Failed(answers, error),
        }
    }
}

/// What a host answers that has the recorded responses for a network.
fn host(case: &Case, call: &ExternalCall) -> ExternalAnswer {
    let Some(Value::String(url)) = call.arguments.first() else {
        return ExternalAnswer::Failed("no address".to_owned());
    };
    match fetch(case, url) {
        Ok(body) => ExternalAnswer::Solutions(vec![vec![Value::string(url), body]]),
        Err(problem) => ExternalAnswer::Failed(problem),
    }
}

pub(crate) fn fetch(case: &Case, url: &str) -> Result<Value, String> {
    let response = case.http.field(url).ok_or("no such host")?;
    if response.field("refuse").is_some() {
        return Err("connection refused".to_owned());
    }
    if let Some(Value::Integer(status @ 400..)) = response.field("status") {
        return Err(format!("status {status}"));
    }
    let kind = text(response.field("content_type")).unwrap_or("application/json");
    if !kind.ends_with("json") {
        return Err(format!("not JSON, but {kind}"));
    }
    match text(response.field("body")).unwrap_or_default() {
        "" => Ok(Value::Null),
        body => value_from_json(body).map_err(|_| "not JSON".to_owned()),
    }
}

/// The variables that the reference reports, as it writes them.
fn encoded_answer(case: &Case, bindings: &[(std::sync::Arc<str>, Value)]) -> Value {
    let reported = case.reported();
    let fields = bindings.iter().filter_map(|(name, value)| {
        let name = format!("?{name}");
        reported
            .contains(&name.as_str())
            .then(|| (name.into(), encoded(value)))
    });
    numbered(&Value::record(fields))
}

pub(crate) fn tagged(tag: &str, value: Value) -> Value {
    Value::record([(tag.into(), value)])
}

fn encoded(value: &Value) -> Value {
    let all = |items: &[Value]| Value::list(items.iter().map(encoded));
    match value {
        Value::List(items) => tagged("list", all(items)),
        Value::Record(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), encoded(value)));
            tagged("dict", Value::record(fields))
        }
        Value::Compound(name, arguments) => Value::record([
            ("term".into(), Value::String(name.clone())),
            ("args".into(), all(arguments)),
        ]),
        Value::Variable(number) => tagged("var", Value::string(number.to_string())),
        other => other.clone(),
    }
}

/// The same answer with its unbound variables counted from 0.
pub(crate) fn numbered(answer: &Value) -> Value {
    fn walk(value: &Value, known: &mut BTreeMap<String, usize>) -> Value {
        match value {
            Value::List(items) => Value::list(items.iter().map(|item| walk(item, known))),
            Value::Record(fields) => {
                if let [(tag, Value::String(name))] = fields.as_ref()
                    && tag.as_ref() == "var"
                {
                    let next = known.len();
                    let number = *known.entry(name.to_string()).or_insert(next);
                    return tagged("var", Value::string(format!("_{number}")));
                }
                let fields = fields.iter();
                Value::record(fields.map(|(name, value)| (name.clone(), walk(value, known))))
            }
            other => other.clone(),
        }
    }
    walk(answer, &mut BTreeMap::new())
}

/// Without repetitions, which come of variables that are not reported.
pub(crate) fn distinct(answers: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for answer in answers {
        if !kept.contains(&answer) {
            kept.push(answer);
        }
    }
    kept
}
