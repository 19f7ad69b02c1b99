//! The tool host's end of the pipes.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::frame::{self, Kind, ReadError};
use crate::protocol::{Reply, Request};

/// A buffer larger than this is given back after use.
const KEPT_BYTES: usize = 64 * 1024;

/// Requests come in, replies go out.
pub(crate) struct Wire {
    from: File,
    to: File,
    payload: Vec<u8>,
}

impl Wire {
    /// Takes copies of standard input and output: unbuffered, and closed in every command.
    pub(crate) fn of_standard_streams() -> io::Result<Self> {
        Ok(Self {
            from: io::stdin().as_fd().try_clone_to_owned()?.into(),
            to: io::stdout().as_fd().try_clone_to_owned()?.into(),
            payload: Vec::new(),
        })
    }

    /// The next request; none when the server has closed its end.
    pub(crate) fn request(&mut self) -> io::Result<Option<Request>> {
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        let request = match frame::read(&mut self.from, &mut self.payload) {
            Ok(None) => None,
            Ok(Some(Kind::Message)) => Some(
                serde_json::from_slice(&self.payload)
                    .map_err(|error| invalid(error.to_string()))?,
            ),
            Ok(Some(Kind::Bytes)) => return Err(invalid("bytes instead of a request".to_owned())),
            Err(ReadError::Malformed(malformed)) => return Err(invalid(malformed.to_string())),
            Err(ReadError::Io(error)) => return Err(error),
        };
        if self.payload.capacity() > KEPT_BYTES {
            self.payload = Vec::new();
        }
        Ok(request)
    }

    /// Says something.
    pub(crate) fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        frame::write(&mut self.to, Kind::Message, &serde_json::to_vec(reply)?)
    }

    /// Sends a piece of a bundle or artifact.
    pub(crate) fn bytes(&mut self, piece: &[u8]) -> io::Result<()> {
        frame::write(&mut self.to, Kind::Bytes, piece)
    }

    /// A copy of the descriptor that tells when the server has gone.
    pub(crate) fn server(&self) -> io::Result<OwnedFd> {
        self.from.as_fd().try_clone_to_owned()
    }
}
