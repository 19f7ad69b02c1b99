//! Sees to it that a pull request shows the branch: found before it is opened, brought up to date when it
//! is there, never two.

use outwork_domain::{
    AgentRepository, BaseRef, BranchName, BranchWish, Cause, CommitId, EventBody, ForgePullRequest,
    PullRequestCreation, PullRequestState, Repository,
};
use outwork_forge::{At, Draft, Error, Found, HeadMoved, Revision, Wanted};
use outwork_store::Claim;

use super::description::{self, Description, Seen};
use super::error::AttemptError;
use super::patience::patiently;
use super::prepare::of_repository;
use super::renamed::here;
use super::start::base_of;
use super::target::{Target, get, works_on_branch};
use super::{RunParts, wishes};

/// The branch that the work goes to.
pub(super) struct Branch {
    pub(super) name: BranchName,
    /// The merged or closed pull request that this one goes on from.
    pub(super) continues: Option<Found>,
}

impl Branch {
    pub(super) const fn of(name: BranchName) -> Self {
        Self {
            name,
            continues: None,
        }
    }
}

/// What a pull request is to show.
pub(super) struct Shown<'a> {
    pub(super) branch: &'a Branch,
    pub(super) commit: &'a CommitId,
    pub(super) target: &'a Target,
    /// Where this run's work started.
    pub(super) start: &'a CommitId,
}

/// What is known once a pull request shows the branch, or none is to.
#[derive(Default)]
pub(super) struct Ensured {
    pub(super) events: Vec<EventBody>,
    /// Where it is read.
    pub(super) url: Option<String>,
    /// The same as its forge has it; none where Outwork keeps it itself.
    pub(super) on_forge: Option<ForgePullRequest>,
}

/// The pull requests of one repository of a run.
pub(super) struct PullRequests<'a> {
    pub(super) parts: &'a RunParts,
    pub(super) claim: &'a Claim,
    pub(super) ours: &'a AgentRepository,
    /// What the model said of its work.
    pub(super) summary: &'a str,
}

