//! Counts what a connection carries, and ends one that carries nothing or too much.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use outwork_domain::NetworkVerdict;
use outwork_domain::limits::{EGRESS_BYTES_MAX, EGRESS_IDLE_MAX};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::journal::Journal;

/// What one connection has carried; told in the transcript when it is dropped, unless it never was to be used.
pub(super) struct Meter {
    host: String,
    journal: Arc<Journal>,
    sent: AtomicU64,
    received: AtomicU64,
    is_spared: AtomicBool,
}

impl Meter {
    pub(super) fn new(host: String, journal: Arc<Journal>) -> Self {
        Self {
            host,
            journal,
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            is_spared: AtomicBool::new(false),
        }
    }

    /// Has the connection left out of what is told: nothing was sent on it, and what was wanted is told
    /// otherwise.
    pub(super) fn spare(&self) {
        self.is_spared.store(true, Ordering::Relaxed);
    }

    fn total(&self) -> u64 {
        self.sent.load(Ordering::Relaxed) + self.received.load(Ordering::Relaxed)
    }

    /// Returns once nothing was carried for a while.
    pub(super) async fn idle(&self) {
        let mut seen = self.total();
        loop {
            tokio::time::sleep(EGRESS_IDLE_MAX).await;
            let now = self.total();
            if now == seen {
                return;
            }
            seen = now;
        }
    }

    fn count(&self, counter: &AtomicU64, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        counter.fetch_add(bytes, Ordering::Relaxed);
        if self.journal.spend(bytes) > EGRESS_BYTES_MAX {
            return Err(io::Error::other("the run has used up its share"));
        }
        Ok(())
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if *self.is_spared.get_mut() {
            return;
        }
        let (sent, received) = (*self.sent.get_mut(), *self.received.get_mut());
        let host = std::mem::take(&mut self.host);
        self.journal
            .note(host, NetworkVerdict::Allowed, (sent, received));
    }
}

/// A stream to another host, whose bytes are counted.
pub(super) struct Metered<S> {
    pub(super) stream: S,
    pub(super) meter: Arc<Meter>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let bytes = buffer.filled().len() - before;
        Poll::Ready(self.meter.count(&self.meter.received, bytes))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.meter.count(&self.meter.sent, written)?;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
