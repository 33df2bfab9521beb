//! The three kinds of stores, and how someone who may write to one would tamper with it.

use crate::postgres_server::Server as PostgresServer;
use crate::redis_server::RedisServer;
use crate::world::file_url;
use assize_journal::Hash;
use redis::{Commands, Connection as RedisConnection};
use rusqlite::{Connection, params};
use std::path::PathBuf;

/// Events of a chain as they are stored, by sequence.
pub(crate) type Rows = Vec<(u64, Vec<u8>)>;

/// A store that can be written to past the program.
pub(crate) trait Place {
    fn url(&self) -> String;

    /// From now on [`restore`](Self::restore) brings this state back.
    fn save(&mut self);

    fn restore(&self);

    /// Puts these events into the place of all of a chain's.
    fn rewrite(&self, chain: &str, rows: &Rows);

    fn set_head(&self, chain: &str, sequence: u64, hash: Hash);

    /// Changes a column of a chain, by its name in SQL.
    fn set_column(&self, chain: &str, column: &str, value: &str);

    fn drop_chain(&self, chain: &str);

    /// Puts these records into the place of all checkpoints.
    fn rewrite_checkpoints(&self, records: &[(u64, String)]);

    /// Whether it takes texts that are not UTF-8.
    fn takes_any_bytes(&self) -> bool {
        true
    }
}

pub(crate) struct File {
    folder: tempfile::TempDir,
    saved: Vec<u8>,
}

impl File {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            saved: Vec::new(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("assize.db")
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// Brings what is in the log into the file.
    pub(crate) fn settle(&self) {
        let connection = self.connection();
        let query = "SELECT count(*) FROM chain";
        let _: i64 = connection.query_row(query, (), |row| row.get(0)).unwrap();
        connection.close().unwrap();
        assert!(!self.path().with_extension("db-wal").exists());
    }

    fn chain(connection: &Connection, chain: &str) -> i64 {
        let query = "SELECT id FROM chain WHERE name = ?";
        connection
            .query_row(query, [chain], |row| row.get(0))
            .unwrap()
    }
}

impl Place for File {
    fn url(&self) -> String {
        file_url(self.folder.path())
    }

    fn save(&mut self) {
        self.settle();
        self.saved = std::fs::read(self.path()).unwrap();
    }

    fn restore(&self) {
        std::fs::write(self.path(), &self.saved).unwrap();
    }

    fn rewrite(&self, chain: &str, rows: &Rows) {
        let connection = self.connection();
        let id = Self::chain(&connection, chain);
        connection
            .execute("DELETE FROM event WHERE id >> 32 = ?", [id])
            .unwrap();
        for (sequence, line) in rows {
            let values = params![id << 32 | *sequence as i64, line];
            let insert = "INSERT INTO event VALUES (?, CAST(? AS TEXT))";
            connection.execute(insert, values).unwrap();
        }
    }

    fn set_head(&self, chain: &str, sequence: u64, hash: Hash) {
        let values = params![sequence as i64, hash.as_bytes(), chain];
        let update = "UPDATE chain SET sequence = ?, hash = ? WHERE name = ?";
        assert_eq!(self.connection().execute(update, values).unwrap(), 1);
    }

    fn set_column(&self, chain: &str, column: &str, value: &str) {
        let update = format!("UPDATE chain SET {column} = ? WHERE name = ?");
        assert_eq!(
            self.connection().execute(&update, [value, chain]).unwrap(),
            1
        );
    }

    fn drop_chain(&self, chain: &str) {
        self.rewrite(chain, &Vec::new());
        let delete = "DELETE FROM chain WHERE name = ?";
        assert_eq!(self.connection().execute(delete, [chain]).unwrap(), 1);
    }

    fn rewrite_checkpoints(&self, records: &[(u64, String)]) {
        let connection = self.connection();
        connection.execute("DELETE FROM checkpoint", ()).unwrap();
        for (number, record) in records {
            let values = params![*number as i64, record];
            connection
                .execute("INSERT INTO checkpoint VALUES (?, ?)", values)
                .unwrap();
        }
    }
}

pub(crate) struct Postgres(PostgresServer);

impl Postgres {
    const DATABASE: &str = "assize";

    pub(crate) fn start() -> Self {
        // Nothing here is about crashes.
        let server = PostgresServer::start_with(&["fsync=off", "full_page_writes=off"]);
        server.sql("postgres", "CREATE DATABASE assize");
        Self(server)
    }

    /// By the folder of its socket instead of a host.
    pub(crate) fn socket_url(&self) -> String {
        self.0.url(Self::DATABASE)
    }

    fn sql(&self, sql: &str) {
        self.0.sql(Self::DATABASE, sql);
    }
}

/// A text as SQL has it, whatever is in it.
fn quoted(text: &str) -> String {
    assert!(!text.contains("$quoted$"));
    format!("$quoted${text}$quoted$")
}

impl Place for Postgres {
    fn url(&self) -> String {
        self.0.tcp_url("postgres", Self::DATABASE)
    }

