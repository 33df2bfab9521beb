//! Everything that is done to this repository. `cargo xtask --help` lists it.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

mod artifacts;
mod bench;
mod browser;
mod component;
mod conformance;
mod doctor;
mod examples;
mod paths;
mod process;
mod scripts;
mod serve;
mod setup;
mod spin;
mod test;
mod wasm;
mod worker;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Builds, serves and tests Assize. Each command does what it needs first, and only once.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the WebAssembly build possible on this machine.
    Setup,
    /// Build `assize.wasm`, the component that imports nothing, or what is made of it for another host.
    Build(artifacts::Options),
    /// Build a host and start it on this machine.
    Serve(serve::Options),
    /// Build everything and run every test.
    Test(test::Options),
    /// Ask every host the same, and compare the bytes.
    Conformance,
    /// Run the benches; each prints a ratio to a baseline of the same run.
    Bench(bench::Options),
    /// Say what is found on this machine, what is missing, and what to do.
    Doctor,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Setup => setup::run(),
        Command::Build(options) => artifacts::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Conformance => conformance::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Doctor => doctor::run(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
