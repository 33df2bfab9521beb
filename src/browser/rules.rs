//! The rule engine. Requests and answers cross as the JSON of the HTTP API: `package/rules.js` writes and reads it.

use crate::error::{Thrown, fault, invalid, invalid_rules, refused};
use assize_core::rules as core;
use assize_core::rules::{
    Evaluator, ExternalAnswer, ExternalCall, LoadError, QueryError, Source, Step,
};
use assize_core::{Error, FieldError, InvalidInput};
use assize_json::ReadError;
use assize_json::rules::{
    Base, End, Ending, Finding, Need, Numbers, QueryReply, QueryRequest, Solution, VersionRequest,
    read_facts_change, read_rows,
};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// What callers of JavaScript may ask for: they are the host.
pub(crate) const CEILINGS: core::Limits = core::Limits {
    max_steps: u64::MAX,
    max_depth: u32::MAX,
    max_answers: u32::MAX,
    max_table_answers: u32::MAX,
    max_bytes: u64::MAX,
};

/// Bounds where a caller asks for none, as fields of a request.
#[wasm_bindgen(js_name = defaultLimits)]
#[must_use]
pub fn default_limits() -> String {
    let core::Limits {
        max_steps,
        max_depth,
        max_answers,
        max_table_answers,
        max_bytes,
    } = core::Limits::default();
    format!(
        "{{\"max_steps\":{max_steps},\"max_depth\":{max_depth},\"max_answers\":{max_answers},\
         \"max_table_answers\":{max_table_answers},\"max_bytes\":{max_bytes}}}"
    )
}

/// A request that is not acceptable.
pub(crate) fn unreadable(error: ReadError) -> Thrown {
    match error {
        ReadError::Input(error) => invalid(&error),
        ReadError::Syntax(error) => {
            let error = FieldError::new("", error.message);
            InvalidInput::check(vec![error])
                .map_or_else(|error| invalid(&error), |()| JsValue::NULL)
        }
    }
}

fn not_loaded(error: &LoadError, sources: &[Source]) -> Thrown {
    invalid_rules(error.to_string(), Finding::all(&error.diagnostics, sources))
}

fn not_answered(error: QueryError, goal: &str) -> Thrown {
    match error {
        QueryError::Query(error) => {
            let text = Source {
                name: "query".into(),
                text: goal.into(),
                format: core::Format::Text,
            };
            invalid_rules(
                error.to_string(),
                Finding::of_query(&error.diagnostics, &text),
            )
        }
        QueryError::Limit(limit) => refused(&Error::Limit(limit)),
        QueryError::Conflict(text) => refused(&Error::Conflict(text)),
        error => fault(error.to_string()),
    }
}

/// Sources from the body of `PUT /v1/rules/{name}`.
pub(crate) fn read_sources(request: &str) -> Result<Vec<Source>, Thrown> {
    let request = VersionRequest::read(request.as_bytes()).map_err(unreadable)?;
    Ok(request.sources)
}

/// Plain data as JSON.
pub(crate) fn plain(plain: &impl serde::Serialize) -> String {
    // Texts and numbers, and into memory: it can't fail.
    serde_json::to_string(plain).unwrap_or_default()
}

/// Facts and rules that were loaded, and what decides fast over them.
#[wasm_bindgen]
#[derive(Debug)]
pub struct KnowledgeBase {
    pub(crate) base: core::KnowledgeBase,
    evaluator: Option<Evaluator>,
    failure: Option<QueryError>,
}

/// What [`KnowledgeBase::holds`] answers.
const HOLDS_NOT: u32 = 0;
const HOLDS: u32 = 1;
const FAILED: u32 = 2;

impl KnowledgeBase {
    const fn of(base: core::KnowledgeBase) -> Self {
        Self {
            base,
            evaluator: None,
            failure: None,
        }
    }

