//! From the service's source to the bundle of the Cloudflare Worker.

use crate::paths::Paths;
use crate::process::{output, step};
use crate::setup;
use crate::wasm::{self, Package};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

const PACKAGE: Package = Package {
    name: "assize-worker",
    module: "assize_worker.wasm",
    profile: "edge",
    stack_bytes: 1024 * 1024,
};

/// The size that the bundle may not exceed when it is gzipped, in bytes.
const LARGEST_BUNDLE: u64 = 1_000_000;

/// Makes the bundle in `target/artifacts/worker`, whole: nothing is to be bundled again.
pub(crate) fn run_with(paths: &Paths) -> Result<()> {
    let toolchain = setup::ensure(paths)?;
    let module = wasm::compile(paths, &toolchain, &PACKAGE)?;
    let folder = paths.worker();
    let entry = paths.root.join("src/edge/worker/index.js");
    let stamp = wasm::stamp(&[module.clone(), entry.clone()])?;
    let stamped = folder.with_extension("stamp");
    if std::fs::read_to_string(&stamped).is_ok_and(|found| found == stamp) {
        step(format_args!(
            "{} is up to date",
            paths.shown(&folder).display()
        ));
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    let optimized = wasm::bind(paths, &module, &folder, "-Oz")?;
    std::fs::copy(optimized, folder.join("assize.wasm"))?;
    std::fs::copy(entry, folder.join("index.js"))?;
    let packed = packed_bytes(&folder)?;
    ensure!(
        packed <= LARGEST_BUNDLE,
        "the bundle has {packed} bytes gzipped; {LARGEST_BUNDLE} is the bound"
    );
    let shown = paths.shown(&folder).display();
    step(format_args!("{shown}: {packed} bytes gzipped"));
    std::fs::write(stamped, stamp)?;
    Ok(())
}

/// What the platform counts: every file, gzipped.
fn packed_bytes(folder: &Path) -> Result<u64> {
    const SCRIPT: &str = "const fs = require('fs'); const sum = fs.readdirSync('.', { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => require('zlib').gzipSync(fs.readFileSync(`${entry.parentPath}/${entry.name}`)).length)
        .reduce((sum, bytes) => sum + bytes, 0); console.log(sum);";
    let printed = output(
        Command::new("node")
            .current_dir(folder)
            .args(["-e", SCRIPT]),
    );
    let printed = printed.context("the bundle can't be measured")?;
    Ok(printed.parse()?)
}
