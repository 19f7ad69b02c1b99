//! Lists and sends the files that a run leaves for the user.

use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use outwork_domain::ArtifactPath;

use super::{Failure, Host, files};
use crate::protocol::{Fault, Reply};

/// Files looked at; a folder with more is a mistake.
const LOOKED_AT_MAX: usize = 20_000;
/// Files named to the server, which takes the newest that fit and says how many did not.
pub(crate) const LISTED_MAX: usize = 1_000;
const PIECE_BYTES: usize = 64 * 1024;

/// The newest files; links, odd files and odd names are left out.
pub(super) fn list(folder: &Path) -> Reply {
    let mut found: Vec<(SystemTime, String, u64)> = Vec::new();
    let walk = ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .follow_links(false)
        .build();
    for entry in walk.flatten().take(LOOKED_AT_MAX) {
        if let Some(file) = file_of(folder, &entry) {
            found.push(file);
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.truncate(LISTED_MAX);
    Reply::Artifacts {
        files: found
            .into_iter()
            .map(|(_, path, size)| (path, size))
            .collect(),
    }
}

fn file_of(folder: &Path, entry: &ignore::DirEntry) -> Option<(SystemTime, String, u64)> {
    let about = entry.metadata().ok()?;
    let path = entry.path().strip_prefix(folder).ok()?.to_str()?;
    if !about.is_file() || path.parse::<ArtifactPath>().is_err() {
        return None;
    }
    Some((about.modified().ok()?, path.to_owned(), about.len()))
}

/// Sends one file as pieces.
pub(super) fn read(host: &mut Host, path: &str, max: u64) -> Result<Reply, Failure> {
    let missing = |words: String| Failure {
        fault: Fault::Missing,
        words,
    };
    let path: ArtifactPath = path
        .parse()
        .map_err(|_| missing("no path of an artifact".to_owned()))?;
    let (file, _) = files::open_regular(&host.artifacts.join(path.as_str())).map_err(missing)?;
    let mut file = file.take(max + 1);
    let mut piece = vec![0; PIECE_BYTES];
    let mut total = 0;
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(Reply::Sent { byte_count: total });
        }
        total += count as u64;
        if total > max {
            return Err(Failure {
                fault: Fault::TooLarge,
                words: String::new(),
            });
        }
        host.wire.bytes(&piece[..count])?;
    }
}
