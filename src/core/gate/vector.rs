//! Which vectors are embeddings.

use crate::error::FieldError;

/// Largest magnitude of a value, so that no product of two vectors overflows.
const LARGEST_VALUE: f32 = 1e18;
/// Below this length a vector has no direction.
const SMALLEST_NORM: f64 = 1e-9;

/// An embedding of length 1.
///
/// # Errors
///
/// Says what is wrong with it.
pub(super) fn normalised(mut values: Vec<f32>, dimension: u32) -> Result<Vec<f32>, String> {
    if values.is_empty() {
        return Err("Corrupted embedding vector: empty vector".to_owned());
    }
    if values.iter().any(|value| !value.is_finite()) {
        return Err("Corrupted embedding vector: contains NaN or Inf values".to_owned());
    }
    if values.len() != dimension as usize {
        return Err(format!(
            "embedding vector has {} values, the memory takes {dimension}",
            values.len()
        ));
    }
    if values.iter().any(|value| value.abs() > LARGEST_VALUE) {
        return Err(format!(
            "embedding vector has values beyond {LARGEST_VALUE:e}"
        ));
    }
    let norm = norm(&values);
    if norm <= SMALLEST_NORM {
        return Err("Zero-norm embedding vector".to_owned());
    }
    for value in &mut values {
        *value = (f64::from(*value) / norm) as f32;
    }
    Ok(values)
}

fn norm(values: &[f32]) -> f64 {
    let square = |value: &f32| f64::from(*value) * f64::from(*value);
    values.iter().map(square).sum::<f64>().sqrt()
}

/// Adds an error for each value of a caller's vector that is not acceptable.
pub(super) fn check(values: &[f32], dimension: u32, errors: &mut Vec<FieldError>) {
    if values.len() != dimension as usize {
        let message = format!("must have {dimension} values, got {}", values.len());
        errors.push(FieldError::new("/vector", message));
    }
    for (index, value) in values.iter().take(dimension as usize).enumerate() {
        if value.is_nan() || value.abs() > LARGEST_VALUE {
            errors.push(FieldError::new(
                format!("/vector/{index}"),
                format!("must be a number from -1e18 to 1e18, got {value}"),
            ));
        }
    }
}

/// Adds an error for a caller's vector that has no direction.
pub(super) fn check_direction(values: &[f32], errors: &mut Vec<FieldError>) {
    if norm(values) <= SMALLEST_NORM {
        let message = "must have a length above 1e-9".to_owned();
        errors.push(FieldError::new("/vector", message));
    }
}
