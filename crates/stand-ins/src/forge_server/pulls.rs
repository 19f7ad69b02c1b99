//! What happens to pull requests: opened, moved by a push, merged, closed.

use std::io;

use super::Kind;
use super::bare::{Merges, Signature};
use super::threads::{Edits, Pull, Stage, State, Talk, Thread};
use super::world::World;

/// A pull request that somebody wants.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    pub(super) author: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) head_project: u64,
    pub(super) head: String,
    pub(super) base: String,
    pub(super) stage: Stage,
    pub(super) edits: Edits,
}

/// Why there will be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenFault {
    HeadMissing,
    BaseMissing,
    /// Both are the same branch.
    Same,
    NothingBetween,
    /// An open one is there: its number.
    Exists(u64),
}

/// Why it is not merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MergeFault {
    NotOpen,
    Draft,
    HeadMoved,
    Conflict,
}

impl World {
    /// What is said in a repository.
    pub(super) fn talk(&mut self, project: u64) -> &mut Talk {
        self.talks.entry(project).or_default()
    }

    /// The next number: shared with issues, but at GitLab.
    pub(super) fn next_pull_number(&mut self, project: u64) -> u64 {
        let is_shared = self.kind != Kind::GitLab;
        let talk = self.talk(project);
        if is_shared {
            talk.last_number += 1;
            return talk.last_number;
        }
        talk.last_pull_number += 1;
        talk.last_pull_number
    }

    pub(super) fn new_thread(&mut self, number: u64, author: &str, title: &str) -> Thread {
        Thread {
            id: self.new_id(),
            number,
            author: author.to_owned(),
            title: title.to_owned(),
            body: String::new(),
            state: State::Open,
            labels: Vec::new(),
            assignees: Vec::new(),
            created_at: self.now_secs,
            updated_at: self.now_secs,
            closed_at: None,
        }
    }

    /// Opens a pull request by the rules that all forges share; only GitHub minds an empty one.
    pub(super) fn open_pull(
        &mut self,
        project: u64,
        proposal: Proposal,
    ) -> io::Result<Result<u64, OpenFault>> {
        let bare = self.bare(project)?;
        let Some(base_commit) = bare.tip(&proposal.base)? else {
            return Ok(Err(OpenFault::BaseMissing));
        };
        let head_bare = self.bare(proposal.head_project)?;
        let Some(head_commit) = head_bare.tip(&proposal.head)? else {
            return Ok(Err(OpenFault::HeadMissing));
        };
        if proposal.head_project == project && proposal.head == proposal.base {
            return Ok(Err(OpenFault::Same));
        }
        let mut open = self.talk(project).pulls.values();
        let same = open.find(|pull| {
            pull.thread.state == State::Open
                && pull.head_project == proposal.head_project
                && pull.head == proposal.head
                && pull.base == proposal.base
        });
        if let Some(same) = same {
            return Ok(Err(OpenFault::Exists(same.thread.number)));
        }
        let reference = format!("refs/outwork/{head_commit}");
        bare.bring(&head_bare, &head_commit, &reference)?;
        let is_empty = bare.count_between(&base_commit, &head_commit)? == 0;
        bare.remove(&reference)?;
        if self.kind == Kind::GitHub && is_empty {
            return Ok(Err(OpenFault::NothingBetween));
        }
        let number = self.next_pull_number(project);
        bare.bring(&head_bare, &head_commit, &self.pull_ref(number))?;
        let mut thread = self.new_thread(number, &proposal.author, &proposal.title);
        thread.body = proposal.body;
        let pull = Pull {
            thread,
            head_project: proposal.head_project,
            head: proposal.head,
            base: proposal.base,
            head_commit,
            base_commit,
            stage: proposal.stage,
            edits: proposal.edits,
            reviewers: Vec::new(),
            merged_by: None,
            merge_commit: None,
        };
        self.talk(project).pulls.insert(number, pull);
        Ok(Ok(number))
    }

    /// Where a forge keeps the head of a pull request.
    fn pull_ref(&self, number: u64) -> String {
        match self.kind {
            Kind::GitHub | Kind::Gitea => format!("refs/pull/{number}/head"),
            Kind::GitLab => format!("refs/merge-requests/{number}/head"),
        }
    }

    /// Brings the open pull requests of a repository's branches up to date after a push to it.
    pub(super) fn follow_push(&mut self, project: u64) -> io::Result<()> {
        if !self.projects.contains_key(&project) {
            return Ok(());
        }
        let head_bare = self.bare(project)?;
        let mut moved = Vec::new();
        for (base_project, talk) in &self.talks {
            for pull in talk.pulls.values() {
                if pull.thread.state == State::Open && pull.head_project == project {
                    moved.push((*base_project, pull.thread.number, pull.head.clone()));
                }
            }
        }
        for (base_project, number, head) in moved {
            let tip = head_bare.tip(&head)?;
            if let Some(tip) = &tip {
                let bare = self.bare(base_project)?;
                bare.bring(&head_bare, tip, &self.pull_ref(number))?;
            }
            let (kind, now) = (self.kind, self.now_secs);
            let Some(pull) = self.talk(base_project).pulls.get_mut(&number) else {
                continue;
            };
            match tip {
                Some(tip) if tip != pull.head_commit => {
                    pull.head_commit = tip;
                    pull.thread.updated_at = now;
                }
                None if kind != Kind::GitLab => close(&mut pull.thread, State::Closed, now),
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    /// Merges a pull request with a merge commit.
    pub(super) fn merge_pull(
        &mut self,
        project: u64,
        number: u64,
        who: &str,
        head: Option<&str>,
    ) -> io::Result<Result<String, MergeFault>> {
        let bare = self.bare(project)?;
        let now = self.now_secs;
        let Some(pull) = self.talk(project).pulls.get(&number).cloned() else {
            return Ok(Err(MergeFault::NotOpen));
        };
        if pull.thread.state != State::Open {
            return Ok(Err(MergeFault::NotOpen));
        }
        if pull.stage == Stage::Draft {
            return Ok(Err(MergeFault::Draft));
        }
        if head.is_some_and(|head| head != pull.head_commit) {
            return Ok(Err(MergeFault::HeadMoved));
        }
        let by = Signature {
            name: who,
            at_secs: now,
        };
        let message = format!("Merge pull request #{number} from {}", pull.head);
        let Some(commit) = bare.merge(&pull.base, &pull.head_commit, &message, by)? else {
            return Ok(Err(MergeFault::Conflict));
        };
        if let Some(pull) = self.talk(project).pulls.get_mut(&number) {
            close(&mut pull.thread, State::Merged, now);
            pull.merged_by = Some(who.to_owned());
            pull.merge_commit = Some(commit.clone());
        }
        Ok(Ok(commit))
    }

    /// Whether a merge would go through now.
    pub(super) fn merges(&self, project: u64, pull: &Pull) -> io::Result<Merges> {
        let bare = self.bare(project)?;
        bare.would_merge(&pull.base, &pull.head_commit)
    }
}

/// Ends an issue or pull request.
pub(super) fn close(thread: &mut Thread, state: State, now: i64) {
    thread.state = state;
    thread.closed_at = Some(now);
    thread.updated_at = now;
}

/// Opens it again.
pub(super) fn reopen(thread: &mut Thread, now: i64) {
    thread.state = State::Open;
    thread.closed_at = None;
    thread.updated_at = now;
}
