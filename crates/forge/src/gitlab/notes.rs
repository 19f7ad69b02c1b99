//! Answers on GitLab, where comments are called notes and threads discussions.

use outwork_domain::limits::{FORGE_COMMENT_PAGES_MAX, FORGE_PAGE_MAX};
use serde_json::json;

use super::GitLab;
use super::wire::Note;
use crate::call::{Call, escaped};
use crate::error::Error;
use crate::http::{Transport as _, ask};
use crate::remark::{Place, Posted, Reaction, Remark, Subject};

impl GitLab {
    pub(super) async fn note(&self, to: &Remark, body: &str) -> Result<Posted, Error> {
        let subject = self.subject(to)?;
        let path = match thread(&to.place) {
            Some(thread) => format!("{subject}/discussions/{}/notes", escaped(thread)),
            None => format!("{subject}/notes"),
        };
        let note: Note = ask(&self.direct, Call::post(path, json!({ "body": body }))).await?;
        self.posted(to, &note)
    }

    pub(super) async fn find_note(
        &self,
        to: &Remark,
        marker: &str,
    ) -> Result<Option<Posted>, Error> {
        let subject = self.subject(to)?;
        for page in 1..=FORGE_COMMENT_PAGES_MAX {
            let call = Call::get(format!(
                "{subject}/notes?order_by=created_at&sort=desc&per_page={FORGE_PAGE_MAX}&page={page}"
            ));
            let answer = self.direct.send(&call).await?;
            let notes: Vec<Note> = answer.json()?;
            let says = |note: &&Note| {
                note.body
                    .as_deref()
                    .is_some_and(|body| body.contains(marker))
            };
            if let Some(found) = notes.iter().find(says) {
                return self.posted(to, found).map(Some);
            }
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(None)
    }

    pub(super) async fn award(&self, to: &Remark, reaction: Reaction) -> Result<(), Error> {
        let subject = self.subject(to)?;
        let place = match &to.place {
            Place::Description | Place::Review { .. } => subject,
            Place::Comment { id, .. } => format!("{subject}/notes/{id}"),
            Place::Line(line) => format!("{subject}/notes/{}", line.id),
        };
        let name = match reaction {
            Reaction::Eyes => "eyes",
            Reaction::Rocket => "rocket",
            Reaction::ThumbsUp => "thumbsup",
            Reaction::Confused => "confused",
        };
        let call = Call::post(format!("{place}/award_emoji"), json!({ "name": name }));
        match self.direct.send(&call).await {
            Ok(_) => Ok(()),
            // GitLab says 404 to an emoji that is there already.
            Err(Error::NotFound(words)) if words.contains("already been taken") => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn subject(&self, to: &Remark) -> Result<String, Error> {
        let project = self.project_path(&to.repository)?;
        Ok(match to.subject {
            Subject::Issue(number) => format!("{project}/issues/{number}"),
            Subject::PullRequest(number) => format!("{project}/merge_requests/{number}"),
        })
    }

    fn posted(&self, to: &Remark, note: &Note) -> Result<Posted, Error> {
        let kind = match to.subject {
            Subject::Issue(_) => "issues",
            Subject::PullRequest(_) => "merge_requests",
        };
        let url = format!(
            "{}/{}/-/{kind}/{}#note_{}",
            self.host.web_url(),
            self.host.path_of(&to.repository)?,
            to.subject.number(),
            note.id
        );
        Ok(Posted {
            id: note.id,
            url: Some(url),
        })
    }
}

fn thread(place: &Place) -> Option<&str> {
    match place {
        Place::Comment { thread, .. } => thread.as_deref(),
        Place::Line(line) => line.thread.as_deref(),
        Place::Description | Place::Review { .. } => None,
    }
}
