//! Signature algorithms, and non-empty sets of them.

use crate::text::shown;
use std::fmt;
use std::str::FromStr;

/// A signature algorithm (RFC 7518, section 3.1; RFC 8037). Each goes with one kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256, over a shared secret.
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519. Called `EdDSA`, or `Ed25519` since RFC 9864.
    EdDsa,
}

/// A text that names no algorithm that is offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an algorithm; known are `HS256`, `RS256`, `ES256` and `EdDSA`")]
pub struct UnknownAlgorithm(String);

impl Algorithm {
    const KNOWN: [Self; 4] = [Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        match text {
            "HS256" => Ok(Self::Hs256),
            "RS256" => Ok(Self::Rs256),
            "ES256" => Ok(Self::Es256),
            "EdDSA" | "Ed25519" => Ok(Self::EdDsa),
            _ => Err(UnknownAlgorithm(shown(text))),
        }
    }
}

/// A set of algorithms that is never empty, as text a list of names with spaces or commas between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithms(u8);

/// Why a text is no set of algorithms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlgorithmsError {
    /// It names none.
    #[error("at least one algorithm is needed")]
    Empty,
    /// It names one that is not offered.
    #[error(transparent)]
    Unknown(#[from] UnknownAlgorithm),
}

impl Algorithms {
    /// The given algorithms; none if there are none.
    #[must_use]
    pub fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Option<Self> {
        let bits = algorithms
            .into_iter()
            .fold(0, |bits, algorithm| bits | algorithm.bit());
        (bits != 0).then_some(Self(bits))
    }

    /// Whether the set holds `algorithm`.
    #[must_use]
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & algorithm.bit() != 0
    }
}

impl From<Algorithm> for Algorithms {
    fn from(algorithm: Algorithm) -> Self {
        Self(algorithm.bit())
    }
}

impl fmt::Display for Algorithms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = Algorithm::KNOWN
            .into_iter()
            .filter(|algorithm| self.contains(*algorithm));
        formatter.pad(&held.map(Algorithm::name).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Algorithms {
    type Err = AlgorithmsError;

    fn from_str(text: &str) -> Result<Self, AlgorithmsError> {
        let names = text.split([' ', ',']).filter(|name| !name.is_empty());
        let algorithms = names.map(str::parse).collect::<Result<Vec<_>, _>>()?;
        Self::new(algorithms).ok_or(AlgorithmsError::Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        for algorithm in Algorithm::KNOWN {
            assert_eq!(algorithm.name().parse(), Ok(algorithm));
        }
        assert_eq!("Ed25519".parse(), Ok(Algorithm::EdDsa));
        for name in ["none", "hs256", "HS512", "PS256", "ES256K", "", "HS256 "] {
            assert!(name.parse::<Algorithm>().is_err(), "{name}");
        }
    }

    #[test]
    fn sets_hold_what_they_name() {
        let set: Algorithms = "ES256, RS256".parse().unwrap();
        assert_eq!(set.to_string(), "RS256 ES256");
        assert!(set.contains(Algorithm::Es256) && !set.contains(Algorithm::Hs256));
        assert_eq!(set.to_string().parse(), Ok(set));
        assert_eq!(" ,".parse::<Algorithms>(), Err(AlgorithmsError::Empty));
        assert_eq!(Algorithms::new([]), None);
        let error = "RS256 none".parse::<Algorithms>().unwrap_err().to_string();
        assert!(error.starts_with("`none` is not an algorithm"), "{error}");
    }
}
