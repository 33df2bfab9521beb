//! The words in which every engine answers.

use std::borrow::Cow;

/// What a caller may do with the output that was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Act on it.
    Allow,
    /// Do not act on it.
    Deny,
    /// Not yet: go another round.
    Refine,
    /// A person must decide.
    Escalate,
    /// Act on the changed form that the answer carries.
    Transform,
}

impl Verdict {
    /// The word used in JSON, WIT and metrics.
    ///
    /// # Example
    ///
    /// ```
    /// assert_eq!(assize_core::Verdict::Escalate.as_str(), "escalate");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Refine => "refine",
            Self::Escalate => "escalate",
            Self::Transform => "transform",
        }
    }
}

/// One rule that bore on a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Stable, for machines: `<engine>:<rule>`, as in `governor:risk-threshold`.
    pub code: Cow<'static, str>,
    /// One sentence for people; its wording may change in any release.
    pub message: String,
    /// What was measured; finite. None where the rule has no number.
    pub observed: Option<f64>,
    /// What `observed` was compared with, in the same unit.
    pub threshold: Option<f64>,
}

impl Reason {
    pub(crate) const fn new(code: &'static str, message: String) -> Self {
        Self {
            code: Cow::Borrowed(code),
            message,
            observed: None,
            threshold: None,
        }
    }

    pub(crate) const fn measured(mut self, observed: f64, threshold: f64) -> Self {
        self.observed = Some(observed);
        self.threshold = Some(threshold);
        self
    }
}
