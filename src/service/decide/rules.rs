//! Questions to the rule engine.

use crate::rule_engines::{RulesError, RulesHandle, RulesStep};
use assize_core::Verdict;
use assize_core::rules::{Limits, QueryOptions};
use assize_json::rules::{Ending, Need, QueryReply, RulesReason, Solution};
use serde_json::{Value as Json, json};

/// The engine's name in the journal.
pub(crate) const ENGINE: &str = "rules:query";
/// A question.
pub(crate) const QUERY: &str = "query";

/// How a query's steps came to an end.
pub(crate) enum End {
    /// All was said, or a bound was reached.
    Done(Ending),
    /// Only the host could say.
    Needs(Need),
    /// A built-in or the host failed.
    Fault(String),
}

/// All answers of a query, and how it ended.
pub(crate) fn run(
    rules: &mut dyn RulesHandle,
    goal: &str,
    options: &QueryOptions,
) -> Result<(Vec<Solution>, End), RulesError> {
    let mut cursor = rules.query(goal, options)?;
    let mut answers = Vec::new();
    loop {
        match cursor.next() {
            Ok(RulesStep::Answer(answer)) => answers.push(answer),
            Ok(RulesStep::Pause) => {}
            Ok(RulesStep::Done(ending)) => return Ok((answers, End::Done(ending))),
            Ok(RulesStep::NeedExternal(_, need)) => return Ok((answers, End::Needs(need))),
            Err(RulesError::Fault(text)) => return Ok((answers, End::Fault(text))),
            Err(RulesError::Limit(limit)) => {
                let ending = Ending {
                    truncated_by: Some(limit),
                    ..Ending::default()
                };
                return Ok((answers, End::Done(ending)));
            }
            Err(error) => return Err(error),
        }
    }
}

/// A query's answer: `allow` where there is one. Whatever could not be found out is no permission.
pub(crate) fn query(
    rules: &mut dyn RulesHandle,
    goal: &str,
    options: &QueryOptions,
) -> Result<QueryReply, RulesError> {
    let (answers, end) = run(rules, goal, options)?;
    let mut reasons = Vec::new();
    if !answers.is_empty() {
        reasons.push(proved(&answers));
    }
    let (mut ending, mut needs, mut fault) = (Ending::default(), None, false);
    match end {
        End::Done(done) => {
            reasons.extend(done.truncated_by.as_ref().map(|limit| {
                RulesReason::new("rules:limit", format!("{limit}; there may be more answers"))
            }));
            ending = done;
        }
        End::Needs(need) => {
            reasons.push(needs_external(&need));
            needs = Some(need);
        }
        End::Fault(text) => {
            reasons.insert(0, RulesReason::new("rules:runtime-error", text));
            fault = true;
        }
    }
    if reasons.is_empty() {
        let message = "no facts and rules make it hold";
        reasons.push(RulesReason::new("rules:not-provable", message));
    }
    let verdict = match (fault, answers.is_empty(), &needs) {
        (true, ..) => Verdict::Deny,
        (false, false, _) => Verdict::Allow,
        (false, true, Some(_)) => Verdict::Refine,
        (false, true, None) => Verdict::Deny,
    };
    Ok(QueryReply {
        verdict,
        reasons,
        answers,
        ending,
        needs,
    })
}

pub(crate) fn needs_external(need: &Need) -> RulesReason {
    let message = format!(
        "it depends on `{}/{}`, which nobody answers here",
        need.name,
        need.arguments.len()
    );
    RulesReason::new("rules:needs-external", message)
}

fn proved(answers: &[Solution]) -> RulesReason {
    let message = match answers.len() {
        1 => "there is an answer".to_owned(),
        count => format!("there are {count} answers"),
    };
    RulesReason::new("rules:proved", message)
}

/// What the journal keeps of a question: all that its answer depends on.
pub(crate) fn input(request: &str, now_ms: i64, ceilings: Limits, asked: &Json) -> String {
    let Limits {
        max_steps,
        max_depth,
        max_answers,
        max_table_answers,
        max_bytes,
    } = ceilings;
    let limits = json!({
        "max_steps": max_steps,
        "max_depth": max_depth,
        "max_answers": max_answers,
        "max_table_answers": max_table_answers,
        "max_bytes": max_bytes,
    });
    format!("{{\"now\":{now_ms},\"limits\":{limits},\"rules\":{asked},\"request\":{request}}}")
}
