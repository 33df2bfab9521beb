//! `assize`: judges model outputs from the shell and over HTTP.

#![forbid(unsafe_code)]

mod access;
mod admission;
mod audit;
mod command;
mod externals;
mod maintenance;
mod models;
mod platform;
mod retention;
mod server;
mod storage;
mod transfer;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
