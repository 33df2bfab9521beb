//! Requests a second of `/evaluate`, against a hello-world on the same HTTP stack (the baseline).
//!
//! Each server is a process of its own; the caller and the server share the machine. Nothing is journaled: the bench
//! `journal` measures that.

#[path = "caller/mod.rs"]
mod caller;

use assize_tests::server::Server;
use assize_tests::texts;
use caller::{Hello, evaluate, load};
use criterion::{Criterion, Throughput};
use std::time::Duration;
use tokio::runtime::Runtime;

const CONNECTIONS: u64 = 64;

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    if caller::served_hello(&runtime) {
        return;
    }
    let hello = Hello::start();
    let quiet = ["--log", "warn", "--store", "memory:"];
    let component = runtime.block_on(Server::start(&quiet));
    let native: Vec<_> = quiet.into_iter().chain(["--engine", "native"]).collect();
    let native = runtime.block_on(Server::start(&native));

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("http");
    group.throughput(Throughput::Elements(1));
    group.measurement_time(Duration::from_secs(10));
    let mut measure = |name: &str, address: &str, request: String| {
        let run = |requests| {
            let load = runtime.block_on(load(address, &request, requests, CONNECTIONS));
            assert_eq!(load.answered() as u64, requests);
            assert!(load.percentile(1.0) <= load.took);
            load.took
        };
        group.bench_function(name, |bencher| bencher.iter_custom(run));
    };
    let hello_world = "GET / HTTP/1.1\r\nhost: bench\r\n\r\n".to_owned();
    measure("hello-world", &hello.address, hello_world);
    for words in [20, 200] {
        let request = evaluate(&texts::line(words), "");
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
