//! Credentials of git hosts; a token stands in a file or in the environment, never in the
//! configuration itself.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use super::models::EnvironmentSource;
use crate::exit::Failure;

/// One `[[hosts]]` entry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostSection {
    /// `host`, or `host:port`.
    pub host: String,
    /// The user name beside the token.
    pub username: Option<String>,
    /// The variable that holds the token.
    pub token_env: Option<String>,
    /// The file that holds the token.
    pub token_file: Option<PathBuf>,
    /// The private key for ssh.
    pub ssh_key: Option<PathBuf>,
    /// Certificates that vouch for the host.
    pub ca_file: Option<PathBuf>,
    /// Whether `http://` is open.
    pub plain_http: PlainHttpChoice,
}

/// Whether a host may be reached without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlainHttpChoice {
    /// It may not.
    #[default]
    Refused,
    /// It may.
    Allowed,
}

impl HostSection {
    /// The paths in it, to be made absolute.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let Self {
            token_file,
            ssh_key,
            ca_file,
            ..
        } = self;
        [token_file, ssh_key, ca_file].into_iter().flatten()
    }

    /// The token, from wherever it stands.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] if it stands in two places, or not where it should.
    pub fn token(
        &self,
        environment: EnvironmentSource<'_>,
    ) -> Result<Option<SecretString>, Failure> {
        let of = format!("host {:?}", self.host);
        secret(
            &of,
            "token",
            (&self.token_env, &self.token_file),
            environment,
        )
    }

    /// Checks what does not depend on the machine.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the entry and the rule.
    pub fn check(&self) -> Result<(), Failure> {
        let legal = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if self.host.is_empty() || !self.host.chars().all(legal) {
            return Err(Failure::Usage(format!(
                "[[hosts]]: host must be a name such as \"git.example.com\" or \"git.example.com:8443\", not {:?}",
                self.host
            )));
        }
        Ok(())
    }
}

/// A secret that stands in a variable or in a file.
pub(super) fn secret(
    of: &str,
    what: &str,
    (variable, file): (&Option<String>, &Option<PathBuf>),
    environment: EnvironmentSource<'_>,
) -> Result<Option<SecretString>, Failure> {
    match (variable, file) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Failure::Usage(format!(
            "{of}: give {what}_env or {what}_file, not both"
        ))),
        (Some(name), None) => match environment(name) {
            Some(value) => Ok(Some(value.into())),
            None => Err(Failure::Usage(format!(
                "{of}: the variable {name} of {what}_env is not set"
            ))),
        },
        (None, Some(path)) => read_secret(path)
            .map(Some)
            .map_err(|why| Failure::Usage(format!("{of}: {what}_file {}: {why}", path.display()))),
    }
}

fn read_secret(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    match text.trim() {
        "" => Err("it is empty".to_owned()),
        text => Ok(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn host(token_env: Option<&str>, token_file: Option<PathBuf>) -> HostSection {
        HostSection {
            host: "h".into(),
            token_env: token_env.map(str::to_owned),
            token_file,
            ..HostSection::default()
        }
    }

    #[test]
    fn a_token_comes_from_one_place() {
        let environment = |name: &str| (name == "SET").then(|| "t0ken".to_owned());
        let token = |host: HostSection| host.token(&environment);
        assert!(token(host(None, None)).unwrap().is_none());
        let found = token(host(Some("SET"), None)).unwrap().unwrap();
        assert_eq!(found.expose_secret(), "t0ken");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "from file\n").unwrap();
        let found = token(host(None, Some(file.clone()))).unwrap().unwrap();
        assert_eq!(found.expose_secret(), "from file");
        for (bad, part) in [
            (host(Some("UNSET"), None), "UNSET"),
            (host(Some("SET"), Some(file)), "not both"),
            (
                host(None, Some("/nowhere/at/all".into())),
                "/nowhere/at/all",
            ),
        ] {
            let error = token(bad).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_host_is_a_name() {
        assert!(host(None, None).check().is_ok());
        for bad in ["", "https://h", "u@h", "h/x"] {
            let section = HostSection {
                host: bad.into(),
                ..HostSection::default()
            };
            assert!(section.check().is_err(), "{bad:?}");
        }
    }
}
