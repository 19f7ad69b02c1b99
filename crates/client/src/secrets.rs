//! Secrets without their values (Cursor v1): those of the user, the team, an environment.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::connection::{query, segment};
use crate::{Client, Error};

/// Whose a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretScope {
    /// The user's.
    User,
    /// Everybody's.
    Team,
    /// That of the environment with this id.
    Environment(String),
}

/// A secret, without its value.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `runtime_secret` or `environment_variable`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The repositories whose runs get it; all if empty.
    pub repos: Vec<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Who holds it; only where secrets of all holders are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<SecretOwner>,
}

/// Who holds a secret.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretOwner {
    /// `user`, `team` or `environment`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
}

/// What a secret is to be. Not printed: it holds the value.
#[derive(Clone)]
pub struct NewSecret {
    /// Its value, 1 to 4096 bytes.
    pub value: SecretString,
    /// `runtime_secret` or `environment_variable`; as before if absent.
    pub kind: Option<String>,
    /// The repositories whose runs get it, all if empty; as before if absent.
    pub repos: Option<Vec<String>>,
}

#[derive(Serialize)]
struct NewSecretBody<'a> {
    value: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repos: Option<&'a [String]>,
}

#[derive(Deserialize)]
struct NameOnly {}

impl SecretScope {
    fn path(&self) -> String {
        match self {
            Self::User => "/v1/secrets".to_owned(),
            Self::Team => "/v1/team/secrets".to_owned(),
            Self::Environment(id) => format!("/v1/environments/{}/secrets", segment(id)),
        }
    }
}

impl Client {
    /// Lists secrets by name: those of one holder, or all that the caller may use.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn secrets(&self, scope: Option<&SecretScope>) -> Result<Vec<Secret>, Error> {
        const WHAT: &str = "listing secrets";
        match scope {
            None => self.all(WHAT, "/v1/secrets", &[]).await,
            Some(SecretScope::User) => {
                let filter = [("scope", "user".to_owned())];
                self.all(WHAT, "/v1/secrets", &filter).await
            }
            Some(scope @ (SecretScope::Team | SecretScope::Environment(_))) => {
                self.all(WHAT, &scope.path(), &[]).await
            }
        }
    }

    /// Makes a secret, or changes the one of that name; `id` names a version where there are several.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn put_secret(
        &self,
        scope: &SecretScope,
        name: &str,
        id: Option<&str>,
        new: &NewSecret,
    ) -> Result<Secret, Error> {
        let body = NewSecretBody {
            value: new.value.expose_secret(),
            kind: new.kind.as_deref(),
            repos: new.repos.as_deref(),
        };
        let path = named(scope, name, id);
        let request = self.request(Method::PUT, &path).json(&body);
        self.json("setting a secret", request).await
    }

    /// Deletes a secret; `id` names a version where there are several.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn delete_secret(
        &self,
        scope: &SecretScope,
        name: &str,
        id: Option<&str>,
    ) -> Result<(), Error> {
        let path = named(scope, name, id);
        let request = self.request(Method::DELETE, &path);
        self.json::<NameOnly>("removing a secret", request)
            .await
            .map(drop)
    }
}

fn named(scope: &SecretScope, name: &str, id: Option<&str>) -> String {
    let pairs: Vec<_> = id.map(|id| ("id", id.to_owned())).into_iter().collect();
    format!("{}/{}{}", scope.path(), segment(name), query(&pairs))
}
