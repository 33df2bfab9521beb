//! Checking and replaying a journal, whatever keeps it.

mod history;
mod marks;
mod replay;
mod verify;

pub(crate) use replay::{Difference, Judge, ReplayReport, ReplayScope, replay};
pub(crate) use verify::{VerifyReport, verify};

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Events that are read at one time.
const PAGE: usize = 1000;
/// Chains that are read at one time.
const CHAINS: usize = 1000;

/// Counts events on a terminal, once it takes longer.
pub(crate) fn progress(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} events, {per_sec}")
    {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
