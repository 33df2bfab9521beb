//! The operations on two numbers: exact on whole numbers, finite on floats, the same everywhere.

use super::{ArithmeticOperation, Fault, kinds};
use crate::rules::value::{Value, big, float_to_integer};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

/// How large a whole number may become, so that what is done with one takes little time.
pub const MAX_INTEGER_BYTES: usize = 16 * 1024;

/// A number, as operations need it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    Integer(BigInt),
    Float(f64),
}

impl Number {
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Float(number) => Some(Self::Float(*number)),
            _ => big(value).map(Self::Integer),
        }
    }

    /// As a float, rounded to the nearest.
    pub(super) fn to_float(&self) -> Result<f64, Fault> {
        match self {
            Self::Float(number) => Ok(*number),
            Self::Integer(number) => number
                .to_f64()
                .filter(|number| number.is_finite())
                .ok_or_else(beyond_floats),
        }
    }
}

pub(super) fn beyond_floats() -> Fault {
    Fault::Undefined("the result is beyond the range of floats".to_owned())
}

fn by_zero() -> Fault {
    Fault::Undefined("a number can't be divided by 0".to_owned())
}

/// The value of an operation on two numbers; negation takes the left one only.
///
/// Whole numbers give whole numbers, but for `/`; a float makes both floats.
///
/// # Errors
///
/// An argument is no number; it is divided by zero; the result is beyond the range of floats, or
/// a whole number of more than `room` bytes or of more than 16 KiB.
pub fn arithmetic(
    operation: ArithmeticOperation,
    left: &Value,
    right: &Value,
    room: usize,
) -> Result<Value, Fault> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right)
        && let Some(number) = small(operation, *left, *right)
    {
        return Ok(Value::Integer(number));
    }
    let number = |place: usize, value| {
        Number::of(value).ok_or(Fault::Kind {
            argument: place + 1,
            name: "",
            expected: kinds::NUMBER,
            found: Value::kind(value),
        })
    };
    let left = number(0, left)?;
    if operation == ArithmeticOperation::Negate {
        return Ok(match left {
            Number::Integer(number) => Value::integer(-number),
            Number::Float(number) => float(-number)?,
        });
    }
    match (left, number(1, right)?) {
        (Number::Integer(left), Number::Integer(right)) => integers(operation, &left, &right, room),
        (left, right) => floats(operation, left.to_float()?, right.to_float()?),
    }
}

/// Whole numbers of 64 bits, where the result is one, too.
const fn small(operation: ArithmeticOperation, left: i64, right: i64) -> Option<i64> {
    match operation {
        ArithmeticOperation::Add => left.checked_add(right),
        ArithmeticOperation::Subtract => left.checked_sub(right),
        ArithmeticOperation::Multiply => left.checked_mul(right),
        ArithmeticOperation::Negate => left.checked_neg(),
        ArithmeticOperation::Divide => None,
        ArithmeticOperation::FloorDivide => {
            match (left.checked_div(right), left.checked_rem(right)) {
                (Some(quotient), Some(rest)) if rest != 0 && (rest < 0) != (right < 0) => {
                    quotient.checked_sub(1)
                }
                (quotient, _) => quotient,
            }
        }
        ArithmeticOperation::Modulo => match left.checked_rem(right) {
            Some(rest) if rest != 0 && (rest < 0) != (right < 0) => rest.checked_add(right),
            rest => rest,
        },
    }
}

fn integers(
    operation: ArithmeticOperation,
    left: &BigInt,
    right: &BigInt,
    room: usize,
) -> Result<Value, Fault> {
    let divides = matches!(
        operation,
        ArithmeticOperation::Divide
            | ArithmeticOperation::FloorDivide
            | ArithmeticOperation::Modulo
    );
    if divides && right.is_zero() {
        return Err(by_zero());
    }
    let number = match operation {
        ArithmeticOperation::Add => left + right,
        ArithmeticOperation::Subtract => left - right,
        ArithmeticOperation::Multiply => {
            fit_bits(
                left.bits().saturating_add(right.bits()).saturating_sub(1),
                room,
            )?;
            left * right
        }
        ArithmeticOperation::Divide => return float(ratio(left, right)),
        ArithmeticOperation::FloorDivide => left.div_floor(right),
        ArithmeticOperation::Modulo => left.mod_floor(right),
        ArithmeticOperation::Negate => -left,
    };
    integer(number, room)
}

fn floats(operation: ArithmeticOperation, left: f64, right: f64) -> Result<Value, Fault> {
    let divides = matches!(
        operation,
        ArithmeticOperation::Divide
            | ArithmeticOperation::FloorDivide
            | ArithmeticOperation::Modulo
    );
    if divides && right == 0.0 {
        return Err(by_zero());
    }
    float(match operation {
        ArithmeticOperation::Add => left + right,
        ArithmeticOperation::Subtract => left - right,
        ArithmeticOperation::Multiply => left * right,
        ArithmeticOperation::Divide => left / right,
        ArithmeticOperation::FloorDivide => floor_divide(left, right).0,
        ArithmeticOperation::Modulo => floor_divide(left, right).1,
        ArithmeticOperation::Negate => -left,
    })
}

