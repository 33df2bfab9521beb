//! What a verifier demands of tokens.

use super::algorithm::Algorithms;
use crate::principal::TenantId;

const MOST_LEEWAY_SECONDS: u64 = 300;

/// What a verifier demands of tokens. [`JwtVerifier::new`](crate::JwtVerifier::new) checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtSettings {
    /// The algorithms that are accepted.
    pub algorithms: Algorithms,
    /// What `iss` must be, to the byte.
    pub issuer: String,
    /// What `aud` must be or hold, to the byte.
    pub audience: String,
    /// By how much clocks may differ, 0 to 300 seconds; 30 where nothing is said.
    pub leeway_seconds: u64,
    /// The claim that names the tenant; `tenant` where nothing is said.
    pub tenant_claim: String,
    /// The tenant of tokens that name none; none if they are refused. `default` where nothing is said.
    pub default_tenant: Option<TenantId>,
    /// The claim that lists scopes, as text with spaces between or as an array; `scope` where nothing is said.
    /// Names that are no [`Scope`](crate::Scope) are passed over: issuers mix in those of other services.
    pub scope_claim: String,
    /// What `typ` must be, such as `at+jwt` (RFC 9068), in any case and with or without `application/`; none if
    /// anything will do.
    pub required_type: Option<String>,
}

impl JwtSettings {
    /// The given demands, the rest as where nothing is said.
    #[must_use]
    pub fn new(
        algorithms: Algorithms,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        Self {
            algorithms,
            issuer: issuer.into(),
            audience: audience.into(),
            leeway_seconds: 30,
            tenant_claim: "tenant".to_owned(),
            default_tenant: Some(TenantId::default()),
            scope_claim: "scope".to_owned(),
            required_type: None,
        }
    }

    /// Everything that is not acceptable, one sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let named = [
            ("issuer", &self.issuer),
            ("audience", &self.audience),
            ("tenant claim", &self.tenant_claim),
            ("scope claim", &self.scope_claim),
        ];
        let required_type = self
            .required_type
            .iter()
            .map(|name| ("required type", name));
        for (name, text) in named.into_iter().chain(required_type) {
            if text.trim().is_empty() {
                problems.push(format!("the {name} must not be blank"));
            }
        }
        if self.leeway_seconds > MOST_LEEWAY_SECONDS {
            problems.push(format!(
                "the leeway must be 0 to {MOST_LEEWAY_SECONDS} seconds, got {}",
                self.leeway_seconds
            ));
        }
        problems
    }
}

/// Everything about settings and keys that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct JwtSettingsError(pub(super) Vec<String>);
