//! Webhooks as they leave the forge: signed, with an id, and sent as often as a test likes.

use std::io;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Kind;
use super::client::{Reply, call};
use super::events::{Event, Told};
use super::world::{Project, World};
use super::{gitea, github, gitlab};

/// One webhook, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    kind: Kind,
    /// The forge's id of it.
    pub id: String,
    /// The forge's name of what happened, as its header has it.
    pub event: String,
    /// All its headers, the signature among them.
    pub headers: Vec<(String, String)>,
    /// Its body, to the byte.
    pub body: Vec<u8>,
}

impl Delivery {
    /// Sends it, blocking; a second time is a duplicate.
    ///
    /// # Errors
    ///
    /// If nobody listens there, or the answer breaks off.
    pub fn send(&self, url: &str) -> io::Result<Reply> {
        call("POST", url, &self.headers, &self.body)
    }

    /// Sends it from a task.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn deliver(&self, url: &str) -> io::Result<Reply> {
        let (own, url) = (self.clone(), url.to_owned());
        let sent = tokio::task::spawn_blocking(move || own.send(&url)).await;
        sent.map_err(io::Error::other)?
    }

    /// The same once more, as a person orders it on the forge's pages: with the same id at GitHub and
    /// GitLab, with a new one at Gitea.
    #[must_use]
    pub fn again(&self) -> Self {
        let mut again = self.clone();
        if self.kind == Kind::Gitea {
            let id = uuid(&format!("{} again", self.id));
            for (name, value) in &mut again.headers {
                if name.ends_with("-delivery") {
                    id.clone_into(value);
                }
            }
            again.id = id;
        }
        again
    }

    /// The same with other bytes under the old signature.
    #[must_use]
    pub fn tampered(&self) -> Self {
        let mut tampered = self.clone();
        tampered.body.push(b' ');
        tampered
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// A number in the form of a UUID.
fn uuid(seed: &str) -> String {
    let hash = hex::encode(Sha256::digest(seed));
    let parts = [
        &hash[..8],
        &hash[8..12],
        &hash[12..16],
        &hash[16..20],
        &hash[20..32],
    ];
    parts.join("-")
}

impl World {
    /// Tells something in this forge's form.
    pub(super) fn tell(&mut self, project: u64, who: &str, event: &Event) -> io::Result<Delivery> {
        let project = self.project(project)?.clone();
        let told = match self.kind {
            Kind::GitHub => github::tell(self, &project, who, event)?,
            Kind::GitLab => gitlab::tell(self, &project, who, event)?,
            Kind::Gitea => gitea::tell(self, &project, who, event)?,
        };
        let number = self.new_id();
        let id = uuid(&format!("{} {number}", self.base_url));
        Ok(self.signed(&project, id, &told))
    }

    fn signed(&self, project: &Project, id: String, told: &Told) -> Delivery {
        let body = told.body.to_string().into_bytes();
        let signature = signature(&self.webhook_secret, &body);
        let mut headers = vec![("content-type", "application/json".to_owned())];
        match self.kind {
            Kind::GitHub => headers.extend([
                ("user-agent", "GitHub-Hookshot/f00d".to_owned()),
                ("x-github-event", told.name.to_owned()),
                ("x-github-delivery", id.clone()),
                ("x-github-hook-id", "1".to_owned()),
                (
                    "x-github-hook-installation-target-id",
                    project.id.to_string(),
                ),
                (
                    "x-github-hook-installation-target-type",
                    "repository".to_owned(),
                ),
                ("x-hub-signature-256", format!("sha256={signature}")),
            ]),
            Kind::GitLab => headers.extend([
                ("user-agent", "GitLab/18.2.0".to_owned()),
                ("x-gitlab-event", told.name.to_owned()),
                ("x-gitlab-event-uuid", id.clone()),
                ("x-gitlab-webhook-uuid", uuid(&self.base_url)),
                ("x-gitlab-instance", self.base_url.clone()),
                ("idempotency-key", id.clone()),
                ("x-gitlab-token", self.webhook_secret.clone()),
            ]),
            Kind::Gitea => headers.extend([
                ("user-agent", "Go-http-client/1.1".to_owned()),
                ("x-gitea-event", told.name.to_owned()),
                ("x-gitea-event-type", told.fine_name.to_owned()),
                ("x-gitea-delivery", id.clone()),
                ("x-gitea-signature", signature.clone()),
                ("x-gogs-event", told.name.to_owned()),
                ("x-gogs-delivery", id.clone()),
                ("x-gogs-signature", signature.clone()),
                ("x-github-event", told.name.to_owned()),
                ("x-github-delivery", id.clone()),
                ("x-hub-signature-256", format!("sha256={signature}")),
            ]),
        }
        let headers = headers.into_iter();
        Delivery {
            kind: self.kind,
            id,
            event: told.name.to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body,
        }
    }
}

fn signature(secret: &str, body: &[u8]) -> String {
    // A key of any length does, so there is nothing that can go wrong.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The example of GitHub's documentation.
    #[test]
    fn signs_as_github_says() {
        assert_eq!(
            signature("It's a Secret to Everybody", b"Hello, World!"),
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }
}
