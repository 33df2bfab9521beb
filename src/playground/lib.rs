//! The playground at `/`, and the npm package that it computes with.
//!
//! What this crate does not do: serve. `cargo xtask build browser` writes the same files to
//! `target/artifacts/www`, for hosts that serve folders.

#![forbid(unsafe_code)]

use assize_service::Page;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// As `cargo xtask build browser` made them; empty where it did not.
static WASM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/assize.wasm"));
static CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/core.js"));

macro_rules! package {
    ($file:literal) => {
        Page::new(
            concat!("/assize/", $file),
            JS,
            include_bytes!(concat!("../browser/package/", $file)),
        )
    };
}

/// Every file of it; none where this was built before the npm package.
#[must_use]
pub fn pages() -> Vec<Page> {
    if WASM.is_empty() || CORE.is_empty() {
        return Vec::new();
    }
    vec![
        Page::new("/", HTML, include_bytes!("../../www/index.html")),
        Page::new(
            "/playground/style.css",
            CSS,
            include_bytes!("../../www/style.css"),
        ),
        Page::new("/playground/app.js", JS, include_bytes!("../../www/app.js")),
        package!("index.js"),
        package!("manual.js"),
        package!("api.js"),
        package!("errors.js"),
        Page::new("/assize/core.js", JS, CORE),
        Page::new("/assize/assize.wasm", "application/wasm", WASM),
    ]
}
