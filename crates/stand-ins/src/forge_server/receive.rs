//! Pushes: what a client wants to change, and how a forge refuses it (gitprotocol-pack).

use super::Kind;
use super::access::{Caller, Owner};
use super::http::Answer;
use super::world::{Project, World};

/// One ref that a push wants to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) old: String,
    pub(super) new: String,
    pub(super) reference: String,
}

/// What the first lines of a push say.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    pub(super) changes: Vec<Change>,
    capabilities: String,
}

/// Words for the person who pushed, and the reason behind the ref's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) words: String,
    reason: String,
}

impl Wishes {
    pub(super) fn read(mut body: &[u8]) -> Self {
        let mut wishes = Self::default();
        while let Some(line) = next_line(&mut body) {
            let (line, capabilities) = line.split_once('\0').unwrap_or((&line, ""));
            if !capabilities.is_empty() {
                capabilities.clone_into(&mut wishes.capabilities);
            }
            let mut words = line.trim_end().splitn(3, ' ');
            if let (Some(old), Some(new), Some(reference)) =
                (words.next(), words.next(), words.next())
            {
                wishes.changes.push(Change {
                    old: old.to_owned(),
                    new: new.to_owned(),
                    reference: reference.to_owned(),
                });
            }
        }
        wishes
    }

    /// The answer of a server whose own rules are against all of it.
    pub(super) fn refused(&self, refusal: &Refusal) -> Answer {
        let mut report = packet(b"unpack ok\n");
        for change in &self.changes {
            let line = format!("ng {} {}\n", change.reference, refusal.reason);
            report.extend(packet(line.as_bytes()));
        }
        report.extend(b"0000");
        let mut body = Vec::new();
        if self.capabilities.contains("side-band-64k") {
            let words = format!("\u{2}{}\n", refusal.words);
            body.extend(packet(words.as_bytes()));
            body.extend(packet(&[b"\x01", report.as_slice()].concat()));
            body.extend(b"0000");
        } else {
            body = report;
        }
        Answer::new(200, "application/x-git-receive-pack-result", body)
            .with("cache-control", "no-cache")
    }
}

/// The line of four hex digits' length in front; none at a flush or the end.
fn next_line(body: &mut &[u8]) -> Option<String> {
    let length = std::str::from_utf8(body.get(..4)?).ok()?;
    let length = usize::from_str_radix(length, 16).ok()?;
    let line = body.get(4..length)?;
    let line = String::from_utf8_lossy(line).into_owned();
    *body = &body[length..];
    Some(line)
}

fn packet(bytes: &[u8]) -> Vec<u8> {
    let mut packet = format!("{:04x}", bytes.len() + 4).into_bytes();
    packet.extend(bytes);
    packet
}

impl World {
    /// Why this push is not wanted, if it is not.
    pub(super) fn objection(&self, project: &Project, wishes: &Wishes) -> Option<Refusal> {
        if let Some(words) = &project.refusal {
            return Some(Refusal {
                words: words.clone(),
                reason: "pre-receive hook declined".to_owned(),
            });
        }
        let mut branches = wishes.changes.iter();
        let branch = branches.find_map(|change| {
            let branch = change.reference.strip_prefix("refs/heads/")?;
            project.protected.contains(branch).then_some(branch)
        })?;
        let (words, reason) = match self.kind {
            Kind::GitHub => (
                format!(
                    "error: GH006: Protected branch update failed for refs/heads/{branch}.\n\
                     error: Changes must be made through a pull request."
                ),
                "protected branch hook declined",
            ),
            Kind::GitLab => (
                "GitLab: You are not allowed to push code to protected branches on this project."
                    .to_owned(),
                "pre-receive hook declined",
            ),
            Kind::Gitea => (
                format!("Gitea: Not allowed to push to protected branch {branch}"),
                "pre-receive hook declined",
            ),
        };
        Some(Refusal {
            words,
            reason: reason.to_owned(),
        })
    }

    /// Whether GitHub wants to be asked before this caller's push changes a workflow.
    pub(super) fn guards_workflows(&self, caller: &Caller) -> Guard {
        let token = caller.token().and_then(|token| self.tokens.get(token));
        let (Kind::GitHub, Some(token)) = (self.kind, token) else {
            return Guard::Open;
        };
        let may = match (&token.permissions, &token.scopes) {
            (Some(permissions), _) => permissions.get("workflows").is_some_and(|it| it == "write"),
            (None, Some(scopes)) => scopes.iter().any(|scope| scope == "workflow"),
            (None, None) => true,
        };
        if may {
            return Guard::Open;
        }
        Guard::Closed(match token.owner {
            Owner::User(_) => "a Personal Access Token",
            Owner::Installation(_) => "a GitHub App",
        })
    }
}

/// Whether a push may change workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    Open,
    /// It may not, being pushed with this.
    Closed(&'static str),
}

impl Refusal {
    pub(super) fn of_workflow(by: &str, path: &str) -> Self {
        let what = if by == "a GitHub App" {
            "`workflows` permission"
        } else {
            "`workflow` scope"
        };
        Self {
            words: String::new(),
            reason: format!(
                "refusing to allow {by} to create or update workflow `{path}` without {what}"
            ),
        }
    }

    pub(super) fn told(&self) -> String {
        format!("{} {}", self.reason, self.words)
            .trim_end()
            .to_owned()
    }
}
