//! What commits add, as bytes for whoever looks for something in them: words of commits, paths, lines.

use outwork_domain::CommitId;

use crate::command::{Command, Patience};
use crate::error::Result;
use crate::git::Git;
use crate::parts::Imported;
use crate::words::cause_of_local;

/// Who made a commit, and what is said of it.
const WORDS: &str = "--format=%an%n%ae%n%cn%n%ce%n%B";

/// The changes of every commit, of a merge against each parent, and no program of the repository's choice.
const CHANGES: &[&str] = &[
    "--no-renames",
    "--diff-merges=separate",
    "--no-ext-diff",
    "--no-textconv",
];

impl Git {
    /// Gives all that the imported commits behind `base` add, each of them: names and messages, paths, and
    /// the lines of files, binary ones too. Pieces are cut anywhere.
    ///
    /// # Errors
    ///
    /// [`Error::Git`](crate::Error::Git), [`Error::Slow`](crate::Error::Slow).
    pub async fn read_added(
        &self,
        imported: &Imported,
        base: &CommitId,
        reader: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<()> {
        let range = format!("{base}..{}", imported.commit());
        let log = |arguments: &[&str]| {
            Command::new("log")
                .within(&imported.folder)
                .args(arguments)
                .args(["--no-color", "--end-of-options", range.as_str(), "--"])
                .patience(Patience {
                    silence: None,
                    total: self.options().limits.transfer,
                })
        };
        self.read_log(log(&[WORDS, "--no-patch"]), reader).await?;
        // A file without lines shows nowhere else.
        let paths = ["--format=", "--name-only", "-z"];
        let paths = log(&[&paths, CHANGES].concat());
        self.read_log(paths, reader).await?;
        let lines = ["--format=", "--patch", "--text", "--unified=0"];
        let patch = log(&[&lines, CHANGES].concat());
        let mut lines = AddedLines::default();
        self.read_log(patch, &mut |bytes: &[u8]| reader(&lines.of(bytes)))
            .await
    }

    async fn read_log(
        &self,
        command: Command,
        reader: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<()> {
        let output = self.inner.program.run_into(command, Some(reader)).await?;
        if output.status.success() {
            return Ok(());
        }
        Err(cause_of_local("log", &output.stderr))
    }
}

/// The lines of a patch that begin with a plus, without it.
#[derive(Debug, Default)]
struct AddedLines {
    place: Place,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Start,
    Added,
    Other,
}

impl AddedLines {
    /// Those of the next piece.
    fn of(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut added = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let rest = match self.place {
                Place::Start => match part.strip_prefix(b"+") {
                    Some(rest) => {
                        self.place = Place::Added;
                        rest
                    }
                    None => {
                        self.place = Place::Other;
                        part
                    }
                },
                Place::Added | Place::Other => part,
            };
            if matches!(self.place, Place::Added) {
                added.extend_from_slice(rest);
            }
            if part.ends_with(b"\n") {
                self.place = Place::Start;
            }
        }
        added
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_lines_are_found_however_a_patch_is_cut() {
        let patch =
            b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-old\n+new \xff\n+\n+-last";
        for size in 1..patch.len() {
            let mut lines = AddedLines::default();
            let added: Vec<u8> = patch
                .chunks(size)
                .flat_map(|piece| lines.of(piece))
                .collect();
            assert_eq!(added, b"++ b/x\nnew \xff\n\n-last", "{size}");
        }
    }
}
