//! The API's description: for programs at `/openapi.json`, for people at `/docs`.

use crate::service::Service;
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use http::header;
use std::sync::Arc;
use utoipa::openapi::OpenApi;

/// The page loads nothing but what stands beside it, and may not be framed.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; frame-ancestors 'none'";

pub(crate) fn routes(description: &OpenApi) -> Router<Arc<Service>> {
    // The description holds texts and numbers only: it can't fail.
    let description = serde_json::to_string(description).unwrap_or_default();
    // The registry of formats has `uint32`; the library writes it in another way.
    let description = Bytes::from(description.replace("\"u-int", "\"uint"));
    Router::new()
        .route(
            "/openapi.json",
            get(async move || {
                (
                    [(header::CONTENT_TYPE, "application/json")],
                    description.clone(),
                )
            }),
        )
        .route(
            "/docs",
            asset(
                "text/html; charset=utf-8",
                include_bytes!("../pages/docs.html"),
            ),
        )
        .route(
            "/docs/page.js",
            asset(
                "text/javascript; charset=utf-8",
                include_bytes!("../pages/docs.js"),
            ),
        )
        .route(
            "/docs/page.css",
            asset(
                "text/css; charset=utf-8",
                include_bytes!("../pages/docs.css"),
            ),
        )
}

fn asset(
    content_type: &'static str,
    bytes: &'static [u8],
) -> axum::routing::MethodRouter<Arc<Service>> {
    get(async move || {
        (
            [
                (header::CONTENT_TYPE, content_type),
                (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CACHE_CONTROL, "no-cache"),
            ],
            bytes,
        )
            .into_response()
    })
}
