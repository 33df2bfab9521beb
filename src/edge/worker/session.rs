//! The Durable Objects: one for each session, and one for the knowledge bases of each tenant.

use crate::platform::EdgePlatform;
use crate::store::{Holds, SqlStore};
use crate::{answer, start};
use assize_edge::Settings;
use assize_service::{AccessSettings, Limits, NativeEngines, Service, Store, router};
use axum::Router;
use std::cell::OnceCell;
use std::sync::Arc;
use worker::{DurableObject, Env, HttpRequest, Request, Response, Result, State, durable_object};

/// A session that is stored and answers for itself.
#[durable_object]
pub struct GovernorSession {
    state: State,
    env: Env,
    /// Made for the first request. After hibernation there is a new object, and what it needs is in its storage.
    ready: OnceCell<Ready>,
}

/// What an object answers with.
struct Ready {
    router: Router,
    store: Arc<SqlStore>,
    settings: Settings,
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
        Self {
            state,
            env,
            ready: OnceCell::new(),
        }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let request: HttpRequest = request.try_into()?;
        let ready = self.ready.get_or_init(|| self.make_ready());
        let response = answer(&ready.router, request).await;
        // What was stored is stored: an alarm that can't be set is no reason to answer otherwise.
        if ready.store.take_changed()
            && let Err(error) = self
                .state
                .storage()
                .set_alarm(ready.settings.session_idle)
                .await
        {
            tracing::warn!(%error, "the session's expiry can't be set");
        }
        response.try_into()
    }

    /// Nobody changed it in a long time.
    async fn alarm(&self) -> Result<Response> {
        self.state.storage().delete_all().await?;
        Response::empty()
    }
}

impl GovernorSession {
    fn make_ready(&self) -> Ready {
        // Objects are only ever asked for by name.
        let id = self.state.id().name().unwrap_or_default();
        let platform = EdgePlatform::of_session(id.clone());
        Ready::new(&self.state, &self.env, Holds::Session(id), platform)
    }
}

/// All knowledge bases of a tenant, and the list of their names: one object, so that a change of both is seen as one,
/// and what one tenant asks keeps no other waiting.
#[durable_object]
pub struct TenantKnowledge {
    state: State,
    env: Env,
    /// As that of a session.
    ready: OnceCell<Ready>,
}

impl std::fmt::Debug for TenantKnowledge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TenantKnowledge")
            .finish_non_exhaustive()
    }
}

impl DurableObject for TenantKnowledge {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            ready: OnceCell::new(),
        }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let request: HttpRequest = request.try_into()?;
        let ready = self.ready.get_or_init(|| {
            let tenant = self.state.id().name().unwrap_or_default();
            let holds = Holds::Knowledge(tenant);
            Ready::new(&self.state, &self.env, holds, EdgePlatform::default())
        });
        answer(&ready.router, request).await.try_into()
    }
}

impl Ready {
    fn new(state: &State, env: &Env, holds: Holds, platform: EdgePlatform) -> Self {
        // The Worker forwards nothing where its settings are not acceptable. An object may run elsewhere than it.
        let (settings, access) = start(env).unwrap_or_else(|_| closed());
        let store = Arc::new(SqlStore::open(state, holds));
        let service = Service::new(
            Arc::new(NativeEngines),
            Arc::clone(&store) as Arc<dyn Store>,
            Arc::new(platform),
            settings.service(),
        );
        // The Worker has counted the request.
        service.set_access(AccessSettings {
            limits: Limits::default(),
            ..access
        });
        Self {
            router: router(Arc::new(service), []),
            store,
            settings,
        }
    }
}

/// Settings that admit nobody.
fn closed() -> (Settings, AccessSettings) {
    let access = AccessSettings {
        anonymous: None,
        ..AccessSettings::default()
    };
    (Settings::default(), access)
}
