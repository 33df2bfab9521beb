//! A query on its way.

use super::answer::{Answer, ExternalAnswer, ExternalCall, Outcome, QueryOptions, Step};
use super::ast::{Goal, Name};
use super::builtins::{Fault, MAX_INTEGER_BYTES};
use super::error::{LoadError, QueryError};
use super::explain::{self, Proof, WhyNot};
use super::helper::Helper;
use super::knowledge_base::KnowledgeBase;
use super::machine::{Event, Machine, Stop};
use super::program::compile::Frame;
use super::program::words::WordReader;
use super::value::Value;
use crate::limits::LimitReached;
use std::collections::{BTreeSet, VecDeque};

/// A query that gives its answers one by one, and asks its host what it must.
#[derive(Debug)]
pub struct Query {
    pub(super) base: KnowledgeBase,
    pub(super) options: QueryOptions,
    pub(super) goal: Goal,
    machine: Machine,
    /// Made when it is first needed.
    helper: Option<Box<Helper>>,
    frame: Frame,
    state: State,
    seen: BTreeSet<Box<[u64]>>,
    seen_bytes: u64,
    given: u32,
    calls: u64,
    /// Answers that wait for their order.
    sorted: VecDeque<Answer>,
}

#[derive(Debug)]
enum State {
    Ready,
    Running,
    /// The host must answer.
    Asking(ExternalCall),
    Paused,
    /// What is left are sorted answers, then this.
    Draining(Outcome),
    Done(Outcome),
    Failed(QueryError),
}

