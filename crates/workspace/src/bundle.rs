//! The header of a bundle, read by ourselves before git sees any of it.
//!
//! Versions 2 and 3 (`git help bundle-format`): exactly one reference, full object ids, no
//! capability but the object format. What follows the empty line is the pack.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek, SeekFrom};
use std::path::Path;

use outwork_domain::CommitId;

use crate::error::{Error, Result};

const HEADER_BYTES_MAX: u64 = 256 * 1024;
const PREREQUISITES_MAX: usize = 2_000;

/// A bundle whose header is in order, open at its pack.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// What the bundle's reference is at.
    pub(crate) tip: CommitId,
    /// Commits that the reader must have.
    pub(crate) prerequisites: Vec<CommitId>,
    /// The file, at the first byte of the pack.
    pub(crate) pack: File,
}

impl Bundle {
    /// Opens a bundle and reads its header.
    pub(crate) fn open(path: &Path, bytes_max: u64) -> Result<Self> {
        let failed = || Error::io("reading a bundle");
        let mut file = File::open(path).map_err(failed())?;
        let size = file.metadata().map_err(failed())?.len();
        if size > bytes_max {
            return refuse(format!("the bundle is larger than {bytes_max} bytes"));
        }
        let mut reader = BufReader::new((&file).take(HEADER_BYTES_MAX));
        let (header, length) = Header::read(&mut reader)?;
        file.seek(SeekFrom::Start(length)).map_err(failed())?;
        let [tip] = <[CommitId; 1]>::try_from(header.tips)
            .or_else(|tips| refuse(format!("the bundle has {} references, not one", tips.len())))?;
        let all = header.prerequisites.iter().chain([&tip]);
        if all
            .into_iter()
            .any(|id| id.as_str().len() != header.id_length)
        {
            return refuse("the bundle mixes object formats");
        }
        Ok(Self {
            tip,
            prerequisites: header.prerequisites,
            pack: file,
        })
    }
}

struct Header {
    id_length: usize,
    tips: Vec<CommitId>,
    prerequisites: Vec<CommitId>,
}

impl Header {
    fn read(reader: &mut impl BufRead) -> Result<(Self, u64)> {
        let mut length = 0;
        let first = line(reader, &mut length)?;
        let may_have_capabilities = match first.as_slice() {
            b"# v2 git bundle" => false,
            b"# v3 git bundle" => true,
            _ => return refuse("it is no bundle of version 2 or 3"),
        };
        let mut header = Self {
            id_length: 40,
            tips: Vec::new(),
            prerequisites: Vec::new(),
        };
        loop {
            let line = line(reader, &mut length)?;
            match line.first() {
                None => return Ok((header, length)),
                Some(b'@') if may_have_capabilities => header.capability(&line)?,
                Some(b'-') => header.prerequisite(&line[1..])?,
                Some(_) => header.reference(&line)?,
            }
        }
    }

    fn capability(&mut self, line: &[u8]) -> Result<()> {
        match line {
            b"@object-format=sha1" => self.id_length = 40,
            b"@object-format=sha256" => self.id_length = 64,
            _ => return refuse("the bundle wants an unknown capability"),
        }
        Ok(())
    }

    fn prerequisite(&mut self, line: &[u8]) -> Result<()> {
        if self.prerequisites.len() == PREREQUISITES_MAX {
            return refuse("the bundle has too many prerequisites");
        }
        let id = line.split(|byte| *byte == b' ').next().unwrap_or_default();
        self.prerequisites.push(full_id(id)?);
        Ok(())
    }

    fn reference(&mut self, line: &[u8]) -> Result<()> {
        let Some(at) = line.iter().position(|byte| *byte == b' ') else {
            return refuse("the bundle's header is malformed");
        };
        // One more than allowed is enough to refuse.
        if self.tips.len() < 2 {
            self.tips.push(full_id(&line[..at])?);
        }
        Ok(())
    }
}

fn full_id(bytes: &[u8]) -> Result<CommitId> {
    let id = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse().ok());
    id.map_or_else(|| refuse("the bundle's header is malformed"), Ok)
}

/// One line of the header, without its end; a header without an end is refused.
fn line(reader: &mut impl BufRead, length: &mut u64) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    let read = reader
        .read_until(b'\n', &mut line)
        .map_err(Error::io("reading a bundle"))?;
    *length += read as u64;
    if line.pop() != Some(b'\n') {
        return refuse("the bundle's header is malformed or too long");
    }
    Ok(line)
}

fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::ImportRefused { why: why.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn open(bytes: &[u8]) -> Result<Bundle> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Bundle::open(file.path(), 1_000_000)
    }

    #[test]
    fn the_file_is_open_at_its_pack() {
        let bytes =
            format!("# v2 git bundle\n-{ONE} subject line\n{TWO} refs/heads/x\n\nPACK\0rest");
        let mut bundle = open(bytes.as_bytes()).unwrap();
        assert_eq!(bundle.tip.as_str(), TWO);
        assert_eq!(bundle.prerequisites, [ONE.parse().unwrap()]);
        let mut rest = String::new();
        bundle.pack.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "PACK\0rest");
    }

    #[test]
    fn version_3_may_name_its_object_format_and_nothing_else() {
        let sha256 = "3".repeat(64);
        let bytes = format!("# v3 git bundle\n@object-format=sha256\n{sha256} refs/heads/x\n\n");
        assert_eq!(open(bytes.as_bytes()).unwrap().tip.as_str(), sha256);
        let filtered = format!("# v3 git bundle\n@filter=blob:none\n{ONE} refs/heads/x\n\n");
        assert!(matches!(
            open(filtered.as_bytes()),
            Err(Error::ImportRefused { .. })
        ));
        let mixed = format!("# v3 git bundle\n@object-format=sha256\n{ONE} refs/heads/x\n\n");
        assert!(matches!(
            open(mixed.as_bytes()),
            Err(Error::ImportRefused { .. })
        ));
    }

    #[test]
    fn anything_odd_is_refused() {
        let two = format!("# v2 git bundle\n{ONE} refs/heads/x\n{TWO} refs/heads/y\n\nPACK");
        let none = format!("# v2 git bundle\n-{ONE}\n\nPACK");
        let short = "# v2 git bundle\n1111 refs/heads/x\n\nPACK";
        let endless = format!("# v2 git bundle\n-{ONE} {}", "x".repeat(400_000));
        let capability = format!("# v2 git bundle\n@object-format=sha1\n{ONE} refs/heads/x\n\n");
        for bad in [
            two.as_str(),
            &none,
            short,
            &endless,
            &capability,
            "",
            "PACK",
            "# v2 git bundle\n",
        ] {
            assert!(
                matches!(open(bad.as_bytes()), Err(Error::ImportRefused { .. })),
                "{bad:.40}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let headed = [b"# v2 git bundle\n".as_slice(), &bytes].concat();
            proptest::prop_assert!(open(&bytes).is_err());
            drop(open(&headed));
        }
    }
}
