//! What an agent changed in a repository, as one change that can be applied elsewhere.

use std::sync::Arc;

use outwork_domain::{CommitId, Repository};
use outwork_workspace::Extent;

use super::CommandError;
use crate::Engine;
use crate::change_sets::{ChangeSet, Span};

impl Engine {
    /// The change from `base` to `head`; none if no file differs, or if it is larger than
    /// [`DIFF_BYTES_MAX`]: a part of it would not be it.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the mirror cannot be read, and those of reaching the repository if a
    /// commit is missing there.
    ///
    /// [`DIFF_BYTES_MAX`]: outwork_domain::limits::DIFF_BYTES_MAX
    pub async fn change_set(
        &self,
        repository: &Repository,
        base: &CommitId,
        head: &CommitId,
    ) -> Result<Option<Arc<ChangeSet>>, CommandError> {
        let span = Span {
            repository: repository.clone(),
            base: base.clone(),
            head: head.clone(),
        };
        let computed = self.compute_change_set(repository, base, head);
        self.inner.change_sets.get(&span, computed).await
    }

    async fn compute_change_set(
        &self,
        repository: &Repository,
        base: &CommitId,
        head: &CommitId,
    ) -> Result<Option<Arc<ChangeSet>>, CommandError> {
        let git = &self.inner.git;
        let mirror = git.fetch(repository, head).await?;
        let diff = git.diff(&mirror, base, head).await?;
        if diff.extent == Extent::Cut || diff.text.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(ChangeSet {
            patch: diff.text,
            base: base.clone(),
            message: git.subject(&mirror, head).await?,
        })))
    }
}
