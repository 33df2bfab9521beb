//! Whether an answer is fit to be given and to be remembered, judged by its form.

use super::signals;
use crate::error::{Check, FieldError, InvalidInput};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// Bounds of the quality signals, as a caller writes them down. Shares are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualitySettings {
    /// Share of repeated tokens from which an answer loops.
    pub max_repetition: f64,
    /// Equal tokens on end from which an answer loops; at least 1.
    pub max_run: u32,
    /// Share of the commonest line from which an answer loops.
    pub max_line_share: f64,
    /// Share of tokens with a letter below which an answer is incoherent.
    pub min_letter_share: f64,
    /// Tokens in a sentence below which, on average, an answer may be telegraphic; 0 to 1,000.
    pub min_sentence_tokens: f64,
    /// Share of function words below which it then is.
    pub min_function_word_share: f64,
    /// Share of tokens that occur in the prompt below which an answer drifts.
    pub min_prompt_overlap: f64,
    /// Confidence below which an answer counts as made up.
    pub min_confidence: f64,
}

impl Default for QualitySettings {
    fn default() -> Self {
        Self {
            max_repetition: 0.45,
            max_run: 4,
            max_line_share: 0.5,
            min_letter_share: 0.6,
            min_sentence_tokens: 6.0,
            min_function_word_share: 0.2,
            min_prompt_overlap: 0.05,
            min_confidence: 0.4,
        }
    }
}

impl QualitySettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        for (field, value) in [
            ("max_repetition", self.max_repetition),
            ("max_line_share", self.max_line_share),
            ("min_letter_share", self.min_letter_share),
            ("min_function_word_share", self.min_function_word_share),
            ("min_prompt_overlap", self.min_prompt_overlap),
            ("min_confidence", self.min_confidence),
        ] {
            check.unit_interval(field, value);
        }
        check.at_least_one("max_run", self.max_run);
        let tokens = self.min_sentence_tokens;
        check.require(
            (0.0..=1000.0).contains(&tokens),
            "min_sentence_tokens",
            || format!("must be a number from 0 to 1000, got {tokens}"),
        );
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32(self.max_run);
        for value in [
            self.max_repetition,
            self.max_line_share,
            self.min_letter_share,
            self.min_sentence_tokens,
            self.min_function_word_share,
            self.min_prompt_overlap,
            self.min_confidence,
        ] {
            writer.f64(value);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self {
            max_run: reader.u32()?,
            max_repetition: reader.f64()?,
            max_line_share: reader.f64()?,
            min_letter_share: reader.f64()?,
            min_sentence_tokens: reader.f64()?,
            min_function_word_share: reader.f64()?,
            min_prompt_overlap: reader.f64()?,
            min_confidence: reader.f64()?,
        })
    }
}

/// A way in which answers fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It says nothing.
    Collapse,
    /// It repeats itself.
    Looping,
    /// It hardly has words.
    Incoherence,
    /// It is made of fragments.
    Telegraphing,
    /// It has nothing of the prompt.
    Drift,
    /// It sounds unsure.
    Hallucination,
}

impl Mode {
    /// Every mode, in the order in which they are tried.
    pub const ALL: [Self; 6] = [
        Self::Collapse,
        Self::Looping,
        Self::Incoherence,
        Self::Telegraphing,
        Self::Drift,
        Self::Hallucination,
    ];

    /// The word used in JSON and in notes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collapse => "collapse",
            Self::Looping => "looping",
            Self::Incoherence => "incoherence",
            Self::Telegraphing => "telegraphing",
            Self::Drift => "drift",
            Self::Hallucination => "hallucination",
        }
    }

    /// Whether the answer may not be given at all.
    const fn rejects(self) -> bool {
        matches!(self, Self::Collapse | Self::Looping | Self::Incoherence)
    }
}

/// What one mode was measured at.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The mode.
    pub mode: Mode,
    /// How strongly it shows, 0 to 1.
    pub score: f64,
    /// The score from which it counts, where other conditions hold as well.
    pub threshold: f64,
    /// Whether it counts.
    pub triggered: bool,
    /// What was counted, by name.
    pub evidence: Vec<(&'static str, f64)>,
}

/// What may be done with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Give it and remember it.
    Accept,
    /// Give it, but do not remember it.
    Degrade,
    /// Do not give it.
    Reject,
}

impl Action {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Degrade => "degrade",
            Self::Reject => "reject",
        }
    }
}

/// The judgement of an answer's form.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// What may be done with it.
    pub action: Action,
    /// One signal for each mode, in the order of [`Mode::ALL`].
    pub signals: Vec<Signal>,
}

impl Quality {
    /// Judges an answer to a prompt. `confidence` is 0 to 1, see
    /// [`confidence`](super::confidence).
    ///
    /// # Errors
    ///
    /// Every setting out of its range, and a confidence that is not from 0 to 1.
    ///
    /// # Example
    ///
    /// ```
    /// use assize_core::gate::{Action, Quality, QualitySettings};
    ///
    /// let quality = Quality::judge(&QualitySettings::default(), "why?", "  ", 0.1)?;
    /// assert_eq!(quality.action, Action::Reject);
    /// # Ok::<(), assize_core::InvalidInput>(())
    /// ```
    pub fn judge(
        settings: &QualitySettings,
        prompt: &str,
        answer: &str,
        confidence: f64,
    ) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/quality", &mut errors);
        Check::at("", &mut errors).unit_interval("confidence", confidence);
        InvalidInput::check(errors)?;
        Ok(Self::of(settings, prompt, answer, confidence))
    }

    /// `settings` and `confidence` have been checked.
    pub(super) fn of(
        settings: &QualitySettings,
        prompt: &str,
        answer: &str,
        confidence: f64,
    ) -> Self {
        let signals = signals::measure(settings, prompt, answer, confidence);
        let mut action = Action::Accept;
        for signal in signals.iter().filter(|signal| signal.triggered) {
            if signal.mode.rejects() {
                action = Action::Reject;
            } else if action == Action::Accept {
                action = Action::Degrade;
            }
        }
        Self { action, signals }
    }

    /// The signals that count, in the order of [`Mode::ALL`].
    pub fn triggered(&self) -> impl Iterator<Item = &Signal> {
        self.signals.iter().filter(|signal| signal.triggered)
    }
}

#[cfg(test)]
mod tests;
