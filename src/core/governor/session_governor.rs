//! The session governor: weighs two assessed answers a step, until it freezes one of them.

use super::reasons;
use super::session::{
    Candidate, FreezeDecision, Posture, SessionStop, StepDecision, StepNumbers, score_of,
};
use super::session_config::{SessionConfig, SessionSettings};
use super::wisdom::{Wisdom, WisdomLog};
use crate::decision::{Reason, Verdict};
use crate::error::{Error, InvalidInput};
use crate::limits::{ENGINE_ID_BYTES, LimitReached, SESSION_CYCLES};
use crate::snapshot::{Kind, Reader, SnapshotError, Writer};
use crate::text::cosine_similarity;

/// What is kept of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// The higher cycle index of both answers.
    pub cycle: u32,
    /// Score of the left answer.
    pub score_left: f64,
    /// Score of the right answer.
    pub score_right: f64,
    /// Cosine similarity of the answers, 0 to 1.
    pub similarity: f64,
    /// Contradiction spent in all cycles so far.
    pub contradiction_spent: f64,
    /// What was left of the budget.
    pub budget_remaining: f64,
    /// Who gave the chosen answer.
    pub chosen_engine: String,
    /// Risk of the chosen answer, 0 to 1.
    pub risk: f64,
}

/// Everything that a session governor did, for an auditor. Numbers are rounded to 4 decimals, half
/// to even.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionAudit {
    /// Contradiction spent in all steps.
    pub contradiction_spent: f64,
    /// Contradiction that may be spent; as configured, not rounded.
    pub contradiction_budget: f64,
    /// How guarded the session is.
    pub posture: Posture,
    /// The rule that froze the session last; none if it never froze.
    pub stop_reason: Option<SessionStop>,
    /// The answer that was frozen last; none if there was none.
    pub last_frozen_answer: Option<String>,
    /// Cycles on end without enough improvement.
    pub plateau_count: u32,
    /// Best chosen score so far; not rounded, none before the plateau rule was first tried.
    pub best_score: Option<f64>,
    /// The steps in order.
    pub steps: Vec<StepRecord>,
    /// The lessons recorded beside the session.
    pub wisdom: Vec<Wisdom>,
}

/// The session governor. After a freeze it refuses further steps until it is reopened.
///
/// # Example
///
/// ```
/// use assize_core::governor::{Candidate, SessionConfig, SessionGovernor};
///
/// let mut governor = SessionGovernor::new(SessionConfig::default());
/// let left = Candidate::new("left", 0, "drain the node, then restart it");
/// let right = Candidate { contradiction_claim: Some("restart"), ..Candidate::new("right", 0, "wait") };
/// let step = governor.step(&left, &right)?;
/// assert_eq!((step.decision.as_str(), step.posture.as_str()), ("CONTINUE", "NOM"));
/// # Ok::<(), assize_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SessionGovernor {
    config: SessionConfig,
    // INVARIANT: at most `SESSION_CYCLES`.
    steps: Vec<StepRecord>,
    spent: f64,
    best_score: Option<f64>,
    plateau_count: u32,
    stopped: bool,
    stop_reason: Option<SessionStop>,
    last_frozen_answer: Option<String>,
    wisdom: WisdomLog,
}

impl SessionGovernor {
    /// A governor before its first step.
    #[must_use]
    pub fn new(config: SessionConfig) -> Self {
        Self {
            config,
            steps: Vec::new(),
            spent: 0.0,
            best_score: None,
            plateau_count: 0,
            stopped: false,
            stop_reason: None,
            last_frozen_answer: None,
            wisdom: WisdomLog::default(),
        }
    }

    /// The settings that it was made with.
    #[must_use]
    pub const fn settings(&self) -> &SessionSettings {
        self.config.settings()
    }

    /// Number of steps so far.
    #[must_use]
    pub const fn total_cycles(&self) -> usize {
        self.steps.len()
    }

    /// Whether a freeze bars further steps.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What is left of the contradiction budget; below 0 where it was overspent.
    #[must_use]
    pub const fn budget_remaining(&self) -> f64 {
        self.settings().contradiction_budget - self.spent
    }

    /// How guarded the session is.
    #[must_use]
    pub fn posture(&self) -> Posture {
        Posture::of(self.spent, self.settings().contradiction_budget)
    }

    /// How good an answer is:
    /// `1.2 coherence + calibration + 1.1 evidence + actionability - 1.6 risk`, from -1.6 to 4.3;
    /// -1 if it is disqualified.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable, with pointers that begin with `/candidate`.
    pub fn score(config: &SessionConfig, candidate: &Candidate<'_>) -> Result<f64, InvalidInput> {
        let mut errors = Vec::new();
        candidate.check("/candidate", &mut errors);
        InvalidInput::check(errors)?;
        Ok(score_of(config.settings(), candidate))
    }

