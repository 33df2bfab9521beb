//! The `memory` interface.

use crate::Core;
use crate::bindings::exports::assize::core::{memory as wit, types};
use crate::convert::all;
use crate::convert_memory::{new_entry, query};
use assize_core::embedding::HashingEmbedder;
use assize_core::{Error, memory as core};
use std::cell::RefCell;

impl wit::Guest for Core {
    type PhaseMemory = PhaseMemory;
    type Restoring = Restoring;
    type SynapticMemory = SynapticMemory;

    fn default_config() -> wit::Config {
        core::MemorySettings::default().into()
    }

    fn embed(text: String, dimension: u32) -> Result<Vec<f32>, types::Error> {
        Ok(HashingEmbedder::new(dimension)?.embed(&text)?)
    }

    fn default_synaptic_config() -> wit::SynapticConfig {
        core::SynapticSettings::default().into()
    }
}

/// A phase memory behind a handle; calls never overlap, an instance is single-threaded.
pub(crate) struct PhaseMemory(RefCell<core::PhaseMemory>);

impl wit::GuestPhaseMemory for PhaseMemory {
    fn new(config: wit::Config) -> Result<Self, types::Error> {
        let config = core::MemoryConfig::new(config.into())?;
        Ok(Self(RefCell::new(core::PhaseMemory::new(config)?)))
    }

    fn config(&self) -> wit::Config {
        (*self.0.borrow().config().settings()).into()
    }

    fn insert(
        &self,
        entries: Vec<wit::NewEntry>,
        now_ms: u64,
    ) -> Result<Vec<wit::Inserted>, types::Error> {
        let entries: Vec<_> = entries.iter().map(new_entry).collect();
        Ok(all(self.0.borrow_mut().insert_batch(&entries, now_ms)?))
    }

    fn retrieve(
        &self,
        given: wit::Query,
        now_ms: u64,
    ) -> Result<Vec<wit::Recollection>, types::Error> {
        Ok(all(self.0.borrow().retrieve(&query(&given), now_ms)?))
    }

    fn entry(&self, id: u64, now_ms: u64) -> Option<wit::Entry> {
        self.0.borrow().entry(id, now_ms).map(Into::into)
    }

    fn vector(&self, id: u64, now_ms: u64) -> Option<Vec<f32>> {
        self.0.borrow().vector(id, now_ms).map(<[f32]>::to_vec)
    }

    fn entries(&self, after: u64, count: u32, now_ms: u64) -> Vec<wit::Entry> {
        all(self.0.borrow().entries(after, count as usize, now_ms))
    }

    fn consolidate(&self, ids: Vec<u64>, now_ms: u64) -> u32 {
        self.0.borrow_mut().consolidate(&ids, now_ms)
    }

    fn forget(&self, ids: Vec<u64>) -> u32 {
        self.0.borrow_mut().forget(&ids)
    }

    fn forget_source(&self, source_name: String) -> u32 {
        self.0.borrow_mut().forget_source(&source_name)
    }

    fn sweep(&self, now_ms: u64, limit: u32) -> u32 {
        self.0.borrow_mut().sweep(now_ms, limit)
    }

    fn usage(&self) -> wit::Usage {
        self.0.borrow().usage().into()
    }

    fn generation(&self) -> u64 {
        self.0.borrow().generation()
    }

    fn chunk_count(&self) -> u32 {
        self.0.borrow().chunk_count() as u32
    }

    fn changed_since(&self, generation: u64) -> Vec<u32> {
        let changed = self.0.borrow().changed_since(generation);
        changed.into_iter().map(|chunk| chunk as u32).collect()
    }

    fn manifest(&self) -> Vec<u8> {
        self.0.borrow().manifest()
    }

    fn chunk(&self, index: u32) -> Option<Vec<u8>> {
        self.0.borrow().chunk(index as usize)
    }
}

/// A memory of which not all chunks have come, behind a handle.
pub(crate) struct Restoring(RefCell<core::Restoring>);

impl wit::GuestRestoring for Restoring {
    fn new(manifest: Vec<u8>) -> Result<Self, types::Error> {
        let restoring = core::Restoring::new(&manifest).map_err(Error::from)?;
        Ok(Self(RefCell::new(restoring)))
    }

    fn chunk_count(&self) -> u32 {
        self.0.borrow().chunk_count() as u32
    }

    fn chunk(&self, index: u32, bytes: Vec<u8>) -> Result<(), types::Error> {
        let mut restoring = self.0.borrow_mut();
        let taken = restoring.chunk(index as usize, &bytes);
        Ok(taken.map_err(Error::from)?)
    }

    fn finish(restoring: wit::Restoring) -> Result<wit::PhaseMemory, types::Error> {
        let restoring: Self = restoring.into_inner();
        let memory = restoring.0.into_inner().finish().map_err(Error::from)?;
        Ok(wit::PhaseMemory::new(PhaseMemory(RefCell::new(memory))))
    }
}

/// A synaptic memory behind a handle.
pub(crate) struct SynapticMemory(RefCell<core::SynapticMemory>);

impl wit::GuestSynapticMemory for SynapticMemory {
    fn new(config: wit::SynapticConfig) -> Result<Self, types::Error> {
        let config = core::SynapticConfig::new(config.into())?;
        Ok(Self(RefCell::new(core::SynapticMemory::new(config))))
    }

    fn config(&self) -> wit::SynapticConfig {
        (*self.0.borrow().settings()).into()
    }

    fn update(&self, vector: Vec<f32>) -> Result<(), types::Error> {
        Ok(self.0.borrow_mut().update(&vector)?)
    }

    fn levels(&self) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let memory = self.0.borrow();
        memory.levels().map(<[f32]>::to_vec).into()
    }

    fn norms(&self) -> (f32, f32, f32) {
        self.0.borrow().norms().into()
    }

    fn bytes(&self) -> u64 {
        self.0.borrow().bytes()
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.borrow().snapshot()
    }

    fn restore(snapshot: Vec<u8>) -> Result<wit::SynapticMemory, types::Error> {
        let memory = core::SynapticMemory::restore(&snapshot).map_err(Error::from)?;
        Ok(wit::SynapticMemory::new(Self(RefCell::new(memory))))
    }
}
