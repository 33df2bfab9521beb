//! Where things are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository, and the folder into which everything is built.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Paths {
    pub(crate) fn find() -> Result<Self> {
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("`cargo metadata` could not be started")?;
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
            .context("`cargo metadata` did not print JSON; run it to see why")?;
        let folder = |key: &str| {
            metadata
                .get(key)
                .and_then(serde_json::Value::as_str)
                .map(PathBuf::from)
                .with_context(|| format!("`cargo metadata` names no `{key}`"))
        };
        Ok(Self {
            root: folder("workspace_root")?,
            target: folder("target_directory")?,
        })
    }

    /// The component: what the README calls `target/artifacts/core/assize.wasm`.
    pub(crate) fn component(&self) -> PathBuf {
        self.artifacts().join("assize.wasm")
    }

    pub(crate) fn artifacts(&self) -> PathBuf {
        self.target.join("artifacts/core")
    }

    /// The npm package.
    pub(crate) fn browser(&self) -> PathBuf {
        self.target.join("artifacts/browser")
    }

    /// The bundle of the Cloudflare Worker.
    pub(crate) fn worker(&self) -> PathBuf {
        self.target.join("artifacts/worker")
    }

    /// The `assize` command, as users run it.
    pub(crate) fn host(&self) -> PathBuf {
        let name = format!("assize{}", std::env::consts::EXE_SUFFIX);
        self.target.join("release").join(name)
    }

    /// The components for Spin and other wasi:http hosts.
    pub(crate) fn spin(&self) -> PathBuf {
        self.target.join("artifacts/spin")
    }

    /// The playground as a folder of files, for any host that serves such.
    pub(crate) fn www(&self) -> PathBuf {
        self.target.join("artifacts/www")
    }

    /// A program as the tests run it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.target.join("debug").join(name)
    }

    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    pub(crate) fn test_tools(&self) -> PathBuf {
        self.target.join("test-tools")
    }

    pub(crate) fn wasm_opt(&self) -> PathBuf {
        self.tools().join("node_modules/.bin/wasm-opt")
    }

    /// For messages: below the current folder where it can be.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
