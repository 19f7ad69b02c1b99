//! Named environments and their history (Cursor v1).

use serde::{Deserialize, Serialize};

use crate::connection::{query, segment};
use crate::{Client, Error};

/// A named environment.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudEnvironment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `personal` or `team`.
    pub owner: String,
    /// Its repositories.
    pub repos: Vec<EnvironmentRepository>,
    /// Keys of its set-up file that do nothing on this server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_effect: Vec<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// Its set-up file; only where one environment is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_json: Option<String>,
    /// The entry of its history that it is as of; only where one environment is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

/// A repository of an environment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EnvironmentRepository {
    /// Its address.
    pub url: String,
}

/// One entry of an environment's history.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentVersion {
    /// Its id.
    pub id: String,
    /// When it was written, RFC 3339.
    pub created_at: String,
    /// `created`, `updated` or `changed`.
    pub kind: String,
    /// What happened, in a few words.
    pub title: String,
    /// The same in a sentence.
    pub description: String,
    /// Whether the environment is as of this entry.
    pub current: bool,
    /// The set-up file from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_json: Option<String>,
}

/// One page of a list of v1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Items<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_cursor: Option<String>,
}

impl Client {
    /// Lists the environments of the account and of the team, the latest changed first.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn environments(&self) -> Result<Vec<CloudEnvironment>, Error> {
        self.all("listing environments", "/v1/environments", &[])
            .await
    }

    /// Reads an environment with its set-up file.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn environment(&self, id: &str) -> Result<CloudEnvironment, Error> {
        let path = format!("/v1/environments/{}", segment(id));
        self.get("reading an environment", &path).await
    }

    /// Lists what became of an environment, the newest entry first.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn environment_history(&self, id: &str) -> Result<Vec<EnvironmentVersion>, Error> {
        let path = format!("/v1/environments/{}/history", segment(id));
        self.all("reading a history", &path, &[]).await
    }

    /// Everything that a list of v1 has, page by page.
    pub(crate) async fn all<T: serde::de::DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        filter: &[(&str, String)],
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let mut pairs = filter.to_vec();
            pairs.push(("limit", "100".to_owned()));
            pairs.extend(cursor.map(|cursor| ("cursor", cursor)));
            let page: Items<T> = self.get(what, &format!("{path}{}", query(&pairs))).await?;
            all.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}
