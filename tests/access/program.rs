//! The program under test: a folder to work in, commands that end, and servers that do not.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Long enough for anything on a busy machine; nothing waits this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A folder of its own: the working directory, the data and the home of what runs in it.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// What it printed, where all went well.
    pub(crate) fn done(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.stdout
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let lines = self.done().lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Place {
    /// With an engine that starts at once: what is decided does not matter here.
    pub(crate) fn new() -> Self {
        let mut place = Self::bare();
        place.set("ASSIZE_LISTEN", "127.0.0.1:0");
        place.set("ASSIZE_ENGINE", "native");
        place.set("ASSIZE_LOG_FORMAT", "json");
        let data = place.path("data").display().to_string();
        place.set("ASSIZE_DATA", &data);
        place
    }

    /// Without any setting.
    pub(crate) fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// With a configuration file.
    pub(crate) fn with(text: &str) -> Self {
        let place = Self::new();
        place.configure(text);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets a variable of what is run from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.retain(|(other, _)| other != name);
    }

    /// Writes a file that only its owner can read, as a whole: who reads meanwhile sees the old or the new one.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let new = self.path(&format!("{name}.new"));
        std::fs::write(&new, text).unwrap();
        set_mode(&new, 0o600);
        std::fs::rename(new, self.path(name)).unwrap();
    }

    pub(crate) fn configure(&self, text: &str) {
        self.write("assize.toml", text);
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        set_mode(&self.path(name), mode);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assize_tests::server::program());
        command
            .args(arguments)
            // Nothing of what is set around the tests.
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a server, which must listen.
    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// With flags.
    pub(crate) fn serve_with(&self, flags: &[&str]) -> Server {
        match self.try_serve(flags) {
            Ok(server) => server,
            Err((status, log)) => panic!("the server ended ({status}) before it listened: {log}"),
        }
    }

    /// The log of a server that must refuse to start.
    pub(crate) fn refuses_to_serve(&self) -> String {
        match self.try_serve(&[]) {
            Ok(server) => panic!("the server starts: {}", server.log()),
            Err((status, log)) => {
                assert_eq!(status.code(), Some(2), "{log}");
                log
            }
        }
    }

    fn try_serve(&self, flags: &[&str]) -> Result<Server, (ExitStatus, String)> {
        let arguments = [&["serve"], flags].concat();
        let mut child = self.command(&arguments).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let pipe = child.stderr.take().unwrap();
        let reader = std::thread::spawn({
            let log = Arc::clone(&log);
            move || keep(BufReader::new(pipe), &log)
        });
        let mut server = Server {
            child: Mutex::new(child),
            log,
            address: String::new(),
        };
        let mut ended = None;
        until("the server listens, or ends", || {
            ended = server.ended();
            server.address = listening(&server.log()).unwrap_or_default();
            ended.is_some() || !server.address.is_empty()
        });
        match ended {
            Some(status) => {
                reader.join().unwrap();
                Err((status, server.log()))
            }
            None => Ok(server),
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn keep(lines: impl BufRead, log: &Mutex<String>) {
    for line in lines.lines().map_while(Result::ok) {
        let mut log = log.lock().unwrap();
        log.push_str(&line);
        log.push('\n');
    }
}

/// The address in the log, whichever of its formats it has.
fn listening(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.contains("listening"))?;
    let address = match serde_json::from_str::<Value>(line) {
        Ok(line) => line["address"].as_str()?.to_owned(),
        Err(_) => line.split_once("address=")?.1.split(' ').next()?.to_owned(),
    };
    Some(address)
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Mutex<Child>,
    log: Arc<Mutex<String>>,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// How many lines of the log have a text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        let log = self.log();
        log.lines().filter(|line| line.contains(text)).count()
    }

    pub(crate) fn wait_for_log(&self, text: &str) {
        self.wait_for_more(text, 0);
    }

    fn wait_for_more(&self, text: &str, before: usize) {
        until(&format!("the log has `{text}`"), || {
            // Asked before the log is looked at: what was logged at the end counts.
            let ended = self.ended();
            let is_there = self.logged(text) > before;
            assert!(is_there || ended.is_none(), "the server ended: {ended:?}");
            is_there
        });
    }

    fn ended(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap().try_wait().unwrap()
    }

    /// Makes it read its settings again, and waits until the log says what became of it.
    pub(crate) fn reload(&self, outcome: &str) {
        let before = self.logged(outcome);
        self.hang_up();
        self.wait_for_more(outcome, before);
    }

    pub(crate) fn hang_up(&self) {
        let id = self.child.lock().unwrap().id().to_string();
        let status = Command::new("kill").args(["-HUP", &id]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}
