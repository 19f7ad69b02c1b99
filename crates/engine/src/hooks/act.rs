//! What follows from a hook: a new agent, a follow-up, a note of what became of a pull request.

use std::time::Duration;

use outwork_domain::{
    AgentId, ForgePullRequest, HookEnd, PullRequestNumber, PullRequestState, Repository,
};
use outwork_forge::{
    CheckFinished, CheckVerdict, Error as ForgeError, Forge, Incoming, Line, PersonKind, Place,
    PullRequestChange, PullRequestChanged, Remark, Said, Subject,
};
use outwork_store::{ClaimedHook, agents, forge_issues, forge_pull_requests};
use sha2::{Digest as _, Sha256};

use super::people::{self, Steered};
use super::rules::HookRules;
use super::{Hooks, answer, prompt};
use crate::commands::CommandError;

/// Why a hook was not dealt with.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another attempt may help.
    Passing {
        why: String,
        /// How long the forge wants to be left alone, if it said so.
        wait: Option<Duration>,
    },
    /// Nothing helps.
    Final(String),
}

impl From<outwork_store::Error> for Fault {
    fn from(error: outwork_store::Error) -> Self {
        Self::Passing {
            why: error.to_string(),
            wait: None,
        }
    }
}

impl From<ForgeError> for Fault {
    fn from(error: ForgeError) -> Self {
        match error.class() {
            outwork_domain::Class::Retry => Self::Passing {
                wait: error.retry_after(),
                why: error.to_string(),
            },
            outwork_domain::Class::Permanent | outwork_domain::Class::Caller => {
                Self::Final(error.to_string())
            }
        }
    }
}

/// What a request of a person led to.
pub(super) enum Outcome {
    /// The agent works on it.
    Taken(AgentId),
    /// It cannot be, for a reason that the person should hear.
    Refused(String),
}

fn ignored(why: &str) -> Result<HookEnd, Fault> {
    Ok(HookEnd::Ignored(why.to_owned()))
}

impl Hooks {
    /// Does what a hook asks for, as far as it was not done before.
    pub(super) async fn act(&self, hook: &ClaimedHook) -> Result<HookEnd, Fault> {
        let inner = &self.inner;
        let found = inner.forges.find_by_name(&hook.forge);
        let (Some(forge), Some(rules)) = (found, inner.rules.get(&hook.forge)) else {
            return Err(Fault::Final("the forge is no longer configured".to_owned()));
        };
        let read = forge.read_hook(&hook.event, &hook.body);
        match read.map_err(|error| Fault::Final(error.to_string()))? {
            Incoming::Said(said) => self.heard(hook, forge.as_ref(), rules, &said).await,
            Incoming::PullRequestChanged(changed) => self.changed(&changed).await,
            Incoming::CheckFinished(check) => self.checked(rules, &check).await,
            Incoming::RepositoryRenamed { from, to } => {
                self.inner.engine.repositories_changed(&hook.forge);
                self.renamed(from, to).await
            }
            Incoming::RepositoryDeleted { repository } => {
                self.inner.engine.repositories_changed(&hook.forge);
                self.deleted(repository).await
            }
            Incoming::Pushed(_) | Incoming::Ping | Incoming::Irrelevant => {
                ignored("nothing follows from it")
            }
        }
    }

    /// Somebody said something, perhaps on several lines at once of which the forge does not tell.
    async fn heard(
        &self,
        hook: &ClaimedHook,
        forge: &dyn Forge,
        rules: &HookRules,
        said: &Said,
    ) -> Result<HookEnd, Fault> {
        let errand = Errand::of(hook);
        let mut end = self.said(&errand, forge, rules, said).await?;
        let is_review = matches!(said.remark.place, Place::Review { .. });
        // Strangers write reviews too, and each question spends a part of the forge's limit.
        if !is_review
            || said.author.kind == PersonKind::Bot
            || !people::may_ask(forge, rules, said).await?
        {
            return Ok(end);
        }
        for line in forge.lines_of_review(said).await? {
            let errand = errand.on_line(&line);
            let of_line = self.said(&errand, forge, rules, &line).await?;
            if matches!(end, HookEnd::Ignored(_)) {
                end = of_line;
            }
        }
        Ok(end)
    }

