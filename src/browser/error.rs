//! What is thrown. `package/errors.js` makes an `Error` of it.

use crate::value;
use assize_core::{Error, InvalidInput};
use assize_json::answers::FieldErrorAnswer;
use assize_json::rules::Finding;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// A value that is thrown into JavaScript.
pub(crate) type Thrown = JsValue;

#[derive(Serialize)]
struct ThrownError<'a> {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldErrorAnswer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<Limit<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Limit<'a> {
    name: &'a str,
    limit: f64,
    observed: f64,
}

fn thrown(error: &ThrownError<'_>) -> Thrown {
    value::answer(error).unwrap_or_else(|error| error)
}

pub(crate) fn invalid(error: &InvalidInput) -> Thrown {
    thrown(&ThrownError {
        code: "invalid-input",
        message: error.to_string(),
        errors: error.errors().iter().map(Into::into).collect(),
        limit: None,
        findings: Vec::new(),
    })
}

pub(crate) fn refused(error: &Error) -> Thrown {
    let message = error.to_string();
    let (code, limit) = match error {
        Error::InvalidInput(error) => return invalid(error),
        Error::Limit(limit) => {
            let limit = Limit {
                name: &limit.name,
                limit: limit.limit as f64,
                observed: limit.observed as f64,
            };
            ("limit", Some(limit))
        }
        Error::Conflict(_) => ("conflict", None),
        Error::CorruptSnapshot(_) => ("corrupt-snapshot", None),
    };
    thrown(&ThrownError {
        code,
        message,
        errors: Vec::new(),
        limit,
        findings: Vec::new(),
    })
}

fn of_rules(code: &'static str, message: String, findings: Vec<Finding>) -> Thrown {
    thrown(&ThrownError {
        code,
        message,
        errors: Vec::new(),
        limit: None,
        findings,
    })
}

/// Rules, or a goal, that are not acceptable.
pub(crate) fn invalid_rules(message: String, findings: Vec<Finding>) -> Thrown {
    of_rules("invalid-rules", message, findings)
}

/// A built-in or the host could not say.
pub(crate) fn fault(message: String) -> Thrown {
    of_rules("evaluation", message, Vec::new())
}

/// What can't happen: answers are texts, numbers and lists of them.
pub(crate) fn internal(message: &str) -> Thrown {
    JsValue::from_str(message)
}
