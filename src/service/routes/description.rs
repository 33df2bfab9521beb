//! The API's description: for programs at `/openapi.json`, for people at `/docs`.

use crate::pages::Page;
use crate::service::Service;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::header;
use std::sync::Arc;
use utoipa::openapi::OpenApi;

const PAGES: [Page; 3] = [
    Page::new(
        "/docs",
        "text/html; charset=utf-8",
        include_bytes!("../pages/docs.html"),
    ),
    Page::new(
        "/docs/page.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../pages/docs.js"),
    ),
    Page::new(
        "/docs/page.css",
        "text/css; charset=utf-8",
        include_bytes!("../pages/docs.css"),
    ),
];

pub(crate) fn routes(description: &OpenApi) -> Router<Arc<Service>> {
    // The description holds texts and numbers only: it can't fail.
    let description = serde_json::to_string(description).unwrap_or_default();
    // The registry of formats has `uint32`; the library writes it in another way.
    let description = Bytes::from(description.replace("\"u-int", "\"uint"));
    let description = get(async move || {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (json, description.clone())
    });
    let routes = Router::new().route("/openapi.json", description);
    PAGES.into_iter().fold(routes, |routes, page| {
        routes.route(page.path, page.handler())
    })
}
