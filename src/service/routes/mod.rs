//! The routes. What they accept and answer is described where they are, by `utoipa`.

pub(crate) mod description;
mod governor;
mod operations;
mod sessions;

use crate::service::Service;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Assize",
        description = "A portable court for AI decisions: may this output be acted on, and why?\n\n\
            Every decision carries a verdict and its reasons. Every error is a problem document \
            (RFC 9457) that names each value that is not acceptable; after an error nothing has changed. \
            Send `x-request-id` to find a request in the log; the answer carries it back.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "governor", description = "Do two reasoners agree enough, at acceptable risk, within a contradiction budget?"),
        (name = "sessions", description = "Governors that remember: cycles that share one budget and one history."),
        (name = "operations", description = "For those who run it.")
    )
)]
struct Description;

/// All routes but those that describe them.
pub(crate) fn all(version: &str) -> OpenApiRouter<Arc<Service>> {
    let mut description = Description::openapi();
    version.clone_into(&mut description.info.version);
    OpenApiRouter::with_openapi(description)
        .routes(routes!(governor::evaluate))
        .routes(routes!(governor::evaluate_versioned))
        .routes(routes!(governor::evaluate_batch))
        .routes(routes!(sessions::open))
        .routes(routes!(sessions::get, sessions::delete))
        .routes(routes!(sessions::evaluate))
        .routes(routes!(sessions::step))
        .routes(routes!(sessions::reopen))
        .routes(routes!(sessions::reset))
        .routes(routes!(sessions::audit))
        .routes(routes!(sessions::add_wisdom))
        .routes(routes!(operations::health))
        .routes(routes!(operations::ready))
        .routes(routes!(operations::metrics))
}
