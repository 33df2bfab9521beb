//! The bytes of a request under way, for hosts that keep nothing between two calls.

use super::answer::Judgement;
use super::drift::DriftAlarm;
use super::ending::Ending;
use super::flight::{Flight, Stage};
use super::quality::Quality;
use super::rhythm::Phase;
use super::session::{Asked, Gate};
use super::threshold::Policy;
use crate::decision::Reason;
use crate::snapshot::{Kind, Reader, SnapshotError, Writer};
use std::borrow::Cow;

/// Reasons that a request may gather on its way; each stage adds at most one.
const REASONS: usize = 8;
const PHASES: [Phase; 2] = [Phase::Wake, Phase::Sleep];
const ASKED: [Asked; 2] = [Asked::Request, Asked::Event];

impl Flight {
    /// The request as bytes; equal requests give equal bytes. What the host is doing for it is not
    /// part of them.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::GateFlight);
        writer.u8(self.asked as u8);
        write_stage(&mut writer, self.stage);
        writer.text(&self.prompt);
        writer.option(self.source_name.as_deref(), Writer::text);
        writer.length(self.vector.len());
        for value in &self.vector {
            writer.bytes(&value.to_le_bytes());
        }
        for number in [
            u64::from(self.top_k),
            u64::from(self.max_tokens),
            u64::from(self.context_items),
            u64::from(self.context_texts),
            self.started_ms,
            self.step,
            self.resets,
        ] {
            writer.number(number);
        }
        writer.u8(self.phase as u8);
        writer.boolean(self.stateless);
        writer.boolean(self.is_asked);
        write_judgement(&mut writer, &self.judgement);
        writer.length(self.mishaps.len());
        for reason in &self.mishaps {
            writer.text(&reason.code);
            writer.text(&reason.message);
            writer.option(reason.observed, Writer::f64);
            writer.option(reason.threshold, Writer::f64);
        }
        writer.text(&self.ending.response);
        writer.option(self.ending.confidence, Writer::f64);
        writer.boolean(self.ending.remembered);
        writer.finish()
    }
}

impl Gate {
    /// The request that [`Flight::snapshot`] was taken of, of this gate.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] says in what way the bytes are foreign or damaged.
    pub fn restore_flight(&self, snapshot: &[u8]) -> Result<Flight, SnapshotError> {
        let mut reader = Reader::open(Kind::GateFlight, snapshot)?;
        let asked = reader.choice(&ASKED, "what was asked")?;
        let stage = read_stage(&mut reader)?;
        let prompt = reader.text()?;
        let source_name = reader.option(Reader::text)?;
        let vector = self.read_vector(&mut reader)?;
        let [top_k, max_tokens, context_items, context_texts] = [
            small(&mut reader)?,
            small(&mut reader)?,
            small(&mut reader)?,
            small(&mut reader)?,
        ];
        let flight = Flight {
            asked,
            stage,
            vector,
            top_k,
            max_tokens,
            context_items,
            context_texts,
            started_ms: reader.number()?,
            step: reader.number()?,
            resets: reader.number()?,
            phase: reader.choice(&PHASES, "phase")?,
            stateless: reader.boolean()?,
            is_asked: reader.boolean()?,
            judgement: read_judgement(&mut reader)?,
            mishaps: read_reasons(&mut reader)?,
            ending: self.read_ending(&mut reader, &prompt)?,
            prompt,
            source_name,
        };
        reader.finish()?;
        Ok(flight)
    }

    fn read_vector(&self, reader: &mut Reader<'_>) -> Result<Vec<f32>, SnapshotError> {
        let dimension = self.settings().dimension as usize;
        let count = reader.length(dimension, "a vector is too long")?;
        if count != 0 && count != dimension {
            return Err(SnapshotError::Malformed("a vector is too short"));
        }
        let bytes = reader.bytes(count * size_of::<f32>())?;
        let (values, _) = bytes.as_chunks();
        let values: Vec<_> = values
            .iter()
            .map(|value| f32::from_le_bytes(*value))
            .collect();
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(SnapshotError::Malformed("a number is not finite"))
        }
    }

    /// The judgement of the answer's form follows from the answer.
    fn read_ending(&self, reader: &mut Reader<'_>, prompt: &str) -> Result<Ending, SnapshotError> {
        let response = reader.text()?;
        let confidence = reader.option(unit_interval)?;
        let settings = &self.settings().quality;
        let quality =
            confidence.map(|confidence| Quality::of(settings, prompt, &response, confidence));
        Ok(Ending {
            response,
            confidence,
            quality,
            remembered: reader.boolean()?,
        })
    }
}

fn small(reader: &mut Reader<'_>) -> Result<u32, SnapshotError> {
    let number = reader.number()?;
    u32::try_from(number).map_err(|_| SnapshotError::Malformed("a count is too large"))
}

fn unit_interval(reader: &mut Reader<'_>) -> Result<f64, SnapshotError> {
    let value = reader.f64()?;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(SnapshotError::Malformed("a share is out of its range"))
    }
}

fn write_stage(writer: &mut Writer, stage: Stage) {
    let (tag, entries) = match stage {
        Stage::Embedding => (0, 0),
        Stage::Recalling => (1, 0),
        Stage::Generating => (2, 0),
        Stage::Remembering => (3, 0),
        Stage::Consolidating { entries } => (4, entries),
        Stage::Finished => (5, 0),
    };
    writer.u8(tag);
    writer.number(entries);
}

fn read_stage(reader: &mut Reader<'_>) -> Result<Stage, SnapshotError> {
    let tag = reader.u8()?;
    let entries = reader.number()?;
    Ok(match (tag, entries) {
        (0, 0) => Stage::Embedding,
        (1, 0) => Stage::Recalling,
        (2, 0) => Stage::Generating,
        (3, 0) => Stage::Remembering,
        (4, entries) => Stage::Consolidating { entries },
        (5, 0) => Stage::Finished,
        _ => return Err(SnapshotError::Malformed("stage")),
    })
}

fn write_judgement(writer: &mut Writer, judgement: &Judgement) {
    writer.option(judgement.score, Writer::f64);
    writer.f64(judgement.threshold_before);
    writer.f64(judgement.threshold_after);
    writer.f64(judgement.acceptance);
    writer.u8(judgement.policy as u8);
    writer.option(judgement.alarm, |writer, alarm| {
        writer.f64(alarm.change);
        writer.f64(alarm.limit);
        writer.u32(alarm.changes);
    });
}

fn read_judgement(reader: &mut Reader<'_>) -> Result<Judgement, SnapshotError> {
    Ok(Judgement {
        score: reader.option(unit_interval)?,
        threshold_before: unit_interval(reader)?,
        threshold_after: unit_interval(reader)?,
        acceptance: unit_interval(reader)?,
        policy: reader.choice(&Policy::ALL, "policy")?,
        alarm: reader.option(|reader| {
            Ok(DriftAlarm {
                change: reader.f64()?,
                limit: reader.f64()?,
                changes: reader.u32()?,
            })
        })?,
    })
}

fn read_reasons(reader: &mut Reader<'_>) -> Result<Vec<Reason>, SnapshotError> {
    let count = reader.length(REASONS, "reasons")?;
    let mut reasons = Vec::new();
    for _ in 0..count {
        reasons.push(Reason {
            code: Cow::Owned(reader.text()?),
            message: reader.text()?,
            observed: reader.option(Reader::f64)?,
            threshold: reader.option(Reader::f64)?,
        });
    }
    Ok(reasons)
}
