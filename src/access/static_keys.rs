//! Keys that an operator puts into the configuration, as any text.

use crate::error::AccessError;
use crate::principal::{Principal, PrincipalName, TenantId};
use crate::scope::Scopes;
use std::collections::BTreeSet;
use std::fmt;
use subtle::{ConditionallySelectable, ConstantTimeEq};

const MOST_KEYS: usize = 1000;
const LONGEST_BYTES: usize = 4096;
const STRONG_BYTES: usize = 32;
const STRONG_DISTINCT: usize = 8;

/// A key as configured. Its `Debug` hides the text.
#[derive(Clone)]
pub struct StaticKey {
    /// Who uses it; several keys may have one name.
    pub name: PrincipalName,
    /// What callers present: 1 to 4096 visible ASCII characters.
    pub text: String,
    /// Whose data it sees.
    pub tenant: TenantId,
    /// What it permits.
    pub scopes: Scopes,
}

impl fmt::Debug for StaticKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StaticKey")
            .field("name", &self.name)
            .field("text", &format_args!("…"))
            .field("tenant", &self.tenant)
            .field("scopes", &self.scopes)
            .finish()
    }
}

/// Why a key can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// It is too short.
    #[error("it has {bytes} bytes; {STRONG_BYTES} are needed")]
    Short {
        /// How long it is.
        bytes: usize,
    },
    /// It is of too few different characters.
    #[error("it has {distinct} different characters; {STRONG_DISTINCT} are needed")]
    Repetitive {
        /// How many there are.
        distinct: usize,
    },
}

impl StaticKey {
    /// Why the key should not be used in production, if it should not: shorter than 32 bytes, or of fewer than 8
    /// different characters.
    #[must_use]
    pub fn weakness(&self) -> Option<Weakness> {
        let bytes = self.text.len();
        if bytes < STRONG_BYTES {
            return Some(Weakness::Short { bytes });
        }
        let distinct = self.text.bytes().collect::<BTreeSet<_>>().len();
        (distinct < STRONG_DISTINCT).then_some(Weakness::Repetitive { distinct })
    }

    fn is_presentable(&self) -> bool {
        (1..=LONGEST_BYTES).contains(&self.text.len())
            && self.text.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// Why configured keys are not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaticKeyError {
    /// No header can carry the text.
    #[error(
        "the key of `{0}` must be 1 to {LONGEST_BYTES} visible ASCII characters without spaces"
    )]
    NotPresentable(PrincipalName),
    /// It would be taken for something else.
    #[error(
        "the key of `{0}` looks like an issued key (it begins with `assize_`) or like a token (it has two dots)"
    )]
    Ambiguous(PrincipalName),
    /// Two keys are the same.
    #[error("the keys of `{0}` and `{1}` are the same")]
    Repeated(PrincipalName, PrincipalName),
    /// There are too many.
    #[error("there are more than {MOST_KEYS} keys")]
    TooMany,
}

struct Kept {
    hash: blake3::Hash,
    principal: Principal,
    weakness: Option<Weakness>,
}

/// The configured keys. Holds hashes, not texts.
#[derive(Default)]
pub struct StaticKeys {
    // INVARIANT: at most `MOST_KEYS`, no hash twice.
    keys: Vec<Kept>,
}

impl fmt::Debug for StaticKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let principals = self.keys.iter().map(|key| &key.principal);
        formatter.debug_list().entries(principals).finish()
    }
}

impl StaticKeys {
    /// Takes the keys; none is a set that accepts nothing.
    ///
    /// # Errors
    ///
    /// [`StaticKeyError`] for the first key that could never be presented or would not be unambiguous, and for more
    /// than 1000 keys.
    pub fn new(keys: impl IntoIterator<Item = StaticKey>) -> Result<Self, StaticKeyError> {
        let mut kept: Vec<Kept> = Vec::new();
        for key in keys {
            let weakness = key.weakness();
            if kept.len() == MOST_KEYS {
                return Err(StaticKeyError::TooMany);
            }
            if !key.is_presentable() {
                return Err(StaticKeyError::NotPresentable(key.name));
            }
            if crate::credential::is_typed(&key.text) {
                return Err(StaticKeyError::Ambiguous(key.name));
            }
            let hash = blake3::hash(key.text.as_bytes());
            if let Some(same) = kept.iter().find(|other| other.hash == hash) {
                let first = same.principal.name.clone();
                return Err(StaticKeyError::Repeated(first, key.name));
            }
            kept.push(Kept {
                hash,
                principal: Principal {
                    name: key.name,
                    tenant: key.tenant,
                    scopes: key.scopes,
                },
                weakness,
            });
        }
        Ok(Self { keys: kept })
    }

