//! The clock that bounds calls: a thread that counts the engine's epochs.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

/// Counts epochs until it is dropped.
pub(super) struct Ticker {
    // Always there until the drop; dropping it ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(super) fn start(engine: wasmtime::Engine, interval: Duration) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = Builder::new()
            .name("assize-ticker".to_owned())
            .spawn(move || {
                // A late tick is not made up for: calls get a little more time, never less.
                while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    engine.increment_epoch();
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread can't panic, and there would be nothing to do about it.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ticker")
    }
}
