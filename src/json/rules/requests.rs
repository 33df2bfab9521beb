//! What callers ask of the rule engine.

use super::fields::{Fields, kind, parse};
use super::read_value;
use crate::requests::{ReadError, collect};
use assize_core::FieldError;
use assize_core::rules::syntax::print_name;
use assize_core::rules::{Fact, Format, Limits, OrderKey, QueryOptions, Source, Value};
use serde_json::Value as Json;

/// The knowledge base that is asked where none is named.
pub const DEFAULT_NAME: &str = "default";
/// The longest name of a knowledge base, in bytes.
const LONGEST_NAME: usize = 64;
/// Sources of one knowledge base.
const MOST_SOURCES: usize = 1000;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// A knowledge base by its name.
    Named(String),
    /// Rules that came with the question.
    Inline(Vec<Source>),
}

/// A question to the rule engine.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryRequest {
    /// The goal, as text.
    pub goal: String,
    /// What is asked.
    pub base: Base,
    /// How it is answered.
    pub options: QueryOptions,
}

impl QueryRequest {
    /// Reads `{query, rules? | sources?, facts?, order_by?, max_…?, explain?, why_not?, now?}`. Bounds are at most
    /// `ceilings`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(text: &[u8], ceilings: Limits) -> Result<Self, ReadError> {
        let json = parse(text)?;
        Ok(collect(|errors| Self::fields(&json, ceilings, errors))?)
    }

    fn fields(json: &Json, ceilings: Limits, errors: &mut Vec<FieldError>) -> Option<Self> {
        let mut fields = Fields::open(json, String::new(), errors)?;
        let goal = fields.required("query", errors);
        let goal = goal.and_then(|json| {
            goal_text(json)
                .map_err(|message| errors.push(FieldError::new("/query", message)))
                .ok()
        });
        let name = name(&mut fields, "rules", errors);
        let base = if fields.optional("sources").is_some() {
            if name.is_some() {
                let message = "must not stand beside `rules`: one knowledge base is asked";
                errors.push(FieldError::new("/sources", message));
            }
            Base::Inline(sources(&mut fields, errors))
        } else {
            Base::Named(name.unwrap_or_else(|| DEFAULT_NAME.to_owned()))
        };
        let options = QueryOptions {
            limits: limits(&mut fields, ceilings, errors),
            now_ms: now(&mut fields, errors),
            order: order(&mut fields, errors),
            explain: fields.flag("explain", errors),
            why_not: fields.flag("why_not", errors),
            facts: facts(&mut fields, "facts", errors),
        };
        fields.finish(errors);
        Some(Self {
            goal: goal?,
            base,
            options,
        })
    }
}

/// `allow(who, "read")`, or `["allow", "?who", "read"]`: a predicate and its arguments, of which those that begin
/// with `?` are variables; a string that begins with `?` itself has another `?` before it.
fn goal_text(json: &Json) -> Result<String, String> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Array(parts) => match parts.split_first() {
            Some((Json::String(name), arguments)) => {
                let arguments = arguments
                    .iter()
                    .map(argument)
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(format!("{}({})", print_name(name), arguments.join(", ")))
            }
            _ => Err("must begin with the name of a predicate".to_owned()),
        },
        other => Err(format!("must be a string or an array, got {}", kind(other))),
    }
}

fn argument(json: &Json) -> Result<String, String> {
    if let Json::String(text) = json
        && let Some(rest) = text.strip_prefix('?')
    {
        return Ok(match rest {
            "" | "_" => "_".to_owned(),
            literal if literal.starts_with('?') => Value::string(literal).to_string(),
            variable => print_name(variable),
        });
    }
    Ok(read_value(json)?.to_string())
}

/// A name of a knowledge base.
///
/// # Errors
///
/// What it must look like.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let acceptable = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if acceptable {
        Ok(())
    } else {
        Err("must be 1 to 64 letters, digits, `-`, `_` and `.`")
    }
}

fn name(
    fields: &mut Fields<'_>,
    field: &'static str,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    let name = fields.text(field, errors)?;
    if let Err(message) = check_name(name) {
        errors.push(FieldError::new(fields.pointer_to(field), message));
    }
    Some(name.to_owned())
}

fn sources(fields: &mut Fields<'_>, errors: &mut Vec<FieldError>) -> Vec<Source> {
    let items = fields.items("sources", errors);
    if items.len() > MOST_SOURCES {
        let message = format!(
            "must have at most {MOST_SOURCES} items, got {}",
            items.len()
        );
        errors.push(FieldError::new(fields.pointer_to("sources"), message));
        return Vec::new();
    }
    items
        .into_iter()
        .enumerate()
        .filter_map(|(number, (pointer, item))| source(number, pointer, item, errors))
        .collect()
}

/// A text alone, or `{name?, text, format?}`.
fn source(
    number: usize,
    pointer: String,
    json: &Json,
    errors: &mut Vec<FieldError>,
) -> Option<Source> {
    let unnamed = format!("source-{}", number + 1);
    if let Json::String(text) = json {
        return Some(Source {
            name: unnamed.into(),
            text: text.as_str().into(),
            format: Format::Text,
        });
    }
    let mut fields = Fields::open(json, pointer, errors)?;
    let name = fields.text("name", errors).unwrap_or(&unnamed).into();
    fields.required("text", errors);
    let text = fields.text("text", errors);
    let format = match fields.text("format", errors) {
        None | Some("text") => Format::Text,
        Some("structured") => Format::Structured,
        Some(_) => {
            let message = "must be \"text\" or \"structured\"";
            errors.push(FieldError::new(fields.pointer_to("format"), message));
            Format::Text
        }
    };
    fields.finish(errors);
    Some(Source {
        name,
        text: text?.into(),
        format,
    })
}

