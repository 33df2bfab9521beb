//! Lessons that people record beside a session. Kept, counted and returned; no formula reads them.

use crate::error::{Check, FieldError, InvalidInput};
use crate::limits::{LimitReached, WISDOM_BYTES, WISDOM_RECORDS, WISDOM_TEXT_BYTES};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// What came of acting on an earlier decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing bad.
    Benign,
    /// Somebody probed the system.
    Probing,
    /// Harm was close.
    NearMiss,
    /// Harm was done.
    Harm,
}

impl Consequence {
    /// Every consequence.
    pub const ALL: [Self; 4] = [Self::Benign, Self::Probing, Self::NearMiss, Self::Harm];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Benign => "benign",
            Self::Probing => "probing",
            Self::NearMiss => "near_miss",
            Self::Harm => "harm",
        }
    }
}

/// One lesson. Every text is not blank and at most 16 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wisdom {
    /// What the lesson is about, as in `medical`.
    pub domain: String,
    /// What was learned.
    pub lesson: String,
    /// What came of it.
    pub consequence_type: Consequence,
    /// How future decisions should lean.
    pub future_bias: String,
    /// When, as ISO 8601; given by the caller and not interpreted.
    pub timestamp: String,
}

impl Wisdom {
    fn texts(&self) -> [(&'static str, &str); 4] {
        [
            ("domain", &self.domain),
            ("lesson", &self.lesson),
            ("future_bias", &self.future_bias),
            ("timestamp", &self.timestamp),
        ]
    }

    /// Adds an error for each field that is not acceptable, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        for (field, text) in self.texts() {
            check.not_blank(field, text);
            check.require(text.len() <= WISDOM_TEXT_BYTES, field, || {
                format!(
                    "must be at most {WISDOM_TEXT_BYTES} bytes, got {}",
                    text.len()
                )
            });
        }
    }
}

/// The lessons of one session, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct WisdomLog {
    records: Vec<Wisdom>,
    // INVARIANT: the sum of the records' texts, at most `WISDOM_BYTES`.
    bytes: usize,
}

impl WisdomLog {
    pub(super) fn add(&mut self, record: Wisdom) -> Result<(), crate::Error> {
        let mut errors = Vec::new();
        record.check("", &mut errors);
        InvalidInput::check(errors)?;
        LimitReached::check("wisdom-records", WISDOM_RECORDS, self.records.len() + 1)?;
        let bytes = self.bytes
            + record
                .texts()
                .map(|(_, text)| text.len())
                .iter()
                .sum::<usize>();
        LimitReached::check("wisdom-bytes", WISDOM_BYTES, bytes)?;
        self.bytes = bytes;
        self.records.push(record);
        Ok(())
    }

    pub(super) fn records(&self) -> &[Wisdom] {
        &self.records
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.length(self.records.len());
        for record in &self.records {
            writer.text(&record.domain);
            writer.text(&record.lesson);
            writer.u8(record.consequence_type as u8);
            writer.text(&record.future_bias);
            writer.text(&record.timestamp);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let count = reader.length(WISDOM_RECORDS, "wisdom records")?;
        let mut log = Self::default();
        for _ in 0..count {
            let record = Wisdom {
                domain: reader.text()?,
                lesson: reader.text()?,
                consequence_type: reader.choice(&Consequence::ALL, "consequence")?,
                future_bias: reader.text()?,
                timestamp: reader.text()?,
            };
            log.add(record)
                .map_err(|_| SnapshotError::Malformed("wisdom record"))?;
        }
        Ok(log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_bounded_together() {
        let text = || "x".repeat(WISDOM_TEXT_BYTES);
        let record = || Wisdom {
            domain: text(),
            lesson: text(),
            consequence_type: Consequence::Benign,
            future_bias: text(),
            timestamp: text(),
        };
        let mut log = WisdomLog::default();
        for _ in 0..4 {
            log.add(record()).unwrap();
        }
        let full = log.clone();
        let Err(crate::Error::Limit(limit)) = log.add(record()) else {
            panic!("there is no room");
        };
        assert_eq!(
            (limit.name.as_str(), limit.limit),
            ("wisdom-bytes", WISDOM_BYTES as u64)
        );
        assert_eq!(log, full);
    }
}
