//! Quotas over a sliding window, exact at its edge.
//!
//! The window is divided into [`SLOTS`] slots. A request is counted in the slot of its time, and permitted if all
//! slots that the window touches hold less than the quota. In no stretch of a window's length are more requests
//! permitted than the quota; one slot's worth of time longer is waited at most than with a list of all times.

/// Slots of a window.
const SLOTS: u64 = 64;

/// How many requests a client may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In one window; at least 1.
    pub requests: u32,
    /// Length of the window in milliseconds; at least 1.
    pub window_ms: u64,
}

impl Quota {
    /// Length of one slot in milliseconds.
    #[must_use]
    pub const fn slot_ms(&self) -> u64 {
        let slot = self.window_ms.div_ceil(SLOTS);
        if slot == 0 { 1 } else { slot }
    }

    /// How many slots a window touches.
    #[must_use]
    pub const fn slots(&self) -> u64 {
        self.window_ms.div_ceil(self.slot_ms()).saturating_add(1)
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether it is within the quota; else it was not counted.
    pub permitted: bool,
    /// How many more are permitted now.
    pub remaining: u32,
    /// Milliseconds until the oldest counted requests leave the window.
    pub reset_ms: u64,
}

/// What a client asked for lately: numbers of slots and requests in them, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    slots: Vec<(u64, u32)>,
}

impl Window {
    /// Takes up to `wanted` requests at `now_ms`; the number that is permitted, and how it stands after them. Time
    /// that goes back counts as standing still.
    pub fn take_many(&mut self, quota: Quota, now_ms: u64, wanted: u32) -> (u32, Taken) {
        let newest = self.slots.last().map_or(0, |(slot, _)| *slot);
        let slot = (now_ms / quota.slot_ms()).max(newest);
        let oldest = slot.saturating_sub(quota.slots() - 1);
        self.slots.retain(|(slot, _)| *slot >= oldest);
        let used: u32 = self
            .slots
            .iter()
            .map(|(_, count)| *count)
            .fold(0, u32::saturating_add);
        let granted = quota.requests.saturating_sub(used).min(wanted);
        if granted > 0 {
            match self.slots.last_mut() {
                Some((last, count)) if *last == slot => *count += granted,
                _ => self.slots.push((slot, granted)),
            }
        }
        let first = self.slots.first().map_or(slot, |(slot, _)| *slot);
        let leaves = first
            .saturating_add(quota.slots())
            .saturating_mul(quota.slot_ms());
        let taken = Taken {
            permitted: granted == wanted,
            remaining: quota.requests.saturating_sub(used).saturating_sub(granted),
            reset_ms: leaves.saturating_sub(now_ms).max(1),
        };
        (granted, taken)
    }

    /// Takes one request at `now_ms`.
    pub fn take(&mut self, quota: Quota, now_ms: u64) -> Taken {
        self.take_many(quota, now_ms, 1).1
    }

    /// Whether nothing that was counted is left in the window at `now_ms`.
    #[must_use]
    pub fn is_idle(&self, quota: Quota, now_ms: u64) -> bool {
        let oldest = (now_ms / quota.slot_ms()).saturating_sub(quota.slots() - 1);
        self.slots.last().is_none_or(|(slot, _)| *slot < oldest)
    }

    /// As text, for a store: `slot:count` by commas.
    #[must_use]
    pub fn to_text(&self) -> String {
        let parts: Vec<_> = self
            .slots
            .iter()
            .map(|(slot, count)| format!("{slot}:{count}"))
            .collect();
        parts.join(",")
    }

    /// What [`to_text`](Self::to_text) wrote; what is no window counts nothing.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let pair = |part: &str| {
            let (slot, count) = part.split_once(':')?;
            Some((slot.parse().ok()?, count.parse().ok()?))
        };
        let slots: Option<Vec<(u64, u32)>> = text.split(',').map(pair).collect();
        let slots = slots.filter(|slots| slots.is_sorted());
        Self {
            slots: slots.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_window_holds_more_than_the_quota(
            requests in 1_u32..20,
            window_ms in 1_u64..5_000,
            gaps in prop::collection::vec(0_u64..400, 1..300),
        ) {
            let quota = Quota { requests, window_ms };
            let mut window = Window::default();
            let mut now = 1_000_000;
            let mut permitted = Vec::new();
            for gap in gaps {
                now += gap;
                window = Window::from_text(&window.to_text());
                let taken = window.take(quota, now);
                if taken.permitted {
                    permitted.push(now);
                } else {
                    prop_assert_eq!(taken.remaining, 0);
                    // Who waits as long as it says is served.
                    let mut later = window.clone();
                    prop_assert!(later.take(quota, now + taken.reset_ms).permitted);
                }
                let within = permitted.iter().filter(|time| **time + window_ms > now).count();
                prop_assert!(within <= requests as usize);
            }
            prop_assert!(window.slots.len() as u64 <= quota.slots());
        }
    }

    #[test]
    fn burst_gets_exactly_the_quota() {
        let quota = Quota {
            requests: 100,
            window_ms: 60_000,
        };
        let mut window = Window::default();
        let permitted = (0..1000)
            .filter(|_| window.take(quota, 5).permitted)
            .count();
        assert_eq!(permitted, 100);
        assert_eq!(window.take_many(quota, 70_000, 150).0, 100);
        assert!(!window.is_idle(quota, 70_000));
        assert!(window.is_idle(quota, 140_000));
    }

    #[test]
    fn text_that_is_no_window_counts_nothing() {
        for text in ["", "x", "1:2,x", "5:1,4:1", "1:99999999999"] {
            assert_eq!(Window::from_text(text), Window::default(), "{text}");
        }
    }
}
