//! Differences between commits of a mirror, for people: text, size, patch series.

use outwork_domain::{CommitId, limits};

use crate::command::Command;
use crate::error::{Error, Result};
use crate::git::Git;
use crate::parts::{Diff, DiffStat, Extent, Mirror};

/// What keeps a difference plain: no program of the repository's choice, no colours.
const PLAIN: &[&str] = &["--no-color", "--no-ext-diff", "--no-textconv"];

impl Git {
    /// The difference between two commits, cut at [`limits::DIFF_BYTES_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::MirrorBroken`], [`Error::Git`].
    pub async fn diff(&self, mirror: &Mirror, from: &CommitId, to: &CommitId) -> Result<Diff> {
        let command = Command::new("diff-tree")
            .within(&mirror.path)
            .setting("core.quotePath", "false")
            .args(["-r", "--patch", "--find-renames"])
            .args(PLAIN)
            .args([from.as_str(), to.as_str(), "--"])
            .output_max(limits::DIFF_BYTES_MAX);
        let output = self.run(command).await?;
        Ok(Diff {
            text: String::from_utf8_lossy(&output.stdout).into_owned(),
            extent: if output.cut {
                Extent::Cut
            } else {
                Extent::Whole
            },
        })
    }

    /// The difference between two commits as `git apply` takes it, binary files included; empty if no file
    /// differs. None if it is larger than [`limits::DIFF_BYTES_MAX`] or not UTF-8: a part of it, or one with
    /// other letters, would not apply.
    ///
    /// # Errors
    ///
    /// [`Error::MirrorBroken`], [`Error::Git`].
    pub async fn change(
        &self,
        mirror: &Mirror,
        from: &CommitId,
        to: &CommitId,
    ) -> Result<Option<String>> {
        let command = Command::new("diff-tree")
            .within(&mirror.path)
            .args([
                "-r",
                "--patch",
                "--find-renames",
                "--binary",
                "--full-index",
            ])
            .args(PLAIN)
            .args([from.as_str(), to.as_str(), "--"])
            .output_max(limits::DIFF_BYTES_MAX);
        let output = self.run(command).await?;
        if output.cut {
            return Ok(None);
        }
        Ok(String::from_utf8(output.stdout).ok())
    }

    /// How large the difference between two commits is; binary files count without lines.
    ///
    /// # Errors
    ///
    /// [`Error::MirrorBroken`], [`Error::Git`], [`Error::TooLarge`].
    pub async fn diff_stat(
        &self,
        mirror: &Mirror,
        from: &CommitId,
        to: &CommitId,
    ) -> Result<DiffStat> {
        let command = Command::new("diff-tree")
            .within(&mirror.path)
            .args(["-r", "--numstat", "-z", "--no-renames"])
            .args(PLAIN)
            .args([from.as_str(), to.as_str(), "--"])
            .output_max(limits::DIFF_BYTES_MAX);
        let output = self.run(command).await?;
        if output.cut {
            return Err(Error::TooLarge {
                what: "list of changes",
                bytes_max: limits::DIFF_BYTES_MAX,
            });
        }
        Ok(sum(&output.stdout))
    }

    /// The commits between two as a series of patches in mail form, as `git am` takes it.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] past [`limits::DIFF_BYTES_MAX`], since a cut patch is a broken one.
    pub async fn patch(&self, mirror: &Mirror, from: &CommitId, to: &CommitId) -> Result<String> {
        let command = Command::new("format-patch")
            .within(&mirror.path)
            .args(["--stdout", "--no-signature", "--full-index", "--binary"])
            .args(PLAIN)
            .args([format!("{from}..{to}").as_str(), "--"])
            .output_max(limits::DIFF_BYTES_MAX);
        let output = self.run(command).await?;
        if output.cut {
            return Err(Error::TooLarge {
                what: "patch",
                bytes_max: limits::DIFF_BYTES_MAX,
            });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Adds up `<added> TAB <removed> TAB <path> NUL` lines; `-` stands for binary.
fn sum(numstat: &[u8]) -> DiffStat {
    let mut stat = DiffStat::default();
    for entry in numstat
        .split(|byte| *byte == 0)
        .filter(|entry| !entry.is_empty())
    {
        let text = String::from_utf8_lossy(entry);
        let mut fields = text.splitn(3, '\t');
        let mut next = || {
            fields
                .next()
                .and_then(|field| field.parse::<u64>().ok())
                .unwrap_or(0)
        };
        stat.file_count += 1;
        stat.insertions += next();
        stat.deletions += next();
    }
    stat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_add_up_and_binary_files_count_without_lines() {
        let stat = sum(b"3\t1\ta b\0-\t-\timage\x001\t0\tc\td\0");
        assert_eq!(
            (stat.file_count, stat.insertions, stat.deletions),
            (3, 4, 1)
        );
        assert_eq!(sum(b""), DiffStat::default());
    }
}
