//! What kind of term something is.

use super::arguments::any;
use super::kinds::{STRING, TERM};
use super::table::{function, gives, machine, shape};
use super::{
    Builtin, Context, Fault, Group, MachineOperation, Parameter, Solutions, TypeTest, Yields,
};
use crate::rules::value::Value;

const G: Group = Group::Types;
const KNOWN: &[Parameter] = &[shape("term", TERM)];
const ANY: &[Parameter] = &[gives("term", TERM)];

const fn is(
    name: &'static str,
    summary: &'static str,
    example: &'static str,
    test: TypeTest,
) -> Builtin {
    let parameters = match test {
        TypeTest::Bound | TypeTest::Ground => ANY,
        _ => KNOWN,
    };
    let operation = MachineOperation::TypeTest(test);
    machine(
        G,
        (name, Yields::Test),
        parameters,
        (summary, example),
        operation,
    )
}

pub(super) static TABLE: &[Builtin] = &[
    is(
        "is_null",
        "The term is null.",
        "is_null(null)",
        TypeTest::Null,
    ),
    is(
        "is_boolean",
        "The term is true or false.",
        "is_boolean(true)",
        TypeTest::Boolean,
    ),
    is(
        "is_integer",
        "The term is a whole number of any size.",
        "is_integer(1)",
        TypeTest::Integer,
    ),
    is(
        "is_float",
        "The term is a float.",
        "is_float(1.0)",
        TypeTest::Float,
    ),
    is(
        "is_number",
        "The term is an integer or a float.",
        "is_number(1.5)",
        TypeTest::Number,
    ),
    is(
        "is_string",
        "The term is a string.",
        r#"is_string("a")"#,
        TypeTest::String,
    ),
    is(
        "is_list",
        "The term is a list whose end is known.",
        "is_list([1, 2])",
        TypeTest::List,
    ),
    is(
        "is_record",
        "The term is a record.",
        "is_record({a: 1})",
        TypeTest::Record,
    ),
    is(
        "is_compound",
        "The term is a name with arguments.",
        "is_compound(point(1, 2))",
        TypeTest::Compound,
    ),
    is(
        "is_bound",
        "The term is not an unbound variable.",
        r#"is_bound("a")"#,
        TypeTest::Bound,
    ),
    is(
        "is_ground",
        "The term holds no unbound variable.",
        "is_ground([1, {a: 2}])",
        TypeTest::Ground,
    ),
    function(
        G,
        "kind_of",
        &[shape("term", TERM), gives("kind", STRING)],
        (
            "The kind of a term: `null`, `boolean`, `integer`, `float`, `string`, `list`, `partial list`, `record` or `compound`.",
            r#"kind_of(1.0) = "float""#,
        ),
        kind_of,
    ),
];

fn kind_of(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let term = any(arguments, 0)?;
    Ok(Solutions::One(vec![
        term.clone(),
        Value::string(term.kind()),
    ]))
}
