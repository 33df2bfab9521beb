//! What is put to the test.

use assize::ComponentEngines;
use assize_core::governor::{Candidate, EngineOutput, QualityMetrics, SessionConfig};
use assize_service::{EngineError, Engines};

/// The core, with the measures that governors are made of.
pub(crate) trait Subject: Engines {
    fn word_overlap(&self, left: &str, right: &str) -> Result<f64, EngineError>;

    fn cosine_similarity(&self, left: &str, right: &str) -> Result<f64, EngineError>;

    fn risk(&self, left: f64, right: f64, similarity: f64) -> Result<f64, EngineError>;

    fn quality(
        &self,
        left: &EngineOutput<'_>,
        right: &EngineOutput<'_>,
        similarity: f64,
    ) -> Result<QualityMetrics, EngineError>;

    fn score(&self, config: &SessionConfig, candidate: &Candidate<'_>) -> Result<f64, EngineError>;
}

impl Subject for ComponentEngines {
    fn word_overlap(&self, left: &str, right: &str) -> Result<f64, EngineError> {
        Self::word_overlap(self, left, right)
    }

    fn cosine_similarity(&self, left: &str, right: &str) -> Result<f64, EngineError> {
        Self::cosine_similarity(self, left, right)
    }

    fn risk(&self, left: f64, right: f64, similarity: f64) -> Result<f64, EngineError> {
        Self::risk(self, left, right, similarity)
    }

    fn quality(
        &self,
        left: &EngineOutput<'_>,
        right: &EngineOutput<'_>,
        similarity: f64,
    ) -> Result<QualityMetrics, EngineError> {
        Self::quality(self, left, right, similarity)
    }

    fn score(&self, config: &SessionConfig, candidate: &Candidate<'_>) -> Result<f64, EngineError> {
        Self::score(self, config, candidate)
    }
}