    /// Weighs two answers.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] names each field that is not acceptable, [`Error::Conflict`] says
    /// that the governor has frozen, [`Error::Limit`] that it holds as many steps as it may.
    /// Whatever the error, the governor is as it was.
    pub fn step(
        &mut self,
        left: &Candidate<'_>,
        right: &Candidate<'_>,
    ) -> Result<StepDecision, Error> {
        let mut errors = Vec::new();
        left.check("/left", &mut errors);
        right.check("/right", &mut errors);
        InvalidInput::check(errors)?;
        if self.stopped {
            let rule = self.stop_reason.map_or("", SessionStop::as_str);
            return Err(Error::Conflict(format!(
                "the session froze after step {} ({rule}); reopen it to go on",
                self.steps.len()
            )));
        }
        LimitReached::check("session-cycles", SESSION_CYCLES, self.steps.len() + 1)?;
        Ok(self.weigh(left, right))
    }

    fn weigh(&mut self, left: &Candidate<'_>, right: &Candidate<'_>) -> StepDecision {
        let settings = *self.settings();
        let similarity = cosine_similarity(left.answer, right.answer);
        if left.claims_contradiction() || right.claims_contradiction() {
            self.spent += (1.0 - similarity) * settings.contradiction_decay;
        }
        let (score_left, score_right) = (score_of(&settings, left), score_of(&settings, right));
        let (chosen, chosen_score) = if score_left >= score_right {
            (left, score_left)
        } else {
            (right, score_right)
        };
        let mut numbers = StepNumbers {
            cycle: left.cycle_index.max(right.cycle_index),
            similarity,
            risk: chosen.risk,
            qualified: chosen.is_qualified(&settings),
            spent: self.spent,
            plateau_count: self.plateau_count,
        };
        self.steps.push(StepRecord {
            cycle: numbers.cycle,
            score_left,
            score_right,
            similarity,
            contradiction_spent: self.spent,
            budget_remaining: self.budget_remaining(),
            chosen_engine: chosen.engine_id.to_owned(),
            risk: chosen.risk,
        });

        let (stop_reason, reasons) = self.apply_rules(&settings, &mut numbers, chosen_score);
        if let Some(rule) = stop_reason {
            self.stopped = true;
            self.stop_reason = Some(rule);
            self.last_frozen_answer = Some(chosen.answer.to_owned());
        }
        StepDecision {
            verdict: stop_reason.map_or(Verdict::Refine, |rule| rule.verdict(numbers.qualified)),
            decision: match stop_reason {
                Some(_) => FreezeDecision::Freeze,
                None => FreezeDecision::Continue,
            },
            stop_reason,
            reasons,
            chosen_engine: chosen.engine_id.to_owned(),
            chosen_answer: chosen.answer.to_owned(),
            qualified: numbers.qualified,
            cycle: match stop_reason {
                Some(_) => chosen.cycle_index,
                None => numbers.cycle,
            },
            similarity,
            risk: chosen.risk,
            score_left,
            score_right,
            contradiction_spent: self.spent,
            budget_remaining: self.budget_remaining(),
            posture: self.posture(),
        }
    }

    /// Tries the rules in order. Plateau bookkeeping happens only where no earlier rule holds.
    fn apply_rules(
        &mut self,
        settings: &SessionSettings,
        numbers: &mut StepNumbers,
        chosen_score: f64,
    ) -> (Option<SessionStop>, Vec<Reason>) {
        let mut stop = None;
        let mut reasons = Vec::new();
        for rule in SessionStop::ALL {
            if rule == SessionStop::Plateau {
                if stop.is_some() {
                    continue;
                }
                self.track_plateau(settings, chosen_score);
                numbers.plateau_count = self.plateau_count;
            }
            if let Some(reason) = reasons::session_stop(rule, settings, numbers) {
                stop.get_or_insert(rule);
                reasons.push(reason);
            }
        }
        if stop.is_none() {
            reasons.push(reasons::session_continues(settings, numbers));
        }
        (stop, reasons)
    }

    fn track_plateau(&mut self, settings: &SessionSettings, chosen_score: f64) {
        self.plateau_count = match self.best_score {
            Some(best) if chosen_score - best < settings.min_improvement => {
                self.plateau_count.saturating_add(1)
            }
            _ => 0,
        };
        self.best_score = Some(match self.best_score {
            Some(best) => best.max(chosen_score),
            None => chosen_score,
        });
    }

    /// Permits further steps after a freeze. Everything else stays as it is.
    pub const fn reopen(&mut self) {
        self.stopped = false;
    }

    /// Forgets every step, what was spent, the best score and the frozen answer. Wisdom stays.
    pub fn reset(&mut self) {
        let wisdom = std::mem::take(&mut self.wisdom);
        *self = Self {
            wisdom,
            ..Self::new(self.config)
        };
    }

