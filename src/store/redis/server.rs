//! A Redis server for tests: in a temporary folder, on a loopback port of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What a client must say, so that no test reaches another server unnoticed.
pub(crate) const PASSWORD: &str = "correct horse";

/// Ends with its handle.
pub(crate) struct RedisServer {
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    port: u16,
    process: Child,
}

impl RedisServer {
    /// Starts one that flushes every change to the disk; `arguments` come after its own, as in `--save ""`.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<_> = arguments.iter().map(|text| (*text).to_owned()).collect();
        // The port is free when it is chosen, and may be taken before the server has it.
        for _ in 0..20 {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            let mut process = spawn(&folder, port, &arguments);
            if answers(port, &mut process) {
                return Self {
                    folder,
                    arguments,
                    port,
                    process,
                };
            }
        }
        panic!("redis-server does not start");
    }

    /// With the password and database 3.
    pub(crate) fn url(&self) -> String {
        format!("redis://:correct%20horse@127.0.0.1:{}/3", self.port)
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Kills it, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again where it was, with what it has on its disk.
    pub(crate) fn restart(&mut self) {
        self.process = spawn(&self.folder, self.port, &self.arguments);
        assert!(
            answers(self.port, &mut self.process),
            "redis-server does not start again"
        );
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &tempfile::TempDir, port: u16, arguments: &[String]) -> Child {
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--requirepass", PASSWORD, "--save", ""])
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .arg("--dir")
        .arg(folder.path())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.spawn() {
        Ok(process) => process,
        Err(error) => panic!("redis-server can't be run ({error}): apt-get install redis-server"),
    }
}

/// Whether this very process answers; false if it ended.
fn answers(port: u16, process: &mut Child) -> bool {
    let own = format!("process_id:{}\r\n", process.id());
    loop {
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        match info(port) {
            Some(text) if text.contains(&own) && !text.contains("loading:1") => return true,
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn info(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    let ask = format!("AUTH \"{PASSWORD}\"\r\nINFO\r\nQUIT\r\n");
    stream.write_all(ask.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}
