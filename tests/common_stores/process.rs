//! The program `assize`.

use super::{PATIENCE, http, until};
use assize_tests::server::program;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

/// Where compiled components are kept between runs of the tests.
const DATA: &str = env!("CARGO_TARGET_TMPDIR");

/// A running `assize serve`; killed when dropped.
pub(crate) struct Assize {
    store: String,
    variables: Vec<(&'static str, String)>,
    child: Child,
    log: Arc<Mutex<String>>,
    pub(crate) address: String,
}

impl Assize {
    /// Starts it on a free port and waits until it listens.
    pub(crate) fn start(store: &str) -> Self {
        Self::start_with(store, &[])
    }

    /// With settings as variables.
    pub(crate) fn start_with(store: &str, variables: &[(&'static str, String)]) -> Self {
        let (child, log, address) = launch(store, variables);
        Self {
            store: store.to_owned(),
            variables: variables.to_vec(),
            child,
            log,
            address,
        }
    }

    /// Ends it in the middle of whatever it does (SIGKILL).
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same store; the address is another one.
    pub(crate) fn restart(&mut self) {
        (self.child, self.log, self.address) = launch(&self.store, &self.variables);
    }

    /// That it is the process that was started.
    pub(crate) fn is_running(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended ({ended:?}): {}", self.log());
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn ask(&self, ask: &http::Ask) -> http::Answer {
        http::ask(&self.address, ask)
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.ask(&http::Ask::get("/metrics")).body;
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no metric {name} in {text}"))
    }

    /// Waits until nothing is being answered but the question for the metric.
    pub(crate) fn wait_until_idle(&self) {
        until("no request is in flight", || {
            self.metric("assize_http_requests_in_flight") == 1.0
        });
    }
}

impl Drop for Assize {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(
    store: &str,
    variables: &[(&'static str, String)],
) -> (Child, Arc<Mutex<String>>, String) {
    // The address is in the log: a port that was looked for before may be taken meanwhile.
    let log_filter = "warn,assize::server=info";
    let mut child = command(&["serve", "--listen", "127.0.0.1:0", "--store", store])
        .args(["--data", DATA, "--log-format", "json", "--log", log_filter])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = Arc::new(Mutex::new(String::new()));
    let (kept, stderr) = (Arc::clone(&log), child.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut log = kept.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
    let mut address = None;
    let started = std::time::Instant::now();
    while address.is_none() {
        let log = log.lock().unwrap().clone();
        address = log.lines().find_map(address_in);
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended ({ended:?}) early: {log}");
        assert!(started.elapsed() < PATIENCE, "it does not listen: {log}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    (child, log, address.unwrap())
}

/// The address in a line of the log that says where it listens.
fn address_in(line: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").unwrap_or(&line);
    let says = fields.get("message")?.as_str()? == "listening";
    let address = fields.get("address")?.as_str()?;
    says.then(|| address.to_owned())
}

/// Without what the tester's own surroundings say.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.current_dir(DATA);
    command
}

/// Runs a command on a store that must be there, and hands back what it printed and how it ended.
pub(crate) fn run(store: &str, arguments: &[&str]) -> Output {
    let mut command = command(arguments);
    command.args(["--data", DATA, "--store", store]);
    command.output().unwrap()
}
