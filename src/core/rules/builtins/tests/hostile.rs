//! What would hang, overflow or fill the memory.

use super::super::{Context, Fault, Solutions, all, arithmetic, call, find};
use super::{CONTEXT, Value, run, value};
use crate::rules::builtins::ArithmeticOperation;
use std::sync::Arc;

fn too_large(outcome: Result<Value, Fault>) {
    assert!(
        matches!(
            outcome,
            Err(Fault::TooLarge { .. } | Fault::IntegerTooLarge { .. })
        ),
        "{outcome:?}"
    );
}

fn int(number: i64) -> Value {
    Value::Integer(number)
}

#[test]
fn huge_numbers_are_refused_at_once() {
    too_large(value("**", &[int(9), int(387_420_489)]));
    too_large(value("**", &[int(2), int(i64::MAX)]));
    too_large(value(
        "**",
        &[int(10), value("**", &[int(10), int(100)]).unwrap()],
    ));
    assert_eq!(value("**", &[int(-1), int(i64::MAX)]), Ok(int(-1)));
    assert_eq!(
        value("**", &[int(0), value("**", &[int(10), int(100)]).unwrap()]),
        Ok(int(0))
    );
    let mut number = int(3);
    let fault = loop {
        match arithmetic(ArithmeticOperation::Multiply, &number, &number, usize::MAX) {
            Ok(square) => number = square,
            Err(fault) => break fault,
        }
    };
    assert!(matches!(fault, Fault::IntegerTooLarge { bytes } if bytes > 16 * 1024));
    assert!(matches!(
        value("+", &[number, Value::Float(0.5)]),
        Err(Fault::Undefined(_))
    ));
    too_large(value("to_number", &[Value::string("9".repeat(1 << 20))]));
    too_large(value("is", &[Value::string("9**9**9")]));
}

#[test]
fn long_results_are_refused_at_once() {
    let million = 1_000_000_000_000;
    too_large(value("list_range", &[int(0), int(million)]));
    too_large(value("list_range", &[int(i64::MIN), int(i64::MAX)]));
    too_large(value(
        "list_range",
        &[int(i64::MAX), int(i64::MIN), int(-1)],
    ));
    too_large(value("list_repeat", &[int(0), int(million)]));
    let between = run("between", &[int(0), int(million), Value::Variable(0)]);
    assert!(matches!(between, Err(Fault::TooLarge { .. })));
    assert!(matches!(
        run("between", &[int(0), int(million), int(7)]),
        Ok(Solutions::One(_))
    ));
    let long = Value::string("a".repeat(1 << 20));
    too_large(value("concat", &[long.clone(), Value::string("a")]));
    too_large(value(
        "string_replace",
        &[long.clone(), Value::string("a"), long.clone()],
    ));
    too_large(value("string_split", &[long.clone(), Value::string("")]));
    too_large(value(
        "format",
        &[
            Value::string("{}{}"),
            Value::list([long.clone(), long.clone()]),
        ],
    ));
    too_large(value("to_json", std::slice::from_ref(&long)));
    too_large(value(
        "string_join",
        &[
            Value::list([Value::string(""), Value::string("")]),
            Value::string("a".repeat((1 << 20) + 1)),
        ],
    ));
    assert!(matches!(
        run(
            "string_find",
            &[long, Value::string("a"), Value::Variable(0)]
        ),
        Err(Fault::TooLarge { .. })
    ));
}

#[test]
fn bombs_are_refused_and_name_their_limit() {
    let matches =
        |text: &str, pattern: &str| run("matches", &[Value::string(text), Value::string(pattern)]);
    for pattern in [
        "a{1000}{1000}",
        "((a{100}){100}){100}",
        &"(".repeat(60),
        &"a".repeat(5000),
    ] {
        let fault = matches("a", pattern).unwrap_err().to_string();
        assert!(fault.contains("bytes"), "{fault}");
    }
    assert_eq!(matches(&"a".repeat(30_000), "(a*)*b"), Ok(Solutions::None));
    assert!(
        matches(&"a".repeat(70_000), "a")
            .unwrap_err()
            .to_string()
            .contains("65536 bytes")
    );
    let groups = run(
        "captures",
        &[
            Value::string("a"),
            Value::string("()".repeat(40)),
            Value::Variable(0),
        ],
    );
    assert!(groups.unwrap_err().to_string().contains("32 groups"));
    assert!(value("parse_json", &[Value::string("[".repeat(100_000))]).is_err());
}

/// A list in a list in a list, taken apart so that nothing recurses over it.
fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| Value::list([inner]))
}

#[test]
fn deep_terms_are_refused() {
    let deep = nested(600);
    for builtin in all() {
        for (place, parameter) in builtin.parameters.iter().enumerate() {
            if parameter.mode == super::super::Mode::Any || parameter.kind != "term" {
                continue;
            }
            let mut arguments = vec![Value::Variable(0); builtin.parameters.len()];
            let sample = [
                ("record", Value::record([])),
                ("list", Value::list([])),
                ("string", Value::string("a")),
                ("term", Value::Null),
                ("integer", int(0)),
            ];
            for (argument, other) in arguments.iter_mut().zip(builtin.parameters) {
                if let Some((_, value)) = sample.iter().find(|(kind, _)| *kind == other.kind) {
                    *argument = value.clone();
                }
            }
            arguments[place] = deep.clone();
            let outcome = call(builtin, &arguments, &CONTEXT);
            assert!(
                matches!(outcome, Err(Fault::Unacceptable { .. })),
                "{} {outcome:?}",
                builtin.name
            );
        }
    }
    let shallow = nested(400);
    assert_eq!(
        run("eq", &[shallow.clone(), shallow.clone()]),
        Ok(Solutions::One(vec![shallow.clone(), shallow.clone()]))
    );
    assert!(value("to_string", &[shallow]).is_ok());
}

#[test]
fn nothing_needs_more_room_than_there_is() {
    let context = Context {
        now_ms: None,
        room: 0,
    };
    let texts = [Value::string("aé"), Value::Variable(0)];
    for name in [
        "lower",
        "upper",
        "trim",
        "to_string",
        "parse_json",
        "string_words",
    ] {
        assert_eq!(
            call(find(name, 2).unwrap(), &texts, &context),
            Err(Fault::TooLarge { room: 0 }),
            "{name}"
        );
    }
    let empty: Arc<[Value]> = Arc::new([]);
    assert!(
        call(
            find("list_reverse", 2).unwrap(),
            &[Value::List(empty), Value::Variable(0)],
            &context
        )
        .is_ok()
    );
}
