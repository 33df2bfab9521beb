//! `assize`: judges model outputs from the shell and over HTTP.

#![forbid(unsafe_code)]

mod command;
mod platform;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
