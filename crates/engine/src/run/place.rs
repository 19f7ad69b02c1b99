//! Where a run's files lie, outside the sandbox and inside.

use std::path::PathBuf;

use outwork_domain::AgentRepository;
use outwork_sandbox::{Access, Bind, Spec, User};
use outwork_tools::EGRESS_SOCKET;

use super::RunParts;
use super::confined::{Paths, Scratch};
use super::error::AttemptError;
use super::way_out::WayOut;

/// The folder of an agent, and whose its files are.
pub(super) struct Place {
    /// Below the data folder.
    pub(super) folder: PathBuf,
    /// The user id of the run, and the group that may pass the data folder.
    pub(super) owner: Option<(u32, u32)>,
}

impl Place {
    /// What the sandbox shows as its workspace.
    pub(super) fn repo(&self) -> PathBuf {
        self.folder.join("repo")
    }

    /// The checkout of a repository.
    pub(super) fn checkout(&self, ours: &AgentRepository) -> PathBuf {
        match &ours.folder {
            None => self.repo(),
            Some(name) => self.repo().join(name),
        }
    }

    /// Where files for the user are left.
    pub(super) fn artifacts(&self) -> PathBuf {
        self.folder.join("artifacts")
    }

    /// The mark of a set-up that is done. No sandbox shows it, and it goes with the workspace.
    pub(super) fn installed(&self) -> PathBuf {
        self.folder.join("installed")
    }

    /// The folder of the socket that leads out of the sandbox.
    pub(super) fn egress(&self) -> PathBuf {
        self.folder.join("egress")
    }

    /// The folder of scratch folders, where a sandbox has none of its own.
    pub(super) fn scratch(&self) -> PathBuf {
        self.folder.join("scratch")
    }

    /// The owner of the files in there.
    pub(super) fn file_owner(&self) -> Option<(u32, u32)> {
        self.owner.map(|(uid, _)| (uid, uid))
    }
}

/// The sandbox of a run that borrows these objects, with its way out if it has one.
pub(super) fn spec(
    parts: &RunParts,
    place: &Place,
    objects: Vec<PathBuf>,
    egress: Option<&WayOut>,
) -> Result<Spec, AttemptError> {
    let paths = Paths::of(parts.sandboxes.launcher.level());
    let (repo, artifacts) = (paths.repo(place), paths.artifacts(place));
    let bind = |source: PathBuf, target: &PathBuf| Bind {
        source,
        target: target.clone(),
        access: Access::ReadWrite,
    };
    let mut binds = vec![
        bind(place.repo(), &repo),
        bind(place.artifacts(), &artifacts),
    ];
    binds.extend(objects.into_iter().map(|path| Bind {
        source: path.clone(),
        target: path,
        access: Access::ReadOnly,
    }));
    binds.extend(egress.map(|egress| Bind {
        source: egress.socket(),
        target: PathBuf::from(EGRESS_SOCKET),
        access: Access::ReadOnly,
    }));
    let author = &parts.options.author;
    let artifacts = artifacts.to_string_lossy();
    let mut spec = Spec {
        program: parts.options.program.clone(),
        arguments: vec![
            "__tool-host".to_owned(),
            parts.options.limits.processes.to_string(),
        ],
        user: match place.owner {
            // The group of the data folder, so that the run's user can pass it.
            Some((uid, gid)) => User::Dropped {
                uid,
                gid: uid,
                groups: vec![gid],
            },
            None => User::Current,
        },
        binds,
        working_folder: repo,
        environment: outwork_tools::environment(&artifacts, &author.name, &author.email),
        limits: parts.options.limits,
    };
    if let Some(scratch) = Scratch::of(paths, place) {
        scratch.give_to(&mut spec)?;
    }
    Ok(spec)
}
