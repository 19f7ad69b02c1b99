//! Signs commits that came out of a sandbox: they are written anew with a signature in them.
//!
//! Signed is what the server's own identity committed, and whatever stands on a commit that was
//! written anew; the rest is somebody else's and keeps its id. The same commits and the same key
//! always give the same ids, so a repetition finds its own work.

use std::collections::HashMap;
use std::path::Path;

use outwork_domain::CommitId;
use outwork_domain::limits::SIGNED_COMMITS_MAX;

use crate::bare::ObjectFormat;
use crate::command::{Command, Input};
use crate::error::{Error, Result};
use crate::git::Git;
use crate::import::next_object;
use crate::options::Signing;
use crate::parts::Imported;

const COMMITS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Headers that hold a signature, each with its further lines.
const SIGNATURES: [&[u8]; 2] = [b"gpgsig ", b"gpgsig-sha256 "];

impl Git {
    /// Signs what the server's identity committed between `base` and the imported commit, if a key is
    /// configured.
    ///
    /// # Errors
    ///
    /// [`Error::ImportRefused`] for more commits than the server signs, or unreadable ones.
    pub async fn sign(&self, imported: Imported, base: &CommitId) -> Result<Imported> {
        let Some(signing) = &self.options().signing else {
            return Ok(imported);
        };
        let new = self.new_commits(&imported, base).await?;
        let mut written: HashMap<CommitId, CommitId> = HashMap::new();
        for (id, raw) in new {
            let commit = Commit::parse(&raw).ok_or_else(|| Error::ImportRefused {
                why: format!("the commit {id} cannot be read"),
            })?;
            let moved = commit.parents.iter().any(|id| written.contains_key(id));
            if !moved && !commit.is_committed_by(&signing.email) {
                continue;
            }
            let anew = commit.signed(&written, signing, ObjectFormat::of(&id))?;
            let new_id = self.write_commit(&imported.folder, anew).await?;
            written.insert(id, new_id);
        }
        self.pack(&imported.folder, written.values()).await?;
        let commit = written.remove(&imported.commit);
        Ok(Imported {
            commit: commit.unwrap_or_else(|| imported.commit.clone()),
            ..imported
        })
    }

    /// Signs one commit that the server made itself, if a key is configured; gives the commit that
    /// takes its place.
    pub(crate) async fn sign_own(&self, folder: &Path, commit: CommitId) -> Result<CommitId> {
        let Some(signing) = &self.options().signing else {
            return Ok(commit);
        };
        let raw = self
            .raw_commits(folder, std::slice::from_ref(&commit))
            .await?;
        let format = ObjectFormat::of(&commit);
        let parsed = raw.first().and_then(|(_, raw)| Commit::parse(raw));
        let parsed = parsed.ok_or_else(|| Error::Git {
            command: "cat-file",
            words: format!("the commit {commit} cannot be read"),
        })?;
        let anew = parsed.signed(&HashMap::new(), signing, format)?;
        self.write_commit(folder, anew).await
    }

    /// The commits of `base..tip`, parents first.
    async fn new_commits(
        &self,
        imported: &Imported,
        base: &CommitId,
    ) -> Result<Vec<(CommitId, Vec<u8>)>> {
        let command = Command::new("rev-list")
            .within(&imported.folder)
            .args(["--topo-order", "--reverse"])
            .arg(format!("--max-count={}", SIGNED_COMMITS_MAX + 1))
            .args([&format!("{base}..{}", imported.commit), "--"]);
        let output = self.run(command).await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let ids: Vec<CommitId> = text.lines().filter_map(|line| line.parse().ok()).collect();
        if output.cut || ids.len() > SIGNED_COMMITS_MAX {
            return Err(Error::ImportRefused {
                why: format!("more than {SIGNED_COMMITS_MAX} commits are to be signed"),
            });
        }
        self.raw_commits(&imported.folder, &ids).await
    }

    async fn raw_commits(
        &self,
        folder: &Path,
        ids: &[CommitId],
    ) -> Result<Vec<(CommitId, Vec<u8>)>> {
        let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let command = Command::new("cat-file")
            .within(folder)
            .arg("--batch")
            .output_max(COMMITS_BYTES_MAX)
            .reading(Input::Bytes(asked.into_bytes()));
        let output = self.run(command).await?;
        let mut rest = output.stdout.as_slice();
        let mut commits = Vec::with_capacity(ids.len());
        for id in ids {
            let Some((raw, after)) = next_object(rest, "commit") else {
                return Err(Error::ImportRefused {
                    why: "the new commits are too large to be signed".to_owned(),
                });
            };
            commits.push((id.clone(), raw.to_vec()));
            rest = after;
        }
        Ok(commits)
    }

