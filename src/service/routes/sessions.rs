//! Governors that remember. A session is a chain in the journal; each call restores it, acts, and appends what
//! it did, or changes nothing.

use crate::decide::{AuditAnswer, Operation, Place};
use crate::http::{Caller, JsonBody, SessionId, json_text, name_decision};
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use assize_json::answers::{EvaluationAnswer, SessionAnswer, StepAnswer};
use assize_json::schemas::{OpenBody, OutputsBody, StepBody, WisdomBody};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;

async fn change(
    service: &Service,
    caller: &Caller,
    id: &str,
    operation: Operation,
    input: &str,
) -> Result<Response, Problem> {
    let started = service.platform.monotonic();
    let changed = service.journal.change(caller, (id, operation), input);
    let (event, outcome) = changed.await?;
    service.decided(&outcome.decided, started);
    let mut response = if outcome.answer.is_empty() {
        StatusCode::NO_CONTENT.into_response()
    } else {
        json_text(StatusCode::OK, outcome.answer)
    };
    name_decision(&mut response, &event);
    Ok(response)
}

/// Open a session
#[utoipa::path(
    post,
    path = "/v1/governor/sessions",
    tag = "sessions",
    request_body = OpenBody,
    responses(
        (status = 201, description = "The session; `Location` names it", body = SessionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn open(
    State(service): State<Arc<Service>>,
    caller: Caller,
    body: JsonBody,
) -> Result<Response, Problem> {
    let (id, event, answer) = service.journal.open(&caller, body.text()?).await?;
    let mut response = json_text(StatusCode::CREATED, answer);
    name_decision(&mut response, &event);
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/governor/sessions/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Where a session stands
#[utoipa::path(
    get,
    path = "/v1/governor/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 200, description = "The session", body = SessionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn get(
    State(service): State<Arc<Service>>,
    caller: Caller,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    let stored = service.journal.load(&caller, &id).await?;
    let mut session = service.journal.restore(&stored)?;
    Ok(json_text(
        StatusCode::OK,
        session.describe(Place::of(&stored.head))?,
    ))
}

/// Forget a session
#[utoipa::path(
    delete,
    path = "/v1/governor/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 204, description = "It is gone"),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn delete(
    State(service): State<Arc<Service>>,
    caller: Caller,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    let event = service.journal.delete(&caller, &id).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(event) = event {
        name_decision(&mut response, &event);
    }
    Ok(response)
}

/// Judge a session's next cycle
///
/// For cycle governors. After a stop it answers 409 until the session is reopened.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/evaluate",
    operation_id = "evaluate_in_session",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    request_body = OutputsBody,
    responses(
        (status = 200, description = "The judgement", body = EvaluationAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluate(
    State(service): State<Arc<Service>>,
    caller: Caller,
    SessionId(id): SessionId,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&service, &caller, &id, Operation::Evaluate, body.text()?).await
}

/// Weigh two answers
///
/// For session governors. After a freeze it answers 409 until the session is reopened.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/step",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    request_body = StepBody,
    responses(
        (status = 200, description = "The decision", body = StepAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn step(
    State(service): State<Arc<Service>>,
    caller: Caller,
    SessionId(id): SessionId,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&service, &caller, &id, Operation::Step, body.text()?).await
}

/// Permit further cycles after a stop
///
/// Budget, history and wisdom stay as they are.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/reopen",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 200, description = "The session", body = SessionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn reopen(
    State(service): State<Arc<Service>>,
    caller: Caller,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    change(&service, &caller, &id, Operation::Reopen, "").await
}

/// Forget a session's cycles
///
/// The budget is whole again; wisdom stays.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/reset",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 200, description = "The session", body = SessionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn reset(
    State(service): State<Arc<Service>>,
    caller: Caller,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    change(&service, &caller, &id, Operation::Reset, "").await
}

/// Everything that a session did
#[utoipa::path(
    get,
    path = "/v1/governor/sessions/{id}/audit",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 200, description = "The trail of a cycle governor; a session governor's has `history`", body = AuditAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn audit(
    State(service): State<Arc<Service>>,
    caller: Caller,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    let stored = service.journal.load(&caller, &id).await?;
    let audit = service.journal.restore(&stored)?.audit()?;
    Ok(json_text(StatusCode::OK, audit))
}

/// Keep a lesson beside a session
///
/// Kept, counted and returned with the audit; no formula reads it.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/wisdom",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    request_body = WisdomBody,
    responses(
        (status = 204, description = "It is kept"),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn add_wisdom(
    State(service): State<Arc<Service>>,
    caller: Caller,
    SessionId(id): SessionId,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&service, &caller, &id, Operation::AddWisdom, body.text()?).await
}
