//! Equality and order.

use super::arguments::{any, one};
use super::kinds::{NUMBER_OR_STRING, STRING, TERM};
use super::table::{function, gives, known, machine};
use super::{Builtin, Context, Fault, Group, MachineOperation, Parameter, Solutions, Yields};
use crate::rules::value::Value;
use std::cmp::Ordering;

const G: Group = Group::Comparison;
const ANY: &[Parameter] = &[gives("left", TERM), gives("right", TERM)];
const TERMS: &[Parameter] = &[known("left", TERM), known("right", TERM)];
const ORDERED: &[Parameter] = &[
    known("left", NUMBER_OR_STRING),
    known("right", NUMBER_OR_STRING),
];

pub(super) static TABLE: &[Builtin] = &[
    machine(
        G,
        ("eq", Yields::One),
        ANY,
        (
            "Unifies two terms, as `left = right` does.",
            r#"eq("a", "a")"#,
        ),
        MachineOperation::Unify,
    ),
    machine(
        G,
        ("neq", Yields::Test),
        TERMS,
        (
            "Holds where two terms differ, as `left != right` does; `1` and `1.0` do.",
            "neq(1, 1.0)",
        ),
        MachineOperation::NotEqual,
    ),
    machine(
        G,
        ("lt", Yields::Test),
        ORDERED,
        (
            "`left < right`: two numbers by value, or two strings by their bytes.",
            "lt(1, 1.5)",
        ),
        MachineOperation::Less,
    ),
    machine(
        G,
        ("lte", Yields::Test),
        ORDERED,
        (
            "`left <= right`: two numbers by value, or two strings by their bytes.",
            "lte(1, 1.0)",
        ),
        MachineOperation::LessOrEqual,
    ),
    machine(
        G,
        ("gt", Yields::Test),
        ORDERED,
        (
            "`left > right`: two numbers by value, or two strings by their bytes.",
            r#"gt("b", "a")"#,
        ),
        MachineOperation::Greater,
    ),
    machine(
        G,
        ("gte", Yields::Test),
        ORDERED,
        (
            "`left >= right`: two numbers by value, or two strings by their bytes.",
            "gte(2, 2)",
        ),
        MachineOperation::GreaterOrEqual,
    ),
    function(
        G,
        "compare",
        &[
            known("left", TERM),
            known("right", TERM),
            gives("order", STRING),
        ],
        (
            "Where a term stands to another in the standard order of all terms: `\"<\"`, `\"=\"` or `\">\"`.",
            r#"compare(2, "a") = "<""#,
        ),
        compare,
    ),
];

fn compare(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let order = any(arguments, 0)?.standard_order(any(arguments, 1)?);
    one(Value::string(match order {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }))
}
