//! Running other programs: what is done is said, what they print is shown.

use anyhow::{Context, Result, bail};
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Says what begins.
pub(crate) fn step(message: impl Display) {
    let mut stderr = std::io::stderr().lock();
    // A closed standard error must not end the build.
    let _ = if stderr.is_terminal() {
        writeln!(stderr, "\x1b[1;32m==>\x1b[0m {message}")
    } else {
        writeln!(stderr, "==> {message}")
    };
}

/// Runs a program to its end, with its output shown as it comes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = name(command);
    let started = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{name}` could not be started"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    let seconds = started.elapsed().as_secs();
    if seconds >= 5 {
        step(format_args!("  done in {seconds} s"));
    }
    Ok(())
}

/// What a program prints, trimmed; none if it can't be started or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn name(command: &Command) -> String {
    let mut name = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        name.push(' ');
        name.push_str(&argument.to_string_lossy());
    }
    name
}
