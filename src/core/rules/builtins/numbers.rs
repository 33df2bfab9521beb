//! Numbers.

use super::arguments::{any, fit, integer, one, text, unacceptable, wrong_kind};
use super::arithmetic::{self, Number, whole};
use super::expression::{self, ExpressionError};
use super::kinds::{FLOAT, INTEGER, NUMBER, NUMBER_OR_STRING, STRING};
use super::table::{Text, function, gives, known, machine};
use super::{
    ArithmeticOperation, Builtin, Context, Fault, Group, MachineOperation, Parameter, Solutions,
    Yields,
};
use crate::rules::value::{Value, compare_numbers};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Signed;

const G: Group = Group::Arithmetic;
const ONE: &[Parameter] = &[known("number", NUMBER), gives("result", NUMBER)];
const TWO: &[Parameter] = &[
    known("left", NUMBER),
    known("right", NUMBER),
    gives("result", NUMBER),
];
const TO_INTEGER: &[Parameter] = &[known("number", NUMBER), gives("result", INTEGER)];
const TO_FLOAT: &[Parameter] = &[known("number", NUMBER), gives("result", FLOAT)];

const fn predicate(name: &'static str, text: Text, operation: ArithmeticOperation) -> Builtin {
    let operation = MachineOperation::Arithmetic(operation);
    machine(G, (name, Yields::One), TWO, text, operation)
}

const fn operator(
    name: &'static str,
    parameters: &'static [Parameter],
    text: Text,
    operation: ArithmeticOperation,
) -> Builtin {
    let operation = MachineOperation::Arithmetic(operation);
    Builtin {
        function: true,
        ..machine(G, (name, Yields::One), parameters, text, operation)
    }
}

