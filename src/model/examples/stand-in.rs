//! A server in place of a language model and an embedding endpoint, for tests and for trying things without one.
//!
//! `stand-in [--port PORT] [--fail MODE]` prints its address and serves until it is stopped. Base URLs: the address and
//! `/v1` for `openai`, the address for `anthropic`.

#[path = "../tests/stand_in.rs"]
#[expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    dead_code,
    reason = "tests look at requests, too, and may panic"
)]
mod stand_in;

use std::io::{Error, Result, Write};

#[tokio::main]
async fn main() -> Result<()> {
    let (mut port, mut fail) = (0, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let missing = || Error::other(format!("`{name}` needs a value"));
        let value = arguments.next().ok_or_else(missing)?;
        match name.as_str() {
            "--port" => port = value.parse().map_err(Error::other)?,
            "--fail" => fail = Some(value),
            _ => return Err(Error::other("usage: stand-in [--port PORT] [--fail MODE]")),
        }
    }
    let server = stand_in::StandIn::start(port, fail, false).await?;
    writeln!(std::io::stdout(), "http://{}", server.address())?;
    std::future::pending().await
}
