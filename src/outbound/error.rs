//! Why a call has no answer.

use crate::target::UrlError;

/// Why a call has no answer. Texts name origins and settings, never whole URLs, addresses or bodies: callers read them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// Nothing may be read.
    #[error("calls to other services are off: name what may be read in `outbound.allow`")]
    Off,
    /// No URL answers this predicate.
    #[error("`{predicate}` has no URL: set `outbound.externals.{predicate}.url`")]
    NoExternal {
        /// Name and arity.
        predicate: String,
    },
    /// The URL can't be called, whatever the settings.
    #[error("the URL can't be called: {0}")]
    Url(#[from] UrlError),
    /// The URL, or where a redirect leads, is not in the setting `allow`.
    #[error("`{origin}` may not be called there: it is not in `outbound.allow`")]
    NotAllowed {
        /// Scheme, host and port.
        origin: String,
    },
    /// The host is or resolves to an address that is not public and whose network is not named.
    #[error("`{origin}` has no address that may be called: see `outbound.allow_networks`")]
    Address {
        /// Scheme, host and port.
        origin: String,
    },
    /// The origin failed too often and is left alone for a while.
    #[error("circuit breaker is open: `{origin}` failed too often, it is tried again in {} s", retry_after_ms.div_ceil(1000))]
    CircuitOpen {
        /// Scheme, host and port.
        origin: String,
        /// How long it will be left alone; 0 while it is being tried.
        retry_after_ms: u64,
    },
    /// The call took too long.
    #[error("`{origin}` did not answer within {limit_ms} ms")]
    Timeout {
        /// Scheme, host and port.
        origin: String,
        /// The bound on one call.
        limit_ms: u64,
    },
    /// All calls together took too long.
    #[error("the time for calls to other services is over")]
    Deadline,
    /// The origin can't be reached, or the connection broke. The text is for operators.
    #[error("`{origin}` can't be reached: {problem}")]
    Unreachable {
        /// Scheme, host and port.
        origin: String,
        /// What is in the way.
        problem: String,
    },
    /// The origin answered with a status that carries no answer.
    #[error("`{origin}` answered with status {status}")]
    Status {
        /// Scheme, host and port.
        origin: String,
        /// Status of HTTP.
        status: u16,
    },
    /// There were more redirects than are followed.
    #[error("`{origin}` redirects again after {limit} redirects")]
    Redirects {
        /// Scheme, host and port.
        origin: String,
        /// The bound.
        limit: u32,
    },
    /// A redirect leads nowhere.
    #[error("`{origin}` redirects without saying where to")]
    RedirectWithoutPlace {
        /// Scheme, host and port.
        origin: String,
    },
    /// The body is not of a type that is read.
    #[error("`{origin}` answered with content type `{found}`, not JSON")]
    ContentType {
        /// Scheme, host and port.
        origin: String,
        /// The type, shortened.
        found: String,
    },
    /// The body of a request or an answer is too large.
    #[error("a body of `{origin}` has more than {limit} bytes")]
    TooLarge {
        /// Scheme, host and port.
        origin: String,
        /// The bound.
        limit: usize,
    },
    /// The body can't be used.
    #[error("the answer of `{origin}` can't be used: {problem}")]
    Answer {
        /// Scheme, host and port.
        origin: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The arguments of an external predicate are no JSON list.
    #[error("the arguments are no list of JSON values")]
    Arguments,
}
