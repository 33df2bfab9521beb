//! What the session governor is given and what it answers.

use super::session_config::SessionSettings;
use crate::decision::{Reason, Verdict};
use crate::error::{Check, FieldError};
use crate::limits::ENGINE_ID_BYTES;

/// One reasoner's answer with its assessment. All assessments are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate<'a> {
    /// Who answered; not blank, at most 256 bytes.
    pub engine_id: &'a str,
    /// Index of the cycle; the first is 0.
    pub cycle_index: u32,
    /// The answer; not blank.
    pub answer: &'a str,
    /// How well it hangs together.
    pub coherence: f64,
    /// How well its confidence fits.
    pub calibration: f64,
    /// How well it is supported.
    pub evidence: f64,
    /// How well it can be acted on.
    pub actionability: f64,
    /// Risk of acting on it.
    pub risk: f64,
    /// Whether it keeps every hard constraint.
    pub constraint_ok: bool,
    /// What it contradicts, in words; contradiction is spent only where a side claims one.
    pub contradiction_claim: Option<&'a str>,
}

impl<'a> Candidate<'a> {
    /// An answer with the assessments that hold where none are given.
    #[must_use]
    pub const fn new(engine_id: &'a str, cycle_index: u32, answer: &'a str) -> Self {
        Self {
            engine_id,
            cycle_index,
            answer,
            coherence: 0.80,
            calibration: 0.75,
            evidence: 0.60,
            actionability: 0.70,
            risk: 0.10,
            constraint_ok: true,
            contradiction_claim: None,
        }
    }

    /// Adds an error for each field that is not acceptable, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        check.not_blank("engine_id", self.engine_id);
        check.require(self.engine_id.len() <= ENGINE_ID_BYTES, "engine_id", || {
            format!(
                "must be at most {ENGINE_ID_BYTES} bytes, got {}",
                self.engine_id.len()
            )
        });
        check.not_blank("answer", self.answer);
        for (field, value) in [
            ("coherence", self.coherence),
            ("calibration", self.calibration),
            ("evidence", self.evidence),
            ("actionability", self.actionability),
            ("risk", self.risk),
        ] {
            check.unit_interval(field, value);
        }
    }

    pub(super) fn is_qualified(&self, settings: &SessionSettings) -> bool {
        self.constraint_ok && self.risk <= settings.max_risk
    }

    pub(super) fn claims_contradiction(&self) -> bool {
        self.contradiction_claim
            .is_some_and(|claim| !claim.is_empty())
    }
}

/// Score of an answer that violates a constraint or is too risky.
const DISQUALIFIED_SCORE: f64 = -1.0;

/// How good a checked answer is, from -1.6 to 4.3.
pub(super) fn score_of(settings: &SessionSettings, candidate: &Candidate<'_>) -> f64 {
    if !candidate.is_qualified(settings) {
        return DISQUALIFIED_SCORE;
    }
    1.2 * candidate.coherence
        + 1.0 * candidate.calibration
        + 1.1 * candidate.evidence
        + 1.0 * candidate.actionability
        - 1.6 * candidate.risk
}

/// Whether another cycle may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreezeDecision {
    /// Refine the answers and come again.
    Continue,
    /// The chosen answer stands.
    Freeze,
}

impl FreezeDecision {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Freeze => "FREEZE",
        }
    }
}

/// Why the session governor froze, in the order in which the rules are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStop {
    /// The answers are similar enough.
    Convergence,
    /// The chosen answer is disqualified.
    Risk,
    /// More contradiction was spent than the budget has.
    Budget,
    /// The chosen score no longer improves.
    Plateau,
    /// The last permitted cycle was reached.
    MaxCycles,
}

impl SessionStop {
    /// Every rule, in the order in which they are tried.
    pub const ALL: [Self; 5] = [
        Self::Convergence,
        Self::Risk,
        Self::Budget,
        Self::Plateau,
        Self::MaxCycles,
    ];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Convergence => "convergence",
            Self::Risk => "risk_threshold_exceeded",
            Self::Budget => "budget_exceeded",
            Self::Plateau => "diminishing_returns",
            Self::MaxCycles => "max_cycles",
        }
    }

    pub(super) const fn verdict(self, qualified: bool) -> Verdict {
        match self {
            _ if !qualified => Verdict::Deny,
            Self::Convergence => Verdict::Allow,
            Self::Risk | Self::Budget | Self::Plateau | Self::MaxCycles => Verdict::Escalate,
        }
    }
}

/// How guarded the session is, by the share of the contradiction budget that was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posture {
    /// Below a quarter.
    Normal,
    /// Below 55 percent.
    Proactive,
    /// Below 85 percent.
    Containment,
    /// 85 percent and more.
    Isolation,
}

impl Posture {
    /// The posture after `spent` of `budget`; normal where there is no budget.
    #[must_use]
    pub fn of(spent: f64, budget: f64) -> Self {
        let ratio = if budget > 0.0 { spent / budget } else { 0.0 };
        if ratio < 0.25 {
            Self::Normal
        } else if ratio < 0.55 {
            Self::Proactive
        } else if ratio < 0.85 {
            Self::Containment
        } else {
            Self::Isolation
        }
    }

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NOM",
            Self::Proactive => "PEM",
            Self::Containment => "CM",
            Self::Isolation => "IM",
        }
    }
}

/// The judgement of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepDecision {
    /// What a caller may do with the chosen answer.
    pub verdict: Verdict,
    /// Whether another cycle may follow.
    pub decision: FreezeDecision,
    /// The rule that froze the session; none if it goes on.
    pub stop_reason: Option<SessionStop>,
    /// The decisive reason first, then every other rule that held.
    pub reasons: Vec<Reason>,
    /// Who gave the chosen answer.
    pub chosen_engine: String,
    /// The answer with the higher score; the left one if they are equal.
    pub chosen_answer: String,
    /// Whether the chosen answer keeps the constraints at acceptable risk.
    pub qualified: bool,
    /// On a freeze the chosen answer's cycle index, else the higher of both.
    pub cycle: u32,
    /// Cosine similarity of the answers, 0 to 1.
    pub similarity: f64,
    /// Risk of the chosen answer, 0 to 1.
    pub risk: f64,
    /// Score of the left answer.
    pub score_left: f64,
    /// Score of the right answer.
    pub score_right: f64,
    /// Contradiction spent in all cycles.
    pub contradiction_spent: f64,
    /// What is left of the contradiction budget; below 0 where it was overspent.
    pub budget_remaining: f64,
    /// How guarded the session is.
    pub posture: Posture,
}

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepNumbers {
    pub(super) cycle: u32,
    pub(super) similarity: f64,
    pub(super) risk: f64,
    pub(super) qualified: bool,
    pub(super) spent: f64,
    pub(super) plateau_count: u32,
}
