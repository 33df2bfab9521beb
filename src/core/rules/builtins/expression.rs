//! Arithmetic that is written in a string: digits, `+ - * / // **`, parentheses.

use super::arithmetic::{self, Number, power};
use super::{ArithmeticOperation, Fault};
use crate::rules::value::Value;
use num_bigint::BigInt;

/// How deep parentheses and exponents may be nested.
const MAX_DEPTH: usize = 100;
/// How long an expression may be, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ExpressionError {
    /// It is none.
    Syntax(String),
    /// Its value is not defined or too large.
    Value(Fault),
}

impl From<Fault> for ExpressionError {
    fn from(fault: Fault) -> Self {
        Self::Value(fault)
    }
}

type Outcome = Result<Value, ExpressionError>;

/// The value of an expression.
pub(super) fn evaluate(text: &str, room: usize) -> Outcome {
    if text.len() > MAX_LENGTH {
        return Err(ExpressionError::Syntax(format!(
            "must not be longer than {MAX_LENGTH} bytes"
        )));
    }
    let mut parser = Parser {
        text,
        place: 0,
        depth: 0,
        room,
    };
    let value = parser.sum()?;
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.unexpected()),
    }
}

#[derive(Debug)]
struct Parser<'text> {
    text: &'text str,
    place: usize,
    depth: usize,
    room: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.place..).unwrap_or("")
    }

    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.place += rest.len() - rest.trim_start_matches(' ').len();
        self.rest().chars().next()
    }

    fn take(&mut self, symbol: &str) -> bool {
        let _ = self.peek();
        let found = self.rest().starts_with(symbol);
        if found {
            self.place += symbol.len();
        }
        found
    }

    fn unexpected(&mut self) -> ExpressionError {
        let place = self.text.get(..self.place).unwrap_or("").chars().count() + 1;
        ExpressionError::Syntax(match self.peek() {
            Some(character) => format!("has an unexpected `{character}` at character {place}"),
            None => "ends where a number is expected".to_owned(),
        })
    }

    fn apply(&self, operation: ArithmeticOperation, left: &Value, right: &Value) -> Outcome {
        Ok(arithmetic::arithmetic(operation, left, right, self.room)?)
    }

    fn sum(&mut self) -> Outcome {
        let mut left = self.product()?;
        loop {
            let operation = match self.peek() {
                Some('+') => ArithmeticOperation::Add,
                Some('-') => ArithmeticOperation::Subtract,
                _ => return Ok(left),
            };
            self.place += 1;
            let right = self.product()?;
            left = self.apply(operation, &left, &right)?;
        }
    }

    fn product(&mut self) -> Outcome {
        let mut left = self.signed()?;
        loop {
            let operation = if self.take("//") {
                ArithmeticOperation::FloorDivide
            } else if self.take("/") {
                ArithmeticOperation::Divide
            } else if self.take("*") {
                ArithmeticOperation::Multiply
            } else {
                return Ok(left);
            };
            let right = self.signed()?;
            left = self.apply(operation, &left, &right)?;
        }
    }

    /// Any number of signs before a power.
    fn signed(&mut self) -> Outcome {
        let mut negative = false;
        while let Some(sign @ ('+' | '-')) = self.peek() {
            negative ^= sign == '-';
            self.place += 1;
        }
        let value = self.power()?;
        match negative {
            true => self.apply(ArithmeticOperation::Negate, &value, &value),
            false => Ok(value),
        }
    }

    /// `**` binds tighter than a sign before it and looser than one after it, and to the right.
    fn power(&mut self) -> Outcome {
        let base = self.operand()?;
        if !self.take("**") {
            return Ok(base);
        }
        self.descend()?;
        let exponent = self.signed()?;
        self.depth -= 1;
        match (Number::of(&base), Number::of(&exponent)) {
            (Some(base), Some(exponent)) => Ok(power(&base, &exponent, self.room)?),
            _ => Err(self.unexpected()),
        }
    }

    fn descend(&mut self) -> Result<(), ExpressionError> {
        self.depth += 1;
        match self.depth <= MAX_DEPTH {
            true => Ok(()),
            false => Err(ExpressionError::Syntax(format!(
                "must not be nested deeper than {MAX_DEPTH} levels"
            ))),
        }
    }

    fn operand(&mut self) -> Outcome {
        if !self.take("(") {
            return self.number();
        }
        self.descend()?;
        let value = self.sum()?;
        self.depth -= 1;
        match self.take(")") {
            true => Ok(value),
            false => Err(self.unexpected()),
        }
    }

    fn number(&mut self) -> Outcome {
        let _ = self.peek();
        let rest = self.rest();
        let end = rest
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or("").to_owned();
        let value = number(&word, self.room)?.ok_or_else(|| self.unexpected())?;
        self.place += end;
        Ok(value)
    }
}

