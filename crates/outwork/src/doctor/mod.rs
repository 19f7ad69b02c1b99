//! Whether this machine can run agents, check by check, each with what to do about it.
//!
//! The checks use the components that the server uses, so that they judge by what really happens.
//! They change nothing but what opening an existing database changes.

mod database;
mod egress;
mod folder;
mod forges;
mod kernel;
mod limits;
mod modes;
mod programs;
mod secret_key;

use std::path::PathBuf;

use outwork_server::{Finding, Health};
use serde::Serialize;

use crate::config::Settings;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It will work, but not as well as it could.
    Warning,
    /// It will not work.
    Missing,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it went.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl From<Check> for Finding {
    fn from(check: Check) -> Self {
        Self {
            name: check.name,
            health: match check.status {
                Status::Ok => Health::Ok,
                Status::Warning => Health::Warning,
                Status::Missing => Health::Missing,
            },
            found: check.found,
            remedy: check.remedy,
        }
    }
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Ok,
            found: found.into(),
            remedy: None,
        }
    }

    fn warning(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Warning,
            found: found.into(),
            remedy: Some(remedy.into()),
        }
    }

    fn missing(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            status: Status::Missing,
            ..Self::warning(name, found, remedy)
        }
    }
}

/// Looks at everything.
pub async fn examine(settings: &Settings) -> Vec<Check> {
    let mut checks = Vec::new();
    let (user, users) = kernel::user();
    checks.push(user);
    checks.push(kernel::user_namespaces());
    let (limits, groups) = limits::limits(&settings.run.isolation, &settings.storage.data_dir);
    checks.push(limits);
    let level = settings.run.isolation.level;
    let (bubblewrap, launcher) = programs::bubblewrap(level, groups);
    checks.push(bubblewrap);
    checks.push(programs::sandbox(level, launcher.as_ref(), users.as_ref()).await);
    checks.extend(programs::git(settings).await);
    let data_dir = &settings.storage.data_dir;
    checks.push(folder::data_folder(data_dir, users.as_ref()));
    checks.push(folder::disk_space(data_dir));
    checks.push(folder::local_repositories(&settings.git.local_repositories));
    checks.push(modes::modes(data_dir, users.as_ref()));
    checks.push(secret_key::secret_key(&settings.storage));
    checks.push(database::database(settings).await);
    checks.push(programs::models(settings));
    checks.push(egress::egress(level, &settings.run.egress));
    let now = outwork_engine::Clock::now(&outwork_engine::SystemClock);
    checks.extend(forges::forges(&settings.forges, now).await);
    checks.push(kernel::open_files());
    checks
}

/// The nearest folder above a path that is there.
fn existing(path: &std::path::Path) -> PathBuf {
    let there = path.ancestors().find(|folder| folder.is_dir());
    there.unwrap_or(std::path::Path::new("/")).to_owned()
}
