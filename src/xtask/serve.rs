//! `cargo xtask serve`: from a clean clone to a host that answers.

use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::{browser, component, setup, spin, worker};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Build a host and start it on this machine.
///
/// Each has the playground at `/`; Ctrl-C stops it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Which host to start.
    #[arg(value_enum, default_value_t = Host::Native)]
    host: Host,
    /// The address to listen on [default: 127.0.0.1 and a port for each host]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<std::net::SocketAddr>,
    /// Where a host keeps sessions [default: the user's data folder for the native host, `serve` beside what is built
    /// for the others]
    #[arg(long, value_name = "DIR")]
    storage: Option<PathBuf>,
    /// Compile the program that serves for a quick build, not for speed.
    #[arg(long)]
    debug: bool,
    /// Passed on to the program that serves, as in `cargo xtask serve -- --max-sessions 10`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask serve                             the component in wasmtime, at 127.0.0.1:8000
  cargo xtask serve worker                      the Cloudflare Worker in workerd, at 127.0.0.1:8787
  cargo xtask serve spin                        the component for Spin, with sessions, at 127.0.0.1:3000
  cargo xtask serve http                        the component that needs nothing but wasi:http, at 127.0.0.1:3001
  cargo xtask serve browser                     the playground as plain files, at 127.0.0.1:8080
  cargo xtask serve --listen 127.0.0.1:9000     elsewhere";

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Host {
    /// `assize serve`, the program.
    Native,
    /// The Cloudflare Worker, in workerd.
    Worker,
    /// `assize-spin.wasm`, on a host of wasi:http and wasi:keyvalue.
    Spin,
    /// `assize-http.wasm`, on a host of wasi:http alone.
    Http,
    /// The playground and the npm package, as files.
    Browser,
}

impl Host {
    const fn port(self) -> u16 {
        match self {
            Self::Native => 8000,
            Self::Worker => 8787,
            Self::Spin => 3000,
            Self::Http => 3001,
            Self::Browser => 8080,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let paths = Paths::find()?;
    let usual = std::net::SocketAddr::from(([127, 0, 0, 1], options.host.port()));
    let address = options.listen.unwrap_or(usual);
    let usual = paths.target.join("serve");
    let storage = options.storage.as_ref().unwrap_or(&usual);
    let mut server = match options.host {
        Host::Native => native(&paths, options)?,
        Host::Worker => script(&paths, storage, "worker", worker::run_with)?,
        Host::Browser => script(&paths, storage, "files", browser::run_with)?,
        Host::Spin => {
            let mut server = wasi(&paths, "assize-spin.wasm")?;
            std::fs::create_dir_all(storage)?;
            let store = storage.join("spin.sqlite");
            step(format_args!("sessions are kept in {}", store.display()));
            server.arg("--store").arg(store);
            server
        }
        Host::Http => wasi(&paths, "assize-http.wasm")?,
    };
    server
        .arg("--listen")
        .arg(address.to_string())
        .args(&options.arguments);
    become_program(&mut server)
}

fn native(paths: &Paths, options: &Options) -> Result<Command> {
    component::run_with(paths, &component::ComponentOptions::default())?;
    browser::run_with(paths)?;
    let program = if options.debug {
        build(paths, &["--bin", "assize"])?;
        paths.program("assize")
    } else {
        build_host(paths)?;
        paths.host()
    };
    let mut server = Command::new(program);
    server.arg("serve");
    if let Some(storage) = &options.storage {
        server.arg("--data").arg(storage.join("native"));
    }
    Ok(server)
}

/// The command line, as users run it.
pub(crate) fn build_host(paths: &Paths) -> Result<()> {
    step("compiling `assize` (several minutes the first time)");
    build(paths, &["--release", "--package", "assize"])
}

pub(crate) fn build(paths: &Paths, arguments: &[&str]) -> Result<()> {
    process::run(
        Command::new(cargo())
            .current_dir(&paths.root)
            .args(["build", "--locked"])
            .args(arguments)
            .env("CARGO_TARGET_DIR", &paths.target),
    )
}

fn wasi(paths: &Paths, component: &str) -> Result<Command> {
    spin::run_with(paths)?;
    step("compiling the host (several minutes the first time)");
    build(paths, &["--bin", "assize-wasi-host"])?;
    let mut server = Command::new(paths.program("assize-wasi-host"));
    server.arg(paths.spin().join(component));
    Ok(server)
}

/// A script in Node.js that serves, with the tools of the tests.
fn script(
    paths: &Paths,
    storage: &Path,
    name: &str,
    make: impl Fn(&Paths) -> Result<()>,
) -> Result<Command> {
    make(paths)?;
    setup::test_tools(paths)?;
    let mut server = Command::new("node");
    server
        .arg(paths.root.join(format!("tests/hosts/serve-{name}.mjs")))
        .env("ASSIZE_TOOLS", paths.test_tools())
        .env("ASSIZE_WORKER", paths.worker())
        .env("ASSIZE_WRANGLER", crate::scripts::wrangler(paths)?)
        .env("ASSIZE_WWW", paths.www())
        .env("ASSIZE_STORAGE", storage.join("worker"));
    Ok(server)
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
