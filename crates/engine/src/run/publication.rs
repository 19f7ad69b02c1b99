//! Brings the work in one repository out: commit and bundle in the sandbox, import on the host, push,
//! pull request.
//!
//! Author and dates of the commit come from the run's record, so a repeat makes the same commit, and
//! every later stage recognises its own work. It is signed on the host, after it was checked.

use std::path::PathBuf;
use std::sync::Arc;

use outwork_domain::limits::{BRANCH_SUFFIX_MAX, BUNDLE_BYTES_MAX};
use outwork_domain::{
    BranchName, BranchWish, Cause, CommitId, Event, EventBody, PullRequestCreation, Repository,
};
use outwork_store::{ChangeSet, Claim, RepositoryChange};
use outwork_tools::{CommitRequest, Committed, History};
use outwork_workspace::{
    BranchOwner, Error as GitError, Identity, Imported, Merge, Push, PushFrom,
};
use tracing::warn;

use super::desk::Desk;
use super::error::AttemptError;
use super::patience::patiently;
use super::prepare::{PreparedCheckout, of_repository};
use super::pull_request::{Branch, Ensured, PullRequests, Shown};
use super::start::base_of;
use super::target::{Target, target_of};
use super::{CoAuthor, RunParts, keep_name, text};

/// What came of a repository: events that the transcript does not have yet, and what of the agent's
/// repository changes with them.
pub(super) struct Published {
    pub(super) events: Vec<EventBody>,
    pub(super) change: RepositoryChange,
    pub(super) difference: Difference,
}

/// Whether a run changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// It did.
    Some,
    /// The files are as they were.
    None,
}

/// One repository of a run that is to be published.
pub(super) struct Publication<'a> {
    pub(super) parts: &'a Arc<RunParts>,
    pub(super) claim: &'a Claim,
    pub(super) checkout: &'a PreparedCheckout,
    pub(super) history: &'a [Event],
    /// A folder of its own for what comes out of the sandbox.
    pub(super) intake: PathBuf,
    /// What the model said of its work.
    pub(super) summary: &'a str,
}

