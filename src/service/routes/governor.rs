//! Judging cycles without a memory.

use crate::decide::Stateless;
use crate::http::{Caller, JsonBody, json_text, name_decision};
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use assize_json::answers::{BatchAnswer, EvaluationAnswer};
use assize_json::schemas::{BatchBody, EvaluateBody};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use std::sync::Arc;

async fn decide(
    service: &Service,
    caller: &Caller,
    operation: Stateless,
    body: &JsonBody,
) -> Result<Response, Problem> {
    let started = service.platform.monotonic();
    let deciding = service.journal.decide(caller, operation, body.text()?);
    let (event, outcome) = deciding.await?;
    service.decided(&outcome.decided, started);
    let mut response = json_text(StatusCode::OK, outcome.answer);
    if let Some(event) = event {
        name_decision(&mut response, &event);
    }
    Ok(response)
}

/// Judge one cycle
///
/// The same as `POST /v1/governor/evaluate`, under the name that the deployment guide gave it.
#[utoipa::path(
    post,
    path = "/evaluate",
    tag = "governor",
    request_body = EvaluateBody,
    responses(
        (status = 200, description = "The judgement", body = EvaluationAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluate(
    State(service): State<Arc<Service>>,
    caller: Caller,
    body: JsonBody,
) -> Result<Response, Problem> {
    decide(&service, &caller, Stateless::Evaluate, &body).await
}

/// Judge one cycle
///
/// A pure function: nothing is remembered, and equal requests get equal bytes. For a second cycle, send
/// `budget_remaining` as `budget`, `quality` as `previous_quality`, and the next `cycle`.
#[utoipa::path(
    post,
    path = "/v1/governor/evaluate",
    tag = "governor",
    request_body = EvaluateBody,
    responses(
        (status = 200, description = "The judgement", body = EvaluationAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluate_versioned(
    service: State<Arc<Service>>,
    caller: Caller,
    body: JsonBody,
) -> Result<Response, Problem> {
    evaluate(service, caller, body).await
}

/// Judge many cycles
///
/// All under one configuration, each for itself. If one item is not acceptable, none is judged.
#[utoipa::path(
    post,
    path = "/v1/governor/evaluate:batch",
    tag = "governor",
    request_body = BatchBody,
    responses(
        (status = 200, description = "The judgements, in the order of the items", body = BatchAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluate_batch(
    State(service): State<Arc<Service>>,
    caller: Caller,
    body: JsonBody,
) -> Result<Response, Problem> {
    decide(&service, &caller, Stateless::EvaluateBatch, &body).await
}
