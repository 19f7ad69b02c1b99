//! Answers on Gitea and Forgejo.

use outwork_domain::Repository;
use outwork_domain::limits::FORGE_COMMENT_PAGES_MAX;
use serde_json::json;

use super::Gitea;
use super::pull_requests::PAGE;
use super::wire::{Comment, Review, ReviewComment};
use crate::call::Call;
use crate::error::Error;
use crate::http::{Transport as _, ask};
use crate::incoming::Said;
use crate::remark::{Line, Place, Posted, Reaction, Remark, Side};

impl Gitea {
    /// There is no reply to a line's comment; another comment on the same line stands in the same thread.
    pub(super) async fn comment(&self, to: &Remark, body: &str) -> Result<Posted, Error> {
        let repository = self.repository_path(&to.repository)?;
        let number = to.subject.number();
        if let Place::Line(Line {
            path,
            line: Some(line),
            side,
            ..
        }) = &to.place
        {
            let position = match side {
                Side::Old => "old_position",
                Side::New => "new_position",
            };
            let mut comment = json!({ "path": path, "body": body });
            comment[position] = (*line).into();
            let review = json!({ "event": "COMMENT", "comments": [comment] });
            let call = Call::post(format!("{repository}/pulls/{number}/reviews"), review);
            let review: Review = ask(&self.direct, call).await?;
            return Ok(Posted {
                id: review.id,
                url: review.html_url,
            });
        }
        let call = Call::post(
            format!("{repository}/issues/{number}/comments"),
            json!({ "body": body }),
        );
        let comment: Comment = ask(&self.direct, call).await?;
        Ok(comment.posted())
    }

    pub(super) async fn find_comment(
        &self,
        to: &Remark,
        marker: &str,
    ) -> Result<Option<Posted>, Error> {
        let repository = self.repository_path(&to.repository)?;
        let number = to.subject.number();
        let says =
            |body: &Option<String>| body.as_deref().is_some_and(|body| body.contains(marker));
        if matches!(to.place, Place::Line(_)) {
            for review in self
                .reviews(&to.repository, number)
                .await?
                .into_iter()
                .rev()
            {
                let comments = self.lines_of(&to.repository, number, &review).await?;
                if comments.iter().any(|comment| says(&comment.body)) {
                    return Ok(Some(Posted {
                        id: review.id,
                        url: review.html_url,
                    }));
                }
            }
            return Ok(None);
        }
        // All of them at once: Gitea has no pages here.
        let call = Call::get(format!("{repository}/issues/{number}/comments"));
        let comments: Vec<Comment> = ask(&self.direct, call).await?;
        let found = comments
            .into_iter()
            .rev()
            .find(|comment| says(&comment.body));
        Ok(found.map(Comment::posted))
    }

    pub(super) async fn add_reaction(&self, to: &Remark, reaction: Reaction) -> Result<(), Error> {
        let repository = self.repository_path(&to.repository)?;
        let content = match reaction {
            Reaction::Eyes => "eyes",
            Reaction::Rocket => "rocket",
            Reaction::ThumbsUp => "+1",
            Reaction::Confused => "confused",
        };
        let place = match &to.place {
            Place::Description | Place::Review { .. } => format!("{}", to.subject.number()),
            Place::Comment { id, .. } => format!("comments/{id}"),
            Place::Line(line) => format!("comments/{}", line.id),
        };
        let path = format!("{repository}/issues/{place}/reactions");
        let call = Call::post(path, json!({ "content": content }));
        self.direct.send(&call).await.map(drop)
    }

    /// The comments on lines that belong to a review, of which its webhook does not tell. The webhook does
    /// not even name the review: it is the latest of that person with that text.
    pub(super) async fn lines_of_said(&self, said: &Said) -> Result<Vec<Said>, Error> {
        let Place::Review { .. } = said.remark.place else {
            return Ok(Vec::new());
        };
        let (repository, number) = (&said.remark.repository, said.remark.subject.number());
        let reviews = self.reviews(repository, number).await?;
        let is_it = |review: &&Review| {
            let user = review.user.as_ref();
            user.is_some_and(|user| user.login == said.author.login)
                && review.body.as_deref().unwrap_or_default().trim() == said.text.trim()
        };
        let Some(review) = reviews.iter().rev().find(is_it) else {
            return Ok(Vec::new());
        };
        let comments = self.lines_of(repository, number, review).await?;
        Ok(comments
            .into_iter()
            .map(|comment| line_said(said, comment))
            .collect())
    }

    async fn reviews(&self, repository: &Repository, number: u64) -> Result<Vec<Review>, Error> {
        let repository = self.repository_path(repository)?;
        let mut all = Vec::new();
        for page in 1..=FORGE_COMMENT_PAGES_MAX {
            let call = Call::get(format!(
                "{repository}/pulls/{number}/reviews?limit={PAGE}&page={page}"
            ));
            let answer = self.direct.send(&call).await?;
            all.append(&mut answer.json::<Vec<Review>>()?);
            if !answer.has_next_page() {
                break;
            }
        }
        Ok(all)
    }

    async fn lines_of(
        &self,
        repository: &Repository,
        number: u64,
        review: &Review,
    ) -> Result<Vec<ReviewComment>, Error> {
        if review.comments_count == Some(0) {
            return Ok(Vec::new());
        }
        let repository = self.repository_path(repository)?;
        let path = format!("{repository}/pulls/{number}/reviews/{}/comments", review.id);
        ask(&self.direct, Call::get(path)).await
    }
}

fn line_said(review: &Said, comment: ReviewComment) -> Said {
    let new = comment.position.filter(|line| *line > 0);
    let old = comment.original_position.filter(|line| *line > 0);
    let side = if new.is_none() && old.is_some() {
        Side::Old
    } else {
        Side::New
    };
    let mut author = review.author.clone();
    if let Some(user) = comment.user {
        author.id = user.id.unwrap_or(author.id);
        author.login = user.login;
    }
    Said {
        remark: Remark {
            place: Place::Line(Line {
                id: comment.id,
                thread: None,
                path: comment.path.unwrap_or_default(),
                line: new.or(old),
                side,
                hunk: comment.diff_hunk,
            }),
            ..review.remark.clone()
        },
        author,
        text: comment.body.unwrap_or_default(),
        url: comment.html_url,
        ..review.clone()
    }
}

impl Comment {
    fn posted(self) -> Posted {
        Posted {
            id: self.id,
            url: self.html_url,
        }
    }
}
