//! Lists. Places are counted from 0.

use super::arguments::{any, count, fit_items, list, one, one_list, small, unacceptable};
use super::call::item;
use super::kinds::{INTEGER, INTEGERS, LIST, LISTS, NUMBER, NUMBERS, TERM};
use super::strings::number;
use super::table::{function, generator, gives, known, machine, shape};
use super::{
    ArithmeticOperation, Builtin, Context, Fault, Group, MachineOperation, Parameter, Solutions,
    Yields, arithmetic,
};
use crate::rules::value::Value;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use std::cmp::Ordering;

const G: Group = Group::Lists;
const ITEM: &[Parameter] = &[known("list", LIST), gives("item", TERM)];
const RESULT: &[Parameter] = &[known("list", LIST), gives("result", LIST)];
const RANGE: &[Parameter] = &[
    known("start", INTEGER),
    known("end", INTEGER),
    gives("numbers", INTEGERS),
];

pub(super) static TABLE: &[Builtin] = &[
    machine(
        G,
        ("member", Yields::Many),
        &[gives("item", TERM), shape("list", LIST)],
        (
            "Each item of a list, in order.",
            r#"member("b", ["a", "b"])"#,
        ),
        MachineOperation::Member,
    ),
    function(
        G,
        "list_length",
        &[shape("list", LIST), gives("length", INTEGER)],
        (
            "How many items a list has.",
            r#"list_length(["a", "b"]) = 2"#,
        ),
        length,
    ),
    generator(
        G,
        "list_nth",
        &[
            known("list", LIST),
            gives("place", INTEGER),
            gives("item", TERM),
        ],
        (
            "The item of a place; each place with its item where the place is unbound.",
            r#"list_nth(["a", "b"], 1) = "b""#,
        ),
        nth,
    ),
    function(
        G,
        "list_first",
        ITEM,
        (
            "The first item; fails for an empty list.",
            "list_first([3, 1, 2]) = 3",
        ),
        |arguments, _| maybe(list(arguments, 0)?.first()),
    ),
    function(
        G,
        "list_last",
        ITEM,
        (
            "The last item; fails for an empty list.",
            "list_last([3, 1, 2]) = 2",
        ),
        |arguments, _| maybe(list(arguments, 0)?.last()),
    ),
    function(
        G,
        "list_concat",
        &[
            known("left", LIST),
            known("right", LIST),
            gives("result", LIST),
        ],
        (
            "Two lists, one after the other.",
            "list_concat([1], [2, 3]) = [1, 2, 3]",
        ),
        concat,
    ),
    function(
        G,
        "list_reverse",
        RESULT,
        (
            "The items from the last to the first.",
            "list_reverse([1, 2, 3]) = [3, 2, 1]",
        ),
        reverse,
    ),
    function(
        G,
        "list_sort",
        RESULT,
        (
            "The items in standard order, duplicates kept.",
            r#"list_sort([2, "a", 1, 2]) = [1, 2, 2, "a"]"#,
        ),
        sort,
    ),
    function(
        G,
        "list_unique",
        RESULT,
        (
            "The items in their order, each once.",
            "list_unique([2, 1, 2, 1.0]) = [2, 1, 1.0]",
        ),
        unique,
    ),
    function(
        G,
        "list_slice",
        &[
            known("list", LIST),
            known("start", INTEGER),
            known("length", INTEGER),
            gives("result", LIST),
        ],
        (
            "So many items from a place on, or as many as there are.",
            "list_slice([1, 2, 3, 4], 1, 2) = [2, 3]",
        ),
        slice,
    ),
    generator(
        G,
        "list_find",
        &[
            known("list", LIST),
            known("item", TERM),
            gives("place", INTEGER),
        ],
        (
            "Each place of an item.",
            r#"list_find(["a", "b", "a"], "a") = 2"#,
        ),
        find,
    ),
    function(
        G,
        "list_sum",
        &[known("numbers", NUMBERS), gives("sum", NUMBER)],
        ("The sum; 0 for an empty list.", "list_sum([1, 2, 3]) = 6"),
        sum,
    ),
    function(
        G,
        "list_min",
        ITEM,
        (
            "The least item in standard order; fails for an empty list.",
            "list_min([2, 1, 3]) = 1",
        ),
        |arguments, _| {
            maybe(
                list(arguments, 0)?
                    .iter()
                    .min_by(|left, right| left.standard_order(right)),
            )
        },
    ),
    function(
        G,
        "list_max",
        ITEM,
        (
            "The greatest item in standard order; fails for an empty list.",
            "list_max([2, 1, 3]) = 3",
        ),
        |arguments, _| {
            maybe(
                list(arguments, 0)?
                    .iter()
                    .max_by(|left, right| left.standard_order(right)),
            )
        },
    ),
    function(
        G,
        "list_flatten",
        &[known("lists", LISTS), gives("result", LIST)],
        (
            "The items of all lists of a list, one level deep.",
            "list_flatten([[1], [], [2, [3]]]) = [1, 2, [3]]",
        ),
        flatten,
    ),
    function(
        G,
        "list_zip",
        &[
            known("left", LIST),
            known("right", LIST),
            gives("pairs", LISTS),
        ],
        (
            "Pairs of the items of two lists, as many as the shorter has.",
            r#"list_zip([1, 2, 3], ["a", "b"]) = [[1, "a"], [2, "b"]]"#,
        ),
        zip,
    ),
    function(
        G,
        "list_range",
        RANGE,
        (
            "The whole numbers from the start to before the end.",
            "list_range(1, 4) = [1, 2, 3]",
        ),
        range,
    ),
    function(
        G,
        "list_range",
        &[
            known("start", INTEGER),
            known("end", INTEGER),
            known("step", INTEGER),
            gives("numbers", INTEGERS),
        ],
        (
            "Every so many whole numbers from the start to before the end; a negative step counts down.",
            "list_range(6, 0, -2) = [6, 4, 2]",
        ),
        range,
    ),
    function(
        G,
        "list_repeat",
        &[
            known("item", TERM),
            known("times", INTEGER),
            gives("result", LIST),
        ],
        (
            "An item so many times.",
            r#"list_repeat("a", 2) = ["a", "a"]"#,
        ),
        repeat,
    ),
];

