//! How a gate decides.

use super::breaker::BreakerSettings;
use super::emergency::EmergencySettings;
use super::quality::QualitySettings;
use super::rhythm::RhythmSettings;
use super::text_score::{Lexicon, LexiconSettings};
use super::threshold::ThresholdSettings;
use crate::error::{Check, FieldError, InvalidInput};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// Largest number of values of an embedding.
const LARGEST_DIMENSION: u32 = 100_000;
/// Largest number of tokens or bytes that a request may ask for.
pub(super) const LARGEST_COUNT: u32 = 1_000_000;
/// Largest number of entries that are recalled.
pub(super) const LARGEST_TOP_K: u32 = 1000;

/// What of the memory goes before a prompt, as a caller writes it down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContextSettings {
    /// Entries that are recalled where a request does not say, 1 to 1,000.
    pub top_k: u32,
    /// Texts of them that go before the prompt, at most.
    pub max_texts: u32,
    /// Tokens that these texts may have, 4 characters each; a text that does not fit is left out.
    pub max_tokens: u32,
    /// How far an entry's phase may be from that of being awake, 0 to 1.
    pub phase_tolerance: f32,
    /// Confidence that an entry must have, 0 to 1.
    pub min_confidence: f64,
}

impl Default for ContextSettings {
    fn default() -> Self {
        Self {
            top_k: 5,
            max_texts: 3,
            max_tokens: 1024,
            phase_tolerance: 0.15,
            min_confidence: 0.0,
        }
    }
}

impl ContextSettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        require_count(&mut check, "top_k", self.top_k, LARGEST_TOP_K);
        check.unit_interval("phase_tolerance", f64::from(self.phase_tolerance));
        check.unit_interval("min_confidence", self.min_confidence);
    }

    fn write(&self, writer: &mut Writer) {
        writer.u32(self.top_k);
        writer.u32(self.max_texts);
        writer.u32(self.max_tokens);
        writer.f64(f64::from(self.phase_tolerance));
        writer.f64(self.min_confidence);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self {
            top_k: reader.u32()?,
            max_texts: reader.u32()?,
            max_tokens: reader.u32()?,
            phase_tolerance: read_f32(reader)?,
            min_confidence: reader.f64()?,
        })
    }
}

/// A number that is written as a 64-bit float and kept as a 32-bit one.
fn read_f32(reader: &mut Reader<'_>) -> Result<f32, SnapshotError> {
    let value = reader.f64()?;
    let kept = value as f32;
    if f64::from(kept).to_bits() == value.to_bits() {
        Ok(kept)
    } else {
        Err(SnapshotError::Malformed(
            "a number is more exact than it is kept",
        ))
    }
}

pub(super) fn require_count(check: &mut Check<'_>, field: &str, value: u32, largest: u32) {
    check.require((1..=largest).contains(&value), field, || {
        format!("must be a whole number from 1 to {largest}, got {value}")
    });
}

/// How a gate decides, as a caller writes it down.
#[derive(Debug, Clone, PartialEq)]
pub struct GateSettings {
    /// How the threshold moves.
    pub threshold: ThresholdSettings,
    /// How long it wakes and sleeps.
    pub rhythm: RhythmSettings,
    /// What texts are scored by.
    pub lexicon: LexiconSettings,
    /// What answers are judged by.
    pub quality: QualitySettings,
    /// When everything stops.
    pub emergency: EmergencySettings,
    /// When embeddings are no longer asked for.
    pub embedding_breaker: BreakerSettings,
    /// When the memory is no longer used.
    pub memory_breaker: BreakerSettings,
    /// What of the memory goes before a prompt.
    pub context: ContextSettings,
    /// Values that an embedding has, 1 to 100,000.
    pub dimension: u32,
    /// Bytes of text that are remembered of a request; 0: none.
    pub remembered_bytes: u32,
    /// Tokens that an answer may have where a request does not say, 1 to 1,000,000.
    pub max_tokens: u32,
    /// Text score that a prompt must have, 0 to 1; none: any.
    pub pre_check: Option<f64>,
    /// Text score that an answer must have, 0 to 1; none: any.
    pub post_check: Option<f64>,
    /// Time from the beginning of a request to its answer, in milliseconds; none: any.
    pub max_processing_ms: Option<u64>,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self {
            threshold: ThresholdSettings::default(),
            rhythm: RhythmSettings::default(),
            lexicon: LexiconSettings::default(),
            quality: QualitySettings::default(),
            emergency: EmergencySettings::default(),
            embedding_breaker: BreakerSettings::EMBEDDING,
            memory_breaker: BreakerSettings::MEMORY,
            context: ContextSettings::default(),
            dimension: 384,
            remembered_bytes: 4096,
            max_tokens: 2048,
            pre_check: None,
            post_check: None,
            max_processing_ms: None,
        }
    }
}

