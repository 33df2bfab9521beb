//! Who may call.

use crate::secret::Secret;
use crate::text_types::JwksUrl;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Who may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// Whether requests without a key or token are answered; false in the profiles `staging` and `prod`, and where keys
    /// or tokens are set and this is not.
    pub anonymous: bool,
    /// What requests without a key or token may do.
    #[schemars(length(max = 16))]
    pub anonymous_scopes: Vec<Scope>,
    /// How long a key from the store is believed without asking again, in milliseconds.
    #[schemars(range(max = 1000))]
    pub key_cache_ms: u64,
    /// Keys that callers present; none is needed where keys are in the store.
    #[schemars(length(max = 1000))]
    pub keys: Vec<ApiKey>,
    /// JSON Web Tokens that callers present.
    pub jwt: Option<JwtSettings>,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            anonymous: true,
            anonymous_scopes: vec![Scope::All],
            key_cache_ms: 500,
            keys: Vec::new(),
            jwt: None,
        }
    }
}

/// A group of routes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Scope {
    /// Decisions outside of sessions.
    #[serde(rename = "evaluate")]
    Evaluate,
    /// Reading sessions.
    #[serde(rename = "sessions:read")]
    SessionsRead,
    /// Changing sessions, and reading them.
    #[serde(rename = "sessions:write")]
    SessionsWrite,
    /// Reading knowledge bases.
    #[serde(rename = "rules:read")]
    RulesRead,
    /// Changing knowledge bases, and reading them.
    #[serde(rename = "rules:write")]
    RulesWrite,
    /// The metrics.
    #[serde(rename = "metrics")]
    Metrics,
    /// Everything.
    #[serde(rename = "*")]
    All,
}

impl Scope {
    /// The word used in files, variables and tokens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
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
}

/// A key that callers present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Who presents it, for the log: 1 to 64 printable characters, different for each key.
    #[schemars(extend("format" = "name"))]
    pub name: String,
    /// The key. Loaded keys have one.
    #[serde(default)]
    pub key: Option<Secret>,
    /// A file that holds the key, instead of `key`.
    #[serde(default)]
    #[schemars(extend("format" = "path"))]
    pub key_file: Option<PathBuf>,
    /// Whose sessions it reaches: 1 to 64 of `a` to `z`, `0` to `9`, `_` and `-`.
    #[serde(default = "default_tenant")]
    #[schemars(extend("format" = "tenant"))]
    pub tenant: String,
    /// What it may do.
    #[serde(default = "default_scopes")]
    #[schemars(length(max = 16))]
    pub scopes: Vec<Scope>,
}

fn default_tenant() -> String {
    "default".to_owned()
}

fn default_scopes() -> Vec<Scope> {
    vec![Scope::All]
}

/// JSON Web Tokens that callers present. Exactly one of `secret`, `secret_file`, `public_key_file`, `jwks_file` and
/// `jwks_url` is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtSettings {
    /// The issuer that tokens must name (`iss`).
    #[schemars(extend("format" = "word"))]
    pub issuer: String,
    /// The audience that tokens must name (`aud`).
    #[schemars(extend("format" = "word"))]
    pub audience: String,
    /// Accepted algorithms; none is all that fit the key.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub algorithms: Vec<JwtAlgorithm>,
    /// The secret of HS256, at least 32 bytes.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// A file that holds the secret of HS256.
    #[serde(default)]
    #[schemars(extend("format" = "path"))]
    pub secret_file: Option<PathBuf>,
    /// A file that holds a public key (PEM).
    #[serde(default)]
    #[schemars(extend("format" = "path"))]
    pub public_key_file: Option<PathBuf>,
    /// A file that holds a key set (JWKS).
    #[serde(default)]
    #[schemars(extend("format" = "path"))]
    pub jwks_file: Option<PathBuf>,
    /// Where a key set (JWKS) is fetched; `http` to this machine only, else `https`.
    #[serde(default)]
    pub jwks_url: Option<JwksUrl>,
    /// How often the key set is fetched, in seconds.
    #[serde(default = "default_refresh")]
    #[schemars(range(min = 10, max = 86_400))]
    pub jwks_refresh_seconds: u64,
    /// How far clocks may differ, in seconds.
    #[serde(default = "default_leeway")]
    #[schemars(range(max = 300))]
    pub leeway_seconds: u64,
    /// The claim that names the tenant.
    #[serde(default = "default_tenant_claim")]
    #[schemars(extend("format" = "word"))]
    pub tenant_claim: String,
    /// The claim that lists scopes.
    #[serde(default = "default_scope_claim")]
    #[schemars(extend("format" = "word"))]
    pub scope_claim: String,
    /// Whether a token that names no tenant is refused; else it is of the tenant `default`.
    #[serde(default)]
    pub require_tenant: bool,
}

const fn default_refresh() -> u64 {
    300
}

const fn default_leeway() -> u64 {
    30
}

fn default_tenant_claim() -> String {
    "tenant".to_owned()
}

fn default_scope_claim() -> String {
    "scope".to_owned()
}

/// An algorithm of RFC 7518 or RFC 8037.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    HS256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// ECDSA over P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl JwtAlgorithm {
    /// The word used in files, variables and tokens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }
}

/// What tokens are verified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtKey<'a> {
    /// A secret that issuer and server share.
    Secret(&'a Secret),
    /// A file with a public key (PEM).
    PublicKeyFile(&'a Path),
    /// A file with a key set (JWKS).
    JwksFile(&'a Path),
    /// Where a key set (JWKS) is fetched.
    JwksUrl(&'a JwksUrl),
}

impl JwtSettings {
    /// What tokens are verified with; loaded settings have it. The content of `secret_file` is a secret.
    #[must_use]
    pub fn key(&self) -> Option<JwtKey<'_>> {
        let secret = self.secret.as_ref().map(JwtKey::Secret);
        let public_key = || self.public_key_file.as_deref().map(JwtKey::PublicKeyFile);
        let file = || self.jwks_file.as_deref().map(JwtKey::JwksFile);
        let url = || self.jwks_url.as_ref().map(JwtKey::JwksUrl);
        secret.or_else(public_key).or_else(file).or_else(url)
    }

    /// The accepted algorithms: those that are set, or all that fit the key.
    #[must_use]
    pub fn accepted_algorithms(&self) -> &[JwtAlgorithm] {
        use JwtAlgorithm::{ES256, EdDSA, HS256, RS256};
        match (self.algorithms.as_slice(), self.key()) {
            ([], Some(JwtKey::Secret(_))) => &[HS256],
            ([], _) => &[RS256, ES256, EdDSA],
            (given, _) => given,
        }
    }
}
