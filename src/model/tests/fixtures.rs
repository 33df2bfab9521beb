//! A clock that jumps, and models at a server of this machine.

use super::stand_in::StandIn;
use crate::{Embedder, EmbedderSettings, Environment, Model, ModelSettings, Provider, Secret};
use assize_outbound::native::{NativeClock, NativeTransport, SystemResolver};
use assize_outbound::{BoxFuture, Clock};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

pub(super) const PROVIDERS: [Provider; 2] = [Provider::OpenAi, Provider::Anthropic];

/// Waits of at least this length are real.
const LONG: Duration = Duration::from_secs(20);

/// Jumps over short waits and remembers them; long ones are timeouts that no test reaches.
#[derive(Clone)]
pub(super) struct JumpingClock {
    real: NativeClock,
    jumped: Arc<Mutex<Duration>>,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl JumpingClock {
    pub(super) fn new() -> Self {
        Self {
            real: NativeClock::new(),
            jumped: Arc::default(),
            waits: Arc::default(),
        }
    }

    pub(super) fn advance(&self, by: Duration) {
        *self.jumped.lock().unwrap() += by;
    }

    /// The short waits so far.
    pub(super) fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }
}

impl Clock for JumpingClock {
    fn monotonic(&self) -> Duration {
        self.real.monotonic() + *self.jumped.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration >= LONG {
            return self.real.sleep(duration);
        }
        let own = self.clone();
        Box::pin(async move {
            own.advance(duration);
            own.waits.lock().unwrap().push(duration);
        })
    }
}

/// Stands still until it is set.
#[derive(Clone)]
pub(super) struct ManualClock(watch::Sender<Duration>);

impl ManualClock {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Duration::from_secs(1)))
    }

    pub(super) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        *self.0.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let until = self.monotonic() + duration;
        let mut now = self.0.subscribe();
        Box::pin(async move {
            if now.wait_for(|now| *now >= until).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// With a clock that stands still.
pub(super) fn still(server: &StandIn, provider: Provider, mode: &str) -> (Model, ManualClock) {
    let clock = ManualClock::new();
    let settings = model_settings(server, provider, mode);
    let model = Model::new(settings, environment(clock.clone())).unwrap();
    (model, clock)
}

fn transport() -> NativeTransport {
    let roots = rustls_roots();
    NativeTransport::with(100, roots, SystemResolver)
}

fn rustls_roots() -> Arc<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let roots = rustls::RootCertStore::empty();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Real sockets with a clock of one's own, and half of each random range.
pub(super) fn environment(clock: impl Clock) -> Environment {
    Environment::new(transport(), clock, || 1 << 63)
}

pub(super) async fn start() -> StandIn {
    StandIn::start(0, None, true).await.unwrap()
}

pub(super) fn key() -> Secret {
    Secret::new("sk-very-secret-0123456789".to_owned())
}

/// A model at the server that fails in a way; empty: it does not.
pub(super) fn model_settings(server: &StandIn, provider: Provider, mode: &str) -> ModelSettings {
    let mut settings = ModelSettings::new(provider, "stand-in");
    let version = match provider {
        Provider::OpenAi => "/v1",
        Provider::Anthropic => "",
    };
    settings.endpoint.base_url = format!("{}{version}", base(server, mode));
    settings.endpoint.api_key = Some(key());
    settings
}

pub(super) fn embedder_settings(server: &StandIn, mode: &str) -> EmbedderSettings {
    let mut settings = EmbedderSettings::new("stand-in", super::stand_in::DIMENSION);
    settings.endpoint.base_url = format!("{}/v1", base(server, mode));
    settings.endpoint.api_key = Some(key());
    settings
}

fn base(server: &StandIn, mode: &str) -> String {
    let address = server.address();
    if mode.is_empty() {
        format!("http://{address}")
    } else {
        format!("http://{address}/fail/{mode}")
    }
}

/// With a clock that jumps.
pub(super) fn model(server: &StandIn, provider: Provider, mode: &str) -> (Model, JumpingClock) {
    let clock = JumpingClock::new();
    let settings = model_settings(server, provider, mode);
    let model = Model::new(settings, environment(clock.clone())).unwrap();
    (model, clock)
}

pub(super) fn embedder(server: &StandIn, mode: &str) -> Embedder {
    let settings = embedder_settings(server, mode);
    Embedder::new(settings, environment(JumpingClock::new())).unwrap()
}

/// With real time, and little of it.
pub(super) fn hasty(
    server: &StandIn,
    provider: Provider,
    mode: &str,
    timeout_ms: u64,
    total_timeout_ms: u64,
) -> Model {
    let mut settings = model_settings(server, provider, mode);
    settings.endpoint.timeout_ms = timeout_ms;
    settings.endpoint.total_timeout_ms = total_timeout_ms;
    Model::new(settings, environment(NativeClock::new())).unwrap()
}
