//! Finds the first place where a chain is not what was put into it.

use crate::checkpoint::Mark;
use crate::event::Event;
use crate::hash::Hash;
use crate::store::{Head, Row};
use crate::tombstone::Tombstone;
use std::fmt;

/// Where a chain breaks first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The chain.
    pub chain: String,
    /// The event that is not what it was, or the first one that is not there.
    pub sequence: u64,
    /// What happened to it.
    pub damage: Damage,
}

/// What happened to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// Its content does not fit its hash, or can't be read.
    Changed(String),
    /// It is whole, and is not the event that the next one, the end of the chain or a checkpoint names.
    Replaced,
    /// Events from it up to this one are missing.
    Removed(u64),
    /// It says that it belongs somewhere else.
    Moved {
        /// Where it says that it belongs.
        chain: String,
        /// Where it says that it belongs.
        sequence: u64,
    },
    /// It follows the end of the chain.
    Inserted,
}

impl fmt::Display for Break {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            chain,
            sequence,
            damage,
        } = self;
        match damage {
            Damage::Changed(what) => {
                write!(formatter, "event {chain}.{sequence} was changed: {what}")
            }
            Damage::Replaced => write!(
                formatter,
                "event {chain}.{sequence} was replaced by another"
            ),
            Damage::Removed(last) if last == sequence => {
                write!(formatter, "event {chain}.{sequence} was removed")
            }
            Damage::Removed(last) => {
                write!(
                    formatter,
                    "events {chain}.{sequence} to {chain}.{last} were removed"
                )
            }
            Damage::Moved {
                chain: from,
                sequence: place,
            } => write!(
                formatter,
                "at {chain}.{sequence} stands event {from}.{place}: one was inserted, or two were swapped"
            ),
            Damage::Inserted => {
                write!(
                    formatter,
                    "event {chain}.{sequence} was inserted: the chain ends before it"
                )
            }
        }
    }
}

/// Checks one chain, event by event.
#[derive(Debug)]
pub struct ChainVerifier {
    head: Head,
    /// The last one first; those that were reached are taken away.
    marks: Vec<Mark>,
    /// What must come next, and the hash that it must name.
    sequence: u64,
    previous: Hash,
    /// An event that does not follow the one before it: the one after it tells which of them is another.
    odd: Option<(u64, Hash)>,
    /// Where a checkpoint names another event than the tombstone.
    forged: Option<u64>,
    events: u64,
}

impl ChainVerifier {
    /// For the chain that ends at `head`, whose events up to the tombstone's were removed; `marks` are what
    /// checkpoints say of it, by sequence.
    #[must_use]
    pub fn new(head: Head, tombstone: Option<&Tombstone>, marks: Vec<Mark>) -> Self {
        let (sequence, previous) = tombstone.map_or((0, Hash::ZERO), |tombstone| {
            (tombstone.sequence.saturating_add(1), tombstone.hash)
        });
        let mut marks = marks;
        marks.sort_by_key(|mark| std::cmp::Reverse(mark.sequence));
        let mut forged = None;
        if let Some(tombstone) = tombstone {
            let fits =
                |mark: &Mark| mark.sequence != tombstone.sequence || mark.hash == tombstone.hash;
            forged = (!marks.iter().all(fits)).then_some(tombstone.sequence);
            marks.retain(|mark| mark.sequence > tombstone.sequence);
        }
        Self {
            head,
            marks,
            sequence,
            previous,
            odd: None,
            forged,
            events: 0,
        }
    }

    fn check_tombstone(&self) -> Result<(), Box<Break>> {
        match self.forged {
            Some(sequence) => Err(self.at(sequence, Damage::Replaced)),
            None => Ok(()),
        }
    }

