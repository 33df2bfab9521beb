//! Explanations as indented text.

use super::proof::{Attempt, Justification, Proof, ProofStep, WhyNot};
use super::text;
use crate::rules::ast::Comparison;
use crate::rules::source::{Source, Span};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Levels that are indented; deeper ones say how deep they are.
const MAX_INDENT: usize = 30;

impl Proof {
    /// The proof for people: each line is something that holds, and below it, indented, what it follows from.
    /// What was shown once is not repeated. Places are named where sources are given.
    #[must_use]
    pub fn to_text(&self, sources: &[Source]) -> String {
        let mut out = Lines::new(sources);
        out.proof(self, 0);
        out.text
    }
}

impl WhyNot {
    /// The reasons for people: each rule that could have answered, and below it, indented, what was missing.
    /// Places are named where sources are given.
    #[must_use]
    pub fn to_text(&self, sources: &[Source]) -> String {
        let mut out = Lines::new(sources);
        out.why_not(self, 0);
        out.text
    }
}

struct Lines<'a> {
    sources: &'a [Source],
    /// Where the lines of each source begin.
    starts: Vec<Vec<u32>>,
    text: String,
    /// Goals of which was said why they do not hold.
    refuted: BTreeSet<String>,
}

impl<'a> Lines<'a> {
    fn new(sources: &'a [Source]) -> Self {
        let starts = sources
            .iter()
            .map(|source| {
                let newlines = source.text.match_indices('\n');
                newlines
                    .filter_map(|(place, _)| u32::try_from(place + 1).ok())
                    .collect()
            })
            .collect();
        Self {
            sources,
            starts,
            text: String::new(),
            refuted: BTreeSet::new(),
        }
    }

