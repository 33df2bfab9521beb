//! What came of a case, and of a file of cases.

use crate::rules::Rule;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What came of one case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Matched,
    /// It differs, and each difference is meant and was checked.
    Deviating(BTreeSet<Rule>),
    /// Assize has no counterpart; the text names what.
    NotProvided(String),
    Failed(Vec<String>),
}

/// How far two numbers may be apart where the reference sums in no fixed order.
const TOLERANCE: f64 = 1e-12;

/// Collects what differs within one case.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    mismatches: Vec<String>,
    rules: BTreeSet<Rule>,
}

impl Findings {
    pub(crate) fn deviates(&mut self, rule: Rule) {
        self.rules.insert(rule);
    }

    pub(crate) fn require(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.mismatches.push(otherwise());
        }
    }

    pub(crate) fn same<T: PartialEq + fmt::Debug>(&mut self, what: &str, expected: T, observed: T) {
        self.require(expected == observed, || {
            format!("{what}: expected {expected:?}, got {observed:?}")
        });
    }

    /// Equal to the bit.
    pub(crate) fn exact(&mut self, what: &str, expected: f64, observed: f64) {
        self.require(expected.to_bits() == observed.to_bits(), || {
            format!("{what}: expected {expected:?}, got {observed:?}")
        });
    }

    pub(crate) fn near(&mut self, what: &str, expected: f64, observed: f64) {
        self.require(is_near(expected, observed), || {
            format!("{what}: expected about {expected:?}, got {observed:?}")
        });
    }

    pub(crate) fn into_outcome(self) -> Outcome {
        if !self.mismatches.is_empty() {
            Outcome::Failed(self.mismatches)
        } else if self.rules.is_empty() {
            Outcome::Matched
        } else {
            Outcome::Deviating(self.rules)
        }
    }
}

pub(crate) fn is_near(expected: f64, observed: f64) -> bool {
    (expected - observed).abs() <= TOLERANCE
}

/// What came of one file.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    file: String,
    cases: usize,
    matched: usize,
    deviating: usize,
    by_rule: BTreeMap<Rule, usize>,
    not_provided: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Tally {
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn count(&mut self, case: &str, outcome: Outcome) {
        self.cases += 1;
        match outcome {
            Outcome::Matched => self.matched += 1,
            Outcome::Deviating(rules) => {
                self.deviating += 1;
                for rule in rules {
                    *self.by_rule.entry(rule).or_default() += 1;
                }
            }
            Outcome::NotProvided(what) => *self.not_provided.entry(what).or_default() += 1,
            Outcome::Failed(mismatches) => {
                let mismatches = mismatches.join("\n    ");
                self.failures.push(format!("{case}\n    {mismatches}"));
            }
        }
    }

    pub(crate) fn failures(&self) -> impl Iterator<Item = String> {
        self.failures
            .iter()
            .map(|failure| format!("{}: {failure}", self.file))
    }
}

/// One line. A case that deviates by two rules counts under both of them.
impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.by_rule.iter().map(|(rule, n)| (rule.as_str(), *n));
        let absent = self
            .not_provided
            .iter()
            .map(|(what, n)| (what.as_str(), *n));
        write!(
            formatter,
            "{}: {} cases, {} matched, {} deviating{}, {} not provided{}, {} failed",
            self.file,
            self.cases,
            self.matched,
            self.deviating,
            breakdown(rules),
            self.not_provided.values().sum::<usize>(),
            breakdown(absent),
            self.failures.len(),
        )
    }
}

fn breakdown<'a>(counts: impl Iterator<Item = (&'a str, usize)>) -> String {
    let counts: Vec<_> = counts.map(|(name, n)| format!("{name} {n}")).collect();
    if counts.is_empty() {
        return String::new();
    }
    format!(" ({})", counts.join(", "))
}
