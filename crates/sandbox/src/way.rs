//! The ways in which sandboxes are started, one for each level of isolation: the only place that tells
//! levels apart on the outside. What differs inside stands in [`Confinement`](crate::Confinement).

use std::path::PathBuf;

use outwork_domain::IsolationLevel;

use crate::layout::Layout;
use crate::{BwrapVersion, Error, bwrap};

/// How sandboxes are started.
pub(crate) enum Way {
    /// Behind bubblewrap's walls.
    Walled(Walled),
    /// As a process of the host, which is told what to do to itself.
    Plain(Plain),
}

/// What bubblewrap is started with.
pub(crate) struct Walled {
    pub(crate) path: PathBuf,
    pub(crate) version: BwrapVersion,
    pub(crate) layout: Layout,
    pub(crate) proc: Proc,
}

/// Whether a `/proc` of its own is mounted inside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proc {
    Mounted,
    Absent,
}

/// What a process without bubblewrap's walls does to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// It raises the inner walls for the host's network and the host's paths.
    RaisesWalls,
    /// Nothing.
    Unconfined,
}

impl Way {
    /// Finds what a level needs.
    ///
    /// # Errors
    ///
    /// No usable bubblewrap, where the level needs it.
    pub(crate) fn of(level: IsolationLevel, bwrap: Option<PathBuf>) -> Result<Self, Error> {
        let walled = |proc| {
            let (path, version) = bwrap::find(bwrap)?;
            Ok(Self::Walled(Walled {
                path,
                version,
                layout: Layout::of_host(),
                proc,
            }))
        };
        match level {
            IsolationLevel::Full => walled(Proc::Mounted),
            IsolationLevel::FullNoproc => walled(Proc::Absent),
            IsolationLevel::Weak => Ok(Self::Plain(Plain::RaisesWalls)),
            IsolationLevel::None => Ok(Self::Plain(Plain::Unconfined)),
        }
    }

    /// The version of bubblewrap, if it is used.
    pub(crate) const fn version(&self) -> Option<BwrapVersion> {
        match self {
            Self::Walled(walled) => Some(walled.version),
            Self::Plain(_) => None,
        }
    }
}
