//! Tries the configured level of isolation for real, and says what to do where it does not hold.
//!
//! Nothing is downgraded: a weaker level that would hold here is named, and whoever wants it writes it into
//! the configuration.

use std::path::{Path, PathBuf};

use outwork_domain::IsolationLevel;
use outwork_sandbox::{Error, Launcher, LauncherOptions, ProbeReport, Probed, User, probe};
use tracing::warn;

use crate::data_dir::{DataDir, RunUsers};
use crate::exit::Failure;

/// The hidden subcommand that a probe starts inside.
pub const INSPECT: &str = "__inspect";

/// What a probe is made with.
#[derive(Clone, Debug)]
pub struct Probing {
    /// This program, where the users of runs can read it.
    pub program: PathBuf,
    /// The users of runs, if the server is root.
    pub users: Option<RunUsers>,
    /// A folder that they can pass.
    pub folder: PathBuf,
}

impl Probing {
    /// In the data folder of a server.
    pub fn in_data(data: &DataDir) -> Self {
        Self {
            program: data.program.clone(),
            users: data.users.clone(),
            folder: data.path.clone(),
        }
    }

    /// Starts one real sandbox, as a user of runs, and looks at its walls.
    ///
    /// # Errors
    ///
    /// Why there is none, or which wall does not stand.
    pub async fn carry_out(&self, launcher: &Launcher) -> Result<ProbeReport, Error> {
        let user = self.users.as_ref().map_or(User::Current, RunUsers::last);
        let probed = Probed {
            program: self.program.clone(),
            arguments: vec![INSPECT.to_owned()],
            user,
            folder: self.folder.clone(),
        };
        probe(launcher, probed).await
    }

    /// The strongest level below another one that holds here; nothing about `none`, which nobody should be
    /// led to.
    pub async fn weaker(&self, level: IsolationLevel) -> Option<IsolationLevel> {
        let below = IsolationLevel::ALL
            .into_iter()
            .skip_while(|one| *one != level)
            .skip(1)
            .filter(|one| *one != IsolationLevel::None);
        for level in below {
            let options = LauncherOptions {
                level,
                ..LauncherOptions::default()
            };
            let Ok(launcher) = Launcher::start(options) else {
                continue;
            };
            if self.carry_out(&launcher).await.is_ok() {
                return Some(level);
            }
        }
        None
    }

    /// Why a level does not hold here, and what to do: mend it, or choose a weaker one that does.
    pub async fn failure(&self, level: IsolationLevel, error: &Error) -> Failure {
        sandbox_failure(level, error, self.weaker(level).await)
    }
}

/// What went wrong with the sandbox, and what to do about it.
pub fn sandbox_failure(
    level: IsolationLevel,
    error: &Error,
    weaker: Option<IsolationLevel>,
) -> Failure {
    let remedy = error.remedy().map(|remedy| format!("\n{remedy}"));
    let remedy = remedy.unwrap_or_default();
    let weaker = weaker.map(|weaker| format!("\n{}", choice(weaker)));
    let weaker = weaker.unwrap_or_default();
    Failure::Failed(format!(
        "no sandbox of the isolation level \"{level}\": {error}{remedy}{weaker}\n`outwork doctor` tells more."
    ))
}

/// How a weaker level is chosen, if it has to be.
pub fn choice(weaker: IsolationLevel) -> String {
    format!(
        "The weaker level \"{weaker}\" would hold here; if that is enough (docs/sandbox.md says what is lost), \
         set level = \"{weaker}\" in [isolation]."
    )
}

/// Says at every start what is not confined.
pub fn warn_of(level: IsolationLevel) {
    match level {
        IsolationLevel::Full | IsolationLevel::FullNoproc => {}
        IsolationLevel::Weak => warn!(
            "ISOLATION IS WEAK: commands of agents see the host's processes and its system folders, reach UNIX \
             sockets that their user may open, and have no network; see docs/sandbox.md"
        ),
        IsolationLevel::None => warn!(
            "NOTHING IS CONFINED (--dangerously-unconfined): what a model writes runs on this machine with all \
             that the user of its run may do and reach, the network included; see docs/sandbox.md"
        ),
    }
}

/// A temporary folder that the users of runs can enter.
///
/// # Errors
///
/// No space, for instance.
pub fn open_folder() -> std::io::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir()?;
    let mode = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions::<&Path>(folder.path(), mode)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_does_not_hold_is_refused_with_what_to_do() {
        let error = Error::ProcMasked {
            words: "Can't mount proc".to_owned(),
        };
        let told = |weaker| sandbox_failure(IsolationLevel::Full, &error, weaker).to_string();
        let with = told(Some(IsolationLevel::FullNoproc));
        for part in [
            "\"full\"",
            "Can't mount proc",
            "systempaths=unconfined",
            "set level = \"full-noproc\" in [isolation]",
            "outwork doctor",
        ] {
            assert!(with.contains(part), "{part}: {with}");
        }
        assert!(!told(None).contains("would hold here"));
    }
}