    fn evaluator(&mut self) -> &mut Evaluator {
        self.evaluator
            .get_or_insert_with(|| Evaluator::new(&self.base, core::Limits::default()))
    }

    fn asked(&mut self, predicate: u32, arguments: &[core::ConstantHandle], now_ms: f64) -> u32 {
        let predicate = core::PredicateHandle::from_bits(predicate);
        match self
            .evaluator()
            .holds(predicate, arguments, Some(now_ms as i64))
        {
            Ok(true) => HOLDS,
            Ok(false) => HOLDS_NOT,
            Err(error) => {
                self.failure = Some(error);
                FAILED
            }
        }
    }
}

#[wasm_bindgen]
impl KnowledgeBase {
    /// Loads sources, or nothing.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    #[wasm_bindgen(constructor)]
    pub fn new(request: &str) -> Result<Self, JsValue> {
        let sources = read_sources(request)?;
        let base =
            core::KnowledgeBase::load(&sources).map_err(|error| not_loaded(&error, &sources))?;
        Ok(Self::of(base))
    }

    /// The base that `snapshot` was taken of, without compiling it again.
    ///
    /// # Errors
    ///
    /// A damaged or foreign snapshot, and one of built-ins that this build has not.
    pub fn restore(snapshot: &[u8]) -> Result<Self, JsValue> {
        let base = core::KnowledgeBase::restore(snapshot).map_err(|error| match error {
            core::RestoreError::Snapshot(error) => refused(&error.into()),
            error @ core::RestoreError::Code { .. } => {
                refused(&Error::CorruptSnapshot(error.to_string()))
            }
            error @ core::RestoreError::UnknownBuiltin { .. } => {
                refused(&Error::Conflict(error.to_string()))
            }
        })?;
        Ok(Self::of(base))
    }

    /// Facts as they are now, rules and sources, as bytes; equal bases give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        self.base.snapshot()
    }

    /// What was noticed when it was loaded.
    #[must_use]
    pub fn warnings(&self) -> String {
        plain(&Finding::all(self.base.warnings(), self.base.sources()))
    }

    /// Removes facts, then adds facts; all or nothing. Answers how many went and came.
    ///
    /// # Errors
    ///
    /// Every fact that is not acceptable.
    #[wasm_bindgen(js_name = changeFacts)]
    pub fn change_facts(&mut self, request: &str) -> Result<Vec<u32>, JsValue> {
        let (remove, add) = read_facts_change(request.as_bytes()).map_err(unreadable)?;
        let changed = self
            .base
            .change_facts(&remove, &add)
            .map_err(|error| invalid(&error))?;
        if let Some(evaluator) = &mut self.evaluator {
            evaluator.update(&self.base);
        }
        Ok(vec![changed.removed, changed.added])
    }

    /// Starts a query: the body of `POST /query` without its rules.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable; everything that is wrong with the goal.
    pub fn query(&self, request: &str) -> Result<Query, JsValue> {
        let QueryRequest {
            goal,
            base: Base::Named(_),
            options,
        } = QueryRequest::read(request.as_bytes(), CEILINGS).map_err(unreadable)?
        else {
            let message = "this knowledge base is asked, and no other rules";
            return Err(refused(&Error::Conflict(message.to_owned())));
        };
        Query::start(self, goal, options)
    }

    /// The number of a predicate, for `holds`.
    #[must_use]
    pub fn predicate(&mut self, name: &str, arity: u32) -> Option<u32> {
        let handle = self.evaluator().predicate(name, arity as usize)?;
        Some(handle.to_bits())
    }

    /// The number of a text, for `holds`.
    #[wasm_bindgen(js_name = textHandle)]
    #[must_use]
    pub fn text_handle(&mut self, text: &str) -> u32 {
        self.evaluator().text(text).to_bits()
    }

    /// The number of a constant, for `holds`: `[value]` as JSON. None for what has parts and what is too large.
    ///
    /// # Errors
    ///
    /// A value that is not acceptable.
    pub fn handle(&mut self, value: &str) -> Result<Option<u32>, JsValue> {
        let rows = read_rows(format!("[{value}]").as_bytes()).map_err(unreadable)?;
        let value = rows.first().and_then(|row| row.first());
        let handle = value.and_then(|value| self.evaluator().constant(value));
        Ok(handle.map(core::ConstantHandle::to_bits))
    }

    /// Whether a predicate holds for `count` constants, at most three: 1, 0, or 2 for a failure, which `failure` tells.
    pub fn holds(
        &mut self,
        predicate: u32,
        now_ms: f64,
        count: u32,
        first: u32,
        second: u32,
        third: u32,
    ) -> u32 {
        let arguments = [first, second, third].map(core::ConstantHandle::from_bits);
        let arguments = arguments.get(..count as usize).unwrap_or(&arguments);
        self.asked(predicate, arguments, now_ms)
    }

    /// As `holds`, for any number of constants.
    #[wasm_bindgen(js_name = holdsAll)]
    pub fn holds_all(&mut self, predicate: u32, now_ms: f64, arguments: &[u32]) -> u32 {
        let arguments: Vec<_> = arguments
            .iter()
            .copied()
            .map(core::ConstantHandle::from_bits)
            .collect();
        self.asked(predicate, &arguments, now_ms)
    }

    /// Why `holds` failed the last time.
    #[must_use]
    pub fn failure(&mut self) -> JsValue {
        match self.failure.take() {
            Some(error) => not_answered(error, ""),
            None => JsValue::UNDEFINED,
        }
    }
}