pub(super) static TABLE: &[Builtin] = &[
    operator(
        "+",
        TWO,
        (
            "The sum: a whole number of whole numbers, else a float.",
            "1 + 2 = 3",
        ),
        ArithmeticOperation::Add,
    ),
    operator(
        "-",
        TWO,
        ("The difference.", "1 - 2.5 = -1.5"),
        ArithmeticOperation::Subtract,
    ),
    operator(
        "-",
        ONE,
        ("The number with the other sign.", "-(3) = -3"),
        ArithmeticOperation::Negate,
    ),
    operator(
        "*",
        TWO,
        ("The product.", "3 * 4 = 12"),
        ArithmeticOperation::Multiply,
    ),
    operator(
        "/",
        TWO,
        (
            "The quotient, always a float; the divisor is not 0.",
            "7 / 2 = 3.5",
        ),
        ArithmeticOperation::Divide,
    ),
    operator(
        "//",
        TWO,
        (
            "The quotient, rounded down: a whole number of whole numbers, else a float; the divisor is not 0.",
            "-7 // 2 = -4",
        ),
        ArithmeticOperation::FloorDivide,
    ),
    operator(
        "%",
        TWO,
        (
            "What a division that rounds down leaves, with the sign of the divisor, which is not 0.",
            "-7 % 3 = 2",
        ),
        ArithmeticOperation::Modulo,
    ),
    predicate(
        "add",
        ("The sum, as a predicate.", "add(1, 2, 3)"),
        ArithmeticOperation::Add,
    ),
    predicate(
        "sub",
        ("The difference, as a predicate.", "sub(5, 2, 3)"),
        ArithmeticOperation::Subtract,
    ),
    function(
        G,
        "**",
        TWO,
        (
            "The power: a whole number where both are and the exponent is not negative, else a float.",
            "2 ** 10 = 1024",
        ),
        raise,
    ),
    function(
        G,
        "power",
        TWO,
        ("The power, as `**` gives it.", "power(2, -1) = 0.5"),
        raise,
    ),
    Builtin {
        function: false,
        ..function(
            G,
            "is",
            &[
                known("expression", NUMBER_OR_STRING),
                gives("result", NUMBER),
            ],
            (
                "The value of a number or of arithmetic in a string: numbers, `+ - * / // **` and parentheses.",
                r#"is("-2 ** 2 + 6 // 4", -3)"#,
            ),
            is,
        )
    },
    function(
        G,
        "abs",
        ONE,
        ("The number without its sign.", "abs(-3) = 3"),
        abs,
    ),
    function(
        G,
        "signum",
        TO_INTEGER,
        ("The sign: -1, 0 or 1.", "signum(-2.5) = -1"),
        signum,
    ),
    function(
        G,
        "min",
        TWO,
        (
            "The lesser of two numbers by value; the left of equal ones.",
            "min(2, 1.5) = 1.5",
        ),
        min,
    ),
    function(
        G,
        "max",
        TWO,
        (
            "The greater of two numbers by value; the left of equal ones.",
            "max(2, 1.5) = 2",
        ),
        max,
    ),
    function(
        G,
        "clamp",
        &[
            known("number", NUMBER),
            known("low", NUMBER),
            known("high", NUMBER),
            gives("result", NUMBER),
        ],
        (
            "The number, or the bound that it is beyond.",
            "clamp(12, 0, 10) = 10",
        ),
        clamp,
    ),
    function(
        G,
        "round",
        TO_INTEGER,
        (
            "The nearest whole number; halves away from 0.",
            "round(2.5) = 3",
        ),
        |arguments, _| round_by(arguments, f64::round),
    ),
    function(
        G,
        "floor",
        TO_INTEGER,
        (
            "The greatest whole number that is not greater.",
            "floor(-2.5) = -3",
        ),
        |arguments, _| round_by(arguments, f64::floor),
    ),
    function(
        G,
        "ceiling",
        TO_INTEGER,
        (
            "The least whole number that is not less.",
            "ceiling(2.1) = 3",
        ),
        |arguments, _| round_by(arguments, f64::ceil),
    ),
    function(
        G,
        "truncate",
        TO_INTEGER,
        (
            "The number without what follows the point.",
            "truncate(-2.5) = -2",
        ),
        |arguments, _| round_by(arguments, f64::trunc),
    ),
    function(
        G,
        "round",
        &[
            known("number", NUMBER),
            known("digits", INTEGER),
            gives("result", NUMBER),
        ],
        (
            "The number with so many digits after the point, 0 to 15; halves of what is written away from 0.",
            "round(2.345, 2) = 2.35",
        ),
        round_digits,
    ),
    function(
        G,
        "sqrt",
        TO_FLOAT,
        (
            "The square root of a number that is not negative.",
            "sqrt(2.25) = 1.5",
        ),
        sqrt,
    ),
    function(
        G,
        "exp",
        TO_FLOAT,
        (
            "The power of the base of natural logarithms.",
            "exp(0) = 1.0",
        ),
        exp,
    ),
    function(
        G,
        "ln",
        TO_FLOAT,
        ("The natural logarithm of a number above 0.", "ln(1) = 0.0"),
        ln,
    ),
    function(
        G,
        "number_gcd",
        &[
            known("left", INTEGER),
            known("right", INTEGER),
            gives("result", INTEGER),
        ],
        (
            "The greatest common divisor, not negative.",
            "number_gcd(12, -18) = 6",
        ),
        gcd,
    ),
    function(
        G,
        "to_float",
        TO_FLOAT,
        ("The nearest float.", "to_float(2) = 2.0"),
        |arguments, _| one(arithmetic::float(number(arguments, 0)?.to_float()?)?),
    ),
    machine(
        G,
        ("between", Yields::Many),
        &[
            known("low", INTEGER),
            known("high", INTEGER),
            gives("number", INTEGER),
        ],
        (
            "Each whole number from the low one to the high one, in order.",
            "between(1, 3, 2)",
        ),
        MachineOperation::Between,
    ),
    function(
        G,
        "to_number",
        &[known("text", STRING), gives("number", NUMBER)],
        (
            "The number that a string says: digits, perhaps with sign, point and exponent.",
            r#"to_number("1e3") = 1000.0"#,
        ),
        to_number,
    ),
];

fn number(arguments: &[Value], place: usize) -> Result<Number, Fault> {
    let value = any(arguments, place)?;
    Number::of(value).ok_or_else(|| wrong_kind(place, NUMBER, value.kind()))
}

fn raise(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (base, exponent) = (number(arguments, 0)?, number(arguments, 1)?);
    one(arithmetic::power(&base, &exponent, context.room)?)
}

fn is(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let expression = any(arguments, 0)?;
    let Value::String(text) = expression else {
        return one(expression.clone());
    };
    match expression::evaluate(text, context.room) {
        Ok(value) => one(value),
        Err(ExpressionError::Syntax(problem)) => Err(unacceptable(0, problem)),
        Err(ExpressionError::Value(fault)) => Err(fault),
    }
}

