//! The compressed index: each vector as small integers, close enough to say which vectors can't be
//! among the best.
//!
//! A row `w = v / n` (vector by norm) is kept as integers `c` and a factor `s`, with `r`, an upper
//! bound of `|w - s c|`. A query `z = q / m` becomes `t k` with `f >= |z - t k|` in the same way. Then
//!
//! ```text
//! w z - s t (c k)  =  (w - s c) z  +  s c (z - t k)
//! |...|           <=  r |z|        +  (|w| + r) f            (Cauchy-Schwarz)
//! ```
//!
//! `|w|` and `|z|` are at most `1 + 140 u` for `u = 2^-24`, since a norm is computed with at most
//! `dimension / 32 + 12` roundings; 1.001 is used for either. The exact resonance is computed as well:
//! its sum has `dimension / 32 + 6` roundings on the way of each product, the product of the norms and
//! the quotient one each, and `|w| |z|` is about 1, so it is within `(dimension / 32 + 8) u 1.01` of
//! `w z`. What underflows there, and the roundings of the estimate in 64 bits, are far below the 8 `u`
//! that are added. So, for each row,
//!
//! ```text
//! |resonance - s t (c k)|  <=  1.001 r (1 + f) + 1.002001 f + (dimension / 32 + 16) u 1.01
//! ```
//!
//! If the `k`-th largest of the lower bounds is `b`, then `k` rows resonate with at least `b`, and a row
//! whose upper bound is below `b` is not among the best `k`, whatever breaks ties. All others are
//! computed exactly. Nothing is assumed about how good the codes are.

use super::kernel::{CODE_BLOCK, LARGEST_CODE, dot_codes, largest};
use super::slots::{floored_norm, put};
use super::{NoRoom, reserve};

/// Adding it rounds a small number to an integer, which is then in the lowest bits.
const ROUNDER: f32 = 12_582_912.0;

/// What is kept of each row beside its codes.
#[derive(Debug, Clone, Copy)]
struct Scale {
    factor: f32,
    /// Upper bound of the distance between the row by its norm and what its codes say.
    error: f32,
}

impl Scale {
    /// Excludes nothing.
    const UNKNOWN: Self = Self {
        factor: 0.0,
        error: f32::INFINITY,
    };
}

#[derive(Debug)]
pub(super) struct Codes {
    /// Codes of a row, filled up with zeros to whole blocks.
    stride: usize,
    codes: Vec<i8>,
    scales: Vec<Scale>,
}

/// The bounds of a resonance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) lower: f64,
    pub(super) upper: f64,
}

/// A query in codes.
#[derive(Debug)]
pub(super) struct CodedQuery {
    codes: Vec<i16>,
    factor: f64,
    /// What every bound has, and what it has for each unit of a row's error.
    base: f64,
    slope: f64,
}

impl CodedQuery {
    pub(super) fn of(vector: &[f32]) -> Self {
        let mut codes = vec![0; vector.len().next_multiple_of(CODE_BLOCK)];
        let scale = encode(vector, floored_norm(vector), &mut codes);
        let error = f64::from(scale.error);
        let blocks = vector.len().div_ceil(32);
        let rounding = (blocks as f64 + 16.0) * f64::from(f32::EPSILON / 2.0) * 1.01;
        Self {
            codes: codes.into_iter().map(i16::from).collect(),
            factor: f64::from(scale.factor),
            base: 1.002_001 * error + rounding,
            slope: 1.001 * (1.0 + error),
        }
    }
}

/// Writes the codes of a vector by its norm.
fn encode(vector: &[f32], norm: f32, codes: &mut [i8]) -> Scale {
    let largest = largest(vector);
    let factor = largest / norm / f32::from(LARGEST_CODE);
    // Without a factor there are only zeros, or what is lost beside the norm.
    let inverse = f32::from(LARGEST_CODE) / largest;
    let inverse = if factor > 0.0 && inverse.is_finite() {
        inverse
    } else {
        0.0
    };
    for (code, number) in codes.iter_mut().zip(vector) {
        *code = (number * inverse + ROUNDER).to_bits() as i8;
    }
    let (wide_inverse, wide_factor) = (1.0 / f64::from(norm), f64::from(factor));
    let mut lanes = [0.0_f64; 8];
    let (vectors, vector_rest) = vector.as_chunks::<8>();
    let (coded, _) = codes.as_chunks::<8>();
    let difference =
        |number: f32, code: i8| f64::from(number) * wide_inverse - wide_factor * f64::from(code);
    for (vector, coded) in vectors.iter().zip(coded) {
        for ((lane, number), code) in lanes.iter_mut().zip(vector).zip(coded) {
            let difference = difference(*number, *code);
            *lane += difference * difference;
        }
    }
    let rest = coded.iter().skip(vectors.len()).flatten();
    for ((lane, number), code) in lanes.iter_mut().zip(vector_rest).zip(rest) {
        let difference = difference(*number, *code);
        *lane += difference * difference;
    }
    let error = lanes.iter().sum::<f64>().sqrt() * (1.0 + 1e-9) + 1e-12;
    Scale {
        factor,
        error: (error as f32).next_up(),
    }
}

