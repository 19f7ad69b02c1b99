//! Secrets on the wire, without their values.

use outwork_domain::{RepositoryKey, Secret, SecretHolder, SecretKind, SecretName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::wire::{Moment, Text, WireSecretId};

/// What a secret is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SecretType {
    /// Its value is taken out of everything that is shown.
    RuntimeSecret,
    /// A plain variable.
    EnvironmentVariable,
}

impl From<SecretKind> for SecretType {
    fn from(kind: SecretKind) -> Self {
        match kind {
            SecretKind::RuntimeSecret => Self::RuntimeSecret,
            SecretKind::EnvironmentVariable => Self::EnvironmentVariable,
        }
    }
}

/// A secret, without its value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecretBody<'a> {
    id: WireSecretId,
    #[schema(value_type = String)]
    name: Text<&'a SecretName>,
    #[serde(rename = "type")]
    kind: SecretType,
    /// The repositories whose runs get it; all if empty.
    #[schema(value_type = Vec<String>, example = json!(["git.example.com/acme/tools"]))]
    repos: Vec<Text<&'a RepositoryKey>>,
    created_at: Moment,
}

impl<'a> SecretBody<'a> {
    pub(super) fn of(secret: &'a Secret) -> Self {
        Self {
            id: WireSecretId(secret.id),
            name: Text(&secret.name),
            kind: secret.kind.into(),
            repos: secret.repositories.iter().map(Text).collect(),
            created_at: Moment(secret.created_at),
        }
    }
}

/// A secret with who holds it, without its value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnedSecretBody<'a> {
    #[serde(flatten)]
    secret: SecretBody<'a>,
    owner: SecretOwner<'a>,
}

/// Who holds a secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum SecretOwner<'a> {
    /// Everybody.
    Team,
    /// The caller.
    User { user: SecretUser<'a> },
    /// An environment.
    Environment {
        #[serde(rename = "environmentId")]
        #[schema(value_type = String, format = "uuid")]
        environment_id: Text<outwork_domain::EnvironmentId>,
    },
}

/// The user who holds a secret.
#[derive(Debug, Serialize, ToSchema)]
struct SecretUser<'a> {
    #[schema(required)]
    email: Option<&'a str>,
}

impl<'a> OwnedSecretBody<'a> {
    pub(super) fn of(secret: &'a Secret, caller: &'a Caller) -> Self {
        let owner = match secret.holder {
            SecretHolder::Team => SecretOwner::Team,
            // Nobody is shown the secrets of other users.
            SecretHolder::User(_) => SecretOwner::User {
                user: SecretUser {
                    email: Some(caller.0.email.as_str()).filter(|email| !email.is_empty()),
                },
            },
            SecretHolder::Environment(id) => SecretOwner::Environment {
                environment_id: Text(id),
            },
        };
        Self {
            secret: SecretBody::of(secret),
            owner,
        }
    }
}
