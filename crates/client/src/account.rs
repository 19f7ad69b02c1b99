//! Who the key belongs to, and what it may use: models and repositories (Cursor v0).

use serde::{Deserialize, Serialize};

use crate::{Client, Error};

/// The key that is in use.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The key's name.
    pub api_key_name: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// The e-mail address of its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_email: Option<String>,
}

/// A repository that agents may work in.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Repository {
    /// Its owner; `local` where the path has none.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub repository: String,
}

#[derive(Deserialize)]
struct Models {
    models: Vec<String>,
}

#[derive(Deserialize)]
struct Repositories {
    repositories: Vec<Repository>,
}

impl Client {
    /// Reads whose key this is.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn me(&self) -> Result<Me, Error> {
        self.get("reading the key", "/v0/me").await
    }

    /// Lists the ids of the models.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn models(&self) -> Result<Vec<String>, Error> {
        let models: Models = self.get("listing models", "/v0/models").await?;
        Ok(models.models)
    }

    /// Lists the repositories.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn repositories(&self) -> Result<Vec<Repository>, Error> {
        let all: Repositories = self.get("listing repositories", "/v0/repositories").await?;
        Ok(all.repositories)
    }
}
