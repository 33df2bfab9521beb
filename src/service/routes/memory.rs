//! What a session of the gate remembers.

use super::gate::{Named, act, session};
use crate::decide::gated::GateOperation;
use crate::gates::USUAL;
use crate::http::{Caller, JsonBody, json};
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use assize_json::memory::schemas::{ForgetBody, InsertBody, SearchBody};
use assize_json::memory::{
    EntriesAnswer, FoundEntriesAnswer, InsertAnswer, RemovedAnswer, UsageAnswer,
};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use std::sync::Arc;

/// Entries of a page, at most and where a request does not say.
const LARGEST_PAGE: u32 = 1000;
const USUAL_PAGE: u32 = 100;

/// How much is remembered
#[utoipa::path(
    get,
    path = "/v1/memory",
    tag = "memory",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    responses(
        (status = 200, description = "Entries and bytes", body = UsageAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn usage(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
) -> Result<Response, Problem> {
    let looking = service.look_at_gate(&caller, session(&named)?, |controller, _| {
        Ok(controller.state()?.memory)
    });
    Ok(json(StatusCode::OK, &UsageAnswer::from(looking.await?)))
}

/// Remember something
///
/// One to 1,000 entries, all or none: each with a vector, or with a text that an embedder finds one for.
/// What is not confident enough is refused, and said so.
#[utoipa::path(
    post,
    path = "/v1/memory",
    operation_id = "insert_entries",
    tag = "memory",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    request_body = InsertBody,
    responses(
        (status = 200, description = "What became of each", body = InsertAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn insert(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
    body: JsonBody,
) -> Result<Response, Problem> {
    let name = session(&named)?;
    let input = service.insertion_with_vectors(&caller, name, body.text()?);
    let input = input.await?;
    act(&service, &caller, &named, (GateOperation::Insert, &input)).await
}

/// Find what is like a vector or a text
#[utoipa::path(
    post,
    path = "/v1/memory/search",
    operation_id = "search_entries",
    tag = "memory",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    request_body = SearchBody,
    responses(
        (status = 200, description = "The entries, the most alike first", body = FoundEntriesAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn search(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
    body: JsonBody,
) -> Result<Response, Problem> {
    let searching = service.search_memory(&caller, session(&named)?, body.text()?);
    let found = searching.await?;
    Ok(json(
        StatusCode::OK,
        &FoundEntriesAnswer::from(found.as_slice()),
    ))
}

/// Forget entries
///
/// By id, or all that came from one source. What they held is overwritten. The journal keeps what was asked.
#[utoipa::path(
    post,
    path = "/v1/memory/forget",
    operation_id = "forget_entries",
    tag = "memory",
    params(("session" = Option<String>, Query, description = "The session's name; `default` where none is given")),
    request_body = ForgetBody,
    responses(
        (status = 200, description = "How many there were", body = RemovedAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn forget(
    State(service): State<Arc<Service>>,
    caller: Caller,
    named: Named,
    body: JsonBody,
) -> Result<Response, Problem> {
    act(
        &service,
        &caller,
        &named,
        (GateOperation::Forget, body.text()?),
    )
    .await
}

/// What a page of entries is asked by.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    session: Option<String>,
    #[serde(default)]
    after: u64,
    count: Option<u32>,
}

/// List entries
///
/// The oldest first. `next` of an answer is `after` of the next page.
#[utoipa::path(
    get,
    path = "/v1/memory/entries",
    operation_id = "list_entries",
    tag = "memory",
    params(
        ("session" = Option<String>, Query, description = "The session's name; `default` where none is given"),
        ("after" = Option<u64>, Query, description = "The id that the entries come after; 0 where none is given"),
        ("count" = Option<u32>, Query, description = "Entries to give at most, 1 to 1,000; 100 where it is not said")
    ),
    responses(
        (status = 200, description = "A page of entries", body = EntriesAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn entries(
    State(service): State<Arc<Service>>,
    caller: Caller,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(page) = page.map_err(|error| Problem::wrong_query(error.body_text()))?;
    let count = page.count.unwrap_or(USUAL_PAGE);
    if !(1..=LARGEST_PAGE).contains(&count) {
        let message =
            format!("`count` must be a whole number from 1 to {LARGEST_PAGE}, got {count}");
        return Err(Problem::wrong_query(message));
    }
    let name = page.session.as_deref().unwrap_or(USUAL);
    let looking = service.look_at_gate(&caller, name, |controller, now| {
        Ok(controller.entries(page.after, count, now)?)
    });
    let found = looking.await?;
    Ok(json(
        StatusCode::OK,
        &EntriesAnswer::page(&found, count as usize),
    ))
}