impl Codes {
    pub(super) fn new(dimension: usize, capacity: usize) -> Result<Self, NoRoom> {
        let stride = dimension.next_multiple_of(CODE_BLOCK);
        Ok(Self {
            stride,
            codes: reserve(capacity.saturating_mul(stride))?,
            scales: reserve(capacity)?,
        })
    }

    /// Bytes of memory that each row takes.
    pub(super) const fn row_bytes_of(dimension: usize) -> usize {
        dimension.next_multiple_of(CODE_BLOCK) + size_of::<Scale>()
    }

    pub(super) fn bytes(&self) -> usize {
        self.codes.capacity() + self.scales.capacity() * size_of::<Scale>()
    }

    pub(super) fn write(&mut self, slot: usize, vector: &[f32], norm: f32) {
        let (start, end) = (slot * self.stride, (slot + 1) * self.stride);
        if self.codes.len() < end {
            self.codes.resize(end, 0);
        }
        let row = self.codes.get_mut(start..end).unwrap_or_default();
        let scale = encode(vector, norm, row);
        put(&mut self.scales, slot, scale);
    }

    /// As [`Slots::remove`](super::slots::Slots::remove).
    pub(super) fn remove(&mut self, slot: usize, last: usize) {
        let from = last * self.stride;
        self.codes
            .copy_within(from..from + self.stride, slot * self.stride);
        let row = self.codes.get_mut(from..from + self.stride);
        row.unwrap_or_default().fill(0);
        self.scales.swap_remove(slot);
    }

    fn row(&self, slot: usize) -> (&[i8], Scale) {
        let start = slot * self.stride;
        let row = self.codes.get(start..start + self.stride);
        let scale = self.scales.get(slot).copied().unwrap_or(Scale::UNKNOWN);
        (row.unwrap_or_default(), scale)
    }

    /// What the codes at two slots say about their resonances.
    #[inline]
    pub(super) fn bounds(&self, slots: [usize; 2], query: &CodedQuery) -> [Bounds; 2] {
        let [(first, first_scale), (second, second_scale)] = slots.map(|slot| self.row(slot));
        let [one, other] = dot_codes([first, second], &query.codes);
        let bounds = |product: i32, scale: Scale| {
            let estimate = f64::from(scale.factor) * query.factor * f64::from(product);
            let error = query.base + query.slope * f64::from(scale.error);
            Bounds {
                lower: estimate - error,
                upper: estimate + error,
            }
        };
        [bounds(one, first_scale), bounds(other, second_scale)]
    }

    #[cfg(test)]
    pub(super) fn left_behind(&self, slots: usize) -> usize {
        let beyond = self.codes.iter().skip(slots * self.stride);
        beyond.filter(|code| **code != 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::dot;
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = f32> {
        prop_oneof![
            6 => -1.0_f32..1.0,
            1 => -1e17_f32..1e17,
            1 => Just(0.0),
            1 => Just(f32::from_bits(1)),
            1 => -1e-9_f32..1e-9,
            1 => -1e-38_f32..1e-38,
        ]
    }

    proptest! {
        #[test]
        fn exact_resonance_is_within_its_bounds(
            pairs in prop::collection::vec((number(), number()), 1..150),
            sparse in any::<bool>(),
        ) {
            let (mut vector, query): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            if sparse {
                vector.iter_mut().skip(1).for_each(|number| *number = 0.0);
            }
            for query in [&query, &vector] {
                let mut codes = Codes::new(vector.len(), 1).unwrap();
                let norm = floored_norm(&vector);
                codes.write(0, &vector, norm);
                let [bounds, _] = codes.bounds([0, 0], &CodedQuery::of(query));
                let resonance = f64::from(dot(&vector, query) / (norm * floored_norm(query)));
                prop_assert!(bounds.lower <= resonance && resonance <= bounds.upper, "{bounds:?} {resonance}");
            }
        }
    }

    #[test]
    fn bounds_are_narrow() {
        let vector: Vec<f32> = (0..384_u32)
            .map(|n| (n * 7919 % 1000) as f32 - 500.0)
            .collect();
        let mut codes = Codes::new(384, 1).unwrap();
        codes.write(0, &vector, floored_norm(&vector));
        let [bounds, _] = codes.bounds([0, 0], &CodedQuery::of(&vector));
        assert!(bounds.upper - bounds.lower < 0.04, "{bounds:?}");
    }
}
