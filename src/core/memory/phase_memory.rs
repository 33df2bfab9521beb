//! The phase memory: what is stored, what gives way, what is forgotten.

use super::entry::{CONSOLIDATED_PHASE, Entry, Inserted, NewEntry, STORAGE_CONFIDENCE};
use super::heap::SlotHeap;
use super::settings::MemoryConfig;
use super::slots::{Fields, NEVER, Slots, put};
use super::snapshot::entries_per_chunk;
use super::texts::Texts;
use super::top::Top;
use super::{NoRoom, reserve};
use crate::error::{Error, FieldError, InvalidInput};
use crate::limits::LimitReached;
use hashbrown::HashTable;
use std::fmt;

/// Ids stay below what every format of numbers holds exactly.
pub(super) const LARGEST_ID: u64 = 1 << 53;
/// Bytes that the memory itself counts as, whatever the size of a pointer: every platform is to report the same.
const OWN_BYTES: usize = 1024;
const _: () = assert!(size_of::<PhaseMemory>() <= OWN_BYTES);
/// Expired entries that are removed with each one that is stored.
const SWEPT_WITH_EACH: u32 = 4;
/// Errors of one batch, after which no more are looked for.
const BATCH_ERRORS: usize = 100;

/// What a memory holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Number of entries, with those that have expired and were not removed yet.
    pub entries: u32,
    /// Number of entries that are kept at most.
    pub capacity: u32,
    /// How many of them are consolidated.
    pub consolidated: u32,
    /// Bytes of the blocks that hold texts.
    pub text_bytes: u64,
    /// Bytes of memory that are set aside, full or not. A search takes up to 64 more for each entry
    /// while it runs.
    pub bytes: u64,
}

/// A bounded memory of vectors with phases.
///
/// When it is full, the oldest of the least confident entries gives way, consolidated ones last: a ring
/// where all are equal. Entries below [`STORAGE_CONFIDENCE`] are not stored.
///
/// # Example
///
/// ```
/// use assize_core::memory::{MemoryConfig, MemorySettings, NewEntry, PhaseMemory, Query};
///
/// let config = MemoryConfig::new(MemorySettings { dimension: 2, capacity: 10, ..Default::default() })?;
/// let mut memory = PhaseMemory::new(config)?;
/// let now = 1_700_000_000_000;
/// let entry = NewEntry { text: Some("east"), ..NewEntry::new(&[1.0, 0.0], 0.1) };
/// memory.insert(&entry, now)?;
/// let found = memory.retrieve(&Query::new(&[0.6, 0.8], 0.1), now)?;
/// assert_eq!((found[0].resonance, found[0].entry.text.as_deref()), (0.6, Some("east")));
/// # Ok::<(), assize_core::Error>(())
/// ```
pub struct PhaseMemory {
    pub(super) config: MemoryConfig,
    pub(super) slots: Slots,
    pub(super) texts: Texts,
    by_id: HashTable<u32>,
    /// All slots, what gives way first.
    eviction: SlotHeap,
    /// Those with a text or a source name, what gives way first.
    text_eviction: SlotHeap,
    /// Those that expire, the next one first.
    expiry: SlotHeap,
    consolidated: u32,
    pub(super) next_id: u64,
    /// Counts changes of slots.
    pub(super) generation: u64,
    /// For each chunk, the generation of its last change.
    pub(super) chunk_generations: Vec<u64>,
}

/// What it holds is not for logs.
impl fmt::Debug for PhaseMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("PhaseMemory");
        shown.field("config", &self.config);
        shown.field("usage", &self.usage()).finish_non_exhaustive()
    }
}

fn hash(id: &u64) -> u64 {
    id.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// A table with room for twice the entries: so it clears away removals without growing.
fn table(capacity: usize) -> Result<HashTable<u32>, NoRoom> {
    let mut table = HashTable::new();
    let room = table.try_reserve(2 * capacity, |_| 0);
    room.map_err(|_| NoRoom)?;
    Ok(table)
}

/// Bytes of such a table, rounded up: how it is laid out differs between platforms.
const fn table_bytes(capacity: usize) -> usize {
    let slots = (16 * capacity).div_ceil(7).next_power_of_two();
    let slots = if slots < 16 { 16 } else { slots };
    slots * (size_of::<u32>() + 1) + 32
}

impl MemoryConfig {
    /// Bytes of memory that a [`PhaseMemory`] of this configuration sets aside.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let capacity = self.capacity();
        let heaps = 3 * SlotHeap::bytes_of(capacity);
        let texts = Texts::bytes_of(self.text_blocks());
        let chunks = capacity.div_ceil(entries_per_chunk(self.dimension())) * size_of::<u64>();
        Slots::bytes_of(self) + (heaps + texts + table_bytes(capacity) + chunks + OWN_BYTES) as u64
    }
}

