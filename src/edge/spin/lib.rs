//! The HTTP API of Assize as a handler for Spin and every other host of `wasi:http` 0.3.
//!
//! It imports the core's interface, and is composed with the component that exports it: Spin does so by
//! `deploy/spin/spin.toml`, `cargo xtask build spin` for everyone else. Built with `sessions`, it keeps them in
//! `wasi:keyvalue`; built without, it needs nothing but `wasi:http`.
//!
//! What this crate does not do: decide anything, or have routes of its own.

mod engines;
mod log;
mod platform;
mod rules;
#[cfg(feature = "sessions")]
mod store;

/// The same conversions as on the native host: both bindings have the same shapes.
#[path = "../../host/engine/convert.rs"]
mod convert;
#[path = "../../host/engine/convert_rules.rs"]
mod convert_rules;

mod bindings {
    spin_sdk::wit_bindgen::generate!({
        path: "../../../wit",
        world: "assize:core/imports",
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        ownership: Borrowing { duplicate_if_necessary: true },
        generate_all,
    });

    /// The same world with arguments that own what they hold: the terms of rules are lists of lists.
    pub(crate) mod owning {
        spin_sdk::wit_bindgen::generate!({
            path: "../../../wit",
            world: "assize:core/imports",
            runtime_path: "::spin_sdk::wit_bindgen::rt",
            type_section_suffix: "-owning",
            generate_all,
        });
    }
}

/// The interface, under the names that the native host's generator gives.
mod wit {
    pub(crate) use crate::bindings::assize::core::governor::*;
    pub(crate) use crate::bindings::assize::core::governor::{
        CandidateParam as Candidate, CycleInputParam as CycleInput,
        EngineOutputParam as EngineOutput,
    };
}

use assize_edge::{Settings, failure, read_all, start_log};
use assize_service::{Platform, Problem, Service, Store, request_id, router};
use axum::Router;
use axum::body::Body;
use bindings::assize::core::types;
use bindings::owning::assize::core as owning_wit;
use engines::ImportedEngines;
use http::Response;
use platform::WasiPlatform;
use spin_sdk::http::Request;
use spin_sdk::http_service;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;

/// Answers a request.
#[http_service]
async fn answer(request: Request) -> Response<Body> {
    // An instance may answer many requests: what they share is made once.
    static ROUTER: OnceLock<Result<Router, String>> = OnceLock::new();
    let response = match ROUTER.get_or_init(start) {
        Ok(router) => {
            let Ok(response) = router.clone().oneshot(request.map(Body::new)).await;
            response
        }
        Err(error) => {
            let id = request_id(request.headers()).unwrap_or_else(|| WasiPlatform.identifier());
            failure(Problem::misconfigured(error.clone()), &id)
        }
    };
    log::flush();
    response
}

fn start() -> Result<Router, String> {
    let settings = read_all(variable);
    let level = settings
        .as_ref()
        .map_or(Settings::default().log, |(settings, _)| settings.log);
    start_log(level, log::keep);
    let (settings, access) = settings.map_err(|error| error.to_string())?;
    let service = Service::new(
        Arc::new(ImportedEngines),
        store(&settings),
        Arc::new(WasiPlatform),
        settings.service(),
    );
    service.set_access(access);
    Ok(router(Arc::new(service), assize_playground::pages()))
}

#[cfg(feature = "sessions")]
fn variable(name: &str) -> Option<String> {
    let variables = spin_sdk::wasip3::cli::environment::get_environment();
    let found = variables.into_iter().find(|(given, _)| given == name);
    found.map(|(_, text)| text)
}

#[cfg(feature = "sessions")]
fn store(settings: &Settings) -> Arc<dyn Store> {
    Arc::new(store::KeyValueStore::new(settings.session_idle))
}

/// `wasi:http` has no variables.
#[cfg(not(feature = "sessions"))]
fn variable(_: &str) -> Option<String> {
    None
}

#[cfg(not(feature = "sessions"))]
fn store(_: &Settings) -> Arc<dyn Store> {
    Arc::new(assize_service::NoStore(
        "this build keeps no sessions and no knowledge bases, for it needs nothing but wasi:http: use the routes \
         that need none, or the build for hosts with wasi:keyvalue (assize-spin.wasm)",
    ))
}
