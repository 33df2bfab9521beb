//! What the test `fuzzing` makes of good rules: most of it can still be read. libFuzzer has its own ways.

#[path = "rules_tokens.rs"]
mod rules_tokens;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rules_tokens::{
    Class, Position, Token, are_structured, operand, part, piece, positions, tokens,
};

/// One change of a list of tokens. The first place is where, others choose what.
#[derive(Debug, Clone)]
enum Edit {
    /// A token by another of its class, of the input or of another.
    Same(Index, Index),
    /// A term by a number, text or other term at a limit.
    Limit(Index, &'static str),
    /// All occurrences of a word by another word of the input.
    Rename(Index, Index),
    /// A term or goal by one of the input or of another.
    Splice(Index, Index, Index),
    /// What stands between joints, several times over.
    Repeat(Index, usize),
    /// What stands behind a joint, no more.
    Drop(Index),
    /// Another program before the input.
    Join(Index),
    /// A term or goal between two texts, several times over.
    Nest(Index, Index, usize),
    Swap(Index, Index),
    Remove(Index),
    Insert(Index, Index),
    Character(Index, char),
}

/// Good inputs with a few changes that know the grammar.
pub(crate) fn programs(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<Vec<Token>> = seeds
        .iter()
        .map(|seed| tokens(&String::from_utf8_lossy(seed)))
        .collect();
    (any::<Index>(), vec(edit(), 1..4)).prop_map(move |(seed, edits)| {
        let mut input = seed.get(&seeds).clone();
        for edit in &edits {
            apply(edit, &mut input, &seeds);
            // Repetition of repetition is no better a test than repetition.
            input.truncate(20_000);
        }
        let texts = input.iter().map(|token| token.text.as_str());
        texts.collect::<String>().into_bytes()
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    let repeated = prop_oneof![8 => 1..5_usize, 1 => 5..120_usize];
    let nested = prop_oneof![8 => 1..3_usize, 1 => 3..130_usize];
    let kept = prop_oneof![
        4 => (at(), at()).prop_map(|(at, with)| Edit::Same(at, with)),
        3 => (at(), limit()).prop_map(|(at, with)| Edit::Limit(at, with)),
        3 => (at(), at()).prop_map(|(at, with)| Edit::Rename(at, with)),
        4 => (at(), at(), at()).prop_map(|(at, seed, from)| Edit::Splice(at, seed, from)),
        2 => (at(), repeated).prop_map(|(at, times)| Edit::Repeat(at, times)),
        2 => at().prop_map(Edit::Drop),
        2 => at().prop_map(Edit::Join),
        2 => (at(), at(), nested).prop_map(|(at, with, times)| Edit::Nest(at, with, times)),
    ];
    prop_oneof![
        14 => kept,
        1 => broken(),
    ]
}

/// Changes that few inputs survive.
fn broken() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        (at(), at()).prop_map(|(at, with)| Edit::Swap(at, with)),
        at().prop_map(Edit::Remove),
        (at(), at()).prop_map(|(at, from)| Edit::Insert(at, from)),
        (at(), any::<char>()).prop_map(|(at, character)| Edit::Character(at, character)),
    ]
}

fn limit() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "0",
            "-1",
            "1",
            "255",
            "256",
            "65536",
            "4294967296",
            "1152921504606846975",
            "1152921504606846976",
            "-1152921504606846977",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "99999999999999999999999999999999999999999",
            "0.0",
            "-0.0",
            "0.1",
            "5e-324",
            "1e308",
            "1.7976931348623157e308",
            "9007199254740993.0",
            "(9 ** 9 ** 9)",
            "\"\"",
            "\"\\u0000\"",
            "\"\\ud83d\\ude00\"",
            "\"(a|a)*b\"",
            "\"((a{9}){9}){9}\"",
            "\"**a**b\"",
            "\"$..a[?(@.b)]\"",
            "\"%Y\"",
            "null",
            "true",
            "[]",
            "[1, 2, 3]",
            "{}",
            "_",
            "x",
            "f(x, y)",
            "list_range(0, 100)",
        ][..],
    )
}

