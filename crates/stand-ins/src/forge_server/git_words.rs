//! Who may fetch and push, and the words with which each forge says no.

use super::Kind;
use super::access::{Allowance, Caller, Need, Permission};
use super::git_path::{GitPath, Service};
use super::http::Answer;
use super::world::{Standing, World};

impl World {
    /// The repository that a request of git's is let into, or the refusal.
    pub(super) fn admit(
        &self,
        caller: &Caller,
        path: &GitPath,
        query: &str,
    ) -> Result<u64, Answer> {
        if matches!(caller, Caller::Refused | Caller::App) {
            return Err(self.unauthenticated());
        }
        let Some(id) = self.find_path(&path.repository) else {
            return self.elsewhere(caller, path, query);
        };
        let Some(project) = self.projects.get(&id) else {
            return Err(self.absent(caller, path.service));
        };
        let permission = self.permission(caller, project);
        if permission == Permission::None {
            return Err(self.absent(caller, path.service));
        }
        let need = match path.service {
            Service::Fetch => Need::ReadCode,
            Service::Push => Need::WriteCode,
        };
        if path.service == Service::Push {
            if *caller == Caller::Anonymous {
                return Err(self.unauthenticated());
            }
            if permission < Permission::Write {
                return Err(self.read_only(caller, &project.path));
            }
            if project.standing == Standing::Archived {
                return Err(self.archived());
            }
        }
        match self.allows(caller, need, project.visibility) {
            Allowance::Granted => Ok(id),
            Allowance::Missing(_) => Err(self.unscoped(caller, &project.path)),
        }
    }

    /// GitHub and Gitea send git to the new name; GitLab goes on serving it under the old one.
    fn elsewhere(&self, caller: &Caller, path: &GitPath, query: &str) -> Result<u64, Answer> {
        let Some(project) = self.find_moved(&path.repository) else {
            return Err(self.absent(caller, path.service));
        };
        if self.permission(caller, project) == Permission::None {
            return Err(self.absent(caller, path.service));
        }
        let status = match self.kind {
            Kind::GitLab => return Ok(project.id),
            Kind::GitHub => 301,
            Kind::Gitea => 307,
        };
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{query}")
        };
        let target = format!("{}/{}.git{}{query}", self.base_url, project.path, path.rest);
        Err(Answer::empty(status).with("location", target))
    }

    fn unauthenticated(&self) -> Answer {
        let (realm, words) = match self.kind {
            Kind::GitHub => (
                "GitHub",
                "Invalid username or token. Password authentication is not supported for Git operations.\n",
            ),
            Kind::GitLab => (
                "GitLab",
                "HTTP Basic: Access denied. If a password was provided for Git authentication, the password \
                 was incorrect or you're required to use a token instead of a password.\n",
            ),
            Kind::Gitea => ("Gitea", "Unauthorized\n"),
        };
        Answer::text(401, words).with("www-authenticate", format!("Basic realm=\"{realm}\""))
    }

    /// What is not there and what nobody may see look the same.
    fn absent(&self, caller: &Caller, service: Service) -> Answer {
        if *caller == Caller::Anonymous {
            return self.unauthenticated();
        }
        match (self.kind, service) {
            (Kind::GitHub, _) => Answer::text(404, "Repository not found.\n"),
            (Kind::GitLab, _) => Answer::text(
                404,
                "The project you were looking for could not be found or you don't have permission to view it.\n",
            ),
            (Kind::Gitea, Service::Fetch) => Answer::text(404, "Repository not found\n"),
            (Kind::Gitea, Service::Push) => {
                Answer::text(403, "Push to create is not enabled for users.\n")
            }
        }
    }

    fn read_only(&self, caller: &Caller, path: &str) -> Answer {
        let who = caller.login().unwrap_or_default();
        let words = match self.kind {
            Kind::GitHub => format!("Permission to {path}.git denied to {who}.\n"),
            Kind::GitLab => "You are not allowed to push code to this project.\n".to_owned(),
            Kind::Gitea => "User permission denied for writing.\n".to_owned(),
        };
        Answer::text(403, &words)
    }

    fn archived(&self) -> Answer {
        let words = match self.kind {
            Kind::GitHub => "This repository was archived so it is read-only.\n",
            Kind::GitLab => "You are not allowed to push code to this project.\n",
            Kind::Gitea => {
                "This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests.\n"
            }
        };
        Answer::text(403, words)
    }

    fn unscoped(&self, caller: &Caller, path: &str) -> Answer {
        match self.kind {
            Kind::GitHub => Answer::text(403, "Write access to repository not granted.\n"),
            Kind::GitLab => Answer::text(
                403,
                "HTTP Basic: Access denied. Your token does not have the required scope.\n",
            ),
            Kind::Gitea => self.read_only(caller, path),
        }
    }
}
