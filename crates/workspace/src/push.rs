//! Publishing a commit on a branch, under a lease, so that a repeat finds what was done before.
//!
//! The remote's branch must be where the caller believes it to be, or absent. When the push is
//! refused, the remote is asked once more: a branch at our commit is success, wherever it came from.

use outwork_domain::{BranchName, CommitId, Repository};

use crate::command::Command;
use crate::error::{Error, Result};
use crate::git::Git;
use crate::parts::{BranchOwner, Push, PushFrom, Pushed};
use crate::remote::{Answer, FarEnd};
use crate::words::{all_words, is_of_protection, remote_words};

impl Git {
    /// Moves a branch of the remote to a commit.
    ///
    /// # Errors
    ///
    /// [`Error::BranchTaken`], [`Error::Moved`], [`Error::WouldRewrite`],
    /// [`Error::ProtectedBranch`], [`Error::PushDenied`], [`Error::Auth`]; [`Error::PublishFailed`] for what may pass.
    pub async fn push(&self, from: PushFrom<'_>, push: &Push<'_>) -> Result<Pushed> {
        let pushed = self.push_once(from, push).await;
        pushed.map_err(Error::while_publishing)
    }

    async fn push_once(&self, from: PushFrom<'_>, push: &Push<'_>) -> Result<Pushed> {
        let git_dir = from.git_dir();
        let repository = &from.mirror().repository;
        if let (BranchOwner::Someone, Some(expected)) = (push.owner, push.expected) {
            let known = self.kind_of(git_dir, expected).await?.is_some();
            if !known || !self.is_ancestor(git_dir, expected, push.commit).await? {
                return Err(Error::WouldRewrite {
                    branch: push.branch.clone(),
                });
            }
        }
        let full_ref = push.branch.full_ref();
        let lease = push.expected.map_or("", CommitId::as_str);
        let answer = self
            .ask(repository, FarEnd::Receive, |address| {
                Ok(Command::new("push")
                    .within(git_dir)
                    .args(["--porcelain", "--progress", "--no-verify", "--no-signed"])
                    .args(["--no-follow-tags", "--recurse-submodules=no"])
                    .arg(format!("--force-with-lease={full_ref}:{lease}"))
                    .args(["--end-of-options", address])
                    .arg(format!("{}:{full_ref}", push.commit))
                    .patience(self.transfer_patience()))
            })
            .await?;
        let report = String::from_utf8_lossy(&answer.output.stdout).into_owned();
        if answer.output.status.success() {
            let unchanged = report.lines().any(|line| line.starts_with("=\t"));
            return Ok(if unchanged {
                Pushed::AlreadyThere
            } else {
                Pushed::Done
            });
        }
        self.why_refused(repository, push, &answer, &report).await
    }

    /// What a refused push means, seen from where the branch is now.
    async fn why_refused(
        &self,
        repository: &Repository,
        push: &Push<'_>,
        answer: &Answer,
        report: &str,
    ) -> Result<Pushed> {
        let tip = self.remote_tip(repository, push.branch).await?;
        if tip.as_ref() == Some(push.commit) {
            return Ok(Pushed::AlreadyThere);
        }
        let branch = || -> BranchName { push.branch.clone() };
        match push.expected {
            None if tip.is_some() || self.is_taken(repository, push.branch).await? => {
                return Err(Error::BranchTaken { branch: branch() });
            }
            Some(_) if tip.as_ref() != push.expected => {
                return Err(Error::Moved {
                    branch: branch(),
                    tip,
                });
            }
            None | Some(_) => {}
        }
        let Answer { output, secrets } = answer;
        let said = remote_words(&output.stderr, secrets);
        let reason = all_words(reason_of(report), secrets);
        let words = match (said.is_empty(), reason.is_empty()) {
            (true, true) => all_words(&output.stderr, secrets),
            (true, false) => reason,
            (false, true) => said,
            (false, false) => format!("{said} ({reason})"),
        };
        if is_of_protection(&words) {
            return Err(Error::ProtectedBranch {
                branch: branch(),
                words,
            });
        }
        Err(Error::PushDenied { words })
    }
}

/// The text behind a refused reference in the output of `git push --porcelain`.
fn reason_of(report: &str) -> &str {
    let refused = report.lines().find(|line| line.starts_with("!\t"));
    refused
        .and_then(|line| line.rsplit('\t').next())
        .unwrap_or_default()
}
