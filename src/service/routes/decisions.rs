//! Decisions about a subject, an action and a resource: the service's own way of asking, and AuthZEN's.

use crate::decide::Asking;
use crate::http::{Caller, JsonBody, json};
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use assize_core::{FieldError, InvalidInput};
use assize_json::rules::schemas::{
    DecideBody, DecisionAnswer, EvaluationBody, EvaluationsAnswer, EvaluationsBody, MetadataAnswer,
    PermitAnswer, SearchAnswer,
};
use assize_json::rules::{DEFAULT_NAME, Sought, check_name};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;

/// The header that names the knowledge base that AuthZEN's routes ask.
const RULES: &str = "x-assize-rules";

/// Decide by a knowledge base
///
/// `deny` beats `escalate`, which beats `allow`; what nothing permits is denied. Each is asked with the identifiers
/// of subject, action and resource, or with four records, whichever the rules define.
#[utoipa::path(
    post,
    path = "/v1/rules/{name}/decide",
    operation_id = "decide_by_rules",
    tag = "rules",
    params(("name" = String, Path, description = "As it was put")),
    request_body = DecideBody,
    responses(
        (status = 200, description = "The decision", body = DecisionAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn decide(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    service.inquire(&caller, Asking::Decide, &name, &body).await
}

/// The knowledge base that a request names. One that can't be read is no other one.
fn base(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut names = headers.get_all(RULES).iter();
    let Some(name) = names.next() else {
        return Ok(DEFAULT_NAME);
    };
    let name = name.to_str().ok().filter(|_| names.next().is_none());
    name.filter(|name| check_name(name).is_ok()).ok_or_else(|| {
        let message = format!("the header {RULES} must be one name of a knowledge base");
        InvalidInput::single(FieldError::new("", message)).into()
    })
}

/// AuthZEN: one evaluation
///
/// By the knowledge base `default`, or the one that the header `x-assize-rules` names.
#[utoipa::path(
    post,
    path = "/access/v1/evaluation",
    operation_id = "access_evaluation",
    tag = "authzen",
    request_body = EvaluationBody,
    responses(
        (status = 200, description = "The decision", body = PermitAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluation(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let name = base(&headers)?;
    service
        .inquire(&caller, Asking::Evaluation, name, &body)
        .await
}

/// AuthZEN: many evaluations
#[utoipa::path(
    post,
    path = "/access/v1/evaluations",
    operation_id = "access_evaluations",
    tag = "authzen",
    request_body = EvaluationsBody,
    responses(
        (status = 200, description = "The decisions, in order; without `evaluations`, one decision", body = EvaluationsAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluations(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let name = base(&headers)?;
    service
        .inquire(&caller, Asking::Evaluations, name, &body)
        .await
}

macro_rules! search_route {
    ($name:ident, $path:literal, $id:literal, $sought:expr, $title:literal) => {
        #[doc = $title]
        #[utoipa::path(
            post,
            path = $path,
            operation_id = $id,
            tag = "authzen",
            request_body = EvaluationBody,
            responses(
                (status = 200, description = "All that may; `context` says why there may be more", body = SearchAnswer),
                (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
            )
        )]
        pub(super) async fn $name(
            State(service): State<Arc<Service>>,
            caller: Caller,
            headers: HeaderMap,
            body: JsonBody,
        ) -> Result<Response, Problem> {
            let asking = Asking::Search($sought);
            service.inquire(&caller, asking, base(&headers)?, &body).await
        }
    };
}

search_route!(
    search_subject,
    "/access/v1/search/subject",
    "access_search_subject",
    Sought::Subject,
    "AuthZEN: which subjects may"
);
search_route!(
    search_resource,
    "/access/v1/search/resource",
    "access_search_resource",
    Sought::Resource,
    "AuthZEN: to which resources"
);
search_route!(
    search_action,
    "/access/v1/search/action",
    "access_search_action",
    Sought::Action,
    "AuthZEN: which actions"
);

/// AuthZEN: where everything is
#[utoipa::path(
    get,
    path = "/.well-known/authzen-configuration",
    operation_id = "authzen_configuration",
    tag = "authzen",
    responses((status = 200, description = "The routes, below the host that the request names", body = MetadataAnswer))
)]
pub(super) async fn configuration(headers: HeaderMap) -> Response {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("localhost");
    let is_local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| {
        host.split_once(local)
            .is_some_and(|(before, _)| before.is_empty())
    });
    let scheme = if is_local { "http" } else { "https" };
    let at = |path: &str| format!("{scheme}://{host}{path}");
    json(
        StatusCode::OK,
        &MetadataAnswer {
            policy_decision_point: at(""),
            access_evaluation_endpoint: at("/access/v1/evaluation"),
            access_evaluations_endpoint: at("/access/v1/evaluations"),
            search_subject_endpoint: at("/access/v1/search/subject"),
            search_resource_endpoint: at("/access/v1/search/resource"),
            search_action_endpoint: at("/access/v1/search/action"),
        },
    )
}
