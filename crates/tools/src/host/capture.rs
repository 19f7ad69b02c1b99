//! Keeps what a model gets of an output of any length: head, tail, count, and a file for the middle.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use outwork_domain::limits::{OUTPUT_TO_FILE_BYTES_MAX, OUTPUT_TO_MODEL_BYTES_MAX};
use sha2::{Digest, Sha256};

use super::output_files::OutputFiles;
use super::render;

/// Room for the words around an output.
const WORDS_BYTES: usize = 1024;
/// Each of head and tail.
const HALF_BYTES: usize = (OUTPUT_TO_MODEL_BYTES_MAX - WORDS_BYTES) / 2;

/// An output so far.
pub(crate) struct Capture<'a> {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
    digest: Option<Sha256>,
    files: &'a mut OutputFiles,
    file: Option<(File, PathBuf, u64)>,
}

impl<'a> Capture<'a> {
    pub(crate) fn new(files: &'a mut OutputFiles) -> Self {
        Self {
            head: Vec::new(),
            tail: VecDeque::new(),
            total: 0,
            digest: None,
            files,
            file: None,
        }
    }

    /// Takes a piece.
    pub(crate) fn hear(&mut self, piece: &[u8]) {
        if self.total == 0 && render::is_mostly_binary(piece) {
            self.digest = Some(Sha256::new());
        }
        if let Some(digest) = &mut self.digest {
            digest.update(piece);
        }
        self.keep_in_file(piece);
        self.total += piece.len() as u64;
        let (front, rest) = piece.split_at(piece.len().min(HALF_BYTES - self.head.len()));
        self.head.extend_from_slice(front);
        let rest = &rest[rest.len().saturating_sub(HALF_BYTES)..];
        let surplus = (self.tail.len() + rest.len()).saturating_sub(HALF_BYTES);
        self.tail.drain(..surplus);
        self.tail.extend(rest);
    }

    /// Once the output no longer fits, a file gets what has come so far and what comes, up to its limit.
    fn keep_in_file(&mut self, piece: &[u8]) {
        let seen = usize::try_from(self.total).unwrap_or(usize::MAX);
        if self.file.is_none() && seen.saturating_add(piece.len()) > 2 * HALF_BYTES {
            if seen > 2 * HALF_BYTES {
                return;
            }
            let (front, back) = self.tail.as_slices();
            let Some((mut file, path)) = self.files.make() else {
                return;
            };
            if file.write_all(&[&self.head, front, back].concat()).is_ok() {
                self.file = Some((file, path, self.total));
            }
        }
        if let Some((file, _, written)) = &mut self.file {
            let room = OUTPUT_TO_FILE_BYTES_MAX.saturating_sub(*written);
            let count = piece.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            // A full scratch folder must not end the command: the file just stays shorter.
            if file.write_all(&piece[..count]).is_ok() {
                *written += count as u64;
            }
        }
    }

    /// The text for the model.
    pub(crate) fn text(self) -> String {
        if let Some(digest) = self.digest {
            return render::binary("binary output", self.total, digest);
        }
        let (front, back) = self.tail.as_slices();
        let tail = [front, back].concat();
        let shown = (self.head.len() + tail.len()) as u64;
        if shown == self.total {
            return self.whole(&tail);
        }
        let mut text = render::output(&self.head);
        render::cut(&mut text, HALF_BYTES);
        let omitted = self.total - shown;
        text.push_str(&format!("\n[… {omitted} bytes left out"));
        if let Some((_, path, written)) = &self.file {
            text.push_str(&format!(
                "; the first {written} bytes are in {}",
                path.display()
            ));
        }
        text.push_str(" …]\n");
        text.push_str(&last_bytes(render::output(&tail)));
        text
    }

    /// Everything fits, unless escapes made it longer.
    fn whole(&self, tail: &[u8]) -> String {
        let mut text = render::output(&[&self.head, tail].concat());
        if text.len() > 2 * HALF_BYTES {
            let end = last_bytes(text.clone());
            render::cut(&mut text, HALF_BYTES);
            text.push_str("\n[… something left out …]\n");
            text.push_str(&end);
        }
        text
    }
}

fn last_bytes(text: String) -> String {
    if text.len() <= HALF_BYTES {
        return text;
    }
    text[text.ceil_char_boundary(text.len() - HALF_BYTES)..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(pieces: &[&[u8]]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut files = OutputFiles::in_folder(folder.path().to_owned());
        let mut capture = Capture::new(&mut files);
        for piece in pieces {
            capture.hear(piece);
        }
        capture.text()
    }

    #[test]
    fn what_fits_is_shown_whole() {
        assert_eq!(captured(&[]), "");
        assert_eq!(captured(&[b"hello ", b"world\n"]), "hello world\n");
        let long = "0123456789\n".repeat(5_000);
        assert_eq!(captured(&[long.as_bytes()]), long);
    }

    #[test]
    fn of_a_long_output_head_and_tail_are_shown_and_the_rest_is_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = OutputFiles::in_folder(folder.path().to_owned());
        let mut capture = Capture::new(&mut files);
        let lines: String = (0..40_000).map(|n| format!("line {n}\n")).collect();
        for piece in lines.as_bytes().chunks(1000) {
            capture.hear(piece);
        }
        let text = capture.text();
        assert!(text.len() <= OUTPUT_TO_MODEL_BYTES_MAX, "{}", text.len());
        assert!(text.starts_with("line 0\n") && text.ends_with("line 39999\n"));
        let path = text
            .split(" bytes are in ")
            .nth(1)
            .unwrap()
            .split(" …]")
            .next()
            .unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), lines);
    }

    #[test]
    fn the_file_and_the_text_stay_within_their_limits_whatever_comes() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = OutputFiles::in_folder(folder.path().to_owned());
        let mut capture = Capture::new(&mut files);
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..12 {
            capture.hear(&piece);
        }
        let text = capture.text();
        assert!(text.len() <= OUTPUT_TO_MODEL_BYTES_MAX);
        let sizes: Vec<u64> = folder
            .path()
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes, [OUTPUT_TO_FILE_BYTES_MAX]);
        let escaped = captured(&[&[0x1b; 60_000][..]]);
        assert!(
            escaped.len() <= OUTPUT_TO_MODEL_BYTES_MAX,
            "{}",
            escaped.len()
        );
    }

    #[test]
    fn binary_output_is_size_and_hash() {
        let text = captured(&[&[0; 70_000], &[1; 70_000]]);
        assert!(
            text.starts_with("[binary output: 140000 bytes, sha256 "),
            "{text}"
        );
        assert_eq!(
            text.len(),
            "[binary output: 140000 bytes, sha256 ]".len() + 64
        );
    }
}
