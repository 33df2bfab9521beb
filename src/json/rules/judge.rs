//! Decisions about a subject, an action and a resource: what is denied is denied, whatever permits it.

use super::data::ProofStepAnswer;
use super::entities::{DecisionReply, Question, Sought};
use super::reply::{End, RulesReason, Solution};
use assize_core::Verdict;
use assize_core::rules::{Limits, QueryOptions, Value};

/// Answers that are looked at for reasons.
const MOST_REASONS: u32 = 10;
/// Obligations of one decision.
const MOST_OBLIGATIONS: u32 = 100;
/// Reasons of decisions that might have been others.
const UNKNOWN: [&str; 3] = ["rules:limit", "rules:runtime-error", "rules:needs-external"];
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

/// Rules that can be asked, wherever they are.
pub trait Asked {
    /// What keeps them from being asked.
    type Error;

    /// Whether they define or declare a predicate.
    ///
    /// # Errors
    ///
    /// Rules that can't be asked.
    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, Self::Error>;

    /// All answers of a goal, and how it ended.
    ///
    /// # Errors
    ///
    /// A goal that is not acceptable; rules that can't be asked.
    fn answers(
        &mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<(Vec<Solution>, End), Self::Error>;

    /// The error of rules that decide nothing.
    fn undecidable(message: &'static str) -> Self::Error;
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
#[derive(Debug)]
pub struct Judge<'r, R: ?Sized> {
    rules: &'r mut R,
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
        proof: Vec::new(),
        needs: None,
    }
}

impl<'r, R: Asked + ?Sized> Judge<'r, R> {
    /// Asks these rules; what the options say of explanations and order is for answers, not for how they are found.
    pub const fn new(rules: &'r mut R, options: QueryOptions) -> Self {
        Self {
            rules,
            options,
            steps: 0,
        }
    }

    /// Decides: `deny` beats `escalate`, which beats `allow`; what nothing permits is denied.
    ///
    /// # Errors
    ///
    /// Rules that define neither `allow/3` nor `allow/4`, or can't be asked.
    pub fn decide(&mut self, question: &Question) -> Result<DecisionReply, R::Error> {
        self.steps = 0;
        let mut decision = self.weigh(question)?;
        decision.steps = self.steps;
        Ok(decision)
    }

    fn weigh(&mut self, question: &Question) -> Result<DecisionReply, R::Error> {
        self.check_defined()?;
        for (predicate, verdict, code) in [
            ("deny", Verdict::Deny, "rules:denied"),
            ("escalate", Verdict::Escalate, "rules:escalated"),
        ] {
            match self.ask(predicate, question)? {
                Said::Yes(answers) => {
                    return Ok(DecisionReply {
                        proof: self.proof(&answers),
                        ..reply(verdict, reasons(&answers, code))
                    });
                }
                Said::Unknown(decision) => return Ok(*decision),
                Said::No => {}
            }
        }
        let (permitted, proof) = match self.ask("allow", question)? {
            Said::Yes(answers) => (reasons(&answers, "rules:proved"), self.proof(&answers)),
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
            proof,
            ..reply(verdict, obliged)
        })
    }

    /// Why the first answer holds, where that was asked for.
    fn proof(&self, answers: &[Solution]) -> Vec<ProofStepAnswer> {
        let first = answers.first().filter(|_| self.options.explain);
        first.map_or_else(Vec::new, |answer| answer.proof.clone())
    }

    fn check_defined(&mut self) -> Result<(), R::Error> {
        for arity in [3, 4] {
            if self.rules.has_predicate("allow", arity)? {
                return Ok(());
            }
        }
        Err(R::undecidable(
            "the rules define neither `allow/3` nor `allow/4`: nothing can be decided",
        ))
    }

    fn ask(&mut self, predicate: &str, question: &Question) -> Result<Said, R::Error> {
        let obliges = predicate == "oblige";
        let (mut found, mut unknown) = (Vec::new(), None);
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
                Said::Unknown(_) if !obliges && !found.is_empty() => {}
                other if obliges => return Ok(other),
                other => unknown = unknown.or(Some(other)),
            }
        }
        // What one form proves, the other can't make uncertain.
        Ok(match (found.is_empty(), unknown) {
            (false, _) => Said::Yes(found),
            (true, Some(unknown)) => unknown,
            (true, None) => Said::No,
        })
    }

    fn solve(&mut self, goal: &str, most: u32, all: bool) -> Result<Said, R::Error> {
        let options = self.options_for(most, true);
        let (answers, end) = self.rules.answers(goal, &options)?;
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
                ..reply(Verdict::Refine, vec![need.reason()])
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

    fn nothing_permits(&mut self, question: &Question) -> Result<DecisionReply, R::Error> {
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
                if let (_, End::Done(ending)) = self.rules.answers(&goal, &options)? {
                    decision.why_not = ending.why_not;
                }
            }
        }
        Ok(decision)
    }

    /// The names for which something permits the question and nothing forbids it, and why these may not be all.
    ///
    /// # Errors
    ///
    /// Rules that define neither `allow/3` nor `allow/4`, or can't be asked.
    pub fn search(
        &mut self,
        question: &Question,
        sought: Sought,
    ) -> Result<(Vec<String>, Vec<RulesReason>), R::Error> {
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
            let (answers, end) = self.rules.answers(&goal, &options)?;
            match end {
                End::Done(ending) => reasons.extend(
                    ending
                        .truncated_by
                        .map(|limit| RulesReason::new("rules:limit", limit.to_string())),
                ),
                End::Needs(need) => reasons.push(need.reason()),
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
            let decision = self.decide(&named(question, sought, &name))?;
            if decision.permits() {
                found.push(name);
            } else if let Some(reason) = decision.reasons.into_iter().next()
                && UNKNOWN.contains(&reason.code)
                && !reasons.contains(&reason)
            {
                reasons.push(reason);
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
