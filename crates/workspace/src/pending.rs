//! Signatures whose bodies follow.
use crate::{error::*, git::Git, parts::*};
use outwork_domain::*;
use std::path::Path;
fn not_yet<T>() -> Result<T> {
    Err(Error::UnusableGit("not built yet".to_owned()))
}
#[expect(
    clippy::unused_async,
    missing_docs,
    reason = "signatures first; bodies follow"
)]
impl Git {
    pub async fn probe(&self) -> Result<()> {
        not_yet()
    }
    pub async fn resolve(&self, _repository: &Repository, _base: Option<&BaseRef>) -> Result<Base> {
        not_yet()
    }
    pub async fn remote_tip(
        &self,
        _repository: &Repository,
        _branch: &BranchName,
    ) -> Result<Option<CommitId>> {
        not_yet()
    }
    pub async fn fetch(&self, _repository: &Repository, _commit: &CommitId) -> Result<Mirror> {
        not_yet()
    }
    pub async fn rebuild(&self, _repository: &Repository, _commit: &CommitId) -> Result<Mirror> {
        not_yet()
    }
    pub async fn lay_workspace(
        &self,
        _mirror: &Mirror,
        _folder: &Path,
        _layout: &Layout<'_>,
    ) -> Result<()> {
        not_yet()
    }
    pub async fn make_folder(&self, _folder: &Path, _owner: Option<(u32, u32)>) -> Result<()> {
        not_yet()
    }
    pub async fn remove_workspace(&self, _folder: &Path) -> Result<()> {
        not_yet()
    }
    pub async fn import(
        &self,
        _mirror: &Mirror,
        _bundle: &Path,
        _intake: &Path,
        _base: &CommitId,
    ) -> Result<Imported> {
        not_yet()
    }
    pub async fn keep(&self, _imported: &Imported, _name: &str) -> Result<()> {
        not_yet()
    }
    pub async fn kept(&self, _mirror: &Mirror, _name: &str) -> Result<Option<CommitId>> {
        not_yet()
    }
    pub async fn release(&self, _mirror: &Mirror, _name: &str) -> Result<()> {
        not_yet()
    }
    pub async fn push(&self, _from: PushFrom<'_>, _push: &Push<'_>) -> Result<Pushed> {
        not_yet()
    }
    pub async fn read_file(
        &self,
        _mirror: &Mirror,
        _commit: &CommitId,
        _path: &str,
        _bytes_max: usize,
    ) -> Result<Option<Vec<u8>>> {
        not_yet()
    }
    pub async fn subject(&self, _mirror: &Mirror, _commit: &CommitId) -> Result<String> {
        not_yet()
    }
    pub async fn same_tree(
        &self,
        _mirror: &Mirror,
        _one: &CommitId,
        _other: &CommitId,
    ) -> Result<bool> {
        not_yet()
    }
    pub async fn diff(&self, _mirror: &Mirror, _from: &CommitId, _to: &CommitId) -> Result<Diff> {
        not_yet()
    }
    pub async fn diff_stat(
        &self,
        _mirror: &Mirror,
        _from: &CommitId,
        _to: &CommitId,
    ) -> Result<DiffStat> {
        not_yet()
    }
    pub async fn patch(
        &self,
        _mirror: &Mirror,
        _from: &CommitId,
        _to: &CommitId,
    ) -> Result<String> {
        not_yet()
    }
    pub async fn merge(&self, _repository: &Repository, _merge: &Merge<'_>) -> Result<CommitId> {
        not_yet()
    }
    pub async fn sweep(&self) -> Result<Swept> {
        not_yet()
    }
}
