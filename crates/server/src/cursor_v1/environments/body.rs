//! Environments on the wire.

use outwork_domain::{CloudEnvironment, EnvironmentFile, EnvironmentName, EnvironmentOwner};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::errors::Failure;
use crate::wire::{Moment, Text};

/// Who may use and change an environment.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum OwnerBody {
    /// The account that made it.
    Personal,
    /// Everybody.
    Team,
}

impl From<EnvironmentOwner> for OwnerBody {
    fn from(owner: EnvironmentOwner) -> Self {
        match owner {
            EnvironmentOwner::Personal => Self::Personal,
            EnvironmentOwner::Team => Self::Team,
        }
    }
}

/// A repository of an environment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnvironmentRepo)]
pub(super) struct RepoShown<'a> {
    #[schema(value_type = String, example = "https://git.example.com/acme/tools")]
    url: Text<&'a outwork_domain::Repository>,
}

/// An environment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentBody<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Text<outwork_domain::EnvironmentId>,
    #[schema(value_type = String)]
    name: Text<&'a EnvironmentName>,
    owner: OwnerBody,
    repos: Vec<RepoShown<'a>>,
    /// Keys of its set-up file that have no effect here; absent if there are none.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    #[schema(value_type = Vec<String>)]
    without_effect: &'a [&'static str],
    created_at: Moment,
    updated_at: Moment,
}

impl<'a> EnvironmentBody<'a> {
    pub(super) fn of(environment: &'a CloudEnvironment) -> Self {
        let repos = environment.repositories.iter();
        Self {
            id: Text(environment.id),
            name: Text(&environment.name),
            owner: environment.owner.into(),
            repos: repos.map(|url| RepoShown { url: Text(url) }).collect(),
            without_effect: environment.file.unsupported(),
            created_at: Moment(environment.created_at),
            updated_at: Moment(environment.updated_at),
        }
    }
}

/// An environment with how it sets up workspaces.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentDetailsBody<'a> {
    #[serde(flatten)]
    environment: EnvironmentBody<'a>,
    /// The set-up file as it was given.
    environment_json: &'a str,
    /// The entry of its history that it is as of.
    #[schema(value_type = String, format = "uuid")]
    version_id: Text<outwork_domain::EnvironmentVersionId>,
}

impl<'a> EnvironmentDetailsBody<'a> {
    pub(super) fn of(environment: &'a CloudEnvironment) -> Self {
        Self {
            environment: EnvironmentBody::of(environment),
            environment_json: environment.file.text(),
            version_id: Text(environment.version_id),
        }
    }
}

/// Reads the name of an environment.
pub(super) fn read_name(text: &str) -> Result<EnvironmentName, Failure> {
    text.parse().map_err(|_| {
        Failure::invalid("name must be 1 to 255 characters without control characters")
    })
}

/// Reads a set-up file.
pub(super) fn read_file(text: String) -> Result<EnvironmentFile, Failure> {
    EnvironmentFile::parse(text).map_err(|why| Failure::invalid(format!("environmentJson: {why}")))
}
