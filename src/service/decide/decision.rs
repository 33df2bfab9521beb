//! Decisions about a subject, an action and a resource: what is denied is denied, whatever permits it.

use super::rules::{End, needs_external, run};
use crate::problem::Problem;
use crate::rule_engines::RulesHandle;
use assize_core::Verdict;
use assize_core::rules::{Limits, QueryOptions, Value};
use assize_json::rules::{DecisionReply, Question, RulesReason, Solution, Sought};

/// Answers that are looked at for reasons.
const MOST_REASONS: u32 = 10;
/// Obligations of one decision.
const MOST_OBLIGATIONS: u32 = 100;
/// The variable that stands for what is sought.
const ASKED: &str = "asked";

/// The question's parts as a predicate of 3 or 4 arguments has them.
fn arguments(question: &Question, arity: usize, open: Option<Sought>) -> Vec<String> {
    let part = |value: &Value, sought: Sought| {
        let (_, named) = sought.part();
        let open = open == Some(sought);
        match (arity, value) {
            (3, _) if open => ASKED.to_owned(),
            (3, value) => value.field(named).unwrap_or(value).to_string(),
            (_, value) => record(value, named, open),
        }
    };
    let mut parts = vec![
        part(&question.subject, Sought::Subject),
        part(&question.action, Sought::Action),
        part(&question.resource, Sought::Resource),
    ];
    if arity == 4 {
        parts.push(question.context.to_string());
    }
    parts
}

