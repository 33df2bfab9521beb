//! From the service's source to the bundle of the Cloudflare Worker.

use crate::paths::Paths;
use crate::process::step;
use crate::wasm::{self, Package, Stamp};
use crate::{browser, setup};
use anyhow::{Result, ensure};

const PACKAGE: Package = Package {
    name: "assize-worker",
    module: "assize_worker.wasm",
    profile: "handler",
    stack_bytes: 1024 * 1024,
    features: &[],
    folder: "wasm",
};

/// The size that the bundle may not exceed when it is gzipped, in bytes.
const LARGEST_BUNDLE: u64 = 1_600_000;

/// Makes the bundle in `target/artifacts/worker`, whole: nothing is to be bundled again.
pub(crate) fn run_with(paths: &Paths) -> Result<()> {
    // The platform serves the playground beside it.
    browser::run_with(paths)?;
    let toolchain = setup::ensure(paths)?;
    let module = wasm::compile(paths, &toolchain, &PACKAGE)?;
    let folder = paths.worker();
    let entry = paths.root.join("src/edge/worker/index.js");
    let inputs = [module.clone(), entry.clone()];
    let stamp = Stamp::new(paths, folder.with_extension("stamp"), &inputs, "")?;
    let outputs = ["index.js", "core.js", "assize.wasm"].map(|file| folder.join(file));
    if stamp.is_current(paths, &outputs) {
        return Ok(());
    }
    wasm::empty_folder(&folder)?;
    let optimized = wasm::bind(paths, &module, &folder, "-Oz")?;
    std::fs::copy(optimized, folder.join("assize.wasm"))?;
    std::fs::copy(entry, folder.join("index.js"))?;
    let packed = wasm::gzipped(&folder)?;
    ensure!(
        packed <= LARGEST_BUNDLE,
        "the bundle has {packed} bytes gzipped; {LARGEST_BUNDLE} is the bound"
    );
    let shown = paths.shown(&folder).display();
    step(format_args!("{shown}: {packed} bytes gzipped"));
    stamp.keep()
}
