//! The bytes of a controller: those of its parts, one after the other.

use super::{Controller, ControllerConfig, ControllerSettings, Embedder, MOST_FLIGHTS, built_in};
use crate::error::Error;
use crate::gate::{Flight, Gate};
use crate::memory::{PhaseMemory, Restoring, SynapticMemory};
use crate::snapshot::{Kind, Reader, SnapshotError, Writer};
use std::collections::BTreeMap;

/// Bytes of an entry beside its vector and its texts, and its share of what stands around a chunk; rounded up.
const ENTRY_BYTES: usize = 128;

impl Controller {
    /// Everything as bytes, requests under way as well; equal controllers give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Controller);
        writer.u8(self.config.settings().embedder as u8);
        part(&mut writer, &self.gate.snapshot());
        part(&mut writer, &self.synaptic.snapshot());
        writer.length(self.flights.len());
        for (number, flight) in &self.flights {
            writer.number(*number);
            part(&mut writer, &flight.snapshot());
        }
        writer.reserve(self.memory_bytes());
        part(&mut writer, &self.memory.manifest());
        for index in 0..self.memory.chunk_count() {
            part(&mut writer, &self.memory.chunk(index).unwrap_or_default());
        }
        writer.finish()
    }

    /// About as many bytes as manifest and chunks have, rather too many.
    fn memory_bytes(&self) -> usize {
        let usage = self.memory.usage();
        let row = size_of::<f32>() * self.settings().memory.dimension as usize + ENTRY_BYTES;
        let texts = usize::try_from(usage.text_bytes).unwrap_or(usize::MAX);
        texts.saturating_add(row.saturating_mul(usage.entries as usize + 1))
    }

    /// The controller that [`snapshot`](Self::snapshot) was taken of.
    ///
    /// # Errors
    ///
    /// [`Error::CorruptSnapshot`] says in what way the bytes are foreign or damaged, and names the
    /// chunk of the memory where it is one.
    pub fn restore(snapshot: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::open(Kind::Controller, snapshot)?;
        let embedder = reader.choice(&Embedder::ALL, "embedder")?;
        let gate = Gate::restore(read_part(&mut reader)?)?;
        let synaptic = SynapticMemory::restore(read_part(&mut reader)?)?;
        let flights = read_flights(&gate, &mut reader)?;
        let memory = read_memory(&mut reader)?;
        reader.finish()?;
        let settings = ControllerSettings {
            gate: gate.settings().clone(),
            memory: *memory.config().settings(),
            synaptic: *synaptic.settings(),
            embedder,
        };
        let config = ControllerConfig::new(settings)
            .map_err(|_| SnapshotError::Malformed("its parts do not fit each other"))?;
        Ok(Self {
            gate,
            memory,
            synaptic,
            embedder: built_in(&config)?,
            flights,
            config,
        })
    }
}

fn part(writer: &mut Writer, bytes: &[u8]) {
    writer.length(bytes.len());
    writer.bytes(bytes);
}

fn read_part<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], SnapshotError> {
    let length = reader.length(reader.left(), "a part ends too early")?;
    reader.bytes(length)
}

fn read_flights(
    gate: &Gate,
    reader: &mut Reader<'_>,
) -> Result<BTreeMap<u64, Flight>, SnapshotError> {
    let count = reader.length(MOST_FLIGHTS, "too many requests are under way")?;
    let mut flights = BTreeMap::new();
    for _ in 0..count {
        let number = reader.number()?;
        if flights
            .last_key_value()
            .is_some_and(|(last, _)| *last >= number)
        {
            return Err(SnapshotError::Malformed("its requests are not in order"));
        }
        let flight = gate.restore_flight(read_part(reader)?)?;
        if flight.is_finished() {
            return Err(SnapshotError::Malformed("a request under way has ended"));
        }
        flights.insert(number, flight);
    }
    Ok(flights)
}

fn read_memory(reader: &mut Reader<'_>) -> Result<PhaseMemory, Error> {
    let mut restoring = Restoring::new(read_part(reader)?)?;
    for index in 0..restoring.chunk_count() {
        restoring.chunk(index, read_part(reader)?)?;
    }
    Ok(restoring.finish()?)
}
