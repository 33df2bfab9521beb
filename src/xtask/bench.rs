//! `cargo xtask bench`: each bench prints its ratio to a baseline of the same run.

use crate::component;
use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::scripts::Scripts;
use crate::serve::{build, build_host};
use anyhow::Result;
use std::process::{Command, ExitCode};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which one to run: `engine`, `http`, `journal`, `command`, `rules` or `hosts` [default: all]
    bench: Option<String>,
    /// Passed on to the bench.
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let paths = Paths::find()?;
    let asked = options.bench.as_deref();
    if !matches!(asked, Some("hosts" | "rules")) {
        criterion(&paths, options)?;
    }
    if asked.is_none_or(|bench| bench == "rules") {
        rules(&paths, options)?;
    }
    if asked.is_none_or(|bench| bench == "hosts") {
        let scripts = Scripts::prepare(&paths)?;
        step("compiling what serves (several minutes the first time)");
        // Together, so that wasmtime is compiled once.
        build(
            &paths,
            &[
                "--release",
                "--package",
                "assize",
                "--package",
                "assize-wasi-host",
            ],
        )?;
        step("starting and asking each host");
        process::run(
            scripts
                .node()?
                .arg("tests/hosts/bench.mjs")
                .env("ASSIZE_PROGRAM", paths.host())
                .env(
                    "ASSIZE_WASI_HOST",
                    paths.host().with_file_name("assize-wasi-host"),
                ),
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn criterion(paths: &Paths, options: &Options) -> Result<()> {
    component::run_with(paths, &component::ComponentOptions::default())?;
    build_host(paths)?;
    step("compiling and running the benches");
    let mut command = Command::new(cargo());
    command
        .current_dir(&paths.root)
        .args(["bench", "--locked", "--package", "assize-tests"])
        .env("CARGO_TARGET_DIR", &paths.target)
        .env("ASSIZE_PROGRAM", paths.host());
    match &options.bench {
        Some(bench) => command.args(["--bench", bench]),
        None => command.arg("--benches"),
    };
    if !options.arguments.is_empty() {
        command.arg("--").args(&options.arguments);
    }
    process::run(&mut command)
}

/// The rule engine beside its peers, which have a workspace of their own.
fn rules(paths: &Paths, options: &Options) -> Result<()> {
    component::run_with(paths, &component::ComponentOptions::default())?;
    step("compiling and running the rule engine and its peers (several minutes the first time)");
    let mut command = Command::new(cargo());
    command
        .current_dir(paths.root.join("tests/peers"))
        .args(["bench", "--locked", "--bench", "rules"])
        .env("CARGO_TARGET_DIR", &paths.target);
    if !options.arguments.is_empty() {
        command.arg("--").args(&options.arguments);
    }
    process::run(&mut command)
}
