//! Runs one statement on a file of SQLite and prints the first column of what it says: how the tests look at what a
//! host has stored, and spoil it.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command-line tool talks to its user")]

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), Some(statement)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: assize-test-sqlite FILE STATEMENT");
    };
    let connection = rusqlite::Connection::open(file)?;
    let mut statement = connection.prepare(&statement.to_string_lossy())?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        println!("{}", row.get::<_, String>(0)?);
    }
    Ok(())
}
