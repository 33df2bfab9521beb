//! Judging cycles without a memory.

use crate::http::{JsonBody, json};
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use assize_json::answers::{BatchAnswer, EvaluationAnswer};
use assize_json::schemas::{BatchBody, EvaluateBody};
use assize_json::{BatchRequest, Document, EvaluateRequest};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use std::sync::Arc;

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
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let started = service.platform.monotonic();
    let document = Document::parse(&body)?;
    let request = EvaluateRequest::read(&document)?;
    let evaluation = service
        .engines
        .evaluate_cycle(&request.config, &request.input)?;
    service.decided(evaluation.verdict, evaluation.risk, started);
    Ok(json(StatusCode::OK, &EvaluationAnswer::from(&evaluation)))
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
    body: JsonBody,
) -> Result<Response, Problem> {
    evaluate(service, body).await
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
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let started = service.platform.monotonic();
    let document = Document::parse(&body)?;
    let request = BatchRequest::read(&document)?;
    let results = service
        .engines
        .evaluate_cycles(&request.config, &request.inputs)?;
    let evaluations = results.into_iter().collect::<Result<Vec<_>, _>>()?;
    for evaluation in &evaluations {
        service
            .metrics
            .governor_decided(evaluation.verdict, evaluation.risk);
    }
    service.took(started);
    let answer = BatchAnswer {
        evaluations: evaluations.iter().map(EvaluationAnswer::from).collect(),
    };
    Ok(json(StatusCode::OK, &answer))
}
