//! `cargo xtask bench`: each bench prints its ratio to a baseline of the same run.

use crate::component;
use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::serve::build_host;
use anyhow::Result;
use std::process::{Command, ExitCode};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which one to run: `engine`, `http` or `command` [default: all]
    bench: Option<String>,
    /// Passed on to the bench.
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let paths = Paths::find()?;
    component::run_with(&paths, &component::ComponentOptions::default())?;
    build_host(&paths)?;
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
    process::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
