//! What the examples leave open.

use super::{Fault, Solutions, Value, run, value};

fn text(text: &str) -> Value {
    Value::string(text)
}

fn none(outcome: Result<Solutions, Fault>) {
    assert_eq!(outcome, Ok(Solutions::None));
}

fn refused(outcome: Result<Value, Fault>) {
    assert!(
        matches!(outcome, Err(Fault::Unacceptable { .. })),
        "{outcome:?}"
    );
}

#[test]
fn kinds_of_equality() {
    assert_eq!(
        run("neq", &[Value::Integer(1), Value::Float(1.0)]),
        Ok(Solutions::Yes)
    );
    none(run("lt", &[Value::Integer(1), Value::Float(1.0)]));
    assert_eq!(
        run("lte", &[Value::Integer(1), Value::Float(1.0)]),
        Ok(Solutions::Yes)
    );
    assert_eq!(
        value("compare", &[Value::Integer(1), Value::Float(1.0)]),
        Ok(text(">"))
    );
    none(run(
        "set_contains",
        &[Value::list([Value::Integer(1)]), Value::Float(1.0)],
    ));
    assert!(matches!(
        run("lt", &[Value::Boolean(true), Value::Integer(1)]),
        Err(Fault::Kind { .. })
    ));
}

#[test]
fn what_is_not_there_fails() {
    let empty = Value::list([]);
    for name in ["list_first", "list_last", "list_min", "list_max"] {
        none(run(name, &[empty.clone(), Value::Variable(0)]));
    }
    none(run(
        "list_nth",
        &[empty.clone(), Value::Integer(-1), Value::Variable(0)],
    ));
    none(run(".", &[empty, Value::Integer(0), Value::Variable(0)]));
    let record = Value::record([("a".into(), Value::Variable(3))]);
    none(run(".", &[record.clone(), text("b"), Value::Variable(0)]));
    assert_eq!(
        run(".", &[record.clone(), text("a"), Value::Variable(0)]),
        Ok(Solutions::One(vec![record.clone(), Value::Variable(3)]))
    );
    assert!(matches!(
        run(".", &[record, Value::Integer(0), Value::Variable(0)]),
        Err(Fault::Kind { argument: 2, .. })
    ));
    none(run("captures", &[text("a"), text("b"), Value::Variable(0)]));
    none(run(
        "string_character",
        &[text("a"), Value::Integer(1), Value::Variable(0)],
    ));
}

#[test]
fn generators_give_all() {
    let list = Value::list([text("a"), text("b")]);
    assert_eq!(
        run(
            "list_nth",
            &[list.clone(), Value::Variable(0), Value::Variable(1)]
        ),
        Ok(Solutions::Many(vec![
            vec![Value::Integer(0), text("a")],
            vec![Value::Integer(1), text("b")],
        ]))
    );
    assert_eq!(
        run("member", &[Value::Variable(0), list.clone()]),
        Ok(Solutions::Many(vec![
            vec![text("a"), list.clone()],
            vec![text("b"), list]
        ]))
    );
    assert_eq!(
        run(
            "string_find",
            &[text("éaaa"), text("aa"), Value::Variable(0)]
        ),
        Ok(Solutions::Many(vec![
            vec![Value::Integer(1)],
            vec![Value::Integer(2)]
        ]))
    );
    none(run(
        "between",
        &[Value::Integer(2), Value::Integer(1), Value::Variable(0)],
    ));
}

#[test]
fn what_is_not_acceptable() {
    let (one, minus) = (Value::Integer(1), Value::Integer(-1));
    refused(value("format", &[text("{"), Value::list([])]));
    refused(value("format", &[text("{}"), Value::list([])]));
    refused(value("format", &[text(""), Value::list([Value::Null])]));
    refused(value("substring", &[text("a"), minus.clone(), one.clone()]));
    refused(value("sqrt", std::slice::from_ref(&minus)));
    refused(value("ln", &[Value::Integer(0)]));
    refused(value("clamp", &[one.clone(), one.clone(), minus]));
    refused(value("list_range", &[one.clone(), one, Value::Integer(0)]));
    refused(value("record_of", &[Value::list([Value::list([])])]));
    let pair = Value::list([text("a"), Value::Null]);
    refused(value("record_of", &[Value::list([pair.clone(), pair])]));
    refused(value("json_pointer", &[Value::Null, text("a")]));
    refused(value("json_pointer", &[Value::Null, text("/~2")]));
    refused(value("to_json", &[Value::Compound("f".into(), [].into())]));
    for word in [
        "", "-", "+1", "1.", ".5", "inf", "NaN", "0x10", "1_000", " 1", "1e", "--1",
    ] {
        refused(value("to_number", &[text(word)]));
    }
    assert_eq!(value("to_number", &[text("-007")]), Ok(Value::Integer(-7)));
    assert_eq!(value("to_number", &[text("-0.5")]), Ok(Value::Float(-0.5)));
    assert!(matches!(
        value("to_number", &[text("1e999")]),
        Err(Fault::Undefined(_))
    ));
}

#[test]
fn pointers_follow_the_standard() {
    let value_of = |pointer: &str| {
        let term = value(
            "parse_json",
            &[text(r#"{"a": [1, 2], "": 3, "m~n": 4, "01": 5}"#)],
        )
        .unwrap();
        run("json_pointer", &[term, text(pointer), Value::Variable(0)])
    };
    for (pointer, number) in [("/a/0", 1), ("/", 3), ("/m~0n", 4), ("/01", 5)] {
        assert_eq!(
            value_of(pointer),
            Ok(Solutions::One(vec![Value::Integer(number)])),
            "{pointer}"
        );
    }
    for pointer in ["/a/01", "/a/-1", "/a/-", "/a/+1", "/a/2", "/a/0/0", "/b"] {
        none(value_of(pointer));
    }
}
