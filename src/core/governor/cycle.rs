//! One cycle of the cycle governor: a pure function of two outputs, a budget and a cycle number.

use crate::decision::{Reason, Verdict};
use crate::error::{Check, FieldError, InvalidInput};
use crate::governor::reasons;
use crate::text::{self, word_overlap};

/// How the cycle governor decides, as a caller writes it down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CycleSettings {
    /// The cycle, counted from 1, at which the governor stops at the latest. At least 1.
    pub max_cycles: u32,
    /// Similarity from which the outputs count as converged, 0 to 1.
    pub similarity_threshold: f64,
    /// Risk above which the governor stops, 0 to 1.
    pub risk_threshold: f64,
    /// Contradiction budget that a session starts with, 0 to 1,000,000.
    pub initial_contradiction_budget: f64,
    /// Share of a cycle's contradiction that is spent from the budget, 0 to 1,000,000.
    pub contradiction_decay_rate: f64,
    /// Improvement of quality over the previous cycle below which the governor stops, 0 to 1,000,000.
    pub quality_improvement_threshold: f64,
    /// Informative, 0 to 1: accepted and kept, but no formula reads it.
    pub alpha: f64,
    /// Informative, 0 to 1: accepted and kept, but no formula reads it.
    pub beta: f64,
    /// Informative, 0 to 1: accepted and kept, but no formula reads it.
    pub gamma: f64,
    /// Informative, 0 to 1: accepted and kept, but no formula reads it.
    pub delta: f64,
    /// Informative, 0 to 1: accepted and kept, but no formula reads it.
    pub epsilon: f64,
    /// Whether too high a risk stops a cycle even where the outputs have converged.
    pub risk_first: bool,
}

impl Default for CycleSettings {
    fn default() -> Self {
        Self {
            max_cycles: 3,
            similarity_threshold: 0.90,
            risk_threshold: 0.35,
            initial_contradiction_budget: 1.0,
            contradiction_decay_rate: 0.175,
            quality_improvement_threshold: 0.05,
            alpha: 0.65,
            beta: 0.30,
            gamma: 0.75,
            delta: 0.15,
            epsilon: 0.45,
            risk_first: false,
        }
    }
}

impl CycleSettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        check.at_least_one("max_cycles", self.max_cycles);
        check.unit_interval("similarity_threshold", self.similarity_threshold);
        check.unit_interval("risk_threshold", self.risk_threshold);
        for (field, value) in [
            (
                "initial_contradiction_budget",
                self.initial_contradiction_budget,
            ),
            ("contradiction_decay_rate", self.contradiction_decay_rate),
            (
                "quality_improvement_threshold",
                self.quality_improvement_threshold,
            ),
        ] {
            check.amount(field, value);
        }
        for (field, value) in [
            ("alpha", self.alpha),
            ("beta", self.beta),
            ("gamma", self.gamma),
            ("delta", self.delta),
            ("epsilon", self.epsilon),
        ] {
            check.unit_interval(field, value);
        }
    }
}

/// [`CycleSettings`] whose every field is in its range.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CycleConfig {
    // INVARIANT: `settings.check` finds nothing.
    settings: CycleSettings,
}

impl CycleConfig {
    /// Takes settings that are in their ranges.
    ///
    /// # Errors
    ///
    /// Every field that is out of its range, with pointers that begin with `/config`.
    ///
    /// # Example
    ///
    /// ```
    /// use assize_core::governor::{CycleConfig, CycleSettings};
    ///
    /// let settings = CycleSettings { max_cycles: 0, ..CycleSettings::default() };
    /// let error = CycleConfig::new(settings).unwrap_err();
    /// assert_eq!(error.errors()[0].pointer, "/config/max_cycles");
    /// ```
    pub fn new(settings: CycleSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/config", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self { settings })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &CycleSettings {
        &self.settings
    }
}

/// What one of the two reasoners said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EngineOutput<'a> {
    /// The text; not blank.
    pub output: &'a str,
    /// How sure the reasoner is, 0 to 1.
    pub confidence: f64,
}

impl EngineOutput<'_> {
    /// Adds an error for each field that is not acceptable, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        check.not_blank("output", self.output);
        check.unit_interval("confidence", self.confidence);
    }
}

