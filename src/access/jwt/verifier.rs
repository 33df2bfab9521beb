//! From a token's text to a caller: form, header, key, signature, claims, in this order.

use super::claims;
use super::error::TokenError;
use super::header::Header;
use super::key_set::KeySet;
use super::settings::{JwtSettings, JwtSettingsError};
use crate::error::AccessError;
use crate::principal::Principal;
use crate::text::shown;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The longest token that is read, in bytes.
const LONGEST_TOKEN: usize = 8 * 1024;

/// Checks tokens of one issuer.
#[derive(Debug, Clone)]
pub struct JwtVerifier {
    // INVARIANT: `settings.problems()` is empty, and some key is of a configured algorithm.
    settings: JwtSettings,
    keys: KeySet,
}

impl JwtVerifier {
    /// A verifier with these demands and keys.
    ///
    /// # Errors
    ///
    /// [`JwtSettingsError`] with everything that is not acceptable: a blank issuer, audience, claim name or type, a
    /// leeway above 300 seconds, no key of any configured algorithm.
    pub fn new(settings: JwtSettings, keys: KeySet) -> Result<Self, JwtSettingsError> {
        let mut problems = settings.problems();
        if !keys
            .algorithms()
            .any(|algorithm| settings.algorithms.contains(algorithm))
        {
            problems.push(format!(
                "no key is of a configured algorithm ({})",
                settings.algorithms
            ));
        }
        if problems.is_empty() {
            Ok(Self { settings, keys })
        } else {
            Err(JwtSettingsError(problems))
        }
    }

    /// The same demands with other keys, such as those an issuer has published since.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_keys(&self, keys: KeySet) -> Result<Self, JwtSettingsError> {
        Self::new(self.settings.clone(), keys)
    }

    /// Whose token this is, at `now_ms` (milliseconds since 1970-01-01 UTC).
    ///
    /// # Errors
    ///
    /// [`AccessError::Token`] with the first reason found. Nothing of the claims is looked at, and none of their
    /// errors given, before the signature fits.
    pub fn verify(&self, token: &str, now_ms: u64) -> Result<Principal, AccessError> {
        let payload = self.signed_payload(token)?;
        Ok(claims::principal(&payload, &self.settings, now_ms)?)
    }

    /// The payload of a token whose signature fits; nothing of it was looked at.
    pub(super) fn signed_payload(&self, token: &str) -> Result<Vec<u8>, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::TooLong {
                bytes: token.len(),
                limit: LONGEST_TOKEN,
            });
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Form)?;
        let decode = |part| Base64UrlUnpadded::decode_vec(part).map_err(|_| TokenError::Form);
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);

        let header = Header::parse(&header)?;
        if !self.settings.algorithms.contains(header.algorithm) {
            let name = header.algorithm.name().to_owned();
            return Err(TokenError::AlgorithmNotAllowed(name));
        }
        self.check_type(header.media_type.as_deref())?;
        let key = self
            .keys
            .select(header.key_id.as_deref(), header.algorithm)?;
        if key.verifies(signed.as_bytes(), &signature) {
            Ok(payload)
        } else {
            Err(TokenError::BadSignature)
        }
    }

    fn check_type(&self, given: Option<&str>) -> Result<(), TokenError> {
        // RFC 7515, section 4.1.9: media types, whose case does not matter, with a prefix that may be left out.
        fn bare(media_type: &str) -> String {
            let lower = media_type.to_ascii_lowercase();
            match lower.strip_prefix("application/") {
                Some(bare) => bare.to_owned(),
                None => lower,
            }
        }
        let Some(required) = &self.settings.required_type else {
            return Ok(());
        };
        let given = given.unwrap_or_default();
        if bare(given) == bare(required) {
            Ok(())
        } else {
            Err(TokenError::WrongType(shown(given)))
        }
    }
}
