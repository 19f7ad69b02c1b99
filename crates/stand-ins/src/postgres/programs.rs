//! Finds and runs the programs of an installed PostgreSQL.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where Debian puts the programs that are not in `PATH`: one folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The program's path.
pub(super) fn find(program: &str) -> io::Result<PathBuf> {
    let in_path = super::server::environment("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&in_path).map(|folder| folder.join(program));
    let mut versions: Vec<PathBuf> = std::fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    let number = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    versions.sort_by_key(|folder| std::cmp::Reverse(number(folder)));
    let debian = versions
        .into_iter()
        .map(|folder| folder.join("bin").join(program));
    in_path
        .chain(debian)
        .find(|path| path.is_file())
        .ok_or_else(|| io::Error::other(format!("{program} is neither in PATH nor below {DEBIAN}")))
}

/// A user that the server can run as, since it refuses root.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    /// User id.
    pub(super) uid: u32,
    /// Group id.
    pub(super) gid: u32,
}

impl User {
    /// `postgres`, else `nobody`.
    pub(super) fn unprivileged() -> io::Result<Self> {
        let users = std::fs::read_to_string("/etc/passwd")?;
        let of = |name: &str| {
            let line = users
                .lines()
                .find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            Some(Self { uid, gid })
        };
        of("postgres")
            .or_else(|| of("nobody"))
            .ok_or_else(|| io::Error::other("there is neither a user postgres nor nobody"))
    }
}

/// Runs a program to its end as that user, or as the one who calls.
pub(super) fn run(mut command: Command, user: Option<User>) -> io::Result<()> {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    let output = command.current_dir("/").stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let program = command.get_program().to_string_lossy();
    Err(io::Error::other(format!("{program}: {}", words.trim())))
}

/// Carries out SQL on that server.
pub(super) fn psql(url: &str, sql: &str) -> io::Result<()> {
    let mut command = Command::new(find("psql")?);
    command.args([
        "--no-psqlrc",
        "--quiet",
        "--set",
        "ON_ERROR_STOP=1",
        "--command",
        sql,
        url,
    ]);
    run(command, None)
}
