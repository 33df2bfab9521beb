//! `cargo xtask serve`: from a clean clone to a server that answers.

use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::{browser, component};
use anyhow::Result;
use std::process::{Command, ExitCode};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Passed on to `assize serve`, as in `cargo xtask serve -- --listen 127.0.0.1:9000`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let paths = Paths::find()?;
    component::run_with(&paths, &component::ComponentOptions::default())?;
    browser::run_with(&paths)?;
    build_host(&paths)?;
    let program = paths.host();
    step(format_args!(
        "starting {} serve",
        paths.shown(&program).display()
    ));
    let mut server = Command::new(&program);
    server.arg("serve").args(&options.arguments);
    become_program(&mut server)
}

/// The command line, as users run it.
pub(crate) fn build_host(paths: &Paths) -> Result<()> {
    step("compiling `assize` (several minutes the first time)");
    process::run(
        Command::new(cargo())
            .current_dir(&paths.root)
            .args(["build", "--locked", "--release", "--package", "assize"])
            .env("CARGO_TARGET_DIR", &paths.target),
    )
}

/// The server takes this process's place, so that signals reach it.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    let status = command.status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