    /// Keeps a lesson beside the session.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] names each field that is not acceptable, [`Error::Limit`] says that
    /// the session holds as many lessons as it may.
    pub fn add_wisdom(&mut self, record: Wisdom) -> Result<(), Error> {
        self.wisdom.add(record)
    }

    /// Everything that was done so far.
    #[must_use]
    pub fn audit(&self) -> SessionAudit {
        SessionAudit {
            contradiction_spent: rounded(self.spent),
            contradiction_budget: self.settings().contradiction_budget,
            posture: self.posture(),
            stop_reason: self.stop_reason,
            last_frozen_answer: self.last_frozen_answer.clone(),
            plateau_count: self.plateau_count,
            best_score: self.best_score,
            steps: self.steps.iter().map(StepRecord::rounded).collect(),
            wisdom: self.wisdom.records().to_vec(),
        }
    }

    /// The whole state as bytes; equal governors give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::SessionGovernor);
        write_settings(&mut writer, self.settings());
        writer.f64(self.spent);
        writer.option(self.best_score, Writer::f64);
        writer.u32(self.plateau_count);
        writer.boolean(self.stopped);
        writer.option(self.stop_reason, |writer, rule| writer.u8(rule as u8));
        writer.option(self.last_frozen_answer.as_deref(), Writer::text);
        writer.length(self.steps.len());
        for step in &self.steps {
            step.write(&mut writer);
        }
        self.wisdom.write(&mut writer);
        writer.finish()
    }

    /// The governor that [`snapshot`](Self::snapshot) was taken of.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] says in what way the bytes are foreign or damaged.
    pub fn restore(snapshot: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(Kind::SessionGovernor, snapshot)?;
        let config = SessionConfig::new(read_settings(&mut reader)?)
            .map_err(|_| SnapshotError::Malformed("configuration"))?;
        let mut governor = Self {
            spent: reader.f64()?,
            best_score: reader.option(Reader::f64)?,
            plateau_count: reader.u32()?,
            stopped: reader.boolean()?,
            stop_reason: reader.option(|reader| reader.choice(&SessionStop::ALL, "stop"))?,
            last_frozen_answer: reader.option(Reader::text)?,
            ..Self::new(config)
        };
        let count = reader.length(SESSION_CYCLES, "steps")?;
        for _ in 0..count {
            governor.steps.push(StepRecord::read(&mut reader)?);
        }
        governor.wisdom = WisdomLog::read(&mut reader)?;
        reader.finish()?;
        Ok(governor)
    }
}

impl StepRecord {
    fn rounded(&self) -> Self {
        Self {
            cycle: self.cycle,
            score_left: rounded(self.score_left),
            score_right: rounded(self.score_right),
            similarity: rounded(self.similarity),
            contradiction_spent: rounded(self.contradiction_spent),
            budget_remaining: rounded(self.budget_remaining),
            chosen_engine: self.chosen_engine.clone(),
            risk: rounded(self.risk),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.u32(self.cycle);
        writer.f64(self.score_left);
        writer.f64(self.score_right);
        writer.f64(self.similarity);
        writer.f64(self.contradiction_spent);
        writer.f64(self.budget_remaining);
        writer.text(&self.chosen_engine);
        writer.f64(self.risk);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let step = Self {
            cycle: reader.u32()?,
            score_left: reader.f64()?,
            score_right: reader.f64()?,
            similarity: reader.f64()?,
            contradiction_spent: reader.f64()?,
            budget_remaining: reader.f64()?,
            chosen_engine: reader.text()?,
            risk: reader.f64()?,
        };
        if step.chosen_engine.len() > ENGINE_ID_BYTES {
            return Err(SnapshotError::Malformed(
                "the name of a reasoner is too long",
            ));
        }
        Ok(step)
    }
}

fn write_settings(writer: &mut Writer, settings: &SessionSettings) {
    writer.u32(settings.max_cycles);
    writer.f64(settings.max_risk);
    writer.f64(settings.similarity_converge);
    writer.f64(settings.min_improvement);
    writer.u32(settings.plateau_cycles);
    writer.f64(settings.contradiction_budget);
    writer.f64(settings.contradiction_decay);
}

fn read_settings(reader: &mut Reader<'_>) -> Result<SessionSettings, SnapshotError> {
    Ok(SessionSettings {
        max_cycles: reader.u32()?,
        max_risk: reader.f64()?,
        similarity_converge: reader.f64()?,
        min_improvement: reader.f64()?,
        plateau_cycles: reader.u32()?,
        contradiction_budget: reader.f64()?,
        contradiction_decay: reader.f64()?,
    })
}

/// To 4 decimals, half to even on the exact binary value: what formatting does.
fn rounded(value: f64) -> f64 {
    format!("{value:.4}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests;
