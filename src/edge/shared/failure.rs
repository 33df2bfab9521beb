//! What goes wrong before a route can answer.

use assize_service::{Problem, REQUEST_ID};
use axum::body::Body;
use axum::response::IntoResponse;
use http::{HeaderValue, Response};

/// Logs a problem once, as the routes do, and answers with it.
#[must_use]
pub fn failure(problem: Problem, id: &str) -> Response<Body> {
    let cause = problem.cause().unwrap_or_default();
    let status = problem.status().as_u16();
    tracing::error!(id, status, cause, "answered");
    let mut response = problem.into_response();
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
