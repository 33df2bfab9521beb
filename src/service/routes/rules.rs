//! Questions to the rule engine.

use crate::decide::Asking;
use crate::http::{Caller, JsonBody};
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use assize_json::rules::DEFAULT_NAME;
use assize_json::rules::schemas::{QueryAnswer, QueryBody};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use std::sync::Arc;

pub(super) const LINES: &str = "application/x-ndjson";

/// Whether a caller wants its answer in lines.
pub(super) fn wants_lines(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok()).unwrap_or("");
    accept.split(',').any(|kind| {
        let kind = kind.split(';').next().unwrap_or("").trim();
        kind.eq_ignore_ascii_case(LINES)
    })
}

/// Ask the rule engine
///
/// Of a knowledge base, or of rules in the request. With `Accept: application/x-ndjson`, each answer is a line, and
/// the last line is everything else.
#[utoipa::path(
    post,
    path = "/query",
    tag = "rules",
    request_body = QueryBody,
    responses(
        (status = 200, description = "All answers, or those until a bound was reached", body = QueryAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn query(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let lines = wants_lines(&headers);
    let asking = if lines {
        Asking::QueryLines
    } else {
        Asking::Query
    };
    let mut response = service
        .inquire(&caller, asking, DEFAULT_NAME, &body)
        .await?;
    if lines {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(LINES));
    }
    Ok(response)
}

#[cfg(test)]
mod tests;
