//! Knowledge bases by name: put, listed, activated, changed, checked.

use crate::decide::Place;
use crate::decide::knowledge::{
    ACTIVATE, ActivationAnswer, ChangedFactsAnswer, FACTS, FactsAnswer, KnowledgeAnswer, PutAnswer,
    VERSION, Version,
};
use crate::http::{Caller, JsonBody, json, json_text, name_decision};
use crate::problem::{Problem, ProblemAnswer};
use crate::rule_engines::RulesError;
use crate::service::Service;
use assize_json::rules::schemas::{ActivationBody, FactsBody, VersionBody};
use assize_json::rules::{Finding, VersionRequest};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// All knowledge bases.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListAnswer<'a> {
    rules: Vec<KnowledgeAnswer<'a>>,
}

/// What is wrong with some sources.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckAnswer {
    /// Whether they could be put.
    acceptable: bool,
    /// Errors and warnings.
    findings: Vec<Finding>,
}

async fn change(
    service: &Service,
    caller: &Caller,
    name: &str,
    operation: (&'static str, &str),
) -> Result<Response, Problem> {
    let (event, answer) = service.change_knowledge(caller, name, operation).await?;
    let mut response = json_text(StatusCode::OK, answer);
    name_decision(&mut response, &event);
    Ok(response)
}

/// Put a version of a knowledge base
///
/// It is checked first; if anything is wrong, nothing changes. Where not said otherwise it is asked from now on.
#[utoipa::path(
    put,
    path = "/v1/rules/{name}",
    operation_id = "put_rules",
    tag = "rules",
    params(("name" = String, Path, description = "1 to 64 letters, digits, `-`, `_` and `.`")),
    request_body = VersionBody,
    responses(
        (status = 200, description = "It is kept", body = PutAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn put(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&service, &caller, &name, (VERSION, body.text()?)).await
}

/// All knowledge bases
#[utoipa::path(
    get,
    path = "/v1/rules",
    operation_id = "list_rules",
    tag = "rules",
    responses(
        (status = 200, description = "By name", body = ListAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
) -> Result<Response, Problem> {
    let all = service.all_knowledge(&caller).await?;
    let describe = |(name, stored, state)| {
        let (name, stored, state): &(String, assize_journal::Stored, _) = &(name, stored, state);
        let state: &crate::decide::knowledge::Knowledge = state;
        serde_json::to_value(state.describe(name, Place::of(&stored.head)))
    };
    let rules: Result<Vec<_>, _> = all.into_iter().map(describe).collect();
    let rules = rules.unwrap_or_default();
    Ok(json(StatusCode::OK, &serde_json::json!({ "rules": rules })))
}

/// A knowledge base
#[utoipa::path(
    get,
    path = "/v1/rules/{name}",
    operation_id = "get_rules",
    tag = "rules",
    params(("name" = String, Path, description = "As it was put")),
    responses(
        (status = 200, description = "Its versions, without their sources", body = KnowledgeAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn get(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (stored, state) = service.knowledge(&caller, &name).await?;
    Ok(json(
        StatusCode::OK,
        &state.describe(&name, Place::of(&stored.head)),
    ))
}

/// A version with its sources
#[utoipa::path(
    get,
    path = "/v1/rules/{name}/versions/{version}",
    operation_id = "get_rules_version",
    tag = "rules",
    params(
        ("name" = String, Path, description = "As it was put"),
        ("version" = u64, Path, description = "As answered when it was put")
    ),
    responses(
        (status = 200, description = "As it was put", body = Version),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn version(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (_, state) = service.knowledge(&caller, &name).await?;
    let number = version.parse().unwrap_or(0);
    let found = state.version(number);
    let found = found.ok_or_else(|| Problem::no_such_version(&name, number))?;
    Ok(json(StatusCode::OK, found))
}

/// Ask another version from now on
///
/// Also an earlier one.
#[utoipa::path(
    post,
    path = "/v1/rules/{name}/activate",
    operation_id = "activate_rules",
    tag = "rules",
    params(("name" = String, Path, description = "As it was put")),
    request_body = ActivationBody,
    responses(
        (status = 200, description = "It is asked", body = ActivationAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn activate(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&service, &caller, &name, (ACTIVATE, body.text()?)).await
}

/// Remove and add facts
///
/// All or nothing. They stay over versions, until they are changed again.
#[utoipa::path(
    post,
    path = "/v1/rules/{name}/facts",
    operation_id = "change_facts",
    tag = "rules",
    params(("name" = String, Path, description = "As it was put")),
    request_body = FactsBody,
    responses(
        (status = 200, description = "They are changed", body = FactsAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn facts(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    change(&service, &caller, &name, (FACTS, body.text()?)).await
}

/// The facts that were changed
///
/// Beside what the versions say.
#[utoipa::path(
    get,
    path = "/v1/rules/{name}/facts",
    operation_id = "list_changed_facts",
    tag = "rules",
    params(("name" = String, Path, description = "As it was put")),
    responses(
        (status = 200, description = "By their text", body = ChangedFactsAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn changed_facts(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (_, state) = service.knowledge(&caller, &name).await?;
    Ok(json_text(StatusCode::OK, state.changed_facts()))
}

/// Delete a knowledge base
#[utoipa::path(
    delete,
    path = "/v1/rules/{name}",
    operation_id = "delete_rules",
    tag = "rules",
    params(("name" = String, Path, description = "As it was put")),
    responses(
        (status = 204, description = "It is gone"),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn delete(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let event = service.delete_knowledge(&caller, &name).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(event) = event {
        name_decision(&mut response, &event);
    }
    Ok(response)
}

/// Check facts and rules
///
/// Nothing is kept.
#[utoipa::path(
    post,
    path = "/v1/rules/check",
    operation_id = "check_rules",
    tag = "rules",
    request_body = VersionBody,
    responses(
        (status = 200, description = "What is wrong with them", body = CheckAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn check(
    State(service): State<Arc<Service>>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let request = VersionRequest::read(body.text()?.as_bytes())?;
    let (acceptable, findings) = match service.engines.load_rules(&request.sources) {
        Ok(mut rules) => (true, rules.warnings()?),
        Err(RulesError::Invalid(findings)) => (false, findings),
        Err(error) => return Err(error.into()),
    };
    let answer = CheckAnswer {
        acceptable,
        findings,
    };
    Ok(json(StatusCode::OK, &answer))
}
