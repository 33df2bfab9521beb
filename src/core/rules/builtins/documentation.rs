//! The chapter of the manual that is written from the table.

use super::{Builtin, Group, Mode, Run, Yields, all, kinds};
use std::fmt::Write;

/// The manual of all built-ins, as Markdown: what `docs/rules-builtins.md` holds.
#[must_use]
pub fn documentation() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut groups: Vec<Group> = all().iter().map(|builtin| builtin.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let (title, about) = chapter(group);
        let _ = write!(text, "\n## {title}\n");
        if !about.is_empty() {
            let _ = write!(text, "\n{about}\n");
        }
        for builtin in all().iter().filter(|builtin| builtin.group == group) {
            text.push_str(&entry(builtin));
        }
    }
    text
}

const INTRODUCTION: &str = "\
# Built-ins

What every program can use without defining it. A program can't define a predicate that has the
name and the number of arguments of a built-in.

In a signature, an argument says what it must be:

* `text: string` must be known, and hold no unbound variable.
* `list^: list` must be known, but may hold unbound variables.
* `result?: string` may be anything. It is unified with what the built-in gives.

A **function** may stand in a term without its last argument, which is then its value: `lower(name)`
is the `x` of `lower(name, x)`.

An argument that must be known and is not, is of the wrong kind, or is not acceptable ends the query
with an error. So does a result that would be larger than the limits permit; whole numbers have at
most 16 KiB, and arguments are nested at most 500 levels deep. A test that does not hold, and a value
that is not there, are no errors: the goal fails.
";

/// The title of a chapter, and what holds for all of it.
const fn chapter(group: Group) -> (&'static str, &'static str) {
    match group {
        Group::Comparison => (
            "Comparison",
            "The standard order of terms: null, booleans, numbers by value (a float before an equal\ninteger), strings by their bytes, lists item by item, records by their fields and then their\nvalues, compounds by number of arguments, name and arguments.",
        ),
        Group::Arithmetic => (
            "Numbers",
            "Whole numbers are exact and of any size. An operation on a whole number and a float is one on\ntwo floats. There is no infinity and no other float that is not a number: an operation that would\ngive one is an error.",
        ),
        Group::Types => ("Kinds of terms", ""),
        Group::Strings => (
            "Strings",
            "Lengths and places are in characters (Unicode scalar values), places from 0.",
        ),
        Group::Lists => ("Lists", "Places are counted from 0."),
        Group::Sets => (
            "Sets",
            "A set is a list in standard order without duplicates. Any list may be given as one.",
        ),
        Group::Records => ("Records", ""),
        Group::Time => (
            "Time",
            "A time is a whole number: milliseconds since 1970-01-01T00:00:00Z. A duration is a whole number\nof milliseconds, so that times and durations are added and compared as numbers.",
        ),
        Group::Networks => (
            "Networks",
            "An IPv6 address that stands for an IPv4 one, such as `::ffff:10.0.0.1`, counts as that one.",
        ),
        Group::Versions => (
            "Versions",
            "Semantic versions, as <https://semver.org> defines them.",
        ),
        Group::Control => ("Control", ""),
        Group::External => ("Answered by the host", ""),
    }
}

fn entry(builtin: &Builtin) -> String {
    let Builtin {
        name,
        parameters,
        summary,
        example,
        ..
    } = builtin;
    let mut text = format!("\n### `{name}/{}`\n\n", parameters.len());
    let signature: Vec<String> = parameters
        .iter()
        .map(|parameter| {
            let mark = match parameter.mode {
                Mode::Bound => "",
                Mode::Shape => "^",
                Mode::Any => "?",
            };
            format!("{}{mark}: {}", parameter.name, parameter.kind)
        })
        .collect();
    let _ = write!(text, "`{name}({})`\n\n{summary}\n\n", signature.join(", "));
    if builtin.function {
        let _ = writeln!(text, "* Function: `{}`", function_form(builtin));
    }
    let yields = match (builtin.yields, builtin.run) {
        (Yields::Test, _) => "once or not, and binds nothing",
        (Yields::One, _) => "at most once",
        (Yields::Many, _) => "any number of times",
    };
    let _ = writeln!(text, "* Succeeds: {yields}");
    if let Some(errors) = errors(builtin) {
        let _ = writeln!(text, "* Errors: {errors}");
    }
    if matches!(builtin.run, Run::External) {
        text.push_str("* The query waits for the host's answer.\n");
    }
    let _ = write!(text, "\n```\n{example}\n```\n");
    text
}

/// How it stands in a term.
fn function_form(builtin: &Builtin) -> String {
    let names: Vec<&str> = builtin
        .parameters
        .iter()
        .map(|parameter| parameter.name)
        .collect();
    let names = names.split_last().map_or(&[][..], |(_, names)| names);
    let is_symbol = !builtin
        .name
        .starts_with(|first: char| first.is_ascii_alphabetic());
    match names {
        [term, key] if builtin.name == "." => format!("{term}.{key}` or `{term}[{key}]"),
        [number] if is_symbol => format!("{}{number}", builtin.name),
        [left, right] if is_symbol => format!("{left} {} {right}", builtin.name),
        names => format!("{}({})", builtin.name, names.join(", ")),
    }
}

/// What the modes and kinds demand.
fn errors(builtin: &Builtin) -> Option<String> {
    let known = builtin
        .parameters
        .iter()
        .filter(|parameter| parameter.mode != Mode::Any);
    let demands: Vec<String> = known
        .map(|parameter| match parameter.kind {
            kinds::TERM => format!("`{}` is unbound", parameter.name),
            kind => format!(
                "`{}` is unbound or not {}",
                parameter.name,
                kinds::with_article(kind)
            ),
        })
        .collect();
    (!demands.is_empty()).then(|| demands.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_manual_is_as_the_table_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules-builtins.md");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, documentation()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == documentation(),
            "docs/rules-builtins.md differs from the table; run this test with BLESS=1"
        );
    }
}
