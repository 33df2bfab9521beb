//! `cargo xtask conformance`: one corpus, every host, the same bytes.

use crate::paths::{Paths, cargo};
use crate::process::{self, step};
use crate::scripts::Scripts;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Names the folder in which the Rust side leaves the corpus and its answers, and every host its row.
pub(crate) const VARIABLE: &str = "ASSIZE_CONFORMANCE";

/// Each prints a row; one that is missing is a failure.
const HOSTS: [&str; 8] = [
    "core in this process",
    "component in wasmtime",
    "assize serve over HTTP",
    "Worker in workerd",
    "assize-spin.wasm, wasi:http",
    "assize-http.wasm, wasi:http",
    "npm package in Node.js",
    "npm package in Chromium",
];

pub(crate) fn run() -> Result<ExitCode> {
    let paths = Paths::find()?;
    let scripts = Scripts::prepare(&paths)?;
    forget(&paths)?;
    step("compiling, and asking the core and the component");
    scripts.build_programs()?;
    process::run(
        Command::new(cargo())
            .current_dir(&paths.root)
            .args(["test", "--quiet", "--locked", "--test", "conformance"])
            .env("CARGO_TARGET_DIR", &paths.target)
            .env(VARIABLE, folder(&paths)),
    )?;
    others(&paths, &scripts)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn folder(paths: &Paths) -> PathBuf {
    paths.target.join("conformance")
}

/// What an earlier run left says nothing about this one.
pub(crate) fn forget(paths: &Paths) -> Result<()> {
    if folder(paths).exists() {
        std::fs::remove_dir_all(folder(paths))?;
    }
    Ok(())
}

/// The other hosts, on the corpus that was left for them; then the table of all.
pub(crate) fn others(paths: &Paths, scripts: &Scripts<'_>) -> Result<()> {
    step("asking the other hosts the same");
    let mut outcome = Ok(());
    for script in ["http.mjs", "package.mjs"] {
        let asked = process::run(
            scripts
                .node()?
                .arg(format!("tests/conformance/{script}"))
                .env(VARIABLE, folder(paths)),
        );
        outcome = outcome.and(asked);
    }
    print_table(paths)?;
    outcome
}

fn print_table(paths: &Paths) -> Result<()> {
    let file = folder(paths).join("rows.ndjson");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("{} can't be read", file.display()))?;
    let rows = text.lines().map(serde_json::from_str);
    let rows: Vec<Value> = rows.collect::<Result<_, _>>()?;
    let named = |host: &str| {
        rows.iter()
            .find(|row| row.get("host").is_some_and(|name| name == host))
    };
    let first = named(HOSTS[0]).context("the core left no row")?;
    let groups: Vec<&String> = first
        .get("groups")
        .and_then(Value::as_object)
        .map(|groups| groups.keys().collect())
        .unwrap_or_default();
    print!("\n{:<28}", "cases answered alike");
    for group in &groups {
        print!(" {group:>13}");
    }
    println!(" {:>7} {:>8} {:>8}", "cases", "answers", "ms");
    for host in HOSTS {
        let Some(row) = named(host) else {
            bail!("{host} left no row");
        };
        print!("{host:<28}");
        let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or(0);
        for group in &groups {
            print!(" {:>13}", number(row.pointer(&format!("/groups/{group}"))));
        }
        let [cases, answers, took] =
            ["cases", "answers", "milliseconds"].map(|field| number(row.get(field)));
        println!(" {cases:>7} {answers:>8} {took:>8}");
    }
    println!();
    Ok(())
}
