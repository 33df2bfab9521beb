//! `cargo xtask conformance`: one corpus, every host, the same bytes.

use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::{browser, component, setup, worker};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub(crate) fn run() -> Result<ExitCode> {
    let paths = Paths::find()?;
    component::run_with(&paths, &component::ComponentOptions::default())?;
    browser::run_with(&paths)?;
    worker::run_with(&paths)?;
    let chromium = setup::chromium()?;
    setup::test_tools(&paths)?;
    step("compiling and asking the core and the component");
    process::run(
        Command::new(cargo())
            .current_dir(&paths.root)
            .args(["test", "--quiet", "--locked", "--package", "assize-tests"])
            .args(["--test", "conformance"])
            .env("CARGO_TARGET_DIR", &paths.target)
            .env(VARIABLE, folder(&paths)),
    )?;
    javascript(&paths, &chromium)?;
    Ok(ExitCode::SUCCESS)
}

/// Names the folder in which the Rust side leaves the corpus and its answers.
pub(crate) const VARIABLE: &str = "ASSIZE_CONFORMANCE";

pub(crate) fn folder(paths: &Paths) -> PathBuf {
    paths.target.join("conformance")
}

/// The hosts that JavaScript runs, on the corpus that was left for them.
pub(crate) fn javascript(paths: &Paths, chromium: &Path) -> Result<()> {
    step("asking the npm package in Node.js and in Chromium, and the Worker in workerd");
    for script in ["javascript.mjs", "worker.mjs"] {
        process::run(
            Command::new("node")
                .current_dir(&paths.root)
                .arg(format!("tests/conformance/{script}"))
                .env(VARIABLE, folder(paths))
                .env("ASSIZE_PACKAGE", paths.browser())
                .env("ASSIZE_WORKER", paths.worker())
                .env("ASSIZE_TOOLS", paths.test_tools())
                .env("ASSIZE_CHROMIUM", chromium),
        )?;
    }
    Ok(())
}
