//! Terms as the world outside sees them: owned, comparable, printable.

use num_bigint::BigInt;
use std::cmp::Ordering;
use std::sync::Arc;

/// A term. Cheap to clone.
///
/// `1`, `1.0`, `true` and `"1"` are four different terms.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The absence of a value, which is a value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number of 64 bits.
    Integer(i64),
    /// A whole number beyond 64 bits.
    // INVARIANT: does not fit `Integer`.
    BigInteger(Arc<BigInt>),
    /// A number of double precision.
    // INVARIANT: finite, and not negative zero.
    Float(f64),
    /// Text.
    String(Arc<str>),
    /// A list.
    List(Arc<[Value]>),
    /// The beginning of a list whose rest is not a list, or not known: `[1, 2 | rest]`.
    // INVARIANT: the beginning has at least one item; the rest is neither `List` nor `PartialList`.
    PartialList(Arc<[Value]>, Arc<Value>),
    /// Fields with values.
    // INVARIANT: sorted by field, each field once.
    Record(Arc<[(Arc<str>, Value)]>),
    /// A name with arguments, as in `point(1, 2)`; it may have none.
    Compound(Arc<str>, Arc<[Value]>),
    /// An unbound variable. The same number is the same variable within one answer or one call.
    Variable(u32),
}

const _: () = assert!(size_of::<Value>() <= Value::BYTES);

impl Value {
    /// What one is counted as without its parts: the same on every host, as limits must be.
    pub(crate) const BYTES: usize = 40;

    /// A string.
    #[must_use]
    pub fn string(text: impl AsRef<str>) -> Self {
        Self::String(text.as_ref().into())
    }

    /// A whole number of any size.
    #[must_use]
    pub fn integer(number: BigInt) -> Self {
        i64::try_from(&number).map_or_else(|_| Self::BigInteger(Arc::new(number)), Self::Integer)
    }

    /// A number; none where it is not finite.
    #[must_use]
    pub fn float(number: f64) -> Option<Self> {
        // Adding zero makes a negative zero positive and changes nothing else.
        number.is_finite().then_some(Self::Float(number + 0.0))
    }

    /// A list.
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// A record; the last of several values of one field counts.
    #[must_use]
    pub fn record(fields: impl IntoIterator<Item = (Arc<str>, Self)>) -> Self {
        let fields: std::collections::BTreeMap<_, _> = fields.into_iter().collect();
        Self::Record(fields.into_iter().collect())
    }

    /// The value of a field; none where it has none or is no record.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Record(fields) = self else {
            return None;
        };
        let place = fields
            .binary_search_by(|(field, _)| field.as_ref().cmp(name))
            .ok()?;
        fields.get(place).map(|(_, value)| value)
    }

    /// What kind of term this is, in the words of messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Integer(_) | Self::BigInteger(_) => "integer",
            Self::Float(_) => "float",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::PartialList(..) => "partial list",
            Self::Record(_) => "record",
            Self::Compound(..) => "compound",
            Self::Variable(_) => "unbound variable",
        }
    }

    /// Rank of the kind in the standard order.
    const fn rank(&self) -> u8 {
        match self {
            Self::Variable(_) => 0,
            Self::Null => 1,
            Self::Boolean(_) => 2,
            Self::Integer(_) | Self::BigInteger(_) | Self::Float(_) => 3,
            Self::String(_) => 4,
            Self::List(_) | Self::PartialList(..) => 5,
            Self::Record(_) => 6,
            Self::Compound(..) => 7,
        }
    }

    /// The standard order of terms: unbound variables, null, booleans, numbers by value (a float
    /// before an equal integer), strings by their bytes, lists item by item, records by their fields
    /// and then their values, compounds by number of arguments, name, arguments.
    #[must_use]
    pub fn standard_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Variable(left), Self::Variable(right)) => left.cmp(right),
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            (Self::Integer(left), Self::Integer(right)) => left.cmp(right),
            (Self::String(left), Self::String(right)) => left.cmp(right),
            (Self::Record(left), Self::Record(right)) => order_records(left, right),
            (Self::Compound(name, left), Self::Compound(other_name, right)) => left
                .len()
                .cmp(&right.len())
                .then_with(|| name.cmp(other_name))
                .then_with(|| order_items(left, right)),
            _ => match self.rank().cmp(&other.rank()) {
                Ordering::Equal if self.rank() == 3 => order_numbers(self, other),
                Ordering::Equal if self.rank() == 5 => order_lists(self, other),
                order => order,
            },
        }
    }
}

