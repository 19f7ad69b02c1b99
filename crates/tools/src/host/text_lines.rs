//! Lines with numbers, as tools show them.

use super::render;

/// Characters of one line.
const LINE_BYTES_MAX: usize = 2000;

/// Appends a line with its number; a long line is cut and says so.
pub(crate) fn push_numbered(text: &mut String, number: usize, line: &[u8]) {
    text.push_str(&format!("{number:>6}\t"));
    push_line(text, line, LINE_BYTES_MAX);
    text.push('\n');
}

/// Appends a line without its end; a long one is cut and says so.
pub(crate) fn push_line(text: &mut String, line: &[u8], bytes_max: usize) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let shown = &line[..line.len().min(bytes_max)];
    let shown = &shown[..shown.len() - render::unfinished(shown)];
    render::push_text(text, shown);
    if shown.len() < line.len() {
        text.push_str(&format!(" [… {} bytes more]", line.len() - shown.len()));
    }
}

/// How many lines there are; the last one may lack its end.
pub(crate) fn count(bytes: &[u8]) -> u64 {
    bytes.split_inclusive(|byte| *byte == b'\n').count() as u64
}

/// The number of the line in which a byte is, from 1.
pub(crate) fn line_of(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count()
}
