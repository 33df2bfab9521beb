//! A base that is restored from its snapshot is the base; what is no snapshot is refused; what looks like one is
//! safe to ask.

use super::SMALL;
use super::generate::{self, Random};
use super::naive;
use assize_core::SnapshotError;
use assize_core::rules::{
    Evaluator, Fact, Format, KnowledgeBase, Limits, QueryError, QueryOptions, RestoreError, Source,
    Value,
};

/// Every construct of the language, and terms of every kind.
const EVERYTHING: &str = r#"
input seen/2. external host/1.
n(1). n(2). n(3). small(-7). float(1.5). empty().
big(123456789012345678901234567890). big(-2000000000000000000).
edge("a", "b"). edge("b", "c"). edge("c", "a"). edge("c", "d").
path(x, y) if edge(x, y).
path(x, y) if path(x, z) and edge(z, y).
even(0). even(x) if n(x) and y = x - 1 and odd(y). odd(x) if n(x) and y = x - 1 and even(y).
pair([x, y | [1.5]], f(x, 2.5, {a: y, b: [1, 2]}, g(y, 1.5, x))) if n(x) and n(y).
shape({kind: "box", size: [a, b]}, c) if n(a) and n(b) and a != b and c = a * b.
shape(g(), 0). any(_, x, x).
text(x) if member(x, ["a", "bc", "def"]) and y = upper(x) and y != "A".
lone(x) if edge(_, x) and not exists edge(x, _).
top(x) if n(x) and forall n(y): y <= x.
size(x, c) if edge(x, _) and c = count(for edge(x, _)).
total(s) if s = sum(x for n(x)).
items(l) if l = collect(f(x, 1.5) for n(x)).
each(k, c) if c = count(for edge(k, _) by k).
branch(x, y) if n(x) and if x > 2 then y = "big" else if x = 2 then y = "two" else y = "one".
branch(x, "any") if n(x) and (x = 1 or x = 2 and x > 1 or exists (n(y) and y > x)).
range(x) if between(1, 5, x) and x % 2 = 1.
field(v) if shape(s, a) and a > 0 and v = s.kind.
kinds(x) if any(1, x, f(2)) or n(x) and is_integer(x).
both(x, y) if path(x, y) and not path(y, x) or seen(x, y).
asks(x) if host(x).
"#;

const QUERIES: &[&str] = &[
    "path(x, y)",
    "path(\"d\", y)",
    "even(x) or odd(x)",
    "pair(x, y)",
    "shape(x, y)",
    "text(x)",
    "lone(x)",
    "top(x)",
    "size(x, c)",
    "total(s) and items(l)",
    "each(k, c)",
    "branch(x, y)",
    "range(x)",
    "field(v)",
    "kinds(x)",
    "both(x, y)",
    "asks(x)",
    "big(x) or small(x) or float(x)",
    "empty()",
    "edge(\"d\", x)",
];

fn load(text: &str) -> KnowledgeBase {
    KnowledgeBase::from_text("snapshot.rules", text).unwrap_or_else(|error| panic!("{error:?}"))
}

fn restored(base: &KnowledgeBase) -> KnowledgeBase {
    let bytes = base.snapshot();
    let restored = KnowledgeBase::restore(&bytes).expect("a snapshot is restored");
    assert!(restored.snapshot() == bytes, "other bytes");
    restored
}

fn options(limits: Limits) -> QueryOptions {
    QueryOptions {
        limits,
        explain: true,
        why_not: true,
        now_ms: Some(0),
        facts: vec![("seen".into(), vec![Value::Integer(1), Value::Integer(2)])],
        ..QueryOptions::default()
    }
}

fn assert_same(left: &KnowledgeBase, right: &KnowledgeBase) {
    for query in QUERIES {
        let ask = |base: &KnowledgeBase| base.ask(query, options(Limits::default()));
        assert_eq!(ask(left), ask(right), "{query}");
    }
    assert_eq!(left.sources(), right.sources());
    assert_eq!(left.warnings(), right.warnings());
    assert_eq!(left.program(), right.program());
    assert_eq!(left.analysis(), right.analysis());
}

fn edge(from: &str, to: &str) -> Fact {
    ("edge".into(), vec![Value::string(from), Value::string(to)])
}

