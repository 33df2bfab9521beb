//! The `assize serve` program, and connections to it that speak HTTP/1.1 byte by byte.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Long enough for a debug build to compile the component on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// The program under test: `ASSIZE_PROGRAM`, or the one that was built beside this test.
pub fn program() -> std::path::PathBuf {
    if let Some(program) = std::env::var_os("ASSIZE_PROGRAM") {
        return program.into();
    }
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let program = folder.join(format!("assize{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is missing: `cargo xtask test` builds it",
        program.display()
    );
    program
}

/// A running server; killed when dropped.
pub struct Server {
    child: Mutex<Child>,
    log: Arc<Mutex<String>>,
    pub address: String,
    _cache: tempfile::TempDir,
}

/// How a server ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub log: String,
}

impl Server {
    /// Starts it on a free port of the loopback interface and waits until it listens.
    pub async fn start(arguments: &[&str]) -> Self {
        let cache = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = port.local_addr().unwrap().to_string();
        drop(port);
        let mut child = Command::new(program())
            .args(["serve", "--listen", &address, "--data"])
            .arg(cache.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().unwrap();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            use std::io::BufRead;
            for line in std::io::BufReader::new(stderr)
                .lines()
                .map_while(Result::ok)
            {
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let server = Self {
            child: Mutex::new(child),
            log,
            address,
            _cache: cache,
        };
        server
            .until("the server listens", async || {
                TcpStream::connect(&server.address).await.is_ok()
            })
            .await;
        server
    }

    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let started = std::time::Instant::now();
        while !holds().await {
            let log = self.log.lock().unwrap().clone();
            let ended = self.child.lock().unwrap().try_wait().unwrap();
            assert!(
                ended.is_none(),
                "the server ended ({ended:?}) before {what}: {log}"
            );
            assert!(
                started.elapsed() < PATIENCE,
                "waited too long until {what}: {log}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The value of a metric without labels.
    pub async fn metric(&self, name: &str) -> f64 {
        let mut connection = Connection::open(&self.address).await;
        let text = connection.get("/metrics").await.body;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no metric {name} in {text}"))
    }

    /// Waits until a metric has a value.
    pub async fn wait_for_metric(&self, name: &str, value: f64) {
        self.until(name, async || self.metric(name).await == value)
            .await;
    }

    /// Waits until the log has a text.
    pub async fn wait_for_log(&self, text: &str) {
        self.until(text, async || self.log.lock().unwrap().contains(text))
            .await;
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let id = self.child.lock().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits until it has ended.
    pub async fn wait(&self) -> Ended {
        let started = std::time::Instant::now();
        loop {
            let ended = self.child.lock().unwrap().try_wait().unwrap();
            if let Some(status) = ended {
                // The log's reader ends with the pipe.
                tokio::time::sleep(Duration::from_millis(100)).await;
                let log = self.log.lock().unwrap().clone();
                return Ended { status, log };
            }
            assert!(started.elapsed() < PATIENCE, "the server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// One connection, kept open between requests.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n"))
            .await;
        self.answer().await
    }

    pub async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.begin(path, body.len(), body).await;
        self.answer().await
    }

    /// Sends a request's head and the beginning of its body.
    pub async fn begin(&mut self, path: &str, length: usize, body: &str) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        self.send(&(head + body)).await;
    }

    pub async fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).await.unwrap();
    }

    /// Waits until the server has ended the connection, whatever it says before.
    pub async fn ended(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = self.0.read_to_end(&mut rest).await;
    }

    /// Reads one answer that says how long it is.
    pub async fn answer(&mut self) -> Answer {
        let mut status = String::new();
        self.0.read_line(&mut status).await.unwrap();
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        Answer {
            status: status.unwrap_or_else(|| panic!("no status")),
            body: String::from_utf8(body).unwrap(),
        }
    }
}
