//! Files for people: served as they are, and loading nothing from elsewhere.

use crate::service::Service;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http::header;
use std::sync::Arc;

/// A page loads nothing but what stands beside it, and may not be framed. WebAssembly may run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// A file that is served.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where, as in `/docs`; every page has its own.
    pub path: &'static str,
    /// As in `text/html; charset=utf-8`.
    pub content_type: &'static str,
    /// What is in it.
    pub bytes: Bytes,
}

impl Page {
    /// A file that is part of the program.
    #[must_use]
    pub const fn new(path: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            path,
            content_type,
            bytes: Bytes::from_static(bytes),
        }
    }

    pub(crate) fn handler(self) -> MethodRouter<Arc<Service>> {
        get(async move || {
            (
                [
                    (header::CONTENT_TYPE, self.content_type),
                    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                    (header::REFERRER_POLICY, "no-referrer"),
                    (header::CACHE_CONTROL, "no-cache"),
                ],
                self.bytes.clone(),
            )
                .into_response()
        })
    }
}