impl GateSettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        self.lexicon.check(&format!("{at}/lexicon"), errors);
        self.check_rest(at, errors);
    }

    fn check_rest(&self, at: &str, errors: &mut Vec<FieldError>) {
        self.threshold.check(&format!("{at}/threshold"), errors);
        self.rhythm.check(&format!("{at}/rhythm"), errors);
        self.quality.check(&format!("{at}/quality"), errors);
        self.emergency.check(&format!("{at}/emergency"), errors);
        self.embedding_breaker
            .check(&format!("{at}/embedding_breaker"), errors);
        self.memory_breaker
            .check(&format!("{at}/memory_breaker"), errors);
        self.context.check(&format!("{at}/context"), errors);
        let mut check = Check::at(at, errors);
        require_count(&mut check, "dimension", self.dimension, LARGEST_DIMENSION);
        require_count(&mut check, "max_tokens", self.max_tokens, LARGEST_COUNT);
        check.require(
            self.remembered_bytes <= LARGEST_COUNT,
            "remembered_bytes",
            || {
                format!(
                    "must be at most {LARGEST_COUNT}, got {}",
                    self.remembered_bytes
                )
            },
        );
        for (field, bar) in [
            ("pre_check", self.pre_check),
            ("post_check", self.post_check),
        ] {
            if let Some(bar) = bar {
                check.unit_interval(field, bar);
            }
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        self.threshold.write(writer);
        self.rhythm.write(writer);
        self.lexicon.write(writer);
        self.quality.write(writer);
        self.emergency.write(writer);
        self.embedding_breaker.write(writer);
        self.memory_breaker.write(writer);
        self.context.write(writer);
        writer.u32(self.dimension);
        writer.u32(self.remembered_bytes);
        writer.u32(self.max_tokens);
        writer.option(self.pre_check, Writer::f64);
        writer.option(self.post_check, Writer::f64);
        writer.option(self.max_processing_ms, Writer::number);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self {
            threshold: ThresholdSettings::read(reader)?,
            rhythm: RhythmSettings::read(reader)?,
            lexicon: LexiconSettings::read(reader)?,
            quality: QualitySettings::read(reader)?,
            emergency: EmergencySettings::read(reader)?,
            embedding_breaker: BreakerSettings::read(reader)?,
            memory_breaker: BreakerSettings::read(reader)?,
            context: ContextSettings::read(reader)?,
            dimension: reader.u32()?,
            remembered_bytes: reader.u32()?,
            max_tokens: reader.u32()?,
            pre_check: reader.option(Reader::f64)?,
            post_check: reader.option(Reader::f64)?,
            max_processing_ms: reader.option(Reader::number)?,
        })
    }
}

/// [`GateSettings`] whose every field is in its range.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GateConfig {
    // INVARIANT: `settings.check` finds nothing; `lexicon` is that of the settings.
    settings: GateSettings,
    lexicon: Lexicon,
}

impl GateConfig {
    /// Takes settings that are in their ranges.
    ///
    /// # Errors
    ///
    /// Every field that is out of its range, with pointers that begin with `/config`.
    ///
    /// # Example
    ///
    /// ```
    /// use assize_core::gate::{GateConfig, GateSettings};
    ///
    /// let settings = GateSettings { dimension: 0, ..GateSettings::default() };
    /// let error = GateConfig::new(settings).unwrap_err();
    /// assert_eq!(error.errors()[0].pointer, "/config/dimension");
    /// ```
    pub fn new(settings: GateSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        let lexicon = Lexicon::build(settings.lexicon.clone(), "/config/lexicon", &mut errors);
        settings.check_rest("/config", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self { settings, lexicon })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &GateSettings {
        &self.settings
    }

    pub(super) const fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Kind;

    #[test]
    fn a_tolerance_that_is_no_32_bit_number_is_malformed() {
        for (tolerance, is_read) in [
            (f64::from(0.15_f32), true),
            (0.15, false),
            (f64::MIN_POSITIVE, false),
            (1e300, false),
        ] {
            let mut writer = Writer::new(Kind::Gate);
            for count in [5, 5, 5] {
                writer.u32(count);
            }
            writer.f64(tolerance);
            writer.f64(0.0);
            let bytes = writer.finish();
            let mut reader = Reader::open(Kind::Gate, &bytes).unwrap();
            let read = ContextSettings::read(&mut reader);
            assert_eq!(read.is_ok(), is_read, "{tolerance}: {read:?}");
        }
    }
}
