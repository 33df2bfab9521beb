//! Reads values that must lie in a range.

use super::node::Node;
use super::reader::{MOST_ERRORS, Object};
use assize_core::FieldError;

/// The largest whole number up to which every one has a number of its own.
pub(crate) const LARGEST_WHOLE: u64 = 1 << 53;
/// Numbers that a vector may have.
pub(crate) const LARGEST_DIMENSION: usize = 4096;
/// Largest magnitude of a number of a vector.
const LARGEST_COMPONENT: f64 = 1e18;

impl<'n, 'a> Object<'n, 'a> {
    /// A number within a range that may be absent or null.
    pub(crate) fn optional_within(
        &mut self,
        name: &'static str,
        (least, most): (f64, f64),
        errors: &mut Vec<FieldError>,
    ) -> Option<f64> {
        let number = self.optional_number(name, errors)?;
        if (least..=most).contains(&number) {
            return Some(number);
        }
        let got = shown(number);
        let message = format!("must be a number from {least} to {most}, got {got}");
        errors.push(FieldError::new(self.pointer_to(name), message));
        None
    }

    /// A number of at least 0 that may be absent or null.
    pub(crate) fn at_least_zero(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<f64> {
        let number = self.optional_number(name, errors)?;
        if number >= 0.0 {
            return Some(number);
        }
        let message = format!("must be a number of at least 0, got {}", shown(number));
        errors.push(FieldError::new(self.pointer_to(name), message));
        None
    }

    /// A number from 0 to 1 that may be absent or null.
    pub(crate) fn share(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<f64> {
        self.optional_within(name, (0.0, 1.0), errors)
    }

    /// A whole number within a range that may be absent or null; `1.0` is the whole number 1.
    pub(crate) fn whole(
        &mut self,
        name: &'static str,
        range: (u64, u64),
        errors: &mut Vec<FieldError>,
    ) -> Option<u64> {
        match self.optional(name)? {
            Node::Null => None,
            node => whole(node, self.pointer_to(name), range, errors),
        }
    }

    /// As [`whole`](Self::whole), of 32 bits.
    pub(crate) fn whole_u32(
        &mut self,
        name: &'static str,
        (least, most): (u32, u32),
        errors: &mut Vec<FieldError>,
    ) -> Option<u32> {
        let number = self.whole(name, (u64::from(least), u64::from(most)), errors)?;
        u32::try_from(number).ok()
    }

    /// A number that may be absent, which is the default then, or null.
    pub(crate) fn number_or_none(
        &mut self,
        name: &'static str,
        default: Option<f64>,
        errors: &mut Vec<FieldError>,
    ) -> Option<f64> {
        match self.optional(name) {
            None => default,
            Some(Node::Null) => None,
            Some(Node::Number(number)) => Some(*number),
            Some(other) => {
                self.wrong_type(name, "a number or null", other, errors);
                None
            }
        }
    }

    /// A whole number that may be absent, which is the default then, or null.
    pub(crate) fn whole_or_none(
        &mut self,
        name: &'static str,
        default: Option<u64>,
        errors: &mut Vec<FieldError>,
    ) -> Option<u64> {
        match self.optional(name) {
            None => default,
            Some(Node::Null) => None,
            Some(node) => whole(node, self.pointer_to(name), (0, LARGEST_WHOLE), errors),
        }
    }

    /// A whole number of 32 bits that may be absent, 0 included.
    pub(crate) fn amount_or(
        &mut self,
        name: &'static str,
        default: u32,
        errors: &mut Vec<FieldError>,
    ) -> u32 {
        let number = self.whole_u32(name, (0, u32::MAX), errors);
        number.unwrap_or(default)
    }

    /// A text of 1 to so many bytes that may be absent or null.
    pub(crate) fn short_text(
        &mut self,
        name: &'static str,
        most: usize,
        errors: &mut Vec<FieldError>,
    ) -> Option<&'n str> {
        let text = self.optional_text(name, errors)?;
        if !(1..=most).contains(&text.len()) {
            let length = text.len();
            let message = format!("must have 1 to {most} bytes, or be left out, got {length}");
            errors.push(FieldError::new(self.pointer_to(name), message));
        }
        Some(text)
    }

    /// An array that may be absent or null, and may be empty.
    pub(crate) fn optional_items(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<&'n [Node<'a>]> {
        match self.optional(name)? {
            Node::Null => None,
            Node::Array(items) => Some(items),
            other => {
                self.wrong_type(name, "an array or null", other, errors);
                Some(&[])
            }
        }
    }

    /// A vector that may be absent or null: 1 to 4,096 numbers of magnitude at most 1e18.
    pub(crate) fn vector(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<Vec<f32>> {
        let before = errors.len();
        let items = self.optional_items(name, errors)?;
        if errors.len() > before {
            return Some(Vec::new());
        }
        if !(1..=LARGEST_DIMENSION).contains(&items.len()) {
            let length = items.len();
            let message = format!("must have 1 to {LARGEST_DIMENSION} numbers, got {length}");
            errors.push(FieldError::new(self.pointer_to(name), message));
            return Some(Vec::new());
        }
        let mut vector = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let got = match item {
                Node::Number(number) if number.abs() <= LARGEST_COMPONENT => {
                    vector.push(*number as f32);
                    continue;
                }
                Node::Number(number) => shown(*number),
                other => other.kind().to_owned(),
            };
            let message = format!("must be a number from -1e18 to 1e18, got {got}");
            let pointer = format!("{}/{index}", self.pointer_to(name));
            errors.push(FieldError::new(pointer, message));
            if errors.len() >= MOST_ERRORS {
                break;
            }
        }
        Some(vector)
    }
}

/// A number for a message: without hundreds of zeros.
fn shown(number: f64) -> String {
    if number.abs() < LARGEST_COMPONENT {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// A whole number within a range.
pub(crate) fn whole(
    node: &Node<'_>,
    pointer: String,
    (least, most): (u64, u64),
    errors: &mut Vec<FieldError>,
) -> Option<u64> {
    let got = match node {
        Node::Number(number) => {
            let in_range = (least as f64..=most as f64).contains(number);
            if in_range && number.fract() == 0.0 {
                return Some(*number as u64);
            }
            shown(*number)
        }
        other => other.kind().to_owned(),
    };
    let message = format!("must be a whole number from {least} to {most}, got {got}");
    errors.push(FieldError::new(pointer, message));
    None
}
