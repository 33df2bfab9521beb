//! Errors as RFC 9457 problem documents.

mod causes;

use assize_access::AccessError;
use assize_core::{FieldError, InvalidInput, LimitReached};
use assize_journal::StoreError;
use assize_json::answers::FieldErrorAnswer;
use assize_json::rules::Finding;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use std::borrow::Cow;
use std::num::NonZeroU64;
use utoipa::ToSchema;

/// How many field errors one answer lists; the answer says how many more there are.
const MOST_ERRORS: usize = 100;

/// Why a request has no answer. Nothing has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    kind: Kind,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    findings: Option<Box<Findings>>,
    limit: Option<Box<LimitReached>>,
    place: Option<Box<(usize, usize)>>,
    input_line: Option<NonZeroU64>,
    cause: Option<Cause>,
    headers: Box<[(HeaderName, HeaderValue)]>,
}

/// What is wrong with rules or a query.
#[derive(Debug, Clone, PartialEq)]
struct Findings(Vec<Finding>);

/// What is behind a failure: for the log, not for callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause(pub(crate) Box<str>);

/// What a caller can tell problems apart by. Its name is part of `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    InvalidJson,
    InvalidInput,
    InvalidRules,
    Unauthorized,
    Forbidden,
    TooManyRequests,
    NotFound,
    MethodNotAllowed,
    Conflict,
    BodyTooLarge,
    UnsupportedMediaType,
    LimitReached,
    StoreFull,
    Unavailable,
    NotImplemented,
    Internal,
}

