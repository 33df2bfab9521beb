//! `cargo xtask doctor`: what is here, what is missing, what to do.

use crate::paths::Paths;
use crate::process::output;
use crate::setup::{self, TARGET, Toolchain};
use anyhow::Result;
use std::process::{Command, ExitCode};

/// One thing that was looked for.
struct Finding {
    name: &'static str,
    found: Option<String>,
    advice: &'static str,
    required: bool,
}

pub(crate) fn run() -> Result<ExitCode> {
    let paths = Paths::find()?;
    let findings = findings(&paths);
    let width = findings.iter().map(|f| f.name.len()).max().unwrap_or(0);
    for finding in &findings {
        let (mark, text) = match &finding.found {
            Some(text) => ("ok     ", text.as_str()),
            None if finding.required => ("missing", finding.advice),
            None => ("absent ", finding.advice),
        };
        println!("{mark}  {:width$}  {text}", finding.name);
    }
    let missing = findings
        .iter()
        .filter(|finding| finding.required && finding.found.is_none())
        .count();
    if missing == 0 {
        println!("\neverything needed is here");
        return Ok(ExitCode::SUCCESS);
    }
    println!("\n{missing} missing; `cargo xtask setup` installs what it can");
    Ok(ExitCode::FAILURE)
}

fn findings(paths: &Paths) -> Vec<Finding> {
    let version = |program: &str| output(Command::new(program).arg("--version"));
    let file = |path: std::path::PathBuf| {
        std::fs::metadata(&path)
            .ok()
            .map(|data| format!("{} ({} bytes)", paths.shown(&path).display(), data.len()))
    };
    let required = |name, found, advice| Finding {
        name,
        found,
        advice,
        required: true,
    };
    let optional = |name, found, advice| Finding {
        name,
        found,
        advice,
        required: false,
    };
    vec![
        required(
            "rustc",
            version("rustc"),
            "install Rust from https://rustup.rs",
        ),
        required(
            "cargo",
            version("cargo"),
            "install Rust from https://rustup.rs",
        ),
        required(
            "node",
            version("node"),
            "install Node.js 20 or later; wasm-opt runs on it",
        ),
        required("npm", version("npm"), "install it with Node.js"),
        required(
            TARGET,
            Toolchain::find().map(|toolchain| toolchain.describe()),
            "run `cargo xtask setup`",
        ),
        required(
            "wasm-opt",
            paths
                .wasm_opt()
                .exists()
                .then(|| output(Command::new(paths.wasm_opt()).arg("--version")))
                .flatten(),
            "run `cargo xtask setup`",
        ),
        optional(
            "chromium",
            setup::find_chromium().map(|file| file.display().to_string()),
            "the tests install it, or set ASSIZE_CHROMIUM",
        ),
        optional(
            "assize.wasm",
            file(paths.component()),
            "run `cargo xtask build`",
        ),
        optional(
            "npm package",
            file(paths.browser().join("assize.wasm")),
            "run `cargo xtask build browser`",
        ),
        optional(
            "worker",
            file(paths.worker().join("assize.wasm")),
            "run `cargo xtask build worker`",
        ),
        optional(
            "assize-spin.wasm",
            file(paths.spin().join("assize-spin.wasm")),
            "run `cargo xtask build spin`",
        ),
        optional(
            "assize",
            file(paths.target.join("release/assize")),
            "run `cargo xtask serve`",
        ),
    ]
}
