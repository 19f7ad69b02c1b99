//! What a run's level of isolation changes: where its folders are as its commands see them, which scratch
//! folders it needs, and what people and the model are told about it.
//!
//! Behind bubblewrap's walls every run has the same paths and folders in memory. Without them paths are the
//! host's, and the scratch folders lie beside the workspace; they are made anew with each sandbox and go with
//! the workspace.

use std::path::PathBuf;

use outwork_domain::{Event, EventBody, IsolationLevel, RunMode};
use outwork_sandbox::{Access, Bind, Spec};
use outwork_store::Claim;
use outwork_tools::{ARTIFACTS_FOLDER, REPO_FOLDER};

use super::RunParts;
use super::error::AttemptError;
use super::place::Place;
use super::way_out::Shut;

/// Whose paths a sandbox shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paths {
    /// Its own.
    Own,
    /// The host's.
    OfTheHost,
}

impl Paths {
    /// Those of a level.
    pub(super) const fn of(level: IsolationLevel) -> Self {
        match level {
            IsolationLevel::Full | IsolationLevel::FullNoproc => Self::Own,
            IsolationLevel::Weak | IsolationLevel::None => Self::OfTheHost,
        }
    }

    /// The workspace as commands see it.
    pub(super) fn repo(self, place: &Place) -> PathBuf {
        match self {
            Self::Own => REPO_FOLDER.into(),
            Self::OfTheHost => place.repo(),
        }
    }

    /// The folder of files for the user as commands see it.
    pub(super) fn artifacts(self, place: &Place) -> PathBuf {
        match self {
            Self::Own => ARTIFACTS_FOLDER.into(),
            Self::OfTheHost => place.artifacts(),
        }
    }
}

/// Folders in place of those in memory.
#[derive(Clone, Debug)]
pub(super) struct Scratch {
    folder: PathBuf,
    owner: Option<(u32, u32)>,
}

impl Scratch {
    /// Those of a place, if its sandbox has none of its own.
    pub(super) fn of(paths: Paths, place: &Place) -> Option<Self> {
        match paths {
            Paths::Own => None,
            Paths::OfTheHost => Some(Self {
                folder: place.scratch(),
                owner: place.file_owner(),
            }),
        }
    }

    /// Names them to a sandbox.
    pub(super) fn give_to(&self, spec: &mut Spec) -> Result<(), AttemptError> {
        for (variable, folder) in [("HOME", self.home()), ("TMPDIR", self.temporary())] {
            let path = folder.to_str().ok_or_else(|| AttemptError::File {
                what: "the name of a scratch folder",
                source: std::io::ErrorKind::InvalidFilename.into(),
            })?;
            spec.environment
                .push((variable.to_owned(), path.to_owned()));
            spec.binds.push(Bind {
                source: folder.clone(),
                target: folder,
                access: Access::ReadWrite,
            });
        }
        Ok(())
    }

    /// Makes them anew; no process of an earlier sandbox may be left.
    pub(super) async fn lay(&self, parts: &RunParts) -> Result<(), AttemptError> {
        parts.git.remove_workspace(&self.folder).await?;
        for folder in [self.home(), self.temporary()] {
            parts.git.make_folder(&folder, self.owner).await?;
        }
        Ok(())
    }

    fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }
}

/// What people are told of a run that is less than fully confined; nothing of a plan, which runs no command.
pub(super) fn note(level: IsolationLevel, claim: &Claim) -> Option<String> {
    let text = match (claim.run.mode, level) {
        (RunMode::Plan, _)
        | (RunMode::Agent, IsolationLevel::Full | IsolationLevel::FullNoproc) => return None,
        (RunMode::Agent, IsolationLevel::Weak) => {
            "This server confines commands weakly (isolation level \"weak\"), so they reach no network at all, \
             whatever is allowed elsewhere: there is no proxy that they could use."
        }
        (RunMode::Agent, IsolationLevel::None) => {
            "This server does not confine commands (isolation level \"none\"): they can do what their user \
             on this machine can, and reach whatever it reaches. Rules about the network do not apply."
        }
    };
    Some(text.to_owned())
}

/// A note that a run gets once, however many attempts it takes.
pub(super) fn once(text: String, claim: &Claim, history: &[Event]) -> Option<EventBody> {
    let note = EventBody::Note { text };
    let is_told = |event: &Event| event.run_id == claim.run.id && event.body == note;
    (!history.iter().any(is_told)).then_some(note)
}

/// What the model should know of its surroundings; `shut` if its commands could reach other hosts at that level,
/// and nothing is open to them.
pub(super) fn remarks(level: IsolationLevel, place: &Place, shut: Option<&Shut>) -> Vec<String> {
    let paths = || {
        format!(
            "The tools take /repo for the workspace, but commands find it only where they start, at {}, and \
             what is to go to {ARTIFACTS_FOLDER} at {} (in $OUTWORK_ARTIFACTS).",
            place.repo().display(),
            place.artifacts().display()
        )
    };
    let network = "Commands have no network at all, not even a loopback device: only UNIX sockets.";
    let mut remarks = match level {
        IsolationLevel::Full => vec![],
        IsolationLevel::FullNoproc => vec![
            "There is no /proc, so /dev/fd, process substitution in bash, ps and the like do not work."
                .to_owned(),
        ],
        IsolationLevel::Weak => vec![paths(), network.to_owned()],
        IsolationLevel::None => vec![paths()],
    };
    remarks.extend(shut.map(Shut::remark));
    remarks
}