type Wrapping = (&'static str, &'static str);

const TERMS: [Wrapping; 12] = [
    ("(", ")"),
    ("[", "]"),
    ("[x | ", "]"),
    ("{a: ", "}"),
    ("f(", ")"),
    ("to_string(", ")"),
    ("list_length(", ")"),
    ("(1 + ", ")"),
    ("(2 * ", " - 1)"),
    ("-", ""),
    ("", ".a"),
    ("", "[0]"),
];

const GOALS: [Wrapping; 10] = [
    ("(", ")"),
    ("not (", ")"),
    ("exists (", ")"),
    ("(true() and ", ")"),
    ("(", " or true())"),
    ("(forall p(x): (", "))"),
    ("(if true() then true() else (", "))"),
    ("(if ", " then true() else fail())"),
    ("_ = count(for ", ")"),
    ("_ = set(1 for ", ")"),
];

const STRUCTURED: [Wrapping; 5] = [
    ("{\"$list\": [", "]}"),
    ("{\"a\": ", "}"),
    ("[\"f\", ", "]"),
    ("{\"$call\": [\"-\", ", "]}"),
    ("{\"$call\": [\".\", ", ", \"a\"]}"),
];

/// The token of these classes that `at` names.
fn chosen(tokens: &[Token], at: &Index, classes: &[Class]) -> Option<usize> {
    let places: Vec<usize> = (0..tokens.len())
        .filter(|place| classes.contains(&tokens[*place].class))
        .collect();
    (!places.is_empty()).then(|| *at.get(&places))
}

/// The term or goal that `at` names: where it begins, and which it is.
fn placed(tokens: &[Token], at: &Index, wanted: &[Position]) -> Option<(usize, Position)> {
    let places: Vec<_> = positions(tokens)
        .into_iter()
        .enumerate()
        .filter(|(_, position)| wanted.contains(position))
        .collect();
    (!places.is_empty()).then(|| *at.get(&places))
}

const ANY: [Position; 2] = [Position::Term, Position::Goal];
const JOINTS: [Class; 1] = [Class::Joint];
const REPLACED: [Class; 7] = [
    Class::Name,
    Class::Word,
    Class::Number,
    Class::Text,
    Class::Joint,
    Class::Comparison,
    Class::Operator,
];
const ALL: [Class; 14] = [
    Class::Name,
    Class::Word,
    Class::Keyword,
    Class::Number,
    Class::Text,
    Class::Key,
    Class::Open,
    Class::Close,
    Class::Joint,
    Class::Divider,
    Class::End,
    Class::Comparison,
    Class::Operator,
    Class::Other,
];

fn apply(edit: &Edit, input: &mut Vec<Token>, seeds: &[Vec<Token>]) {
    let changed = match edit {
        Edit::Same(at, with) => same(input, at, with, seeds),
        Edit::Limit(at, with) => limited(input, at, with),
        Edit::Rename(at, with) => rename(input, at, with),
        Edit::Splice(at, seed, from) => splice(input, at, seed, from, seeds),
        Edit::Repeat(at, times) => chosen(input, at, &JOINTS).map(|at| {
            let repeated = input[at..part(input, at)].to_vec();
            let copies = std::iter::repeat_n(repeated, *times).flatten();
            input.splice(at..at, copies);
        }),
        Edit::Drop(at) => chosen(input, at, &JOINTS).map(|at| {
            let end = part(input, at);
            input.drain(at..end);
        }),
        Edit::Join(seed) => join(input, &seeds[seed.index(seeds.len())]),
        Edit::Nest(at, with, times) => nest(input, at, with, *times),
        Edit::Swap(at, with) => swap(input, at, with),
        Edit::Remove(at) => chosen(input, at, &ALL).map(|at| {
            input.remove(at);
        }),
        Edit::Insert(at, from) => chosen(input, at, &ALL).and_then(|at| {
            let token = input[chosen(input, from, &ALL)?].clone();
            input.insert(at, token);
            Some(())
        }),
        Edit::Character(at, character) => chosen(input, at, &ALL).map(|at| {
            input.insert(at, piece(Class::Other, &character.to_string()));
        }),
    };
    // An edit of what an input has not changes nothing.
    let _: Option<()> = changed;
}

