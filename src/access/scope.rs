//! What a caller may do: groups of routes with stable names.

use crate::text::shown;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A group of routes. Its name stands in stored keys and in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// `evaluate`: decisions that remember nothing.
    Evaluate,
    /// `sessions:read`: looking at sessions.
    SessionsRead,
    /// `sessions:write`: starting, stepping and ending sessions; includes looking at them.
    SessionsWrite,
    /// `rules:read`: looking at knowledge bases.
    RulesRead,
    /// `rules:write`: putting, changing and deleting knowledge bases; includes looking at them.
    RulesWrite,
    /// `metrics`: the counters.
    Metrics,
    /// `*`: everything.
    All,
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a scope; known are `evaluate`, `sessions:read`, `sessions:write`, `rules:read`, `rules:write`, `metrics` and `*`"
)]
pub struct UnknownScope(String);

impl Scope {
    /// Every scope, in the order in which sets are written.
    pub const KNOWN: [Self; 7] = [
        Self::Evaluate,
        Self::SessionsRead,
        Self::SessionsWrite,
        Self::RulesRead,
        Self::RulesWrite,
        Self::Metrics,
        Self::All,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate",
            Self::SessionsRead => "sessions:read",
            Self::SessionsWrite => "sessions:write",
            Self::RulesRead => "rules:read",
            Self::RulesWrite => "rules:write",
            Self::Metrics => "metrics",
            Self::All => "*",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The scopes of which any one is enough.
    const fn satisfied_by(self) -> u8 {
        let wider = match self {
            Self::SessionsRead => Self::SessionsWrite.bit(),
            Self::RulesRead => Self::RulesWrite.bit(),
            Self::Evaluate | Self::SessionsWrite | Self::RulesWrite | Self::Metrics | Self::All => {
                0
            }
        };
        self.bit() | wider | Self::All.bit()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let known = Self::KNOWN.into_iter().find(|scope| scope.name() == text);
        known.ok_or_else(|| UnknownScope(shown(text)))
    }
}

impl TryFrom<String> for Scope {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.name().to_owned()
    }
}

/// A set of scopes, as text a list of names with spaces between, in JSON an array of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes(u8);

impl Scopes {
    /// The empty set, which permits nothing.
    pub const NONE: Self = Self(0);
    /// The set that permits everything.
    pub const ALL: Self = Self(Scope::All.bit());

    /// Whether this set is enough for what needs `scope`.
    #[must_use]
    pub const fn permits(self, scope: Scope) -> bool {
        self.0 & scope.satisfied_by() != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes that were put in, each once, in the order of [`Scope::KNOWN`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::KNOWN
            .into_iter()
            .filter(move |scope| self.0 & scope.bit() != 0)
    }

    /// The scopes among names that may be of other services.
    pub(crate) fn known_among<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names
            .into_iter()
            .filter_map(|name| name.parse::<Scope>().ok())
            .collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(scopes: Vec<Scope>) -> Self {
        scopes.into_iter().collect()
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.iter().collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::name).collect();
        formatter.pad(&names.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split_ascii_whitespace().map(Scope::from_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(text: &str) -> Scopes {
        text.parse().unwrap()
    }

    #[test]
    fn names_come_back() {
        for scope in Scope::KNOWN {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
    }

    #[test]
    fn unknown_names_list_the_known() {
        for unknown in ["Evaluate", "sessions", "", "evaluate ", "**"] {
            let error = unknown.parse::<Scope>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{unknown}`")), "{error}");
            for scope in Scope::KNOWN {
                assert!(error.contains(&format!("`{scope}`")), "{error}");
            }
        }
        assert!("evaluate unknown".parse::<Scopes>().is_err());
    }

    #[test]
    fn each_scope_permits_what_it_says() {
        let permitted = |text: &str| {
            let permitted = Scope::KNOWN
                .into_iter()
                .filter(|scope| set(text).permits(*scope));
            permitted.map(Scope::name).collect::<Vec<_>>()
        };
        assert!(permitted("").is_empty());
        assert_eq!(permitted("evaluate"), ["evaluate"]);
        assert_eq!(permitted("sessions:read"), ["sessions:read"]);
        assert_eq!(
            permitted("sessions:write"),
            ["sessions:read", "sessions:write"]
        );
        assert_eq!(permitted("rules:read"), ["rules:read"]);
        assert_eq!(permitted("rules:write"), ["rules:read", "rules:write"]);
        assert_eq!(permitted("metrics"), ["metrics"]);
        assert_eq!(permitted("*"), Scope::KNOWN.map(Scope::name));
    }

    #[test]
    fn every_scope_but_all_lacks_something() {
        let rest = Scope::KNOWN
            .into_iter()
            .filter(|scope| *scope != Scope::All);
        assert!(!rest.collect::<Scopes>().permits(Scope::All));
    }

    #[test]
    fn json_is_an_array_of_names() {
        let scopes = set("metrics evaluate evaluate");
        let json = serde_json::to_string(&scopes).unwrap();
        assert_eq!(json, r#"["evaluate","metrics"]"#);
        assert_eq!(serde_json::from_str::<Scopes>(&json).unwrap(), scopes);
        assert!(serde_json::from_str::<Scopes>(r#"["admin"]"#).is_err());
    }

    #[test]
    fn names_of_other_services_are_passed_over() {
        assert_eq!(
            Scopes::known_among(["openid", "evaluate", "EVALUATE"]),
            set("evaluate")
        );
    }

    proptest! {
        #[test]
        fn sets_come_back_and_more_scopes_permit_more(bits in 0_u8..128, more in 0_u8..128) {
            let scopes = Scopes(bits);
            prop_assert_eq!(scopes.to_string().parse(), Ok(scopes));
            for scope in Scope::KNOWN {
                prop_assert!(!scopes.permits(scope) || Scopes(bits | more).permits(scope));
            }
        }
    }
}