/// Everything that one cycle is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CycleInput<'a> {
    /// The constructive reasoner's output.
    pub left: EngineOutput<'a>,
    /// The critical reasoner's output.
    pub right: EngineOutput<'a>,
    /// What is left of the contradiction budget, 0 to 1,000,000.
    pub budget: f64,
    /// Number of this cycle; the first is 1.
    pub cycle: u32,
    /// Composite quality of the previous cycle, 0 to 1; none on the first.
    pub previous_quality: Option<f64>,
}

impl CycleInput<'_> {
    /// Adds an error for each field that is not acceptable.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        self.left.check(&format!("{at}/left"), errors);
        self.right.check(&format!("{at}/right"), errors);
        let mut check = Check::at(at, errors);
        check.amount("budget", self.budget);
        check.at_least_one("cycle", self.cycle);
        if let Some(quality) = self.previous_quality {
            check.unit_interval("previous_quality", quality);
        }
    }
}

/// Whether another cycle may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go another cycle.
    Continue,
    /// No further cycle.
    Stop,
}

impl Decision {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Stop => "STOP",
        }
    }
}

/// Why the cycle governor stopped, in the order in which the rules are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CycleStop {
    /// The outputs are similar enough.
    Convergence,
    /// The risk is too high.
    Risk,
    /// The contradiction budget is used up.
    Budget,
    /// Quality no longer improves.
    Plateau,
    /// The last permitted cycle was reached.
    MaxCycles,
}

impl CycleStop {
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
            Self::Convergence => "CONVERGENCE_ACHIEVED",
            Self::Risk => "RISK_THRESHOLD_EXCEEDED",
            Self::Budget => "CONTRADICTION_EXHAUSTED",
            Self::Plateau => "PLATEAU_DETECTED",
            Self::MaxCycles => "MAX_CYCLES_REACHED",
        }
    }

    const fn verdict(self) -> Verdict {
        match self {
            Self::Convergence => Verdict::Allow,
            Self::Risk | Self::Budget | Self::Plateau | Self::MaxCycles => Verdict::Escalate,
        }
    }
}

/// Four views of quality; each 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityMetrics {
    /// Mean confidence.
    pub coherence: f64,
    /// The similarity.
    pub calibration: f64,
    /// Mean of both confidences and of the joint length in thousands of characters, at most 1.
    pub evidence_quality: f64,
    /// Mean of similarity and both confidences.
    pub actionability: f64,
}

/// The judgement of one cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct CycleEvaluation {
    /// What a caller may do with the outputs.
    pub verdict: Verdict,
    /// Whether another cycle may follow.
    pub decision: Decision,
    /// The rule that stopped the cycle; none if it goes on.
    pub stop_reason: Option<CycleStop>,
    /// The decisive reason first, then every other rule that would have stopped the cycle.
    pub reasons: Vec<Reason>,
    /// Number of this cycle, from 1.
    pub cycle: u32,
    /// Share of words that both outputs have, 0 to 1.
    pub similarity: f64,
    /// 1 minus the similarity.
    pub contradiction: f64,
    /// Risk of acting on the outputs, 0 to 1.
    pub risk: f64,
    /// Mean of the four metrics, 0 to 1.
    pub quality: f64,
    /// What `quality` is made of.
    pub quality_metrics: QualityMetrics,
    /// What this cycle took from the budget.
    pub contradiction_spent: f64,
    /// What is left of the budget; below 0 on the cycle that overspends.
    pub budget_remaining: f64,
}

/// Risk of acting on two outputs: `0.6 (1 - similarity) + 0.4 (1 - lower confidence)`, 0 to 1.
///
/// # Errors
///
/// Every argument that is not from 0 to 1.
pub fn risk(
    left_confidence: f64,
    right_confidence: f64,
    similarity: f64,
) -> Result<f64, InvalidInput> {
    let mut errors = Vec::new();
    let mut check = Check::at("", &mut errors);
    check.unit_interval("left_confidence", left_confidence);
    check.unit_interval("right_confidence", right_confidence);
    check.unit_interval("similarity", similarity);
    InvalidInput::check(errors)?;
    Ok(risk_of(left_confidence, right_confidence, similarity))
}

fn risk_of(left_confidence: f64, right_confidence: f64, similarity: f64) -> f64 {
    let least_sure = left_confidence.min(right_confidence);
    (0.6 * (1.0 - similarity) + 0.4 * (1.0 - least_sure)).clamp(0.0, 1.0)
}

