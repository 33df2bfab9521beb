//! Who may call what.
//!
//! A request's headers give a [`Credential`]; a [`KeyRecord`], the [`StaticKeys`] or a [`JwtVerifier`] turn it
//! into a [`Principal`]; its [`Scopes`] say what it may do. Pure functions over bytes and a given time.
//!
//! What this crate does not do: read a clock, draw random bytes, store keys, or fetch key sets.
//!
//! ```
//! use assize_access::{KeyRecord, KeySpec, PresentedKey, Scope};
//!
//! let spec = KeySpec {
//!     name: "billing".parse()?,
//!     tenant: "acme".parse()?,
//!     scopes: "evaluate sessions:read".parse()?,
//!     expires_ms: None,
//! };
//! // The bytes come from the host's source of randomness.
//! let (record, key) = KeyRecord::issue([7; 6], [42; 32], spec, 1_700_000_000_000);
//! let principal = record.check(&PresentedKey::parse(&key)?, 1_700_000_000_001)?;
//! assert!(principal.require(Scope::SessionsRead).is_ok());
//! assert!(principal.require(Scope::SessionsWrite).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod api_key;
mod credential;
mod error;
mod json;
mod jwt;
mod principal;
mod scope;
mod static_keys;
mod text;

pub use api_key::{KeyHash, KeyHashError, KeyId, KeyIdError, KeyRecord, KeySpec, PresentedKey};
pub use credential::{Credential, SecretText};
pub use error::AccessError;
pub use jwt::{
    Algorithm, Algorithms, AlgorithmsError, JwtSettings, JwtSettingsError, JwtVerifier, KeyProblem,
    KeySet, KeySetError, SkippedKey, TokenError, UnknownAlgorithm,
};
pub use principal::{Principal, PrincipalName, PrincipalNameError, TenantId, TenantIdError};
pub use scope::{Scope, Scopes, UnknownScope};
pub use static_keys::{StaticKey, StaticKeyError, StaticKeys, Weakness};
