//! A PostgreSQL server of its own for a test: in a temporary folder, gone when dropped.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// `nobody`: the server refuses to run as root.
const NOBODY: u32 = 65534;
const MISSING: &str =
    "PostgreSQL's programs are not under /usr/lib/postgresql: apt-get install postgresql";

pub(crate) struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl Server {
    /// A new server with one user, `postgres`, who needs no password on the socket, and one database of that name.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With lines of `postgresql.conf`, each as `name=value`.
    pub(crate) fn start_with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut server = Self {
            programs: programs(),
            port: listener.local_addr().unwrap().port(),
            folder,
            process: None,
        };
        drop(listener);
        let data = server.data();
        let mut initdb = server.program("initdb");
        initdb.args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
            "-D",
        ]);
        let output = initdb
            .arg(&data)
            .stderr(Stdio::piped())
            .output()
            .expect(MISSING);
        assert!(output.status.success(), "{output:?}");
        let socket = server.folder.path().display();
        let mut lines = vec![
            format!("unix_socket_directories='{socket}'"),
            "listen_addresses='127.0.0.1'".to_owned(),
        ];
        lines.extend(settings.iter().map(|line| (*line).to_owned()));
        server.append("postgresql.conf", &lines.join("\n"));
        server.launch();
        server
    }

    /// By socket, as `postgres`.
    pub(crate) fn url(&self, database: &str) -> String {
        let socket = self.folder.path().display();
        format!(
            "postgres://postgres@/{database}?host={socket}&port={}",
            self.port
        )
    }

    /// By TCP, with what stands before and after the host.
    pub(crate) fn tcp_url(&self, user: &str, rest: &str) -> String {
        format!("postgres://{user}@localhost:{}/{rest}", self.port)
    }

    /// What `psql` prints for some SQL.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql);
        assert!(output.status.success(), "{sql}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Where the server's files are.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Adds lines to one of the server's files, for when it starts again.
    pub(crate) fn append(&self, file: &str, text: &str) {
        let path = self.data().join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{before}\n{text}\n")).unwrap();
    }

    /// A file that only the server's user can read.
    pub(crate) fn write_private(&self, file: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.data().join(file);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        if is_root() {
            std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    /// As in a crash: the server and all of its processes at once, with what they had not written.
    pub(crate) fn kill(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let id = process.id().to_string();
        signal("STOP", &id);
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        process.kill().unwrap();
        for child in children.split_whitespace() {
            signal("KILL", child);
        }
        process.wait().unwrap();
    }

    /// Starts it again, and waits until it answers.
    pub(crate) fn launch(&mut self) {
        // What is left of a server that was killed may stand in the way for a moment.
        for _ in 0..100 {
            let mut command = self.program("postgres");
            command.args(["-p", &self.port.to_string(), "-D"]);
            let child = command.arg(self.data()).spawn().expect(MISSING);
            self.process = Some(child);
            if self.answers() {
                return;
            }
        }
        panic!(
            "the server does not start: {}",
            self.folder.path().display()
        );
    }

    /// Stops it as an operator would, with an error for those who are connected.
    pub(crate) fn stop(&mut self) {
        self.end("INT");
    }

    fn end(&mut self, how: &str) {
        if let Some(mut process) = self.process.take() {
            signal(how, &process.id().to_string());
            let _ = process.wait();
        }
    }

    /// False where it ended instead.
    fn answers(&mut self) -> bool {
        loop {
            if self.psql("postgres", "SELECT 1").status.success() {
                return true;
            }
            let ended = self.process.as_mut().map(Child::try_wait);
            if !matches!(ended, Some(Ok(None))) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn psql(&self, database: &str, sql: &str) -> std::process::Output {
        let mut psql = self.program("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        psql.arg(self.url(database))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .expect(MISSING)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end("QUIT");
    }
}

fn signal(name: &str, process: &str) {
    // One that has ended already is not to be signalled.
    let _ = Command::new("kill").args(["-s", name, process]).status();
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// The programs of the newest version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir(Path::new("/usr/lib/postgresql")).expect(MISSING);
    let versions = versions.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        let whole = ["initdb", "postgres", "psql"].map(|name| programs.join(name).exists());
        (whole == [true; 3]).then_some((version, programs))
    });
    versions.max().expect(MISSING).1
}
