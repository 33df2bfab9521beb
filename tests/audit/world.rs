//! A service in this process that fills a store at any time of the past, and the program that looks at it.

use assize_journal::{Archive, Checkpoint, Event, InputPolicy, Store};
use assize_service::{JournalSettings, NativeEngines, Platform, Service, ServiceSettings, router};
use assize_store::{
    PostgresOptions, PostgresStore, RedisOptions, RedisStore, SqliteStore, Synchronous,
};
use assize_tests::server::{Connection, Server, program};
use assize_tests::{Answer, call};
use axum::Router;
use base64ct::{Base64, Encoding};
use http::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(crate) use assize_journal::SigningKey;

pub(crate) const SESSIONS: &str = "/v1/governor/sessions";
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Long enough for a busy machine; nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis() as u64
}

/// A clock that stands where it is put, and identifiers that no other world of this process has.
pub(crate) struct Clock(AtomicU64);

impl Clock {
    pub(crate) fn set(&self, unix_ms: u64) {
        self.0.store(unix_ms, Ordering::Relaxed);
    }
}

impl Platform for Clock {
    fn unix_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn identifier(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        format!("id-{}", NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn memory_bytes(&self) -> Option<u64> {
        None
    }
}

/// The real service over a store, without a network in between.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) store: Arc<dyn Archive>,
    service: Router,
}

impl World {
    pub(crate) fn over(store: Arc<dyn Archive>) -> Self {
        Self::keeping(store, InputPolicy::Whole)
    }

    pub(crate) fn keeping(store: Arc<dyn Archive>, inputs: InputPolicy) -> Self {
        let clock = Arc::new(Clock(AtomicU64::new(now_ms())));
        let settings = ServiceSettings {
            journal: JournalSettings {
                stateless: true,
                inputs,
                ..JournalSettings::default()
            },
            ..ServiceSettings::default()
        };
        let engines = Arc::new(NativeEngines);
        let kept = Arc::clone(&store) as Arc<dyn Store>;
        let service = Service::new(engines, kept, Arc::clone(&clock) as _, settings);
        Self {
            clock,
            store,
            service: router(Arc::new(service), []),
        }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        let answer = call(&self.service, method, path, body).await;
        assert!(answer.status.is_success(), "{path}: {:?}", answer.json());
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.call(Method::POST, path, body).await
    }

    /// Opens a session: its name.
    pub(crate) async fn open(&self, body: &str) -> String {
        let answer = self.post(SESSIONS, body).await;
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// A cycle session with so many events, of which each but the first is a cycle or a lesson.
    pub(crate) async fn cycles(&self, events: usize) -> String {
        let config = json!({"governor": "cycle", "config": {"max_cycles": 1000}});
        let id = self.open(&config.to_string()).await;
        for index in 1..events {
            // Every cycle may stop it, whatever it is about.
            let (action, body) = match index % 3 {
                1 => (
                    "evaluate",
                    pair(&format!("cycle {index} of {id}"), "other words"),
                ),
                2 => ("reopen", String::new()),
                _ => ("wisdom", lesson(&format!("lesson {index}"))),
            };
            self.post(&format!("{SESSIONS}/{id}/{action}"), &body).await;
        }
        id
    }

    pub(crate) async fn delete(&self, id: &str) {
        let path = format!("{SESSIONS}/{id}");
        self.call(Method::DELETE, &path, "").await;
    }

    /// Removes the first events of a chain, as retention does.
    pub(crate) async fn bury(&self, chain: &str, sequence: u64) {
        let rows = self.store.events(chain, sequence, 1).await.unwrap();
        let stored = self.store.load("default", chain).await.unwrap();
        let state = stored.and_then(|stored| stored.snapshot);
        let state = state.filter(|(at, _)| *at == sequence);
        let tombstone = json!({
            "chain": chain,
            "sequence": sequence,
            "hash": Event::from_line(&rows[0].line).unwrap().hash,
            "removed_ms": 1_800_000_000_000_u64,
            "snapshot": state.map(|(_, state)| Base64::encode_string(&state)),
        });
        let tombstone = serde_json::from_value(tombstone).unwrap();
        self.store.bury(&tombstone).await.unwrap();
    }

    pub(crate) async fn checkpoint(&self, key: Option<&SigningKey>) {
        let marks = self.store.unmarked(1000).await.unwrap();
        assert!(!marks.is_empty());
        let last = self.store.last_checkpoint().await.unwrap();
        let checkpoint = Checkpoint::after(last.as_ref(), self.clock.unix_ms(), marks, key);
        assert!(self.store.add_checkpoint(&checkpoint).await.unwrap());
    }
}

/// Two outputs, as `evaluate` takes them.
pub(crate) fn pair(left: &str, right: &str) -> String {
    let side = |output: &str| json!({"output": output, "confidence": 0.9});
    json!({"left": side(left), "right": side(right)}).to_string()
}

/// Two answers, as `step` takes them.
pub(crate) fn step(left: &str, right: &str) -> String {
    let side = |engine: &str, answer: &str| json!({"engine_id": engine, "cycle_index": 0, "answer": answer});
    json!({"left": side("builder", left), "right": side("critic", right)}).to_string()
}

pub(crate) fn lesson(text: &str) -> String {
    json!({
        "domain": "tests", "lesson": text, "consequence_type": "near_miss", "future_bias": "care",
        "timestamp": "2026-11-20T10:00:00Z",
    })
    .to_string()
}

/// Opens a store as the program does.
pub(crate) async fn open(url: &str) -> Arc<dyn Archive> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Arc::new(SqliteStore::open(Path::new(path), Synchronous::Normal).unwrap());
    }
    if url.starts_with("redis:") {
        let options = RedisOptions::new(url).unwrap();
        return Arc::new(RedisStore::open(options).await.unwrap());
    }
    let store = PostgresStore::open(url, PostgresOptions::default()).await;
    Arc::new(store.unwrap())
}

