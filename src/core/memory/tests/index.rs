//! The compressed index gives what the exact scan gives.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Vectors that are hard to tell apart.
fn vector(dimension: usize) -> impl Strategy<Value = Vec<f32>> {
    let unit = || prop::collection::vec(-1.0_f32..1.0, dimension);
    let few =
        || prop::collection::vec(prop_oneof![Just(0.0_f32), Just(1.0), Just(-1.0)], dimension);
    let near = unit().prop_map(|vector| vector.iter().map(|number| 1.0 + number * 1e-6).collect());
    let tiny = unit().prop_map(|vector| vector.iter().map(|number| number * 1e-40).collect());
    let small = unit().prop_map(|vector| vector.iter().map(|number| number * 1e-9).collect());
    let huge = unit().prop_map(|vector| vector.iter().map(|number| number * 1e18).collect());
    let single = (0..dimension, -1e3_f32..1e3).prop_map(move |(index, number)| {
        let mut vector = vec![1e-6; dimension];
        vector[index] = number;
        vector
    });
    prop_oneof![4 => unit(), 2 => few(), 2 => near, 1 => tiny, 1 => small, 1 => huge, 2 => single]
}

/// Vectors, which of them to store again, queries, and how many answers they ask for.
type Case = (Vec<Vec<f32>>, Vec<usize>, Vec<Vec<f32>>, u32);

fn case() -> impl Strategy<Value = Case> {
    (1_usize..70).prop_flat_map(|dimension| {
        (
            prop::collection::vec(vector(dimension), 1..40),
            prop::collection::vec(any::<usize>(), 0..20),
            prop::collection::vec(vector(dimension), 1..12),
            1_u32..6,
        )
    })
}

fn check((vectors, copies, mut queries, top_k): Case) -> usize {
    let settings = |compressed_index| MemorySettings {
        dimension: vectors[0].len() as u32,
        capacity: 64,
        text_bytes: 0,
        compressed_index,
    };
    let (mut exact, mut indexed) = (with(settings(false)), with(settings(true)));
    let copied = copies.iter().map(|copy| &vectors[copy % vectors.len()]);
    for vector in vectors.iter().chain(copied) {
        let entry = NewEntry::new(vector, 0.1);
        stored(&mut exact, &entry);
        stored(&mut indexed, &entry);
    }
    queries.push(vectors[0].clone());
    queries.push(vec![0.0; vectors[0].len()]);
    for vector in &queries {
        let query = Query {
            top_k,
            ..Query::new(vector, 0.1)
        };
        let expected = exact.retrieve(&query, 0).unwrap();
        assert_eq!(indexed.retrieve(&query, 0).unwrap(), expected);
        assert!(expected.iter().all(|found| found.resonance.is_finite()));
    }
    queries.len()
}

/// `ASSIZE_INDEX_QUERIES` asks for more of them, as in 1000000.
#[test]
fn index_equals_exact_scan() {
    let wanted = std::env::var("ASSIZE_INDEX_QUERIES").ok();
    let wanted = wanted.map_or(2_000, |text| text.parse::<usize>().unwrap());
    let asked = std::cell::Cell::new(0);
    while asked.get() < wanted {
        let mut runner = TestRunner::new(Config {
            failure_persistence: None,
            ..Config::with_cases(250)
        });
        let run = runner.run(&case(), |case| {
            asked.set(asked.get() + check(case));
            Ok(())
        });
        run.unwrap_or_else(|error| panic!("{error}"));
    }
    println!("{} queries", asked.get());
}

/// Rows whose order only the last bits decide, by the thousand.
#[test]
fn ties_at_the_cut_are_told_apart() {
    let vectors: Vec<Vec<f32>> = (0..50_u32)
        .map(|n| {
            (0..40)
                .map(|i| 1.0 + ((n * 31 + i * 17) % 7) as f32 * f32::EPSILON)
                .collect()
        })
        .collect();
    for top_k in 1..10 {
        check((vectors.clone(), (0..14).collect(), vectors.clone(), top_k));
    }
}