pub(super) fn limits(
    fields: &mut Fields<'_>,
    ceilings: Limits,
    errors: &mut Vec<FieldError>,
) -> Limits {
    let mut narrow = |name, ceiling: u32| {
        let asked = fields.whole(name, u64::from(u32::MAX), errors);
        asked.map_or(ceiling, |asked| (asked as u32).min(ceiling))
    };
    let max_depth = narrow("max_depth", ceilings.max_depth);
    let max_answers = narrow("max_answers", ceilings.max_answers);
    let max_answers = max_answers.min(narrow("max_solutions", ceilings.max_answers));
    let max_table_answers = narrow("max_table_answers", ceilings.max_table_answers);
    let mut wide = |name, ceiling: u64| {
        let asked = fields.whole(name, u64::MAX, errors);
        asked.map_or(ceiling, |asked| asked.min(ceiling))
    };
    Limits {
        max_steps: wide("max_steps", ceilings.max_steps),
        max_depth,
        max_answers,
        max_table_answers,
        max_bytes: wide("max_bytes", ceilings.max_bytes),
    }
}

pub(super) fn now(fields: &mut Fields<'_>, errors: &mut Vec<FieldError>) -> Option<i64> {
    let json = fields.optional("now")?;
    let now = json.as_i64();
    if now.is_none() {
        let wanted = "milliseconds since 1970-01-01 UTC, as a whole number";
        fields.wrong("now", wanted, json, errors);
    }
    now
}

/// Names of variables, each with `-` before it where it is from the greatest to the least.
fn order(fields: &mut Fields<'_>, errors: &mut Vec<FieldError>) -> Vec<OrderKey> {
    let mut keys = Vec::new();
    for (pointer, item) in fields.items("order_by", errors) {
        let Json::String(text) = item else {
            let message = format!("must be the name of a variable, got {}", kind(item));
            errors.push(FieldError::new(pointer, message));
            continue;
        };
        let (descending, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text.as_str()),
        };
        keys.push(OrderKey {
            variable: name.strip_prefix('?').unwrap_or(name).into(),
            descending,
        });
    }
    keys
}

pub(super) fn facts(
    fields: &mut Fields<'_>,
    field: &'static str,
    errors: &mut Vec<FieldError>,
) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (pointer, item) in fields.items(field, errors) {
        match read_fact(item) {
            Ok(fact) => facts.push(fact),
            Err(message) => errors.push(FieldError::new(pointer, message)),
        }
    }
    facts
}

/// A fact from `["role", "ann", "clerk"]`.
///
/// # Errors
///
/// What is wrong with it, in one sentence.
pub fn read_fact(json: &Json) -> Result<Fact, String> {
    let Json::Array(parts) = json else {
        return Err(format!("must be an array, got {}", kind(json)));
    };
    match parts.split_first() {
        Some((Json::String(name), arguments)) => {
            let arguments = arguments.iter().map(read_value);
            Ok((name.as_str().into(), arguments.collect::<Result<_, _>>()?))
        }
        _ => Err("must begin with the name of a predicate".to_owned()),
    }
}

/// A new version of a knowledge base.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRequest {
    /// Facts and rules; at least one source.
    pub sources: Vec<Source>,
    /// Whether it is asked from now on.
    pub activate: bool,
}

impl VersionRequest {
    /// Reads `{sources: [{name?, text, format?}], activate?}`; where not said, it is activated.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(text: &[u8]) -> Result<Self, ReadError> {
        let json = parse(text)?;
        Ok(collect(|errors| {
            let mut fields = Fields::open(&json, String::new(), errors)?;
            fields.required("sources", errors);
            let sources = sources(&mut fields, errors);
            let activate = fields.optional("activate").is_none() || fields.flag("activate", errors);
            fields.finish(errors);
            Some(Self { sources, activate })
        })?)
    }
}

/// Reads `{version}`.
///
/// # Errors
///
/// Every field that is not acceptable.
pub fn read_activation(text: &[u8]) -> Result<u64, ReadError> {
    let json = parse(text)?;
    Ok(collect(|errors| {
        let mut fields = Fields::open(&json, String::new(), errors)?;
        fields.required("version", errors);
        let version = fields.whole("version", u64::MAX, errors);
        fields.finish(errors);
        version
    })?)
}

/// Reads `{remove?, add?}`: facts that go, and facts that come.
///
/// # Errors
///
/// Every field that is not acceptable.
pub fn read_facts_change(text: &[u8]) -> Result<(Vec<Fact>, Vec<Fact>), ReadError> {
    let json = parse(text)?;
    Ok(collect(|errors| {
        let mut fields = Fields::open(&json, String::new(), errors)?;
        let remove = facts(&mut fields, "remove", errors);
        let add = facts(&mut fields, "add", errors);
        fields.finish(errors);
        Some((remove, add))
    })?)
}

/// Reads `[["ann", 1], …]`: what a host says to a question, each row with a value for every argument.
///
/// # Errors
///
/// Every row that is not acceptable.
pub fn read_rows(text: &[u8]) -> Result<Vec<Vec<Value>>, ReadError> {
    let json = parse(text)?;
    Ok(collect(|errors| {
        let Json::Array(rows) = &json else {
            let message = format!("must be an array of rows, got {}", kind(&json));
            errors.push(FieldError::new("", message));
            return None;
        };
        let mut read = Vec::with_capacity(rows.len());
        for (number, row) in rows.iter().enumerate() {
            let values = match row {
                Json::Array(values) => values.iter().map(read_value).collect(),
                other => Err(format!("must be an array of values, got {}", kind(other))),
            };
            match values {
                Ok(values) => read.push(values),
                Err(message) => errors.push(FieldError::new(format!("/{number}"), message)),
            }
        }
        Some(read)
    })?)
}
