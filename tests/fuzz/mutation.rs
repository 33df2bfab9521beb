//! What the test `fuzzing` makes of good inputs. libFuzzer has its own ways.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use std::fmt::Write;

/// One change of bytes.
#[derive(Debug, Clone)]
enum Edit {
    Flip(Index, u8),
    Overwrite(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Truncate(Index),
    /// A range of another input.
    Splice(Index, Index, Index, usize),
    /// A range of the input itself, several times over.
    Repeat(Index, usize, usize),
}

/// Any bytes, a good input, or one with a few changes.
pub(crate) fn bytes(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edited = (any::<Index>(), vec(edit(), 1..4)).prop_map(move |(seed, edits)| {
        let mut bytes = seed.get(&seeds).clone();
        for edit in &edits {
            apply(edit, &mut bytes, &seeds);
        }
        bytes
    });
    prop_oneof![1 => vec(any::<u8>(), 0..200), 9 => edited]
}

/// One change of a number of one byte.
#[derive(Debug, Clone)]
enum Step {
    Set(u8),
    Add(u8),
    Insert(u8),
    Remove,
    /// Over it, a range that begins so many bytes further ahead.
    Copy(usize, usize),
}

/// Good snapshots with a few small numbers changed, the more often the nearer to the end. The last bytes,
/// which are the checksum, stay.
pub(crate) fn numbers(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let at = (any::<Index>(), any::<Index>());
    let step = prop_oneof![
        4 => (0..70_u8).prop_map(Step::Set),
        4 => select(&[1, 2, 4, 8, 252, 254, 255][..]).prop_map(Step::Add),
        1 => (0..70_u8).prop_map(Step::Insert),
        1 => Just(Step::Remove),
        2 => (1..60_usize, 1..9_usize).prop_map(|(ahead, length)| Step::Copy(ahead, length)),
    ];
    (any::<Index>(), vec((at, step), 1..4)).prop_map(move |(seed, steps)| {
        let mut bytes = seed.get(&seeds).clone();
        for ((most, at), step) in &steps {
            let payload = bytes.len().saturating_sub(4).max(1);
            let at = payload - 1 - at.index(most.index(payload) + 1);
            self::step(step, at, &mut bytes);
        }
        bytes
    })
}

fn step(step: &Step, at: usize, bytes: &mut Vec<u8>) {
    match step {
        Step::Set(number) => bytes[at] = *number,
        Step::Add(number) => bytes[at] = bytes[at].wrapping_add(*number),
        Step::Insert(number) => bytes.insert(at, *number),
        Step::Remove => _ = bytes.remove(at),
        Step::Copy(ahead, length) => {
            let start = bytes.len().min(at + ahead);
            let copied = bytes[start..bytes.len().min(start + length)].to_vec();
            bytes.splice(at..bytes.len().min(at + length), copied);
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        3 => (at(), number()).prop_map(|(at, number)| Edit::Overwrite(at, number)),
        2 => (at(), vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        2 => (at(), 1..40_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => at().prop_map(Edit::Truncate),
        2 => (at(), at(), at(), 1..80_usize)
            .prop_map(|(at, seed, from, length)| Edit::Splice(at, seed, from, length)),
        1 => (at(), 1..60_usize, 1..40_usize)
            .prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
    ]
}

/// Numbers at the ends of their ranges, as a snapshot stores them.
fn number() -> impl Strategy<Value = Vec<u8>> {
    let floats = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        1e6,
        f64::MIN_POSITIVE / 4.0,
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NAN,
    ];
    prop_oneof![
        select(&[0, 1, 2, 3, 4, 5, u8::MAX][..]).prop_map(|byte| vec![byte]),
        select(&[0, 1, i32::MAX as u32, u32::MAX][..]).prop_map(|n| n.to_le_bytes().to_vec()),
        select(&[0, 1, 2, 10_000, 10_001, 1 << 32, u64::MAX][..])
            .prop_map(|n| n.to_le_bytes().to_vec()),
        select(floats.to_vec()).prop_map(|n| n.to_le_bytes().to_vec()),
        (0.0..=1.0_f64).prop_map(|n| n.to_le_bytes().to_vec()),
    ]
}

fn apply(edit: &Edit, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let place = |at: &Index, length: usize| at.index(length + 1);
    match edit {
        Edit::Flip(at, bit) => {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
        }
        Edit::Overwrite(at, with) => {
            let at = place(at, bytes.len());
            let end = bytes.len().min(at + with.len());
            bytes.splice(at..end, with.iter().copied());
        }
        Edit::Insert(at, added) => {
            let at = place(at, bytes.len());
            bytes.splice(at..at, added.iter().copied());
        }
        Edit::Remove(at, length) => {
            let at = place(at, bytes.len());
            bytes.drain(at..bytes.len().min(at + length));
        }
        Edit::Truncate(at) => bytes.truncate(at.index(bytes.len() + 1)),
        Edit::Splice(at, seed, from, length) => {
            let source = seed.get(seeds);
            let from = from.index(source.len());
            let range = &source[from..source.len().min(from + length)];
            let at = place(at, bytes.len());
            let end = bytes.len().min(at + length);
            bytes.splice(at..end, range.iter().copied());
        }
        Edit::Repeat(at, length, times) => {
            let at = place(at, bytes.len());
            let range = bytes[at..bytes.len().min(at + length)].repeat(*times);
            bytes.splice(at..at, range);
        }
    }
}

/// JSON whose names keep their order and may be repeated; names and leaves are JSON texts.
#[derive(Debug, Clone)]
enum Tree {
    Leaf(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// One change of a value somewhere in a document.
#[derive(Debug, Clone)]
enum Change {
    Replace(String),
    Duplicate(Option<String>),
    Remove,
    Rename(String),
    Add(String, String),
    /// In so many arrays.
    Nest(usize),
}

/// Good documents with a few values changed.
pub(crate) fn documents(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let trees: Vec<Tree> = seeds
        .iter()
        .map(|seed| Tree::of(&serde_json::from_slice(seed).expect("seeds are JSON")))
        .collect();
    (any::<Index>(), vec((any::<Index>(), change()), 0..4)).prop_map(move |(seed, changes)| {
        let mut tree = seed.get(&trees).clone();
        for (at, change) in &changes {
            let at = at.index(tree.members().max(1));
            tree.change(&mut { at }, change);
        }
        let mut text = String::new();
        tree.write(&mut text);
        text.into_bytes()
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => leaf().prop_map(Change::Replace),
        2 => proptest::option::of(leaf()).prop_map(Change::Duplicate),
        1 => Just(Change::Remove),
        2 => name().prop_map(Change::Rename),
        2 => (name(), leaf()).prop_map(|(name, leaf)| Change::Add(name, leaf)),
        1 => (1..140_usize).prop_map(Change::Nest),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let known = [
        "left",
        "right",
        "output",
        "confidence",
        "config",
        "budget",
        "cycle",
        "previous_quality",
        "max_cycles",
        "risk_treshold",
        "items",
        "governor",
        "contradiction_claim",
        "cycle_index",
        "x/y~z~1",
        "",
    ];
    prop_oneof![
        select(known.to_vec()).prop_map(|name| format!("{name:?}")),
        Just(r#""l\u0065ft""#.to_owned()),
        text(),
    ]
}

fn leaf() -> impl Strategy<Value = String> {
    let words = "null true false 0 -0 -0.0 1 1.0 10e-1 1.0000000000000002 0.5 5e-324 1e-400 1e400 1.5 -1 \
        1.7976931348623157e308 1.7976931348623159e308 1000000 1000000.0000000001 4294967295 4294967295.0 \
        4294967296 9007199254740993 18446744073709551615 18446744073709551616 -9223372036854775809 \
        [] {} [[]] {\"output\":\"x\",\"confidence\":0.5} \"\" \"\\u00a0\\u001c\" \"\\ud83d\\ude00\" \"\\ud83d\" \
        \"\\u0000\" \"session\" \"cycle\" \"harm\" NaN nul";
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    prop_oneof![
        4 => select(words).prop_map(str::to_owned),
        2 => (0.0..=1.0_f64).prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| format!("{number:?}")),
        2 => text(),
        1 => (250..300_usize).prop_map(|length| format!("\"{}\"", "x".repeat(length))),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,12}", "[a-c ]{0,12}", "(?s).{0,12}"]
        .prop_map(|text| Value::from(text).to_string())
}

impl Tree {
    fn of(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::Array(items.iter().map(Self::of).collect()),
            Value::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(name, value)| (Value::from(name.as_str()).to_string(), Self::of(value)))
                    .collect(),
            ),
            leaf => Self::Leaf(leaf.to_string()),
        }
    }

    /// Number of members of objects, at any depth.
    fn members(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Array(items) => items.iter().map(Self::members).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| 1 + value.members()).sum(),
        }
    }

    /// Changes the member that `left` members precede.
    fn change(&mut self, left: &mut usize, change: &Change) -> bool {
        match self {
            Self::Leaf(_) => false,
            Self::Array(items) => items.iter_mut().any(|item| item.change(left, change)),
            Self::Object(members) => {
                for index in 0..members.len() {
                    if *left == 0 {
                        change.apply(members, index);
                        return true;
                    }
                    *left -= 1;
                    if members[index].1.change(left, change) {
                        return true;
                    }
                }
                false
            }
        }
    }

    fn write(&self, to: &mut String) {
        match self {
            Self::Leaf(text) => to.push_str(text),
            Self::Array(items) => {
                to.push('[');
                for (index, item) in items.iter().enumerate() {
                    to.push_str(if index == 0 { "" } else { "," });
                    item.write(to);
                }
                to.push(']');
            }
            Self::Object(members) => {
                to.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    let _ = write!(to, "{comma}{name}: ");
                    value.write(to);
                }
                to.push('}');
            }
        }
    }
}

impl Change {
    fn apply(&self, members: &mut Vec<(String, Tree)>, index: usize) {
        match self {
            Self::Replace(text) => members[index].1 = Tree::Leaf(text.clone()),
            Self::Duplicate(other) => {
                let (name, value) = members[index].clone();
                let value = other.clone().map_or(value, Tree::Leaf);
                members.push((name, value));
            }
            Self::Remove => {
                members.remove(index);
            }
            Self::Rename(name) => members[index].0.clone_from(name),
            Self::Add(name, text) => {
                members.insert(index, (name.clone(), Tree::Leaf(text.clone())));
            }
            Self::Nest(depth) => {
                let mut text = "[".repeat(*depth);
                members[index].1.write(&mut text);
                text.push_str(&"]".repeat(*depth));
                members[index].1 = Tree::Leaf(text);
            }
        }
    }
}