/// Three times of four the input itself, whose names and variables mean something in it.
fn origin<'a>(input: &'a [Token], choice: &Index, seeds: &'a [Vec<Token>]) -> &'a [Token] {
    match choice.index(4) {
        0 => &seeds[choice.index(seeds.len())],
        _ => input,
    }
}

fn same(input: &mut [Token], at: &Index, with: &Index, seeds: &[Vec<Token>]) -> Option<()> {
    let at = chosen(input, at, &REPLACED)?;
    let class = input[at].class;
    let is_comma = input[at].text == ",";
    let from = origin(input, with, seeds);
    let with = from[chosen(from, with, &[class])?].clone();
    // `and` and `or` are no commas.
    if (with.text == ",") == is_comma {
        input[at] = with;
    }
    Some(())
}

fn limited(input: &mut Vec<Token>, at: &Index, with: &str) -> Option<()> {
    let (at, _) = placed(input, at, &[Position::Term])?;
    let is_json = serde_json::from_str::<serde_json::Value>(with).is_ok();
    let with = match are_structured(input) && !is_json {
        true => serde_json::Value::from(with).to_string(),
        false => with.to_owned(),
    };
    let end = operand(input, at);
    input.splice(at..end, [piece(Class::Text, &with)]);
    Some(())
}

fn rename(input: &mut [Token], at: &Index, with: &Index) -> Option<()> {
    let at = chosen(input, at, &[Class::Name, Class::Word])?;
    let with = chosen(input, with, &[input[at].class])?;
    let (from, to) = (input[at].text.clone(), input[with].text.clone());
    for token in input {
        if token.text == from {
            token.text.clone_from(&to);
        }
    }
    Some(())
}

fn splice(
    input: &mut Vec<Token>,
    at: &Index,
    seed: &Index,
    from: &Index,
    seeds: &[Vec<Token>],
) -> Option<()> {
    let (at, position) = placed(input, at, &ANY)?;
    let other = origin(input, seed, seeds);
    if are_structured(other) != are_structured(input) {
        return None;
    }
    let (from, _) = placed(other, from, &[position])?;
    let added = other[from..operand(other, from)].to_vec();
    let replaced = at..operand(input, at);
    input.splice(replaced, added);
    Some(())
}

/// Programs end with the last end of a clause; queries stand behind it.
fn join(input: &mut Vec<Token>, other: &[Token]) -> Option<()> {
    if are_structured(input) || are_structured(other) {
        return None;
    }
    let end = other.iter().rposition(|token| token.class == Class::End)?;
    let space = [piece(Class::Space, "\n")];
    input.splice(0..0, other[..=end].iter().cloned().chain(space));
    Some(())
}

fn nest(input: &mut Vec<Token>, at: &Index, with: &Index, times: usize) -> Option<()> {
    let (at, position) = placed(input, at, &ANY)?;
    let (before, behind) = match position {
        _ if are_structured(input) => *with.get(&STRUCTURED),
        Position::Goal => *with.get(&GOALS),
        _ => *with.get(&TERMS),
    };
    let end = operand(input, at);
    input.insert(end, piece(Class::Close, &behind.repeat(times)));
    input.insert(at, piece(Class::Open, &before.repeat(times)));
    Some(())
}

fn swap(input: &mut [Token], at: &Index, with: &Index) -> Option<()> {
    let at = chosen(input, at, &ALL)?;
    let with = chosen(input, with, &[input[at].class])?;
    input.swap(at, with);
    Some(())
}
