//! Questions to the rule engine.

use crate::decide::rules;
use crate::http::{Caller, JsonBody, json_text, name_decision};
use crate::knowledge::reference;
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use assize_json::rules::schemas::{QueryAnswer, QueryBody};
use assize_json::rules::{Base, QueryRequest};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value as Json;
use std::sync::Arc;

const LINES: &str = "application/x-ndjson";

/// Whether a caller wants an answer on each line.
fn wants_lines(headers: &HeaderMap) -> bool {
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
    let body = body.text()?;
    let mut request = QueryRequest::read(body.as_bytes(), service.rule_limits)?;
    let now = *request.options.now_ms.get_or_insert(service.now_ms());
    let (asked, reply) = match &request.base {
        Base::Inline(sources) => {
            let mut rules = service.engines.load_rules(sources)?;
            let reply = rules::query(rules.as_mut(), &request.goal, &request.options)?;
            (Json::Null, reply)
        }
        Base::Named(name) => {
            let (stored, state) = service.knowledge(&caller, name).await?;
            let mut rules = state.load(service.engines.as_ref(), name)?;
            let reply = rules::query(rules.as_mut(), &request.goal, &request.options)?;
            (reference(name, &stored, &state), reply)
        }
    };
    let text = if wants_lines(&headers) {
        reply.to_lines()
    } else {
        reply.to_json()
    };
    let input = rules::input(body, now, service.rule_limits, &asked);
    let names = (rules::ENGINE, rules::QUERY);
    let kept = service.journal.keep_answer(&caller, names, &input, &text);
    let event = kept.await?;
    let mut response = json_text(StatusCode::OK, text);
    if wants_lines(&headers) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(LINES));
    }
    if let Some(event) = event {
        name_decision(&mut response, &event);
    }
    Ok(response)
}

#[cfg(test)]
mod tests;