/// The four quality metrics of two outputs whose similarity is known. Texts may be blank.
///
/// # Errors
///
/// Every confidence, and a similarity, that is not from 0 to 1.
pub fn quality_metrics(
    left: &EngineOutput<'_>,
    right: &EngineOutput<'_>,
    similarity: f64,
) -> Result<QualityMetrics, InvalidInput> {
    let mut errors = Vec::new();
    let mut check = Check::at("", &mut errors);
    check.unit_interval("left/confidence", left.confidence);
    check.unit_interval("right/confidence", right.confidence);
    check.unit_interval("similarity", similarity);
    InvalidInput::check(errors)?;
    Ok(quality_of(left, right, similarity))
}

fn quality_of(
    left: &EngineOutput<'_>,
    right: &EngineOutput<'_>,
    similarity: f64,
) -> QualityMetrics {
    let (left_confidence, right_confidence) = (left.confidence, right.confidence);
    // Lengths count Unicode scalar values, white space included.
    let characters = text::characters(left.output) + text::characters(right.output);
    let length = (characters as f64 / 1000.0).min(1.0);
    QualityMetrics {
        coherence: (left_confidence + right_confidence) / 2.0,
        calibration: similarity,
        evidence_quality: (length + left_confidence + right_confidence) / 3.0,
        actionability: (similarity + left_confidence + right_confidence) / 3.0,
    }
}

impl QualityMetrics {
    /// Mean of the four metrics, summed in the order in which they are declared.
    #[must_use]
    pub fn composite(&self) -> f64 {
        (self.coherence + self.calibration + self.evidence_quality + self.actionability) / 4.0
    }
}

/// Judges one cycle and remembers nothing.
///
/// # Errors
///
/// Every field of `input` that is not acceptable.
///
/// # Example
///
/// ```
/// use assize_core::Verdict;
/// use assize_core::governor::{CycleConfig, CycleInput, EngineOutput, evaluate_cycle};
///
/// let output = "restart the replica";
/// let evaluation = evaluate_cycle(&CycleConfig::default(), &CycleInput {
///     left: EngineOutput { output, confidence: 0.9 },
///     right: EngineOutput { output, confidence: 0.8 },
///     budget: 1.0,
///     cycle: 1,
///     previous_quality: None,
/// })?;
/// assert_eq!(evaluation.verdict, Verdict::Allow);
/// assert_eq!(evaluation.reasons[0].code, "governor:convergence");
/// # Ok::<(), assize_core::InvalidInput>(())
/// ```
pub fn evaluate_cycle(
    config: &CycleConfig,
    input: &CycleInput<'_>,
) -> Result<CycleEvaluation, InvalidInput> {
    let mut errors = Vec::new();
    input.check("", &mut errors);
    InvalidInput::check(errors)?;
    Ok(judge(config, input))
}

/// Judges outputs that were checked; the budget may already be overspent.
pub(super) fn judge(config: &CycleConfig, input: &CycleInput<'_>) -> CycleEvaluation {
    let settings = config.settings();
    let (left, right) = (&input.left, &input.right);
    let similarity = word_overlap(left.output, right.output);
    let contradiction = 1.0 - similarity;
    let metrics = quality_of(left, right, similarity);
    let contradiction_spent = contradiction * settings.contradiction_decay_rate;
    let mut evaluation = CycleEvaluation {
        verdict: Verdict::Refine,
        decision: Decision::Continue,
        stop_reason: None,
        reasons: Vec::new(),
        cycle: input.cycle,
        similarity,
        contradiction,
        risk: risk_of(left.confidence, right.confidence, similarity),
        quality: metrics.composite(),
        quality_metrics: metrics,
        contradiction_spent,
        budget_remaining: input.budget - contradiction_spent,
    };
    let improvement = match input.previous_quality {
        Some(previous) if input.cycle > 1 => Some(evaluation.quality - previous),
        _ => None,
    };
    let mut order = CycleStop::ALL;
    if settings.risk_first {
        order.swap(0, 1);
    }
    for rule in order {
        if let Some(reason) = reasons::cycle_stop(rule, settings, &evaluation, improvement) {
            evaluation.stop_reason.get_or_insert(rule);
            evaluation.reasons.push(reason);
        }
    }
    match evaluation.stop_reason {
        Some(rule) => {
            evaluation.decision = Decision::Stop;
            evaluation.verdict = rule.verdict();
        }
        None => evaluation
            .reasons
            .push(reasons::cycle_continues(settings, &evaluation)),
    }
    evaluation
}

#[cfg(test)]
mod tests;
