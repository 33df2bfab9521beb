//! One call of the core: directly (the baseline), in a pooled instance, in a fresh instance.

use assize::{Component, ComponentEngines, EngineOptions, InstanceReuse};
use assize_core::governor::{CycleConfig, CycleInput, EngineOutput};
use assize_core::text;
use assize_service::{Engines, NativeEngines};
use assize_tests::texts::texts;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const WORDS: [usize; 3] = [20, 200, 2_000];

fn engines(reuse: InstanceReuse) -> ComponentEngines {
    let options = EngineOptions {
        reuse,
        ..EngineOptions::default()
    };
    let component = Component::embedded().expect("`cargo xtask build` makes the component");
    ComponentEngines::new(&component, &options).expect("the component starts")
}

fn evaluate(criterion: &mut Criterion) {
    let warm = engines(InstanceReuse::default());
    let fresh = engines(InstanceReuse::Fresh);
    let ways: [(&str, &dyn Engines); 3] = [
        ("native", &NativeEngines),
        ("warm", &warm),
        ("fresh", &fresh),
    ];
    let config = CycleConfig::default();
    let mut group = criterion.benchmark_group("evaluate");
    for words in WORDS {
        let (left, right) = texts(words);
        let side = |output| EngineOutput {
            output,
            confidence: 0.8,
        };
        let input = CycleInput {
            left: side(&left),
            right: side(&right),
            budget: 1.0,
            cycle: 1,
            previous_quality: None,
        };
        group.throughput(Throughput::Bytes((left.len() + right.len()) as u64));
        for (name, way) in ways {
            group.bench_function(BenchmarkId::new(name, words), |bencher| {
                bencher.iter(|| way.evaluate_cycle(&config, black_box(&input)));
            });
        }
    }
    group.finish();
}

fn similarity(criterion: &mut Criterion) {
    let warm = engines(InstanceReuse::default());
    let fresh = engines(InstanceReuse::Fresh);
    let mut group = criterion.benchmark_group("cosine-similarity");
    for words in WORDS {
        let (left, right) = texts(words);
        group.throughput(Throughput::Bytes((left.len() + right.len()) as u64));
        group.bench_function(BenchmarkId::new("native", words), |bencher| {
            bencher.iter(|| text::cosine_similarity(black_box(&left), black_box(&right)));
        });
        for (name, way) in [("warm", &warm), ("fresh", &fresh)] {
            group.bench_function(BenchmarkId::new(name, words), |bencher| {
                bencher.iter(|| way.cosine_similarity(black_box(&left), black_box(&right)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, evaluate, similarity);
criterion_main!(benches);