    /// If it was said to us, and its author may, an agent takes it up.
    async fn said(
        &self,
        errand: &Errand,
        forge: &dyn Forge,
        rules: &HookRules,
        said: &Said,
    ) -> Result<HookEnd, Fault> {
        if said.author.kind == PersonKind::Bot || answer::is_ours(&said.text) {
            return ignored("a program said it");
        }
        let Some(request) = rules.mention.request_in(&said.text) else {
            return ignored("nobody spoke to us");
        };
        if !people::may_ask(forge, rules, said).await? {
            return ignored("its author may not ask for work");
        }
        let whose = Steered { forge, rules, said };
        let outcome = match said.remark.subject {
            Subject::PullRequest(number) => match self.pull_request(&said.remark, number).await? {
                None => return ignored("the pull request is none of ours"),
                Some(ours) => {
                    let text = prompt::of_pull_request(&ours, said, &request);
                    self.steer(ours.agent_id, &errand.key, text, whose).await?
                }
            },
            Subject::Issue(number) => self.of_issue(errand, whose, &request, number).await?,
        };
        let end = match &outcome {
            Outcome::Taken(_) => HookEnd::Done,
            Outcome::Refused(why) => HookEnd::Failed(why.clone()),
        };
        let public_url = self.inner.engine.public_url();
        answer::give(forge, &said.remark, &errand.mark, &outcome, public_url).await?;
        Ok(end)
    }

    async fn pull_request(
        &self,
        remark: &Remark,
        number: PullRequestNumber,
    ) -> Result<Option<ForgePullRequest>, Fault> {
        let mut reader = self.inner.engine.store().read().await?;
        Ok(forge_pull_requests::find(&mut reader, &remark.repository, number).await?)
    }

    /// The agent of an issue goes on; without one, one is launched.
    async fn of_issue(
        &self,
        errand: &Errand,
        whose: Steered<'_>,
        request: &str,
        number: u64,
    ) -> Result<Outcome, Fault> {
        let Steered { rules, said, .. } = whose;
        let repository = &said.remark.repository;
        let key = &errand.key;
        let mut reader = self.inner.engine.store().read().await?;
        let known = forge_issues::find_agent(&mut reader, repository, number).await?;
        drop(reader);
        if let Some(agent_id) = known
            && !self.launched_by(agent_id, key).await?
        {
            let text = prompt::of_comment(said, request);
            return self.steer(agent_id, key, text, whose).await;
        }
        let Some(account_id) = rules.account_id else {
            let why = "no account is configured for agents that are launched from issues";
            return Ok(Outcome::Refused(why.to_owned()));
        };
        let text = prompt::of_issue(said, request);
        let launched = self.launch(account_id, key, said, text).await?;
        if let Outcome::Taken(agent_id) = launched {
            self.link_issue(said, number, agent_id).await?;
        }
        Ok(launched)
    }

