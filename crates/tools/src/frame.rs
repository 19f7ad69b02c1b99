//! Frames: four bytes of length, one of kind, then so many bytes.
//!
//! The length counts the kind and is checked before anything is read or allocated. The pure part is
//! the same for both ends; the server reads and writes with tokio, the tool host blocking.

use std::io::{self, Read, Write};

use outwork_domain::limits::FRAME_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes before the payload.
const HEADER_BYTES: usize = 5;
/// Payload of one frame.
pub(crate) const PAYLOAD_BYTES_MAX: usize = FRAME_BYTES_MAX - HEADER_BYTES;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message in JSON.
    Message,
    /// A piece of a bundle or artifact.
    Bytes,
}

/// The bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("a frame of {0} bytes")]
    Length(u32),
    #[error("a frame of kind {0}")]
    Kind(u8),
}

/// Reads a header: the kind, and how many bytes follow.
pub(crate) fn parse_header(bytes: [u8; HEADER_BYTES]) -> Result<(Kind, usize), Malformed> {
    let [a, b, c, d, kind] = bytes;
    let length = u32::from_be_bytes([a, b, c, d]);
    let kind = match kind {
        1 => Kind::Message,
        2 => Kind::Bytes,
        other => return Err(Malformed::Kind(other)),
    };
    match usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_sub(1))
    {
        Some(payload) if payload <= PAYLOAD_BYTES_MAX => Ok((kind, payload)),
        Some(_) | None => Err(Malformed::Length(length)),
    }
}

/// Makes the header of a payload, unless it is too long for a frame.
pub(crate) fn header(kind: Kind, payload: &[u8]) -> Option<[u8; HEADER_BYTES]> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        return None;
    }
    let length = u32::try_from(payload.len() + 1).ok()?;
    let [a, b, c, d] = length.to_be_bytes();
    let kind = match kind {
        Kind::Message => 1,
        Kind::Bytes => 2,
    };
    Some([a, b, c, d, kind])
}

/// Why no frame came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a payload longer than a frame")
}

/// Reads one frame into `payload`, blocking; `None` at the end of the stream between frames.
pub(crate) fn read(from: &mut impl Read, payload: &mut Vec<u8>) -> Result<Option<Kind>, ReadError> {
    let mut head = [0; HEADER_BYTES];
    let mut filled = 0;
    while filled < HEADER_BYTES {
        match from.read(&mut head[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let (kind, length) = parse_header(head)?;
    payload.clear();
    let read = from.take(length as u64).read_to_end(payload)?;
    if read < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(Some(kind))
}

/// Writes one frame, blocking.
pub(crate) fn write(to: &mut impl Write, kind: Kind, payload: &[u8]) -> io::Result<()> {
    let head = header(kind, payload).ok_or_else(too_long)?;
    // One write for what is short, so that a message costs one system call.
    if payload.len() <= 16 * 1024 {
        return to.write_all(&[&head, payload].concat());
    }
    to.write_all(&head)?;
    to.write_all(payload)
}

/// Reads one frame into `payload`; `None` at the end of the stream between frames.
pub(crate) async fn read_async<R: AsyncRead + Unpin>(
    from: &mut R,
    payload: &mut Vec<u8>,
) -> Result<Option<Kind>, ReadError> {
    let mut head = [0; HEADER_BYTES];
    let mut filled = 0;
    while filled < HEADER_BYTES {
        match from.read(&mut head[filled..]).await? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            count => filled += count,
        }
    }
    let (kind, length) = parse_header(head)?;
    payload.clear();
    // Grows with what really comes, not with what the header promises.
    let read = from.take(length as u64).read_to_end(payload).await?;
    if read < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(Some(kind))
}

/// Writes one frame.
pub(crate) async fn write_async<W: AsyncWrite + Unpin>(
    to: &mut W,
    kind: Kind,
    payload: &[u8],
) -> io::Result<()> {
    let head = header(kind, payload).ok_or_else(too_long)?;
    if payload.len() <= 16 * 1024 {
        to.write_all(&[&head, payload].concat()).await?;
    } else {
        to.write_all(&head).await?;
        to.write_all(payload).await?;
    }
    to.flush().await
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: Kind, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, kind, payload).unwrap();
        bytes
    }

    #[test]
    fn oversized_empty_and_unknown_frames_are_refused_by_their_header() {
        assert_eq!(
            parse_header([0xff, 0xff, 0xff, 0xff, 1]),
            Err(Malformed::Length(u32::MAX))
        );
        assert_eq!(parse_header([0, 0, 0, 0, 1]), Err(Malformed::Length(0)));
        assert_eq!(parse_header([0, 0, 0, 1, 9]), Err(Malformed::Kind(9)));
        assert_eq!(parse_header([0, 0, 0, 1, 2]), Ok((Kind::Bytes, 0)));
        let most = vec![0; PAYLOAD_BYTES_MAX];
        assert!(header(Kind::Bytes, &most).is_some());
        assert!(header(Kind::Bytes, &[most, vec![0]].concat()).is_none());
    }

    #[test]
    fn a_torn_frame_is_an_error_and_the_end_between_frames_is_not() {
        let whole = frame(Kind::Message, b"hello");
        for cut in 1..whole.len() {
            let torn = read(&mut &whole[..cut], &mut Vec::new());
            assert!(torn.is_err(), "cut at {cut}");
        }
        assert!(matches!(read(&mut &[][..], &mut Vec::new()), Ok(None)));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..4)) {
            let bytes: Vec<u8> = payloads.iter().flat_map(|payload| frame(Kind::Bytes, payload)).collect();
            let mut rest = &bytes[..];
            let mut payload = Vec::new();
            for expected in &payloads {
                prop_assert_eq!(read(&mut rest, &mut payload).unwrap(), Some(Kind::Bytes));
                prop_assert_eq!(&payload, expected);
            }
            prop_assert!(matches!(read(&mut rest, &mut payload), Ok(None)));
        }

        #[test]
        fn random_bytes_never_panic_and_never_allocate_what_they_promise(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut rest = &bytes[..];
            let mut payload = Vec::new();
            while let Ok(Some(_)) = read(&mut rest, &mut payload) {}
            prop_assert!(payload.capacity() < 4096);
        }
    }
}
