//! The log goes to standard error, which is a stream here: lines are kept until the answer is made, and written
//! beside it.

use spin_sdk::wasip3::cli::stderr::write_via_stream;
use spin_sdk::wasip3::{spawn, wit_stream};
use std::sync::{Mutex, PoisonError};

static KEPT: Mutex<String> = Mutex::new(String::new());

pub(crate) fn keep(line: &str) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push_str(line);
    kept.push('\n');
}

/// Writes what was kept, after the answer has left.
pub(crate) fn flush() {
    let kept = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
    if kept.is_empty() {
        return;
    }
    spawn(async move {
        let (mut writer, reader) = wit_stream::new();
        let written = write_via_stream(reader);
        // There is nowhere left to say that it failed.
        let _ = writer.write_all(kept.into_bytes()).await;
        drop(writer);
        let _ = written.await;
    });
}
