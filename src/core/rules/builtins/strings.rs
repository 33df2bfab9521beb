//! Text. Lengths and places are in characters (Unicode scalar values), places from 0.

use super::arguments::{
    any, count, fit, holds, list, one, one_list, one_text, small, text, unacceptable,
};
use super::kinds::{INTEGER, LIST, STRING, STRINGS, TERM};
use super::table::{function, generator, gives, known, test};
use super::{Builtin, Context, Fault, Group, Parameter, Solutions, glob, patterns, writing};
use crate::rules::value::Value;

const G: Group = Group::Strings;
const TEXT: &[Parameter] = &[known("text", STRING), gives("result", STRING)];
const TEXT_AND_PART: &[Parameter] = &[known("text", STRING), known("part", STRING)];
const TEXT_AND_PATTERN: &[Parameter] = &[known("text", STRING), known("pattern", STRING)];

pub(super) static TABLE: &[Builtin] = &[
    function(
        G,
        "string_length",
        &[known("text", STRING), gives("length", INTEGER)],
        (
            "How many characters a text has.",
            r#"string_length("naïve") = 5"#,
        ),
        length,
    ),
    function(
        G,
        "lower",
        TEXT,
        (
            "The text in lower case, by Unicode.",
            r#"lower("AbC") = "abc""#,
        ),
        lower,
    ),
    function(
        G,
        "upper",
        TEXT,
        (
            "The text in upper case, by Unicode.",
            r#"upper("straße") = "STRASSE""#,
        ),
        upper,
    ),
    function(
        G,
        "trim",
        TEXT,
        (
            "The text without white space at both ends.",
            r#"trim("  a b ") = "a b""#,
        ),
        trim,
    ),
    function(
        G,
        "string_reverse",
        TEXT,
        (
            "The characters from the last to the first.",
            r#"string_reverse("abc") = "cba""#,
        ),
        reverse,
    ),
    function(
        G,
        "concat",
        &[
            known("left", STRING),
            known("right", STRING),
            gives("result", STRING),
        ],
        (
            "Two texts, one after the other.",
            r#"concat("user:", "ann") = "user:ann""#,
        ),
        concat,
    ),
    test(
        G,
        "starts_with",
        TEXT_AND_PART,
        (
            "The text begins with the part.",
            r#"starts_with("report.pdf", "report")"#,
        ),
        |arguments, _| Ok(holds(text(arguments, 0)?.starts_with(text(arguments, 1)?))),
    ),
    test(
        G,
        "ends_with",
        TEXT_AND_PART,
        (
            "The text ends with the part.",
            r#"ends_with("report.pdf", ".pdf")"#,
        ),
        |arguments, _| Ok(holds(text(arguments, 0)?.ends_with(text(arguments, 1)?))),
    ),
    test(
        G,
        "string_contains",
        TEXT_AND_PART,
        (
            "The part stands somewhere in the text.",
            r#"string_contains("report.pdf", "port")"#,
        ),
        |arguments, _| Ok(holds(text(arguments, 0)?.contains(text(arguments, 1)?))),
    ),
    generator(
        G,
        "string_find",
        &[
            known("text", STRING),
            known("part", STRING),
            gives("place", INTEGER),
        ],
        (
            "Each place where the part, which is not empty, begins in the text.",
            r#"string_find("banana", "ana") = 3"#,
        ),
        find,
    ),
    function(
        G,
        "string_replace",
        &[
            known("text", STRING),
            known("old", STRING),
            known("new", STRING),
            gives("result", STRING),
        ],
        (
            "The text with every occurrence of a part, which is not empty, replaced.",
            r#"string_replace("a-b-c", "-", "+") = "a+b+c""#,
        ),
        replace,
    ),
    function(
        G,
        "substring",
        &[
            known("text", STRING),
            known("start", INTEGER),
            known("length", INTEGER),
            gives("result", STRING),
        ],
        (
            "So many characters from a place on, or as many as there are.",
            r#"substring("report", 2, 3) = "por""#,
        ),
        substring,
    ),
    function(
        G,
        "string_character",
        &[
            known("text", STRING),
            known("place", INTEGER),
            gives("character", STRING),
        ],
        (
            "The character of a place; fails where there is none.",
            r#"string_character("abc", 1) = "b""#,
        ),
        character,
    ),
    function(
        G,
        "string_split",
        &[
            known("text", STRING),
            known("separator", STRING),
            gives("parts", STRINGS),
        ],
        (
            "What stands between the separators; an empty separator splits into characters.",
            r#"string_split("a,b,,c", ",") = ["a", "b", "", "c"]"#,
        ),
        split,
    ),
    function(
        G,
        "string_words",
        &[known("text", STRING), gives("words", STRINGS)],
        (
            "What stands between white space.",
            r#"string_words(" to  be ") = ["to", "be"]"#,
        ),
        words,
    ),
    function(
        G,
        "string_join",
        &[
            known("parts", STRINGS),
            known("separator", STRING),
            gives("result", STRING),
        ],
        (
            "The texts of a list, with a separator between each two.",
            r#"string_join(["a", "b"], ", ") = "a, b""#,
        ),
        join,
    ),
    test(
        G,
        "matches",
        TEXT_AND_PATTERN,
        (
            "A regular expression matches somewhere in the text, of at most 64 KiB; `^` and `$` anchor it.",
            r#"matches("inv-0042", "^inv-[0-9]+$")"#,
        ),
        patterns::matches,
    ),
    function(
        G,
        "captures",
        &[
            known("text", STRING),
            known("pattern", STRING),
            gives("groups", LIST),
        ],
        (
            "The first match of a regular expression and its groups, null for one that took no part; fails where there is no match.",
            r#"captures("ann@example.com", "(\\w+)@(\\w+)") = ["ann@example", "ann", "example"]"#,
        ),
        patterns::captures,
    ),
    test(
        G,
        "glob",
        TEXT_AND_PATTERN,
        (
            "A pattern matches the whole text: `*` any characters but `/`, `**` any characters, `?` one character but `/`, `\\` takes the next one literally.",
            r#"glob("src/core/lib.rs", "src/**.rs")"#,
        ),
        glob_matches,
    ),
    function(
        G,
        "format",
        &[
            known("template", STRING),
            known("values", LIST),
            gives("result", STRING),
        ],
        (
            "The template with each `{}` replaced by the next value; `{{` and `}}` stand for braces.",
            r#"format("{} has {}", ["ann", 3]) = "ann has 3""#,
        ),
        format,
    ),
    function(
        G,
        "to_string",
        &[known("term", TERM), gives("text", STRING)],
        (
            "A string as it is, any other term as it is written.",
            r#"to_string([1, "a"]) = "[1, \"a\"]""#,
        ),
        to_string,
    ),
];

