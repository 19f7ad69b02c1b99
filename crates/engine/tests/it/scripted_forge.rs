//! A forge of the tests in this process: it sends what it is told to send.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use async_trait::async_trait;
use outwork_domain::{PullRequestNumber, Repository};
use outwork_forge::{
    At, Delivery, Draft, Error, Forge, Found, GitAccess, GitCredentials, HookError, HookRequest,
    Incoming, Permission, Person, Place, Posted, Reaction, Remark, Revision, Said, Wanted,
};
use tokio::sync::Notify;

/// The name that it is configured by.
pub const FORGE: &str = "git.example.com";

/// A forge whose webhooks are what the test says, and that writes down what it is told.
#[derive(Default)]
pub struct Scripted {
    pub incoming: Mutex<HashMap<String, Incoming>>,
    collaborators: Mutex<HashSet<String>>,
    /// Repositories in which none of them may push.
    pub closed: Mutex<HashSet<Repository>>,
    pub away: Mutex<u32>,
    /// Whether the next answer is given without a word back, ever.
    pub hangs: Mutex<bool>,
    pub hung: Notify,
    pub reactions: Mutex<Vec<Reaction>>,
    /// What was said on lines in any review.
    pub lines: Mutex<Vec<Said>>,
    /// How often the lines of a review were asked for.
    pub lines_asked: Mutex<u32>,
    replies: Mutex<Vec<String>>,
}

impl Scripted {
    pub fn permit(&self, login: &str) {
        self.collaborators.lock().unwrap().insert(login.to_owned());
    }

    pub fn replies(&self) -> Vec<String> {
        self.replies.lock().unwrap().clone()
    }

    fn fault(&self) -> Result<(), Error> {
        let mut away = self.away.lock().unwrap();
        if *away == 0 {
            return Ok(());
        }
        *away -= 1;
        Err(Error::Unavailable("it is away".to_owned()))
    }
}

#[async_trait]
impl Forge for Scripted {
    fn name(&self) -> &str {
        FORGE
    }

    /// All but those whose name says otherwise.
    fn keeps(&self, repository: &Repository) -> bool {
        !repository.to_string().contains("elsewhere")
    }

    fn locate(&self, _url: &str) -> Option<(Repository, PullRequestNumber)> {
        None
    }

    async fn find(&self, _wanted: &Wanted<'_>) -> Result<Vec<Found>, Error> {
        Ok(Vec::new())
    }

    async fn open(&self, _draft: &Draft) -> Result<Found, Error> {
        Err(Error::Unsupported("pull requests"))
    }

    async fn get(&self, _at: &At<'_>) -> Result<Found, Error> {
        Err(Error::Unsupported("pull requests"))
    }

    async fn update(&self, _at: &At<'_>, _revision: &Revision) -> Result<Found, Error> {
        Err(Error::Unsupported("pull requests"))
    }

    async fn permission(
        &self,
        repository: &Repository,
        person: &Person,
    ) -> Result<Permission, Error> {
        let known = self.collaborators.lock().unwrap().contains(&person.login);
        let is_closed = self.closed.lock().unwrap().contains(repository);
        Ok(if known && !is_closed {
            Permission::Write
        } else {
            Permission::Read
        })
    }

    async fn lines_of_review(&self, review: &Said) -> Result<Vec<Said>, Error> {
        *self.lines_asked.lock().unwrap() += 1;
        let is_review = matches!(review.remark.place, Place::Review { .. });
        let lines = self.lines.lock().unwrap().clone();
        Ok(if is_review { lines } else { Vec::new() })
    }

    async fn react(&self, _to: &Remark, reaction: Reaction) -> Result<(), Error> {
        self.reactions.lock().unwrap().push(reaction);
        Ok(())
    }

    async fn find_reply(&self, _to: &Remark, marker: &str) -> Result<Option<Posted>, Error> {
        let replies = self.replies.lock().unwrap();
        let found = replies.iter().any(|reply| reply.contains(marker));
        Ok(found.then_some(Posted { id: 1, url: None }))
    }

    async fn reply(&self, _to: &Remark, body: &str) -> Result<Posted, Error> {
        self.fault()?;
        self.replies.lock().unwrap().push(body.to_owned());
        if std::mem::take(&mut *self.hangs.lock().unwrap()) {
            self.hung.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(Posted { id: 1, url: None })
    }

    async fn git_credentials(
        &self,
        _repository: &Repository,
        access: GitAccess,
    ) -> Result<Option<GitCredentials>, Error> {
        self.fault()?;
        Ok(Some(GitCredentials {
            username: format!("{access:?}"),
            password: "token".to_owned().into(),
            expires_at: None,
        }))
    }

    fn verify_hook(&self, request: &HookRequest<'_>) -> Result<Delivery, HookError> {
        if request.header("X-Signature") != Some("right") {
            return Err(HookError::WrongSignature);
        }
        Ok(Delivery {
            id: request.header("X-Delivery").unwrap_or_default().to_owned(),
            event: "something".to_owned(),
        })
    }

    fn read_hook(&self, _event: &str, body: &[u8]) -> Result<Incoming, HookError> {
        let id = String::from_utf8_lossy(body);
        let known = self.incoming.lock().unwrap();
        let found = known.get(id.as_ref()).cloned();
        found.ok_or_else(|| HookError::Malformed("unheard of".to_owned()))
    }
}