/// A query on its way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Query {
    query: core::Query,
    goal: String,
    answers: Vec<Solution>,
    asked: Option<ExternalCall>,
}

/// What ended or stopped a query.
pub(crate) enum Stop {
    /// Only the host can say.
    Asked(Need),
    /// There is no more.
    Ended(End),
}

impl Query {
    pub(crate) fn start(
        base: &KnowledgeBase,
        goal: String,
        options: core::QueryOptions,
    ) -> Result<Self, Thrown> {
        match base.base.query_text(&goal, options) {
            Ok(query) => Ok(Self {
                query,
                goal,
                answers: Vec::new(),
                asked: None,
            }),
            Err(error) => Err(not_answered(error, &goal)),
        }
    }

    /// Goes on to the next answer; what there is instead where there is none.
    fn step(&mut self) -> Result<Result<core::Answer, Stop>, Thrown> {
        loop {
            let stop = match self.query.next() {
                Ok(Step::Answer(answer)) => return Ok(Ok(answer)),
                Ok(Step::Pause) => continue,
                Ok(Step::NeedExternal(call)) => Stop::Asked(self.ask(call)),
                Ok(Step::Done(outcome)) => {
                    Stop::Ended(End::Done(Ending::of(outcome, self.query.sources())))
                }
                Err(QueryError::Limit(limit)) => Stop::Ended(End::Done(Ending {
                    truncated_by: Some(limit),
                    ..Ending::default()
                })),
                Err(error @ (QueryError::Builtin { .. } | QueryError::External { .. })) => {
                    Stop::Ended(End::Fault(error.to_string()))
                }
                Err(error) => return Err(not_answered(error, &self.goal)),
            };
            return Ok(Err(stop));
        }
    }

    /// Keeps answers up to what ends or stops them.
    pub(crate) fn collect(&mut self) -> Result<Stop, Thrown> {
        loop {
            match self.step()? {
                Ok(answer) => {
                    let answer = Solution::of(answer, self.query.sources());
                    self.answers.push(answer);
                }
                Err(stop) => return Ok(stop),
            }
        }
    }

    pub(crate) fn take_answers(&mut self) -> Vec<Solution> {
        std::mem::take(&mut self.answers)
    }

    fn ask(&mut self, call: ExternalCall) -> Need {
        let need = Need {
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        };
        self.asked = Some(call);
        need
    }

