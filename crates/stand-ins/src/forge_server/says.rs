//! Saying things: issues, comments, reviews, reactions, labels, results of checks.

use super::threads::{
    Check, CheckKind, Comment, Label, Opinion, Place, Reaction, Review, Subject, Target, Webhook,
};
use super::world::World;

/// A comment that somebody makes.
#[derive(Clone, Debug)]
pub(super) struct Remark {
    pub(super) subject: Subject,
    pub(super) author: String,
    pub(super) body: String,
    pub(super) place: Option<Place>,
    pub(super) review: Option<u64>,
    pub(super) reply_to: Option<u64>,
}

impl Remark {
    pub(super) fn new(subject: Subject, author: &str, body: &str) -> Self {
        Self {
            subject,
            author: author.to_owned(),
            body: body.to_owned(),
            place: None,
            review: None,
            reply_to: None,
        }
    }
}

/// The result of a check that somebody tells.
#[derive(Clone, Debug)]
pub(super) struct Result {
    pub(super) kind: CheckKind,
    pub(super) commit: String,
    pub(super) name: String,
    pub(super) result: String,
    pub(super) description: String,
    pub(super) url: Option<String>,
}

/// Whether something was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Made,
    Known,
}

impl World {
    /// Opens an issue; returns its number.
    pub(super) fn add_issue(&mut self, project: u64, author: &str, title: &str, body: &str) -> u64 {
        let talk = self.talk(project);
        talk.last_number += 1;
        let number = talk.last_number;
        let mut issue = self.new_thread(number, author, title);
        body.clone_into(&mut issue.body);
        self.talk(project).issues.insert(number, issue);
        number
    }

    pub(super) fn add_comment(&mut self, project: u64, remark: Remark) -> u64 {
        let (id, now) = (self.new_id(), self.now_secs);
        let talk = self.talk(project);
        let known = remark.reply_to.and_then(|to| talk.comments.get(&to));
        let known = known.map(|first| (first.discussion, first.place.clone()));
        let (discussion, place) = match known {
            Some((discussion, place)) => (discussion, remark.place.or(place)),
            None => (id, remark.place),
        };
        let comment = Comment {
            id,
            subject: remark.subject,
            author: remark.author,
            body: remark.body,
            place,
            review: remark.review,
            reply_to: remark.reply_to,
            discussion,
            created_at: now,
            updated_at: now,
        };
        talk.comments.insert(id, comment);
        if let Some(thread) = talk.thread_mut(remark.subject) {
            thread.updated_at = now;
        }
        id
    }

    pub(super) fn add_review(
        &mut self,
        project: u64,
        pull: u64,
        author: &str,
        body: &str,
        opinion: Opinion,
    ) -> u64 {
        let (id, at) = (self.new_id(), self.now_secs);
        let talk = self.talk(project);
        let commit = talk.pulls.get(&pull).map(|pull| pull.head_commit.clone());
        let review = Review {
            id,
            pull,
            author: author.to_owned(),
            body: body.to_owned(),
            opinion,
            commit: commit.unwrap_or_default(),
            at,
        };
        talk.reviews.insert(id, review);
        id
    }

    /// Reacts once: the same again is the reaction that is there.
    pub(super) fn add_reaction(
        &mut self,
        project: u64,
        to: Target,
        who: &str,
        content: &str,
    ) -> (Reaction, News) {
        let (id, at) = (self.new_id(), self.now_secs);
        let talk = self.talk(project);
        let mut all = talk.reactions.iter();
        let known = all.find(|one| one.to == to && one.who == who && one.content == content);
        if let Some(known) = known {
            return (known.clone(), News::Known);
        }
        let reaction = Reaction {
            id,
            to,
            who: who.to_owned(),
            content: content.to_owned(),
            at,
        };
        talk.reactions.push(reaction.clone());
        (reaction, News::Made)
    }

    /// The label of that name, made if need be.
    pub(super) fn label(&mut self, project: u64, name: &str, color: &str) -> (Label, News) {
        let id = self.new_id();
        let talk = self.talk(project);
        if let Some(known) = talk.labels.iter().find(|label| label.name == name) {
            return (known.clone(), News::Known);
        }
        let label = Label {
            id,
            name: name.to_owned(),
            color: color.trim_start_matches('#').to_owned(),
        };
        talk.labels.push(label.clone());
        (label, News::Made)
    }

    /// Puts labels on something; GitHub and GitLab make those that the repository does not have.
    pub(super) fn add_labels(&mut self, project: u64, subject: Subject, names: &[String]) {
        for name in names {
            self.label(project, name, "ededed");
        }
        if let Some(thread) = self.talk(project).thread_mut(subject) {
            for name in names {
                if !thread.labels.contains(name) {
                    thread.labels.push(name.clone());
                }
            }
        }
    }

    /// Makes a place where a repository's events go.
    pub(super) fn add_webhook(
        &mut self,
        project: u64,
        url: &str,
        secret: &str,
        events: Vec<String>,
    ) -> Webhook {
        let hook = Webhook {
            id: self.new_id(),
            url: url.to_owned(),
            secret: secret.to_owned(),
            events,
        };
        self.talk(project).webhooks.push(hook.clone());
        hook
    }

    /// Notes the result of a check; the last one of a name counts.
    pub(super) fn add_check(&mut self, project: u64, told: Result) -> Check {
        let check = Check {
            id: self.new_id(),
            kind: told.kind,
            commit: told.commit,
            name: told.name,
            result: told.result,
            description: told.description,
            url: told.url,
            at: self.now_secs,
        };
        self.talk(project).checks.push(check.clone());
        check
    }

    /// The checks of a commit, the latest of each name.
    pub(super) fn checks_of(&mut self, project: u64, commit: &str, kind: CheckKind) -> Vec<Check> {
        let mut latest: Vec<Check> = Vec::new();
        for check in &self.talk(project).checks {
            if check.commit != commit || check.kind != kind {
                continue;
            }
            latest.retain(|older| older.name != check.name);
            latest.push(check.clone());
        }
        latest
    }
}
