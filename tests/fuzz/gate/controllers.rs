//! Snapshots of controllers, and of what stands in them.

use super::super::Outcomes;
use super::super::snapshot::{each_form, sealed};
use super::{SAID, beginnings, is_too_large};
use assize_core::Error;
use assize_core::controller::{Action, Controller, Heard};
use assize_core::gate::{Conditions, Request};
use assize_core::memory::{NewEntry, Query};

const CONTROLLER: u8 = b'o';
/// The header and the embedder.
const FIRST_PART: usize = 6;
const LENGTH_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;

/// Restores controllers from `data`: as it is, and with the checksums put right, of its parts as well.
///
/// # Panics
///
/// Where a property does not hold.
pub fn controller_snapshot(data: &[u8]) -> Outcomes {
    let begun = beginnings(data);
    if begun.iter().any(|at| is_too_large(&data[*at..])) {
        return vec![("small enough", false)];
    }
    let mut outcomes = each_form(CONTROLLER, data, restored);
    let mended = each_form(CONTROLLER, &mended(data), restored);
    outcomes.push(("mended", mended[1].1));
    outcomes
}

/// With the checksum of each part put right, where its length can be found.
fn mended(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    for at in beginnings(data) {
        let Some(begin) = at.checked_sub(LENGTH_BYTES).filter(|at| *at >= FIRST_PART) else {
            continue;
        };
        let length = bytes[begin..]
            .first_chunk()
            .map(|it| u64::from_le_bytes(*it));
        let end = length.and_then(|length| at.checked_add(usize::try_from(length).ok()?));
        let part = end.and_then(|end| bytes.get(at..end));
        let Some(part) = part.filter(|part| part.len() >= CHECKSUM_BYTES) else {
            continue;
        };
        let unsealed = part.len().saturating_sub(CHECKSUM_BYTES);
        let part = sealed(part[..unsealed].to_vec());
        bytes.splice(at..at + unsealed + CHECKSUM_BYTES, part);
    }
    bytes
}

fn restored(bytes: &[u8]) -> bool {
    let controller = match Controller::restore(bytes) {
        Ok(controller) => controller,
        Err(error) => {
            assert!(matches!(
                error,
                Error::CorruptSnapshot(_) | Error::InvalidInput(_)
            ));
            assert!(!error.to_string().trim().is_empty());
            return false;
        }
    };
    assert_eq!(controller.snapshot(), bytes);
    let again = Controller::restore(bytes).expect("the same bytes");
    goes_on(controller, again);
    true
}

/// One and its double give the same answers to the same requests.
fn goes_on(mut one: Controller, mut other: Controller) {
    let dimension = one.settings().memory.dimension as usize;
    let capacity = one.settings().memory.capacity;
    let mut vector = vec![0.0; dimension];
    vector[0] = 1.0;
    for flight in one.flights() {
        assert_eq!(finish(&mut one, flight), finish(&mut other, flight));
    }
    for turn in 0..4_u64 {
        let both = [&mut one, &mut other].map(|controller| {
            let request = Request {
                score: Some(0.95),
                vector: Some(&vector),
                source_name: Some("ann"),
                ..Request::new("how does a court decide?")
            };
            let now = Conditions::at(turn);
            let begun = controller.begin(1000 + turn, &now, &request);
            let begun = format!("{:?}", begun.expect("it can be judged"));
            let ended = finish(controller, 1000 + turn);
            let inserted = controller.insert(&[NewEntry::new(&vector, 0.1)], turn);
            let found = controller.retrieve(&Query::new(&vector, 0.1), turn);
            let entries = controller.entries(0, 100, turn);
            controller.advance_rhythm(turn);
            format!("{begun} {ended} {inserted:?} {found:?} {entries:?}")
        });
        assert_eq!(both[0], both[1]);
        assert_eq!(one.snapshot(), other.snapshot());
        let state = one.state();
        assert!(state.memory.entries <= capacity && state.flights == 0);
        assert!(state.memory.consolidated <= state.memory.entries);
    }
    let restored = Controller::restore(&one.snapshot()).expect("what was written is restored");
    assert_eq!(restored.snapshot(), one.snapshot());
    one.forget_source("ann");
    one.sweep(u64::MAX, u32::MAX);
    one.reset().expect("it was as large before");
    assert_eq!(one.state().memory.entries, 0);
}

/// Tells a request all that it may wait for.
fn finish(controller: &mut Controller, flight: u64) -> String {
    let mut told = String::new();
    for _ in 0..3 {
        if !controller.flights().contains(&flight) {
            return told;
        }
        for heard in [
            Heard::Embedded(Err("it failed".to_owned())),
            Heard::Generated(Ok(SAID.to_owned())),
        ] {
            let action = controller.resume(flight, 9, heard);
            let is_finished = matches!(action, Ok(Action::Finished(_)));
            told.push_str(&format!("{action:?}"));
            if is_finished {
                break;
            }
        }
    }
    // What waits for the memory, or is of before a reset, no caller can end.
    controller.cancel(flight);
    told
}