fn order_items(left: &[Value], right: &[Value]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|(left, right)| left.standard_order(right))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn order_records(left: &[(Arc<str>, Value)], right: &[(Arc<str>, Value)]) -> Ordering {
    let fields = |record: &[(Arc<str>, Value)]| -> Vec<Arc<str>> {
        record.iter().map(|(field, _)| field.clone()).collect()
    };
    fields(left).cmp(&fields(right)).then_with(|| {
        left.iter()
            .zip(right)
            .map(|((_, left), (_, right))| left.standard_order(right))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    })
}

fn order_lists(left: &Value, right: &Value) -> Ordering {
    let parts = |list: &Value| -> (Arc<[Value]>, Option<Arc<Value>>) {
        match list {
            Value::List(items) => (items.clone(), None),
            Value::PartialList(items, rest) => (items.clone(), Some(rest.clone())),
            _ => (Arc::new([]), None),
        }
    };
    let ((left, left_rest), (right, right_rest)) = (parts(left), parts(right));
    order_items(&left, &right).then_with(|| match (left_rest, right_rest) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(left), Some(right)) => left.standard_order(&right),
    })
}

/// Numbers by value, exactly; a float before an equal integer.
pub(crate) fn order_numbers(left: &Value, right: &Value) -> Ordering {
    compare_numbers(left, right).then_with(|| {
        let is_integer = |value: &Value| !matches!(value, Value::Float(_));
        is_integer(left).cmp(&is_integer(right))
    })
}

/// Numbers by value, exactly, whatever their kinds; equal where either is no number.
pub(crate) fn compare_numbers(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => left.total_cmp(right),
        (Value::Float(float), _) => big(right).map_or(Ordering::Equal, |number| {
            compare_float_to_integer(*float, &number)
        }),
        (_, Value::Float(float)) => big(left).map_or(Ordering::Equal, |number| {
            compare_float_to_integer(*float, &number).reverse()
        }),
        _ => match (big(left), big(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => Ordering::Equal,
        },
    }
}

/// The whole number that a value is.
pub(crate) fn big(value: &Value) -> Option<BigInt> {
    match value {
        Value::Integer(number) => Some(BigInt::from(*number)),
        Value::BigInteger(number) => Some(number.as_ref().clone()),
        _ => None,
    }
}

fn compare_float_to_integer(float: f64, integer: &BigInt) -> Ordering {
    let floor = float.floor();
    let Some(whole) = float_to_integer(floor) else {
        return Ordering::Equal;
    };
    whole.cmp(integer).then(if float > floor {
        Ordering::Greater
    } else {
        Ordering::Equal
    })
}

/// The whole number that a float without a fraction is, exactly; none where it is not finite.
pub(crate) fn float_to_integer(float: f64) -> Option<BigInt> {
    if !float.is_finite() {
        return None;
    }
    let bits = float.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).ok()?;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = match exponent {
        0 => (fraction, -1074),
        _ => (fraction | (1 << 52), exponent - 1075),
    };
    let magnitude = match u32::try_from(exponent) {
        Ok(shift) => BigInt::from(mantissa) << shift,
        Err(_) => BigInt::from(mantissa) >> exponent.unsigned_abs(),
    };
    Some(if float < 0.0 { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_different_kinds_compare_exactly() {
        let large = Value::Integer(9_007_199_254_740_993);
        let float = Value::Float(9_007_199_254_740_992.0);
        assert_eq!(compare_numbers(&float, &large), Ordering::Less);
        assert_eq!(compare_numbers(&large, &float), Ordering::Greater);
        assert_eq!(
            compare_numbers(&Value::Float(-0.5), &Value::Integer(-1)),
            Ordering::Greater
        );
        assert_eq!(
            compare_numbers(&Value::Float(1e300), &Value::Integer(i64::MAX)),
            Ordering::Greater
        );
        assert_eq!(
            Value::Float(1.0).standard_order(&Value::Integer(1)),
            Ordering::Less
        );
    }

    #[test]
    fn kinds_are_ordered() {
        let kinds = [
            Value::Variable(7),
            Value::Null,
            Value::Boolean(false),
            Value::Integer(3),
            Value::string("a"),
            Value::list([]),
            Value::record([]),
            Value::Compound("f".into(), Arc::new([])),
        ];
        for (place, left) in kinds.iter().enumerate() {
            for (other, right) in kinds.iter().enumerate() {
                assert_eq!(left.standard_order(right), place.cmp(&other));
            }
        }
    }
}
