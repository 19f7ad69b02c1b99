//! What people do on the forge's own pages: each deed happens, and its webhook comes back.

use std::io;

use super::deliveries::Delivery;
use super::events::{Change, Event, gone};
use super::pulls::{close, reopen};
use super::repository::Repository;
use super::says::{Remark, Result as CheckResult};
use super::threads::{CheckKind, Opinion, Place, Side, State, Subject};

/// What something is said to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// An issue, by its number.
    Issue(u64),
    /// A pull request, by its number.
    PullRequest(u64),
}

impl On {
    const fn subject(self) -> Subject {
        match self {
            Self::Issue(number) => Subject::Issue(number),
            Self::PullRequest(number) => Subject::Pull(number),
        }
    }
}

/// What a review comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Approved.
    Approved,
    /// Changes are wanted.
    ChangesRequested,
    /// Neither.
    Commented,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckEnd {
    /// All is well.
    Succeeded,
    /// Something is wrong.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl Repository {
    /// Tells that an issue was opened.
    ///
    /// # Errors
    ///
    /// If there is none of that number.
    pub fn issue_opened(&self, author: &str, number: u64) -> io::Result<Delivery> {
        self.tell(author, &Event::IssueOpened(number))
    }

    /// Lets somebody comment.
    ///
    /// # Errors
    ///
    /// If there is nothing of that number.
    pub fn comment(&self, author: &str, on: On, body: &str) -> io::Result<Delivery> {
        self.remark(Remark::new(on.subject(), author, body))
    }

    /// Lets somebody comment on a line of a pull request, as it is to be.
    ///
    /// # Errors
    ///
    /// If there is no pull request of that number.
    pub fn comment_on_line(
        &self,
        author: &str,
        pull: u64,
        place: (&str, u64),
        body: &str,
    ) -> io::Result<Delivery> {
        let mut world = self.shared.world();
        let found = world.talk(self.id).pulls.get(&pull);
        let commit = found.map(|found| found.head_commit.clone());
        let commit = commit.ok_or_else(|| gone(Subject::Pull(pull)))?;
        let review = world.add_review(self.id, pull, author, "", Opinion::Commented);
        drop(world);
        let mut remark = Remark::new(Subject::Pull(pull), author, body);
        remark.review = Some(review);
        remark.place = Some(Place {
            path: place.0.to_owned(),
            line: Some(place.1),
            side: Side::New,
            commit,
        });
        self.remark(remark)
    }

    /// Lets somebody answer a comment in its conversation.
    ///
    /// # Errors
    ///
    /// If there is no such comment.
    pub fn answer(&self, author: &str, comment: u64, body: &str) -> io::Result<Delivery> {
        let mut world = self.shared.world();
        let first = world.talk(self.id).comments.get(&comment).cloned();
        drop(world);
        let first = first.ok_or_else(|| io::Error::other("there is no such comment"))?;
        let mut remark = Remark::new(first.subject, author, body);
        remark.reply_to = Some(comment);
        self.remark(remark)
    }

    /// Lets somebody give a pull request another base; no webhook tells of it.
    ///
    /// # Errors
    ///
    /// If there is no pull request of that number.
    pub fn retarget(&self, pull: u64, base: &str) -> io::Result<()> {
        let mut world = self.shared.world();
        let found = world.talk(self.id).pulls.get_mut(&pull);
        found.ok_or_else(|| gone(Subject::Pull(pull)))?.base = base.to_owned();
        drop(world);
        Ok(())
    }

    fn remark(&self, remark: Remark) -> io::Result<Delivery> {
        let (author, subject) = (remark.author.clone(), remark.subject);
        let mut world = self.shared.world();
        world.person(&author);
        if world.talk(self.id).thread(subject).is_none() {
            return Err(gone(subject));
        }
        let id = world.add_comment(self.id, remark);
        let comment = world.talk(self.id).comments.get(&id).cloned();
        let comment = comment.ok_or_else(|| gone(subject))?;
        world.tell(self.id, &author, &Event::Commented(comment))
    }

    /// Lets somebody review a pull request.
    ///
    /// # Errors
    ///
    /// If there is no pull request of that number.
    pub fn review(
        &self,
        author: &str,
        pull: u64,
        verdict: Verdict,
        body: &str,
    ) -> io::Result<Delivery> {
        let opinion = match verdict {
            Verdict::Approved => Opinion::Approved,
            Verdict::ChangesRequested => Opinion::ChangesRequested,
            Verdict::Commented => Opinion::Commented,
        };
        let mut world = self.shared.world();
        world.person(author);
        let id = world.add_review(self.id, pull, author, body, opinion);
        let review = world.talk(self.id).reviews.get(&id).cloned();
        let review = review.ok_or_else(|| gone(Subject::Pull(pull)))?;
        world.tell(self.id, author, &Event::Reviewed(review))
    }

    /// Lets somebody merge a pull request.
    ///
    /// # Errors
    ///
    /// If it is not open, or conflicts.
    pub fn merge(&self, who: &str, pull: u64) -> io::Result<Delivery> {
        let mut world = self.shared.world();
        world.person(who);
        let merged = world.merge_pull(self.id, pull, who, None)?;
        merged.map_err(|fault| io::Error::other(format!("not merged: {fault:?}")))?;
        world.tell(self.id, who, &Event::PullChanged(pull, Change::Merged))
    }

    /// Lets somebody turn a pull request down.
    ///
    /// # Errors
    ///
    /// If there is none of that number.
    pub fn close(&self, who: &str, pull: u64) -> io::Result<Delivery> {
        self.turn(who, pull, Change::Closed)
    }

    /// Lets somebody open a pull request again.
    ///
    /// # Errors
    ///
    /// If there is none of that number.
    pub fn reopen(&self, who: &str, pull: u64) -> io::Result<Delivery> {
        self.turn(who, pull, Change::Reopened)
    }

    fn turn(&self, who: &str, pull: u64, change: Change) -> io::Result<Delivery> {
        let mut world = self.shared.world();
        world.person(who);
        let now = world.now_secs;
        let found = world.talk(self.id).pulls.get_mut(&pull);
        let found = found.ok_or_else(|| gone(Subject::Pull(pull)))?;
        match change {
            Change::Reopened => reopen(&mut found.thread, now),
            Change::Opened | Change::Pushed | Change::Closed | Change::Merged => {
                close(&mut found.thread, State::Closed, now);
            }
        }
        world.tell(self.id, who, &Event::PullChanged(pull, change))
    }

    /// Tells that a pull request was opened.
    ///
    /// # Errors
    ///
    /// If there is none of that number.
    pub fn pull_request_opened(&self, who: &str, pull: u64) -> io::Result<Delivery> {
        self.tell(who, &Event::PullChanged(pull, Change::Opened))
    }

    /// Tells that somebody pushed to a pull request.
    ///
    /// # Errors
    ///
    /// If there is none of that number.
    pub fn pull_request_pushed(&self, who: &str, pull: u64) -> io::Result<Delivery> {
        self.tell(who, &Event::PullChanged(pull, Change::Pushed))
    }

    /// Lets a check of a branch's commit end.
    ///
    /// # Errors
    ///
    /// If there is no such branch.
    pub fn check_ends(
        &self,
        branch: &str,
        name: &str,
        end: CheckEnd,
        summary: &str,
    ) -> io::Result<Delivery> {
        let commit = self.tip(branch)?;
        let commit = commit.ok_or_else(|| io::Error::other(format!("there is no {branch}")))?;
        let mut world = self.shared.world();
        let told = CheckResult {
            kind: world.check_kind(),
            commit,
            name: name.to_owned(),
            result: world.check_word(end).to_owned(),
            description: summary.to_owned(),
            url: Some(format!("{}/checks/{name}", world.base_url)),
        };
        let check = world.add_check(self.id, told);
        world.person("ci");
        world.tell(self.id, "ci", &Event::CheckEnded(check, branch.to_owned()))
    }

    /// Tells that a branch was moved; zeros stand for one that is new or gone.
    ///
    /// # Errors
    ///
    /// If the repository was deleted.
    pub fn branch_pushed(
        &self,
        who: &str,
        branch: &str,
        before: &str,
        after: &str,
    ) -> io::Result<Delivery> {
        let event = Event::Pushed {
            branch: branch.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        };
        self.tell(who, &event)
    }

    /// Lets somebody give it another path, which Gitea tells nobody.
    ///
    /// # Errors
    ///
    /// If it was deleted, or the forge is Gitea.
    pub fn renamed(&self, who: &str, path: &str) -> io::Result<Delivery> {
        let from = self.path()?;
        self.rename(path);
        self.tell(who, &Event::Renamed(from))
    }

    /// Tells nothing but that the webhook works.
    ///
    /// # Errors
    ///
    /// If the repository was deleted.
    pub fn ping(&self) -> io::Result<Delivery> {
        self.tell("somebody", &Event::Ping)
    }

    fn tell(&self, who: &str, event: &Event) -> io::Result<Delivery> {
        let mut world = self.shared.world();
        world.person(who);
        world.tell(self.id, who, event)
    }
}

impl super::world::World {
    /// The way in which this forge's own checks tell their results.
    const fn check_kind(&self) -> CheckKind {
        match self.kind {
            super::Kind::GitHub | super::Kind::GitLab => CheckKind::Run,
            super::Kind::Gitea => CheckKind::Status,
        }
    }

    const fn check_word(&self, end: CheckEnd) -> &'static str {
        match (self.kind, end) {
            (_, CheckEnd::Succeeded) => "success",
            (super::Kind::GitHub, CheckEnd::Failed) => "failure",
            (super::Kind::GitHub, CheckEnd::Cancelled) => "cancelled",
            (super::Kind::GitLab, CheckEnd::Failed) => "failed",
            (super::Kind::GitLab, CheckEnd::Cancelled) => "canceled",
            (super::Kind::Gitea, CheckEnd::Failed) => "failure",
            (super::Kind::Gitea, CheckEnd::Cancelled) => "error",
        }
    }
}