impl Kind {
    const fn describe(self) -> (&'static str, &'static str, StatusCode) {
        match self {
            Self::InvalidJson => (
                "invalid-json",
                "The body is not JSON",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidInput => (
                "invalid-input",
                "Some values are not acceptable",
                StatusCode::BAD_REQUEST,
            ),
            Self::InvalidRules => (
                "invalid-rules",
                "The rules or the query are not acceptable",
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            Self::Unauthorized => ("unauthorized", "Say who you are", StatusCode::UNAUTHORIZED),
            Self::Forbidden => ("forbidden", "You may not do this", StatusCode::FORBIDDEN),
            Self::TooManyRequests => (
                "too-many-requests",
                "You ask too often",
                StatusCode::TOO_MANY_REQUESTS,
            ),
            Self::NotFound => ("not-found", "There is no such thing", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                "This route has other methods",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            Self::Conflict => (
                "conflict",
                "The state does not permit this",
                StatusCode::CONFLICT,
            ),
            Self::BodyTooLarge => (
                "body-too-large",
                "The body is too large",
                StatusCode::PAYLOAD_TOO_LARGE,
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                "The body must be JSON",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ),
            Self::LimitReached => (
                "limit-reached",
                "A limit was reached",
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            Self::StoreFull => (
                "store-full",
                "No more sessions can be kept",
                StatusCode::INSUFFICIENT_STORAGE,
            ),
            Self::Unavailable => (
                "unavailable",
                "The server can't answer now",
                StatusCode::SERVICE_UNAVAILABLE,
            ),
            Self::NotImplemented => (
                "not-implemented",
                "This host can't do this",
                StatusCode::NOT_IMPLEMENTED,
            ),
            Self::Internal => (
                "internal",
                "The server failed",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemAnswer<'a> {
    /// Stable: tells problems apart.
    #[schema(example = "urn:assize:problem:invalid-input")]
    r#type: String,
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// What is wrong in this case, and what to do.
    detail: &'a str,
    /// Every field that is not acceptable, or everything that is wrong with rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorAnswer<'a>>,
    /// How many more errors there are than `errors` lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors_omitted: Option<usize>,
    /// Of an input of many lines; counts from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    input_line: Option<u64>,
    /// Of invalid JSON; counts from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Of invalid JSON; counts bytes from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitAnswer<'a>>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum ErrorAnswer<'a> {
    /// With a field.
    Field(FieldErrorAnswer<'a>),
    /// With rules or a query.
    Rules(&'a Finding),
}

/// A limit that was reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitAnswer<'a> {
    #[schema(example = "session-cycles")]
    name: &'a str,
    /// In the unit that the name says.
    limit: u64,
    /// What was asked for or seen.
    observed: u64,
}

impl Problem {
    fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            findings: None,
            limit: None,
            place: None,
            input_line: None,
            cause: None,
            headers: Box::default(),
        }
    }

    fn because(self, cause: String) -> Self {
        Self {
            cause: Some(Cause(cause.into())),
            ..self
        }
    }

    /// For a host that got no answer from what keeps a session or knowledge; the text is for operators.
    #[must_use]
    pub fn unreachable(cause: String) -> Self {
        match StoreError::from_text(cause) {
            StoreError::Failed(cause) => Self::new(
                Kind::Unavailable,
                "the answer did not arrive; see what was done before you try again",
            )
            .because(cause),
            other => other.into(),
        }
    }

    /// For a host whose own configuration is not acceptable; the text is for operators.
    #[must_use]
    pub fn misconfigured(cause: String) -> Self {
        Self::new(
            Kind::Internal,
            "the server's configuration is not acceptable; its log says why",
        )
        .because(cause)
    }

    /// For a host that answers as many requests as it may; `seconds` until it is worth trying again.
    #[must_use]
    pub fn overloaded(detail: &'static str, seconds: u64) -> Self {
        Self::new(Kind::Unavailable, detail).with(header::RETRY_AFTER, seconds.into())
    }

    pub(crate) fn access(error: &AccessError) -> Self {
        let kind = if error.is_forbidden() {
            Kind::Forbidden
        } else {
            Kind::Unauthorized
        };
        let mut problem = Self::new(kind, error.public());
        if let Ok(challenge) = HeaderValue::from_str(&error.www_authenticate()) {
            problem = problem.with(header::WWW_AUTHENTICATE, challenge);
        }
        problem
    }

    pub(crate) fn too_many_requests(seconds: u64) -> Self {
        Self::new(Kind::TooManyRequests, format!("try again in {seconds} s"))
            .with(header::RETRY_AFTER, seconds.into())
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        let mut headers = self.headers.into_vec();
        headers.push((name, value));
        self.headers = headers.into();
        self
    }

    pub(crate) fn no_route(path: &str) -> Self {
        Self::new(
            Kind::NotFound,
            format!("there is no route {path}; /openapi.json lists all of them"),
        )
    }

    pub(crate) fn no_session(id: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is no session {id}"))
    }

    pub(crate) fn wrong_query(what: String) -> Self {
        InvalidInput::single(FieldError::new("", what)).into()
    }

    pub(crate) fn no_gate() -> Self {
        Self::new(
            Kind::NotImplemented,
            "this host has no sessions of the gate; the native host has",
        )
    }

    pub(crate) fn no_model() -> Self {
        Self::new(
            Kind::NotImplemented,
            "no language model is configured: set one in [model], or run your own and ask POST /v1/admit",
        )
    }

    pub(crate) fn no_embedding(why: &str) -> Self {
        Self::new(
            Kind::Unavailable,
            format!("the text has no embedding: {why}"),
        )
    }

    pub(crate) fn no_rules(name: &str) -> Self {
        Self::new(
            Kind::NotFound,
            format!("there is no knowledge base {name}; put one with PUT /v1/rules/{name}"),
        )
    }

    pub(crate) fn no_such_version(name: &str, version: u64) -> Self {
        Self::new(
            Kind::NotFound,
            format!("knowledge base {name} has no version {version}"),
        )
    }

    pub(crate) fn wrong_method(method: &http::Method) -> Self {
        Self::new(
            Kind::MethodNotAllowed,
            format!("this route has no {method}; the header `Allow` lists what it has"),
        )
    }

    pub(crate) fn wrong_media_type() -> Self {
        Self::new(
            Kind::UnsupportedMediaType,
            "send the header `Content-Type: application/json`, in UTF-8",
        )
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(Kind::BodyTooLarge, format!("more than {limit} bytes"))
    }

    pub(crate) fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Conflict, detail)
    }

    pub(crate) fn broken_body() -> Self {
        Self::new(Kind::InvalidJson, "the body ended before it was complete")
    }

    /// For a text that was passed over because it is longer than `limit` bytes.
    #[must_use]
    pub fn too_long(limit: usize) -> Self {
        Self::too_large(limit)
    }

    /// The same problem, in a line of an input of many lines, counted from 1.
    #[must_use]
    pub fn in_line(mut self, line: u64) -> Self {
        self.input_line = NonZeroU64::new(line);
        self
    }

    /// Whether the input, or the state that it meets, is why.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(
            self.kind,
            Kind::InvalidJson | Kind::InvalidInput | Kind::InvalidRules | Kind::Conflict
        )
    }

    /// The status of its answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.kind.describe().2
    }

    /// What is behind a failure, for the log and not for callers; none where the caller can do something.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_ref().map(|Cause(text)| text.as_ref())
    }

