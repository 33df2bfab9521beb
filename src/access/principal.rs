//! Who calls.

use crate::error::AccessError;
use crate::scope::{Scope, Scopes};
use crate::text::checked_text;
use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

const LONGEST: usize = 64;

/// Whose data a caller sees: 1 to 64 of `a-z`, `0-9`, `_` and `-`; `default` where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// A text that is no tenant's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tenant must be 1 to 64 of `a-z`, `0-9`, `_` and `-`, got `{0}`")]
pub struct TenantIdError(String);

impl TenantId {
    fn is_valid(text: &str) -> bool {
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        (1..=LONGEST).contains(&text.len()) && text.bytes().all(allowed)
    }
}

checked_text!(TenantId, TenantIdError);

impl Default for TenantId {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

/// Who a caller is, for logs: 1 to 64 printable characters, no space at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrincipalName(String);

/// A text that can't be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name must be 1 to 64 printable characters without a space at either end, got `{0}`")]
pub struct PrincipalNameError(String);

impl PrincipalName {
    fn is_valid(text: &str) -> bool {
        // Controls and formats, such as a change of direction, would let a name forge a line of the log.
        let printable = |character: char| {
            character == ' '
                || !matches!(
                    character.general_category_group(),
                    GeneralCategoryGroup::Other | GeneralCategoryGroup::Separator
                )
        };
        (1..=LONGEST).contains(&text.chars().take(LONGEST + 1).count())
            && text.chars().all(printable)
            && !text.starts_with(' ')
            && !text.ends_with(' ')
    }
}

checked_text!(PrincipalName, PrincipalNameError);

/// A caller whose credential was checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    /// Who it is.
    pub name: PrincipalName,
    /// Whose data it sees.
    pub tenant: TenantId,
    /// What it may do.
    pub scopes: Scopes,
}

impl Principal {
    /// Whether it may do what needs `scope`.
    ///
    /// # Errors
    ///
    /// [`AccessError::InsufficientScope`] if it may not.
    pub const fn require(&self, scope: Scope) -> Result<(), AccessError> {
        if self.scopes.permits(scope) {
            Ok(())
        } else {
            Err(AccessError::InsufficientScope {
                needed: scope,
                held: self.scopes,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_short_and_lowercase() {
        let longest = "a".repeat(64);
        for tenant in ["a", "acme-2_eu", "default", &longest] {
            assert_eq!(tenant.parse::<TenantId>().unwrap().as_str(), tenant);
        }
        let too_long = "a".repeat(65);
        for tenant in ["", "Acme", "a b", "../x", "a/b", "ä", "a\n", &too_long] {
            let error = tenant.parse::<TenantId>().unwrap_err().to_string();
            assert!(
                error.contains("1 to 64") && !error.contains('\n'),
                "{error}"
            );
        }
        assert_eq!(TenantId::default().as_str(), "default");
        assert!(TenantId::is_valid(TenantId::default().as_str()));
    }

    #[test]
    fn names_are_printable() {
        let longest = "é".repeat(64);
        for name in ["x", "Zoë Müller", "auth0|5f7c", "支払い", &longest] {
            assert_eq!(name.parse::<PrincipalName>().unwrap().as_str(), name);
        }
        let too_long = "a".repeat(65);
        for name in [
            "",
            " ",
            " a",
            "a ",
            "a\nb",
            "a\u{0}b",
            "a\u{202e}b",
            "a\u{2028}b",
            "a\u{feff}b",
            &too_long,
        ] {
            assert!(name.parse::<PrincipalName>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn what_is_read_is_checked() {
        assert!(serde_json::from_str::<TenantId>(r#""acme""#).is_ok());
        assert!(serde_json::from_str::<TenantId>(r#""Acme""#).is_err());
        assert!(serde_json::from_str::<PrincipalName>(r#""a\nb""#).is_err());
    }

    #[test]
    fn a_missing_scope_is_named() {
        let principal = Principal {
            name: "x".parse().unwrap(),
            tenant: TenantId::default(),
            scopes: "evaluate".parse().unwrap(),
        };
        assert_eq!(principal.require(Scope::Evaluate), Ok(()));
        let error = principal.require(Scope::Metrics).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`metrics` is needed, the caller has `evaluate`"
        );
    }
}
