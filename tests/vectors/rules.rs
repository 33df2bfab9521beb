//! The differences from the reference systems that are meant, by rule. `docs/deviations.md` says why.

/// A difference that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    NonFiniteRefused,
    OutOfRangeRefused,
    LargeAmountRefused,
    BlankRefused,
    WrongTypeRefused,
    MaxCyclesAfterFirst,
    StopLatched,
    StartingBudget,
    SpendWithinCycle,
    TrueRemainder,
    BestScoreZero,
    FrozenDisqualified,
    RoundingNoise,
    NewerUnicode,
}

impl Rule {
    /// Every rule.
    pub(crate) const ALL: [Self; 14] = [
        Self::NonFiniteRefused,
        Self::OutOfRangeRefused,
        Self::LargeAmountRefused,
        Self::BlankRefused,
        Self::WrongTypeRefused,
        Self::MaxCyclesAfterFirst,
        Self::StopLatched,
        Self::StartingBudget,
        Self::SpendWithinCycle,
        Self::TrueRemainder,
        Self::BestScoreZero,
        Self::FrozenDisqualified,
        Self::RoundingNoise,
        Self::NewerUnicode,
    ];

    /// The name in the summary and in `docs/deviations.md`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NonFiniteRefused => "non-finite-refused",
            Self::OutOfRangeRefused => "out-of-range-refused",
            Self::LargeAmountRefused => "large-amount-refused",
            Self::BlankRefused => "blank-refused",
            Self::WrongTypeRefused => "wrong-type-refused",
            Self::MaxCyclesAfterFirst => "max-cycles-after-first",
            Self::StopLatched => "stop-latched",
            Self::StartingBudget => "starting-budget",
            Self::SpendWithinCycle => "spend-within-cycle",
            Self::TrueRemainder => "true-remainder",
            Self::BestScoreZero => "best-score-zero",
            Self::FrozenDisqualified => "frozen-disqualified",
            Self::RoundingNoise => "rounding-noise",
            Self::NewerUnicode => "newer-unicode",
        }
    }
}
