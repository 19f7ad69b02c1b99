//! Lets go of what a deleted agent pinned, when its repository is no longer known.

use std::path::Path;

use crate::command::Command;
use crate::error::Result;
use crate::folders::MIRRORS;
use crate::git::Git;

impl Git {
    /// Removes the keep ref of that name from every mirror; absent is fine.
    ///
    /// # Errors
    ///
    /// The first mirror's that refuses; the others are tried all the same.
    pub async fn release_everywhere(&self, name: &str) -> Result<()> {
        let mirrors = self.data_dir().join(MIRRORS);
        let mut outcome = Ok(());
        for entry in std::fs::read_dir(mirrors).into_iter().flatten().flatten() {
            let mirror = entry.path();
            let reference = format!("refs/keep/{name}");
            if !mentions(&mirror, &reference) {
                continue;
            }
            let command = Command::new("update-ref").within(&mirror).args(["-d", &reference]);
            outcome = outcome.and(self.run(command).await.map(drop));
        }
        outcome
    }
}

/// Whether a repository may have that reference, loose or packed.
fn mentions(git_dir: &Path, reference: &str) -> bool {
    let packed = std::fs::read_to_string(git_dir.join("packed-refs")).unwrap_or_default();
    git_dir.join(reference).exists() || packed.contains(reference)
}
