//! Callers of servers, and the baseline that they are compared with.

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

const HELLO: &str = "serve-hello-world";

/// Serves the baseline where this program was started for it, and then never returns false.
pub(crate) fn served_hello(runtime: &Runtime) -> bool {
    let asked = std::env::args().nth(1).as_deref() == Some(HELLO);
    if asked {
        runtime.block_on(serve_hello());
    }
    asked
}

/// A `POST /evaluate`; `headers` are whole lines.
pub(crate) fn evaluate(body: &str, headers: &str) -> String {
    format!(
        "POST /evaluate HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// How it went.
pub(crate) struct Load {
    pub(crate) took: Duration,
    /// Of each request, sorted.
    latencies: Vec<Duration>,
}

impl Load {
    /// Requests that were answered.
    pub(crate) fn answered(&self) -> usize {
        self.latencies.len()
    }

    /// What so large a share of the requests took at most.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let index = (self.latencies.len() as f64 * share) as usize;
        self.latencies[index.min(self.latencies.len() - 1)]
    }
}

/// A number of requests over some connections at once.
pub(crate) async fn load(address: &str, request: &str, requests: u64, at_once: u64) -> Load {
    let mut connections = Vec::new();
    for _ in 0..at_once {
        let stream = TcpStream::connect(address).await.expect("it is connected");
        stream
            .set_nodelay(true)
            .expect("an option of the socket is set");
        connections.push(stream);
    }
    let started = Instant::now();
    let callers: Vec<_> = (0..at_once)
        .zip(connections)
        .map(|(index, stream)| {
            let share = requests / at_once + u64::from(index < requests % at_once);
            tokio::spawn(call(stream, request.to_owned(), share))
        })
        .collect();
    let mut latencies = Vec::new();
    for caller in callers {
        latencies.extend(caller.await.expect("each request is answered"));
    }
    let took = started.elapsed();
    latencies.sort_unstable();
    Load { took, latencies }
}

async fn call(mut stream: TcpStream, request: String, requests: u64) -> Vec<Duration> {
    let mut answer = vec![0; 64 * 1024];
    let mut latencies = Vec::with_capacity(requests as usize);
    for _ in 0..requests {
        let started = Instant::now();
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it is sent");
        let mut length = 0;
        while !is_whole(&answer[..length]) {
            let read = stream
                .read(&mut answer[length..])
                .await
                .expect("it is read");
            assert_ne!(read, 0, "the server hung up");
            length += read;
        }
        assert!(
            answer.starts_with(b"HTTP/1.1 200 "),
            "the answer is a good one"
        );
        latencies.push(started.elapsed());
    }
    latencies
}

/// Whether an answer with a `content-length` has come in full.
fn is_whole(answer: &[u8]) -> bool {
    const FIELD: &[u8] = b"content-length: ";
    let position = |what: &[u8]| answer.windows(what.len()).position(|window| window == what);
    let (Some(field), Some(end)) = (position(FIELD), position(b"\r\n\r\n")) else {
        return false;
    };
    let digits = answer[field + FIELD.len()..].iter();
    let length = digits
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    answer.len() >= end + 4 + length
}

/// This program again, as the hello-world; killed when dropped.
pub(crate) struct Hello {
    child: Child,
    pub(crate) address: String,
}

impl Hello {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("the bench has a path");
        let mut child = Command::new(program)
            .arg(HELLO)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the hello-world starts");
        let output = child.stdout.take().expect("its output is piped");
        let mut address = String::new();
        BufReader::new(output)
            .read_line(&mut address)
            .expect("it says where it listens");
        Self {
            child,
            address: address.trim().to_owned(),
        }
    }
}

impl Drop for Hello {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn serve_hello() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    println!("{}", listener.local_addr().expect("it has an address"));
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let answer = "x".repeat(700);
    let router = Router::new()
        .route("/", get(async || "Hello, World!"))
        .route("/evaluate", post(async move |_body: Bytes| answer.clone()));
    axum::serve(listener, router).await.expect("it serves");
}
