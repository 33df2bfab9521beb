//! `cargo xtask build`: what is made for WebAssembly.

use crate::paths::Paths;
use crate::{browser, component};
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
    /// All of it.
    All,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let paths = Paths::find()?;
    if options.what != What::Browser {
        component::run_with(&paths, &options.component)?;
    }
    if options.what != What::Core {
        browser::run_with(&paths)?;
    }
    Ok(ExitCode::SUCCESS)
}
