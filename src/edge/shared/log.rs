//! One JSON object for each line, without the time: platforms add their own.

use std::io::{self, Write};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Logs to `write` from now on, one line at a time. The first call in an instance counts.
pub fn start_log(level: LevelFilter, write: fn(&str)) {
    let log = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .without_time()
        .with_max_level(level)
        .with_writer(Lines(write));
    // An instance that is used again has its log already.
    let _ = tracing::subscriber::set_global_default(log.finish());
}

struct Lines(fn(&str));

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line {
            write: self.0,
            bytes: Vec::with_capacity(256),
        }
    }
}

/// Handed over whole when it is dropped.
struct Line {
    write: fn(&str),
    bytes: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.bytes);
        let text = text.trim_end();
        if !text.is_empty() {
            (self.write)(text);
        }
    }
}