fn length(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    one(number(text(arguments, 0)?.chars().count()))
}

/// A count as a term.
pub(super) fn number(count: usize) -> Value {
    Value::integer(count.into())
}

fn lower(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let text = text(arguments, 0)?;
    fit(text.len(), context)?;
    one_text(&text.to_lowercase(), context)
}

fn upper(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let text = text(arguments, 0)?;
    fit(text.len(), context)?;
    one_text(&text.to_uppercase(), context)
}

fn trim(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    one_text(text(arguments, 0)?.trim(), context)
}

fn reverse(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let text = text(arguments, 0)?;
    fit(text.len(), context)?;
    one_text(&text.chars().rev().collect::<String>(), context)
}

fn concat(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (left, right) = (text(arguments, 0)?, text(arguments, 1)?);
    fit(left.len().saturating_add(right.len()), context)?;
    one_text(&[left, right].concat(), context)
}

fn find(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (text, part) = (text(arguments, 0)?, text(arguments, 1)?);
    if part.is_empty() {
        return Err(unacceptable(1, "must not be empty"));
    }
    let (mut places, mut rest, mut before) = (Vec::new(), text, 0);
    // Occurrences may overlap: the search goes on after the first character of each.
    while let Some(start) = rest.find(part) {
        super::arguments::fit_items(places.len().saturating_add(1).saturating_mul(2), context)?;
        let place = before + rest.get(..start).unwrap_or("").chars().count();
        places.push(vec![number(place)]);
        let mut after = rest.get(start..).unwrap_or("").chars();
        let _ = after.next();
        (rest, before) = (after.as_str(), place + 1);
    }
    Ok(Solutions::Many(places))
}

