//! The API's description: for programs at `/openapi.json`, for people at `/docs`.

use crate::pages::Page;
use crate::service::Service;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::header;
use std::sync::{Arc, LazyLock};
use utoipa::openapi::OpenApi;

fn write(description: &OpenApi) -> Bytes {
    // The description holds texts and numbers only: it can't fail.
    let text = serde_json::to_string(description).unwrap_or_default();
    // The registry of formats has `uint32`; the library writes it in another way.
    Bytes::from(text.replace("\"u-int", "\"uint"))
}

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

pub(crate) fn routes(description: OpenApi) -> Router<Arc<Service>> {
    // Written when it is first asked for: most instances at the edge never are.
    let written = Arc::new(LazyLock::new(move || write(&description)));
    let description = get(async move || {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (json, Bytes::clone(&written))
    });
    let routes = Router::new().route("/openapi.json", description);
    PAGES.into_iter().fold(routes, |routes, page| {
        routes.route(page.path, page.handler())
    })
}