    fn end(&mut self, end: End) -> String {
        QueryReply::of(self.take_answers(), end).to_json_with(Numbers::Doubles)
    }

    fn need(&self) -> Option<Need> {
        let call = self.asked.as_ref()?;
        Some(Need {
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        })
    }

    fn tell(&mut self, answer: ExternalAnswer) -> Result<(), Thrown> {
        let id = self.asked.as_ref().map_or(0, |call| call.id);
        self.query
            .provide(id, answer)
            .map_err(|error| not_answered(error, &self.goal))?;
        self.asked = None;
        Ok(())
    }
}

#[wasm_bindgen]
impl Query {
    /// Goes on to the end: the answer of `POST /query`. Nothing where the host is asked first.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the goal.
    pub fn run(&mut self) -> Result<Option<String>, JsValue> {
        match self.collect()? {
            Stop::Asked(_) => Ok(None),
            Stop::Ended(end) => Ok(Some(self.end(end))),
        }
    }

    /// The next answer. Nothing at the end, and where the host is asked first.
    ///
    /// # Errors
    ///
    /// What a built-in or the host could not say; a bound that was reached.
    #[wasm_bindgen(js_name = next)]
    pub fn next_answer(&mut self) -> Result<Option<String>, JsValue> {
        match self.step()? {
            Ok(answer) => {
                let mut out = String::new();
                Solution::of(answer, self.query.sources()).write(Numbers::Doubles, &mut out);
                Ok(Some(out))
            }
            Err(Stop::Asked(_)) => Ok(None),
            Err(Stop::Ended(End::Fault(text))) => Err(fault(text)),
            Err(Stop::Ended(End::Done(ending))) => match ending.truncated_by {
                Some(limit) => Err(refused(&Error::Limit(limit))),
                None => Ok(None),
            },
            Err(Stop::Ended(End::Needs(_))) => Ok(None),
        }
    }

    /// The first answer's proof as text, or why there is none. Nothing where the host is asked first.
    ///
    /// # Errors
    ///
    /// What a built-in or the host could not say; a bound that was reached.
    pub fn explain(&mut self) -> Result<Option<String>, JsValue> {
        let explained = match self.query.next() {
            Ok(Step::Answer(answer)) => answer
                .proof
                .map(|proof| proof.to_text(self.query.sources())),
            Ok(Step::Done(outcome)) => match (outcome.why_not, outcome.truncated_by) {
                (Some(why_not), _) => Some(why_not.to_text(self.query.sources())),
                (None, Some(limit)) => return Err(refused(&Error::Limit(limit))),
                (None, None) => None,
            },
            Ok(Step::NeedExternal(call)) => {
                self.ask(call);
                return Ok(None);
            }
            Ok(Step::Pause) => None,
            Err(error) => return Err(not_answered(error, &self.goal)),
        };
        Ok(Some(explained.unwrap_or_default()))
    }

    /// What the host is asked: `{name, arguments}`. Nothing where it is not.
    #[must_use]
    pub fn question(&self) -> Option<String> {
        let mut out = String::new();
        self.need()?.write(Numbers::Doubles, &mut out);
        Some(out)
    }

    /// The answer where nobody answers what is asked.
    #[must_use]
    pub fn unanswered(&mut self) -> Option<String> {
        let need = self.need()?;
        Some(self.end(End::Needs(need)))
    }

    /// Answers what is asked, with rows.
    ///
    /// # Errors
    ///
    /// Every row that is not acceptable; the question stays.
    pub fn provide(&mut self, rows: &str) -> Result<(), JsValue> {
        let rows = read_rows(rows.as_bytes()).map_err(unreadable)?;
        self.tell(ExternalAnswer::Solutions(rows))
    }

    /// Says that what is asked could not be found out, and why.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn fail(&mut self, problem: &str) -> Result<(), JsValue> {
        self.tell(ExternalAnswer::Failed(problem.to_owned()))
    }
}
