//! The playground at `/`, and the npm package that it computes with.

use assize_service::Page;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Its module and bindings, as `cargo xtask build browser` made them; empty where it did not.
static WASM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/browser.wasm"));
static CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/browser.js"));

macro_rules! package {
    ($file:literal) => {
        Page::new(
            concat!("/assize/", $file),
            JS,
            include_bytes!(concat!("../browser/package/", $file)),
        )
    };
}

/// None where the program was built without the package.
pub(crate) fn pages() -> Vec<Page> {
    if WASM.is_empty() || CORE.is_empty() {
        tracing::warn!("built without the playground; `cargo xtask serve` builds it");
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