    fn line(&mut self, level: usize, text: &str) {
        let indent = level.min(MAX_INDENT);
        self.text.extend(std::iter::repeat_n("  ", indent));
        if level > MAX_INDENT {
            self.text.push_str(&format!("[{level}] "));
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// ` (policy.rules:3)`, or nothing.
    fn place(&self, span: Option<Span>) -> String {
        let found = span.and_then(|span| {
            let source = self.sources.get(usize::from(span.source))?;
            let starts = self.starts.get(usize::from(span.source))?;
            let line = starts.partition_point(|start| *start <= span.start) + 1;
            Some(format!(" ({}:{line})", source.name))
        });
        found.unwrap_or_default()
    }

    fn proof(&mut self, proof: &Proof, level: usize) {
        let mut shown = vec![false; proof.steps.len()];
        let Some(root) = proof.steps.len().checked_sub(1) else {
            return;
        };
        let mut pending = vec![(root, level)];
        while let Some((index, level)) = pending.pop() {
            let (Some(step), Some(shown)) = (proof.steps.get(index), shown.get_mut(index)) else {
                continue;
            };
            let repeated = std::mem::replace(shown, true) && !step.premises.is_empty();
            let line = match unified(step) {
                _ if repeated => format!("{}, as shown above", step.goal.text),
                Some(line) => line,
                None => format!("{}{}", step.goal.text, self.reason(step)),
            };
            self.line(level, &line);
            if repeated {
                continue;
            }
            let premises = step.premises.iter().rev();
            pending.extend(premises.map(|premise| (*premise, level + 1)));
        }
        if !proof.minimal {
            self.line(level, "(there may be a shorter proof)");
        }
    }

    fn reason(&self, step: &ProofStep) -> String {
        match &step.justification {
            Justification::Fact {
                span, annotations, ..
            } => {
                let reason = annotations
                    .iter()
                    .find(|annotation| annotation.name.as_ref() == "reason")
                    .map(|annotation| format!(": {}", annotation.value));
                let place = self.place(Some(*span));
                format!(" is a fact{}{place}", reason.unwrap_or_default())
            }
            Justification::Rule {
                span, id, reason, ..
            } => format!(
                ", by {}{}",
                rule(id.as_ref(), reason.as_ref()),
                self.place(Some(*span))
            ),
            Justification::InputFact => " was given".to_owned(),
            Justification::External => " was answered by the host".to_owned(),
            Justification::Builtin { written } | Justification::Comparison { written } => {
                if *written == step.goal.text {
                    String::new()
                } else {
                    format!(", from {written}")
                }
            }
            Justification::Absent => ", for nothing says otherwise".to_owned(),
            Justification::Every { cases } => match cases.len() {
                0 => ", for there is no such case".to_owned(),
                1 => ", in the one case there is".to_owned(),
                count => format!(", in all {count} cases"),
            },
            Justification::Aggregate {
                solutions, more, ..
            } => {
                let shown = match more {
                    0 => String::new(),
                    more => format!(", {more} of them not shown"),
                };
                let noun = if *solutions == 1 {
                    "solution"
                } else {
                    "solutions"
                };
                format!(", over {solutions} {noun}{shown}")
            }
            Justification::Condition { held: true } => ", where the condition holds".to_owned(),
            Justification::Condition { held: false } => {
                ", where the condition does not hold".to_owned()
            }
            Justification::Query => ", for all of this holds".to_owned(),
        }
    }

    fn why_not(&mut self, why_not: &WhyNot, level: usize) {
        if !self.refuted.insert(why_not.goal.clone()) {
            let line = format!("{} does not hold, as shown above", why_not.goal);
            return self.line(level, &line);
        }
        self.line(level, &format!("{} does not hold", why_not.goal));
        for attempt in &why_not.attempts {
            self.attempt(attempt, level + 1);
        }
        if why_not.more > 0 {
            self.line(level + 1, &format!("and {} more rules", why_not.more));
        }
    }

    // Reasons are nested only as deep as the bound on their levels permits.
    fn attempt(&mut self, attempt: &Attempt, level: usize) {
        let place = self.place(attempt.span.or(attempt.failed_span));
        match attempt.clause {
            Some(_) => {
                let rule = rule(attempt.id.as_ref(), attempt.reason.as_ref());
                self.line(level, &format!("{rule}{place}: {}", attempt.message));
            }
            None => self.line(level, &format!("{}{place}", attempt.message)),
        }
        if !attempt.needed.is_empty() {
            self.line(
                level + 1,
                &format!("needed: {}", attempt.needed.join(", or ")),
            );
        }
        if !attempt.nearest.is_empty() {
            self.line(
                level + 1,
                &format!("nearest: {}", attempt.nearest.join(", ")),
            );
        }
        if let Some(obstacle) = &attempt.obstacle {
            self.line(level + 1, "in the way:");
            self.proof(obstacle, level + 2);
        }
        if let Some(because) = &attempt.because {
            self.why_not(because, level + 1);
        }
    }
}

/// An equation as it is written, with its value where it does not name it: `sum = a + b, which is 3`.
fn unified(step: &ProofStep) -> Option<String> {
    let Justification::Comparison { written } = &step.justification else {
        return None;
    };
    if step.goal.name.as_deref() != Some(Comparison::Equal.name()) {
        return None;
    }
    let value = text::value(step.goal.arguments.last()?);
    let says_value = written
        .strip_suffix(&value)
        .is_some_and(|left| left.ends_with("= "))
        || written
            .strip_prefix(&value)
            .is_some_and(|right| right.starts_with(" ="));
    Some(match says_value {
        true => written.clone(),
        false => format!("{written}, which is {value}"),
    })
}

/// `rule tools-1 (clerks may use the tools of their role)`.
fn rule(id: Option<&Arc<str>>, reason: Option<&Arc<str>>) -> String {
    let name = id.map_or_else(|| "a rule".to_owned(), |id| format!("rule {id}"));
    match reason {
        Some(reason) => format!("{name} ({reason})"),
        None => name,
    }
}
