//! Shows output while it comes: a few pieces a second, the newest bytes of each, and not for ever.

use std::io;
use std::time::{Duration, Instant};

use outwork_domain::limits::DELTA_BYTES_MAX;

use super::render;
use super::wire::Wire;
use crate::protocol::Reply;

/// Twenty pieces a second at most; a command that ends within this time shows none.
const INTERVAL: Duration = Duration::from_millis(50);
/// Bytes shown of one command; a reader who wants more waits for the result.
const SHOWN_BYTES_MAX: usize = 512 * 1024;

/// What waits to be shown.
pub(crate) struct Live {
    pending: Vec<u8>,
    skipped: usize,
    shown: usize,
    due: Option<Instant>,
}

impl Live {
    pub(crate) const fn new() -> Self {
        Self {
            pending: Vec::new(),
            skipped: 0,
            shown: 0,
            due: None,
        }
    }

    /// Takes a piece.
    pub(crate) fn hear(&mut self, piece: &[u8]) {
        if self.shown >= SHOWN_BYTES_MAX {
            return;
        }
        let fresh = &piece[piece.len().saturating_sub(DELTA_BYTES_MAX)..];
        let surplus = (self.pending.len() + fresh.len()).saturating_sub(DELTA_BYTES_MAX);
        self.skipped += piece.len() - fresh.len() + surplus;
        self.pending.drain(..surplus);
        self.pending.extend_from_slice(fresh);
        if self.due.is_none() {
            self.due = Some(Instant::now() + INTERVAL);
        }
    }

    /// Sends what is due; says when something will be.
    pub(crate) fn tick(&mut self, now: Instant, wire: &mut Wire) -> io::Result<Option<Instant>> {
        if self.due.is_none_or(|due| now < due) {
            return Ok(self.due);
        }
        self.due = None;
        let held = render::unfinished_output(&self.pending);
        let end = self.pending.len() - held;
        let mut text = String::new();
        if self.skipped > 0 {
            text.push_str(&format!("\n[… {} bytes not shown …]\n", self.skipped));
            self.skipped = 0;
        }
        render::push_output(&mut text, &self.pending[..end]);
        self.pending.drain(..end);
        if text.is_empty() {
            return Ok(None);
        }
        self.shown += text.len();
        if self.shown >= SHOWN_BYTES_MAX {
            text.push_str("\n[… no more is shown until the command ends …]\n");
            self.pending = Vec::new();
        }
        wire.reply(&Reply::Output { text })?;
        // The next piece waits its turn even if it comes at once.
        Ok(None)
    }
}
