//! May a subject do an action to a resource? As it is asked here and in the AuthZEN Authorization API 1.0.

use super::data::{ExplanationAnswer, ProofStepAnswer};
use super::fields::{Fields, kind, parse};
use super::reply::{Need, RulesReason, write_values_with};
use super::requests::{facts, limits, now};
use super::{Numbers, read_value};
use crate::requests::{ReadError, collect};
use assize_core::rules::{Limits, QueryOptions, Value};
use assize_core::{FieldError, InvalidInput, Verdict};
use serde_json::{Map, Value as Json};

/// The most items of one request.
const MOST_EVALUATIONS: usize = 1000;

/// Who wants to do what to what, in which circumstances.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// A record, or a text for a record with nothing but an `id`.
    pub subject: Value,
    /// A record, or a text for a record with nothing but a `name`.
    pub action: Value,
    /// A record, or a text for a record with nothing but an `id`.
    pub resource: Value,
    /// A record.
    pub context: Value,
}

/// What a search looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// Subjects of a type.
    Subject,
    /// Resources of a type.
    Resource,
    /// Actions.
    Action,
}

fn entity(
    json: Option<&Json>,
    (part, named): (&str, &str),
    errors: &mut Vec<FieldError>,
) -> Option<Value> {
    let pointer = format!("/{part}");
    let Some(json) = json else {
        errors.push(FieldError::new(pointer, "is missing"));
        return None;
    };
    let wrong = match json {
        Json::String(_) => None,
        Json::Object(fields) if fields.get(named).is_some_and(Json::is_string) => None,
        Json::Object(_) => Some(format!("must have a `{named}`, as a string")),
        other => Some(format!(
            "must be a string or an object, got {}",
            kind(other)
        )),
    };
    if let Some(message) = wrong {
        errors.push(FieldError::new(pointer, message));
        return None;
    }
    value(json, pointer, errors)
}

fn value(json: &Json, pointer: String, errors: &mut Vec<FieldError>) -> Option<Value> {
    read_value(json)
        .map_err(|message| errors.push(FieldError::new(pointer, message)))
        .ok()
}

fn context(json: Option<&Json>, errors: &mut Vec<FieldError>) -> Option<Value> {
    match json {
        None | Some(Json::Null) => Some(Value::record([])),
        Some(json @ Json::Object(_)) => value(json, "/context".to_owned(), errors),
        Some(other) => {
            let message = format!("must be an object, got {}", kind(other));
            errors.push(FieldError::new("/context", message));
            None
        }
    }
}

impl Question {
    fn read(
        get: impl Fn(&'static str) -> Option<Json>,
        errors: &mut Vec<FieldError>,
    ) -> Option<Self> {
        let subject = entity(get("subject").as_ref(), ("subject", "id"), errors);
        let action = entity(get("action").as_ref(), ("action", "name"), errors);
        let resource = entity(get("resource").as_ref(), ("resource", "id"), errors);
        let context = context(get("context").as_ref(), errors);
        Some(Self {
            subject: subject?,
            action: action?,
            resource: resource?,
            context: context?,
        })
    }

    /// Reads the body of an AuthZEN evaluation; what is not known is ignored, as its text wants it.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read_evaluation(text: &[u8]) -> Result<Self, ReadError> {
        let json = parse(text)?;
        Ok(collect(|errors| {
            let map = object(&json, errors)?;
            Self::read(|name| map.get(name).cloned(), errors)
        })?)
    }

    /// Reads the body of an AuthZEN search; what is sought has a stand-in.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read_search(text: &[u8], sought: Sought) -> Result<Self, ReadError> {
        let json = parse(text)?;
        Ok(collect(|errors| {
            let map = object(&json, errors)?;
            let (part, named) = sought.part();
            Self::read(
                |name| {
                    let mut found = map.get(name).cloned();
                    if name == part {
                        let fields = found.get_or_insert_with(|| Json::Object(Map::new()));
                        if let Json::Object(fields) = fields {
                            fields.insert(named.to_owned(), Json::String(String::new()));
                        }
                    }
                    found
                },
                errors,
            )
        })?)
    }
}

impl Sought {
    /// The part of the question, and the field by which it is known.
    #[must_use]
    pub const fn part(self) -> (&'static str, &'static str) {
        match self {
            Self::Subject => ("subject", "id"),
            Self::Resource => ("resource", "id"),
            Self::Action => ("action", "name"),
        }
    }
}

fn object<'j>(json: &'j Json, errors: &mut Vec<FieldError>) -> Option<&'j Map<String, Json>> {
    let map = json.as_object();
    if map.is_none() {
        let message = format!("must be an object, got {}", kind(json));
        errors.push(FieldError::new("", message));
    }
    map
}

/// A question for a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct DecideRequest {
    /// What is asked.
    pub question: Question,
    /// How it is answered.
    pub options: QueryOptions,
}

impl DecideRequest {
    /// Reads `{subject, action, resource, context?, facts?, max_…?, why_not?, now?}`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(text: &[u8], ceilings: Limits) -> Result<Self, ReadError> {
        let json = parse(text)?;
        Ok(collect(|errors| {
            let mut fields = Fields::open(&json, String::new(), errors)?;
            for name in ["subject", "action", "resource", "context"] {
                fields.optional(name);
            }
            let question = Question::read(|name| json.get(name).cloned(), errors);
            let options = QueryOptions {
                limits: limits(&mut fields, ceilings, errors),
                now_ms: now(&mut fields, errors),
                explain: fields.flag("explain", errors),
                why_not: fields.flag("why_not", errors),
                facts: facts(&mut fields, "facts", errors),
                ..QueryOptions::default()
            };
            fields.finish(errors);
            Some(Self {
                question: question?,
                options,
            })
        })?)
    }
}

