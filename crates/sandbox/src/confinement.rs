//! What a confined program is told at its start, and what it then does to itself.
//!
//! Behind bubblewrap's walls a file says what was bound. Where there are none, a variable says so, and a
//! descriptor holds the same text; commands that the program starts have no use for either.

use std::fs::File;
use std::io::Read;
use std::os::fd::RawFd;

use crate::binds::{BINDS_FILE, read_binds};
use crate::walls::down;
use crate::way::Plain;
use crate::{Access, Bind, CommandLayer, Error, Network, Walls, raise};

/// The variable that tells a program that no outer walls stand around it.
pub const CONFINED_VARIABLE: &str = "OUTWORK_CONFINED";

const WEAK: &str = "weak:";
const NONE: &str = "none";

/// What a program that was started in a sandbox does to itself before anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// It raises these walls.
    Walls(Walls),
    /// Nothing: the operator wants no confinement.
    Unconfined,
}

impl Confinement {
    /// What this process was told when it was started.
    ///
    /// # Errors
    ///
    /// [`Error::Walls`] outside of a sandbox, or if what was told makes no sense.
    pub fn of_this_process() -> Result<Self, Error> {
        let told = std::env::vars_os().find(|(name, _)| name == CONFINED_VARIABLE);
        let Some((_, told)) = told else {
            let text =
                std::fs::read(BINDS_FILE).map_err(|error| down(format!("no sandbox: {error}")))?;
            return walls(&text, Network::Own).map(Self::Walls);
        };
        let told = told.to_str().unwrap_or_default();
        if told == NONE {
            return Ok(Self::Unconfined);
        }
        let number: Option<RawFd> = told
            .strip_prefix(WEAK)
            .and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| down(format!("{CONFINED_VARIABLE} is {told:?}")))?;
        let mut text = Vec::new();
        File::open(format!("/proc/self/fd/{number}"))
            .and_then(|mut file| file.read_to_end(&mut text))
            .map_err(|error| down(format!("what was bound is not told: {error}")))?;
        walls(&text, Network::Shared).map(Self::Walls)
    }

    /// Does it, for good; gives what commands are to be started below, if there are walls. Call it before
    /// anything is opened and before any thread.
    ///
    /// # Errors
    ///
    /// [`Error::Walls`] if a wall does not stand. The process must end then.
    pub fn enter(&self) -> Result<Option<CommandLayer>, Error> {
        match self {
            Self::Walls(walls) => {
                raise(walls)?;
                CommandLayer::new().map(Some)
            }
            Self::Unconfined => Ok(None),
        }
    }
}

/// What a program is told that is started without bubblewrap; the descriptor holds what is bound.
pub(crate) fn told(plain: Plain, binds: RawFd) -> String {
    match plain {
        Plain::RaisesWalls => format!("{WEAK}{binds}"),
        Plain::Unconfined => NONE.to_owned(),
    }
}

fn walls(binds: &[u8], network: Network) -> Result<Walls, Error> {
    let (writable, readable): (Vec<Bind>, Vec<Bind>) = read_binds(binds)
        .ok_or_else(|| down("what was bound is malformed"))?
        .into_iter()
        .partition(|bind| bind.access == Access::ReadWrite);
    let targets = |binds: Vec<Bind>| binds.into_iter().map(|bind| bind.target).collect();
    Ok(Walls {
        readable: targets(readable),
        writable: targets(writable),
        network,
    })
}
