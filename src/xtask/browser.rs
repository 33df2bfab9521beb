//! From the core's source to the npm package.

use crate::paths::Paths;
use crate::process::{self, step};
use crate::setup;
use crate::wasm::{self, Package};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

const PACKAGE: Package = Package {
    name: "assize-browser",
    module: "assize_browser.wasm",
    profile: "edge",
    stack_bytes: 1024 * 1024,
};

/// The size that the packed package may not exceed, in bytes.
const LARGEST_PACKAGE: u64 = 250_000;

/// Makes the package in `target/artifacts/browser`, and packs it beside.
pub(crate) fn run_with(paths: &Paths) -> Result<()> {
    let toolchain = setup::ensure(paths)?;
    let module = wasm::compile(paths, &toolchain, &PACKAGE)?;
    let folder = paths.browser();
    std::fs::create_dir_all(&folder)?;
    let optimized = bind(paths, &module, &folder)?;
    std::fs::copy(optimized, folder.join("assize.wasm"))?;
    copy_sources(paths, &folder)?;
    let packed = pack(&folder)?;
    let bytes = std::fs::metadata(&packed)?.len();
    if bytes > LARGEST_PACKAGE {
        bail!("the npm package has {bytes} bytes; {LARGEST_PACKAGE} is the bound");
    }
    step(format_args!(
        "{}: {bytes} bytes",
        paths.shown(&packed).display()
    ));
    Ok(())
}

/// Writes `core.js`, and answers with the optimised module.
fn bind(paths: &Paths, module: &Path, folder: &Path) -> Result<PathBuf> {
    step("making the bindings");
    let mut output = Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate_output()?;
    std::fs::write(folder.join("core.js"), output.js())?;
    let bound = module.with_extension("bound.wasm");
    std::fs::write(&bound, output.wasm_mut().emit_wasm())?;
    wasm::optimize(paths, &bound, "-O3")
}

fn copy_sources(paths: &Paths, folder: &Path) -> Result<()> {
    for file in std::fs::read_dir(paths.root.join("src/browser/package"))? {
        let file = file?;
        std::fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    std::fs::copy(paths.root.join("LICENSE"), folder.join("LICENSE"))?;
    Ok(())
}

fn pack(folder: &Path) -> Result<PathBuf> {
    let output = process::output(
        Command::new("npm")
            .args(["pack", "--json", "--loglevel=error"])
            .current_dir(folder),
    )
    .context("`npm pack` failed")?;
    let packed: serde_json::Value = serde_json::from_str(&output)?;
    let name = packed.pointer("/0/filename");
    let name = name.and_then(serde_json::Value::as_str);
    Ok(folder.join(name.context("`npm pack` names no file")?))
}