#[test]
fn a_restored_base_is_the_base() {
    let mut base = load(EVERYTHING);
    let mut other = restored(&base);
    assert_same(&base, &other);
    for (remove, add) in [
        (vec![edge("c", "a")], vec![edge("d", "new"), edge("c", "a")]),
        (vec![edge("a", "b"), edge("b", "c")], vec![]),
    ] {
        let changed = base.change_facts(&remove, &add);
        assert_eq!(changed, other.change_facts(&remove, &add));
        assert_same(&base, &other);
        assert!(base.snapshot() == other.snapshot());
        other = restored(&other);
        assert_same(&base, &other);
    }
}

#[test]
fn what_came_and_went_is_not_in_it() {
    let base = load(EVERYTHING);
    let mut changed = base.clone();
    let facts: Vec<Fact> = (0..200).map(|n| edge(&format!("x{n}"), "y")).collect();
    changed.change_facts(&[], &facts).unwrap();
    assert!(changed.snapshot() != base.snapshot());
    changed.change_facts(&facts, &[]).unwrap();
    assert!(changed.snapshot() == base.snapshot());
}

#[test]
fn an_evaluator_answers_the_same() {
    let base = load(EVERYTHING);
    let mut evaluators = [&base, &restored(&base)].map(|base| Evaluator::new(base, SMALL));
    for (name, from, to) in [("path", "a", "d"), ("path", "d", "a"), ("edge", "c", "d")] {
        let answers = evaluators.each_mut().map(|evaluator| {
            let predicate = evaluator.predicate(name, 2).unwrap();
            let (from, to) = (evaluator.text(from), evaluator.text(to));
            let holds = evaluator.holds(predicate, &[from, to], None).unwrap();
            (holds, evaluator.steps())
        });
        assert_eq!(answers[0], answers[1], "{name} {from} {to}");
    }
}

#[test]
fn random_programs_come_back() {
    for seed in 0..150 {
        let mut random = Random(seed);
        let program = generate::program(&mut random);
        let base = load(&program.to_text());
        let other = restored(&base);
        for _ in 0..3 {
            let goal = naive::atom_text(&generate::query(&mut random, &program));
            let options = || QueryOptions {
                explain: true,
                why_not: true,
                ..QueryOptions::default()
            };
            let (own, its) = (base.ask(&goal, options()), other.ask(&goal, options()));
            assert_eq!(own, its, "seed {seed}: {goal}");
        }
    }
}

#[test]
fn sources_of_every_form_come_back() {
    let source = |format, text: &str| Source {
        name: "s".into(),
        text: text.into(),
        format,
    };
    let rules = "p(x) if q(x, _) and x > 1. q(1, 2). p(x) if q(x, y) and q(x, z).";
    for sources in [
        vec![],
        vec![source(Format::Text, "")],
        vec![source(Format::Structured, "")],
        vec![source(Format::Text, rules), source(Format::Text, "r(1).")],
    ] {
        let base = KnowledgeBase::load(&sources).unwrap();
        assert_same(&base, &restored(&base));
    }
}

const CHECKSUM: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// The bytes with a checksum that fits.
fn mended(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len().saturating_sub(4));
    let checksum = CHECKSUM.checksum(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

fn replaced(bytes: &[u8], what: &str, by: &str) -> Vec<u8> {
    assert_eq!(what.len(), by.len());
    let mut bytes = bytes.to_vec();
    let mut found = false;
    for start in 0..bytes.len() - what.len() {
        if bytes[start..].starts_with(what.as_bytes()) {
            bytes[start..start + what.len()].copy_from_slice(by.as_bytes());
            found = true;
        }
    }
    assert!(found, "{what}");
    mended(bytes)
}

#[test]
fn damage_is_refused() {
    let bytes = load("p(x) if q(x, y) and y > 1. q(1, 2.5).").snapshot();
    for length in 0..bytes.len() {
        assert!(
            KnowledgeBase::restore(&bytes[..length]).is_err(),
            "{length}"
        );
    }
    for place in 0..bytes.len() {
        for flip in 1..=u8::MAX {
            let mut bytes = bytes.clone();
            bytes[place] ^= flip;
            assert!(KnowledgeBase::restore(&bytes).is_err(), "{place} {flip}");
        }
    }
}

#[test]
fn what_can_not_be_read_has_its_error() {
    let bytes = load("p(x) if q(x, y) and x = upper(y). q(\"a\", \"b\").").snapshot();
    let error = |bytes: &[u8]| KnowledgeBase::restore(bytes).unwrap_err();
    let with = |place: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[place] = byte;
        mended(bytes)
    };
    let version = SnapshotError::Version {
        found: 2,
        supported: 1,
    };
    assert_eq!(error(&with(4, 2)), RestoreError::Snapshot(version));
    assert_eq!(
        error(&with(3, b's')).to_string(),
        "this is a snapshot of a session governor, not of a knowledge base"
    );
    assert_eq!(error(b"{}"), RestoreError::Snapshot(SnapshotError::Foreign));
    assert_eq!(
        error(&replaced(&bytes, "upper", "uppar")).to_string(),
        "the snapshot uses the built-in `uppar/2`, which this build does not have"
    );
}

