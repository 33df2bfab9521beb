//! Scripts of the tests in Node.js, and what they find where.

use crate::paths::{Paths, cargo};
use crate::process;
use crate::{setup, spin, worker};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Every host is made, and what asks them is installed.
#[derive(Debug)]
pub(crate) struct Scripts<'a> {
    paths: &'a Paths,
    chromium: PathBuf,
}

impl<'a> Scripts<'a> {
    pub(crate) fn prepare(paths: &'a Paths) -> Result<Self> {
        // They make the component and the package on their way.
        worker::run_with(paths)?;
        spin::run_with(paths)?;
        let chromium = setup::chromium()?;
        setup::databases()?;
        setup::test_tools(paths)?;
        Ok(Self { paths, chromium })
    }

    /// The programs that the tests run; the same selection of packages as that of the tests, so that nothing is
    /// compiled twice.
    pub(crate) fn build_programs(&self) -> Result<()> {
        process::run(
            Command::new(cargo())
                .current_dir(&self.paths.root)
                .args(["build", "--locked", "--bins"])
                .env("CARGO_TARGET_DIR", &self.paths.target),
        )
    }

    /// `node` with all that a script may ask for.
    pub(crate) fn node(&self) -> Result<Command> {
        let paths = self.paths;
        let mut command = Command::new("node");
        command
            .current_dir(&paths.root)
            .env("CARGO_TARGET_DIR", &paths.target)
            .env("ASSIZE_PACKAGE", paths.browser())
            .env("ASSIZE_WWW", paths.www())
            .env("ASSIZE_WORKER", paths.worker())
            .env("ASSIZE_WRANGLER", wrangler(paths)?)
            .env("ASSIZE_SPIN", paths.spin())
            .env("ASSIZE_PROGRAM", paths.program("assize"))
            .env("ASSIZE_WASI_HOST", paths.program("assize-wasi-host"))
            .env("ASSIZE_SQLITE", paths.program("assize-test-sqlite"))
            .env("ASSIZE_TOOLS", paths.test_tools())
            .env("ASSIZE_CHROMIUM", &self.chromium)
            .env("ASSIZE_SCREENSHOTS", paths.target.join("screenshots"));
        Ok(command)
    }
}

/// The Worker's manifest as JSON, so that scripts run what is deployed.
pub(crate) fn wrangler(paths: &Paths) -> Result<String> {
    let file = paths.root.join("deploy/cloudflare/wrangler.toml");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("{} can't be read", file.display()))?;
    let manifest: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not TOML", file.display()))?;
    Ok(serde_json::to_string(&manifest)?)
}
