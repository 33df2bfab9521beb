//! Questions to rules as functions of texts: what is answered now and what is replayed later is the same.

use super::consulted::Consulted;
use super::rules::{Consulting, Judge};
use super::{Outcome, rules};
use crate::problem::Problem;
use crate::rule_engines::RulesHandle;
use assize_core::Verdict;
use assize_core::rules::{Fact, Limits, QueryOptions};
use assize_json::rules::{
    Base, DecideRequest, EvaluationsRequest, QueryRequest, Question, Semantic, Sought,
};
use std::time::Duration;

/// How rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    Query,
    /// As `Query`, answered line by line.
    QueryLines,
    Decide,
    Evaluation,
    Evaluations,
    Search(Sought),
}

impl Asking {
    const ALL: [Self; 8] = [
        Self::Query,
        Self::QueryLines,
        Self::Decide,
        Self::Evaluation,
        Self::Evaluations,
        Self::Search(Sought::Subject),
        Self::Search(Sought::Resource),
        Self::Search(Sought::Action),
    ];

    /// Its name in the journal.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::QueryLines => "query-lines",
            Self::Decide => "decide",
            Self::Evaluation => "evaluation",
            Self::Evaluations => "evaluations",
            Self::Search(Sought::Subject) => "search-subject",
            Self::Search(Sought::Resource) => "search-resource",
            Self::Search(Sought::Action) => "search-action",
        }
    }

    /// Whether the rules say what is asked, rather than the caller.
    pub(crate) const fn is_decision(self) -> bool {
        !matches!(self, Self::Query | Self::QueryLines)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asking| asking.as_str() == text)
    }
}

enum Parsed {
    Query(QueryRequest),
    Decide(DecideRequest),
    Evaluation(Question),
    Evaluations(EvaluationsRequest),
    Search(Question, Sought),
}

/// What every question may take at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) limits: Limits,
    pub(crate) time: Duration,
}

/// A question that was read.
pub(crate) struct Inquiry {
    asking: Asking,
    parsed: Parsed,
    bounds: Bounds,
    now_ms: i64,
}

impl Inquiry {
    /// Reads a question; `now_ms` is its time where it says none.
    pub(crate) fn read(
        asking: Asking,
        text: &str,
        now_ms: i64,
        bounds: Bounds,
    ) -> Result<Self, Problem> {
        let bytes = text.as_bytes();
        let limits = bounds.limits;
        let parsed = match asking {
            Asking::Query | Asking::QueryLines => Parsed::Query(QueryRequest::read(bytes, limits)?),
            Asking::Decide => Parsed::Decide(DecideRequest::read(bytes, limits)?),
            Asking::Evaluation => Parsed::Evaluation(Question::read_evaluation(bytes)?),
            Asking::Evaluations => Parsed::Evaluations(EvaluationsRequest::read(bytes)?),
            Asking::Search(sought) => Parsed::Search(Question::read_search(bytes, sought)?, sought),
        };
        let now = match &parsed {
            Parsed::Query(request) => request.options.now_ms,
            Parsed::Decide(request) => request.options.now_ms,
            _ => None,
        };
        Ok(Self {
            asking,
            parsed,
            bounds,
            now_ms: now.unwrap_or(now_ms),
        })
    }

    pub(crate) const fn asking(&self) -> Asking {
        self.asking
    }

    pub(crate) const fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// What it says itself of what is asked.
    pub(crate) const fn base(&self) -> Option<&Base> {
        match &self.parsed {
            Parsed::Query(request) => Some(&request.base),
            _ => None,
        }
    }

    /// Whether it is many questions in one.
    pub(crate) const fn is_many(&self) -> bool {
        matches!(self.parsed, Parsed::Evaluations(_) | Parsed::Search(..))
    }

    /// Facts that it brings.
    pub(crate) fn facts(&self) -> &[Fact] {
        match &self.parsed {
            Parsed::Query(request) => &request.options.facts,
            Parsed::Decide(request) => &request.options.facts,
            _ => &[],
        }
    }

    fn options(&self, asked: Option<&QueryOptions>) -> QueryOptions {
        let own = || QueryOptions {
            limits: self.bounds.limits,
            ..QueryOptions::default()
        };
        QueryOptions {
            now_ms: Some(self.now_ms),
            ..asked.cloned().unwrap_or_else(own)
        }
    }

