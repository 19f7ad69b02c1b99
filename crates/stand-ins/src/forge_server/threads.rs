//! Issues, pull requests and what people say to them, whatever the forge names them.

use std::collections::BTreeMap;

/// An issue or a pull request, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Issue(u64),
    Pull(u64),
}

impl Subject {
    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Issue(number) | Self::Pull(number) => number,
        }
    }
}

/// What was said to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Subject(Subject),
    Comment(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Closed,
    Merged,
}

/// An issue, or what a pull request has in common with one.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) author: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) state: State,
    pub(super) labels: Vec<String>,
    pub(super) assignees: Vec<String>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) closed_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Draft,
    Ready,
}

/// Whether those who own the base may push to the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edits {
    Allowed,
    Refused,
}

/// A pull request.
#[derive(Clone, Debug)]
pub(super) struct Pull {
    pub(super) thread: Thread,
    /// The repository of the head; gone with it.
    pub(super) head_project: u64,
    pub(super) head: String,
    pub(super) base: String,
    pub(super) head_commit: String,
    pub(super) base_commit: String,
    pub(super) stage: Stage,
    pub(super) edits: Edits,
    pub(super) reviewers: Vec<String>,
    pub(super) merged_by: Option<String>,
    pub(super) merge_commit: Option<String>,
}

/// Which side of a change a line is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// As it was.
    Old,
    /// As it is to be.
    New,
}

/// A line of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) line: Option<u64>,
    pub(super) side: Side,
    pub(super) commit: String,
}

/// Something that was said.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) subject: Subject,
    pub(super) author: String,
    pub(super) body: String,
    pub(super) place: Option<Place>,
    pub(super) review: Option<u64>,
    pub(super) reply_to: Option<u64>,
    /// The conversation that it is part of: the number of its first comment.
    pub(super) discussion: u64,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opinion {
    Approved,
    ChangesRequested,
    Commented,
}

/// A review.
#[derive(Clone, Debug)]
pub(super) struct Review {
    pub(super) id: u64,
    pub(super) pull: u64,
    pub(super) author: String,
    pub(super) body: String,
    pub(super) opinion: Opinion,
    pub(super) commit: String,
    pub(super) at: i64,
}

/// A reaction, in the forge's own word.
#[derive(Clone, Debug)]
pub(super) struct Reaction {
    pub(super) id: u64,
    pub(super) to: Target,
    pub(super) who: String,
    pub(super) content: String,
    pub(super) at: i64,
}

/// Which of a forge's ways a result was told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckKind {
    Run,
    Status,
}

/// The result of a check, in the forge's own word.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) id: u64,
    pub(super) kind: CheckKind,
    pub(super) commit: String,
    pub(super) name: String,
    /// `success`, `failure`, `pending` and what else the forge has.
    pub(super) result: String,
    pub(super) description: String,
    pub(super) url: Option<String>,
    pub(super) at: i64,
}

/// A label.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) color: String,
}

/// Where a repository's events go.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub(super) id: u64,
    pub(super) url: String,
    pub(super) secret: String,
    pub(super) events: Vec<String>,
}

/// All that is said in one repository.
#[derive(Clone, Debug, Default)]
pub(super) struct Talk {
    pub(super) issues: BTreeMap<u64, Thread>,
    pub(super) pulls: BTreeMap<u64, Pull>,
    pub(super) comments: BTreeMap<u64, Comment>,
    pub(super) reviews: BTreeMap<u64, Review>,
    pub(super) reactions: Vec<Reaction>,
    pub(super) checks: Vec<Check>,
    pub(super) labels: Vec<Label>,
    pub(super) webhooks: Vec<Webhook>,
    pub(super) last_number: u64,
    pub(super) last_pull_number: u64,
}

impl Talk {
    pub(super) fn thread(&self, subject: Subject) -> Option<&Thread> {
        match subject {
            Subject::Issue(number) => self.issues.get(&number),
            Subject::Pull(number) => self.pulls.get(&number).map(|pull| &pull.thread),
        }
    }

    pub(super) fn thread_mut(&mut self, subject: Subject) -> Option<&mut Thread> {
        match subject {
            Subject::Issue(number) => self.issues.get_mut(&number),
            Subject::Pull(number) => self.pulls.get_mut(&number).map(|pull| &mut pull.thread),
        }
    }

    /// What a number means where issues and pull requests share them.
    pub(super) fn subject(&self, number: u64) -> Option<Subject> {
        if self.pulls.contains_key(&number) {
            return Some(Subject::Pull(number));
        }
        self.issues
            .contains_key(&number)
            .then_some(Subject::Issue(number))
    }

    pub(super) fn comments_of(&self, subject: Subject) -> Vec<&Comment> {
        let all = self.comments.values();
        all.filter(|comment| comment.subject == subject).collect()
    }

    pub(super) fn reactions_to(&self, target: Target) -> Vec<&Reaction> {
        let all = self.reactions.iter();
        all.filter(|reaction| reaction.to == target).collect()
    }
}