/// When the rest of many evaluations is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Semantic {
    /// Never.
    #[default]
    ExecuteAll,
    /// After the first that denies.
    DenyOnFirstDeny,
    /// After the first that permits.
    PermitOnFirstPermit,
}

/// Many evaluations of AuthZEN.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationsRequest {
    /// In order; an item that is not acceptable is denied for itself.
    pub items: Vec<Result<Question, InvalidInput>>,
    /// When the rest is left out.
    pub semantic: Semantic,
    /// Whether the request is a single evaluation, to be answered as one.
    pub single: bool,
}

impl EvaluationsRequest {
    /// Reads `{evaluations?, subject?, action?, resource?, context?, options?}`; what an item does not say is as at
    /// the top.
    ///
    /// # Errors
    ///
    /// What is wrong with the request as a whole.
    pub fn read(text: &[u8]) -> Result<Self, ReadError> {
        let json = parse(text)?;
        Ok(collect(|errors| {
            let map = object(&json, errors)?;
            let semantic = semantic(map, errors);
            let items = match map.get("evaluations") {
                None => &[] as &[Json],
                Some(Json::Array(items)) if items.len() <= MOST_EVALUATIONS => items,
                Some(_) => {
                    let message = format!("must be an array of at most {MOST_EVALUATIONS} items");
                    errors.push(FieldError::new("/evaluations", message));
                    return None;
                }
            };
            let single = items.is_empty();
            let question = |item: Option<&Json>| {
                let get = |name| {
                    item.and_then(|item| item.get(name))
                        .or(map.get(name))
                        .cloned()
                };
                collect(|errors| {
                    if let Some(other) = item.filter(|item| !item.is_object()) {
                        let message = format!("must be an object, got {}", kind(other));
                        errors.push(FieldError::new("", message));
                        return None;
                    }
                    Question::read(get, errors)
                })
            };
            let items = if single {
                vec![question(None)]
            } else {
                items.iter().map(|item| question(Some(item))).collect()
            };
            Some(Self {
                items,
                semantic,
                single,
            })
        })?)
    }
}

fn semantic(map: &Map<String, Json>, errors: &mut Vec<FieldError>) -> Semantic {
    let options = map.get("options");
    let Some(asked) = options.and_then(|options| options.get("evaluations_semantic")) else {
        return Semantic::default();
    };
    match asked.as_str() {
        Some("execute_all") => Semantic::ExecuteAll,
        Some("deny_on_first_deny") => Semantic::DenyOnFirstDeny,
        Some("permit_on_first_permit") => Semantic::PermitOnFirstPermit,
        _ => {
            let message =
                "must be \"execute_all\", \"deny_on_first_deny\" or \"permit_on_first_permit\"";
            errors.push(FieldError::new("/options/evaluations_semantic", message));
            Semantic::default()
        }
    }
}

/// A decision.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionReply {
    /// May it be done?
    pub verdict: Verdict,
    /// Why; the first is the decisive one.
    pub reasons: Vec<RulesReason>,
    /// What must be done with it; empty but for `transform`.
    pub obligations: Vec<Value>,
    /// Calls of predicates and built-ins.
    pub steps: u64,
    /// Why nothing permits it, where that was asked for.
    pub why_not: Vec<ExplanationAnswer>,
    /// Why what decided holds, where that was asked for; the root is the last.
    pub proof: Vec<ProofStepAnswer>,
    /// What only the host could say.
    pub needs: Option<Need>,
}

impl DecisionReply {
    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_json_with(Numbers::Kept)
    }

    /// As one JSON object, with the numbers of terms as they are wanted.
    #[must_use]
    pub fn to_json_with(&self, numbers: Numbers) -> String {
        let mut out = String::from("{");
        self.write_fields(numbers, &mut out);
        out.push_str(&format!(",\"steps\":{}", self.steps));
        if !self.why_not.is_empty() {
            let text = serde_json::to_string(&self.why_not).unwrap_or_default();
            out.push_str(&format!(",\"why_not\":{text}"));
        }
        if !self.proof.is_empty() {
            let text = serde_json::to_string(&self.proof).unwrap_or_default();
            out.push_str(&format!(",\"proof\":{text}"));
        }
        if let Some(need) = &self.needs {
            out.push_str(",\"needs\":");
            need.write(numbers, &mut out);
        }
        out.push('}');
        out
    }

    fn write_fields(&self, numbers: Numbers, out: &mut String) {
        let reasons = serde_json::to_string(&self.reasons).unwrap_or_default();
        let verdict = self.verdict.as_str();
        out.push_str(&format!("\"verdict\":\"{verdict}\",\"reasons\":{reasons}"));
        if !self.obligations.is_empty() {
            out.push_str(",\"obligations\":");
            write_values_with(&self.obligations, numbers, out);
        }
    }

    /// Whether it may be done, with its obligations where there are some.
    #[must_use]
    pub const fn permits(&self) -> bool {
        matches!(self.verdict, Verdict::Allow | Verdict::Transform)
    }

    /// As AuthZEN has it.
    #[must_use]
    pub fn to_evaluation(&self) -> String {
        let mut out = format!("{{\"decision\":{},\"context\":{{", self.permits());
        self.write_fields(Numbers::Kept, &mut out);
        out.push_str("}}");
        out
    }
}
