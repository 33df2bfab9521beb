//! What every entry refuses.

use super::super::kinds::fits;
use super::super::{Fault, Mode, Run, Yields, all, call};
use super::{CONTEXT, Solutions, Value};
use proptest::prelude::*;
use std::sync::Arc;

fn samples() -> Vec<Value> {
    vec![
        Value::Null,
        Value::Boolean(true),
        Value::Integer(2),
        Value::Integer(-1),
        Value::Integer(i64::MIN),
        Value::integer(num_bigint::BigInt::from(3).pow(100)),
        Value::Float(0.5),
        Value::Float(-1e300),
        Value::string(""),
        Value::string("a"),
        Value::string("naïve {} $.a [0] (.*) 1.2.3"),
        Value::string("10.0.0.0/8"),
        Value::string("1970-01-01T00:00:00Z"),
        Value::list([]),
        Value::list([Value::Integer(1), Value::string("b")]),
        Value::list([Value::string("a"), Value::string("b")]),
        Value::list([Value::Integer(1), Value::Float(2.5)]),
        Value::list([Value::list([Value::string("a"), Value::Null])]),
        Value::record([]),
        Value::record([("a".into(), Value::Integer(1))]),
        Value::Compound("f".into(), [Value::Null].into()),
        Value::PartialList([Value::Null].into(), Arc::new(Value::Variable(1))),
    ]
}

/// Arguments of the right kinds, the same for each place.
fn fitting(builtin: &super::super::Builtin) -> Vec<Value> {
    let samples = samples();
    let fitting = |kind| {
        samples
            .iter()
            .find(|value| fits(kind, value))
            .unwrap()
            .clone()
    };
    builtin
        .parameters
        .iter()
        .map(|parameter| match parameter.mode {
            Mode::Any => Value::Variable(0),
            _ => fitting(parameter.kind),
        })
        .collect()
}

#[test]
fn unbound_arguments_are_named() {
    for builtin in all() {
        for (place, parameter) in builtin.parameters.iter().enumerate() {
            let mut arguments = fitting(builtin);
            let inside = Value::list([Value::Variable(9)]);
            for (unbound, refused) in [
                (Value::Variable(9), parameter.mode != Mode::Any),
                (inside, parameter.mode == Mode::Bound),
            ] {
                arguments[place] = unbound;
                let fault = call(builtin, &arguments, &CONTEXT);
                let expected = Fault::Unbound {
                    argument: place + 1,
                    name: parameter.name,
                };
                if refused {
                    assert_eq!(fault, Err(expected), "{}", builtin.name);
                } else {
                    assert_ne!(fault, Err(expected), "{}", builtin.name);
                }
            }
        }
    }
}

#[test]
fn wrong_kinds_are_named() {
    for builtin in all() {
        for (place, parameter) in builtin.parameters.iter().enumerate() {
            if parameter.mode == Mode::Any {
                continue;
            }
            for value in samples() {
                let is_ground = !matches!(value, Value::PartialList(..));
                if fits(parameter.kind, &value) || !is_ground {
                    continue;
                }
                let mut arguments = fitting(builtin);
                arguments[place] = value;
                match call(builtin, &arguments, &CONTEXT) {
                    Err(Fault::Kind {
                        argument,
                        name,
                        expected,
                        ..
                    }) => {
                        assert_eq!(
                            (argument, name, expected),
                            (place + 1, parameter.name, parameter.kind)
                        );
                    }
                    other => panic!("{} {arguments:?} {other:?}", builtin.name),
                }
            }
        }
    }
}

#[test]
fn messages_are_sentences() {
    let fault = super::run("lower", &[Value::Integer(1), Value::Variable(0)]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "argument 1 (`text`) must be a string, but is an integer"
    );
    let fault = super::run("abs", &[Value::Null, Value::Variable(0)]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "argument 1 (`number`) must be a number, but is null"
    );
    let fault = super::run(
        "string_join",
        &[
            Value::list([Value::Null]),
            Value::string(""),
            Value::Variable(0),
        ],
    );
    assert_eq!(
        fault.unwrap_err().to_string(),
        "argument 1 (`parts`) must be a list of strings, but is a list that holds something else"
    );
    let fault = super::run("lt", &[Value::Integer(1), Value::string("a")]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "argument 2 (`right`) must be a number, but is a string"
    );
    let fault = call(
        super::find("http_get_json", 2).unwrap(),
        &[Value::string("a"), Value::Variable(0)],
        &CONTEXT,
    );
    assert!(matches!(fault, Err(Fault::Undefined(_))));
    let fault = call(
        super::find("now", 1).unwrap(),
        &[Value::Variable(0)],
        &super::Context {
            now_ms: None,
            room: 100,
        },
    );
    assert_eq!(fault, Err(Fault::NoTime));
    assert!(call(super::find("lower", 2).unwrap(), &[], &CONTEXT).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the arguments, the answer has the shape that the entry promises.
    #[test]
    fn every_entry_keeps_its_promise(place in 0..all().len(), choice in prop::collection::vec(0_usize..23, 4), room in 0_usize..3000) {
        let builtin = all()[place];
        let samples = samples();
        let arguments: Vec<Value> = builtin.parameters.iter().zip(&choice).map(|(parameter, choice)| {
            let fitting: Vec<&Value> = samples.iter().filter(|value| parameter.mode == Mode::Any || fits(parameter.kind, value)).collect();
            match fitting.get(*choice % (fitting.len() + 1)) {
                Some(value) => (*value).clone(),
                None => Value::Variable(0),
            }
        }).collect();
        let open = builtin.parameters.iter().filter(|parameter| parameter.mode != Mode::Bound);
        let open: Vec<_> = open.collect();
        let check = |values: &[Value]| {
            assert_eq!(values.len(), open.len(), "{}", builtin.name);
            for (parameter, value) in open.iter().zip(values) {
                let unifies = matches!(builtin.name, "eq" | "member");
                assert!(unifies || fits(parameter.kind, value), "{} {value:?}", builtin.name);
            }
        };
        let context = super::Context { now_ms: Some(0), room };
        match (call(builtin, &arguments, &context), builtin.yields) {
            (Ok(Solutions::Yes), yields) => prop_assert_eq!(yields, Yields::Test),
            (Ok(Solutions::One(values)), Yields::One | Yields::Many) => check(&values),
            (Ok(Solutions::Many(solutions)), Yields::Many) => solutions.iter().for_each(|values| check(values)),
            (Ok(Solutions::None), _) => {}
            (Ok(other), _) => panic!("{} {other:?}", builtin.name),
            (Err(Fault::Unbound { name, .. } | Fault::Kind { name, .. } | Fault::Unacceptable { name, .. }), _) => {
                prop_assert!(builtin.parameters.iter().any(|parameter| parameter.name == name));
            }
            (Err(Fault::TooLarge { .. } | Fault::IntegerTooLarge { .. } | Fault::Undefined(_)), _) => {
                prop_assert!(!matches!(builtin.run, Run::Machine(super::super::MachineOperation::TypeTest(_))));
            }
            (Err(Fault::NoTime), _) => panic!("the time is known"),
        }
    }
}
