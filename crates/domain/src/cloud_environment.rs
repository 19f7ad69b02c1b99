//! Cloud environments: named sets of repositories, secrets and set-up commands that agents run with
//! (Cursor v1 environments).

use std::fmt;
use std::str::FromStr;

use crate::limits::ENVIRONMENT_NAME_CHARS_MAX;
use crate::{
    AccountId, EnvironmentFile, EnvironmentId, EnvironmentVersionId, Repository, Timestamp,
};

/// Who may use and change an environment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EnvironmentOwner {
    /// The account that made it.
    Personal,
    /// All accounts.
    Team,
}

/// An environment's name: 1 to 255 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EnvironmentName(String);

/// A text is no name of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an environment's name must be 1 to 255 characters without control characters")]
pub struct InvalidEnvironmentName;

impl EnvironmentName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EnvironmentName {
    type Err = InvalidEnvironmentName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=ENVIRONMENT_NAME_CHARS_MAX).contains(&text.chars().count());
        if !fits || text.chars().any(char::is_control) {
            return Err(InvalidEnvironmentName);
        }
        Ok(Self(text.to_owned()))
    }
}

/// An environment.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudEnvironment {
    /// Its id.
    pub id: EnvironmentId,
    /// Who made it.
    pub account_id: AccountId,
    /// Who may use it.
    pub owner: EnvironmentOwner,
    /// Its name, unique for its owner.
    pub name: EnvironmentName,
    /// What its agents work on, in order.
    pub repositories: Vec<Repository>,
    /// How its agents' workspaces are set up.
    pub file: EnvironmentFile,
    /// Which entry of its history it is as of.
    pub version_id: EnvironmentVersionId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What of an environment changes; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnvironmentChange {
    /// Its name.
    pub name: Option<EnvironmentName>,
    /// How workspaces are set up.
    pub file: Option<EnvironmentFile>,
}

/// What happened to an environment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EnvironmentEvent {
    /// It was made.
    Created,
    /// How it sets up workspaces was changed.
    Updated,
    /// Only its name was changed.
    Renamed,
}

/// One entry of an environment's history.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvironmentVersion {
    /// Its id.
    pub id: EnvironmentVersionId,
    /// When it was written.
    pub created_at: Timestamp,
    /// What happened.
    pub event: EnvironmentEvent,
    /// The environment's name from then on.
    pub name: EnvironmentName,
    /// How workspaces were set up from then on.
    pub file: EnvironmentFile,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_on_one_line() {
        for good in ["a", "Tools (all)", &"ü".repeat(255)] {
            assert!(good.parse::<EnvironmentName>().is_ok(), "{good}");
        }
        for bad in ["", "a\nb", &"ü".repeat(256)] {
            assert!(bad.parse::<EnvironmentName>().is_err(), "{bad}");
        }
    }
}