impl PhaseMemory {
    /// An empty memory. Sets aside all that it will ever take.
    ///
    /// # Errors
    ///
    /// That there is not so much memory, at `/config/capacity`.
    pub fn new(config: MemoryConfig) -> Result<Self, InvalidInput> {
        Self::allocate(config).map_err(|_| {
            InvalidInput::single(FieldError::new(
                "/config/capacity",
                format!(
                    "takes {} bytes with these settings, more than there is memory",
                    config.bytes()
                ),
            ))
        })
    }

    pub(super) fn allocate(config: MemoryConfig) -> Result<Self, NoRoom> {
        let capacity = config.capacity();
        let chunks = capacity.div_ceil(entries_per_chunk(config.dimension()));
        Ok(Self {
            config,
            slots: Slots::new(&config)?,
            texts: Texts::new(config.text_blocks())?,
            by_id: table(capacity)?,
            eviction: SlotHeap::new(capacity)?,
            text_eviction: SlotHeap::new(capacity)?,
            expiry: SlotHeap::new(capacity)?,
            consolidated: 0,
            next_id: 1,
            generation: 0,
            chunk_generations: reserve(chunks)?,
        })
    }

    /// The settings that it was made with.
    #[must_use]
    pub const fn config(&self) -> &MemoryConfig {
        &self.config
    }

