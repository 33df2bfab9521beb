//! The loops over numbers. Each has one order of operations, so that every processor gives the same
//! bits: no fused multiplication, no reordering.
//!
//! Sums of floats go into 32 lanes, number `i` into lane `i mod 32`, from the first to the last. The
//! lanes are then added in halves: lane `i` and lane `i + 16`, then 8, 4, 2 and 1 apart.

use std::array::from_fn;

const LANES: usize = 32;

/// What whole blocks leave, filled up with zeros, which change no sum.
#[inline(always)]
fn padded(rest: &[f32]) -> [f32; LANES] {
    let mut rest = rest.iter();
    from_fn(|_| rest.next().copied().unwrap_or_default())
}

#[inline(always)]
fn halved<const N: usize, const HALF: usize>(lanes: &[f32; N]) -> [f32; HALF] {
    let (low, high) = lanes.split_at(HALF);
    let mut pairs = low.iter().zip(high);
    from_fn(|_| pairs.next().map_or(0.0, |(low, high)| low + high))
}

#[inline(always)]
fn total(lanes: &[f32; LANES]) -> f32 {
    let lanes: [f32; 16] = halved(lanes);
    let lanes: [f32; 8] = halved(&lanes);
    let lanes: [f32; 4] = halved(&lanes);
    let [first, second]: [f32; 2] = halved(&lanes);
    first + second
}

/// Scalar product of two vectors of one length.
#[inline]
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let (left_blocks, left_rest) = left.as_chunks();
    let (right_blocks, right_rest) = right.as_chunks();
    let mut lanes = [0.0_f32; LANES];
    for (left, right) in left_blocks.iter().zip(right_blocks) {
        add_products(&mut lanes, left, right);
    }
    if !left_rest.is_empty() {
        add_products(&mut lanes, &padded(left_rest), &padded(right_rest));
    }
    total(&lanes)
}

#[inline(always)]
fn add_products(lanes: &mut [f32; LANES], left: &[f32; LANES], right: &[f32; LANES]) {
    for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
        *lane += left * right;
    }
}

/// Largest magnitude of finite numbers.
pub(super) fn largest(vector: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (blocks, rest) = vector.as_chunks();
    let mut add = |block: &[f32; LANES]| {
        for (lane, number) in lanes.iter_mut().zip(block) {
            let magnitude = number.abs();
            *lane = if magnitude > *lane { magnitude } else { *lane };
        }
    };
    blocks.iter().for_each(&mut add);
    add(&padded(rest));
    lanes.into_iter().fold(0.0, f32::max)
}

/// Euclidean norm of finite numbers, without overflow on the way: scaled by the largest magnitude.
pub(super) fn norm(vector: &[f32]) -> f32 {
    let largest = largest(vector);
    if largest == 0.0 {
        return 0.0;
    }
    let mut lanes = [0.0_f32; LANES];
    let (blocks, rest) = vector.as_chunks();
    let mut add = |block: &[f32; LANES]| {
        for (lane, number) in lanes.iter_mut().zip(block) {
            let scaled = number / largest;
            *lane += scaled * scaled;
        }
    };
    blocks.iter().for_each(&mut add);
    add(&padded(rest));
    largest * total(&lanes).sqrt()
}

/// Numbers of a row of codes that are added before they are widened, times [`CODE_LANES`].
pub(super) const CODE_BLOCK: usize = 32;
const CODE_LANES: usize = 8;
/// Largest magnitude of a code: four products of two codes fit in 16 bits.
pub(super) const LARGEST_CODE: i8 = 90;
const _: () = assert!(4 * (LARGEST_CODE as i32) * (LARGEST_CODE as i32) <= i16::MAX as i32);

/// Scalar products of two rows of codes with a third, in whole blocks: two at once, so that the third
/// is read once. Exact: at most 128 blocks of products that are at most 8,100 fit in 32 bits.
#[inline]
pub(super) fn dot_codes(rows: [&[i8]; 2], query: &[i16]) -> [i32; 2] {
    let mut first = [0_i32; CODE_LANES];
    let mut second = [0_i32; CODE_LANES];
    let rows = rows.map(|row| row.as_chunks().0.iter());
    let [first_row, second_row] = rows;
    let (query, _) = query.as_chunks();
    for ((one, other), query) in first_row.zip(second_row).zip(query) {
        add_codes(&mut first, one, query);
        add_codes(&mut second, other, query);
    }
    let total = |lanes: [i32; CODE_LANES]| {
        lanes
            .iter()
            .fold(0, |sum: i32, lane| sum.wrapping_add(*lane))
    };
    [total(first), total(second)]
}

#[inline(always)]
fn add_codes(lanes: &mut [i32; CODE_LANES], row: &[i8; CODE_BLOCK], query: &[i16; CODE_BLOCK]) {
    let mut short = [0_i16; CODE_LANES];
    let (row, _) = row.as_chunks::<CODE_LANES>();
    let (query, _) = query.as_chunks::<CODE_LANES>();
    for (row, query) in row.iter().zip(query) {
        for ((sum, code), other) in short.iter_mut().zip(row).zip(query) {
            *sum = sum.wrapping_add(i16::from(*code).wrapping_mul(*other));
        }
    }
    for (lane, sum) in lanes.iter_mut().zip(&short) {
        *lane = lane.wrapping_add(i32::from(*sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One number after the other, in the documented order.
    fn scalar_sum(numbers: impl Iterator<Item = f32>) -> f32 {
        let mut lanes = [0.0_f32; 32];
        for (index, number) in numbers.enumerate() {
            lanes[index % 32] += number;
        }
        for apart in [16, 8, 4, 2, 1] {
            for lane in 0..apart {
                lanes[lane] += lanes[lane + apart];
            }
        }
        lanes[0]
    }

    fn number() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => -1.0_f32..1.0,
            1 => -1e18_f32..1e18,
            1 => Just(0.0),
            1 => Just(-0.0),
            1 => Just(f32::from_bits(1)),
            1 => -1e-38_f32..1e-38,
        ]
    }

    proptest! {
        #[test]
        fn each_loop_gives_the_bits_of_its_scalar_form(pairs in prop::collection::vec((number(), number()), 0..200)) {
            let (left, right): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let expected = scalar_sum(pairs.iter().map(|(left, right)| left * right));
            prop_assert_eq!(dot(&left, &right).to_bits(), expected.to_bits());

            let largest = left.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
            let expected = if largest == 0.0 {
                0.0
            } else {
                largest * scalar_sum(left.iter().map(|number| number / largest).map(|scaled| scaled * scaled)).sqrt()
            };
            prop_assert_eq!(norm(&left).to_bits(), expected.to_bits());
        }

        #[test]
        fn codes_are_multiplied_exactly(pairs in prop::collection::vec((-90_i8..=90, -90_i16..=90), 0..6)) {
            let mut repeated = pairs.iter().copied().cycle();
            for blocks in [1, 3, 128] {
                let (row, query): (Vec<i8>, Vec<i16>) = (0..blocks * CODE_BLOCK)
                    .map(|_| repeated.next().unwrap_or((90, -90)))
                    .unzip();
                let other: Vec<i8> = row.iter().rev().copied().collect();
                let product = |row: &[i8]| -> i32 {
                    let products = row.iter().zip(&query);
                    products.map(|(row, query)| i32::from(*row) * i32::from(*query)).sum()
                };
                let expected = [product(&row), product(&other)];
                prop_assert_eq!(dot_codes([&row, &other], &query), expected);
            }
        }
    }
}
