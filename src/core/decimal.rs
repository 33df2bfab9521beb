//! Numbers in messages: 4 decimals, in integer arithmetic.

use std::fmt;

/// A number written with 4 decimals, ties to even after scaling. Exact formatting, which the
/// standard library has, takes most of the time of a small evaluation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decimal(pub(crate) f64);

const SCALE: u64 = 10_000;
/// Up to here every scaled number is a whole one with all digits.
const LARGEST_SCALED: f64 = 9e15;

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scaled = (self.0.abs() * SCALE as f64).round_ties_even();
        if scaled.is_nan() || scaled > LARGEST_SCALED {
            return write!(formatter, "{:.4}", self.0);
        }
        let mut rest = scaled as u64;
        // Digits from the last to the first: four, the point, and at least one more.
        let mut text = [b'0'; 24];
        let mut first = text.len();
        for (place, byte) in text.iter_mut().enumerate().rev() {
            if place == 19 {
                *byte = b'.';
                continue;
            }
            if place < 18 && rest == 0 {
                break;
            }
            *byte = b'0' + (rest % 10) as u8;
            rest /= 10;
            first = place;
        }
        if self.0.is_sign_negative() {
            formatter.write_str("-")?;
        }
        let digits = text.get(first..).unwrap_or_default();
        formatter.write_str(std::str::from_utf8(digits).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        // A tie goes to the even digit here, to where the binary value lies there.
        assert_eq!(Decimal(0.00005).to_string(), "0.0000");
        for number in [
            0.0,
            -0.0,
            1.0,
            0.9,
            0.35,
            0.175,
            -0.00004,
            0.99996,
            10.0,
            1e6,
            1e11,
            1e12,
            -1e20,
            f64::INFINITY,
            f64::NAN,
            123_456.789_01,
        ] {
            assert_eq!(
                Decimal(number).to_string(),
                format!("{number:.4}"),
                "{number:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn decimals_are_within_half_a_unit(number in -1e6..1e6_f64) {
            let written: f64 = Decimal(number).to_string().parse().unwrap();
            prop_assert!((written - number).abs() <= 0.5e-4 + 1e-9);
        }
    }
}
