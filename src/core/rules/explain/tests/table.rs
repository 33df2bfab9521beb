//! A few built-ins.

use crate::rules::ast::Comparison;
use crate::rules::builtins::*;
use crate::rules::explain::Builtins;
use crate::rules::value::{Value, compare_numbers};
use std::cmp::Ordering;

#[derive(Debug)]
pub(super) struct TestTable;

type Function = fn(&[Value], &Context) -> Result<Solutions, Fault>;

const fn builtin(
    name: &'static str,
    parameters: &'static [Parameter],
    yields: Yields,
    run: Run,
) -> Builtin {
    Builtin {
        name,
        parameters,
        function: true,
        yields,
        group: Group::Control,
        summary: "",
        example: "",
        run,
    }
}

const fn parameter(mode: Mode) -> Parameter {
    Parameter {
        name: "x",
        mode,
        kind: "term",
    }
}

const BOUND: Parameter = parameter(Mode::Bound);
const SHAPE: Parameter = parameter(Mode::Shape);
const ANY: Parameter = parameter(Mode::Any);
const TEST: &[Parameter] = &[BOUND, BOUND];
const VALUE: &[Parameter] = &[BOUND, BOUND, ANY];

const fn test(name: &'static str, run: Function) -> Builtin {
    builtin(name, TEST, Yields::Test, Run::Pure(run))
}

const fn operator(name: &'static str, run: Function) -> Builtin {
    builtin(name, VALUE, Yields::One, Run::Pure(run))
}

static TABLE: &[Builtin] = &[
    builtin(
        "eq",
        &[ANY, ANY],
        Yields::One,
        Run::Machine(MachineOperation::Unify),
    ),
    builtin(
        "true",
        &[],
        Yields::Test,
        Run::Machine(MachineOperation::True),
    ),
    builtin(
        "false",
        &[],
        Yields::Test,
        Run::Machine(MachineOperation::False),
    ),
    test("neq", |sides, _| Ok(yes(sides[0] != sides[1]))),
    test("lt", |sides, _| ordered(sides, Comparison::Less)),
    test("lte", |sides, _| ordered(sides, Comparison::LessOrEqual)),
    test("gt", |sides, _| ordered(sides, Comparison::Greater)),
    test("gte", |sides, _| ordered(sides, Comparison::GreaterOrEqual)),
    operator("+", |sides, _| {
        arithmetic(sides, |l, r| l + r, |l, r| l + r)
    }),
    operator("*", |sides, _| {
        arithmetic(sides, |l, r| l * r, |l, r| l * r)
    }),
    operator("-", |sides, _| {
        arithmetic(sides, |l, r| l - r, |l, r| l - r)
    }),
    operator("/", |sides, _| {
        Ok(Solutions::One(vec![
            Value::float(float(&sides[0])? / float(&sides[1])?).unwrap(),
        ]))
    }),
    operator(".", |sides, _| {
        let value = match (&sides[0], &sides[1]) {
            (Value::List(items), Value::Integer(place)) => usize::try_from(*place)
                .ok()
                .and_then(|place| items.get(place)),
            (record, Value::String(name)) => record.field(name),
            _ => None,
        };
        Ok(value.map_or(Solutions::None, |value| Solutions::One(vec![value.clone()])))
    }),
    builtin(
        "member",
        &[ANY, SHAPE],
        Yields::Many,
        Run::Pure(|values, _| {
            let Value::List(items) = &values[1] else {
                return Ok(Solutions::None);
            };
            let all = items
                .iter()
                .map(|item| vec![item.clone(), values[1].clone()]);
            Ok(Solutions::Many(all.collect()))
        }),
    ),
    test("starts_with", |sides, _| match sides {
        [Value::String(text), Value::String(start)] => Ok(yes(text.starts_with(&**start))),
        [other, _] => Err(Fault::Kind {
            argument: 1,
            name: "text",
            expected: "string",
            found: other.kind(),
        }),
        _ => Ok(Solutions::None),
    }),
    builtin("http_get_json", &[BOUND, ANY], Yields::One, Run::External),
];

impl Builtins for TestTable {
    fn find(&self, name: &str, arity: usize) -> Option<&'static Builtin> {
        TABLE
            .iter()
            .find(|builtin| builtin.name == name && builtin.parameters.len() == arity)
    }

    fn call(&self, builtin: &'static Builtin, arguments: &[Value]) -> Result<Solutions, Fault> {
        for (place, (parameter, value)) in builtin.parameters.iter().zip(arguments).enumerate() {
            let is_bound = !matches!(value, Value::Variable(_));
            if parameter.mode != Mode::Any && !is_bound {
                return Err(Fault::Unbound {
                    argument: place + 1,
                    name: parameter.name,
                });
            }
        }
        let context = Context {
            now_ms: None,
            room: 1000,
        };
        match builtin.run {
            Run::Pure(run) => run(arguments, &context),
            _ => panic!("`{}` is not computed here", builtin.name),
        }
    }
}

const fn yes(holds: bool) -> Solutions {
    if holds {
        Solutions::Yes
    } else {
        Solutions::None
    }
}

fn float(value: &Value) -> Result<f64, Fault> {
    match value {
        Value::Integer(number) => Ok(*number as f64),
        Value::Float(number) => Ok(*number),
        other => Err(Fault::Kind {
            argument: 1,
            name: "x",
            expected: "number",
            found: other.kind(),
        }),
    }
}

fn arithmetic(
    sides: &[Value],
    integers: fn(i64, i64) -> i64,
    floats: fn(f64, f64) -> f64,
) -> Result<Solutions, Fault> {
    Ok(Solutions::One(vec![match (&sides[0], &sides[1]) {
        (Value::Integer(left), Value::Integer(right)) => Value::Integer(integers(*left, *right)),
        (left, right) => Value::float(floats(float(left)?, float(right)?)).unwrap(),
    }]))
}

fn ordered(sides: &[Value], comparison: Comparison) -> Result<Solutions, Fault> {
    let order = match (&sides[0], &sides[1]) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (left, right) => {
            float(left)?;
            float(right)?;
            compare_numbers(left, right)
        }
    };
    Ok(yes(match comparison {
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}
