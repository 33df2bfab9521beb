//! The routes. What they accept and answer is described where they are, by `utoipa`.

mod decisions;
pub(crate) mod description;
mod gate;
mod governor;
mod knowledge;
mod memory;
mod operations;
mod rules;
mod sessions;

use crate::admit::{Group, admit};
use crate::service::Service;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Assize",
        description = "A portable court for AI decisions: may this output be acted on, and why?\n\n\
            Every decision carries a verdict and its reasons. Every error is a problem document \
            (RFC 9457) that names each value that is not acceptable; after an error nothing has changed. \
            Send `x-request-id` to find a request in the log; the answer carries it back. \
            `x-decision-id` names the decision in the journal, where there is one. Where the server limits how often \
            a client may ask, `ratelimit` says how it stands.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "governor", description = "Do two reasoners agree enough, at acceptable risk, within a contradiction budget?"),
        (name = "sessions", description = "Governors that remember: cycles that share one budget and one history."),
        (name = "gate", description = "May this request reach a model, and may its answer be given and remembered?"),
        (name = "memory", description = "What a session of the gate remembers."),
        (name = "rules", description = "Does a logic policy permit it, with what proof?"),
        (name = "authzen", description = "The AuthZEN Authorization API 1.0, over a knowledge base."),
        (name = "operations", description = "For those who run it.")
    )
)]
struct Description;

/// With a key or a token, or with neither where the server permits it.
fn describe_access(description: &mut OpenApi) {
    let mut key = ApiKeyValue::new("X-API-Key");
    key.description = Some("An API key.".to_owned());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key or a JSON Web Token."))
        .build();
    let components = description.components.get_or_insert_default();
    components.add_security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let none: [&str; 0] = [];
    description.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new("key", none),
        SecurityRequirement::new("bearer", none),
    ]);
}

/// All routes but those that describe them; each group admits callers by what it is.
pub(crate) fn all(service: &Arc<Service>) -> OpenApiRouter<Arc<Service>> {
    let mut description = Description::openapi();
    description.info.version = service.engines.describe().version;
    describe_access(&mut description);
    let admits = |group: Group| from_fn_with_state((Arc::clone(service), group), admit);
    let decisions = OpenApiRouter::new()
        .routes(routes!(governor::evaluate))
        .routes(routes!(governor::evaluate_versioned))
        .routes(routes!(governor::evaluate_batch))
        .routes(routes!(rules::query))
        .routes(routes!(knowledge::check))
        .routes(routes!(decisions::decide))
        .routes(routes!(decisions::evaluation))
        .routes(routes!(decisions::evaluations))
        .routes(routes!(decisions::search_subject))
        .routes(routes!(decisions::search_resource))
        .routes(routes!(decisions::search_action))
        .route_layer(admits(Group::Decisions));
    let sessions = OpenApiRouter::new()
        .routes(routes!(sessions::open))
        .routes(routes!(sessions::get, sessions::delete))
        .routes(routes!(sessions::evaluate))
        .routes(routes!(sessions::step))
        .routes(routes!(sessions::reopen))
        .routes(routes!(sessions::reset))
        .routes(routes!(sessions::audit))
        .routes(routes!(sessions::add_wisdom))
        .routes(routes!(gate::generate))
        .routes(routes!(gate::admit))
        .routes(routes!(gate::record))
        .routes(routes!(gate::state))
        .routes(routes!(gate::reset))
        .routes(routes!(gate::health))
        .routes(routes!(memory::usage, memory::insert))
        .routes(routes!(memory::forget))
        .routes(routes!(memory::entries))
        .route_layer(admits(Group::Sessions));
    let recall = OpenApiRouter::new()
        .routes(routes!(memory::search))
        .route_layer(admits(Group::Recall));
    let knowledge = OpenApiRouter::new()
        .routes(routes!(knowledge::list))
        .routes(routes!(knowledge::put, knowledge::get, knowledge::delete))
        .routes(routes!(knowledge::version))
        .routes(routes!(knowledge::activate))
        .routes(routes!(knowledge::facts, knowledge::changed_facts))
        .route_layer(admits(Group::Rules));
    let metrics = OpenApiRouter::new()
        .routes(routes!(operations::metrics))
        .route_layer(admits(Group::Metrics));
    let open = OpenApiRouter::new()
        .routes(routes!(operations::health))
        .routes(routes!(operations::ready))
        .routes(routes!(decisions::configuration));
    let routes = OpenApiRouter::with_openapi(description);
    [decisions, sessions, recall, knowledge, open, metrics]
        .into_iter()
        .fold(routes, OpenApiRouter::merge)
}
