//! What durability, keys and limits cost, and how long a million events take to recover, check and replay.
//!
//! A table and not a criterion bench: percentiles matter, and a journal grows while it is measured. All rows are of one
//! run, in turns, so that the machine's mood falls on all of them; the best of the turns counts.

#[path = "caller/mod.rs"]
mod caller;

use assize_tests::server::{Server, program};
use assize_tests::texts;
use caller::{Hello, Load, evaluate, load};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const TURNS: usize = 3;
const KEY: &str = "a-key-for-the-bench-of-32-bytes-0";

struct Case {
    name: &'static str,
    settings: &'static str,
    headers: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        name: "journal off",
        settings: "[store]\nurl = 'memory:'",
        headers: "",
    },
    Case {
        name: "journal off, key and limit",
        settings: "[store]\nurl = 'memory:'\n[auth]\nanonymous = false\nkeys = [{ name = 'bench', key = 'a-key-for-the-bench-of-32-bytes-0' }]\n[limits]\nrequests = 10000000",
        headers: "x-api-key: a-key-for-the-bench-of-32-bytes-0\r\n",
    },
    Case {
        name: "journal in SQLite",
        settings: "",
        headers: "",
    },
    Case {
        name: "journal in SQLite, redacted",
        settings: "[journal]\ninputs = 'redacted'",
        headers: "",
    },
];

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    if caller::served_hello(&runtime) {
        return;
    }
    // Cargo's own way of asking whether a bench works.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    assert!(KEY.len() >= 32);
    costs(&runtime);
    let events = std::env::var("ASSIZE_BENCH_EVENTS")
        .ok()
        .and_then(|events| events.parse().ok());
    million(&runtime, events.unwrap_or(1_000_000));
}

fn costs(runtime: &Runtime) {
    let hello = Hello::start();
    let servers: Vec<_> = CASES
        .iter()
        .map(|case| (case, runtime.block_on(serve(case.settings))))
        .collect();
    println!(
        "{:<30}{:>12}{:>12}{:>10}{:>10}{:>10}",
        "/evaluate, 20 words", "connections", "requests/s", "p50 us", "p99 us", "p99.9 us"
    );
    let body = texts::line(20);
    for (at_once, requests) in [(1, 4_000), (64, 60_000)] {
        let mut best: Vec<Option<Load>> = Vec::new();
        best.resize_with(CASES.len() + 1, || None);
        for _ in 0..TURNS {
            let measured = std::iter::once(run(
                runtime,
                &hello.address,
                &evaluate(&body, ""),
                requests,
                at_once,
            ));
            let cases = servers.iter().map(|(case, (server, _))| {
                run(
                    runtime,
                    &server.address,
                    &evaluate(&body, case.headers),
                    requests,
                    at_once,
                )
            });
            for (best, load) in best.iter_mut().zip(measured.chain(cases)) {
                if best.as_ref().is_none_or(|best| load.took < best.took) {
                    *best = Some(load);
                }
            }
        }
        let names =
            std::iter::once("bare HTTP stack (echo)").chain(CASES.iter().map(|case| case.name));
        for (name, load) in names.zip(best.iter().flatten()) {
            show(name, at_once, load);
        }
    }
}

fn run(runtime: &Runtime, address: &str, request: &str, requests: u64, at_once: u64) -> Load {
    // What comes first finds caches cold.
    runtime.block_on(load(address, request, requests / 10, at_once));
    runtime.block_on(load(address, request, requests, at_once))
}

async fn serve(settings: &str) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder is made");
    let file = folder.path().join("assize.toml");
    std::fs::write(&file, settings).expect("the settings are written");
    let file = file.to_str().expect("a path is text").to_owned();
    (
        Server::start(&["--log", "warn", "--config", &file]).await,
        folder,
    )
}

fn show(name: &str, at_once: u64, load: &Load) {
    let rate = load.answered() as f64 / load.took.as_secs_f64();
    let percentile = |share| load.percentile(share).as_micros();
    let [half, most, nearly_all] = [0.5, 0.99, 0.999].map(percentile);
    println!("{name:<30}{at_once:>12}{rate:>12.0}{half:>10}{most:>10}{nearly_all:>10}");
}

/// Fills a journal over HTTP, then starts, checks and replays it.
fn million(runtime: &Runtime, events: u64) {
    let folder = tempfile::tempdir().expect("a folder is made");
    let data = folder.path().to_str().expect("a path is text").to_owned();
    // The later of two flags counts, and the server's own folder is the earlier one.
    let store = format!("sqlite:{data}/assize.db");
    let server = runtime.block_on(Server::start(&["--log", "warn", "--store", &store]));
    let filled = runtime.block_on(load(
        &server.address,
        &evaluate(&texts::line(20), ""),
        events,
        64,
    ));
    println!(
        "\n{events} events written in {:.1} s",
        filled.took.as_secs_f64()
    );
    drop(server);
    let started = Instant::now();
    let server = runtime.block_on(Server::start(&["--log", "warn", "--store", &store]));
    println!(
        "started again after a kill in {:.0} ms",
        millis(started.elapsed())
    );
    drop(server);
    let database = std::fs::metadata(folder.path().join("assize.db"))
        .expect("it is there")
        .len();
    println!("{} bytes an event in the file", database / events.max(1));
    for arguments in [
        ["verify", "--json"].as_slice(),
        &["replay", "--jobs", "1"],
        &["replay", "--jobs", "2"],
        &["replay", "--jobs", "1", "--engine", "native"],
    ] {
        let started = Instant::now();
        let status = Command::new(program())
            .arg("audit")
            .args(arguments)
            .args(["--store", &store])
            .stdout(Stdio::null())
            .status()
            .expect("the program starts");
        assert!(status.success(), "{arguments:?}");
        let took = started.elapsed();
        let rate = events as f64 / took.as_secs_f64();
        println!(
            "audit {:<40}{:>8.1} s{rate:>12.0} events/s",
            arguments.join(" "),
            took.as_secs_f64()
        );
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
