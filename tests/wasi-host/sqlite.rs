//! Runs one statement on a file of SQLite: how the tests spoil what a host has stored.

#![forbid(unsafe_code)]

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), Some(statement)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: assize-test-sqlite FILE STATEMENT");
    };
    let connection = rusqlite::Connection::open(file)?;
    connection.execute_batch(&statement.to_string_lossy())?;
    Ok(())
}
