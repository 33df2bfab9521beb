//! The stop rules of the session governor, as the reference has them and as Assize has them: where
//! they differ, later steps differ too, so both are followed.

use crate::report::Findings;
use crate::rules::Rule;
use assize_core::governor::{SessionSettings, SessionStop};

/// What the rules of one step look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) similarity: f64,
    pub(crate) qualified: bool,
    pub(crate) spent: f64,
    pub(crate) chosen_score: f64,
    pub(crate) cycle: u32,
}

/// The best score and how long it has not improved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plateau {
    pub(crate) best: Option<f64>,
    pub(crate) count: u32,
    /// Whether a best score of 0 counts as none when the next one is kept.
    forgets_zero: bool,
    forgot: bool,
}

impl Plateau {
    pub(crate) fn of_reference() -> Self {
        Self {
            forgets_zero: true,
            ..Self::default()
        }
    }

    /// The rule that freezes a step, after taking note of it.
    pub(crate) fn stop(
        &mut self,
        settings: &SessionSettings,
        numbers: &Numbers,
    ) -> Option<SessionStop> {
        if numbers.similarity >= settings.similarity_converge {
            return Some(SessionStop::Convergence);
        }
        if !numbers.qualified {
            return Some(SessionStop::Risk);
        }
        if numbers.spent > settings.contradiction_budget {
            return Some(SessionStop::Budget);
        }
        self.note(settings.min_improvement, numbers.chosen_score);
        if self.count >= settings.plateau_cycles {
            return Some(SessionStop::Plateau);
        }
        let is_last = u64::from(numbers.cycle) + 1 >= u64::from(settings.max_cycles);
        is_last.then_some(SessionStop::MaxCycles)
    }

    fn note(&mut self, least: f64, score: f64) {
        let improves = self.best.is_none_or(|best| score - best >= least);
        self.count = if improves { 0 } else { self.count + 1 };
        let best = self.best.filter(|best| !self.forgets_zero || *best != 0.0);
        self.forgot |= best != self.best && score < 0.0;
        self.best = Some(best.map_or(score, |best| best.max(score)));
    }

    /// Why this, the reference's, has come to differ from Assize's.
    pub(crate) fn difference(&self) -> Rule {
        if self.forgot {
            Rule::BestScoreZero
        } else {
            Rule::RoundingNoise
        }
    }

    /// Compares what each system says at the end with what follows from its rules.
    pub(crate) fn compare(&self, what: &str, said: (Option<f64>, i64), findings: &mut Findings) {
        let (best, count) = said;
        findings.same(
            &format!("{what} plateau count"),
            i64::from(self.count),
            count,
        );
        match (self.best, best) {
            (Some(best), Some(said)) => findings.near(&format!("{what} best score"), best, said),
            (best, said) => findings.same(&format!("{what} best score"), best, said),
        }
    }
}
