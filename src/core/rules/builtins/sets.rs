//! Sets: lists in standard order without duplicates. Any list may be given as one.

use super::arguments::{any, fit_items, holds, list, one_list};
use super::kinds::{LIST, LISTS, TERM};
use super::table::{function, gives, known, test};
use super::{Builtin, Context, Fault, Group, Parameter, Solutions};
use crate::rules::value::Value;
use std::cmp::Ordering;

const G: Group = Group::Sets;
const TWO: &[Parameter] = &[known("left", LIST), known("right", LIST)];
const TWO_TO_SET: &[Parameter] = &[
    known("left", LIST),
    known("right", LIST),
    gives("set", LIST),
];

pub(super) static TABLE: &[Builtin] = &[
    function(
        G,
        "set_of",
        &[known("list", LIST), gives("set", LIST)],
        (
            "The items of a list in standard order, each once.",
            "set_of([2, 1, 2]) = [1, 2]",
        ),
        of,
    ),
    test(
        G,
        "set_contains",
        &[known("set", LIST), known("item", TERM)],
        (
            "An item is in a set.",
            r#"set_contains(["read", "write"], "read")"#,
        ),
        |arguments, _| Ok(holds(list(arguments, 0)?.contains(any(arguments, 1)?))),
    ),
    function(
        G,
        "set_union",
        TWO_TO_SET,
        (
            "What is in either set.",
            "set_union([1, 2], [3, 2]) = [1, 2, 3]",
        ),
        |arguments, context| merge(arguments, context, |_, _| true),
    ),
    function(
        G,
        "set_union_all",
        &[known("sets", LISTS), gives("set", LIST)],
        (
            "What is in any set of a list.",
            "set_union_all([[2], [1, 2], []]) = [1, 2]",
        ),
        union_all,
    ),
    function(
        G,
        "set_intersection",
        TWO_TO_SET,
        (
            "What is in both sets.",
            "set_intersection([1, 2], [3, 2]) = [2]",
        ),
        |arguments, context| merge(arguments, context, |left, right| left && right),
    ),
    function(
        G,
        "set_difference",
        TWO_TO_SET,
        (
            "What is in the left set only.",
            "set_difference([1, 2], [3, 2]) = [1]",
        ),
        |arguments, context| merge(arguments, context, |left, right| left && !right),
    ),
    test(
        G,
        "is_subset",
        TWO,
        (
            "All that is in the left set is in the right one.",
            "is_subset([1], [2, 1])",
        ),
        |arguments, context| all(arguments, context, |left, right| !left || right),
    ),
    test(
        G,
        "is_disjoint",
        TWO,
        ("Nothing is in both sets.", "is_disjoint([1, 2], [3])"),
        |arguments, context| all(arguments, context, |left, right| !(left && right)),
    ),
    test(
        G,
        "is_same_set",
        TWO,
        (
            "The same is in both sets.",
            "is_same_set([2, 1, 1], [1, 2])",
        ),
        |arguments, context| all(arguments, context, |left, right| left == right),
    ),
];

/// In standard order, each once.
fn sorted<'item>(items: impl IntoIterator<Item = &'item Value>) -> Vec<&'item Value> {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_by(|left, right| left.standard_order(right));
    items.dedup();
    items
}

/// Everything that is in either of two sets, with whether it is in the left and in the right.
fn both<'list>(
    arguments: &'list [Value],
    context: &Context,
) -> Result<Vec<(&'list Value, bool, bool)>, Fault> {
    let (left, right) = (list(arguments, 0)?, list(arguments, 1)?);
    fit_items(left.len().saturating_add(right.len()), context)?;
    let (left, right) = (sorted(left.iter()), sorted(right.iter()));
    let mut places = (left.iter().peekable(), right.iter().peekable());
    let mut both = Vec::new();
    loop {
        let order = match (places.0.peek(), places.1.peek()) {
            (None, None) => return Ok(both),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.standard_order(right),
        };
        let left = if order.is_le() { places.0.next() } else { None };
        let right = if order.is_ge() { places.1.next() } else { None };
        if let Some(item) = left.or(right) {
            both.push((*item, left.is_some(), right.is_some()));
        }
    }
}

fn of(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let items = list(arguments, 0)?;
    fit_items(items.len(), context)?;
    one_list(sorted(items.iter()).into_iter().cloned().collect(), context)
}

fn union_all(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let mut items = Vec::new();
    for set in list(arguments, 0)?.iter() {
        if let Value::List(set) = set {
            fit_items(items.len().saturating_add(set.len()), context)?;
            items.extend(set.iter());
        }
    }
    one_list(sorted(items).into_iter().cloned().collect(), context)
}

fn merge(
    arguments: &[Value],
    context: &Context,
    takes: fn(bool, bool) -> bool,
) -> Result<Solutions, Fault> {
    let items = both(arguments, context)?.into_iter();
    let taken = items.filter(|(_, left, right)| takes(*left, *right));
    one_list(taken.map(|(item, ..)| item.clone()).collect(), context)
}

fn all(
    arguments: &[Value],
    context: &Context,
    accepts: fn(bool, bool) -> bool,
) -> Result<Solutions, Fault> {
    let mut items = both(arguments, context)?.into_iter();
    Ok(holds(items.all(|(_, left, right)| accepts(left, right))))
}