/// A number of digits and at most one point; none for any other word.
fn number(word: &str, room: usize) -> Result<Option<Value>, Fault> {
    if word.contains('.') {
        let float = word.parse().ok();
        return float.map(arithmetic::float).transpose();
    }
    let leading_zero = word.starts_with('0') && word.bytes().any(|byte| byte != b'0');
    if word.is_empty() || leading_zero {
        return Ok(None);
    }
    integer(word, room)
}

/// A whole number in decimal digits with an optional `-`; none for any other word.
pub(super) fn integer(word: &str, room: usize) -> Result<Option<Value>, Fault> {
    // Fewer than four bits are in a digit, and more than three.
    let least_bytes = word.len() / 8 * 3;
    if least_bytes > arithmetic::MAX_INTEGER_BYTES {
        let bytes = least_bytes as u64;
        return Err(Fault::IntegerTooLarge { bytes });
    }
    if least_bytes > room.max(32) {
        return Err(Fault::TooLarge { room });
    }
    let digits = word.strip_prefix('-').unwrap_or(word);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let number = BigInt::parse_bytes(word.as_bytes(), 10);
    number
        .map(|number| arithmetic::integer(number, room))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let i = |number| Ok(Value::Integer(number));
        let f = |number| Ok(Value::Float(number));
        for (text, value) in [
            ("1 + 2 * 3", i(7)),
            ("  (1+2)*3 ", i(9)),
            ("-2**2", i(-4)),
            ("2**3**2", i(512)),
            ("2**-1", f(0.5)),
            ("2**-2**2", f(0.0625)),
            ("7/2", f(3.5)),
            ("7//2", i(3)),
            ("-7//2", i(-4)),
            ("6/2", f(3.0)),
            ("1.", f(1.0)),
            (".5", f(0.5)),
            ("00", i(0)),
            ("--3", i(3)),
            ("2*-3", i(-6)),
            ("1.5//1", f(1.0)),
            ("0**0", i(1)),
            ("10-4-3", i(3)),
            ("(-8)**3", i(-512)),
            ("2 ** 0.5 * 2 ** .5 > 1", Err(())),
            ("4**.5", f(2.0)),
        ] {
            assert_eq!(evaluate(text, 1000).map_err(|_| ()), value, "{text}");
        }
        let big = evaluate("2**64", 1000).unwrap();
        assert_eq!(big, Value::integer(BigInt::from(1_u128 << 64)));
    }

    #[test]
    fn errors() {
        for text in [
            "", " ", "()", "007", "1 2", "1.2.3", ".", "1..5", "1e5", "x", "2*?N", "(1", "1)",
            "1+", "1\t", "* 2", "1 /  / 2", "2 * * 3", "5 % 2", "1_0", "é",
        ] {
            let error = evaluate(text, 1000);
            assert!(
                matches!(error, Err(ExpressionError::Syntax(_))),
                "{text}: {error:?}"
            );
        }
        for text in [
            "1/0",
            "1//0",
            "1./0",
            "(-8)**.5",
            "0**-1",
            "9.**999",
            "9**9**9**9 - 1",
        ] {
            let error = evaluate(text, 1000);
            assert!(
                matches!(error, Err(ExpressionError::Value(_))),
                "{text}: {error:?}"
            );
        }
    }

    #[test]
    fn long_and_deep_ones_end() {
        let room = 1 << 26;
        for text in [
            "9**9**9".to_owned(),
            "(".repeat(60_000),
            "-".repeat(60_000),
            "2**".repeat(20_000),
            format!("{}1{}", "(".repeat(90), ")".repeat(90)),
            "9".repeat(65_000),
            "1".repeat(100_000),
            format!("1{}", "*99999999999".repeat(5000)),
        ] {
            let _ = evaluate(&text, room);
        }
        assert_eq!(
            evaluate("9**9**9", room),
            Err(ExpressionError::Value(Fault::IntegerTooLarge {
                bytes: 145_282_684
            }))
        );
    }
}