impl Publication<'_> {
    /// Publishes the repository.
    pub(super) async fn publish(&self, desk: &mut Desk) -> Result<Published, AttemptError> {
        let Some(imported) = self.bring_out(desk).await? else {
            return self.nothing().await;
        };
        // Asked before the push: a run that fails because its base is gone has then pushed nothing.
        let target = target_of(self.parts, self.claim, &self.checkout.ours).await?;
        let branch = self.choose_branch(&target).await?;
        let (commit, branch) = self.push(&imported, branch).await?;
        let shown = Shown {
            branch: &branch,
            commit: &commit,
            target: &target,
            start: &self.checkout.base,
        };
        let ensured = self.pull_requests().ensure(&shown).await?;
        Ok(self.published(Difference::Some, Vec::new(), ensured))
    }

    /// Nothing differs; but what an earlier run pushed may not be shown yet.
    async fn nothing(&self) -> Result<Published, AttemptError> {
        let ours = &self.checkout.ours;
        let repository = self.repository().clone();
        let events = vec![EventBody::NothingToPublish { repository }];
        let ensured = match (&ours.head, &ours.branch) {
            (Some(head), Some(name)) if self.shows() && ours.pull_request_url.is_none() => {
                let target = target_of(self.parts, self.claim, ours).await?;
                let shown = Shown {
                    branch: &Branch::of(name.clone()),
                    commit: head,
                    target: &target,
                    start: &self.checkout.base,
                };
                self.pull_requests().ensure(&shown).await?
            }
            (Some(_) | None, Some(_) | None) => Ensured::default(),
        };
        Ok(self.published(Difference::None, events, ensured))
    }

    /// Whether a pull request is wanted at all.
    fn shows(&self) -> bool {
        self.claim.agent.pull_request.creation == PullRequestCreation::Automatic
    }

    fn published(
        &self,
        difference: Difference,
        mut events: Vec<EventBody>,
        ensured: Ensured,
    ) -> Published {
        events.extend(ensured.events);
        Published {
            events: self.new_only(events),
            change: RepositoryChange {
                pull_request_url: ensured.url,
                on_forge: ensured.on_forge,
                ..RepositoryChange::of(self.repository().clone())
            },
            difference,
        }
    }

    fn pull_requests(&self) -> PullRequests<'_> {
        PullRequests {
            parts: self.parts,
            claim: self.claim,
            ours: &self.checkout.ours,
            summary: self.summary,
        }
    }

    fn repository(&self) -> &Repository {
        &self.checkout.ours.source.repository
    }

    /// Commits in the sandbox and takes the commits into a throw-away repository; none if nothing
    /// differs from where the run started.
    async fn bring_out(&self, desk: &mut Desk) -> Result<Option<Imported>, AttemptError> {
        let (parts, claim) = (self.parts, self.claim);
        let (base, intake) = (&self.checkout.base, &self.intake);
        let co_author = match parts.options.author.co_author {
            CoAuthor::User => parts.ledger.user_email(&claim.agent).await?,
            CoAuthor::Nobody => None,
        };
        let subject = text::subject(claim, self.history);
        let request = CommitRequest {
            folder: self.checkout.ours.folder.clone(),
            base: base.clone(),
            parent: base.clone(),
            message: text::commit_message(claim, &subject, self.summary, co_author.as_deref()),
            author_name: parts.options.author.name.clone(),
            author_email: parts.options.author.email.clone(),
            date: claim.run.created_at,
            mirror_objects: self.checkout.mirror.objects(),
        };
        let host = desk.host(parts).await?;
        let (commit, history, skipped) = match host.commit(&request).await? {
            Committed::Unchanged => return Ok(None),
            Committed::Tip {
                commit,
                history,
                skipped,
            } => (commit, history, skipped),
        };
        let file = |source| AttemptError::File {
            what: "the intake folder",
            source,
        };
        if intake.exists() {
            tokio::fs::remove_dir_all(intake).await.map_err(file)?;
        }
        self.note(self.notes_of(&history, skipped)).await?;
        tokio::fs::create_dir_all(intake).await.map_err(file)?;
        let bundle = intake.join("bundle");
        let mut into = tokio::fs::File::create(&bundle).await.map_err(file)?;
        host.bundle(base, &commit, &mut into, BUNDLE_BYTES_MAX)
            .await?;
        into.sync_all().await.map_err(file)?;
        drop(into);
        let git = &parts.git;
        let mirror = &self.checkout.mirror;
        let repository = intake.join("repository");
        let imported = match git.import(mirror, &bundle, &repository, base).await {
            Err(GitError::MirrorBroken { .. }) => {
                let mirror = git.rebuild(self.repository(), base).await?;
                git.import(&mirror, &bundle, &repository, base).await?
            }
            imported => imported?,
        };
        self.refuse_secrets(&imported).await?;
        let imported = git.sign(imported, base).await?;
        git.keep(&imported, &keep_name(claim.agent.id)).await?;
        let stat = git.diff_stat(mirror, base, imported.commit()).await?;
        self.note(vec![EventBody::Committed {
            repository: self.repository().clone(),
            commit: imported.commit().clone(),
            subject,
            file_count: u32::try_from(stat.file_count).unwrap_or(u32::MAX),
            insertions: stat.insertions,
            deletions: stat.deletions,
        }])
        .await?;
        Ok(Some(imported))
    }

    /// Refuses commits that hold the value of a secret: what is pushed cannot be called back.
    async fn refuse_secrets(&self, imported: &Imported) -> Result<(), AttemptError> {
        if self.parts.secrets.is_empty() {
            return Ok(());
        }
        let mut finder = self.parts.secrets.finder();
        let mut found = None;
        let base = &self.checkout.base;
        let mut look = |added: &[u8]| {
            if found.is_none() {
                found = finder.push(added);
            }
        };
        self.parts.git.read_added(imported, base, &mut look).await?;
        let Some(name) = found else {
            return Ok(());
        };
        let text = format!(
            "the commit holds the value of the secret {name}, so it was not published; a follow-up \
             that takes it out, of the agent's own commits too, publishes the rest"
        );
        Err(AttemptError::failed(Cause::ImportRefused, text))
    }

    /// The branch of the agent, or the next free name if its pull request was merged or closed.
    async fn choose_branch(&self, target: &Target) -> Result<Branch, AttemptError> {
        let name = self.checkout.branch.clone();
        match self.pull_requests().ended(&name, target).await? {
            None => Ok(Branch::of(name)),
            Some(ended) => Ok(Branch {
                name: self.free_name(&name).await?,
                continues: Some(ended),
            }),
        }
    }

    /// The commit that the remote branch must be at for our push: what we pushed last, the tip that
    /// an existing branch had, or nothing.
    fn expected(&self, branch: &BranchName) -> Option<CommitId> {
        let ours = &self.checkout.ours;
        if ours.branch.as_ref() == Some(branch) && ours.head.is_some() {
            // The run started from the remote's tip, be it ours or somebody's later one.
            return Some(self.checkout.base.clone());
        }
        match &ours.branch_wish {
            BranchWish::Existing(existing) if existing == branch => {
                Some(self.checkout.base.clone())
            }
            BranchWish::Existing(_) | BranchWish::Named(_) | BranchWish::Generated => None,
        }
    }

    /// Pushes; with a branch that somebody else moved the work is merged, a name that is taken gets a
    /// number.
    async fn push(
        &self,
        imported: &Imported,
        branch: Branch,
    ) -> Result<(CommitId, Branch), AttemptError> {
        let expected = self.expected(&branch.name);
        match self
            .push_once(imported, &branch.name, expected.as_ref())
            .await
        {
            Ok(()) => Ok((imported.commit().clone(), branch)),
            // Somebody deleted the branch, perhaps with its pull request: it is made again.
            Err(AttemptError::Git(GitError::Moved { tip: None, .. })) => {
                self.push_once(imported, &branch.name, None).await?;
                Ok((imported.commit().clone(), branch))
            }
            Err(AttemptError::Git(GitError::Moved { .. })) => {
                match self.merge_into(imported, &branch.name).await {
                    Ok(merged) => Ok((merged, branch)),
                    Err(AttemptError::Git(
                        GitError::MergeConflict { .. } | GitError::Moved { .. },
                    )) => self.push_beside(imported, branch).await,
                    Err(error) => Err(error),
                }
            }
            Err(AttemptError::Git(GitError::BranchTaken { .. })) => {
                self.push_beside(imported, branch).await
            }
            Err(error) => Err(error),
        }
    }

    /// Merges the work into what somebody else pushed to the branch meanwhile.
    async fn merge_into(
        &self,
        imported: &Imported,
        branch: &BranchName,
    ) -> Result<CommitId, AttemptError> {
        let (claim, author) = (self.claim, &self.parts.options.author);
        let merge = Merge {
            base: branch,
            head: imported.commit(),
            message: &format!("Merge the work of {} into {branch}\n", claim.agent.name),
            author: &Identity {
                name: author.name.clone(),
                email: author.email.clone(),
            },
            date: claim.run.created_at,
        };
        let repository = self.repository();
        let merged = patiently(self.parts, self.claim, || async {
            Ok(self.parts.git.merge(repository, &merge).await?)
        })
        .await?;
        let text = format!("Somebody else pushed to {branch} meanwhile; the work was merged.");
        let text = of_repository(&self.checkout.ours, &text);
        self.note(vec![EventBody::Note { text }]).await?;
        self.note_pushed(branch, &merged).await?;
        Ok(merged)
    }

    /// Pushes to the next free name and says so.
    async fn push_beside(
        &self,
        imported: &Imported,
        branch: Branch,
    ) -> Result<(CommitId, Branch), AttemptError> {
        let name = self.free_name(&branch.name).await?;
        self.push_once(imported, &name, None).await?;
        let text = format!(
            "The branch {} was taken or moved; the work is on {name}.",
            branch.name
        );
        let text = of_repository(&self.checkout.ours, &text);
        self.note(vec![EventBody::Note { text }]).await?;
        Ok((
            imported.commit().clone(),
            Branch {
                name,
                continues: branch.continues,
            },
        ))
    }

    async fn free_name(&self, taken: &BranchName) -> Result<BranchName, AttemptError> {
        let repository = self.repository();
        for n in 2..=BRANCH_SUFFIX_MAX {
            let name = taken.numbered(n);
            let tip = patiently(self.parts, self.claim, || async {
                Ok(self.parts.git.remote_tip(repository, &name).await?)
            });
            match tip.await? {
                None => return Ok(name),
                // An attempt before this one got as far as the push.
                Some(tip) if self.pushed_before(&name, &tip) => return Ok(name),
                Some(_) => {}
            }
        }
        let text = format!("{taken} and its numbered names up to -{BRANCH_SUFFIX_MAX} are taken");
        Err(AttemptError::failed(Cause::PushDenied, text))
    }

    fn pushed_before(&self, name: &BranchName, tip: &CommitId) -> bool {
        self.of_this_run().any(|body| {
            matches!(body, EventBody::Pushed { branch, commit, repository }
                if branch == name && commit == tip && repository == self.repository())
                || matches!(body, EventBody::Committed { commit, .. } if commit == tip)
        })
    }

    async fn push_once(
        &self,
        imported: &Imported,
        branch: &BranchName,
        expected: Option<&CommitId>,
    ) -> Result<(), AttemptError> {
        let git = &self.parts.git;
        let push = Push {
            commit: imported.commit(),
            branch,
            expected,
            // Our commits always go on from what we expect there, so no push ever rewrites.
            owner: BranchOwner::Someone,
        };
        patiently(self.parts, self.claim, || async {
            Ok(git.push(PushFrom::Imported(imported), &push).await?)
        })
        .await?;
        self.note_pushed(branch, imported.commit()).await
    }

    /// Notes what the branch is at, for this run and for those to come, in one transaction.
    async fn note_pushed(
        &self,
        branch: &BranchName,
        commit: &CommitId,
    ) -> Result<(), AttemptError> {
        let (name, head) = (branch.clone(), commit.clone());
        let repository = self.repository().clone();
        let change_set = self.change_set(commit).await?;
        let events = self.new_only(vec![EventBody::Pushed {
            repository: repository.clone(),
            branch: name,
            commit: head,
        }]);
        let change = RepositoryChange {
            branch: Some(branch.clone()),
            head: Some(commit.clone()),
            ..RepositoryChange::of(repository)
        };
        Ok(self
            .parts
            .ledger
            .append_push(&self.claim.fence, events, change, change_set)
            .await?)
    }

    /// What the agent has changed up to that commit, since its work on the repository started.
    async fn change_set(&self, head: &CommitId) -> Result<ChangeSet, AttemptError> {
        let (git, repository) = (&self.parts.git, self.repository());
        let firsts = self.parts.ledger.first_bases(self.claim.agent.id).await?;
        let base = base_of(&firsts, repository).unwrap_or(&self.checkout.base);
        let (subject, mirror) = patiently(self.parts, self.claim, || async {
            let mirror = git.fetch(repository, head).await?;
            Ok((git.subject(&mirror, head).await?, mirror))
        })
        .await?;
        let read = patiently(self.parts, self.claim, || async {
            git.fetch(repository, base).await?;
            Ok(git.change(&mirror, base, head).await?)
        });
        let patch = match read.await {
            Ok(change) => change,
            // The branch that work started from was rewritten, and the mirror is new: nothing shows it any more.
            Err(AttemptError::Git(error @ GitError::BaseNotFound { .. })) => {
                let run_id = self.claim.run.id;
                warn!(%run_id, %error, "a change has nothing to be shown against");
                None
            }
            Err(error) => return Err(error),
        };
        Ok(ChangeSet {
            repository: repository.clone(),
            base: base.clone(),
            head: head.clone(),
            subject,
            patch,
        })
    }

    /// Writes events that the run's transcript does not have yet.
    async fn note(&self, events: Vec<EventBody>) -> Result<(), AttemptError> {
        let events = self.new_only(events);
        if !events.is_empty() {
            self.parts.ledger.append(&self.claim.fence, events).await?;
        }
        Ok(())
    }

    fn new_only(&self, mut events: Vec<EventBody>) -> Vec<EventBody> {
        events.retain(|event| !self.of_this_run().any(|body| body == event));
        events
    }

    fn of_this_run(&self) -> impl Iterator<Item = &EventBody> {
        let run_id = self.claim.run.id;
        let history = self.history.iter();
        history
            .filter(move |event| event.run_id == run_id)
            .map(|event| &event.body)
    }

    /// What people should know of how the agent left its repository.
    fn notes_of(&self, history: &History, skipped: Option<String>) -> Vec<EventBody> {
        let text = match history {
            History::Kept => None,
            History::Flattened => Some(
                "The agent's own commits did not go on from where the run started; its work is one \
                 commit."
                    .to_owned(),
            ),
            History::Lost => Some(
                "The agent destroyed the repository's own data; its commits are lost and its work \
                 is one commit."
                    .to_owned(),
            ),
        };
        let skipped = skipped.map(|what| format!("Left out of the commit: {what}"));
        text.into_iter()
            .chain(skipped)
            .map(|text| of_repository(&self.checkout.ours, &text))
            .map(|text| EventBody::Note { text })
            .collect()
    }
}
