//! Questions to the rule engine.

use super::consulted::{Consulted, STEPS_BETWEEN};
use super::inquiry::Bounds;
use crate::platform::compute;
use crate::problem::Problem;
use crate::rule_engines::{RulesCursor, RulesError, RulesHandle, RulesStep};
use assize_core::LimitReached;
use assize_core::rules::{Limits, QueryOptions};
use assize_json::rules::{Asked, End, Ending, QueryReply, Solution};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The engine's name in the journal.
pub(crate) const ENGINE: &str = "rules:query";

/// Rules that are asked, by whom others are asked in turn.
pub(crate) struct Consulting<'r, 'c> {
    pub(crate) rules: &'r mut dyn RulesHandle,
    pub(crate) consulted: &'r mut Consulted<'c>,
    /// What a whole question may take, for messages: `consulted` knows when that is over.
    pub(crate) time: Duration,
}

/// A query on its way.
struct Course<'q> {
    cursor: Box<dyn RulesCursor + 'q>,
    answers: Vec<Solution>,
}

/// How far it came.
enum Came {
    ToItsEnd(End),
    /// It takes longer.
    ToAPause,
}

impl Course<'_> {
    fn go(&mut self, consulted: &mut Consulted<'_>) -> Result<Came, RulesError> {
        loop {
            let end = match self.cursor.next() {
                Ok(RulesStep::Answer(answer)) => {
                    self.answers.push(answer);
                    continue;
                }
                Ok(RulesStep::Pause) => return Ok(Came::ToAPause),
                Ok(RulesStep::Done(ending)) => End::Done(ending),
                Ok(RulesStep::NeedExternal(id, need)) => match consulted.answer(&need) {
                    None => End::Needs(need),
                    Some(answer) => match self.cursor.provide(id, answer) {
                        Ok(()) => continue,
                        Err(RulesError::Fault(text)) => End::Fault(text),
                        Err(error) => return Err(error),
                    },
                },
                Err(RulesError::Fault(text)) => End::Fault(text),
                Err(RulesError::Limit(limit)) => truncated(limit),
                Err(error) => return Err(error),
            };
            return Ok(Came::ToItsEnd(end));
        }
    }

    fn go_to_its_end(
        &mut self,
        consulted: &mut Consulted<'_>,
        time: Duration,
    ) -> Result<End, RulesError> {
        loop {
            if consulted.is_late() {
                return Ok(truncated(time_limit(time)));
            }
            self.cursor.pause_after(STEPS_BETWEEN)?;
            if let Came::ToItsEnd(end) = self.go(consulted)? {
                return Ok(end);
            }
        }
    }
}

/// All answers of a query, and how it ended.
pub(crate) fn run(
    asked: &mut Consulting<'_, '_>,
    goal: &str,
    options: &QueryOptions,
) -> Result<(Vec<Solution>, End), RulesError> {
    let Consulting {
        rules,
        consulted,
        time,
    } = asked;
    // Many short queries are as long as a long one.
    if consulted.is_late() {
        return Ok((Vec::new(), truncated(time_limit(*time))));
    }
    let mut course = Course {
        cursor: rules.query(goal, options)?,
        answers: Vec::new(),
    };
    course.cursor.pause_after(STEPS_BETWEEN)?;
    if let Came::ToItsEnd(end) = course.go(consulted)? {
        return Ok((course.answers, end));
    }
    // Others wait on the same thread for what is short.
    let end = match consulted.platform() {
        Some(platform) => compute(platform, || course.go_to_its_end(consulted, *time)),
        None => course.go_to_its_end(consulted, *time),
    };
    Ok((course.answers, end?))
}

fn truncated(limit: LimitReached) -> End {
    End::Done(Ending {
        truncated_by: Some(limit),
        ..Ending::default()
    })
}

/// Time is told by the bound only, so that the same question has the same answer.
fn time_limit(time: Duration) -> LimitReached {
    let limit = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    LimitReached {
        name: "max-time-ms".to_owned(),
        limit,
        observed: limit.saturating_add(1),
    }
}

/// A query's answer: `allow` where there is one. Whatever could not be found out is no permission.
pub(crate) fn query(
    asked: &mut Consulting<'_, '_>,
    goal: &str,
    options: &QueryOptions,
) -> Result<QueryReply, RulesError> {
    let (answers, end) = run(asked, goal, options)?;
    Ok(QueryReply::of(answers, end))
}

