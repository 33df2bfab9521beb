//! The playground at `/`, and the npm package that it computes with.
//!
//! What this crate does not do: serve. `cargo xtask build browser` writes the same files to
//! `target/artifacts/www`, for hosts that serve folders.

#![forbid(unsafe_code)]

use assize_service::Page;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
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

macro_rules! page {
    ($content_type:ident, $file:literal) => {
        Page::new(
            concat!("/playground/", $file),
            $content_type,
            include_bytes!(concat!("../../www/", $file)),
        )
    };
}

macro_rules! policy {
    ($file:literal) => {
        Page::new(
            concat!("/playground/policies/", $file),
            TEXT,
            include_bytes!(concat!("../../examples/policies/", $file)),
        )
    };
}

/// Every file of it; none where this was built before the npm package.
#[must_use]
pub fn pages() -> Vec<Page> {
    if WASM.is_empty() || CORE.is_empty() {
        return Vec::new();
    }
    let package = [
        package!("index.js"),
        package!("manual.js"),
        package!("api.js"),
        package!("errors.js"),
        package!("editor.js"),
        package!("gate.js"),
        package!("rules.js"),
        package!("terms.js"),
        Page::new("/assize/core.js", JS, CORE),
        Page::new("/assize/assize.wasm", "application/wasm", WASM),
    ];
    files().into_iter().chain(package).collect()
}

/// The files that are the same before and after the npm package is built.
fn files() -> Vec<Page> {
    vec![
        Page::new("/", HTML, include_bytes!("../../www/index.html")),
        Page::new("/gate", HTML, include_bytes!("../../www/gate.html")),
        Page::new("/rules", HTML, include_bytes!("../../www/rules.html")),
        page!(CSS, "style.css"),
        page!(CSS, "gate.css"),
        page!(CSS, "rules.css"),
        page!(JS, "page.js"),
        page!(JS, "app.js"),
        page!(JS, "gate.js"),
        page!(JS, "rules.js"),
        page!(JS, "rules-answers.js"),
        page!(JS, "rules-editor.js"),
        page!(JS, "rules-engine.js"),
        page!(JS, "rules-examples.js"),
        page!(JS, "rules-paint.js"),
        page!(JS, "rules-share.js"),
        page!(JS, "rules-tree.js"),
        page!(JS, "rules-values.js"),
        page!(JS, "rules-worker.js"),
        policy!("documents.rules"),
        policy!("release.rules"),
        policy!("spending.rules"),
        policy!("tools.rules"),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    fn names(folder: &str) -> impl Iterator<Item = String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let files = std::fs::read_dir(root.join(folder)).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap())
    }

    #[test]
    fn every_file_is_served() {
        let path = |name: String| match name.as_str() {
            "index.html" => "/".to_owned(),
            "gate.html" => "/gate".to_owned(),
            "rules.html" => "/rules".to_owned(),
            _ => format!("/playground/{name}"),
        };
        let pages = names("www").filter(|name| name != "_headers").map(path);
        let policies =
            names("examples/policies").map(|name| format!("/playground/policies/{name}"));
        let expected: BTreeSet<String> = pages.chain(policies).collect();
        let served = super::files();
        assert_eq!(
            expected,
            served.iter().map(|page| page.path.to_owned()).collect()
        );
        assert_eq!(expected.len(), served.len());
    }
}
