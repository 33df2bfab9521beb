//! The command line as a process: lines a second of a batch, and the time to a first answer. The
//! baselines are the core in the process itself, and a program start that evaluates nothing.

use assize_tests::server::program;
use assize_tests::texts;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const LINES: u64 = 100_000;
const ENGINES: [&str; 2] = ["native", "component"];

fn evaluate(cache: &Path) -> Command {
    let mut command = Command::new(program());
    command
        .arg("evaluate")
        .env("XDG_CACHE_HOME", cache)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

fn run(mut command: Command) {
    let status = command.status().expect("the program starts");
    assert!(status.success(), "{command:?}: {status}");
}

fn batch(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let file = folder.path().join("batch.ndjson");
    let mut group = criterion.benchmark_group("batch");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(LINES));
    for words in [20, 200] {
        let line = texts::line(words) + "\n";
        let mut lines = std::fs::File::create(&file).expect("a file is made");
        for _ in 0..LINES / 1_000 {
            lines
                .write_all(line.repeat(1_000).as_bytes())
                .expect("it is written");
        }
        for engine in ENGINES {
            for jobs in ["1", "2"] {
                group.bench_function(format!("{engine}/{words}/jobs-{jobs}"), |bencher| {
                    bencher.iter_batched(
                        || {
                            let mut command = evaluate(folder.path());
                            command
                                .args(["--engine", engine, "--jobs", jobs])
                                .arg(&file);
                            command
                        },
                        run,
                        BatchSize::PerIteration,
                    );
                });
            }
        }
    }
    group.finish();
}

fn start(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let file = folder.path().join("one.json");
    std::fs::write(&file, texts::line(20)).expect("a file is made");
    let mut group = criterion.benchmark_group("start");
    group.sample_size(20);
    group.bench_function("no-evaluation", |bencher| {
        bencher.iter(|| {
            let mut command = Command::new(program());
            command.arg("--help").stdout(Stdio::null());
            run(command);
        });
    });
    for engine in ENGINES {
        // The first start compiles the component and leaves it in the cache.
        let first_answer = || {
            let mut command = evaluate(folder.path());
            command.args(["--engine", engine]).arg(&file);
            run(command);
        };
        first_answer();
        group.bench_function(format!("first-answer/{engine}"), |bencher| {
            bencher.iter(first_answer);
        });
    }
    group.finish();
}

criterion_group!(benches, batch, start);
criterion_main!(benches);
