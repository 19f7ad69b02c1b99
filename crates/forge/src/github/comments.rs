//! Answers on GitHub.

use outwork_domain::limits::{FORGE_COMMENT_PAGES_MAX, FORGE_PAGE_MAX};
use serde_json::json;

use super::GitHub;
use super::crab::Crab;
use super::wire::CommentWire;
use crate::call::{Call, escaped_path};
use crate::error::Error;
use crate::http::{Transport, ask};
use crate::remark::{Line, Place, Posted, Reaction, Remark};

impl GitHub {
    pub(super) async fn comment(&self, to: &Remark, body: &str) -> Result<Posted, Error> {
        let (crab, repository) = self.beside(to).await?;
        let number = to.subject.number();
        let path = match &to.place {
            Place::Line(line) => {
                format!(
                    "{repository}/pulls/{number}/comments/{}/replies",
                    first_of(line)
                )
            }
            Place::Description | Place::Comment { .. } | Place::Review { .. } => {
                format!("{repository}/issues/{number}/comments")
            }
        };
        let comment: CommentWire = ask(&crab, Call::post(path, json!({ "body": body }))).await?;
        Ok(comment.posted())
    }

    pub(super) async fn find_comment(
        &self,
        to: &Remark,
        marker: &str,
    ) -> Result<Option<Posted>, Error> {
        let (crab, repository) = self.beside(to).await?;
        let number = to.subject.number();
        let list = match &to.place {
            Place::Line(_) => "pulls",
            Place::Description | Place::Comment { .. } | Place::Review { .. } => "issues",
        };
        for page in 1..=FORGE_COMMENT_PAGES_MAX {
            let call = Call::get(format!(
                "{repository}/{list}/{number}/comments?per_page={FORGE_PAGE_MAX}&page={page}"
            ));
            let answer = crab.send(&call).await?;
            let comments: Vec<CommentWire> = answer.json()?;
            let mut comments = comments.into_iter();
            if let Some(found) = comments.find(|comment| comment.says(marker)) {
                return Ok(Some(found.posted()));
            }
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(None)
    }

    pub(super) async fn add_reaction(&self, to: &Remark, reaction: Reaction) -> Result<(), Error> {
        let (crab, repository) = self.beside(to).await?;
        let content = match reaction {
            Reaction::Eyes => "eyes",
            Reaction::Rocket => "rocket",
            Reaction::ThumbsUp => "+1",
            Reaction::Confused => "confused",
        };
        let place = match &to.place {
            // Reviews take no reactions; their pull request does.
            Place::Description | Place::Review { .. } => format!("issues/{}", to.subject.number()),
            Place::Comment { id, .. } => format!("issues/comments/{id}"),
            Place::Line(line) => format!("pulls/comments/{}", line.id),
        };
        let path = format!("{repository}/{place}/reactions");
        crab.send(&Call::post(path, json!({ "content": content })))
            .await?;
        Ok(())
    }

    async fn beside(&self, to: &Remark) -> Result<(Crab, String), Error> {
        let path = self.host.path_of(&to.repository)?;
        let crab = self.access.crab(path, to.identity).await?;
        Ok((crab, format!("/repos/{}", escaped_path(path))))
    }
}

impl CommentWire {
    fn says(&self, marker: &str) -> bool {
        self.body
            .as_deref()
            .is_some_and(|body| body.contains(marker))
    }

    fn posted(self) -> Posted {
        Posted {
            id: self.id,
            url: self.html_url,
        }
    }
}

/// The comment that a thread began with: GitHub takes no replies to replies.
fn first_of(line: &Line) -> u64 {
    let thread = line
        .thread
        .as_deref()
        .and_then(|thread| thread.parse().ok());
    thread.unwrap_or(line.id)
}