    /// Every field that is not acceptable; empty where fields are not the problem.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    fn findings(&self) -> &[Finding] {
        self.findings.as_ref().map_or(&[], |findings| &findings.0)
    }

    fn listed(&self) -> Vec<ErrorAnswer<'_>> {
        let fields = self.errors.iter();
        let fields = fields.map(|error| ErrorAnswer::Field(error.into()));
        let findings = self.findings().iter().map(ErrorAnswer::Rules);
        fields.chain(findings).take(MOST_ERRORS).collect()
    }

    /// The problem document, as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let (name, title, status) = self.kind.describe();
        let answer = ProblemAnswer {
            r#type: format!("urn:assize:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: &self.detail,
            errors: self.listed(),
            errors_omitted: (self.errors.len() + self.findings().len())
                .checked_sub(MOST_ERRORS)
                .filter(|omitted| *omitted > 0),
            input_line: self.input_line.map(NonZeroU64::get),
            line: self.place.as_ref().map(|place| place.0),
            column: self.place.as_ref().map(|place| place.1),
            limit: self.limit.as_ref().map(|limit| LimitAnswer {
                name: &limit.name,
                limit: limit.limit,
                observed: limit.observed,
            }),
        };
        // Text and numbers only, and into memory: it can't fail.
        serde_json::to_vec(&answer).unwrap_or_default()
    }
}

/// For people: a line for the problem and one for each field.
impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.input_line {
            write!(formatter, "line {line}: ")?;
        }
        match self.errors.as_slice() {
            [] => write!(formatter, "{}", Plain(&self.detail)),
            [only] => write_error(formatter, only),
            errors => {
                write!(formatter, "{} values are not acceptable", errors.len())?;
                for error in errors.iter().take(MOST_ERRORS) {
                    formatter.write_str("\n  ")?;
                    write_error(formatter, error)?;
                }
                Ok(())
            }
        }
    }
}

fn write_error(formatter: &mut std::fmt::Formatter<'_>, error: &FieldError) -> std::fmt::Result {
    let (place, message) = (Plain(named(&error.pointer)), Plain(&error.message));
    write!(formatter, "{place} {message}")
}

/// Text of a caller, which must not move a terminal's cursor or forge a line.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a>(pub &'a str);

impl std::fmt::Display for Plain<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in self.0.split_inclusive(char::is_control) {
            let text = part.trim_end_matches(char::is_control);
            formatter.write_str(text)?;
            let control = part.get(text.len()..).unwrap_or_default();
            write!(formatter, "{}", control.escape_default())?;
        }
        Ok(())
    }
}

fn named(pointer: &str) -> &str {
    if pointer.is_empty() {
        "the input"
    } else {
        pointer
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = self.status();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response.headers_mut().extend(self.headers.into_vec());
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}
