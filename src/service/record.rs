//! A session as bytes, for stores that keep nothing else.
//!
//! Format version (1 byte), kind (1 byte), sequence, creation and last change (8 bytes each), snapshot, CRC-32
//! of all before it (4 bytes). Numbers are little-endian.

use crate::store::{SessionRecord, StoreError};
use assize_json::GovernorKind;

const VERSION: u8 = 1;
const CHECKSUM: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
const FRAME_BYTES: usize = 2 + 3 * 8 + 4;

impl SessionRecord {
    /// All of it; equal records give equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FRAME_BYTES + self.snapshot.len());
        bytes.push(VERSION);
        bytes.push(tag(self.kind));
        for number in [self.sequence, self.created_ms, self.updated_ms] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.snapshot);
        let checksum = CHECKSUM.checksum(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// What [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged = |what: &str| StoreError::Damaged(what.to_owned());
        let short = || damaged("it ends too early");
        let (framed, checksum) = bytes.split_last_chunk::<4>().ok_or_else(short)?;
        if CHECKSUM.checksum(framed) != u32::from_le_bytes(*checksum) {
            return Err(damaged("its checksum does not fit"));
        }
        let (&[version, kind], mut rest) = framed.split_first_chunk::<2>().ok_or_else(short)?;
        if version != VERSION {
            return Err(StoreError::Damaged(format!(
                "it has format version {version}; this build reads {VERSION}"
            )));
        }
        let mut number = || {
            let (number, after) = rest.split_first_chunk::<8>().ok_or_else(short)?;
            rest = after;
            Ok(u64::from_le_bytes(*number))
        };
        let (sequence, created_ms, updated_ms) = (number()?, number()?, number()?);
        let known = GovernorKind::ALL
            .into_iter()
            .find(|known| tag(*known) == kind);
        Ok(Self {
            kind: known.ok_or_else(|| damaged("its kind is unknown"))?,
            snapshot: rest.into(),
            sequence,
            created_ms,
            updated_ms,
        })
    }
}

const fn tag(kind: GovernorKind) -> u8 {
    match kind {
        GovernorKind::Cycle => b'c',
        GovernorKind::Session => b's',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: GovernorKind) -> SessionRecord {
        SessionRecord {
            kind,
            snapshot: vec![1, 2, 3].into(),
            sequence: 7,
            created_ms: u64::MAX,
            updated_ms: 0,
        }
    }

    #[test]
    fn records_come_back_whole() {
        for kind in GovernorKind::ALL {
            let record = record(kind);
            assert_eq!(SessionRecord::from_bytes(&record.to_bytes()), Ok(record));
        }
    }

    #[test]
    fn every_damaged_byte_is_seen() {
        let bytes = record(GovernorKind::Cycle).to_bytes();
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 0x10;
            assert!(matches!(
                SessionRecord::from_bytes(&damaged),
                Err(StoreError::Damaged(_))
            ));
            assert!(matches!(
                SessionRecord::from_bytes(&bytes[..index]),
                Err(StoreError::Damaged(_))
            ));
        }
    }

    #[test]
    fn other_versions_and_kinds_are_named() {
        let with = |index: usize, value: u8| {
            let mut bytes = record(GovernorKind::Cycle).to_bytes();
            bytes.truncate(bytes.len() - 4);
            bytes[index] = value;
            let checksum = CHECKSUM.checksum(&bytes);
            bytes.extend_from_slice(&checksum.to_le_bytes());
            SessionRecord::from_bytes(&bytes).unwrap_err().to_string()
        };
        assert!(with(0, 2).contains("format version 2"));
        assert!(with(1, b'?').contains("kind is unknown"));
    }
}
