//! A chain as one value, for stores that change one value at a time.
//!
//! Format version (1 byte), head as JSON, number of the snapshot's event plus one or 0 (8 bytes), snapshot, number of
//! lines (8 bytes), the lines, BLAKE3 hash of all before it (32 bytes). Texts and bytes come with their length (8 bytes);
//! numbers are little-endian.

use crate::hash::Hash;
use crate::store::{Append, Head, StoreError, Stored};
use std::sync::Arc;

const VERSION: u8 = 2;
/// Lines are moved out when they weigh more than this.
const MOST_RECENT_BYTES: usize = 64 * 1024;

/// A chain in one value: where it stands, its last state, and its last events. Older events have a place of their own;
/// an event is moved there only once the bundle that holds it is durable, so that nothing is lost in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Where the chain stands.
    pub head: Head,
    /// The last state that was kept, and the sequence of the event after which it was.
    pub snapshot: Option<(u64, Arc<[u8]>)>,
    /// The last events, the newest last.
    pub recent: Vec<String>,
}

impl Bundle {
    /// The bundle after an append that follows it, and the events that must have a place of their own before it is
    /// stored: the sequence of the first, and all of them in order.
    #[must_use]
    pub fn after(before: Option<Self>, append: Append) -> (Self, u64, Vec<String>) {
        let sequence = append.head.sequence;
        let (mut recent, mut snapshot) =
            before.map_or_else(Default::default, |before| (before.recent, before.snapshot));
        let first = sequence.saturating_sub(recent.len() as u64);
        let weight = recent
            .iter()
            .map(String::len)
            .fold(append.line.len(), usize::saturating_add);
        let moves = append.snapshot.is_some() || append.head.closed || weight > MOST_RECENT_BYTES;
        if append.head.closed {
            snapshot = None;
        } else if let Some(state) = append.snapshot {
            snapshot = Some((sequence, state));
        }
        let moved = if moves {
            std::mem::take(&mut recent)
        } else {
            Vec::new()
        };
        recent.push(append.line);
        let bundle = Self {
            head: append.head,
            snapshot,
            recent,
        };
        (bundle, first, moved)
    }

    /// Of the first event that is in it.
    #[must_use]
    pub fn first_recent(&self) -> u64 {
        (self.head.sequence + 1).saturating_sub(self.recent.len() as u64)
    }

    /// The chain; the events between its state and those that are in it are given by `moved`, in order.
    #[must_use]
    pub fn into_stored(self, moved: Vec<String>) -> Stored {
        let from = self
            .snapshot
            .as_ref()
            .map_or(0, |(sequence, _)| sequence + 1);
        let skipped = from.saturating_sub(self.first_recent());
        let recent = self
            .recent
            .into_iter()
            .skip(usize::try_from(skipped).unwrap_or(usize::MAX));
        Stored {
            head: self.head,
            snapshot: self.snapshot,
            tail: moved.into_iter().chain(recent).collect(),
        }
    }

    /// All of it; equal bundles give equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let mut part = |part: &[u8]| {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        };
        part(self.head.to_json().as_bytes());
        let (sequence, snapshot) = self
            .snapshot
            .as_ref()
            .map_or((0, [].as_slice()), |(sequence, bytes)| {
                (sequence + 1, bytes)
            });
        part(&sequence.to_le_bytes());
        part(snapshot);
        for line in &self.recent {
            part(line.as_bytes());
        }
        let hash = Hash::of(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
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
        let (framed, hash) = bytes.split_last_chunk::<32>().ok_or_else(short)?;
        if Hash::of(framed) != Hash::from_bytes(*hash) {
            return Err(damaged("its hash does not fit"));
        }
        let (&version, mut rest) = framed.split_first().ok_or_else(short)?;
        if version != VERSION {
            return Err(StoreError::Damaged(format!(
                "it has format version {version}; this build reads {VERSION}"
            )));
        }
        let mut part = || {
            let (length, after) = rest.split_first_chunk::<8>().ok_or_else(short)?;
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| short())?;
            let (part, after) = after.split_at_checked(length).ok_or_else(short)?;
            rest = after;
            Ok::<_, StoreError>((part, after.is_empty()))
        };
        let head = Head::from_json(part()?.0)?;
        let sequence = part()?.0.try_into().map_err(|_| short())?;
        let (snapshot, mut is_last) = part()?;
        let snapshot = u64::from_le_bytes(sequence)
            .checked_sub(1)
            .map(|sequence| (sequence, snapshot.into()));
        let mut recent = Vec::new();
        while !is_last {
            let (line, last) = part()?;
            recent.push(
                std::str::from_utf8(line)
                    .map_err(|_| damaged("an event is no text"))?
                    .to_owned(),
            );
            is_last = last;
        }
        Ok(Self {
            head,
            snapshot,
            recent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::event::tests::draft;
    use crate::store::ChainKind;
    use std::collections::BTreeMap;

    fn append(before: Option<&Head>, input: &str, snapshot: Option<&[u8]>) -> Append {
        let (sequence, previous) =
            before.map_or((0, Hash::ZERO), |head| (head.sequence + 1, head.hash));
        let event = Event::seal(draft(input), "a".into(), sequence, previous);
        Append::new(
            before,
            ChainKind::Session,
            &event,
            snapshot.map(Arc::from),
            false,
        )
    }

    #[test]
    fn every_event_is_in_the_bundle_or_has_a_place_of_its_own() {
        let mut moved_out = BTreeMap::new();
        let mut bundle: Option<Bundle> = None;
        let mut lines = Vec::new();
        let large = "x".repeat(30_000);
        for step in 0..40 {
            let snapshot = (step % 7 == 0)
                .then_some([step].as_slice())
                .map(<[u8]>::to_vec);
            let input = if step % 3 == 0 { &large } else { "y" };
            let append = append(
                bundle.as_ref().map(|bundle| &bundle.head),
                input,
                snapshot.as_deref(),
            );
            lines.push(append.line.clone());
            let (next, first, moved) = Bundle::after(bundle.take(), append);
            for (sequence, line) in (first..).zip(moved) {
                moved_out.insert(sequence, line);
            }
            let next = Bundle::from_bytes(&next.to_bytes()).unwrap();
            let first = next.first_recent();
            let all = moved_out
                .range(..first)
                .map(|(_, line)| line)
                .chain(&next.recent);
            assert_eq!(all.collect::<Vec<_>>(), lines.iter().collect::<Vec<_>>());
            let from = next.snapshot.as_ref().unwrap().0 + 1;
            let between = moved_out
                .range(from..first.max(from))
                .map(|(_, line)| line.clone())
                .collect();
            let stored = next.clone().into_stored(between);
            assert_eq!(stored.tail, lines[from as usize..]);
            bundle = Some(next);
        }
        assert!(moved_out.len() > 30);
    }

    #[test]
    fn every_damaged_byte_is_seen() {
        let (bundle, _, _) = Bundle::after(None, append(None, "x", Some(b"state")));
        let bytes = bundle.to_bytes();
        assert_eq!(Bundle::from_bytes(&bytes), Ok(bundle));
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 0x10;
            for damaged in [damaged.as_slice(), &bytes[..index]] {
                assert!(matches!(
                    Bundle::from_bytes(damaged),
                    Err(StoreError::Damaged(_))
                ));
            }
        }
        let mut other = bytes[..bytes.len() - 32].to_vec();
        other[0] = 9;
        let hash = Hash::of(&other);
        other.extend_from_slice(hash.as_bytes());
        assert!(
            Bundle::from_bytes(&other)
                .unwrap_err()
                .to_string()
                .contains("format version 9")
        );
    }
}