fn abs(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let value = any(arguments, 0)?;
    let negative = compare_numbers(value, &Value::Integer(0)).is_lt();
    one(match negative {
        true => super::arithmetic(ArithmeticOperation::Negate, value, value, context.room)?,
        false => value.clone(),
    })
}

fn signum(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let order = compare_numbers(any(arguments, 0)?, &Value::Integer(0));
    one(Value::Integer(order as i64))
}

fn min(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let (left, right) = (any(arguments, 0)?, any(arguments, 1)?);
    let takes_right = compare_numbers(right, left).is_lt();
    one(if takes_right { right } else { left }.clone())
}

fn max(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let (left, right) = (any(arguments, 0)?, any(arguments, 1)?);
    let takes_right = compare_numbers(right, left).is_gt();
    one(if takes_right { right } else { left }.clone())
}

fn clamp(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let (value, low, high) = (any(arguments, 0)?, any(arguments, 1)?, any(arguments, 2)?);
    if compare_numbers(low, high).is_gt() {
        return Err(unacceptable(1, "must not be greater than `high`"));
    }
    one(if compare_numbers(value, low).is_lt() {
        low.clone()
    } else if compare_numbers(value, high).is_gt() {
        high.clone()
    } else {
        value.clone()
    })
}

fn round_by(arguments: &[Value], round: fn(f64) -> f64) -> Result<Solutions, Fault> {
    one(match any(arguments, 0)? {
        Value::Float(number) => whole(round(*number))?,
        integer => integer.clone(),
    })
}

fn round_digits(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let digits = super::arguments::count(arguments, 1)?;
    if digits > 15 {
        return Err(unacceptable(1, "must be 0 to 15"));
    }
    let Value::Float(number) = any(arguments, 0)? else {
        return one(any(arguments, 0)?.clone());
    };
    // The decimal digits that the number is written with are rounded, not those of its binary value.
    let written = format!("{:e}", number.abs());
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let figures: String = mantissa.chars().filter(|figure| *figure != '.').collect();
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let kept = exponent + 1 + i64::try_from(digits).unwrap_or(0);
    if kept >= i64::try_from(figures.len()).unwrap_or(i64::MAX) {
        return one(Value::Float(*number));
    }
    let (head, next) = match usize::try_from(kept) {
        Ok(kept) => (
            figures.get(..kept).unwrap_or(""),
            figures.as_bytes().get(kept),
        ),
        Err(_) => ("", None),
    };
    let up = u64::from(next.is_some_and(|figure| *figure >= b'5'));
    let units = head.parse::<u64>().unwrap_or(0) + up;
    let rounded: f64 = format!("{units}e-{digits}").parse().unwrap_or(0.0);
    one(arithmetic::float(rounded.copysign(*number))?)
}

fn sqrt(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let number = number(arguments, 0)?.to_float()?;
    if number < 0.0 {
        return Err(unacceptable(0, "must not be negative"));
    }
    one(arithmetic::float(libm::sqrt(number))?)
}

fn exp(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    one(arithmetic::float(libm::exp(
        number(arguments, 0)?.to_float()?,
    ))?)
}

fn ln(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let number = number(arguments, 0)?.to_float()?;
    if number <= 0.0 {
        return Err(unacceptable(0, "must be above 0"));
    }
    one(arithmetic::float(libm::log(number))?)
}

fn gcd(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let divisor: BigInt = integer(arguments, 0)?.gcd(&integer(arguments, 1)?).abs();
    one(arithmetic::integer(divisor, context.room)?)
}

fn to_number(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let text = text(arguments, 0)?;
    fit(text.len(), context)?;
    one(parse(text, context.room)?.ok_or_else(|| unacceptable(0, "must say a number"))?)
}

/// A number in decimal digits; none for any other text.
pub(super) fn parse(text: &str, room: usize) -> Result<Option<Value>, Fault> {
    if let Some(number) = expression::integer(text, room)? {
        return Ok(Some(number));
    }
    // Digits, and what numbers have beside them: no words such as `inf`, no `+`, no bare point.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let begins = digits.starts_with(|first: char| first.is_ascii_digit());
    let point = digits
        .split_once('.')
        .is_none_or(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()));
    match (begins && point, text.parse::<f64>()) {
        (true, Ok(number)) => Ok(Some(arithmetic::float(number)?)),
        _ => Ok(None),
    }
}
