//! `cargo xtask test`: every test, on the component that was just built.

use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::{browser, component, conformance, examples, setup, worker};
use anyhow::Result;
use std::process::{Command, ExitCode};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Passed on to `cargo test`, as in `cargo xtask test -- --package assize-core`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

const SCRIPTS: [&str; 3] = [
    "tests/browser/package.test.mjs",
    "tests/browser/playground.test.mjs",
    "tests/worker/worker.test.mjs",
];

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let paths = Paths::find()?;
    component::run_with(&paths, &component::ComponentOptions::default())?;
    browser::run_with(&paths)?;
    worker::run_with(&paths)?;
    let chromium = setup::chromium()?;
    setup::test_tools(&paths)?;
    step("compiling and running the tests (wasmtime takes several minutes the first time)");
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(cargo());
        command
            .current_dir(&paths.root)
            .args(arguments)
            .env("CARGO_TARGET_DIR", &paths.target);
        command
    };
    // What an earlier run left says nothing about this one.
    if conformance::folder(&paths).exists() {
        std::fs::remove_dir_all(conformance::folder(&paths))?;
    }
    // The tests run the program, but Cargo builds a program only for its own package's tests.
    process::run(&mut cargo(&["build", "--locked", "--bins"]))?;
    process::run(
        cargo(&["test", "--locked"])
            .args(&options.arguments)
            .env(conformance::VARIABLE, conformance::folder(&paths)),
    )?;
    step("running the npm package in Node.js, the pages in Chromium, the Worker in workerd");
    let program = format!("debug/assize{}", std::env::consts::EXE_SUFFIX);
    process::run(
        Command::new("node")
            .current_dir(&paths.root)
            .arg("--test")
            .args(SCRIPTS)
            .env("ASSIZE_PACKAGE", paths.browser())
            .env("ASSIZE_WORKER", paths.worker())
            .env("ASSIZE_PROGRAM", paths.target.join(program))
            .env("ASSIZE_TOOLS", paths.test_tools())
            .env("ASSIZE_CHROMIUM", &chromium)
            .env("ASSIZE_SCREENSHOTS", paths.target.join("screenshots")),
    )?;
    types(&paths)?;
    if conformance::folder(&paths).exists() {
        conformance::javascript(&paths, &chromium)?;
    }
    examples::run(&paths)?;
    step("every test passed");
    Ok(ExitCode::SUCCESS)
}

/// Compiles a caller of the npm package against its types.
fn types(paths: &Paths) -> Result<()> {
    step("checking the types of the npm package");
    let folder = paths.target.join("types");
    let package = folder.join("node_modules/assize");
    std::fs::create_dir_all(&package)?;
    for file in ["package.json", "index.d.ts", "manual.d.ts"] {
        std::fs::copy(paths.browser().join(file), package.join(file))?;
    }
    let caller = "types.test.ts";
    let source = paths.root.join("tests/browser").join(caller);
    std::fs::copy(source, folder.join(caller))?;
    process::run(
        Command::new(paths.test_tools().join("node_modules/.bin/tsc"))
            .current_dir(&folder)
            .args(["--strict", "--noEmit", "--target", "es2022"])
            .args(["--module", "nodenext", "--moduleResolution", "nodenext"])
            .args(["--lib", "es2022,dom,esnext.disposable", caller]),
    )
}
