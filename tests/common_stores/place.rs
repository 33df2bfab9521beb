//! Where a journal is kept.

use super::{postgres, redis};

/// A store and, where it has one, its server.
pub(crate) enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(Box<postgres::Server>),
    Redis(Box<redis::RedisServer>),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(Box::new(postgres::Server::start()))
    }

    /// With `appendfsync always`.
    pub(crate) fn redis() -> Self {
        Self::Redis(Box::new(redis::RedisServer::start(&[])))
    }

    /// What `--store` takes.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.path().join("a.db").display()),
            Self::Postgres(server) => server.tcp_url("postgres", "postgres"),
            Self::Redis(server) => server.url(),
        }
    }

    /// What `--store` takes to reach a PostgreSQL server by its socket.
    pub(crate) fn socket_url(&self) -> String {
        match self {
            Self::Postgres(server) => server.url("postgres"),
            _ => panic!("only PostgreSQL is reached by a socket"),
        }
    }

    pub(crate) fn has_server(&self) -> bool {
        !matches!(self, Self::Sqlite(_))
    }

    /// Kills its server, as a crash would.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Sqlite(_) => panic!("a file has no server"),
            Self::Postgres(server) => server.kill(),
            Self::Redis(server) => server.kill(),
        }
    }

    /// Stops its server, as an operator would.
    pub(crate) fn stop(&mut self) {
        match self {
            Self::Postgres(server) => server.stop(),
            // It has nothing to write that it has not.
            _ => self.kill(),
        }
    }

    /// Halts its server, so that it neither answers nor ends connections, until what this returns is dropped.
    pub(crate) fn freeze(&self) -> Frozen {
        let folder = match self {
            Self::Sqlite(_) => panic!("a file has no server"),
            Self::Postgres(server) => server.data(),
            Self::Redis(server) => server.folder().to_owned(),
        };
        // All of them work in their folder, which is no other server's.
        let folder = folder.canonicalize().unwrap();
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let process = entry.ok()?.path();
            let works_there = std::fs::read_link(process.join("cwd")).ok()? == folder;
            works_there.then(|| process.file_name().unwrap().to_string_lossy().into_owned())
        });
        let frozen = Frozen(processes.collect());
        assert!(!frozen.0.is_empty(), "no process works in {folder:?}");
        frozen.signal("STOP");
        frozen
    }

    /// Starts its server again, and waits until it answers.
    pub(crate) fn launch(&mut self) {
        match self {
            Self::Sqlite(_) => panic!("a file has no server"),
            Self::Postgres(server) => server.launch(),
            Self::Redis(server) => server.restart(),
        }
    }
}

/// Processes that were halted.
pub(crate) struct Frozen(Vec<String>);

impl Frozen {
    fn signal(&self, name: &str) {
        let mut kill = std::process::Command::new("kill");
        // One that has ended already is not to be signalled.
        let _ = kill.args(["-s", name]).args(&self.0).status();
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}
