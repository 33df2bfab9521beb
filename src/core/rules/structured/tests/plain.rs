//! Values as plain JSON.

use super::*;
use num_bigint::BigInt;
use proptest::prelude::*;
use std::sync::Arc;

#[test]
fn values_look_as_people_expect() {
    let big = BigInt::parse_bytes(b"-123456789012345678901234567890", 10).unwrap();
    let variable = Arc::new(Value::Variable(1));
    let cases = [
        (Value::Null, "null"),
        (Value::Float(1.0), "1.0"),
        (Value::integer(big), "-123456789012345678901234567890"),
        (Value::string("?x\n"), r#""?x\n""#),
        (Value::list([Value::Integer(1), Value::list([])]), "[1, []]"),
        (
            Value::record([
                ("a".into(), Value::Integer(1)),
                ("b".into(), Value::record([])),
            ]),
            r#"{"a": 1, "b": {}}"#,
        ),
        (
            Value::record([("$a".into(), Value::Null)]),
            r#"{"$record": {"$a": null}}"#,
        ),
        (
            Value::Compound("f".into(), [Value::Integer(1), Value::string("a")].into()),
            r#"{"$compound": ["f", 1, "a"]}"#,
        ),
        (
            Value::Compound("f".into(), [].into()),
            r#"{"$compound": ["f"]}"#,
        ),
        (Value::Variable(7), r#"{"$variable": 7}"#),
        (
            Value::PartialList([Value::Integer(1)].into(), variable),
            r#"{"$list": [1], "$rest": {"$variable": 1}}"#,
        ),
    ];
    for (value, text) in cases {
        assert_eq!(value_to_json(&value), text);
        assert_eq!(value_from_json(text), Ok(value));
    }
}

#[test]
fn what_is_no_value_is_refused() {
    for (text, code) in [
        ("", "invalid-syntax"),
        ("[1,]", "invalid-syntax"),
        ("[a]", "invalid-syntax"),
        ("{\"a\": 1, \"a\": 2}", "duplicate-key"),
        ("{\"$list\": [1]}", "wrong-shape"),
        ("{\"$list\": [], \"$rest\": 1}", "rest-alone"),
        ("{\"$list\": [1], \"$rest\": [2]}", "rest-is-list"),
        ("{\"$variable\": -1}", "wrong-shape"),
        ("{\"$compound\": [1]}", "wrong-shape"),
        ("{\"$compoun\": [1]}", "unknown-special-key"),
        ("{\"$compound\": [\"f\"], \"a\": 1}", "wrong-shape"),
        ("1e999", "not-finite"),
    ] {
        let diagnostics = value_from_json(text).unwrap_err();
        assert_eq!(diagnostics[0].code, code, "{text}");
    }
}

#[test]
fn a_value_deeper_than_the_stack_is_written() {
    let mut value = Value::Null;
    let mut kept = Vec::new();
    for _ in 0..200_000 {
        // Keeping every level lets each be dropped by itself.
        kept.push(value.clone());
        value = Value::list([value]);
    }
    assert_eq!(value_to_json(&value).len(), 400_004);
    drop(value);
    while kept.pop().is_some() {}
}

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i128>().prop_map(|number| Value::integer(number.into())),
        any::<f64>().prop_filter_map("finite", Value::float),
        any::<u32>().prop_map(Value::Variable),
        "(\\?|\\$)?.{0,4}".prop_map(Value::string),
    ];
    scalar.prop_recursive(4, 30, 4, |inner| {
        let items = || prop::collection::vec(inner.clone(), 0..4);
        let name = "(\\$|\\?)?[a-z]{0,3}";
        let is_rest = |value: &Value| !matches!(value, Value::List(_) | Value::PartialList(..));
        prop_oneof![
            items().prop_map(Value::list),
            (name, items()).prop_map(|(name, items)| Value::Compound(name.into(), items.into())),
            prop::collection::vec((name.prop_map(Arc::from), inner.clone()), 0..4)
                .prop_map(Value::record),
            (
                prop::collection::vec(inner.clone(), 1..4),
                inner.clone().prop_filter("no list", is_rest)
            )
                .prop_map(|(items, rest)| Value::PartialList(items.into(), Arc::new(rest))),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_comes_back(value in values()) {
        prop_assert_eq!(value_from_json(&value_to_json(&value)), Ok(value));
    }
}