    fn save(&mut self) {
        self.0.sql("postgres", "DROP DATABASE IF EXISTS saved");
        self.0
            .sql("postgres", "CREATE DATABASE saved TEMPLATE assize");
    }

    fn restore(&self) {
        self.0.sql("postgres", "DROP DATABASE assize WITH (FORCE)");
        self.0
            .sql("postgres", "CREATE DATABASE assize TEMPLATE saved");
    }

    fn rewrite(&self, chain: &str, rows: &Rows) {
        let id = format!(
            "(SELECT id FROM assize.chain WHERE name = {})",
            quoted(chain)
        );
        let mut sql = format!("DELETE FROM assize.event WHERE chain = {id};");
        for (sequence, line) in rows {
            let line = quoted(std::str::from_utf8(line).unwrap());
            sql += &format!("INSERT INTO assize.event VALUES ({id}, {sequence}, {line});");
        }
        self.sql(&sql);
    }

    fn set_head(&self, chain: &str, sequence: u64, hash: Hash) {
        let chain = quoted(chain);
        self.sql(&format!(
            "UPDATE assize.chain SET sequence = {sequence}, hash = '\\x{hash}' WHERE name = {chain}"
        ));
    }

    fn set_column(&self, chain: &str, column: &str, value: &str) {
        let (chain, value) = (quoted(chain), quoted(value));
        self.sql(&format!(
            "UPDATE assize.chain SET {column} = {value} WHERE name = {chain}"
        ));
    }

    fn drop_chain(&self, chain: &str) {
        self.rewrite(chain, &Vec::new());
        self.sql(&format!(
            "DELETE FROM assize.chain WHERE name = {}",
            quoted(chain)
        ));
    }

    fn rewrite_checkpoints(&self, records: &[(u64, String)]) {
        let mut sql = "DELETE FROM assize.checkpoint;".to_owned();
        for (number, record) in records {
            sql += &format!(
                "INSERT INTO assize.checkpoint VALUES ({number}, {});",
                quoted(record)
            );
        }
        self.sql(&sql);
    }

    fn takes_any_bytes(&self) -> bool {
        false
    }
}

pub(crate) struct Redis {
    server: RedisServer,
    saved: Vec<(String, Vec<u8>)>,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self {
            // Nothing here is about crashes.
            server: RedisServer::start(&["--appendonly", "no"]),
            saved: Vec::new(),
        }
    }

    fn connection(&self) -> RedisConnection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_connection().unwrap()
    }

    fn rewrite_stream(&self, key: &str, rows: &Rows) {
        let mut connection = self.connection();
        let _: () = connection.del(key).unwrap();
        for (sequence, line) in rows {
            let mut add = redis::cmd("XADD");
            add.arg(key)
                .arg(format!("{sequence}-1"))
                .arg("line")
                .arg(line);
            let _: () = add.query(&mut connection).unwrap();
        }
    }
}

impl Place for Redis {
    fn url(&self) -> String {
        self.server.url()
    }

    fn save(&mut self) {
        let mut connection = self.connection();
        let keys: Vec<String> = connection.keys("*").unwrap();
        self.saved = keys
            .into_iter()
            .map(|key| {
                let dump = redis::cmd("DUMP").arg(&key).query(&mut connection).unwrap();
                (key, dump)
            })
            .collect();
    }

    fn restore(&self) {
        let mut connection = self.connection();
        let _: () = redis::cmd("FLUSHDB").query(&mut connection).unwrap();
        for (key, dump) in &self.saved {
            let mut restore = redis::cmd("RESTORE");
            let _: () = restore
                .arg(key)
                .arg(0)
                .arg(dump)
                .query(&mut connection)
                .unwrap();
        }
    }

    fn rewrite(&self, chain: &str, rows: &Rows) {
        self.rewrite_stream(&format!("assize:events:{chain}"), rows);
    }

    fn set_head(&self, chain: &str, sequence: u64, hash: Hash) {
        self.set_column(chain, "sequence", &sequence.to_string());
        self.set_column(chain, "hash", &hash.to_string());
    }

    fn set_column(&self, chain: &str, column: &str, value: &str) {
        let key = format!("assize:chain:{chain}");
        let _: () = self.connection().hset(key, column, value).unwrap();
    }

    fn drop_chain(&self, chain: &str) {
        let mut connection = self.connection();
        for kind in ["chain", "events", "snapshot"] {
            let _: () = connection.del(format!("assize:{kind}:{chain}")).unwrap();
        }
        let _: () = connection.zrem("assize:chains", chain).unwrap();
        let _: () = connection.srem("assize:unmarked", chain).unwrap();
    }

    fn rewrite_checkpoints(&self, records: &[(u64, String)]) {
        let rows = records
            .iter()
            .map(|(number, record)| (*number, record.clone().into_bytes()));
        self.rewrite_stream("assize:checkpoints", &rows.collect());
    }
}
