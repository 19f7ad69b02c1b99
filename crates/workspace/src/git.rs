//! The handle: what all functions share, and how a command is run for its result.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use outwork_domain::{CommitId, Repository};

use crate::command::{Command, Patience};
use crate::error::{Error, Result};
use crate::options::GitOptions;
use crate::process::{Output, Program};
use crate::version::Version;
use crate::words::cause_of_local;

/// Git on the host; cheap to clone.
#[derive(Clone, Debug)]
pub struct Git {
    pub(crate) inner: Arc<Inner>,
}

/// What all clones of a handle share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: GitOptions,
    pub(crate) program: Program,
    pub(crate) version: Version,
    pub(crate) mirrors: Mutex<HashMap<PathBuf, Arc<MirrorState>>>,
    /// The spelling of an address that its server answered to.
    pub(crate) spellings: Mutex<HashMap<Repository, usize>>,
    /// Repositories that were renamed on their hosts, and what they are called now.
    pub(crate) moved: Mutex<HashMap<Repository, Repository>>,
    pub(crate) files: Mutex<crate::remembered::Remembered>,
    /// Held while a file that vouches for a repository is written.
    pub(crate) vouching: Mutex<()>,
    unique: AtomicU64,
}

/// What this process knows of one mirror.
#[derive(Debug, Default)]
pub(crate) struct MirrorState {
    /// Held by whoever writes into the mirror.
    pub(crate) writing: tokio::sync::Mutex<()>,
    /// Commits that are there; never forgotten, since nothing is pruned.
    pub(crate) known: Mutex<std::collections::HashSet<CommitId>>,
    /// Set while a git process writes: still set by the next writer, it was killed.
    pub(crate) torn: AtomicBool,
}

/// Takes a lock whose holder cannot have left anything half done.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Git {
    /// Finds out what the git program is and makes the folders that it works in.
    ///
    /// # Errors
    ///
    /// [`Error::UnusableGit`] if it is none, [`Error::Io`] if the data folder cannot be written.
    pub async fn open(options: GitOptions) -> Result<Self> {
        if !options.git.is_absolute() || !options.data_dir.is_absolute() {
            let why = "the path of git and the data folder must be absolute";
            return Err(Error::UnusableGit(why.to_owned()));
        }
        crate::folders::make_all(&options.data_dir)?;
        let program = Program {
            git: options.git.clone().into(),
            data_dir: options.data_dir.clone().into(),
            mark: options.mark.clone(),
            memory_bytes_max: options.limits.memory_bytes_max,
            patience: Patience {
                silence: None,
                total: options.limits.local,
            },
        };
        let said = program.run(Command::new("version")).await?;
        let version = Version::parse(&String::from_utf8_lossy(&said.stdout))?;
        Ok(Self {
            inner: Arc::new(Inner {
                options,
                program,
                version,
                mirrors: Mutex::default(),
                spellings: Mutex::default(),
                moved: Mutex::default(),
                files: Mutex::default(),
                vouching: Mutex::default(),
                unique: AtomicU64::new(0),
            }),
        })
    }

    /// The version of the git program, such as `2.39.5`.
    #[must_use]
    pub fn version(&self) -> &str {
        self.inner.version.text()
    }

    /// What is to be said about that version, if anything: known weaknesses, missing abilities.
    #[must_use]
    pub fn version_warning(&self) -> Option<String> {
        self.inner.version.warning()
    }

    pub(crate) fn options(&self) -> &GitOptions {
        &self.inner.options
    }

    /// The limits of a transfer.
    pub(crate) fn transfer_patience(&self) -> Patience {
        Patience {
            silence: Some(self.options().limits.silence),
            total: self.options().limits.transfer,
        }
    }

    /// Runs a command on our own disk that must succeed.
    pub(crate) async fn run(&self, command: Command) -> Result<Output> {
        let name = command.name;
        let output = self.inner.program.run(command).await?;
        if output.status.success() || output.cut {
            return Ok(output);
        }
        Err(cause_of_local(name, &output.stderr))
    }

    /// A path below a folder of ours that nothing has used yet in this process.
    pub(crate) fn fresh_path(&self, folder: &str, stem: &str) -> PathBuf {
        let n = self.inner.unique.fetch_add(1, Ordering::Relaxed);
        let name = format!("{stem}-{}-{n}", std::process::id());
        self.data_dir().join(folder).join(name)
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.options().data_dir
    }
}