impl PullRequests<'_> {
    /// Tells the forge of the push, then finds the open pull request of the branch and brings it up to
    /// date, or opens one, if one is wanted.
    pub(super) async fn ensure(&self, shown: &Shown<'_>) -> Result<Ensured, AttemptError> {
        let (parts, claim) = (self.parts, self.claim);
        self.tell_of_push(shown).await?;
        if let Some(started) = self.shown_by_start(shown) {
            return Ok(Ensured {
                on_forge: started.and_then(|found| self.known(&shown.target.repository, found)),
                ..Ensured::default()
            });
        }
        if claim.agent.pull_request.creation == PullRequestCreation::Manual {
            return Ok(Ensured::default());
        }
        let history = parts.ledger.history(claim.agent.id).await?;
        let description = Description {
            claim,
            repository: &self.ours.source.repository,
            history: &history,
            summary: self.summary,
            continues: shown.branch.continues.as_ref(),
            public_url: &parts.public_url,
        };
        let draft = self.draft(shown, description.new_body()).await?;
        let mut ensured = Ensured::default();
        let found = match self.find(&draft).await? {
            Some(found) => {
                self.revised(found, &draft, &description, &mut ensured)
                    .await?
            }
            None => self.open(draft.clone(), shown, &mut ensured).await?,
        };
        let seen = self.seen(&found);
        if seen == Seen::First && description::is_of(&found.body, claim.agent.id) {
            self.decorate(&draft, &found, &mut ensured).await?;
        }
        ensured.events.insert(
            0,
            EventBody::PullRequestOpened {
                repository: self.ours.source.repository.clone(),
                number: found.number,
                url: found.url.clone(),
            },
        );
        ensured.on_forge = self.known(&draft.repository, &found);
        ensured.url = Some(found.url);
        Ok(ensured)
    }

    async fn tell_of_push(&self, shown: &Shown<'_>) -> Result<(), AttemptError> {
        let parts = self.parts;
        let repository = &self.ours.source.repository;
        let moved = HeadMoved {
            agent_id: self.claim.agent.id,
            repository,
            head: &shown.branch.name,
            commit: shown.commit,
        };
        patiently(parts, self.claim, || async {
            Ok(parts.forges.of(repository).head_moved(&moved).await?)
        })
        .await
    }

    /// The pull request that the agent started from, if the work is on its branch, and what its forge
    /// says of it, if it is on one.
    fn shown_by_start<'s>(&self, shown: &'s Shown<'_>) -> Option<Option<&'s Found>> {
        let is_its_branch = matches!(&self.ours.branch_wish,
            BranchWish::Existing(branch) if *branch == shown.branch.name);
        let is_from_one = self.ours.source.pull_request_url.is_some();
        (is_its_branch && is_from_one && shown.branch.continues.is_none())
            .then_some(shown.target.started.as_ref())
    }

    async fn draft(&self, shown: &Shown<'_>, body: String) -> Result<Draft, AttemptError> {
        let agent = &self.claim.agent;
        let first = self.first_base().await?;
        let target = shown.target;
        Ok(Draft {
            agent_id: agent.id,
            repository: target.repository.clone(),
            title: agent.name.clone(),
            body,
            base: target.base.clone(),
            head: shown.branch.name.clone(),
            head_repository: target.fork.clone(),
            base_commit: first.unwrap_or_else(|| shown.start.clone()),
            head_commit: shown.commit.clone(),
            readiness: agent.pull_request.readiness,
            identity: agent.pull_request.identity,
        })
    }

    /// The open pull request of the branch, whoever opened it; or one of ours that was merged or closed
    /// since a dead attempt opened it.
    async fn find(&self, draft: &Draft) -> Result<Option<Found>, AttemptError> {
        let is_open = |found: &&Found| found.state == PullRequestState::Open;
        let own = self.own(&draft.head).await?;
        if own.as_ref().filter(is_open).is_some() {
            return Ok(own);
        }
        let found = patiently(self.parts, self.claim, || async {
            find(self.parts, &draft.wanted()).await
        })
        .await?;
        let is_ours = |found: &&Found| {
            description::is_of(&found.body, draft.agent_id) || self.seen(found) == Seen::Before
        };
        let open = found.iter().find(is_open);
        Ok(open.or_else(|| found.iter().find(is_ours)).cloned())
    }

    /// The pull request that the agent's row names, if it shows that branch: people may have given it
    /// another base than the one that is looked for.
    async fn own(&self, branch: &BranchName) -> Result<Option<Found>, AttemptError> {
        let (parts, claim) = (self.parts, self.claim);
        let url = self.ours.pull_request_url.as_deref();
        let Some((_, repository, number)) = url.and_then(|url| parts.forges.locate(url)) else {
            return Ok(None);
        };
        let found = patiently(parts, claim, || async {
            get(parts, claim, &repository, number).await
        })
        .await?;
        Ok(found.filter(|found| found.head.branch == *branch))
    }

    fn seen(&self, found: &Found) -> Seen {
        if self.ours.pull_request_url.as_ref() == Some(&found.url) {
            Seen::Before
        } else {
            Seen::First
        }
    }

    async fn open(
        &self,
        mut draft: Draft,
        shown: &Shown<'_>,
        ensured: &mut Ensured,
    ) -> Result<Found, AttemptError> {
        let (parts, claim) = (self.parts, self.claim);
        if let Some(fork) = self.fork_of(shown).await? {
            draft.base_commit = fork;
        }
        let found = patiently(parts, claim, || async { opened(parts, &draft).await }).await?;
        if found.readiness != draft.readiness {
            ensured
                .events
                .push(self.note("The pull request is no draft: the forge has none there."));
        }
        Ok(found)
    }

    /// Brings our part of the description up to date; a forge that does not take it keeps the old one.
    async fn revised(
        &self,
        found: Found,
        draft: &Draft,
        description: &Description<'_>,
        ensured: &mut Ensured,
    ) -> Result<Found, AttemptError> {
        let is_open = found.state == PullRequestState::Open;
        let body = description.revised(&found.body, self.seen(&found));
        let Some(body) = body.filter(|_| is_open) else {
            return Ok(found);
        };
        let revision = Revision {
            title: None,
            body: Some(body),
        };
        let (parts, claim) = (self.parts, self.claim);
        let updated = patiently(parts, claim, || async {
            let repository = here(parts, &draft.repository);
            let at = at(&repository, &found, draft);
            Ok(parts.forges.of(&repository).update(&at, &revision).await?)
        });
        match updated.await {
            // What it was when we looked decides what else is to be done.
            Ok(_) => Ok(found),
            Err(error @ AttemptError::Ledger(_)) => Err(error),
            Err(error) => {
                let text = format!(
                    "The description of the pull request stays as it was: {}",
                    error.message()
                );
                ensured.events.push(self.note(&text));
                Ok(found)
            }
        }
    }

    /// Asks for reviewers, assignees and labels; what is not granted is told and keeps nothing back.
    async fn decorate(
        &self,
        draft: &Draft,
        found: &Found,
        ensured: &mut Ensured,
    ) -> Result<(), AttemptError> {
        let (parts, claim) = (self.parts, self.claim);
        let wishes = wishes::of(parts, claim, &draft.repository).await?;
        if wishes.is_empty() {
            return Ok(());
        }
        let asked = patiently(parts, claim, || async {
            let repository = here(parts, &draft.repository);
            let at = at(&repository, found, draft);
            Ok(parts.forges.of(&repository).decorate(&at, &wishes).await?)
        });
        let missed = match asked.await {
            Ok(missed) => missed,
            Err(error @ AttemptError::Ledger(_)) => return Err(error),
            Err(error) => {
                let text = format!(
                    "The pull request got neither reviewers nor labels: {}",
                    error.message()
                );
                ensured.events.push(self.note(&text));
                return Ok(());
            }
        };
        let notes = missed.iter().map(|one| {
            let text = format!("The pull request is without {}: {}", one.wish, one.why);
            self.note(&text)
        });
        ensured.events.extend(notes);
        Ok(())
    }

    fn note(&self, text: &str) -> EventBody {
        EventBody::Note {
            text: of_repository(self.ours, text),
        }
    }

    /// What hooks of its forge find the agent by, under the address that the forge itself uses.
    fn known(&self, repository: &Repository, found: &Found) -> Option<ForgePullRequest> {
        let forge = self.parts.forges.hosted_of(repository)?;
        let canonical = forge.locate(&found.url);
        Some(ForgePullRequest {
            repository: canonical.map_or_else(|| repository.clone(), |(canonical, _)| canonical),
            number: found.number,
            agent_id: self.claim.agent.id,
            url: found.url.clone(),
            base: found.base.clone(),
            head: found.head.branch.clone(),
            state: found.state,
            readiness: found.readiness,
            identity: self.claim.agent.pull_request.identity,
        })
    }

    /// The merged or closed pull request that showed that branch, if no open one does.
    pub(super) async fn ended(
        &self,
        branch: &BranchName,
        target: &Target,
    ) -> Result<Option<Found>, AttemptError> {
        if self.ours.pull_request_url.is_none() {
            return Ok(None);
        }
        if let Some(own) = self.own(branch).await? {
            return Ok((own.state != PullRequestState::Open).then_some(own));
        }
        let wanted = Wanted {
            agent_id: self.claim.agent.id,
            repository: &target.repository,
            head: branch,
            head_repository: target.fork.as_ref(),
            base: Some(&target.base),
            identity: self.claim.agent.pull_request.identity,
        };
        let found = patiently(self.parts, self.claim, || async {
            find(self.parts, &wanted).await
        })
        .await?;
        let is_open = |found: &Found| found.state == PullRequestState::Open;
        if found.iter().any(is_open) {
            return Ok(None);
        }
        Ok(found.into_iter().next())
    }

    /// Where the branch forked off its base, if that is not where the agent's work began: it was there
    /// before, and the pull request shows all of it; or what it had was merged, and is no longer shown.
    async fn fork_of(&self, shown: &Shown<'_>) -> Result<Option<CommitId>, AttemptError> {
        let is_other = works_on_branch(self.ours).is_some() || shown.branch.continues.is_some();
        if !is_other || shown.target.fork.is_some() {
            return Ok(None);
        }
        let base = shown.target.base.as_str().parse();
        let base: BaseRef =
            base.map_err(|error| AttemptError::failed(Cause::BaseNotFound, format!("{error}")))?;
        let (parts, repository) = (self.parts, &self.ours.source.repository);
        patiently(parts, self.claim, || async {
            let tip = parts.git.resolve(repository, Some(&base)).await?.commit;
            let mirror = parts.git.fetch(repository, &tip).await?;
            let merge_base = parts.git.merge_base(&mirror, &tip, shown.commit);
            Ok(merge_base.await?)
        })
        .await
    }

    async fn first_base(&self) -> Result<Option<CommitId>, AttemptError> {
        let first = self.parts.ledger.first_bases(self.claim.agent.id).await?;
        Ok(base_of(&first, &self.ours.source.repository).cloned())
    }
}

fn at<'a>(repository: &'a Repository, found: &Found, draft: &Draft) -> At<'a> {
    At {
        repository,
        number: found.number,
        identity: draft.identity,
    }
}

async fn find(parts: &RunParts, wanted: &Wanted<'_>) -> Result<Vec<Found>, AttemptError> {
    let repository = here(parts, wanted.repository);
    let wanted = Wanted {
        repository: &repository,
        ..*wanted
    };
    Ok(parts.forges.of(&repository).find(&wanted).await?)
}

/// Opens the pull request, or finds the one that somebody opened since we looked, or that we opened
/// without hearing of it.
async fn opened(parts: &RunParts, draft: &Draft) -> Result<Found, AttemptError> {
    let repository = here(parts, &draft.repository);
    let draft = Draft {
        repository,
        ..draft.clone()
    };
    let refusal = match parts.forges.of(&draft.repository).open(&draft).await {
        Ok(found) => return Ok(found),
        Err(error @ Error::AlreadyExists(_)) => error,
        Err(error) => return Err(error.into()),
    };
    let found = find(parts, &draft.wanted()).await?.into_iter();
    let mut open = found.filter(|found| found.state == PullRequestState::Open);
    open.next().ok_or_else(|| refusal.into())
}
