//! Regular expressions, whose time grows with the text only, and within bounds.

use super::arguments::{fit, holds, one_list, text, unacceptable};
use super::{Context, Fault, Solutions};
use crate::rules::value::Value;
use regex_lite::{Regex, RegexBuilder};

/// How large a compiled expression may be, in bytes.
const MAX_SIZE: usize = 64 * 1024;
/// How long an expression may be, in bytes.
const MAX_PATTERN: usize = 4 * 1024;
/// How deep groups may be nested.
const MAX_GROUPS: u32 = 50;
/// How many groups may be captured.
const MAX_CAPTURES: usize = 32;
/// How long a text may be, in bytes.
const MAX_TEXT: usize = 64 * 1024;

fn compile(arguments: &[Value]) -> Result<(&str, Regex), Fault> {
    let (text, pattern) = (text(arguments, 0)?, text(arguments, 1)?);
    if text.len() > MAX_TEXT {
        return Err(unacceptable(
            0,
            format!("must not be longer than {MAX_TEXT} bytes"),
        ));
    }
    if pattern.len() > MAX_PATTERN {
        return Err(unacceptable(
            1,
            format!("must not be longer than {MAX_PATTERN} bytes"),
        ));
    }
    let regex = RegexBuilder::new(pattern)
        .size_limit(MAX_SIZE)
        .nest_limit(MAX_GROUPS)
        .build()
        .map_err(|error| {
            unacceptable(
                1,
                format!("must be a regular expression of at most {MAX_SIZE} bytes when compiled and {MAX_GROUPS} levels: {error}"),
            )
        })?;
    Ok((text, regex))
}

pub(super) fn matches(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let (text, regex) = compile(arguments)?;
    Ok(holds(regex.is_match(text)))
}

pub(super) fn captures(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (text, regex) = compile(arguments)?;
    if regex.captures_len() > MAX_CAPTURES + 1 {
        return Err(unacceptable(
            1,
            format!("must not have more than {MAX_CAPTURES} groups"),
        ));
    }
    let Some(found) = regex.captures(text) else {
        return Ok(Solutions::None);
    };
    let texts = found
        .iter()
        .map(|group| group.map_or("", |group| group.as_str()));
    fit(texts.map(str::len).fold(0, usize::saturating_add), context)?;
    let group = |group: Option<regex_lite::Match>| {
        group.map_or(Value::Null, |group| Value::string(group.as_str()))
    };
    one_list(found.iter().map(group).collect(), context)
}
