//! Requests a second of `/evaluate`, against a hello-world on the same HTTP stack (the baseline).
//!
//! Each server is a process of its own; the caller and the server share the machine.

use assize_tests::server::Server;
use assize_tests::texts;
use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use criterion::{Criterion, Throughput};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

const CONNECTIONS: u64 = 64;
const HELLO: &str = "serve-hello-world";

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    if std::env::args().nth(1).as_deref() == Some(HELLO) {
        runtime.block_on(serve_hello());
        return;
    }
    let hello = Hello::start();
    let component = runtime.block_on(Server::start(&["--log", "warn"]));
    let native = runtime.block_on(Server::start(&["--log", "warn", "--engine", "native"]));

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("http");
    group.throughput(Throughput::Elements(1));
    group.measurement_time(Duration::from_secs(10));
    let mut measure = |name: &str, address: &str, request: String| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|requests| runtime.block_on(load(address, &request, requests)));
        });
    };
    let hello_world = "GET / HTTP/1.1\r\nhost: bench\r\n\r\n".to_owned();
    measure("hello-world", &hello.address, hello_world);
    for words in [20, 200] {
        let body = texts::line(words);
        let request = format!(
            "POST /evaluate HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        measure(&format!("echo/{words}"), &hello.address, request.clone());
        measure(
            &format!("component/{words}"),
            &component.address,
            request.clone(),
        );
        measure(&format!("native/{words}"), &native.address, request);
    }
    group.finish();
    criterion.final_summary();
}

/// The time that the connections together take for a number of requests.
async fn load(address: &str, request: &str, requests: u64) -> Duration {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).await.expect("it is connected");
        stream
            .set_nodelay(true)
            .expect("an option of the socket is set");
        connections.push(stream);
    }
    let started = Instant::now();
    let callers: Vec<_> = (0..CONNECTIONS)
        .zip(connections)
        .map(|(index, stream)| {
            let share = requests / CONNECTIONS + u64::from(index < requests % CONNECTIONS);
            tokio::spawn(call(stream, request.to_owned(), share))
        })
        .collect();
    for caller in callers {
        caller.await.expect("each request is answered");
    }
    started.elapsed()
}

async fn call(mut stream: TcpStream, request: String, requests: u64) {
    let mut answer = vec![0; 64 * 1024];
    for _ in 0..requests {
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
    }
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
struct Hello {
    child: Child,
    address: String,
}

impl Hello {
    fn start() -> Self {
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
