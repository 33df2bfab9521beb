//! A query on its way.

use super::answer::{Answer, ExternalAnswer, ExternalCall, Outcome, QueryOptions, Step};
use super::ast::{Goal, Name};
use super::builtins::{self, Fault};
use super::error::{LoadError, QueryError};
use super::explain::{self, ExplainLimits, Inquiry, Proof, SolveError, Solver, WhyNot};
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
        let frame = machine
            .prepare(goal, options.limits, options.now_ms)
            .map_err(|diagnostics| LoadError { diagnostics })?;
        machine
            .add_facts(&options.facts)
            .map_err(QueryError::Conflict)?;
        for key in &options.order {
            if !frame.slots.iter().any(|(name, _)| *name == key.variable) {
                let message = format!("the query has no variable `{}` to order by", key.variable);
                return Err(QueryError::Conflict(message));
            }
        }
        Ok(Self {
            base,
            options,
            goal: goal.clone(),
            machine,
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
            Err(Stop::Fault(.., Fault::TooLarge { .. })) => {
                let limit = self.options.limits.max_bytes;
                Ok(Some(self.truncated(
                    "max-bytes",
                    limit,
                    limit.saturating_add(1),
                )))
            }
            Err(stop) => {
                let error = QueryError::from(stop);
                self.state = State::Failed(error.clone());
                Err(error)
            }
        }
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
            .filter(|(name, _)| !name.starts_with('_'))
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
    fn proof(&self, bindings: &[(Name, Value)]) -> Option<Proof> {
        if !self.options.explain {
            return None;
        }
        let (mut solver, table) = self.helpers();
        let mut inquiry = self.inquiry(&mut solver, &table);
        let explainer = &self.base.explainer;
        explainer.explain(&self.goal, bindings, &mut inquiry).ok()
    }

    /// Why there is no answer, where that was asked for.
    fn why_not(&self, is_complete: bool) -> Option<WhyNot> {
        if !self.options.why_not || self.given > 0 || !is_complete {
            return None;
        }
        let (mut solver, table) = self.helpers();
        let mut inquiry = self.inquiry(&mut solver, &table);
        self.base.explainer.why_not(&self.goal, &mut inquiry).ok()
    }

    /// Who answers what an explanation asks.
    fn helpers(&self) -> (MachineSolver, explain::Table) {
        let solver = MachineSolver {
            machine: self.machine.fork(),
        };
        let room = self.options.limits.max_bytes;
        let table = explain::Table(builtins::Context {
            now_ms: self.options.now_ms,
            room: usize::try_from(room).unwrap_or(usize::MAX),
        });
        (solver, table)
    }

    fn inquiry<'a>(
        &'a self,
        solver: &'a mut MachineSolver,
        table: &'a explain::Table,
    ) -> Inquiry<'a> {
        let limits = self.options.limits;
        let defaults = ExplainLimits::default();
        Inquiry {
            solver,
            builtins: table,
            facts: &self.options.facts,
            limits: ExplainLimits {
                max_steps: defaults.max_steps.min(limits.max_steps),
                max_bytes: defaults.max_bytes.min(limits.max_bytes),
                ..defaults
            },
        }
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

/// Answers what an explanation asks.
struct MachineSolver {
    machine: Machine,
}

impl Solver for MachineSolver {
    fn solve(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
        let Some(predicate) = self.machine.program.predicate(name, arguments.len()) else {
            return Ok(Vec::new());
        };
        self.machine
            .solve(predicate, arguments)
            .map_err(|stop| match QueryError::from(stop) {
                QueryError::Limit(limit) => SolveError::Limit(limit),
                error => SolveError::Query(error),
            })
    }
}
