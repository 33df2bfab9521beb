//! Records and paths into them.

use super::arguments::{
    Fields, any, fit, fit_items, holds, one, one_list, record, text, unacceptable,
};
use super::call::item;
use super::kinds::{LISTS, RECORD, RECORD_OR_LIST, STRING, STRING_OR_INTEGER, STRINGS, TERM};
use super::lists::maybe;
use super::table::{function, generator, gives, known, shape, test};
use super::{
    Builtin, Context, Fault, Group, MachineOperation, Parameter, Run, Solutions, Yields, json,
    json_path, writing,
};
use crate::rules::value::Value;
use std::sync::Arc;

const G: Group = Group::Records;
const ENTRY: &[Parameter] = &[
    known("record", RECORD),
    known("field", STRING),
    gives("value", TERM),
];

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: ".",
        parameters: &[
            shape("term", RECORD_OR_LIST),
            known("key", STRING_OR_INTEGER),
            gives("value", TERM),
        ],
        function: true,
        yields: Yields::One,
        group: G,
        summary: "The field of a record, or the item of a list at a place from 0; fails where there is none.",
        example: r#"{city: "Bern"}.city = "Bern""#,
        run: Run::Machine(MachineOperation::Field),
    },
    test(
        G,
        "record_has",
        &[known("record", RECORD), known("field", STRING)],
        ("A record has a field.", r#"record_has({a: null}, "a")"#),
        |arguments, _| {
            Ok(holds(
                any(arguments, 0)?.field(text(arguments, 1)?).is_some(),
            ))
        },
    ),
    function(
        G,
        "record_get",
        &[
            known("record", RECORD),
            known("field", STRING),
            known("default", TERM),
            gives("value", TERM),
        ],
        (
            "The value of a field, or the default where there is none.",
            r#"record_get({a: 1}, "b", 0) = 0"#,
        ),
        get,
    ),
    generator(
        G,
        "record_field",
        &[
            known("record", RECORD),
            gives("field", STRING),
            gives("value", TERM),
        ],
        (
            "Each field, in order of the names, with its value.",
            r#"record_field({a: 1, b: 2}, "b") = 2"#,
        ),
        each_field,
    ),
    function(
        G,
        "record_keys",
        &[known("record", RECORD), gives("fields", STRINGS)],
        (
            "The names of all fields, in order.",
            r#"record_keys({b: 1, a: 2}) = ["a", "b"]"#,
        ),
        keys,
    ),
    function(
        G,
        "record_values",
        &[known("record", RECORD), gives("values", super::kinds::LIST)],
        (
            "The values of all fields, in order of the names.",
            "record_values({b: 1, a: 2}) = [2, 1]",
        ),
        values,
    ),
    function(
        G,
        "record_put",
        &[
            known("record", RECORD),
            known("field", STRING),
            known("value", TERM),
            gives("result", RECORD),
        ],
        (
            "The record with a field of this value, whether it had one or not.",
            r#"record_put({a: 1}, "b", 2) = {a: 1, b: 2}"#,
        ),
        put,
    ),
    function(
        G,
        "record_remove",
        &[
            known("record", RECORD),
            known("field", STRING),
            gives("result", RECORD),
        ],
        (
            "The record without a field.",
            r#"record_remove({a: 1, b: 2}, "a") = {b: 2}"#,
        ),
        remove,
    ),
    function(
        G,
        "record_merge",
        &[
            known("left", RECORD),
            known("right", RECORD),
            gives("result", RECORD),
        ],
        (
            "All fields of both records; the right one's value where both have one.",
            "record_merge({a: 1, b: 1}, {b: 2}) = {a: 1, b: 2}",
        ),
        merge,
    ),
    function(
        G,
        "record_of",
        &[known("pairs", LISTS), gives("record", RECORD)],
        (
            "A record of lists of a name and a value, each name once.",
            r#"record_of([["a", 1], ["b", 2]]) = {a: 1, b: 2}"#,
        ),
        of_pairs,
    ),
    Builtin {
        function: false,
        ..function(
            G,
            "unify_json_path",
            ENTRY,
            (
                "The value of one field; fails where there is none.",
                r#"unify_json_path({a: 1}, "a", 1)"#,
            ),
            |arguments, _| maybe(any(arguments, 0)?.field(text(arguments, 1)?)),
        )
    },
    function(
        G,
        "json_pointer",
        &[
            known("term", TERM),
            known("pointer", STRING),
            gives("value", TERM),
        ],
        (
            "The value that a JSON Pointer (RFC 6901) leads to; fails where there is none.",
            r#"json_pointer({a: [1, {"b/c": 2}]}, "/a/1/b~1c") = 2"#,
        ),
        pointer,
    ),
    generator(
        G,
        "json_path",
        &[
            known("term", TERM),
            known("path", STRING),
            gives("value", TERM),
        ],
        (
            "Each value that a JSONPath leads to: `$`, `.name`, `['name']`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `.*`, `..name`, `..*` of RFC 9535.",
            r#"json_path({a: [{b: 1}, {b: 2}]}, "$.a[*].b") = 2"#,
        ),
        path,
    ),
    function(
        G,
        "parse_json",
        &[known("text", STRING), gives("term", TERM)],
        (
            "The term that JSON text says; a field that is there twice is an error.",
            r#"parse_json("{\"a\": [1, 2.5, null]}") = {a: [1, 2.5, null]}"#,
        ),
        parse,
    ),
    test(
        G,
        "is_json",
        &[known("text", STRING)],
        (
            "A text is JSON that `parse_json` reads.",
            r#"is_json("[1, 2]")"#,
        ),
        |arguments, context| match json::parse(text(arguments, 0)?, context.room) {
            Ok(_) => Ok(Solutions::Yes),
            Err(json::JsonError::Syntax(_)) => Ok(Solutions::None),
            Err(json::JsonError::Value(fault)) => Err(fault),
        },
    ),
    function(
        G,
        "to_json",
        &[known("term", TERM), gives("text", STRING)],
        (
            "A term without compounds as JSON text.",
            r#"to_json({a: [1, "b"]}) = "{\"a\":[1,\"b\"]}""#,
        ),
        to_json,
    ),
];

