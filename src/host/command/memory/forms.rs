//! The forms in which entries are read and written.

use anyhow::{Context, Result, bail, ensure};
use assize_service::Remembered;
use serde::Serialize;
use std::io::{ErrorKind, Read};

/// What the binary form begins with.
pub(super) const MAGIC: [u8; 6] = *b"ASZVEC";
const VERSION: u16 = 1;
/// Components that a vector may have.
const LARGEST_DIMENSION: u32 = 4096;
/// Phase of being awake, from which entries are consolidated.
const WAKE_PHASE: f32 = 0.1;

/// The head of the binary form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Components of each vector, 1 to 4,096.
    pub(super) dimension: u32,
    /// Vectors that follow.
    pub(super) count: u32,
}

impl Header {
    pub(super) fn write(self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.dimension.to_le_bytes());
        bytes.extend(self.count.to_le_bytes());
        bytes
    }

    /// Reads what follows the first six bytes.
    pub(super) fn read(input: &mut impl Read) -> Result<Self> {
        let mut bytes = [0; 10];
        let ends = "the header of the binary form ends too early";
        input.read_exact(&mut bytes).context(ends)?;
        let [v0, v1, d0, d1, d2, d3, c0, c1, c2, c3] = bytes;
        let version = u16::from_le_bytes([v0, v1]);
        ensure!(
            version == VERSION,
            "the binary form has version {version}; this build reads {VERSION}"
        );
        let dimension = u32::from_le_bytes([d0, d1, d2, d3]);
        ensure!(
            (1..=LARGEST_DIMENSION).contains(&dimension),
            "the header of the binary form says {dimension} components; it may be 1 to {LARGEST_DIMENSION}"
        );
        let count = u32::from_le_bytes([c0, c1, c2, c3]);
        Ok(Self { dimension, count })
    }
}

/// The next vector; `number` is its place, from 1.
pub(super) fn read_vector(input: &mut impl Read, header: Header, number: u64) -> Result<Vec<f32>> {
    let mut bytes = vec![0; header.dimension as usize * size_of::<f32>()];
    if let Err(error) = input.read_exact(&mut bytes) {
        if error.kind() == ErrorKind::UnexpectedEof {
            let count = header.count;
            bail!("vector {number} ends too early; the header says that there are {count}");
        }
        return Err(error).with_context(|| format!("vector {number} can't be read"));
    }
    let (numbers, _) = bytes.as_chunks();
    let vector: Vec<_> = numbers.iter().copied().map(f32::from_le_bytes).collect();
    if let Some(place) = vector.iter().position(|number| !number.is_finite()) {
        bail!("vector {number}: /vector/{place} must be a finite number");
    }
    Ok(vector)
}

/// The shortest number for JSON that is read as the same 32-bit float.
pub(super) fn exact(number: f32) -> f64 {
    let short: f64 = number.to_string().parse().unwrap_or(f64::NAN);
    if (short as f32).to_bits() == number.to_bits() {
        short
    } else {
        f64::from(number)
    }
}

/// An entry as a line of JSON.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    vector: Vec<f64>,
    phase: f64,
    confidence: f64,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_name: Option<&'a str>,
    timestamp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
}

/// The line of an entry, without its end.
pub(super) fn line(remembered: &Remembered) -> Result<String> {
    let Remembered { entry, vector } = remembered;
    let phase = if entry.consolidated {
        WAKE_PHASE
    } else {
        entry.phase
    };
    Ok(serde_json::to_string(&Written {
        text: entry.text.as_deref(),
        vector: vector.iter().copied().map(exact).collect(),
        phase: exact(phase),
        confidence: entry.confidence,
        source: entry.source.as_str(),
        source_name: entry.source_name.as_deref(),
        timestamp: entry.timestamp,
        expires_at: entry.expires_at,
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_read_as_written() {
        let header = Header {
            dimension: 384,
            count: 70_000,
        };
        let bytes = header.write();
        assert_eq!(bytes.len(), 16);
        assert_eq!(Header::read(&mut &bytes[6..]).unwrap(), header);
        assert!(Header::read(&mut &bytes[6..15]).is_err());
        for (place, changed) in [(6, 2), (8, 0)] {
            let mut wrong = bytes.clone();
            wrong[place] = changed;
            wrong[9] = 0;
            assert!(Header::read(&mut &wrong[6..]).is_err(), "{place}");
        }
    }

    #[test]
    fn vectors_end_where_they_end() {
        let header = Header {
            dimension: 2,
            count: 2,
        };
        let mut bytes: Vec<u8> = [1.5_f32, -2.0]
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect();
        assert_eq!(
            read_vector(&mut &bytes[..], header, 1).unwrap(),
            [1.5, -2.0]
        );
        let error = read_vector(&mut &bytes[..7], header, 2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "vector 2 ends too early; the header says that there are 2"
        );
        bytes[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
        let error = read_vector(&mut &bytes[..], header, 9).unwrap_err();
        assert_eq!(
            error.to_string(),
            "vector 9: /vector/1 must be a finite number"
        );
    }

    #[test]
    fn numbers_keep_their_bits() {
        let mut bits = 1_u32;
        for _ in 0..100_000 {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = f32::from_bits(bits);
            if number.is_finite() {
                let text = serde_json::to_string(&exact(number)).unwrap();
                let read: f64 = serde_json::from_str(&text).unwrap();
                assert_eq!((read as f32).to_bits(), bits, "{text}");
            }
        }
        assert_eq!(exact(0.1), 0.1);
    }
}
