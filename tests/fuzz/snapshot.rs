//! Snapshots: what is restored, what is refused, and that whatever is restored can go on.

use super::{Outcomes, checks};
use assize_core::governor::{
    Candidate, Consequence, CycleGovernor, EngineOutput, SessionGovernor, Wisdom,
};
use assize_core::{Error, SnapshotError};

/// `ASZ`, the kind, the version.
const HEADER_BYTES: usize = 5;
const CHECKSUM_BYTES: usize = 4;
const CYCLE_GOVERNOR: u8 = b'c';
const SESSION_GOVERNOR: u8 = b's';
/// Every kind: of governors, of a knowledge base, of a gate, its requests and its memory.
const KINDS: [u8; 9] = *b"cskgfmnyo";

/// Restores cycle governors from `data`.
///
/// # Panics
///
/// Where a property does not hold.
pub fn cycle_snapshot(data: &[u8]) -> Outcomes {
    each_form(CYCLE_GOVERNOR, data, |bytes| {
        let restored = CycleGovernor::restore(bytes);
        fits_the_frame(CYCLE_GOVERNOR, bytes, restored.as_ref().err());
        let Ok(governor) = restored else {
            return false;
        };
        assert_eq!(governor.snapshot(), bytes);
        cycle_governor_goes_on(governor);
        true
    })
}

/// Restores session governors from `data`.
///
/// # Panics
///
/// Where a property does not hold.
pub fn session_snapshot(data: &[u8]) -> Outcomes {
    each_form(SESSION_GOVERNOR, data, |bytes| {
        let restored = SessionGovernor::restore(bytes);
        fits_the_frame(SESSION_GOVERNOR, bytes, restored.as_ref().err());
        let Ok(governor) = restored else {
            return false;
        };
        assert_eq!(governor.snapshot(), bytes);
        session_governor_goes_on(governor);
        true
    })
}

/// The bytes as they are, with the checksum put right, and as the payload of a snapshot.
pub(crate) fn each_form(kind: u8, data: &[u8], restore: impl Fn(&[u8]) -> bool) -> Outcomes {
    let unsealed = data.len().saturating_sub(CHECKSUM_BYTES);
    let mut framed = vec![b'A', b'S', b'Z', kind, 1];
    framed.extend_from_slice(data);
    vec![
        ("as it is", restore(data)),
        ("sealed again", restore(&sealed(data[..unsealed].to_vec()))),
        ("framed", restore(&sealed(framed))),
    ]
}

pub(crate) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend_from_slice(&checksum(&bytes).to_le_bytes());
    bytes
}

/// CRC-32 as in ISO/IEC 13239, bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let mut state = u32::MAX;
    for byte in bytes {
        state ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = state & 1;
            state = (state >> 1) ^ (0xedb8_8320 * carry);
        }
    }
    !state
}

/// The error is about the first part of the frame that is wrong.
pub(crate) fn fits_the_frame(kind: u8, bytes: &[u8], error: Option<&SnapshotError>) {
    let (found, version) = match bytes {
        [b'A', b'S', b'Z', found, version, ..] if KINDS.contains(found) => (found, version),
        _ => {
            assert_eq!(error, Some(&SnapshotError::Foreign));
            return;
        }
    };
    let unsealed = bytes.len() - CHECKSUM_BYTES;
    let is_sealed = bytes.len() >= HEADER_BYTES + CHECKSUM_BYTES
        && checksum(&bytes[..unsealed]).to_le_bytes() == bytes[unsealed..];
    match error {
        Some(SnapshotError::Version { found, .. }) => {
            assert!(found == version && *version != 1);
        }
        Some(SnapshotError::Checksum) => assert!(*version == 1 && !is_sealed),
        Some(SnapshotError::WrongKind { .. }) => {
            assert!(*version == 1 && is_sealed && *found != kind);
        }
        Some(SnapshotError::Malformed(what)) => {
            assert!(*version == 1 && is_sealed && *found == kind);
            assert!(!what.is_empty());
        }
        Some(SnapshotError::Foreign) => panic!("the beginning is a snapshot's"),
        None => assert!(*version == 1 && is_sealed && *found == kind),
    }
}

fn cycle_governor_goes_on(mut governor: CycleGovernor) {
    let sides = [("ship on Friday", 0.9), ("ship on Monday, not today", 0.4)]
        .map(|(output, confidence)| EngineOutput { output, confidence });
    if governor.is_stopped() {
        let before = governor.clone();
        let refused = governor.evaluate(&sides[0], &sides[0]);
        assert!(matches!(refused, Err(Error::Conflict(_))));
        assert_eq!(governor, before);
    }
    for [left, right] in [[0, 1], [1, 1], [0, 0]] {
        governor.reopen();
        let cycles = governor.total_cycles();
        match governor.evaluate(&sides[left], &sides[right]) {
            Ok(evaluation) => {
                checks::evaluation(&evaluation);
                assert_eq!(governor.total_cycles(), cycles + 1);
            }
            Err(error) => assert!(matches!(error, Error::Limit(_)), "{error}"),
        }
    }
    let kept = governor.audit().wisdom.len();
    let added = governor.add_wisdom(lesson()).is_ok();
    let audit = governor.audit();
    assert_eq!(audit.wisdom.len(), kept + usize::from(added));
    assert_eq!(audit.cycles.len(), governor.total_cycles());
    assert!(audit.contradiction_budget_used.is_finite());
    assert_eq!(
        CycleGovernor::restore(&governor.snapshot()).as_ref(),
        Ok(&governor)
    );
    governor.reset();
    assert_eq!(governor.audit().wisdom, audit.wisdom);
    assert_eq!(CycleGovernor::restore(&governor.snapshot()), Ok(governor));
}

fn session_governor_goes_on(mut governor: SessionGovernor) {
    let contested = Candidate {
        contradiction_claim: Some("not today"),
        ..Candidate::new("critic", u32::MAX, "ship on Monday")
    };
    let sides = [Candidate::new("builder", 0, "ship on Friday"), contested];
    if governor.is_stopped() {
        let before = governor.clone();
        let refused = governor.step(&sides[0], &sides[0]);
        assert!(matches!(refused, Err(Error::Conflict(_))));
        assert_eq!(governor, before);
    }
    for [left, right] in [[0, 1], [1, 1], [0, 0]] {
        governor.reopen();
        let steps = governor.total_cycles();
        match governor.step(&sides[left], &sides[right]) {
            Ok(decision) => {
                checks::step(&decision);
                assert_eq!(governor.total_cycles(), steps + 1);
            }
            Err(error) => assert!(matches!(error, Error::Limit(_)), "{error}"),
        }
    }
    let kept = governor.audit().wisdom.len();
    let added = governor.add_wisdom(lesson()).is_ok();
    let audit = governor.audit();
    assert_eq!(audit.wisdom.len(), kept + usize::from(added));
    assert_eq!(audit.steps.len(), governor.total_cycles());
    assert!(audit.contradiction_spent.is_finite());
    assert_eq!(
        SessionGovernor::restore(&governor.snapshot()).as_ref(),
        Ok(&governor)
    );
    governor.reset();
    assert_eq!(governor.audit().wisdom, audit.wisdom);
    assert_eq!(SessionGovernor::restore(&governor.snapshot()), Ok(governor));
}

fn lesson() -> Wisdom {
    Wisdom {
        domain: "deployment".to_owned(),
        lesson: "ask twice".to_owned(),
        consequence_type: Consequence::NearMiss,
        future_bias: "caution".to_owned(),
        timestamp: "2026-02-19T00:00:00Z".to_owned(),
    }
}
