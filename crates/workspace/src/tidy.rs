//! Putting the packs of a mirror together: each run that is kept adds one.
//!
//! Small packs are rolled up into larger ones and no object is dropped, so nothing that a workspace
//! borrows can go; processes that have an old pack open keep it, and others look again.

use crate::command::Command;
use crate::error::Result;
use crate::git::Git;
use crate::mirror::packs;

impl Git {
    /// Puts the packs of mirrors with too many of them together; gives how many mirrors had.
    ///
    /// # Errors
    ///
    /// The first mirror's that fails; the others are tried all the same.
    pub async fn tidy(&self) -> Result<u32> {
        let (mut count, mut outcome) = (0, Ok(()));
        for git_dir in self.mirror_folders() {
            let state = self.state_at(&git_dir);
            let _writing = state.writing.lock().await;
            if packs(&git_dir).len() <= self.options().limits.packs_max {
                continue;
            }
            count += 1;
            let command = Command::new("repack")
                .within(&git_dir)
                .args(["--geometric=2", "-d", "-q"])
                .patience(crate::command::Patience {
                    silence: None,
                    total: self.options().limits.transfer,
                });
            outcome = outcome.and(self.run(command).await.map(|_| ()));
        }
        outcome.map(|()| count)
    }
}