    /// Takes the next row.
    ///
    /// # Errors
    ///
    /// The first break.
    pub fn push(&mut self, row: &Row) -> Result<Event, Box<Break>> {
        self.check_tombstone()?;
        let (expected, found) = (self.sequence, row.sequence);
        if found > expected {
            self.settle_odd(None)?;
            return Err(self.at(expected, Damage::Removed(found - 1)));
        }
        if found < expected {
            return Err(self.at(found, Damage::Inserted));
        }
        let event = Event::from_line(&row.line)
            .map_err(|error| self.at(found, Damage::Changed(error.to_string())))?;
        if event.sequence != found || event.chain != self.head.chain {
            let damage = Damage::Moved {
                chain: event.chain.to_string(),
                sequence: event.sequence,
            };
            return Err(self.at(found, damage));
        }
        let computed = event.computed_hash();
        if computed != event.hash {
            let damage = Damage::Changed("its content does not fit its hash".to_owned());
            return Err(self.at(found, damage));
        }
        self.settle_odd(Some(&event))?;
        if event.previous != self.previous {
            if expected == 0 || self.events == 0 {
                return Err(self.at(found, Damage::Replaced));
            }
            self.odd = Some((found, event.hash));
        }
        while self.marks.last().is_some_and(|mark| mark.sequence <= found) {
            let mark = self.marks.pop();
            if mark.is_some_and(|mark| mark.sequence == found && mark.hash != event.hash) {
                return Err(self.at(found, Damage::Replaced));
            }
        }
        if found > self.head.sequence {
            return Err(self.at(found, Damage::Inserted));
        }
        self.sequence = found.saturating_add(1);
        self.previous = event.hash;
        self.events += 1;
        Ok(event)
    }

    /// After the last row: the number of events that were checked.
    ///
    /// # Errors
    ///
    /// The first break.
    pub fn finish(mut self) -> Result<u64, Box<Break>> {
        self.check_tombstone()?;
        self.settle_odd(None)?;
        if self.sequence <= self.head.sequence {
            return Err(self.at(self.sequence, Damage::Removed(self.head.sequence)));
        }
        if self.previous != self.head.hash {
            return Err(self.at(self.head.sequence, Damage::Replaced));
        }
        if let Some(mark) = self.marks.first() {
            return Err(self.at(self.sequence, Damage::Removed(mark.sequence)));
        }
        Ok(self.events)
    }

    /// Of two events that do not fit, the one that the next one names is the right one.
    fn settle_odd(&mut self, next: Option<&Event>) -> Result<(), Box<Break>> {
        let Some((sequence, hash)) = self.odd.take() else {
            return Ok(());
        };
        let names_it = match next {
            Some(next) => next.previous == hash,
            None => self.head.hash == hash && self.head.sequence == sequence,
        };
        let culprit = if names_it {
            sequence.saturating_sub(1)
        } else {
            sequence
        };
        Err(self.at(culprit, Damage::Replaced))
    }