    /// The keys that should not be used in production, and why.
    pub fn weak(&self) -> impl Iterator<Item = (&PrincipalName, Weakness)> {
        self.keys
            .iter()
            .filter_map(|key| Some((&key.principal.name, key.weakness?)))
    }

    /// Whose key this is. Takes as long for any text of one length, known or not.
    ///
    /// # Errors
    ///
    /// [`AccessError::UnknownStaticKey`].
    pub fn check(&self, presented: &str) -> Result<Principal, AccessError> {
        let presented = blake3::hash(presented.as_bytes());
        let mut found = u32::MAX;
        for (index, key) in (0_u32..).zip(&self.keys) {
            let same = key.hash.as_bytes().ct_eq(presented.as_bytes());
            found.conditional_assign(&index, same);
        }
        let key = usize::try_from(found)
            .ok()
            .and_then(|index| self.keys.get(index));
        key.map(|key| key.principal.clone())
            .ok_or(AccessError::UnknownStaticKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(name: &str, text: &str) -> StaticKey {
        StaticKey {
            name: name.parse().unwrap(),
            text: text.to_owned(),
            tenant: "acme".parse().unwrap(),
            scopes: Scopes::ALL,
        }
    }

    #[test]
    fn each_key_is_its_own_principal() {
        let keys =
            StaticKeys::new([key("a", "first"), key("b", "second"), key("a", "third")]).unwrap();
        for (text, name) in [("first", "a"), ("second", "b"), ("third", "a")] {
            assert_eq!(keys.check(text).unwrap().name.as_str(), name);
        }
        for unknown in ["", "First", "firs", "first ", "fourth"] {
            assert_eq!(keys.check(unknown), Err(AccessError::UnknownStaticKey));
        }
        let none = StaticKeys::default();
        assert_eq!(none.check(""), Err(AccessError::UnknownStaticKey));
    }

    #[test]
    fn what_could_never_be_presented_is_refused() {
        for text in ["", " ", "a b", "a\n", "schlüssel", &"x".repeat(4097)] {
            let error = StaticKeys::new([key("ops", text)]).unwrap_err();
            assert_eq!(
                error,
                StaticKeyError::NotPresentable("ops".parse().unwrap())
            );
        }
        for text in ["assize_x", "a.b.c", ".."] {
            let error = StaticKeys::new([key("ops", text)]).unwrap_err();
            assert_eq!(error, StaticKeyError::Ambiguous("ops".parse().unwrap()));
        }
        assert!(StaticKeys::new([key("ops", "a.b")]).is_ok());
    }

    #[test]
    fn repeated_and_too_many_keys_are_refused() {
        let error = StaticKeys::new([key("a", "same"), key("b", "same")]).unwrap_err();
        assert_eq!(error.to_string(), "the keys of `a` and `b` are the same");
        let many = |count: usize| StaticKeys::new((0..count).map(|at| key("a", &at.to_string())));
        assert!(many(1000).is_ok());
        assert_eq!(many(1001).unwrap_err(), StaticKeyError::TooMany);
    }

    #[test]
    fn weak_keys_are_named() {
        let strong = "0123456789abcdef0123456789abcdef";
        let repetitive = "ab".repeat(16);
        assert_eq!(key("a", strong).weakness(), None);
        let keys = [
            key("short", strong.strip_prefix('0').unwrap()),
            key("strong", strong),
            key("repetitive", &repetitive),
        ];
        let keys = StaticKeys::new(keys).unwrap();
        let weak: Vec<_> = keys
            .weak()
            .map(|(name, weakness)| format!("{name}: {weakness}"))
            .collect();
        assert_eq!(
            weak,
            [
                "short: it has 31 bytes; 32 are needed",
                "repetitive: it has 2 different characters; 8 are needed"
            ]
        );
    }

    #[test]
    fn secrets_are_never_shown() {
        let secret = key("a", "very-secret");
        assert!(!format!("{secret:?}").contains("secret"));
        let keys = StaticKeys::new([secret]).unwrap();
        assert!(!format!("{keys:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn only_the_very_text_is_accepted(text in "[!-~]{1,40}", other in ".{0,40}") {
            prop_assume!(!crate::credential::is_typed(&text));
            let keys = StaticKeys::new([key("a", &text)]).unwrap();
            prop_assert!(keys.check(&text).is_ok());
            prop_assert_eq!(keys.check(&other).is_ok(), other == text);
        }
    }
}
