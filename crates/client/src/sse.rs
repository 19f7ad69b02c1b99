//! Server-sent events (WHATWG HTML, section 9.2): bytes in, frames out, whatever the chunk borders.

use std::time::Duration;

/// Bytes of one frame; a line without end would otherwise fill the memory.
const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One dispatched event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub data: String,
}

/// A frame went over its limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FrameTooLarge;

/// Takes bytes as they come; [`Parser::next_frame`] gives what is complete.
#[derive(Default)]
pub(crate) struct Parser {
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` begins.
    start: usize,
    data: Option<String>,
    retry: Option<Duration>,
    begun: Begun,
}

/// A byte order mark may stand before the very first line.
#[derive(Default, PartialEq, Eq)]
enum Begun {
    #[default]
    No,
    Yes,
}

impl Parser {
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), FrameTooLarge> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let held = self.buffer.len() + self.data.as_ref().map_or(0, String::len);
        if held + bytes.len() > FRAME_BYTES_MAX {
            return Err(FrameTooLarge);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The wait before reconnecting that the server asked for, if it did.
    pub(crate) const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    pub(crate) fn next_frame(&mut self) -> Option<Frame> {
        while let Some(line) = self.next_line() {
            if line.is_empty() {
                // A frame without data is not dispatched.
                if let Some(data) = self.data.take() {
                    return Some(Frame { data });
                }
                continue;
            }
            self.take_field(&line);
        }
        None
    }

    fn take_field(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "retry" => {
                if let Ok(millis) = value.parse() {
                    self.retry = Some(Duration::from_millis(millis));
                }
            }
            // `id` and `event` repeat what stands in the data; a comment has an empty field name.
            _ => {}
        }
    }

    /// A line ends with LF, CR or CRLF; a CR at the very end may be half of a CRLF, so it waits.
    fn next_line(&mut self) -> Option<String> {
        let rest = &self.buffer[self.start..];
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
        let after = match (rest[end], rest.get(end + 1)) {
            (b'\r', None) => return None,
            (b'\r', Some(b'\n')) => end + 2,
            _ => end + 1,
        };
        let mut line = &rest[..end];
        if self.begun == Begun::No {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            self.begun = Begun::Yes;
        }
        let line = String::from_utf8_lossy(line).into_owned();
        self.start += after;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}: hello\r\nid: 1\r\nevent: text\r\ndata: {\"a\":\"ü\"}\r\n\r\n\
                          retry: 250\n\ndata: two\ndata:lines\n\n: beat\n\ndata\n\n";

    fn frames(chunk: usize) -> Vec<String> {
        let mut parser = Parser::default();
        let mut all = Vec::new();
        for bytes in STREAM.as_bytes().chunks(chunk) {
            parser.push(bytes).unwrap();
            while let Some(frame) = parser.next_frame() {
                all.push(frame.data);
            }
        }
        assert_eq!(parser.retry(), Some(Duration::from_millis(250)));
        all
    }

    #[test]
    fn chunk_borders_do_not_matter() {
        for chunk in 1..STREAM.len() {
            assert_eq!(
                frames(chunk),
                ["{\"a\":\"ü\"}", "two\nlines", ""],
                "{chunk}"
            );
        }
    }

    #[test]
    fn an_unfinished_frame_is_not_dispatched() {
        let mut parser = Parser::default();
        parser.push(b"data: half\n").unwrap();
        assert_eq!(parser.next_frame(), None);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut parser = Parser::default();
        let chunk = vec![b'x'; 1024 * 1024];
        let refused = (0..17).find(|_| parser.push(&chunk).is_err());
        assert_eq!(refused, Some(16));
    }
}