    fn at(&self, sequence: u64, damage: Damage) -> Box<Break> {
        Box::new(Break {
            chain: self.head.chain.to_string(),
            sequence,
            damage,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::draft;
    use crate::store::{Append, ChainKind};

    fn chain(length: u64) -> (Head, Vec<Row>) {
        let mut head: Option<Head> = None;
        let mut rows = Vec::new();
        for sequence in 0..length {
            let previous = head.as_ref().map_or(Hash::ZERO, |head| head.hash);
            let event = Event::seal(
                draft(&format!("{sequence}")),
                "s".into(),
                sequence,
                previous,
            );
            rows.push(Row {
                sequence,
                line: event.to_line(),
            });
            head = Some(Append::new(head.as_ref(), ChainKind::Session, &event, None, false).head);
        }
        (head.unwrap(), rows)
    }

    fn check(head: &Head, rows: &[Row], marks: &[Mark]) -> Result<u64, Break> {
        let mut verifier = ChainVerifier::new(head.clone(), None, marks.to_vec());
        for row in rows {
            verifier.push(row).map_err(|error| *error)?;
        }
        verifier.finish().map_err(|error| *error)
    }

    fn broken(head: &Head, rows: &[Row]) -> (u64, Damage) {
        let found = check(head, rows, &[]).unwrap_err();
        (found.sequence, found.damage)
    }

    /// An event in the place of another, whole in itself.
    fn forged(rows: &[Row], sequence: u64) -> Row {
        let before = Event::from_line(&rows[sequence as usize].line).unwrap();
        let event = Event::seal(draft("forged"), "s".into(), sequence, before.previous);
        Row {
            sequence,
            line: event.to_line(),
        }
    }

    #[test]
    fn whole_chain_is_whole() {
        let (head, rows) = chain(10);
        assert_eq!(check(&head, &rows, &[]), Ok(10));
        let mark = Mark {
            chain: "s".into(),
            sequence: 9,
            hash: head.hash,
        };
        assert_eq!(check(&head, &rows, &[mark]), Ok(10));
    }

    #[test]
    fn removed_events_are_named() {
        for at in 0..10 {
            let (head, mut rows) = chain(10);
            rows.remove(at);
            assert_eq!(
                broken(&head, &rows),
                (at as u64, Damage::Removed(at as u64))
            );
        }
        let (head, rows) = chain(10);
        assert_eq!(broken(&head, &rows[..4]), (4, Damage::Removed(9)));
        assert_eq!(broken(&head, &[]), (0, Damage::Removed(9)));
    }

    #[test]
    fn replaced_events_are_named() {
        for at in 0..10 {
            let (head, mut rows) = chain(10);
            rows[at] = forged(&rows, at as u64);
            assert_eq!(broken(&head, &rows), (at as u64, Damage::Replaced), "{at}");
        }
    }

    #[test]
    fn changed_bytes_are_named() {
        let (head, rows) = chain(4);
        for at in 0..rows[2].line.len() {
            let mut changed = rows.clone();
            let mut bytes = changed[2].line.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            changed[2].line = String::from_utf8(bytes).unwrap();
            assert_eq!(
                check(&head, &changed, &[]).unwrap_err().sequence,
                2,
                "{}",
                changed[2].line
            );
        }
    }

    #[test]
    fn swapped_and_inserted_events_are_named() {
        let (head, mut rows) = chain(10);
        let (left, right) = (rows[3].line.clone(), rows[6].line.clone());
        rows[3].line = right;
        rows[6].line = left;
        assert!(matches!(
            broken(&head, &rows),
            (3, Damage::Moved { sequence: 6, .. })
        ));

        let (head, mut rows) = chain(10);
        rows.insert(5, forged(&rows, 5));
        for (sequence, row) in (0..).zip(&mut rows) {
            row.sequence = sequence;
        }
        // It follows event 4, and event 5 stands after it.
        assert!(matches!(
            broken(&head, &rows),
            (6, Damage::Moved { sequence: 5, .. })
        ));

        let (head, mut rows) = chain(10);
        let event = Event::seal(draft("more"), "s".into(), 10, head.hash);
        rows.push(Row {
            sequence: 10,
            line: event.to_line(),
        });
        assert_eq!(broken(&head, &rows), (10, Damage::Inserted));
    }

    #[test]
    fn checkpoint_sees_an_end_that_is_gone_and_a_chain_that_is_made_anew() {
        let (long, _) = chain(10);
        let mark = Mark {
            chain: "s".into(),
            sequence: 9,
            hash: long.hash,
        };
        let (short, rows) = chain(5);
        let found = check(&short, &rows, std::slice::from_ref(&mark)).unwrap_err();
        assert_eq!((found.sequence, found.damage), (5, Damage::Removed(9)));
        let other = Mark {
            sequence: 3,
            hash: Hash::of(b"other"),
            ..mark
        };
        let found = check(&short, &rows, &[other]).unwrap_err();
        assert_eq!((found.sequence, found.damage), (3, Damage::Replaced));
    }

    #[test]
    fn chain_with_a_tombstone_begins_after_it() {
        let (head, rows) = chain(10);
        let event = Event::from_line(&rows[3].line).unwrap();
        let tombstone = Tombstone {
            chain: "s".into(),
            sequence: 3,
            hash: event.hash,
            removed_ms: 0,
            snapshot: None,
            signature: None,
        };
        let check = |tombstone: &Tombstone| {
            let mut verifier = ChainVerifier::new(head.clone(), Some(tombstone), Vec::new());
            for row in &rows[4..] {
                verifier.push(row)?;
            }
            verifier.finish()
        };
        assert_eq!(check(&tombstone), Ok(6));
        // All of it may be gone, and a checkpoint may have named what is.
        let mark = |sequence, hash| {
            vec![Mark {
                chain: "s".into(),
                sequence,
                hash,
            }]
        };
        let all = Tombstone {
            sequence: 9,
            hash: head.hash,
            ..tombstone.clone()
        };
        let gone = |marks| ChainVerifier::new(head.clone(), Some(&all), marks).finish();
        assert_eq!(gone(mark(9, head.hash)), Ok(0));
        assert_eq!(gone(mark(3, event.hash)), Ok(0));
        assert_eq!(
            gone(mark(9, event.hash)).unwrap_err().damage,
            Damage::Replaced
        );
        let forged = Tombstone {
            hash: Hash::ZERO,
            ..tombstone
        };
        assert_eq!(check(&forged).unwrap_err().sequence, 4);
    }
}
