//! Whether this git keeps what the import relies on: it refuses malformed packs.
//!
//! Versions say little, since distributions repair old ones; so it is tried.

use std::path::Path;

use outwork_domain::CommitId;

use crate::bare::{self, ObjectFormat};
use crate::command::{Command, Input};
use crate::error::{Error, Result};
use crate::folders::{INTAKE, blocking};
use crate::git::Git;
use crate::remove::remove;

/// The id of the empty tree.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

impl Git {
    /// Tries that a commit without an e-mail address and a tree with a `.git` entry are refused, and
    /// that an honest pack is not.
    ///
    /// # Errors
    ///
    /// [`Error::UnusableGit`] says what is wrong.
    pub async fn probe(&self) -> Result<()> {
        let folder = self.fresh_path(INTAKE, "probe");
        let probed = self.probe_in(&folder).await;
        blocking(move || remove(&folder)).await?;
        probed
    }

    async fn probe_in(&self, folder: &Path) -> Result<()> {
        let source = folder.join("source.git");
        bare::create(&source, ObjectFormat::Sha1, None)?;
        let blob = self.write_object(&source, "blob", b"[core]\n").await?;
        self.write_object(&source, "tree", b"").await?;
        let id =
            hex::decode(blob.as_str()).map_err(|error| Error::UnusableGit(error.to_string()))?;
        let poisoned = [b"100644 .git\0".as_slice(), &id].concat();
        let tree = self.write_object(&source, "tree", &poisoned).await?;
        let honest = "author a <a@b> 0 +0000\ncommitter a <a@b> 0 +0000\n\nx\n";
        let nameless = "author a 0 +0000\ncommitter a 0 +0000\n\nx\n";
        let cases = [
            ("honest", format!("tree {EMPTY_TREE}\n{honest}"), EMPTY_TREE),
            (
                "nameless",
                format!("tree {EMPTY_TREE}\n{nameless}"),
                EMPTY_TREE,
            ),
            ("poisoned", format!("tree {tree}\n{honest}"), tree.as_str()),
        ];
        for (name, text, tree) in cases {
            let commit = self
                .write_object(&source, "commit", text.as_bytes())
                .await?;
            let objects = format!("{commit}\n{tree}\n{blob}\n");
            let accepted = self.accepts(&source, &folder.join(name), objects).await?;
            if accepted != (name == "honest") {
                let word = if accepted { "accepts" } else { "refuses" };
                let why = format!(
                    "git {} {word} the {name} pack of the self-test",
                    self.version()
                );
                return Err(Error::UnusableGit(why));
            }
        }
        Ok(())
    }

    async fn write_object(&self, git_dir: &Path, kind: &str, bytes: &[u8]) -> Result<CommitId> {
        let command = Command::new("hash-object")
            .within(git_dir)
            .args(["-t", kind, "-w", "--literally", "--stdin"])
            .reading(Input::Bytes(bytes.to_vec()));
        let output = self.run(command).await?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim()
            .parse()
            .map_err(|_| Error::UnusableGit(format!("it named an object {text:?}")))
    }

    async fn accepts(&self, source: &Path, into: &Path, objects: String) -> Result<bool> {
        let pack = Command::new("pack-objects")
            .within(source)
            .args(["--stdout", "--quiet"])
            .reading(Input::Bytes(objects.into_bytes()));
        let pack = self.run(pack).await?.stdout;
        bare::create(into, ObjectFormat::Sha1, None)?;
        let index = Command::new("index-pack")
            .within(into)
            .args(["--stdin", "--fix-thin", "--strict", "--fsck-objects"])
            .reading(Input::Bytes(pack));
        Ok(self.inner.program.run(index).await?.status.success())
    }
}
