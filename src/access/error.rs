//! Why a call is refused: everything for the log, and what callers may know.

use crate::api_key::KeyId;
use crate::jwt::TokenError;
use crate::scope::{Scope, Scopes};

const REALM: &str = "Bearer realm=\"assize\"";

/// Why a call is refused. Its text is for logs and holds no secret; callers get [`public`](Self::public).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The request carries no credential.
    #[error("no credential was given")]
    Missing,
    /// Which of several is meant can't be told.
    #[error("more than one credential was given")]
    SeveralCredentials,
    /// A header is empty, or is not one word of visible ASCII after its scheme.
    #[error("the header `{0}` is not one word of visible ASCII")]
    UnreadableHeader(&'static str),
    /// `Authorization` is not `Bearer` and one word.
    #[error("the header `authorization` has a scheme other than `Bearer`")]
    UnsupportedScheme,
    /// Not of the form of an API key, or its checksum does not fit.
    #[error("the API key is incomplete or mistyped")]
    MistypedKey,
    /// No API key has this identifier.
    #[error("there is no API key `{0}`")]
    UnknownKey(KeyId),
    /// The identifier is known, the secret is not its.
    #[error("the secret is not that of API key `{0}`")]
    WrongSecret(KeyId),
    /// The API key was taken back.
    #[error("the API key `{id}` was revoked at {revoked_ms} ms")]
    RevokedKey {
        /// Which.
        id: KeyId,
        /// When, in milliseconds since 1970-01-01 UTC.
        revoked_ms: u64,
    },
    /// The API key's time is over.
    #[error("the API key `{id}` expired at {expires_ms} ms")]
    ExpiredKey {
        /// Which.
        id: KeyId,
        /// When, in milliseconds since 1970-01-01 UTC.
        expires_ms: u64,
    },
    /// No configured key has this text.
    #[error("the key is none of those configured")]
    UnknownStaticKey,
    /// No token is accepted here.
    #[error("a token was given, and none are accepted: `auth.jwt` is not set")]
    TokensNotAccepted,
    /// The JSON Web Token is not accepted.
    #[error("the token is not accepted: {0}")]
    Token(#[from] TokenError),
    /// The caller is known and may not do this.
    #[error("`{needed}` is needed, the caller has `{held}`")]
    InsufficientScope {
        /// What is needed.
        needed: Scope,
        /// What the caller has.
        held: Scopes,
    },
}

impl AccessError {
    /// What a caller may know. Never tells an unknown key from a known one, nor why a signature does not fit.
    #[must_use]
    pub const fn public(&self) -> &'static str {
        match self {
            Self::Missing => {
                "a key or token is needed, in `Authorization: Bearer <key or token>` or `X-API-Key: <key>`"
            }
            Self::SeveralCredentials => "give one key or token, in one header",
            Self::UnreadableHeader(_) => {
                "the key or token must be one word of visible ASCII characters"
            }
            Self::UnsupportedScheme => "`Authorization` must be `Bearer <key or token>`",
            Self::MistypedKey => "the key is incomplete or mistyped",
            Self::ExpiredKey { .. } => "the key has expired",
            Self::Token(TokenError::Expired { .. }) => "the token has expired",
            Self::UnknownKey(_)
            | Self::WrongSecret(_)
            | Self::RevokedKey { .. }
            | Self::UnknownStaticKey
            | Self::TokensNotAccepted
            | Self::Token(_) => "the key or token is not valid",
            Self::InsufficientScope { .. } => "the key or token does not permit this",
        }
    }

    /// Whether the caller is known and may not do this: status 403, else 401.
    #[must_use]
    pub const fn is_forbidden(&self) -> bool {
        matches!(self, Self::InsufficientScope { .. })
    }

    /// Whether a newer key set might accept the token.
    #[must_use]
    pub const fn may_need_newer_keys(&self) -> bool {
        matches!(self, Self::Token(TokenError::UnknownKeyId(_)))
    }

    /// The value of the header `WWW-Authenticate` (RFC 6750, section 3).
    #[must_use]
    pub fn www_authenticate(&self) -> String {
        match self {
            Self::Missing | Self::UnsupportedScheme => REALM.to_owned(),
            Self::InsufficientScope { needed, .. } => {
                format!("{REALM}, error=\"insufficient_scope\", scope=\"{needed}\"")
            }
            _ => format!("{REALM}, error=\"invalid_token\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> KeyId {
        KeyId::from_bytes([0xab; 6])
    }

    #[test]
    fn callers_can_not_tell_why_a_credential_is_not_valid() {
        let alike = [
            AccessError::UnknownKey(id()),
            AccessError::WrongSecret(id()),
            AccessError::RevokedKey {
                id: id(),
                revoked_ms: 1,
            },
            AccessError::UnknownStaticKey,
            AccessError::TokensNotAccepted,
            TokenError::BadSignature.into(),
            TokenError::UnknownKeyId("k".to_owned()).into(),
            TokenError::WrongIssuer("x".to_owned()).into(),
            TokenError::MissingClaim("sub".to_owned()).into(),
        ];
        for error in alike {
            assert_eq!(error.public(), "the key or token is not valid", "{error}");
            assert_eq!(
                error.www_authenticate(),
                "Bearer realm=\"assize\", error=\"invalid_token\""
            );
            assert!(!error.is_forbidden());
        }
    }

    #[test]
    fn callers_learn_what_they_can_mend() {
        let expired = AccessError::ExpiredKey {
            id: id(),
            expires_ms: 1,
        };
        assert_eq!(expired.public(), "the key has expired");
        assert_eq!(
            expired.to_string(),
            "the API key `abababababab` expired at 1 ms"
        );
        assert_eq!(
            AccessError::Missing.www_authenticate(),
            "Bearer realm=\"assize\""
        );
        let forbidden = AccessError::InsufficientScope {
            needed: Scope::SessionsWrite,
            held: Scopes::NONE,
        };
        assert!(forbidden.is_forbidden());
        assert_eq!(
            forbidden.www_authenticate(),
            "Bearer realm=\"assize\", error=\"insufficient_scope\", scope=\"sessions:write\""
        );
    }

    #[test]
    fn only_an_unknown_key_identifier_asks_for_newer_keys() {
        let unknown = AccessError::from(TokenError::UnknownKeyId("k".to_owned()));
        assert!(unknown.may_need_newer_keys());
        assert!(!AccessError::from(TokenError::BadSignature).may_need_newer_keys());
        assert!(!AccessError::UnknownKey(id()).may_need_newer_keys());
    }
}
