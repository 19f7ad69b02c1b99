//! Sends a bundle of what a commit has and its base has not.

use std::io;
use std::time::Instant;

use super::command::Listener;
use super::git::{COMMAND_LIMIT, Git};
use super::wire::Wire;
use super::{Failure, Host};
use crate::protocol::{Fault, Reply};

/// The one reference of a bundle.
const TIP_REF: &str = "refs/outwork/tip";

/// Writes the bundle as pieces.
pub(super) fn bundle(host: &mut Host, base: &str, tip: &str, max: u64) -> Result<Reply, Failure> {
    let Some((root, folder)) = &host.commits else {
        return Err(Failure {
            fault: Fault::Refused,
            words: "a bundle without a commit before it".to_owned(),
        });
    };
    let around = host.surroundings()?;
    let git = Git {
        folder: folder.path(),
        root,
        variables: vec![],
        limit: COMMAND_LIMIT,
        around: &around,
    };
    git.text(&["update-ref", TIP_REF, tip])?;
    let mut pieces = Pieces {
        wire: &mut host.wire,
        total: 0,
        max,
    };
    let exclude = format!("^{base}");
    let create = [
        "-c",
        "pack.threads=1",
        "bundle",
        "create",
        "--quiet",
        "-",
        TIP_REF,
        &exclude,
    ];
    let (status, words) = git.stream(&create, None, &mut pieces)?;
    if status != 0 {
        return Err(Failure::git(format!(
            "git bundle ended with status {status}: {words}"
        )));
    }
    if pieces.total > max {
        return Err(Failure {
            fault: Fault::TooLarge,
            words: String::new(),
        });
    }
    Ok(Reply::Sent {
        byte_count: pieces.total,
    })
}

struct Pieces<'a> {
    wire: &'a mut Wire,
    total: u64,
    max: u64,
}

impl Listener for Pieces<'_> {
    fn hear(&mut self, piece: &[u8]) -> io::Result<()> {
        self.total += piece.len() as u64;
        if self.total > self.max {
            return Ok(());
        }
        self.wire.bytes(piece)
    }

    fn tick(&mut self, _now: Instant) -> io::Result<Option<Instant>> {
        Ok(None)
    }
}