fn get(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let default = any(arguments, 2)?;
    let value = any(arguments, 0)?.field(text(arguments, 1)?);
    one(value.unwrap_or(default).clone())
}

fn each_field(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let fields = record(arguments, 0)?;
    if let Value::String(name) = any(arguments, 1)? {
        let value = any(arguments, 0)?.field(name);
        return Ok(value.map_or(Solutions::None, |value| {
            Solutions::One(vec![Value::String(name.clone()), value.clone()])
        }));
    }
    fit_items(fields.len().saturating_mul(3), context)?;
    let solution =
        |(name, value): &(Arc<str>, Value)| vec![Value::String(name.clone()), value.clone()];
    Ok(Solutions::Many(fields.iter().map(solution).collect()))
}

fn keys(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let fields = record(arguments, 0)?.iter();
    one_list(
        fields
            .map(|(name, _)| Value::String(name.clone()))
            .collect(),
        context,
    )
}

fn values(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let fields = record(arguments, 0)?.iter();
    one_list(fields.map(|(_, value)| value.clone()).collect(), context)
}

/// The record of these fields, the last of each name, if it fits.
fn with(
    fields: &Fields,
    more: impl IntoIterator<Item = (Arc<str>, Value)>,
    context: &Context,
) -> Result<Solutions, Fault> {
    let record = Value::record(fields.iter().cloned().chain(more));
    let Value::Record(all) = &record else {
        return Ok(Solutions::None);
    };
    fit(all.len().saturating_mul(2 * Value::BYTES), context)?;
    one(record)
}

fn put(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let entry = (text(arguments, 1)?.into(), any(arguments, 2)?.clone());
    with(record(arguments, 0)?, [entry], context)
}

fn remove(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let name = text(arguments, 1)?;
    let fields = record(arguments, 0)?.iter();
    with(
        &[],
        fields.filter(|(field, _)| field.as_ref() != name).cloned(),
        context,
    )
}

fn merge(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    with(
        record(arguments, 0)?,
        record(arguments, 1)?.iter().cloned(),
        context,
    )
}

fn of_pairs(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let pairs = super::arguments::list(arguments, 0)?;
    let mut fields = Vec::new();
    for pair in pairs.iter() {
        let Value::List(pair) = pair else { continue };
        let [Value::String(name), value] = pair.as_ref() else {
            return Err(unacceptable(0, "must hold lists of a string and a term"));
        };
        fields.push((name.clone(), value.clone()));
    }
    fields.sort_by(|(left, _), (right, _)| left.cmp(right));
    if let Some([(name, _), _]) = fields
        .array_windows()
        .find(|[left, right]| left.0 == right.0)
    {
        return Err(unacceptable(
            0,
            format!("must not have the name `{name}` twice"),
        ));
    }
    with(&fields, [], context)
}

/// RFC 6901, sections 3 and 4.
fn pointer(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let pointer = text(arguments, 1)?;
    let mut value = any(arguments, 0)?;
    if pointer.is_empty() {
        return one(value.clone());
    }
    let Some(tokens) = pointer.strip_prefix('/') else {
        return Err(unacceptable(1, "must be empty or begin with `/`"));
    };
    for token in tokens.split('/') {
        if token
            .split('~')
            .skip(1)
            .any(|rest| !rest.starts_with(['0', '1']))
        {
            return Err(unacceptable(1, "must have `0` or `1` after each `~`"));
        }
        let found = match value {
            Value::Record(_) => value.field(&token.replace("~1", "/").replace("~0", "~")),
            Value::List(items) if token == "0" || !token.starts_with(['0', '+']) => {
                token.parse().ok().and_then(|place| item(items, place))
            }
            _ => None,
        };
        let Some(found) = found else {
            return Ok(Solutions::None);
        };
        value = found;
    }
    one(value.clone())
}

fn path(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let path =
        json_path::Path::parse(text(arguments, 1)?).map_err(|problem| unacceptable(1, problem))?;
    let values = path.values(any(arguments, 0)?, context)?;
    Ok(Solutions::Many(
        values
            .into_iter()
            .map(|value| vec![value.clone()])
            .collect(),
    ))
}

fn parse(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    match json::parse(text(arguments, 0)?, context.room) {
        Ok(value) => one(value),
        Err(json::JsonError::Syntax(problem)) => Err(unacceptable(0, problem)),
        Err(json::JsonError::Value(fault)) => Err(fault),
    }
}

fn to_json(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let text = writing::json(any(arguments, 0)?, context.room)
        .map_err(|error| writing::fault(&error, 0, context.room))?;
    one(Value::string(text))
}
