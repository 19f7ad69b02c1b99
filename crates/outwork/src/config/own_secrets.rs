//! The secrets of the server itself, as a net behind the wall: no sandbox has them, and no transcript shall.

use outwork_domain::SecretText;
use secrecy::{ExposeSecret as _, SecretString};

use super::settings::{DatabaseChoice, Settings};

/// By what they are replaced, in brackets behind `redacted:`.
const NAME: &str = "OUTWORK";

impl Settings {
    /// The keys of models, the tokens of forges and hosts, and the password of the database.
    #[must_use]
    pub fn own_secrets(&self) -> Vec<(String, SecretText)> {
        let database = match &self.storage.database {
            DatabaseChoice::Sqlite => None,
            DatabaseChoice::Postgres(url) => password_of(url),
        };
        let models = self.models.options.iter();
        let models = models.filter_map(|model| model.api_key.as_ref());
        let forges = self.forges.iter().filter_map(|forge| forge.token.as_ref());
        let hosts = self
            .git
            .hosts
            .iter()
            .filter_map(|(_, token)| token.as_ref());
        let tokens = models.chain(forges).chain(hosts);
        let tokens = tokens.map(|token| token.expose_secret().to_owned());
        let all = tokens.chain(database);
        all.map(|text| (NAME.to_owned(), SecretText::new(text)))
            .collect()
    }
}

/// The password as it stands in the address, percent-encoded or not: either is told as a whole by the other's search.
fn password_of(url: &SecretString) -> Option<String> {
    let (authority, _) = url.expose_secret().split_once("://")?.1.rsplit_once('@')?;
    let (_, password) = authority.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_an_address_is_found() {
        for (url, password) in [
            ("postgres://u:p%40ss@h/d", Some("p%40ss")),
            ("postgres://u:p@ss@h/d", Some("p@ss")),
            ("postgres://u@h/d", None),
            ("postgres://h/d", None),
        ] {
            let found = password_of(&SecretString::from(url.to_owned()));
            assert_eq!(found.as_deref(), password, "{url}");
        }
    }
}
