//! Which keys seal the secrets in the database, and where they are.

use std::path::{Path, PathBuf};

use outwork_store::{Sealer, SealingKey};
use secrecy::{ExposeSecret, SecretString};

use crate::exit::Failure;

/// The variable that may hold the key itself.
pub const VARIABLE: &str = "OUTWORK_SECRET_KEY";

/// Where the keys are that seal secrets.
#[derive(Clone, Debug)]
pub enum SecretKeyPlace {
    /// In the data folder, made at the first start.
    DataFolder,
    /// In a file that the operator made.
    File(PathBuf),
    /// In the environment.
    Variable(SecretString),
}

impl SecretKeyPlace {
    /// One place, or the data folder if nobody names any.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] if both a file and the variable are named.
    pub(super) fn of(file: Option<PathBuf>, variable: Option<String>) -> Result<Self, Failure> {
        match (file, variable) {
            (None, None) => Ok(Self::DataFolder),
            (Some(file), None) => Ok(Self::File(file)),
            (None, Some(text)) => Ok(Self::Variable(text.into())),
            (Some(file), Some(_)) => Err(Failure::Usage(format!(
                "the secret key stands both in {VARIABLE} and in {}: name one",
                file.display()
            ))),
        }
    }

    /// The keys that the operator put there; none if they are in the data folder.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the place, never what is in it.
    pub fn configured(&self) -> Result<Option<Sealer>, Failure> {
        match self {
            Self::DataFolder => Ok(None),
            Self::File(path) => read(path).map(Some).map_err(|why| {
                Failure::Usage(format!("secret key file {}: {why}", path.display()))
            }),
            Self::Variable(text) => parse(text.expose_secret())
                .map(Some)
                .map_err(|why| Failure::Usage(format!("{VARIABLE}: {why}"))),
        }
    }
}

/// The keys in a file.
///
/// # Errors
///
/// Why it holds none.
pub fn read(path: &Path) -> Result<Sealer, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    parse(&text)
}

/// Keys on lines or between commas, the newest first.
fn parse(text: &str) -> Result<Sealer, String> {
    let keys = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .map(str::parse::<SealingKey>);
    let mut keys = keys
        .collect::<Result<Vec<_>, _>>()
        .map_err(|why| why.to_string())?
        .into_iter();
    let newest = keys.next().ok_or("there is no key in it")?;
    Ok(Sealer::new(newest, keys.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_one_place() {
        let (one, two) = ("0a".repeat(32), "0b".repeat(32));
        for text in [
            one.clone(),
            format!("# ours, new\n{two}\n\n{one}\n"),
            format!("{two},{one}"),
        ] {
            assert!(parse(&text).is_ok(), "{text}");
            let place = SecretKeyPlace::of(None, Some(text.clone())).unwrap();
            assert!(!format!("{place:?}").contains("0a0a"), "{place:?}");
            assert!(place.configured().unwrap().is_some());
        }
        let both = SecretKeyPlace::of(Some("f".into()), Some(one)).unwrap_err();
        assert!(both.to_string().contains("name one"), "{both}");
        let nowhere = SecretKeyPlace::of(None, None).unwrap();
        assert!(nowhere.configured().unwrap().is_none());
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for text in ["", "# only a remark", "hunter2hunter2", "0a0a\n0b"] {
            let place = SecretKeyPlace::Variable(text.to_owned().into());
            let refused = place.configured().unwrap_err().to_string();
            assert!(refused.starts_with(VARIABLE), "{refused}");
            assert!(text.is_empty() || !refused.contains(text), "{refused}");
        }
        let gone = SecretKeyPlace::File("/nowhere/key".into());
        assert!(
            gone.configured()
                .unwrap_err()
                .to_string()
                .contains("/nowhere/key")
        );
    }
}