#[test]
fn sources_that_can_not_be_read_matter_only_to_explanations() {
    let bytes = load("p(x) if q(x). q(1).").snapshot();
    let base = KnowledgeBase::restore(&replaced(&bytes, "if q(x)", "if q(y)")).unwrap();
    let plain = base.ask("p(x)", QueryOptions::default()).unwrap();
    assert_eq!(plain.answers.len(), 1);
    let options = QueryOptions {
        explain: true,
        ..QueryOptions::default()
    };
    let explained = base.ask("p(x)", options);
    assert!(
        matches!(explained, Err(QueryError::Query(_))),
        "{explained:?}"
    );
    assert!(base.program().is_err() && base.analysis().is_err());
}

/// Some bytes changed, taken out, put in or copied; more often in what follows the sources.
fn mutated(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes[..bytes.len() - 4].to_vec();
    for _ in 0..1 + random.below(3) {
        let start = if random.below(8) == 0 {
            5
        } else {
            5 + EVERYTHING.len().min(bytes.len() - 6)
        };
        let place = start + random.below((bytes.len() - start).max(1));
        let place = place.min(bytes.len() - 1);
        match random.below(7) {
            0 => bytes[place] = random.below(256) as u8,
            1 => bytes[place] ^= 1 << random.below(8),
            2 => bytes[place] = bytes[place].wrapping_add(1),
            3 => bytes[place] = bytes[place].wrapping_sub(1),
            4 => drop(bytes.remove(place)),
            5 => bytes.insert(place, random.below(48) as u8),
            _ => {
                let from = start + random.below((bytes.len() - start).max(1));
                let end = (from + 1 + random.below(6)).min(bytes.len());
                let part = bytes[from.min(end)..end].to_vec();
                let end = (place + part.len()).min(bytes.len());
                bytes.splice(place..end, part);
            }
        }
        if bytes.len() < 16 {
            break;
        }
    }
    bytes.extend([0; 4]);
    mended(bytes)
}

/// `ASSIZE_RULES_MUTATIONS` says how many; 200,000 for the night.
#[test]
fn whoever_wrote_it_a_base_is_safe_to_ask() {
    let mutations = std::env::var("ASSIZE_RULES_MUTATIONS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(3000);
    let limits = Limits {
        max_steps: 5_000,
        max_depth: 1_000,
        max_answers: 50,
        max_table_answers: 500,
        max_bytes: 1024 * 1024,
    };
    let bytes = load(EVERYTHING).snapshot();
    let mut accepted = 0;
    for seed in 0..mutations {
        let mut random = Random(seed);
        let Ok(base) = KnowledgeBase::restore(&mutated(&bytes, &mut random)) else {
            continue;
        };
        accepted += 1;
        let mut options = options(limits);
        options.explain = seed % 16 == 0;
        options.why_not = options.explain;
        options.facts.clear();
        for query in QUERIES {
            // The seed is the last line if this ends the process.
            let asked = std::panic::catch_unwind(|| base.ask(query, options.clone()));
            let answers = asked.unwrap_or_else(|_| panic!("seed {seed}: {query}"));
            if let Ok(answers) = answers {
                assert!(answers.outcome.steps < 2 * limits.max_steps, "seed {seed}");
            }
        }
        let changed = base
            .clone()
            .change_facts(&[edge("a", "b")], &[edge("d", "e")]);
        drop(changed);
    }
    println!("{accepted} of {mutations} were accepted");
    assert!(accepted > mutations / 20, "{accepted}");
}
