//! What a running server takes over: settings by SIGHUP, key sets by themselves.

use super::Options;
use super::log::Filter;
use crate::access;
use crate::admission::{Admission, Bounds};
use crate::retention::Retention;
use crate::server::Reload;
use anyhow::Result;
use assize_config::{Loaded, Settings};
use assize_service::Service;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often it is looked whether a token named a key that its set does not have.
const LOOK: Duration = Duration::from_secs(1);
/// A key set is not fetched more often than this, whatever tokens name.
const LEAST: Duration = Duration::from_secs(10);

/// A running server and the settings that it runs with.
pub(super) struct Live {
    options: Options,
    loaded: Mutex<Loaded>,
    service: Arc<Service>,
    admission: Arc<Admission>,
    filter: Filter,
    /// Held while settings are read and taken over: of two, the later one wins as a whole.
    changing: Mutex<()>,
}

pub(super) fn bounds(settings: &Settings) -> Bounds {
    let server = &settings.server;
    Bounds {
        concurrent: server.max_concurrent_requests as usize,
        queued: server.max_queued_requests as usize,
        wait: Duration::from_millis(server.queue_ms),
        request: Duration::from_secs(server.request_seconds),
    }
}

impl Live {
    pub(super) fn new(
        options: Options,
        loaded: Loaded,
        service: Arc<Service>,
        admission: Arc<Admission>,
        filter: Filter,
    ) -> Self {
        Self {
            options,
            loaded: Mutex::new(loaded),
            service,
            admission,
            filter,
            changing: Mutex::default(),
        }
    }

    fn settings(&self) -> Settings {
        self.loaded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .settings
            .clone()
    }

    pub(super) fn retention(&self) -> Retention {
        const DAY: u64 = 24 * 60 * 60;
        const MIB: u64 = 1024 * 1024;
        let journal = self.settings().journal;
        Retention {
            age: journal
                .retention_days
                .map(|days| Duration::from_secs(u64::from(days) * DAY)),
            size: journal.retention_mib.map(|mib| u64::from(mib) * MIB),
        }
    }

    /// Takes over what can be, or nothing.
    fn take_over(&self) -> Result<()> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let new = self.options.load()?;
        let problems = new.production_problems();
        anyhow::ensure!(problems.is_empty(), "{}", problems.join("; "));
        let settings = &new.settings;
        let access = access::load(settings)?;
        self.filter.set(&settings.log.filter)?;
        self.service.set_access(access);
        self.service
            .set_body_bytes(settings.server.max_body_bytes as usize);
        self.admission.set(bounds(settings));
        let mut held = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = Settings::changes(&held.settings, settings);
        tracing::info!(
            changed = changes.reloadable.join(", "),
            "the configuration was read again"
        );
        if !changes.restart.is_empty() {
            tracing::warn!(
                changed = changes.restart.join(", "),
                "some changes take a restart"
            );
        }
        *held = new;
        Ok(())
    }

    fn read_keys_again(&self) -> Result<()> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.service.set_access(access::load(&self.settings())?);
        Ok(())
    }
}

impl Reload for Live {
    fn reload(&self) {
        if let Err(error) = self.take_over() {
            tracing::error!(
                error = format!("{error:#}"),
                "the configuration stays as it was"
            );
        }
    }
}

/// Reads key sets again now and then, and soon after a token named a key that is not known.
pub(super) async fn refresh_keys(live: Arc<Live>) {
    let mut last = Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(every) = access::refresh(&live.settings()) else {
            continue;
        };
        let is_due = last.elapsed() >= every;
        let is_wanted = last.elapsed() >= LEAST && live.service.take_wants_newer_keys();
        if !is_due && !is_wanted {
            continue;
        }
        last = Instant::now();
        let reading = Arc::clone(&live);
        let read = tokio::task::spawn_blocking(move || reading.read_keys_again()).await;
        if let Ok(Err(error)) = read {
            tracing::warn!(error = format!("{error:#}"), "the key set stays as it was");
        }
    }
}
