//! From the core's source to the npm package.

use crate::paths::Paths;
use crate::process::{self, step};
use crate::setup;
use crate::wasm::{self, Package, Stamp};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: Package = Package {
    name: "assize-browser",
    module: "assize_browser.wasm",
    profile: "edge",
    stack_bytes: 1024 * 1024,
    features: &[],
    folder: "wasm",
};

const SOURCES: &str = "src/browser/package";
const POLICIES: &str = "examples/policies";
/// The size that the packed package may not exceed, in bytes.
const LARGEST_PACKAGE: u64 = 1_100_000;

/// Makes the package in `target/artifacts/browser`, and packs it beside.
pub(crate) fn run_with(paths: &Paths) -> Result<()> {
    let toolchain = setup::ensure(paths)?;
    let module = wasm::compile(paths, &toolchain, &PACKAGE)?;
    let folder = paths.browser();
    let stamp = stamp(paths, &module)?;
    let outputs = ["assize.wasm", "core.js", "package.json"].map(|file| folder.join(file));
    if stamp.is_current(
        paths,
        &[&[folder.clone(), paths.www()], &outputs[..]].concat(),
    ) {
        return Ok(());
    }
    wasm::empty_folder(&folder)?;
    let optimized = wasm::bind(paths, &module, &folder, "-O3")?;
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
    write_site(paths)?;
    stamp.keep()
}

/// The playground with the package beside it, as files at the paths that the pages name.
fn write_site(paths: &Paths) -> Result<()> {
    let (www, sources) = (paths.www(), paths.root.join("www"));
    wasm::empty_folder(&www)?;
    for folder in ["playground/policies", "assize"] {
        std::fs::create_dir_all(www.join(folder))?;
    }
    copy_files(&sources, |name| {
        // What has an address of its own stands at the top.
        let is_top = name.ends_with(".html") || name == "_headers";
        www.join(if is_top { "" } else { "playground" })
    })?;
    copy_files(&paths.root.join(POLICIES), |_| {
        www.join("playground/policies")
    })?;
    for file in [
        "index.js",
        "manual.js",
        "api.js",
        "errors.js",
        "editor.js",
        "gate.js",
        "rules.js",
        "terms.js",
        "core.js",
        "assize.wasm",
    ] {
        std::fs::copy(paths.browser().join(file), www.join("assize").join(file))?;
    }
    step(format_args!(
        "{}: the playground as files",
        paths.shown(&www).display()
    ));
    Ok(())
}

fn stamp(paths: &Paths, module: &Path) -> Result<Stamp> {
    let mut files = vec![module.to_owned()];
    for folder in [SOURCES, POLICIES, "www"] {
        for file in std::fs::read_dir(paths.root.join(folder))? {
            files.push(file?.path());
        }
    }
    Stamp::new(paths, paths.browser().with_extension("stamp"), &files, "")
}

fn copy_sources(paths: &Paths, folder: &Path) -> Result<()> {
    copy_files(&paths.root.join(SOURCES), |_| folder.to_owned())?;
    std::fs::copy(paths.root.join("LICENSE"), folder.join("LICENSE"))?;
    Ok(())
}

/// Copies each file of a folder into the folder that its name belongs to.
fn copy_files(from: &Path, to: impl Fn(&str) -> PathBuf) -> Result<()> {
    for file in std::fs::read_dir(from)? {
        let file = file?;
        let name = file.file_name();
        std::fs::copy(file.path(), to(&name.to_string_lossy()).join(&name))?;
    }
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
