//! JSON Web Tokens (RFC 7519) in the compact form of RFC 7515, checked as RFC 8725 asks.
//!
//! Own code and not a library: those that verify without a source of randomness leave key selection, repeated
//! names and strict decoding to their callers, and those are what attacks aim at. The signatures themselves are
//! checked by RustCrypto and dalek.

mod algorithm;
mod claims;
mod error;
mod header;
mod jwks;
mod key;
mod key_set;
mod settings;
#[cfg(test)]
mod tests;
mod verifier;

pub use algorithm::{Algorithm, Algorithms, AlgorithmsError, UnknownAlgorithm};
pub use error::TokenError;
pub use key::KeyProblem;
pub use key_set::{KeySet, KeySetError, SkippedKey};
pub use settings::{JwtSettings, JwtSettingsError};
pub use verifier::JwtVerifier;
