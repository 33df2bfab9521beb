//! The command line.

mod audit;
mod config;
mod decide;
mod engine;
mod evaluate;
mod inspect;
mod keys;
mod lines;
mod memory;
mod policy;
mod query;
mod rules;
mod serve;
mod settings;
mod store;
mod time;

use assize_service::Plain;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Everything was done.
const DONE: u8 = 0;
/// It could not be done: the usage, a file, the engine.
const FAILED: u8 = 2;

const START_WITH: &str = "\
Start with:
  assize evaluate --help      pairs of model outputs
  assize decide --help        may somebody do something? ask a policy
  assize query --help         what else does a policy say, and why?
  assize rules --help         check, format and convert policies
  assize memory --help        what a session of the gate remembers: in, out, and found
  assize serve                all of it over HTTP, with a page at http://127.0.0.1:8000/rules";

/// May this output be acted on, and why?
///
/// Assize judges the outputs of AI systems in a WebAssembly component that can touch nothing: the same
/// input gives the same answer, to the byte, wherever it runs.
#[derive(Debug, Parser)]
#[command(name = "assize", after_help = START_WITH)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Evaluate(evaluate::Options),
    Decide(decide::Options),
    Query(query::Options),
    #[command(subcommand)]
    Rules(rules::Command),
    Serve(serve::Options),
    #[command(subcommand)]
    Audit(audit::Command),
    #[command(subcommand)]
    Memory(memory::Command),
    #[command(subcommand)]
    Store(store::Command),
    #[command(subcommand)]
    Keys(keys::Command),
    #[command(subcommand)]
    Config(config::Command),
    Inspect(inspect::Options),
    /// Print a completion script for a shell.
    #[command(after_help = "For bash: assize completions bash > /etc/bash_completion.d/assize")]
    Completions {
        /// The shell to complete in.
        shell: clap_complete::Shell,
    },
}

pub(crate) fn run() -> ExitCode {
    let matches = Arguments::command().version(version()).get_matches();
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let result = match arguments.command {
        Command::Evaluate(options) => evaluate::run(&options),
        Command::Decide(options) => decide::run(&options),
        Command::Query(options) => query::run(&options),
        Command::Rules(command) => rules::run(&command),
        Command::Serve(options) => serve::run(&options),
        Command::Audit(command) => audit::run(&command),
        Command::Memory(command) => memory::run(&command),
        Command::Store(command) => store::run(&command),
        Command::Keys(command) => keys::run(&command),
        Command::Config(command) => config::run(&command),
        Command::Inspect(options) => inspect::run(&options),
        Command::Completions { shell } => completions(shell),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // What a damaged store holds must not reach the terminal as it is.
            for line in format!("error: {error:#}").lines() {
                complain(&Plain(line).to_string());
            }
            ExitCode::from(FAILED)
        }
    }
}

/// As in `0.1.0 (component 1f2e…)`, so that a report names what judged.
fn version() -> String {
    let component = assize::Component::embedded().map_or_else(
        |_| "no component inside".to_owned(),
        |component| format!("component {}", component.hash()),
    );
    format!("{} ({component})", env!("CARGO_PKG_VERSION"))
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "assize", &mut script);
    print(&script)
}

/// Warnings, as of a cache that can't be used.
fn start_log() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// Writes to standard output; that nobody reads it any more is no error.
fn print(bytes: &[u8]) -> anyhow::Result<u8> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(DONE),
    }
}

/// Whether a stream takes colours; <https://no-color.org> says who wants none.
fn has_colours(is_terminal: bool) -> bool {
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    is_terminal && !is_plain
}

/// Writes a line to standard error, where there is one.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}
