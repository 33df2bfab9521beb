//! For those who run the service.

use crate::http::json;
use crate::service::Service;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Whether the service is as it should be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthAnswer {
    /// `healthy`, `ready`, `stopping` or `store-unavailable`.
    #[schema(example = "healthy")]
    status: &'static str,
    /// Of the core.
    version: String,
    /// `component` or `native`.
    #[schema(example = "component")]
    engine: &'static str,
    /// BLAKE3 of the component in hexadecimal; empty where there is none.
    component: String,
}

impl HealthAnswer {
    fn new(service: &Service, status: &'static str) -> Self {
        let engine = service.engines.describe();
        Self {
            status,
            version: engine.version,
            engine: engine.kind,
            component: engine.hash,
        }
    }
}

/// Is the process alive?
#[utoipa::path(
    get,
    path = "/health",
    tag = "operations",
    responses((status = 200, description = "It is", body = HealthAnswer))
)]
pub(super) async fn health(State(service): State<Arc<Service>>) -> Response {
    json(StatusCode::OK, &HealthAnswer::new(&service, "healthy"))
}

/// May requests be sent here?
#[utoipa::path(
    get,
    path = "/ready",
    tag = "operations",
    responses(
        (status = 200, description = "They may", body = HealthAnswer),
        (status = 503, description = "The server is stopping, or its store does not answer", body = HealthAnswer)
    )
)]
pub(super) async fn ready(State(service): State<Arc<Service>>) -> Response {
    if service.is_stopping() {
        let answer = HealthAnswer::new(&service, "stopping");
        return json(StatusCode::SERVICE_UNAVAILABLE, &answer);
    }
    if let Err(error) = service.journal.store().ping().await {
        tracing::warn!(%error, "not ready: the store does not answer");
        let answer = HealthAnswer::new(&service, "store-unavailable");
        return json(StatusCode::SERVICE_UNAVAILABLE, &answer);
    }
    json(StatusCode::OK, &HealthAnswer::new(&service, "ready"))
}

/// Metrics for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, description = "OpenMetrics text", body = String, content_type = "application/openmetrics-text"))
)]
pub(super) async fn metrics(State(service): State<Arc<Service>>) -> Response {
    // A scrape is answered also where the store is not.
    let sessions = service.journal.store().count().await.ok().flatten();
    let text = service
        .metrics
        .encode(sessions, service.platform.memory_bytes());
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}