/// A record in text form; its name is a variable where it is open.
fn record(value: &Value, named: &str, open: bool) -> String {
    let fields = match value {
        Value::Record(fields) => fields.to_vec(),
        other => vec![(named.into(), other.clone())],
    };
    let fields = fields.iter().map(|(name, value)| {
        let name = Value::string(name);
        if open && matches!(&name, Value::String(name) if name.as_ref() == named) {
            format!("{name}: {ASKED}")
        } else {
            format!("{name}: {value}")
        }
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
}

/// What one predicate says to a question.
enum Said {
    /// It holds, with these answers.
    Yes(Vec<Solution>),
    /// It does not.
    No,
    /// It is not known: a decision that is none of permission.
    Unknown(Box<DecisionReply>),
}

/// Asks the rules, one predicate after another.
pub(crate) struct Judge<'r> {
    rules: &'r mut dyn RulesHandle,
    options: QueryOptions,
    steps: u64,
}

fn reply(verdict: Verdict, reasons: Vec<RulesReason>) -> DecisionReply {
    DecisionReply {
        verdict,
        reasons,
        obligations: Vec::new(),
        steps: 0,
        why_not: Vec::new(),
        needs: None,
    }
}

impl<'r> Judge<'r> {
    pub(crate) fn new(rules: &'r mut dyn RulesHandle, options: QueryOptions) -> Self {
        Self {
            rules,
            options,
            steps: 0,
        }
    }

    /// Decides.
    pub(crate) fn decide(&mut self, question: &Question) -> Result<DecisionReply, Problem> {
        self.steps = 0;
        let mut decision = self.weigh(question)?;
        decision.steps = self.steps;
        Ok(decision)
    }

    fn weigh(&mut self, question: &Question) -> Result<DecisionReply, Problem> {
        self.check_defined()?;
        for (predicate, verdict, code) in [
            ("deny", Verdict::Deny, "rules:denied"),
            ("escalate", Verdict::Escalate, "rules:escalated"),
        ] {
            match self.ask(predicate, question)? {
                Said::Yes(answers) => return Ok(reply(verdict, reasons(&answers, code))),
                Said::Unknown(decision) => return Ok(*decision),
                Said::No => {}
            }
        }
        let permitted = match self.ask("allow", question)? {
            Said::Yes(answers) => reasons(&answers, "rules:proved"),
            Said::Unknown(decision) => return Ok(*decision),
            Said::No => return self.nothing_permits(question),
        };
        let (mut obligations, mut obliged) = (Vec::new(), Vec::new());
        match self.ask("oblige", question)? {
            Said::Yes(answers) => {
                obliged = reasons(&answers, "rules:obliged");
                let bindings = answers.into_iter().flat_map(|answer| answer.bindings);
                obligations.extend(bindings.map(|(_, value)| value));
            }
            Said::Unknown(decision) => return Ok(*decision),
            Said::No => {}
        }
        let verdict = if obligations.is_empty() {
            Verdict::Allow
        } else {
            Verdict::Transform
        };
        obliged.extend(permitted);
        Ok(DecisionReply {
            obligations,
            ..reply(verdict, obliged)
        })
    }

    fn check_defined(&mut self) -> Result<(), Problem> {
        for arity in [3, 4] {
            if self.rules.has_predicate("allow", arity)? {
                return Ok(());
            }
        }
        Err(Problem::conflict(
            "the rules define neither `allow/3` nor `allow/4`: nothing can be decided",
        ))
    }

    fn ask(&mut self, predicate: &str, question: &Question) -> Result<Said, Problem> {
        let obliges = predicate == "oblige";
        let mut found = Vec::new();
        for arity in [3, 4] {
            let mut arguments = arguments(question, arity, None);
            if obliges {
                arguments.push(ASKED.to_owned());
            }
            if !self.rules.has_predicate(predicate, arguments.len())? {
                continue;
            }
            let goal = format!("{predicate}({})", arguments.join(", "));
            let most = if obliges {
                MOST_OBLIGATIONS
            } else {
                MOST_REASONS
            };
            // An obligation that is not known is none that can be met: there all answers are needed.
            match self.solve(&goal, most, obliges)? {
                Said::Yes(answers) => found.extend(answers),
                Said::No => {}
                unknown @ Said::Unknown(_) => return Ok(unknown),
            }
        }
        Ok(if found.is_empty() {
            Said::No
        } else {
            Said::Yes(found)
        })
    }

    fn solve(&mut self, goal: &str, most: u32, all: bool) -> Result<Said, Problem> {
        let options = self.options_for(most, true);
        let (answers, end) = run(self.rules, goal, &options)?;
        let unknown = |verdict, reason| Said::Unknown(Box::new(reply(verdict, vec![reason])));
        Ok(match end {
            End::Fault(text) => {
                unknown(Verdict::Deny, RulesReason::new("rules:runtime-error", text))
            }
            End::Done(ending) => {
                self.steps += ending.steps;
                match ending.truncated_by {
                    None if answers.is_empty() => Said::No,
                    None => Said::Yes(answers),
                    Some(_) if !all && !answers.is_empty() => Said::Yes(answers),
                    Some(limit) => {
                        let reason = RulesReason::new("rules:limit", limit.to_string());
                        unknown(Verdict::Deny, reason)
                    }
                }
            }
            End::Needs(_) if !all && !answers.is_empty() => Said::Yes(answers),
            End::Needs(need) => Said::Unknown(Box::new(DecisionReply {
                needs: Some(need.clone()),
                ..reply(Verdict::Refine, vec![needs_external(&need)])
            })),
        })
    }

    fn options_for(&self, most: u32, explain: bool) -> QueryOptions {
        QueryOptions {
            limits: Limits {
                max_answers: most.min(self.options.limits.max_answers.max(1)),
                ..self.options.limits
            },
            explain,
            why_not: false,
            order: Vec::new(),
            ..self.options.clone()
        }
    }

    fn nothing_permits(&mut self, question: &Question) -> Result<DecisionReply, Problem> {
        let message = "nothing permits it";
        let reason = RulesReason::new("rules:not-provable", message);
        let mut decision = reply(Verdict::Deny, vec![reason]);
        if !self.options.why_not {
            return Ok(decision);
        }
        for arity in [3, 4] {
            if self.rules.has_predicate("allow", arity)? {
                let arguments = arguments(question, arity, None);
                let goal = format!("allow({})", arguments.join(", "));
                let options = QueryOptions {
                    why_not: true,
                    ..self.options_for(1, false)
                };
                if let (_, End::Done(ending)) = run(self.rules, &goal, &options)? {
                    decision.why_not = ending.why_not;
                }
            }
        }
        Ok(decision)
    }

    /// The names for which something permits the question and nothing forbids it, and why these may not be all.
    pub(crate) fn search(
        &mut self,
        question: &Question,
        sought: Sought,
    ) -> Result<(Vec<String>, Vec<RulesReason>), Problem> {
        self.check_defined()?;
        let mut names = std::collections::BTreeSet::new();
        let mut reasons = Vec::new();
        for arity in [3, 4] {
            if !self.rules.has_predicate("allow", arity)? {
                continue;
            }
            let arguments = arguments(question, arity, Some(sought));
            let goal = format!("allow({})", arguments.join(", "));
            let options = self.options_for(u32::MAX, false);
            let (answers, end) = run(self.rules, &goal, &options)?;
            match end {
                End::Done(ending) => reasons.extend(
                    ending
                        .truncated_by
                        .map(|limit| RulesReason::new("rules:limit", limit.to_string())),
                ),
                End::Needs(need) => reasons.push(needs_external(&need)),
                End::Fault(text) => reasons.push(RulesReason::new("rules:runtime-error", text)),
            }
            for (_, value) in answers.into_iter().flat_map(|answer| answer.bindings) {
                if let Value::String(name) = value {
                    names.insert(name.as_ref().to_owned());
                }
            }
        }
        let mut found = Vec::new();
        for name in names {
            if self.decide(&named(question, sought, &name))?.permits() {
                found.push(name);
            }
        }
        Ok((found, reasons))
    }
}

/// The question with a name for what is sought.
fn named(question: &Question, sought: Sought, name: &str) -> Question {
    let mut question = question.clone();
    let part = match sought {
        Sought::Subject => &mut question.subject,
        Sought::Resource => &mut question.resource,
        Sought::Action => &mut question.action,
    };
    let (_, field) = sought.part();
    let mut fields = match part {
        Value::Record(fields) => fields.to_vec(),
        _ => Vec::new(),
    };
    fields.retain(|(name, _)| name.as_ref() != field);
    fields.push((field.into(), Value::string(name)));
    *part = Value::record(fields);
    question
}

/// One reason for each rule that an answer follows from.
fn reasons(answers: &[Solution], code: &'static str) -> Vec<RulesReason> {
    let mut reasons: Vec<RulesReason> = Vec::new();
    for answer in answers {
        let last = answer.proof.last();
        let step = last.and_then(|last| match (last.justification, last.premises.first()) {
            ("query", Some(first)) => answer.proof.get(*first as usize),
            _ => Some(last),
        });
        let reason = match step {
            None => RulesReason::new(code, "it follows from the rules"),
            Some(step) => RulesReason {
                code,
                message: match &step.reason {
                    Some(reason) => reason.clone(),
                    None => format!("`{}` holds", step.goal),
                },
                rule: step.id.clone(),
                place: step.place.clone(),
            },
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}
