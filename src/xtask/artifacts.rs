//! `cargo xtask build`: what is made for WebAssembly.

use crate::paths::Paths;
use crate::{browser, component, spin, worker};
use anyhow::Result;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What to make.
    #[arg(value_enum, default_value_t = What::Core)]
    what: What,
    #[command(flatten)]
    component: component::ComponentOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// `target/artifacts/core/assize.wasm`, the component that imports nothing.
    Core,
    /// `target/artifacts/browser`, the npm package.
    Browser,
    /// `target/artifacts/worker`, the bundle of the Cloudflare Worker.
    Worker,
    /// `target/artifacts/spin`, the components for Spin and for other hosts of wasi:http 0.3.
    Spin,
    /// All of it.
    All,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let paths = Paths::find()?;
    let is_asked_for = |what| [what, What::All].contains(&options.what);
    if is_asked_for(What::Core) {
        component::run_with(&paths, &options.component)?;
    }
    if is_asked_for(What::Browser) {
        browser::run_with(&paths)?;
    }
    if is_asked_for(What::Worker) {
        worker::run_with(&paths)?;
    }
    if is_asked_for(What::Spin) {
        spin::run_with(&paths)?;
    }
    Ok(ExitCode::SUCCESS)
}