/// The quotient rounded down and the rest, whose sign is that of the divisor.
fn floor_divide(left: f64, right: f64) -> (f64, f64) {
    let mut rest = left % right;
    let mut quotient = (left - rest) / right;
    if rest != 0.0 && (rest < 0.0) != (right < 0.0) {
        rest += right;
        quotient -= 1.0;
    }
    let floor = quotient.floor();
    // The division may have rounded to just below the whole number that it stands for.
    let whole = if quotient - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    };
    (whole, rest)
}

/// The quotient of two whole numbers, rounded once to the nearest float; infinite beyond them.
fn ratio(left: &BigInt, right: &BigInt) -> f64 {
    const EXACT: u64 = 53;
    if left.bits() <= EXACT && right.bits() <= EXACT {
        return left.to_f64().unwrap_or(0.0) / right.to_f64().unwrap_or(1.0);
    }
    let (dividend, divisor) = (left.abs(), right.abs());
    let bits = |number: &BigInt| i64::try_from(number.bits()).unwrap_or(i64::MAX / 4);
    // A quotient of 66 or 67 bits, the last of which says whether there is a rest.
    let shift = 66 - (bits(&dividend) - bits(&divisor));
    let (dividend, divisor) = match shift >= 0 {
        true => (dividend << shift.unsigned_abs(), divisor),
        false => (dividend, divisor << shift.unsigned_abs()),
    };
    let (quotient, rest) = dividend.div_rem(&divisor);
    let quotient = quotient.to_u128().unwrap_or(u128::MAX) | u128::from(!rest.is_zero());
    let exponent = i32::try_from(-shift).unwrap_or(if shift > 0 { i32::MIN } else { i32::MAX });
    #[expect(clippy::cast_precision_loss, reason = "it rounds to the nearest")]
    let magnitude = libm::ldexp(quotient as f64, exponent);
    if left.is_negative() == right.is_negative() {
        magnitude
    } else {
        -magnitude
    }
}

/// `left ** right`: a whole number for whole numbers whose exponent is not negative, else a float.
pub(super) fn power(left: &Number, right: &Number, room: usize) -> Result<Value, Fault> {
    if let (Number::Integer(base), Number::Integer(exponent)) = (left, right)
        && !exponent.is_negative()
    {
        return integer_power(base, exponent, room);
    }
    let (base, exponent) = (left.to_float()?, right.to_float()?);
    if base == 0.0 && exponent < 0.0 {
        return Err(Fault::Undefined(
            "0 can't have a negative exponent".to_owned(),
        ));
    }
    if base < 0.0 && exponent.floor() != exponent {
        return Err(Fault::Undefined(
            "a negative number can't have a fractional exponent".to_owned(),
        ));
    }
    float(libm::pow(base, exponent))
}

fn integer_power(base: &BigInt, exponent: &BigInt, room: usize) -> Result<Value, Fault> {
    if base.bits() <= 1 {
        // -1, 0 and 1 repeat themselves.
        let small: u32 = match exponent.is_zero() {
            true => 0,
            false if exponent.is_even() => 2,
            false => 1,
        };
        return Ok(Value::integer(base.pow(small)));
    }
    let exponent = exponent.to_u32().unwrap_or(u32::MAX);
    // The result has at least this many bits.
    fit_bits(
        (base.bits() - 1)
            .saturating_mul(u64::from(exponent))
            .saturating_add(1),
        room,
    )?;
    integer(base.pow(exponent), room)
}

/// A whole number that fits the room.
pub(super) fn integer(number: BigInt, room: usize) -> Result<Value, Fault> {
    fit_bits(number.bits(), room)?;
    Ok(Value::integer(number))
}

/// Whether a whole number of so many bits fits; one of 64 bits always does.
fn fit_bits(bits: u64, room: usize) -> Result<(), Fault> {
    let bytes = bits.div_ceil(8);
    if bytes > MAX_INTEGER_BYTES as u64 {
        return Err(Fault::IntegerTooLarge { bytes });
    }
    match usize::try_from(bits / 8).is_ok_and(|bytes| bytes <= room.max(8)) {
        true => Ok(()),
        false => Err(Fault::TooLarge { room }),
    }
}

/// A float that is finite.
pub(super) fn float(number: f64) -> Result<Value, Fault> {
    Value::float(number).ok_or_else(beyond_floats)
}

/// A float without a fraction as a whole number.
pub(super) fn whole(number: f64) -> Result<Value, Fault> {
    float_to_integer(number)
        .map(Value::integer)
        .ok_or_else(beyond_floats)
}
