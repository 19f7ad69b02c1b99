//! What a sandbox is to hold: program, user, folders, environment, limits.

use std::path::{Path, PathBuf};

/// One sandbox.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The program on the host; inside it is `/outwork` and process 1, so orphans are its to reap.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// As whom it runs.
    pub user: User,
    /// Folders and files of the host that it sees, in this order, beside `/usr` and parts of `/etc`.
    pub binds: Vec<Bind>,
    /// Its working folder, inside.
    pub working_folder: PathBuf,
    /// Its environment beside `PATH`, `HOME`, `USER`, `LC_CTYPE` and `TMPDIR`; later entries win.
    pub environment: Vec<(String, String)>,
    /// What it may use up.
    pub limits: ResourceLimits,
}

impl Spec {
    /// The folders and files of the host that it can write.
    pub(crate) fn writable_folders(&self) -> impl Iterator<Item = &Path> {
        let writable = |bind: &&Bind| bind.access == Access::ReadWrite;
        self.binds
            .iter()
            .filter(writable)
            .map(|bind| bind.source.as_path())
    }
}

/// As whom a sandbox runs, seen from the host; inside it is always uid and gid 1000, `agent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    /// As the server itself; refused when the server is root.
    Current,
    /// As another user; the server must be root.
    Dropped {
        /// The uid, not 0.
        uid: u32,
        /// The gid.
        gid: u32,
        /// The only supplementary groups.
        groups: Vec<u32>,
    },
}

/// A folder or file of the host that is visible inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// Where it is on the host.
    pub source: PathBuf,
    /// Where it is inside.
    pub target: PathBuf,
    /// Whether it can be written.
    pub access: Access,
}

/// Whether something bound can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only read and executed.
    ReadOnly,
    /// Written as well.
    ReadWrite,
}

/// What one sandbox may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceLimits {
    /// Open descriptors of one process.
    pub open_files: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Processes and threads. Without control groups in force only under a uid of its own
    /// ([`User::Dropped`]), because the kernel then counts them by uid; a program may set a limit for its own
    /// sandbox from within.
    pub processes: u64,
    /// Bytes of memory, what lies in the folders below and in the kernel included. Without control groups
    /// the server looks at the processes' own memory now and then.
    pub memory_bytes: u64,
    /// CPU time: 100 is all of one processor. Only control groups limit it.
    pub cpu_percent: u32,
    /// Bytes that the writable folders of the host may take together.
    pub disk_bytes: u64,
    /// Files and folders in them.
    pub disk_files: u64,
    /// Bytes that may be written to the disks of those folders each second. Only control groups limit it; those
    /// of the older kind what a program waits for, not what the kernel writes behind it.
    pub disk_write_bytes_per_sec: u64,
    /// Bytes of the temporary folder, which is memory.
    pub tmp_bytes: u64,
    /// Bytes of the home folder, which is memory.
    pub home_bytes: u64,
    /// Bytes of shared memory.
    pub shm_bytes: u64,
}

impl Default for ResourceLimits {
    fn default() -> Self {
        Self {
            open_files: 16 * 1024,
            file_bytes: 8 << 30,
            processes: 1024,
            memory_bytes: 4 << 30,
            cpu_percent: 200,
            disk_bytes: 20 << 30,
            disk_files: 1_000_000,
            disk_write_bytes_per_sec: 100 << 20,
            tmp_bytes: 1 << 30,
            home_bytes: 1 << 30,
            shm_bytes: 64 << 20,
        }
    }
}