/// A SQLite file in a folder.
pub(crate) fn file_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("assize.db").display())
}

/// How the program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    pub(crate) fn json(&self) -> Value {
        let last = self.out.lines().last();
        let last = last.unwrap_or_else(|| panic!("it said nothing: {self:?}"));
        serde_json::from_str(last).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A command for the program that sees no settings but those it is given.
pub(crate) fn assize_command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .args(["--store", url])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null());
    command
}

pub(crate) fn assize(url: &str, arguments: &[&str]) -> Ran {
    finished(&mut assize_command(url, arguments))
}

pub(crate) fn finished(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Where the component is kept once it is compiled, for all tests and all runs.
pub(crate) const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/audit-cache");

/// A server over a store, with settings of its own.
pub(crate) struct Serving {
    pub(crate) server: Server,
    _folder: tempfile::TempDir,
}

impl Serving {
    pub(crate) async fn start(url: &str, config: &str) -> Self {
        Self::start_with(url, config, "native").await
    }

    pub(crate) async fn start_with(url: &str, config: &str, engine: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("assize.toml");
        std::fs::write(&file, config).unwrap();
        let file = file.to_str().unwrap();
        let arguments = ["--store", url, "--config", file, "--engine", engine];
        Self {
            server: Server::start(&arguments).await,
            _folder: folder,
        }
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(&self.server.address).await
    }

    /// A request on a connection of its own: status and body.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, Value) {
        let mut connection = self.connect().await;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\n{headers}content-length: {length}\r\n"
        );
        let head = head + "content-type: application/json\r\n\r\n";
        connection.send(&(head + body)).await;
        let answer = connection.answer().await;
        let body = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        (answer.status, body)
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        self.ask("POST", path, "", body).await
    }

    /// Stops it as an operator would: its log.
    pub(crate) async fn stop(self) -> String {
        self.server.terminate();
        let ended = self.server.wait().await;
        assert!(ended.status.success(), "{ended:?}");
        ended.log
    }
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "waited too long until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What `assize audit verify` finds, as text and as JSON; both say the same.
pub(crate) fn verify(url: &str, more: &[&str]) -> (Option<i32>, Vec<String>) {
    let text = assize(url, &[&["audit", "verify"], more].concat());
    let json = assize(url, &[&["audit", "verify", "--json"], more].concat());
    assert_eq!(text.code, json.code, "{text:?} {json:?}");
    if text.code == Some(2) {
        return (text.code, vec![text.err]);
    }
    let broken = json.json()["broken"].as_array().unwrap().clone();
    let broken: Vec<String> = broken
        .iter()
        .map(|found| found["what"].as_str().unwrap().to_owned())
        .collect();
    let told: Vec<&str> = text.out.lines().take(broken.len()).collect();
    assert_eq!(told, broken);
    (text.code, broken)
}

#[track_caller]
pub(crate) fn assert_whole(url: &str) {
    assert_eq!(verify(url, &[]), (Some(0), Vec::new()));
}
