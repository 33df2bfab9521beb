//! Does what `examples/README.md` says.

use crate::paths::{Paths, cargo};
use crate::process::{self, output, step};
use anyhow::{Context, Result, ensure};
use std::process::Command;

/// What both examples say of the same two outputs.
const SAID: &str = "governor:continue: no stop rule held: similarity 0.6250 is below 0.9000";

pub(crate) fn run(paths: &Paths) -> Result<()> {
    step("running the examples");
    let said = output(
        Command::new(cargo())
            .current_dir(&paths.root)
            .args([
                "run",
                "--quiet",
                "--locked",
                "--package",
                "assize-example-wasmtime",
                "--",
            ])
            .arg(paths.component())
            .env("CARGO_TARGET_DIR", &paths.target),
    );
    check("wasmtime", said)?;

    let folder = paths.target.join("examples/jco");
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "example.mjs"] {
        let source = paths.root.join("examples/jco").join(file);
        std::fs::copy(source, folder.join(file))?;
    }
    let jco = paths.test_tools().join("node_modules/.bin/jco");
    process::run(
        Command::new(jco)
            .current_dir(&folder)
            .args(["transpile", "--quiet", "-o", "core"])
            .arg(paths.component()),
    )?;
    let said = output(Command::new("node").current_dir(&folder).arg("example.mjs"));
    check("jco", said)
}

fn check(example: &str, said: Option<String>) -> Result<()> {
    let said = said.with_context(|| format!("the example {example} failed"))?;
    ensure!(said.contains(SAID), "the example {example} said: {said}");
    Ok(())
}