fn replace(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (text, old, new) = (
        text(arguments, 0)?,
        text(arguments, 1)?,
        text(arguments, 2)?,
    );
    if old.is_empty() {
        return Err(unacceptable(1, "must not be empty"));
    }
    let occurrences = text.matches(old).count();
    let kept = text.len() - occurrences * old.len();
    fit(
        occurrences.saturating_mul(new.len()).saturating_add(kept),
        context,
    )?;
    one_text(&text.replace(old, new), context)
}

fn substring(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (start, length) = (count(arguments, 1)?, count(arguments, 2)?);
    let text = text(arguments, 0)?;
    let byte = |text: &str, place| {
        text.char_indices()
            .nth(place)
            .map_or(text.len(), |(byte, _)| byte)
    };
    let rest = text.get(byte(text, start)..).unwrap_or("");
    one_text(rest.get(..byte(rest, length)).unwrap_or(""), context)
}

fn character(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let place = usize::try_from(small(arguments, 1)?).ok();
    let found = place.and_then(|place| text(arguments, 0).ok()?.chars().nth(place));
    Ok(found.map_or(Solutions::None, |found| {
        Solutions::One(vec![Value::string(found.encode_utf8(&mut [0; 4]))])
    }))
}

fn split(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (text, separator) = (text(arguments, 0)?, text(arguments, 1)?);
    let parts = match separator {
        "" => text.chars().count(),
        _ => text.matches(separator).count() + 1,
    };
    fit(
        parts
            .saturating_mul(Value::BYTES)
            .saturating_add(text.len()),
        context,
    )?;
    let parts = match separator {
        "" => text
            .chars()
            .map(|each| Value::string(each.encode_utf8(&mut [0; 4])))
            .collect(),
        _ => text.split(separator).map(Value::string).collect(),
    };
    one_list(parts, context)
}

fn words(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let text = text(arguments, 0)?;
    let words = text.split_whitespace().count();
    fit(
        words
            .saturating_mul(Value::BYTES)
            .saturating_add(text.len()),
        context,
    )?;
    one_list(
        text.split_whitespace().map(Value::string).collect(),
        context,
    )
}

fn join(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (items, separator) = (list(arguments, 0)?, text(arguments, 1)?);
    let texts: Vec<&str> = items
        .iter()
        .filter_map(|item| match item {
            Value::String(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    let separators = separator
        .len()
        .saturating_mul(texts.len().saturating_sub(1));
    let bytes: usize = texts
        .iter()
        .map(|text| text.len())
        .fold(0, usize::saturating_add);
    fit(bytes.saturating_add(separators), context)?;
    one_text(&texts.join(separator), context)
}

fn glob_matches(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let (text, pattern) = (text(arguments, 0)?, text(arguments, 1)?);
    glob::matches(text, pattern)
        .map(holds)
        .map_err(|problem| unacceptable(1, problem))
}

fn format(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (template, values) = (text(arguments, 0)?, list(arguments, 1)?);
    let (mut result, mut rest) = (String::new(), template);
    let mut values = values.iter();
    while let Some(brace) = rest.find(['{', '}']) {
        result.push_str(rest.get(..brace).unwrap_or(""));
        let after = rest.get(brace..).unwrap_or("");
        match after.get(..2) {
            Some("{{") => result.push('{'),
            Some("}}") => result.push('}'),
            Some("{}") => {
                let value = values
                    .next()
                    .ok_or_else(|| unacceptable(1, "must have a value for each `{}`"))?;
                let room = context.room.saturating_sub(result.len());
                let text = writing::plain(value, room)
                    .map_err(|error| writing::fault(&error, 1, context.room))?;
                result.push_str(&text);
            }
            _ => {
                return Err(unacceptable(
                    0,
                    "must have `{}`, `{{` or `}}` where it has a brace",
                ));
            }
        }
        rest = after.get(2..).unwrap_or("");
    }
    if values.next().is_some() {
        return Err(unacceptable(
            1,
            "must not have more values than there are `{}`",
        ));
    }
    fit(result.len().saturating_add(rest.len()), context)?;
    result.push_str(rest);
    one_text(&result, context)
}

fn to_string(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let text = writing::plain(any(arguments, 0)?, context.room)
        .map_err(|error| writing::fault(&error, 0, context.room))?;
    one(Value::string(text))
}