/// The rules of a decision.
pub(crate) type Judge<'r, 'c> = assize_json::rules::Judge<'r, Consulting<'r, 'c>>;

impl Asked for Consulting<'_, '_> {
    type Error = Problem;

    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, Problem> {
        Ok(self.rules.has_predicate(name, arity)?)
    }

    fn answers(
        &mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<(Vec<Solution>, End), Problem> {
        Ok(run(self, goal, options)?)
    }

    fn undecidable(message: &'static str) -> Problem {
        Problem::conflict(message)
    }
}

/// What the journal keeps of a question: all that its answer depends on.
pub(crate) fn input(
    request: &str,
    now_ms: i64,
    bounds: Bounds,
    (asked, consulted): (&Json, &Consulted<'_>),
) -> String {
    let Limits {
        max_steps,
        max_depth,
        max_answers,
        max_table_answers,
        max_bytes,
    } = bounds.limits;
    let limits = json!({
        "max_steps": max_steps,
        "max_depth": max_depth,
        "max_answers": max_answers,
        "max_table_answers": max_table_answers,
        "max_bytes": max_bytes,
        "max_time_ms": u64::try_from(bounds.time.as_millis()).unwrap_or(u64::MAX),
    });
    let consulted = match consulted.to_json() {
        Some(json) => format!(",\"consulted\":{json}"),
        None => String::new(),
    };
    format!(
        "{{\"now\":{now_ms},\"limits\":{limits},\"rules\":{asked}{consulted}{REQUEST}{request}}}"
    )
}

#[derive(Deserialize)]
struct LimitsInput {
    max_steps: u64,
    max_depth: u32,
    max_answers: u32,
    max_table_answers: u32,
    max_bytes: u64,
    #[serde(default)]
    max_time_ms: u64,
}

/// What [`input`] wrote, without the request.
#[derive(Deserialize)]
pub(crate) struct Input {
    pub(crate) now: i64,
    limits: LimitsInput,
    /// None: they came with the question.
    pub(crate) rules: Option<Reference>,
    pub(crate) consulted: Option<Json>,
}

const REQUEST: &str = ",\"request\":";

/// Which state of a knowledge base was asked.
#[derive(Deserialize)]
pub(crate) struct Reference {
    /// The last event of its chain.
    pub(crate) event: String,
}

/// Where the member `request` of an object begins.
fn request_at(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 1 && text.get(at..)?.starts_with(REQUEST) => return Some(at),
            _ => {}
        }
    }
    None
}

impl Input {
    /// Reads what [`input`] wrote; the request is given as it was, however deep it is.
    pub(crate) fn read(text: &str) -> Option<(Self, &str)> {
        let at = request_at(text)?;
        let (before, request) = text.split_at_checked(at)?;
        let input = serde_json::from_str(&format!("{before}}}")).ok()?;
        let request = request.strip_prefix(REQUEST)?.strip_suffix('}')?;
        Some((input, request))
    }

    pub(crate) const fn bounds(&self) -> Bounds {
        let given = &self.limits;
        Bounds {
            limits: Limits {
                max_steps: given.max_steps,
                max_depth: given.max_depth,
                max_answers: given.max_answers,
                max_table_answers: given.max_table_answers,
                max_bytes: given.max_bytes,
            },
            time: Duration::from_millis(given.max_time_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_read_back() {
        let bounds = Bounds {
            limits: Limits::default(),
            time: Duration::from_millis(7),
        };
        let deep = "[".repeat(120) + &"]".repeat(120);
        let asked =
            json!({"name": "a", "event": "rules-1.2", "x": {"request": 1, "y": ",\"request\":\\"}});
        let consulted = Consulted::recorded(None).unwrap();
        for request in ["{}", r#"{"query":"p(\"}\")","request":3}"#, &deep] {
            let text = input(request, -3, bounds, (&asked, &consulted));
            let (read, again) = Input::read(&text).unwrap();
            assert_eq!(again, request);
            assert_eq!((read.now, read.bounds()), (-3, bounds));
            assert_eq!(read.rules.unwrap().event, "rules-1.2");
        }
        for wrong in ["", "{}", "[", "{\"request\":1}", ",\"request\":{}"] {
            assert!(Input::read(wrong).is_none(), "{wrong}");
        }
    }
}
