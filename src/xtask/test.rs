//! `cargo xtask test`: every test, on the component that was just built.

use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::scripts::Scripts;
use crate::{conformance, examples};
use anyhow::{Result, ensure};
use std::process::{Command, ExitCode};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Passed on to `cargo test`, as in `cargo xtask test -- --package assize-core`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

const SCRIPTS: [&str; 10] = [
    "tests/browser/package.test.mjs",
    "tests/browser/gate.test.mjs",
    "tests/browser/rules.test.mjs",
    "tests/browser/uses.test.mjs",
    "tests/browser/playground.test.mjs",
    "tests/browser/gate-playground.test.mjs",
    "tests/browser/rules-playground.test.mjs",
    "tests/edge/worker.test.mjs",
    "tests/edge/wasi.test.mjs",
    "tests/readme.test.mjs",
];

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let paths = Paths::find()?;
    let scripts = Scripts::prepare(&paths)?;
    // What an earlier run left says nothing about this one.
    conformance::forget(&paths)?;
    step("compiling and running the tests (wasmtime takes several minutes the first time)");
    scripts.build_programs()?;
    process::run(
        Command::new(cargo())
            .current_dir(&paths.root)
            .args(["test", "--locked"])
            .args(&options.arguments)
            .env("CARGO_TARGET_DIR", &paths.target)
            .env(conformance::VARIABLE, conformance::folder(&paths)),
    )?;
    step("running the package in Node.js, the pages in Chromium, and the hosts at the edge");
    process::run(
        scripts
            .node()?
            // A host that a failed test left behind must not keep the run.
            .args(["--test", "--test-force-exit", "--test-timeout=900000"])
            .args(SCRIPTS),
    )?;
    types(&paths)?;
    if conformance::folder(&paths).exists() {
        conformance::others(&paths, &scripts)?;
    } else {
        ensure!(
            !options.arguments.is_empty(),
            "the conformance test left no corpus"
        );
        step("the other hosts are not asked: the conformance test was not among those that ran");
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
    for file in [
        "package.json",
        "index.d.ts",
        "gate.d.ts",
        "gate-settings.d.ts",
        "rules.d.ts",
        "manual.d.ts",
    ] {
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