    /// Asks.
    pub(crate) fn answer(
        &self,
        rules: &mut dyn RulesHandle,
        consulted: &mut Consulted<'_>,
    ) -> Result<Outcome, Problem> {
        let options = match &self.parsed {
            Parsed::Query(request) => self.options(Some(&request.options)),
            Parsed::Decide(request) => self.options(Some(&request.options)),
            _ => self.options(None),
        };
        let mut asked = Consulting {
            rules,
            consulted,
            time: self.bounds.time,
        };
        if let Parsed::Query(request) = &self.parsed {
            let reply = rules::query(&mut asked, &request.goal, &options)?;
            let answer = match self.asking {
                Asking::QueryLines => reply.to_lines(),
                _ => reply.to_json(),
            };
            return Ok(outcome(answer, [reply.verdict]));
        }
        let mut judge = Judge::new(&mut asked, options);
        match &self.parsed {
            Parsed::Query(_) => Ok(outcome(String::new(), [])),
            Parsed::Decide(request) => {
                let decision = judge.decide(&request.question)?;
                Ok(outcome(decision.to_json(), [decision.verdict]))
            }
            Parsed::Evaluation(question) => {
                let decision = judge.decide(question)?;
                Ok(outcome(decision.to_evaluation(), [decision.verdict]))
            }
            Parsed::Evaluations(request) => evaluate_all(&mut judge, request),
            Parsed::Search(question, sought) => search(&mut judge, question, *sought),
        }
    }
}

fn outcome(answer: String, verdicts: impl IntoIterator<Item = Verdict>) -> Outcome {
    let decided = verdicts.into_iter().map(|verdict| (verdict, 0.0)).collect();
    Outcome { answer, decided }
}

fn evaluate_all(
    judge: &mut Judge<'_, '_>,
    request: &EvaluationsRequest,
) -> Result<Outcome, Problem> {
    let (mut answers, mut verdicts) = (Vec::new(), Vec::new());
    for item in &request.items {
        let (permits, answer) = match item {
            Ok(question) => match judge.decide(question) {
                Ok(decision) => {
                    verdicts.push(decision.verdict);
                    (decision.permits(), decision.to_evaluation())
                }
                // One question that can't be asked is none of the others' affair.
                Err(problem) if problem.is_refusal() && !request.single => {
                    (false, no_decision(&problem))
                }
                Err(problem) => return Err(problem),
            },
            Err(error) if request.single => return Err(error.clone().into()),
            Err(error) => (false, no_decision(error)),
        };
        answers.push(answer);
        match request.semantic {
            Semantic::DenyOnFirstDeny if !permits => break,
            Semantic::PermitOnFirstPermit if permits => break,
            _ => {}
        }
    }
    let answer = if request.single {
        answers.concat()
    } else {
        format!("{{\"evaluations\":[{}]}}", answers.join(","))
    };
    Ok(outcome(answer, verdicts))
}

fn no_decision(error: &impl ToString) -> String {
    let error = serde_json::json!({"status": 400, "message": error.to_string()});
    serde_json::json!({"decision": false, "context": {"error": error}}).to_string()
}

fn search(
    judge: &mut Judge<'_, '_>,
    question: &Question,
    sought: Sought,
) -> Result<Outcome, Problem> {
    let (names, reasons) = judge.search(question, sought)?;
    let kind = match sought {
        Sought::Subject => question.subject.field("type"),
        Sought::Resource => question.resource.field("type"),
        Sought::Action => None,
    };
    let (_, field) = sought.part();
    let results = names.iter().map(|name| {
        let mut result = serde_json::Map::new();
        if let Some(assize_core::rules::Value::String(kind)) = kind {
            result.insert("type".to_owned(), kind.as_ref().into());
        }
        result.insert(field.to_owned(), name.as_str().into());
        result
    });
    let results: Vec<_> = results.collect();
    let answer = if reasons.is_empty() {
        serde_json::json!({"results": results})
    } else {
        serde_json::json!({"results": results, "context": {"reasons": reasons}})
    };
    Ok(outcome(answer.to_string(), []))
}