/// A value, or no solution.
pub(super) fn maybe(value: Option<&Value>) -> Result<Solutions, Fault> {
    value.map_or(Ok(Solutions::None), |value| one(value.clone()))
}

fn length(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let length = number(list(arguments, 0)?.len());
    Ok(Solutions::One(vec![any(arguments, 0)?.clone(), length]))
}

fn nth(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let items = list(arguments, 0)?;
    if !matches!(any(arguments, 1)?, Value::Variable(_)) {
        let place = small(arguments, 1)?;
        return Ok(item(items, place).map_or(Solutions::None, |item| {
            Solutions::One(vec![Value::Integer(place), item.clone()])
        }));
    }
    fit_items(items.len().saturating_mul(3), context)?;
    let places = items.iter().enumerate();
    Ok(Solutions::Many(
        places
            .map(|(place, item)| vec![number(place), item.clone()])
            .collect(),
    ))
}

fn concat(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (left, right) = (list(arguments, 0)?, list(arguments, 1)?);
    fit_items(left.len().saturating_add(right.len()), context)?;
    one_list([left.as_ref(), right.as_ref()].concat(), context)
}

fn reverse(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let items = list(arguments, 0)?;
    fit_items(items.len(), context)?;
    one_list(items.iter().rev().cloned().collect(), context)
}

fn sort(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let items = list(arguments, 0)?;
    fit_items(items.len(), context)?;
    let mut sorted = items.to_vec();
    sorted.sort_by(Value::standard_order);
    one_list(sorted, context)
}

fn unique(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let items = list(arguments, 0)?;
    fit_items(items.len().saturating_mul(2), context)?;
    let mut places: Vec<(usize, &Value)> = items.iter().enumerate().collect();
    // The sort is stable: the first of equal items stays the first.
    places.sort_by(|(_, left), (_, right)| left.standard_order(right));
    places.dedup_by(|(_, later), (_, first)| later.standard_order(first) == Ordering::Equal);
    places.sort_by_key(|(place, _)| *place);
    one_list(
        places.into_iter().map(|(_, item)| item.clone()).collect(),
        context,
    )
}

fn slice(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (items, start, length) = (
        list(arguments, 0)?,
        count(arguments, 1)?,
        count(arguments, 2)?,
    );
    let start = start.min(items.len());
    let end = start.saturating_add(length).min(items.len());
    one_list(items.get(start..end).unwrap_or_default().to_vec(), context)
}

fn find(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (items, wanted) = (list(arguments, 0)?, any(arguments, 1)?);
    fit_items(items.len().saturating_mul(2), context)?;
    let places = items.iter().enumerate().filter(|(_, item)| *item == wanted);
    Ok(Solutions::Many(
        places.map(|(place, _)| vec![number(place)]).collect(),
    ))
}

fn sum(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let mut sum = Value::Integer(0);
    for item in list(arguments, 0)?.iter() {
        sum = arithmetic(ArithmeticOperation::Add, &sum, item, context.room)?;
    }
    one(sum)
}

fn flatten(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let lists = list(arguments, 0)?;
    let mut items = Vec::new();
    for inner in lists.iter() {
        if let Value::List(inner) = inner {
            fit_items(items.len().saturating_add(inner.len()), context)?;
            items.extend_from_slice(inner);
        }
    }
    one_list(items, context)
}

fn zip(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (left, right) = (list(arguments, 0)?, list(arguments, 1)?);
    fit_items(left.len().min(right.len()).saturating_mul(3), context)?;
    let pairs = left.iter().zip(right.iter());
    one_list(
        pairs
            .map(|(left, right)| Value::list([left.clone(), right.clone()]))
            .collect(),
        context,
    )
}

fn range(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let integer = |place| super::arguments::integer(arguments, place);
    let (start, end) = (integer(0)?, integer(1)?);
    let step = match arguments.len() {
        4 => integer(2)?,
        _ => BigInt::from(1),
    };
    if step.is_zero() {
        return Err(unacceptable(2, "must not be 0"));
    }
    let distance = if step.is_negative() {
        &start - &end
    } else {
        &end - &start
    };
    if !distance.is_positive() {
        return one_list(Vec::new(), context);
    }
    let size = step.abs();
    let items = usize::try_from((distance + &size - 1_u8) / &size).unwrap_or(usize::MAX);
    let bytes = usize::try_from(start.bits().max(end.bits()) / 8).unwrap_or(usize::MAX);
    fit_items(items.saturating_mul(1 + bytes / 8), context)?;
    one_list(
        (0..items)
            .map(|item| Value::integer(&start + &step * item))
            .collect(),
        context,
    )
}

fn repeat(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let times = count(arguments, 1)?;
    fit_items(times, context)?;
    one_list(vec![any(arguments, 0)?.clone(); times], context)
}
