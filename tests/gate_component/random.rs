//! Random operations, with random exchanges of snapshots between them.

use super::{Pair, small};
use assize_core::controller::{Embedder, Heard};
use assize_core::gate::{Conditions, Outcome, Question, Request};
use assize_core::memory::{NewEntry, Query};
use proptest::prelude::*;

const TEXTS: [&str; 8] = [
    "Please help me to keep the peace.",
    "How do I attack and destroy it?",
    "Perhaps it is likely, maybe.",
    "The replica is awake and answers each request that reaches it, as it did before the change.",
    "no no no no no no no no no no no no no no no no no no no no",
    "東京は晴れです。明日も晴れるでしょう。",
    "  ",
    "ok",
];

#[derive(Debug, Clone)]
enum Operation {
    Admit(Option<f64>, usize, Option<u64>),
    Record(usize, usize),
    Begin(u64, Option<f64>, usize, Option<Vec<f32>>, Option<u32>),
    Embedded(u64, Option<Vec<f32>>),
    Generated(u64, Option<usize>),
    Cancel(u64),
    Insert(Vec<(Vec<f32>, f32, f64, usize)>),
    Retrieve(Vec<f32>, f32, f32, u32),
    Embed(usize),
    Forget(Vec<u64>),
    ForgetSource,
    Sweep,
    AdvanceRhythm,
    Reset,
    ResetEmergency,
    Exchange,
}

fn vector() -> impl Strategy<Value = Vec<f32>> {
    let number = prop_oneof![
        6 => (-4..=4_i8).prop_map(f32::from),
        1 => -1.0..1.0_f32,
        1 => Just(1e-40_f32),
        1 => Just(1e18_f32),
    ];
    proptest::collection::vec(number, 8)
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let score = || proptest::option::of(0.0..=1.0_f64);
    let text = || 0..TEXTS.len();
    let flight = || 0..4_u64;
    let entry = (vector(), 0.0..=1.0_f32, 0.3..=1.0_f64, text());
    prop_oneof![
        3 => (score(), text(), proptest::option::of(0..10_u64)).prop_map(|(a, b, c)| Admit(a, b, c)),
        2 => (text(), text()).prop_map(|(a, b)| Record(a, b)),
        5 => (flight(), score(), text(), proptest::option::of(vector()), proptest::option::of(1..9_u32))
            .prop_map(|(a, b, c, d, e)| Begin(a, b, c, d, e)),
        3 => (flight(), proptest::option::weighted(0.8, vector())).prop_map(|(a, b)| Embedded(a, b)),
        5 => (flight(), proptest::option::weighted(0.8, text())).prop_map(|(a, b)| Generated(a, b)),
        1 => flight().prop_map(Cancel),
        2 => proptest::collection::vec(entry, 0..4).prop_map(Insert),
        2 => (vector(), 0.0..=1.0_f32, 0.0..=1.0_f32, 1..9_u32).prop_map(|(a, b, c, d)| Retrieve(a, b, c, d)),
        1 => text().prop_map(Embed),
        1 => proptest::collection::vec(0..20_u64, 0..3).prop_map(Forget),
        1 => Just(ForgetSource),
        1 => Just(Sweep),
        1 => Just(AdvanceRhythm),
        1 => Just(ResetEmergency),
        1 => Just(Exchange),
        1 => proptest::bool::weighted(0.2).prop_map(|resets| if resets { Reset } else { Exchange }),
    ]
}

fn entries<'a>(given: &'a [(Vec<f32>, f32, f64, usize)], now_ms: u64) -> Vec<NewEntry<'a>> {
    let entry = |(vector, phase, confidence, text): &'a (Vec<f32>, f32, f64, usize)| NewEntry {
        confidence: *confidence,
        source_name: (text % 2 == 0).then_some("crm"),
        text: Some(TEXTS[*text]),
        expires_at: (text % 3 == 0).then_some(now_ms + 20_000),
        ..NewEntry::new(vector, *phase)
    };
    given.iter().map(entry).collect()
}

impl Pair {
    fn apply(&mut self, operation: &Operation, now_ms: u64) {
        use Operation::*;
        let at = |process_memory_bytes: Option<u64>| Conditions {
            process_memory_bytes,
            ..Conditions::at(now_ms)
        };
        match operation {
            Admit(score, text, memory) => {
                let (score, text) = (*score, TEXTS[*text]);
                let question = Question { score, text };
                // One in ten finds that the process has used up its memory.
                let memory = memory.map(|share| if share == 0 { u64::MAX } else { share });
                drop(self.both(|c| c.admit(&at(memory), &question)));
            }
            Record(prompt, answer) => {
                let (prompt, answer) = (TEXTS[*prompt], TEXTS[*answer]);
                let outcome = Outcome { prompt, answer };
                drop(self.both(|c| c.record(&at(None), &outcome)));
            }
            Begin(flight, score, text, vector, top_k) => {
                let request = Request {
                    score: *score,
                    vector: vector.as_deref(),
                    top_k: *top_k,
                    ..Request::new(TEXTS[*text])
                };
                drop(self.both(|c| c.begin(*flight, &at(None), &request)));
            }
            Embedded(flight, vector) => {
                let heard = || Heard::Embedded(vector.clone().ok_or_else(|| "away".to_owned()));
                drop(self.both(|c| c.resume(*flight, now_ms, heard())));
            }
            Generated(flight, text) => {
                let said = text.map(|text| TEXTS[text].to_owned());
                let heard = || Heard::Generated(said.clone().ok_or_else(|| "away".to_owned()));
                drop(self.both(|c| c.resume(*flight, now_ms, heard())));
            }
            Cancel(flight) => drop(self.both(|c| c.cancel(*flight))),
            Insert(given) => drop(self.both(|c| c.insert(&entries(given, now_ms), now_ms))),
            Retrieve(vector, phase, tolerance, top_k) => {
                let query = Query {
                    tolerance: *tolerance,
                    top_k: *top_k,
                    ..Query::new(vector, *phase)
                };
                drop(self.both(|c| c.retrieve(&query, now_ms)));
            }
            Embed(text) => drop(self.both(|c| c.embed(TEXTS[*text]))),
            Forget(ids) => drop(self.both(|c| c.forget(ids))),
            ForgetSource => drop(self.both(|c| c.forget_source("crm"))),
            Sweep => drop(self.both(|c| c.sweep(now_ms, 2))),
            AdvanceRhythm => drop(self.both(|c| c.advance_rhythm(now_ms))),
            Reset => drop(self.both(|c| c.reset())),
            ResetEmergency => drop(self.both(|c| c.reset_emergency())),
            Exchange => self.exchange(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_same_operations_give_the_same(
        operations in proptest::collection::vec(operation(), 1..40), asks: bool, index: bool, steps in 1..200_u64,
    ) {
        let mut settings = small();
        settings.memory.compressed_index = index;
        if asks {
            settings.embedder = Embedder::Caller;
        }
        let mut pair = Pair::open(settings);
        for (number, operation) in operations.iter().enumerate() {
            pair.apply(operation, 1_700_000_000_000 + number as u64 * steps * 100);
            pair.is_same();
        }
        pair.exchange();
    }
}
