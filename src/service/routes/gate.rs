//! The gate around a language model.

use super::rules::{LINES, wants_lines};
use crate::decide::gated::{GateOperation, Performed};
use crate::flights::Flight;
use crate::gates::SessionName;
use crate::http::{Caller, JsonBody, json, json_text, name_decision};
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use crate::stream::lines;
use assize_json::gate::schemas::{AdmitBody, GenerateBody, RecordBody};
use assize_json::gate::{
    AdmissionAnswer, GateHealthAnswer, GenerateAnswer, StateAnswer, StreamEvent,
};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::sync::Arc;

/// What a request says after `?`, or why it can't be read.
pub(super) type Named = Result<Query<SessionName>, QueryRejection>;

pub(super) fn session(named: &Named) -> Result<&str, Problem> {
    match named {
        Ok(Query(name)) => Ok(name.name()),
        Err(error) => Err(Problem::wrong_query(error.body_text())),
    }
}

/// Acts on a session, and answers with what came of it.
pub(super) async fn act(
    service: &Service,
    caller: &Caller,
    named: &Named,
    (operation, input): (GateOperation, &str),
) -> Result<Response, Problem> {
    let acting = service.act_on_gate(caller, session(named)?, (operation, input));
    let (event, performed) = acting.await?;
    Ok(answered(service, &event, performed))
}

fn answered(service: &Service, event: &str, performed: Performed) -> Response {
    if let Some(verdict) = performed.verdict {
        service.metrics.gate_decided(verdict);
    }
    let mut response = if performed.answer.is_empty() {
        StatusCode::NO_CONTENT.into_response()
    } else {
        json_text(StatusCode::OK, performed.answer)
    };
    name_decision(&mut response, event);
    response
}

/// Ask the language model
///
/// Through the gate: the prompt is admitted or refused, what is remembered goes before it, the answer is judged and
/// remembered. A refusal is an answer, with `accepted: false` and its reasons.
///
/// With `Accept: application/x-ndjson`, each line is an event: what the model says, where the server tells it before it
/// is judged, then the judged answer, with `retracted: true` where what came before must not be used. `x-decision-id`
/// then names the event that began the request. A request whose caller goes away is given up.
#[utoipa::path(
    post,
    path = "/v1/generate",
    tag = "gate",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    request_body = GenerateBody,
    responses(
        (status = 200, description = "The answer, or why there is none", content(
            (GenerateAnswer<'static> = "application/json"),
            (StreamEvent<'static> = "application/x-ndjson")
        )),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn generate(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    named: Named,
    body: JsonBody,
) -> Result<Response, Problem> {
    let beginning = Flight::begin(Arc::clone(&service), caller, session(&named)?, body.text()?);
    let flight = beginning.await?;
    if !wants_lines(&headers) {
        let (event, performed) = flight.end(None).await?;
        return Ok(answered(&service, &event, performed));
    }
    let event = flight.event().to_owned();
    let mut response = Response::new(lines(service, flight));
    let kind = HeaderValue::from_static(LINES);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    name_decision(&mut response, &event);
    Ok(response)
}

/// Admit a request to a model of your own
///
/// The threshold moves. Tell what came of an admitted request with `POST /v1/record`.
#[utoipa::path(
    post,
    path = "/v1/admit",
    tag = "gate",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    request_body = AdmitBody,
    responses(
        (status = 200, description = "Whether it may go on", body = AdmissionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn admit(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
    body: JsonBody,
) -> Result<Response, Problem> {
    let name = session(&named)?;
    let input = service.admission_with_vector(&caller, name, body.text()?);
    let input = input.await?;
    act(&service, &caller, &named, (GateOperation::Admit, &input)).await
}

/// Tell what your own model answered
///
/// The answer is judged: may it be given? Nothing is remembered of it; `POST /v1/memory` does that.
#[utoipa::path(
    post,
    path = "/v1/record",
    tag = "gate",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    request_body = RecordBody,
    responses(
        (status = 200, description = "Whether it may be given", body = GenerateAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn record(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
    body: JsonBody,
) -> Result<Response, Problem> {
    act(
        &service,
        &caller,
        &named,
        (GateOperation::Record, body.text()?),
    )
    .await
}

/// What a session is like
#[utoipa::path(
    get,
    path = "/v1/state",
    tag = "gate",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    responses(
        (status = 200, description = "Threshold, phase, counters, memory", body = StateAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn state(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
) -> Result<Response, Problem> {
    let looking = service.look_at_gate(&caller, session(&named)?, |controller, _| {
        Ok(controller.state()?)
    });
    Ok(json(StatusCode::OK, &StateAnswer::from(&looking.await?)))
}

/// Whether a session is as it should be
///
/// A full memory is. `degraded` means that something is to be done: an emergency has not ended, or the memory or the
/// embedder is left alone because it fails.
#[utoipa::path(
    get,
    path = "/v1/health/gate",
    operation_id = "gate_health",
    tag = "gate",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    responses(
        (status = 200, description = "Whether it is, and what was looked at", body = GateHealthAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn health(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
) -> Result<Response, Problem> {
    let looking = service.look_at_gate(&caller, session(&named)?, |controller, _| {
        Ok(controller.state()?)
    });
    let answer = GateHealthAnswer::from(&looking.await?);
    Ok(json(StatusCode::OK, &answer))
}

/// Begin a session anew
///
/// As configured, with nothing remembered. The journal keeps what was.
#[utoipa::path(
    post,
    path = "/v1/state/reset",
    operation_id = "reset_gate",
    tag = "gate",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    responses(
        (status = 204, description = "It is as new"),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn reset(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
) -> Result<Response, Problem> {
    act(&service, &caller, &named, (GateOperation::Reset, "")).await
}

#[cfg(test)]
mod tests;
