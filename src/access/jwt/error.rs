//! Why a token is not accepted.

use super::algorithm::Algorithm;

/// Why a token is not accepted; for logs. Texts out of tokens are shortened and without control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is longer than is read.
    #[error("it has {bytes} bytes; {limit} are the most")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// It is not three parts of base64url with dots between.
    #[error("it is not three parts of base64url with dots between")]
    Form,
    /// The header can't be read; says what of it.
    #[error("its header can't be read: {0}")]
    Header(String),
    /// It is unsigned: its algorithm is `none`.
    #[error("it is not signed")]
    Unsigned,
    /// Its algorithm is not one of those configured.
    #[error("its algorithm `{0}` is not among those configured")]
    AlgorithmNotAllowed(String),
    /// It needs extensions (`crit`), and none is understood.
    #[error("it needs extensions that are not understood")]
    Critical,
    /// Its `typ` is missing or not the one required.
    #[error("its type `{0}` is not the one required")]
    WrongType(String),
    /// No key has the `kid`; newer keys might.
    #[error("no key has the identifier `{0}`")]
    UnknownKeyId(String),
    /// The key with its `kid` is of another algorithm.
    #[error("the key `{key_id}` is not of algorithm {algorithm}")]
    KeyOfOtherAlgorithm {
        /// The token's `kid`.
        key_id: String,
        /// The token's algorithm.
        algorithm: Algorithm,
    },
    /// It names no key, and none is of its algorithm.
    #[error("no key is of algorithm {0}")]
    NoKey(Algorithm),
    /// Several keys are of its algorithm, and it does not say which.
    #[error("several keys are of algorithm {0}, and it does not say which")]
    AmbiguousKey(Algorithm),
    /// The signature is not that of the key over these bytes.
    #[error("its signature does not fit")]
    BadSignature,
    /// The claims are no JSON object without repeated names.
    #[error("its claims can't be read: {0}")]
    Claims(String),
    /// A claim that is needed is missing.
    #[error("the claim `{0}` is missing")]
    MissingClaim(String),
    /// A claim is not of the form that it must have.
    #[error("the claim `{name}` is not acceptable: {problem}")]
    InvalidClaim {
        /// Which.
        name: String,
        /// What it must be, as in `it must be a text`.
        problem: String,
    },
    /// `iss` is another.
    #[error("its issuer is `{0}`")]
    WrongIssuer(String),
    /// `aud` does not hold this service.
    #[error("it is not for this audience")]
    WrongAudience,
    /// Its time is over.
    #[error("it expired at {expires_ms} ms, and it is {now_ms} ms")]
    Expired {
        /// `exp`, in milliseconds since 1970-01-01 UTC.
        expires_ms: u64,
        /// The time given, in milliseconds since 1970-01-01 UTC.
        now_ms: u64,
    },
    /// `nbf` is yet to come.
    #[error("it is valid from {not_before_ms} ms, and it is {now_ms} ms")]
    NotYetValid {
        /// `nbf`, in milliseconds since 1970-01-01 UTC.
        not_before_ms: u64,
        /// The time given, in milliseconds since 1970-01-01 UTC.
        now_ms: u64,
    },
    /// `iat` is yet to come.
    #[error("it was issued at {issued_ms} ms, and it is {now_ms} ms")]
    IssuedInFuture {
        /// `iat`, in milliseconds since 1970-01-01 UTC.
        issued_ms: u64,
        /// The time given, in milliseconds since 1970-01-01 UTC.
        now_ms: u64,
    },
}