    async fn link_issue(&self, said: &Said, number: u64, agent_id: AgentId) -> Result<(), Fault> {
        let (repository, now) = (said.remark.repository.clone(), self.inner.engine.now());
        let linked = self.inner.engine.store().write(move |tx| {
            Box::pin(async move { forge_issues::put(tx, &repository, number, agent_id, now).await })
        });
        let linked: Result<(), outwork_store::Error> = linked.await;
        match linked {
            // Deleted since: there is nothing to link.
            Ok(()) | Err(outwork_store::Error::NotFound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A pull request was merged, closed or opened again.
    async fn changed(&self, changed: &PullRequestChanged) -> Result<HookEnd, Fault> {
        let state = match changed.change {
            PullRequestChange::Merged => PullRequestState::Merged,
            PullRequestChange::Closed => PullRequestState::Closed,
            PullRequestChange::Reopened => PullRequestState::Open,
        };
        let (repository, number) = (changed.repository.clone(), changed.number);
        let now = self.inner.engine.now();
        let set = self.inner.engine.store().write(move |tx| {
            Box::pin(async move {
                forge_pull_requests::set_state(tx, &repository, number, state, now).await
            })
        });
        let set: Result<bool, outwork_store::Error> = set.await;
        if set? {
            return Ok(HookEnd::Done);
        }
        ignored("the pull request is none of ours")
    }

    /// A repository has another name: what we know of its pull requests and issues goes by it.
    async fn renamed(&self, from: Option<Repository>, to: Repository) -> Result<HookEnd, Fault> {
        let Some(from) = from.filter(|from| *from != to) else {
            return Ok(HookEnd::Done);
        };
        let now = self.inner.engine.now();
        let renamed = self.inner.engine.store().write(move |tx| {
            Box::pin(async move {
                forge_pull_requests::rename(tx, &from, &to, now).await?;
                forge_issues::rename(tx, &from, &to).await
            })
        });
        let renamed: Result<(), outwork_store::Error> = renamed.await;
        renamed?;
        Ok(HookEnd::Done)
    }

    /// A repository is gone, and with it its open pull requests.
    async fn deleted(&self, repository: Repository) -> Result<HookEnd, Fault> {
        let now = self.inner.engine.now();
        let closed = self.inner.engine.store().write(move |tx| {
            Box::pin(async move { forge_pull_requests::close_all(tx, &repository, now).await })
        });
        let closed: Result<(), outwork_store::Error> = closed.await;
        closed?;
        Ok(HookEnd::Done)
    }

    /// A check ended: if it failed on what we pushed last, the agent may get to hear of it.
    async fn checked(&self, rules: &HookRules, check: &CheckFinished) -> Result<HookEnd, Fault> {
        let max = rules.check_follow_ups_max;
        if check.verdict != CheckVerdict::Failed {
            return ignored("the check did not fail");
        }
        if max == 0 {
            return ignored("failing checks are not followed up");
        }
        let repository = &check.repository;
        let mut reader = self.inner.engine.store().read().await?;
        // The statuses of Gitea are of a commit and name no branch.
        let found = match &check.branch {
            Some(branch) => {
                forge_pull_requests::find_open_by_head(&mut reader, repository, branch).await?
            }
            None => {
                let commit = &check.commit;
                forge_pull_requests::find_open_by_commit(&mut reader, repository, commit).await?
            }
        };
        let Some(ours) = found else {
            return ignored("no open pull request of ours shows what was checked");
        };
        let (number, agent_id) = (ours.number, ours.agent_id);
        let before = forge_pull_requests::check_follow_ups(&mut reader, repository, number).await?;
        let is_newest = match agents::find_account(&mut reader, agent_id).await? {
            None => false,
            Some(account_id) => agents::find(&mut reader, account_id, agent_id)
                .await?
                .is_some_and(|view| {
                    let mut all = view.agent.repositories.iter();
                    all.any(|one| one.head.as_ref() == Some(&check.commit))
                }),
        };
        drop(reader);
        if !is_newest {
            return ignored("the check is not of what was pushed last");
        }
        if before.count >= max {
            return ignored("enough failing checks were followed up");
        }
        if before.commit.as_ref() == Some(&check.commit) {
            return ignored("a failing check of that commit was followed up");
        }
        // The name of a repository may be longer than a key.
        let text = format!("{repository}\n{number}\n{}", check.commit);
        let key = format!("check {}", hex::encode(Sha256::digest(text)));
        let outcome = self
            .follow_up(agent_id, &key, prompt::of_check(check))
            .await?;
        let (repository, commit) = (repository.clone(), check.commit.clone());
        let taken = self.inner.engine.store().write(move |tx| {
            Box::pin(async move {
                forge_pull_requests::take_check_follow_up(tx, &repository, number, &commit, max)
                    .await
            })
        });
        let taken: Result<bool, outwork_store::Error> = taken.await;
        taken?;
        Ok(match outcome {
            Outcome::Taken(_) => HookEnd::Done,
            Outcome::Refused(why) => HookEnd::Failed(why),
        })
    }
}

/// What makes one thing that was said happen once.
struct Errand {
    /// The key under which its effects are carried out.
    key: String,
    /// What its answer is known by.
    mark: String,
}

impl Errand {
    fn of(hook: &ClaimedHook) -> Self {
        // A forge's id may have any form.
        let text = format!("{}\n{}", hook.forge, hook.delivery_id);
        Self {
            key: format!("hook {}", hex::encode(Sha256::digest(text))),
            mark: hook.delivery_id.clone(),
        }
    }

    /// One of the lines that came with it.
    fn on_line(&self, said: &Said) -> Self {
        let id = match &said.remark.place {
            Place::Line(Line { id, .. }) | Place::Comment { id, .. } | Place::Review { id } => *id,
            Place::Description => 0,
        };
        Self {
            key: format!("{} {id}", self.key),
            mark: format!("{}-{id}", self.mark),
        }
    }
}

/// A refusal that another attempt may overcome, or one that the person should hear of.
pub(super) fn refusal(error: &CommandError) -> Result<Outcome, Fault> {
    let why = error.to_string();
    let passes = matches!(
        error,
        CommandError::Unavailable(_)
            | CommandError::Internal(_)
            | CommandError::RepetitionInProgress
    );
    if passes {
        return Err(Fault::Passing { why, wait: None });
    }
    Ok(Outcome::Refused(why))
}
