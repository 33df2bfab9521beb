//! The lines of an input, in constant memory: chunks of whole lines, or one document over many lines.

use std::io::{BufRead, BufReader, ErrorKind, Read, Result};

/// How much text is judged by one worker at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Blank lines at the beginning after which nobody expects a document over many lines.
const MOST_BLANK_LINES: usize = 1024;

/// Consecutive lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Number of the first line, from 1.
    pub(super) first: u64,
    pub(super) lines: Vec<Line>,
}

/// One line of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Vec<u8>),
    /// It has more bytes than are permitted and was passed over.
    TooLong,
}

/// Reads lines of at most `most_bytes` each.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: BufReader<R>,
    most_bytes: usize,
    next: u64,
    /// Read ahead while looking for the kind of input.
    ahead: Option<Chunk>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R, most_bytes: usize) -> Self {
        Self {
            input: BufReader::with_capacity(CHUNK_BYTES, input),
            most_bytes,
            next: 1,
            ahead: None,
        }
    }

    /// The input as one document, if its lines only together are what `is_complete` accepts, or if it
    /// begins as a document over many lines and no line is one by itself.
    ///
    /// Otherwise it is a line at a time what [`Lines::chunk`] returns.
    pub(super) fn document(
        &mut self,
        is_complete: impl Fn(&[u8]) -> bool,
        may_go_on: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<Vec<u8>>> {
        let mut ahead = Chunk {
            first: 1,
            lines: Vec::new(),
        };
        let mut text = Vec::new();
        let mut is_blank = true;
        // Whether it begins in the middle of something, and no line so far is whole.
        let mut is_begun = false;
        let mut ended = true;
        while let Some(line) = self.line()? {
            let Line::Whole(bytes) = &line else {
                ahead.lines.push(line);
                ended = false;
                break;
            };
            text.extend_from_slice(bytes);
            text.push(b'\n');
            let was_blank = is_blank;
            is_blank = is_blank && bytes.iter().all(u8::is_ascii_whitespace);
            if was_blank && !is_blank {
                is_begun = may_go_on(bytes);
            } else if is_begun {
                is_begun = !is_complete(bytes);
            }
            ahead.lines.push(line);
            let lines = ahead.lines.len();
            // At lengths that double, so that the text is read a few times and not once a line.
            let is_open = !lines.is_power_of_two()
                || (is_blank && lines < MOST_BLANK_LINES)
                || is_begun
                || may_go_on(&text)
                || (lines > 1 && is_complete(&text));
            if !is_open || text.len() > self.most_bytes {
                ended = false;
                break;
            }
        }
        let is_document = ahead.lines.len() > 1 && (is_complete(&text) || (ended && is_begun));
        if is_document {
            return Ok(Some(text));
        }
        self.ahead = Some(ahead);
        Ok(None)
    }

    /// The next lines: what is there without waiting for more; none at the end.
    pub(super) fn chunk(&mut self) -> Result<Option<Chunk>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        let mut chunk = Chunk {
            first: self.next,
            lines: Vec::new(),
        };
        let mut bytes = 0;
        while bytes < CHUNK_BYTES {
            let Some(line) = self.line()? else {
                break;
            };
            if let Line::Whole(line) = &line {
                bytes += line.len();
            }
            // What a line costs beside its text.
            bytes += 64;
            chunk.lines.push(line);
            // Whoever writes slowly wants answers to what is there.
            if !self.input.buffer().contains(&b'\n') {
                break;
            }
        }
        Ok((!chunk.lines.is_empty()).then_some(chunk))
    }

    fn line(&mut self) -> Result<Option<Line>> {
        let mut line = Vec::new();
        let mut too_long = false;
        let mut seen = false;
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                break;
            }
            seen = true;
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = available
                .get(..end.unwrap_or(available.len()))
                .unwrap_or_default();
            too_long |= line.len() + part.len() > self.most_bytes;
            if too_long {
                line = Vec::new();
            } else {
                line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !seen {
            return Ok(None);
        }
        if self.next == 1 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        self.next += 1;
        Ok(Some(if too_long {
            Line::TooLong
        } else {
            Line::Whole(line)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    fn document(text: &str) -> (Option<Vec<u8>>, Lines<&[u8]>) {
        let mut lines = Lines::new(text.as_bytes(), 100);
        let is_json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).is_ok();
        let may_go_on = |text: &[u8]| {
            serde_json::from_slice::<serde_json::Value>(text).is_err_and(|error| error.is_eof())
        };
        let document = lines.document(is_json, may_go_on).unwrap();
        (document, lines)
    }

    #[test]
    fn document_over_many_lines_is_one() {
        let (found, _) = document("\n{\n \"a\": 1\n}\n");
        assert_eq!(found.as_deref(), Some(&b"\n{\n \"a\": 1\n}\n"[..]));
    }

    #[test]
    fn lines_stay_lines_even_where_the_first_is_cut_short() {
        let (found, mut lines) = document("{\"a\":\n{\"a\": 2}\n");
        assert_eq!(found, None);
        let chunk = lines.chunk().unwrap().unwrap();
        assert_eq!(chunk.first, 1);
        assert_eq!(chunk.lines, [whole("{\"a\":"), whole("{\"a\": 2}")]);
        assert_eq!(lines.chunk().unwrap(), None);
        let (found, mut lines) = document("{\"a\": 1}\n\n{\"a\": 2}\n");
        assert_eq!(found, None);
        assert_eq!(lines.chunk().unwrap().unwrap().lines, [whole("{\"a\": 1}")]);
        let rest = lines.chunk().unwrap().unwrap();
        assert_eq!(
            (rest.first, rest.lines),
            (2, vec![whole(""), whole("{\"a\": 2}")])
        );
    }

    #[test]
    fn first_line_that_is_cut_short_does_not_hold_up_the_others() {
        let (found, mut lines) = document("{\"a\":\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
        assert_eq!(found, None);
        assert_eq!(lines.chunk().unwrap().unwrap().lines.len(), 4);
    }

    #[test]
    fn document_with_a_mistake_is_one_with_a_mistake() {
        for text in ["{\n \"a\": 1,,\n \"b\": 2\n}\n", "{\n\"a\": 1\n"] {
            assert_eq!(document(text).0.as_deref(), Some(text.as_bytes()));
        }
        let text = "\n".repeat(5000) + "{\n}\n";
        let (found, mut lines) = document(&text);
        assert_eq!(found, None);
        assert_eq!(lines.chunk().unwrap().unwrap().first, 1);
    }

    #[test]
    fn two_documents_over_many_lines_are_one_with_a_mistake() {
        assert!(document("{\n}\n\n{\n}\n").0.is_some());
        assert_eq!(document("{\n}\n\n{\n}\n{}\n").0, None);
        let (found, _) = document("{\n}\n\n\n\n");
        assert!(found.is_some());
    }

    #[test]
    fn long_line_is_passed_over_and_counted() {
        let text = format!("1\n{}\n3\n", "x".repeat(101));
        let mut lines = Lines::new(text.as_bytes(), 100);
        let chunk = lines.chunk().unwrap().unwrap();
        assert_eq!(chunk.lines, [whole("1"), Line::TooLong, whole("3")]);
    }
}