    /// What it holds, and the memory that it takes.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let heaps = [&self.eviction, &self.text_eviction, &self.expiry];
        let bytes = heaps.iter().map(|heap| heap.bytes()).sum::<usize>()
            + self.texts.bytes()
            + table_bytes(self.config.capacity()).max(self.by_id.allocation_size())
            + self.chunk_generations.capacity() * size_of::<u64>()
            + OWN_BYTES;
        Usage {
            entries: self.slots.len() as u32,
            capacity: self.config.settings().capacity,
            consolidated: self.consolidated,
            text_bytes: self.texts.used_bytes() as u64,
            bytes: self.slots.bytes() + bytes as u64,
        }
    }

    pub(super) fn find(&self, id: u64) -> Option<usize> {
        let ids = &self.slots.ids;
        let is_it = |slot: &u32| ids.get(*slot as usize) == Some(&id);
        let found = self.by_id.find(hash(&id), is_it);
        found.map(|slot| *slot as usize)
    }

    fn find_live(&self, id: u64, now: u64) -> Option<(usize, Fields)> {
        let slot = self.find(id)?;
        let fields = self.slots.fields(slot)?;
        (fields.expires_at > now).then_some((slot, fields))
    }

    /// The entry with this id, unless it has expired.
    #[must_use]
    pub fn entry(&self, id: u64, now: u64) -> Option<Entry> {
        let (_, fields) = self.find_live(id, now)?;
        Some(fields.entry(&self.texts))
    }

    /// The vector of the entry with this id, unless it has expired.
    #[must_use]
    pub fn vector(&self, id: u64, now: u64) -> Option<&[f32]> {
        let (slot, _) = self.find_live(id, now)?;
        Some(self.slots.vector(slot))
    }

    /// The entries with an id above `after`, the oldest first, at most `count`, for lists and exports.
    #[must_use]
    pub fn entries(&self, after: u64, count: usize, now: u64) -> Vec<Entry> {
        let mut found = Top::new(count.min(self.slots.len()));
        for (id, expires_at) in self.slots.ids.iter().zip(&self.slots.expiries) {
            if *id > after && *expires_at > now {
                found.offer(std::cmp::Reverse(*id));
            }
        }
        let ids = found.into_sorted().take(count);
        ids.filter_map(|id| self.entry(id.0, now)).collect()
    }

    /// Stores an entry, unless its confidence is too low. A few entries that have expired by `now`
    /// (milliseconds since 1970) are removed on the way.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] names each field that is not acceptable, as in `/vector/17`;
    /// [`Error::Limit`] says that there are no more ids. Whatever the error, nothing has changed.
    pub fn insert(&mut self, entry: &NewEntry<'_>, now: u64) -> Result<Inserted, Error> {
        let mut errors = Vec::new();
        entry.check("", &self.config, self.next_id, now, &mut errors);
        InvalidInput::check(errors)?;
        self.check_ids(1)?;
        Ok(self.store(entry, now))
    }

    /// Stores entries one after the other, or none of them.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert), with pointers that begin with `/entries/` and the position; after
    /// 100 errors no more are looked for.
    pub fn insert_batch(
        &mut self,
        entries: &[NewEntry<'_>],
        now: u64,
    ) -> Result<Vec<Inserted>, Error> {
        let mut errors = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let at = format!("/entries/{index}");
            entry.check(&at, &self.config, self.next_id, now, &mut errors);
            if errors.len() >= BATCH_ERRORS {
                break;
            }
        }
        InvalidInput::check(errors)?;
        self.check_ids(entries.len() as u64)?;
        Ok(entries.iter().map(|entry| self.store(entry, now)).collect())
    }

    fn check_ids(&self, wanted: u64) -> Result<(), LimitReached> {
        let observed = self.next_id.saturating_add(wanted);
        if observed <= LARGEST_ID {
            return Ok(());
        }
        Err(LimitReached {
            name: "memory-ids".to_owned(),
            limit: LARGEST_ID,
            observed,
        })
    }

    /// Stores an entry that was checked.
    fn store(&mut self, entry: &NewEntry<'_>, now: u64) -> Inserted {
        if entry.confidence < STORAGE_CONFIDENCE {
            return Inserted::Refused {
                confidence: entry.confidence,
                required: STORAGE_CONFIDENCE,
            };
        }
        self.sweep(now, SWEPT_WITH_EACH);
        let mut evicted = Vec::new();
        let (name, text) = (entry.source_name.unwrap_or(""), entry.text.unwrap_or(""));
        while self.texts.free_blocks() < Texts::blocks_of(name, text)
            && let Some(slot) = self.text_eviction.least()
        {
            evicted.extend(self.slots.ids.get(slot));
            self.remove(slot);
        }
        let mut slot = self.slots.len();
        if slot >= self.config.capacity()
            && let Some(least) = self.eviction.least()
        {
            evicted.extend(self.slots.ids.get(least));
            self.detach(least);
            slot = least;
        }
        let id = self.next_id;
        self.next_id += 1;
        let chain = self.texts.keep(name, text);
        let fields = Fields::of(entry, id, now, chain);
        self.write(slot, entry.vector, &fields);
        Inserted::Stored { id, evicted }
    }

    /// Writes an entry to a slot that holds none, or to the one after the last.
    pub(super) fn write(&mut self, slot: usize, vector: &[f32], fields: &Fields) {
        self.slots.write(slot, vector, fields);
        self.consolidated += u32::from(fields.record.consolidated);
        let slots = &self.slots;
        self.by_id
            .insert_unique(hash(&fields.id), slot as u32, |slot| {
                slots.ids.get(*slot as usize).map_or(0, hash)
            });
        if fields.expires_at != NEVER {
            self.expiry.insert(slot, |slot| expiry_key(slots, slot));
        }
        self.enter_evictions(slot, fields);
        self.touch(slot);
    }

    fn enter_evictions(&mut self, slot: usize, fields: &Fields) {
        let slots = &self.slots;
        let key = |slot: usize| slots.fields(slot).map(|fields| fields.eviction_key());
        self.eviction.insert(slot, key);
        let chain = fields.record.chain;
        if chain.name_bytes + chain.text_bytes > 0 {
            self.text_eviction.insert(slot, key);
        }
    }

    fn leave_evictions(&mut self, slot: usize) {
        let slots = &self.slots;
        let key = |slot: usize| slots.fields(slot).map(|fields| fields.eviction_key());
        self.eviction.remove(slot, key);
        self.text_eviction.remove(slot, key);
    }

    /// Takes the entry at a slot out of all lists and forgets its text; the slot is then to be
    /// written or removed.
    fn detach(&mut self, slot: usize) {
        let Some(fields) = self.slots.fields(slot) else {
            return;
        };
        self.leave_evictions(slot);
        let slots = &self.slots;
        self.expiry.remove(slot, |slot| expiry_key(slots, slot));
        let is_it = |at: &u32| *at as usize == slot;
        if let Ok(found) = self.by_id.find_entry(hash(&fields.id), is_it) {
            found.remove();
        }
        self.texts.release(fields.record.chain);
        self.consolidated -= u32::from(fields.record.consolidated);
    }

    fn remove(&mut self, slot: usize) {
        let Some(last) = self.slots.len().checked_sub(1) else {
            return;
        };
        self.detach(slot);
        let moved = self.slots.ids.get(last).copied().unwrap_or_default();
        self.slots.remove(slot);
        if slot != last {
            let is_it = |at: &u32| *at as usize == last;
            if let Some(at) = self.by_id.find_mut(hash(&moved), is_it) {
                *at = slot as u32;
            }
            for heap in [
                &mut self.eviction,
                &mut self.text_eviction,
                &mut self.expiry,
            ] {
                heap.rename(last, slot);
            }
            self.touch(slot);
        }
        self.touch(last);
        let per_chunk = entries_per_chunk(self.config.dimension());
        self.chunk_generations
            .truncate(self.slots.len().div_ceil(per_chunk));
    }

    /// The chunk of this slot has changed.
    fn touch(&mut self, slot: usize) {
        self.generation += 1;
        let chunk = slot / entries_per_chunk(self.config.dimension());
        put(&mut self.chunk_generations, chunk, self.generation);
    }

    /// Moves entries to [`CONSOLIDATED_PHASE`]: from then on they are found there and in their first
    /// phase, and are evicted after all others. Confidences stay. Ids that are not stored, have
    /// expired or are consolidated already are left out. Gives the number of entries that moved.
    pub fn consolidate(&mut self, ids: &[u64], now: u64) -> u32 {
        let mut moved = 0;
        for id in ids {
            let Some((slot, mut fields)) = self.find_live(*id, now) else {
                continue;
            };
            if fields.record.consolidated {
                continue;
            }
            self.leave_evictions(slot);
            fields.phase = CONSOLIDATED_PHASE;
            fields.record.consolidated = true;
            self.slots.write_phase(slot, &fields);
            self.enter_evictions(slot, &fields);
            self.touch(slot);
            self.consolidated += 1;
            moved += 1;
        }
        moved
    }

    /// [`consolidate`](Self::consolidate) for all entries at exactly this phase. Gives their number.
    pub fn consolidate_phase(&mut self, from: f32, now: u64) -> u32 {
        let entries = self.slots.phases.iter().zip(&self.slots.ids);
        let ids: Vec<u64> = entries
            .filter(|(phase, _)| **phase == from)
            .map(|(_, id)| *id)
            .collect();
        self.consolidate(&ids, now)
    }

    /// Removes entries and overwrites what they held. Gives the number of entries that there were.
    pub fn forget(&mut self, ids: &[u64]) -> u32 {
        let mut removed = 0;
        for id in ids {
            if let Some(slot) = self.find(*id) {
                self.remove(slot);
                removed += 1;
            }
        }
        removed
    }

    /// Removes all entries with this source name and overwrites what they held. Gives their number.
    pub fn forget_source(&mut self, source_name: &str) -> u32 {
        let mut removed = 0;
        if source_name.is_empty() {
            return removed;
        }
        // From the last: what takes a removed one's slot was looked at before.
        for slot in (0..self.slots.len()).rev() {
            let chain = self.slots.fields(slot).map(|fields| fields.record.chain);
            if chain.is_some_and(|chain| self.texts.is_named(chain, source_name)) {
                self.remove(slot);
                removed += 1;
            }
        }
        removed
    }

    /// Removes at most `limit` entries that have expired by `now`, and overwrites what they held.
    /// Gives their number. Expired entries are never found, removed or not.
    pub fn sweep(&mut self, now: u64, limit: u32) -> u32 {
        let mut removed = 0;
        while removed < limit
            && let Some(slot) = self.expiry.least()
            && self.slots.expiries.get(slot).is_some_and(|at| *at <= now)
        {
            self.remove(slot);
            removed += 1;
        }
        removed
    }
}

fn expiry_key(slots: &Slots, slot: usize) -> Option<(u64, u64)> {
    Some((*slots.expiries.get(slot)?, *slots.ids.get(slot)?))
}