/// All answers of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// In order.
    pub answers: Vec<Answer>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Query {
    pub(super) fn start(
        base: KnowledgeBase,
        goal: &Goal,
        options: QueryOptions,
    ) -> Result<Self, QueryError> {
        let mut machine = Machine::new(base.program.clone());
        let mut frame = machine
            .prepare(goal, options.limits, options.now_ms)
            .map_err(|diagnostics| LoadError { diagnostics })?;
        // Variables of negations and aggregates are not seen outside of these, and those that begin with `_` nowhere:
        // answers that differ in nothing else are one.
        let open = explain::open_variables(goal);
        let is_seen = |name: &Name| open.contains(name) && !name.starts_with('_');
        frame.slots.retain(|(name, _)| is_seen(name));
        machine
            .add_facts(&options.facts)
            .map_err(QueryError::Conflict)?;
        for key in &options.order {
            if !frame.slots.iter().any(|(name, _)| *name == key.variable) {
                let message = format!("the query has no variable `{}` to order by", key.variable);
                return Err(QueryError::Conflict(message));
            }
        }
        if options.explain || options.why_not {
            base.explainer()?;
        }
        Ok(Self {
            base,
            options,
            goal: goal.clone(),
            machine,
            helper: None,
            frame,
            state: State::Ready,
            seen: BTreeSet::new(),
            seen_bytes: 0,
            given: 0,
            calls: 0,
            sorted: VecDeque::new(),
        })
    }

    /// What comes next.
    ///
    /// # Errors
    ///
    /// What a built-in or the host could not say; from then on the query gives this error again.
    #[expect(
        clippy::should_implement_trait,
        reason = "a step can fail, and a query goes on after a question"
    )]
    pub fn next(&mut self) -> Result<Step, QueryError> {
        if self.options.order.is_empty() {
            return self.step();
        }
        loop {
            if let State::Draining(outcome) = &self.state {
                if let Some(answer) = self.sorted.pop_front() {
                    return Ok(Step::Answer(answer));
                }
                self.state = State::Done(outcome.clone());
            }
            match self.step()? {
                Step::Answer(answer) => self.sorted.push_back(answer),
                Step::Done(outcome)
                    if !matches!(self.state, State::Draining(_)) && !self.sorted.is_empty() =>
                {
                    self.sort();
                    self.state = State::Draining(outcome);
                }
                step => return Ok(step),
            }
        }
    }

    fn sort(&mut self) {
        let order = &self.options.order;
        self.sorted.make_contiguous().sort_by(|left, right| {
            let value = |answer: &Answer, variable: &str| {
                answer
                    .bindings
                    .iter()
                    .find(|(name, _)| name.as_ref() == variable)
                    .map_or(Value::Null, |(_, value)| value.clone())
            };
            order
                .iter()
                .map(|key| {
                    let order =
                        value(left, &key.variable).standard_order(&value(right, &key.variable));
                    if key.descending {
                        order.reverse()
                    } else {
                        order
                    }
                })
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }

    fn step(&mut self) -> Result<Step, QueryError> {
        loop {
            let event = match &self.state {
                State::Ready => {
                    if self.options.limits.max_answers == 0 {
                        return Ok(self.truncated("max-answers", 0, 1));
                    }
                    self.state = State::Running;
                    self.machine.start()
                }
                State::Running => self.machine.next(),
                State::Paused => {
                    self.state = State::Running;
                    self.machine.go_on()
                }
                State::Asking(call) => return Ok(Step::NeedExternal(call.clone())),
                State::Done(outcome) | State::Draining(outcome) => {
                    return Ok(Step::Done(outcome.clone()));
                }
                State::Failed(error) => return Err(error.clone()),
            };
            if let Some(step) = self.event(event)? {
                return Ok(step);
            }
        }
    }

    fn event(&mut self, event: Result<Event, Stop>) -> Result<Option<Step>, QueryError> {
        match event {
            Ok(Event::Answer) => Ok(self.answer()),
            Ok(Event::Exhausted) => Ok(Some(self.done(None))),
            Ok(Event::Pause) => {
                self.state = State::Paused;
                Ok(Some(Step::Pause))
            }
            Ok(Event::External) => {
                let Some((name, arguments)) = self.machine.question() else {
                    return Ok(Some(self.done(None)));
                };
                self.calls += 1;
                let call = ExternalCall {
                    id: self.calls,
                    name,
                    arguments,
                };
                self.state = State::Asking(call.clone());
                Ok(Some(Step::NeedExternal(call)))
            }
            Err(Stop::Limit(limit)) => Ok(Some(self.done(Some(limit)))),
            Err(stop) => {
                if let Stop::Fault(raised) = &stop
                    && let Some(limit) = self.limit_of(&raised.fault)
                {
                    return Ok(Some(self.done(Some(limit))));
                }
                let error = match stop {
                    Stop::Fault(raised) => {
                        let known = (self.base.program().ok(), self.base.sources());
                        super::fault::describe(*raised, known, &self.goal)
                    }
                    stop => QueryError::from(stop),
                };
                self.state = State::Failed(error.clone());
                Err(error)
            }
        }
    }

    /// The bound that what a built-in would have given is beyond.
    fn limit_of(&self, fault: &Fault) -> Option<LimitReached> {
        let (name, limit, observed) = match fault {
            Fault::TooLarge { .. } => {
                let limit = self.options.limits.max_bytes;
                ("max-bytes", limit, limit.saturating_add(1))
            }
            Fault::IntegerTooLarge { bytes } => {
                ("max-integer-bytes", MAX_INTEGER_BYTES as u64, *bytes)
            }
            _ => return None,
        };
        Some(LimitReached {
            name: name.to_owned(),
            limit,
            observed,
        })
    }

    fn truncated(&mut self, name: &str, limit: u64, observed: u64) -> Step {
        self.done(Some(LimitReached {
            name: name.to_owned(),
            limit,
            observed,
        }))
    }

    fn done(&mut self, limit: Option<LimitReached>) -> Step {
        let outcome = Outcome {
            complete: limit.is_none(),
            why_not: self.why_not(limit.is_none()),
            truncated_by: limit,
            steps: self.machine.steps,
            answers: self.given,
        };
        self.state = State::Done(outcome.clone());
        Step::Done(outcome)
    }

    /// The present answer, if it was not given before.
    fn answer(&mut self) -> Option<Step> {
        let words = self.machine.answer_words(&self.frame);
        if self.seen.contains(words.as_slice()) {
            return None;
        }
        if self.given >= self.options.limits.max_answers {
            let limit = u64::from(self.options.limits.max_answers);
            return Some(self.truncated("max-answers", limit, limit + 1));
        }
        self.seen_bytes += words.len() as u64 * 8 + 48;
        if self.seen_bytes > self.options.limits.max_bytes {
            let limit = self.options.limits.max_bytes;
            return Some(self.truncated("max-bytes", limit, self.seen_bytes));
        }
        self.given += 1;
        let mut reader = WordReader::new(&words);
        let bindings: Vec<_> = self
            .frame
            .slots
            .iter()
            .map(|(name, _)| (name.clone(), reader.value(&self.machine)))
            .collect();
        if reader.is_too_deep() {
            let limit = super::program::words::MOST_DEPTH as u64;
            self.given -= 1;
            return Some(self.truncated("max-term-depth", limit, limit + 1));
        }
        self.seen.insert(words.into());
        let proof = self.proof(&bindings);
        Some(Step::Answer(Answer { bindings, proof }))
    }

    /// Why an answer holds, where that was asked for.
    fn proof(&mut self, bindings: &[(Name, Value)]) -> Option<Proof> {
        if !self.options.explain {
            return None;
        }
        let mut helper = self.helper();
        let proof = helper.proof(
            self.base.explainer().ok()?,
            &self.goal,
            bindings,
            &self.options,
        );
        self.helper = Some(helper);
        proof
    }

    /// Why there is no answer, where that was asked for.
    fn why_not(&mut self, is_complete: bool) -> Option<WhyNot> {
        if !self.options.why_not || self.given > 0 || !is_complete {
            return None;
        }
        let mut helper = self.helper();
        helper.why_not(self.base.explainer().ok()?, &self.goal, &self.options)
    }

    /// Who answers what an explanation asks.
    fn helper(&mut self) -> Box<Helper> {
        let helper = self.helper.take();
        helper.unwrap_or_else(|| Box::new(Helper::new(&self.machine, &self.options)))
    }

    /// What the query's knowledge base was loaded from.
    #[must_use]
    pub fn sources(&self) -> &[super::source::Source] {
        self.base.sources()
    }

    /// Lets the next call of [`Query::next`] come back with [`Step::Pause`] after about so many steps.
    pub fn pause_after(&mut self, steps: u64) {
        self.machine.pause_after(steps);
    }

    /// Answers a question to the host.
    ///
    /// # Errors
    ///
    /// An answer that was not asked for, or whose rows do not fit the call: the question stays. A failure of
    /// the host: the query ends with it.
    pub fn provide(&mut self, id: u64, answer: ExternalAnswer) -> Result<(), QueryError> {
        let State::Asking(call) = &self.state else {
            return Err(QueryError::Conflict(
                "the query asks for nothing".to_owned(),
            ));
        };
        if call.id != id {
            let message = format!("the query asks for call {}, not for {id}", call.id);
            return Err(QueryError::Conflict(message));
        }
        let rows = match answer {
            ExternalAnswer::Solutions(rows) => rows,
            ExternalAnswer::Failed(problem) => {
                let error = QueryError::External {
                    name: call.name.clone(),
                    problem,
                };
                self.state = State::Failed(error);
                return Ok(());
            }
        };
        let arity = call.arguments.len();
        if let Some(row) = rows.iter().find(|row| row.len() != arity) {
            let message = format!(
                "`{}` has {arity} arguments, but a solution has {}",
                call.name,
                row.len()
            );
            return Err(QueryError::Conflict(message));
        }
        self.machine.answer_question(&rows);
        if let Some(helper) = &mut self.helper {
            helper.renew(&self.machine);
        }
        self.state = State::Paused;
        Ok(())
    }

    /// All answers, of a query that needs nothing from outside.
    ///
    /// # Errors
    ///
    /// What a built-in could not say; a question to the host.
    pub fn all(mut self) -> Result<Answers, QueryError> {
        let mut answers = Vec::new();
        loop {
            match self.next()? {
                Step::Answer(answer) => answers.push(answer),
                Step::Pause => {}
                Step::Done(outcome) => return Ok(Answers { answers, outcome }),
                Step::NeedExternal(call) => {
                    let error = QueryError::External {
                        name: call.name,
                        problem: "nobody answers external calls here".to_owned(),
                    };
                    return Err(error);
                }
            }
        }
    }
}