    async fn write_commit(&self, folder: &Path, raw: Vec<u8>) -> Result<CommitId> {
        let command = Command::new("hash-object")
            .within(folder)
            .args(["-t", "commit", "-w", "--stdin"])
            .reading(Input::Bytes(raw));
        let output = self.run(command).await?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().map_err(|_| Error::Git {
            command: "hash-object",
            words: format!("unexpected output {text:?}"),
        })
    }

    /// Puts loose objects into a pack beside the imported one, which is what the mirror takes over.
    async fn pack(
        &self,
        folder: &Path,
        commits: impl Iterator<Item = &CommitId> + Send,
    ) -> Result<()> {
        let mut list: Vec<String> = commits.map(|id| format!("{id}\n")).collect();
        if list.is_empty() {
            return Ok(());
        }
        list.sort_unstable();
        let command = Command::new("pack-objects")
            .within(folder)
            .arg("--quiet")
            .arg(folder.join("objects/pack/pack"))
            .reading(Input::Bytes(list.concat().into_bytes()));
        self.run(command).await.map(drop)
    }
}

/// A commit object in its parts.
struct Commit<'a> {
    /// Header lines with their further lines, `\n` included, without signatures.
    headers: Vec<&'a [u8]>,
    parents: Vec<CommitId>,
    /// From the empty line on.
    message: &'a [u8],
}

impl<'a> Commit<'a> {
    fn parse(raw: &'a [u8]) -> Option<Self> {
        let end = raw.windows(2).position(|two| two == b"\n\n")? + 1;
        let (head, message) = raw.split_at(end);
        let mut headers: Vec<&[u8]> = Vec::new();
        let mut start = 0;
        let mut at = 0;
        while at < head.len() {
            at += head[at..].iter().position(|byte| *byte == b'\n')? + 1;
            // A line that begins with a space goes on with the one before it.
            if head.get(at) != Some(&b' ') {
                headers.push(&head[start..at]);
                start = at;
            }
        }
        let is_signature = |header: &[u8]| SIGNATURES.iter().any(|name| header.starts_with(name));
        headers.retain(|header| !is_signature(header));
        let parents = headers.iter().filter_map(|header| {
            let id = header.strip_prefix(b"parent ")?;
            Some(std::str::from_utf8(id).ok()?.trim_end().parse().ok())
        });
        Some(Self {
            parents: parents.collect::<Option<_>>()?,
            headers,
            message,
        })
    }

    fn is_committed_by(&self, email: &str) -> bool {
        let committer = self
            .headers
            .iter()
            .find(|one| one.starts_with(b"committer "));
        let mark = format!(" <{email}> ");
        committer.is_some_and(|line| {
            line.windows(mark.len())
                .any(|part| part.eq_ignore_ascii_case(mark.as_bytes()))
        })
    }

    /// The bytes of the same commit on its parents' successors, with our signature.
    fn signed(
        &self,
        written: &HashMap<CommitId, CommitId>,
        signing: &Signing,
        format: ObjectFormat,
    ) -> Result<Vec<u8>> {
        let mut parents = self.parents.iter();
        let mut head = Vec::new();
        for header in &self.headers {
            match header
                .starts_with(b"parent ")
                .then(|| parents.next())
                .flatten()
            {
                Some(parent) => {
                    let parent = written.get(parent).unwrap_or(parent);
                    head.extend_from_slice(format!("parent {parent}\n").as_bytes());
                }
                None => head.extend_from_slice(header),
            }
        }
        let signature = signing.key.sign(&[&head, self.message].concat())?;
        let name = match format {
            ObjectFormat::Sha1 => "gpgsig",
            ObjectFormat::Sha256 => "gpgsig-sha256",
        };
        let lines: Vec<&str> = signature.lines().collect();
        let header = format!("{name} {}\n", lines.join("\n "));
        head.extend_from_slice(header.as_bytes());
        head.extend_from_slice(self.message);
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_in_parts_and_loses_its_signature() {
        let parent = "1111111111111111111111111111111111111111";
        let raw = format!(
            "tree 2222222222222222222222222222222222222222\nparent {parent}\n\
             author a <a@b> 0 +0000\ncommitter B <B@c> 0 +0000\n\
             gpgsig -----BEGIN\n x\n -----END\nencoding latin1\n\nSubject\n\nBody\n"
        );
        let commit = Commit::parse(raw.as_bytes()).unwrap();
        assert_eq!(commit.parents, [parent.parse().unwrap()]);
        assert_eq!(commit.headers.len(), 5);
        assert_eq!(commit.message, b"\nSubject\n\nBody\n");
        assert!(commit.is_committed_by("b@c") && !commit.is_committed_by("a@b"));
        assert!(Commit::parse(b"tree x\nno end").is_none());
        assert!(Commit::parse(b"tree x\nparent y\n\nz").is_none());
    }
}
