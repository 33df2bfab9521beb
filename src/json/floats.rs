//! Numbers as answers write them.

/// To 4 decimals, half to even on the exact binary value.
pub(crate) fn rounded(value: f64) -> f64 {
    format!("{value:.4}").parse().unwrap_or(value)
}

/// A share as a percentage, to 2 decimals.
pub(crate) fn percentage(share: f64) -> f64 {
    let percentage = share * 100.0;
    format!("{percentage:.2}").parse().unwrap_or(percentage)
}

/// The number whose shortest text is that of the given one, so that every host writes the same.
pub(crate) fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_to_the_even_digit_on_the_binary_value() {
        for (value, expected) in [
            (0.03125, 0.0312),
            (0.09375, 0.0938),
            (0.00005, 0.0001),
            (0.00015, 0.0001),
            (0.850_000_000_000_000_3, 0.85),
            (0.550_049_999, 0.55),
        ] {
            assert_eq!(rounded(value), expected);
        }
    }

    #[test]
    fn short_numbers_stay_short() {
        for (value, expected) in [(0.6, 0.6), (1e-30, 1e-30), (1.000_000_1, 1.000_000_1)] {
            assert_eq!(shortest(value), expected);
            assert_eq!(shortest(value) as f32, value);
        }
    }
}
