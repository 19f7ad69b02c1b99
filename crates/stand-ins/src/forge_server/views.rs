//! What a test sees of pull requests and comments, the same for all forges.

use super::repository::Repository;
use super::threads::{Comment, Pull, Stage, State, Subject};

/// What became of an issue or pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Open, but not to be merged yet.
    Draft,
    /// Open.
    Open,
    /// Closed without a merge.
    Closed,
    /// Merged.
    Merged,
}

/// A pull request as it is at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequestView {
    /// Its number.
    pub number: u64,
    /// Who opened it.
    pub author: String,
    /// Its title, without the word that makes it a draft.
    pub title: String,
    /// Its description.
    pub body: String,
    /// What became of it.
    pub standing: Standing,
    /// The branch with the change.
    pub head: String,
    /// The commit that it is at.
    pub head_commit: String,
    /// The branch that it is for.
    pub base: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its assignees.
    pub assignees: Vec<String>,
    /// Who was asked to review it.
    pub reviewers: Vec<String>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentView {
    /// Its number.
    pub id: u64,
    /// Who made it.
    pub author: String,
    /// Its text.
    pub body: String,
    /// The file and line that it is about.
    pub place: Option<(String, Option<u64>)>,
    /// The first comment of its conversation, if that is another one.
    pub thread: Option<u64>,
}

impl PullRequestView {
    fn of(pull: &Pull) -> Self {
        let thread = pull.thread.clone();
        Self {
            number: thread.number,
            author: thread.author,
            title: thread.title,
            body: thread.body,
            standing: match (thread.state, pull.stage) {
                (State::Open, Stage::Draft) => Standing::Draft,
                (State::Open, Stage::Ready) => Standing::Open,
                (State::Closed, _) => Standing::Closed,
                (State::Merged, _) => Standing::Merged,
            },
            head: pull.head.clone(),
            head_commit: pull.head_commit.clone(),
            base: pull.base.clone(),
            labels: thread.labels,
            assignees: thread.assignees,
            reviewers: pull.reviewers.clone(),
        }
    }
}

impl CommentView {
    fn of(comment: &Comment) -> Self {
        let place = comment.place.clone();
        Self {
            id: comment.id,
            author: comment.author.clone(),
            body: comment.body.clone(),
            place: place.map(|place| (place.path, place.line)),
            thread: (comment.discussion != comment.id).then_some(comment.discussion),
        }
    }
}

impl Repository {
    /// All its pull requests, oldest first.
    #[must_use]
    pub fn pull_requests(&self) -> Vec<PullRequestView> {
        let mut world = self.shared.world();
        let pulls = world.talk(self.id).pulls.values();
        pulls.map(PullRequestView::of).collect()
    }

    /// What was said to a pull request, oldest first.
    #[must_use]
    pub fn pull_request_comments(&self, number: u64) -> Vec<CommentView> {
        self.comments(Subject::Pull(number))
    }

    /// What was said to an issue, oldest first.
    #[must_use]
    pub fn issue_comments(&self, number: u64) -> Vec<CommentView> {
        self.comments(Subject::Issue(number))
    }

    /// Who reacted to anything here, and how, in the forge's own words, oldest first.
    #[must_use]
    pub fn reactions(&self) -> Vec<(String, String)> {
        let mut world = self.shared.world();
        let all = world.talk(self.id).reactions.iter();
        all.map(|one| (one.who.clone(), one.content.clone()))
            .collect()
    }

    /// Where its events go, and the secret that goes with them, as somebody set it up.
    #[must_use]
    pub fn webhooks(&self) -> Vec<(String, String)> {
        let mut world = self.shared.world();
        let all = world.talk(self.id).webhooks.iter();
        all.map(|hook| (hook.url.clone(), hook.secret.clone()))
            .collect()
    }

    fn comments(&self, subject: Subject) -> Vec<CommentView> {
        let mut world = self.shared.world();
        let all = world.talk(self.id).comments_of(subject);
        all.into_iter().map(CommentView::of).collect()
    }
}
