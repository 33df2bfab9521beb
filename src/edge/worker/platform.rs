//! Time and identifiers from the JavaScript runtime.

use assize_service::Platform;
use std::time::Duration;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    fn random_uuid() -> String;
}

/// Unique, and hard to guess.
pub(crate) fn identifier() -> String {
    random_uuid()
}

/// The runtime's clock. At the edge it stands still between two waits, so that code can't time itself.
#[derive(Debug, Default)]
pub(crate) struct EdgePlatform {
    /// The name of the session that this object is; none outside of objects.
    session: Option<String>,
}

impl EdgePlatform {
    pub(crate) const fn of_session(session: String) -> Self {
        Self {
            session: Some(session),
        }
    }
}

impl Platform for EdgePlatform {
    fn unix_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.unix_ms())
    }

    fn identifier(&self) -> String {
        self.session.clone().unwrap_or_else(identifier)
    }

    fn memory_bytes(&self) -> Option<u64> {
        None
    }
}
