//! One session: a Durable Object.

use crate::platform::EdgePlatform;
use crate::store::SqlStore;
use crate::{SESSION_ID, answer, limits};
use assize_service::{NativeEngines, Service, SessionStore, router};
use http::HeaderValue;
use std::sync::Arc;
use std::time::Duration;
use worker::{DurableObject, Env, HttpRequest, Request, Response, Result, State, durable_object};

/// How long a session is kept after its last change, where `SESSION_DAYS` says nothing.
const DAYS: u64 = 30;

/// A session that is stored and answers for itself.
#[durable_object]
pub struct GovernorSession {
    state: State,
    env: Env,
}

impl std::fmt::Debug for GovernorSession {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GovernorSession")
            .finish_non_exhaustive()
    }
}

impl DurableObject for GovernorSession {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let mut request: HttpRequest = request.try_into()?;
        let id = request.headers_mut().remove(SESSION_ID);
        let id = id.as_ref().and_then(|id: &HeaderValue| id.to_str().ok());
        let id = id.unwrap_or_default().to_owned();
        let store = Arc::new(SqlStore::open(&self.state, id.clone()));
        // The router names what it opens by the platform; a request has its own name.
        if !request.headers().contains_key("x-request-id")
            && let Ok(name) = HeaderValue::from_str(&crate::platform::identifier())
        {
            request.headers_mut().insert("x-request-id", name);
        }
        let service = Service::new(
            Arc::new(NativeEngines),
            Arc::clone(&store) as Arc<dyn SessionStore>,
            Arc::new(EdgePlatform::of_session(id)),
            limits(&self.env),
        );
        let response = answer(router(Arc::new(service), []), request).await;
        // A store that fails has said so in the answer.
        if store.is_made().unwrap_or(false) {
            self.state.storage().set_alarm(self.kept_for()).await?;
        }
        response.try_into()
    }

    /// Nobody asked for it in a long time.
    async fn alarm(&self) -> Result<Response> {
        self.state.storage().delete_all().await?;
        Response::empty()
    }
}

impl GovernorSession {
    fn kept_for(&self) -> Duration {
        let given = self.env.var("SESSION_DAYS").ok();
        let days = given.and_then(|value| value.to_string().parse().ok());
        Duration::from_secs(days.unwrap_or(DAYS) * 24 * 60 * 60)
    }
}
