//! The server that all test processes of a user share.
//!
//! Two lock files order them: `gate` is held while the server is started, joined or stopped; `users` is
//! held together by all who use it. The kernel gives a lock back when its process ends, however it ends.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::programs::{User, find, psql, run};

/// Ends the server when nobody has used it for a few seconds. Root may not call `pg_ctl`, so it sends the
/// signal of an immediate shutdown itself.
const WATCH: &str = r#"
cd "$1" || exit 1
while :; do
    flock --exclusive users true
    sleep 3
    exec 9>gate
    flock --exclusive 9
    if flock --exclusive --nonblock users true; then
        pid=$(head -n 1 data/postmaster.pid)
        kill -QUIT "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
        rm -rf data socket
        exit 0
    fi
    exec 9>&-
done
"#;

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    /// Address of a database that is always there.
    url: String,
    /// Held as long as this process may use the throw-away server.
    _users: Option<File>,
}

impl Server {
    /// The server that the environment names, else the running throw-away one, else a new one.
    pub(super) fn find_or_start() -> io::Result<Self> {
        if let Some(url) = environment("OUTWORK_TEST_POSTGRES").filter(|url| !url.is_empty()) {
            return Ok(Self { url, _users: None });
        }
        let uid = fs::metadata("/proc/self")?.uid();
        let folder = std::env::temp_dir().join(format!("outwork-test-postgres-{uid}"));
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let gate = File::create(folder.join("gate"))?;
        gate.lock()?;
        let socket = folder.join("socket");
        let url = format!(
            "postgres://outwork@localhost/postgres?host={}",
            socket.display()
        );
        if psql(&url, "SELECT 1").is_err() {
            let user = if uid == 0 {
                Some(User::unprivileged()?)
            } else {
                None
            };
            start(&folder, user)?;
            watch(&folder)?;
        }
        let users = File::create(folder.join("users"))?;
        users.lock_shared()?;
        Ok(Self {
            url,
            _users: Some(users),
        })
    }

    /// Carries out SQL in the database that is always there.
    pub(super) fn execute(&self, sql: &str) -> io::Result<()> {
        psql(&self.url, sql)
    }

    /// The address of another database on this server.
    pub(super) fn url_of(&self, database: &str) -> String {
        let (address, options) = match self.url.split_once('?') {
            Some((address, options)) => (address, format!("?{options}")),
            None => (self.url.as_str(), String::new()),
        };
        let authority_at = address.find("://").map_or(0, |at| at + 3);
        let path_at = address[authority_at..]
            .find('/')
            .map(|at| authority_at + at);
        let server = path_at.map_or(address, |at| &address[..at]);
        format!("{server}/{database}{options}")
    }
}

/// Makes an empty cluster and starts it, in the place of whatever a dead one left.
fn start(folder: &Path, user: Option<User>) -> io::Result<()> {
    let (data, socket) = (folder.join("data"), folder.join("socket"));
    for part in [&data, &socket] {
        if part.exists() {
            fs::remove_dir_all(part)?;
        }
        fs::create_dir(part)?;
        fs::set_permissions(part, fs::Permissions::from_mode(0o700))?;
        if let Some(user) = user {
            chown(part, Some(user.uid), Some(user.gid))?;
        }
    }
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o755))?;
    let mut command = Command::new(find("initdb")?);
    command.args(["--username", "outwork", "--auth", "trust", "--no-sync"]);
    command
        .args(["--encoding", "UTF8", "--no-locale", "--pgdata"])
        .arg(&data);
    run(command, user)?;
    // Durability is not what these tests are about; a test of it starts a server of its own.
    let options = format!(
        "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off \
         -c synchronous_commit=off -c full_page_writes=off -c max_connections=300",
        socket.display()
    );
    let mut command = Command::new(find("pg_ctl")?);
    command.args([
        "start",
        "--wait",
        "--silent",
        "--options",
        &options,
        "--log",
    ]);
    command
        .arg(data.join("server.log"))
        .arg("--pgdata")
        .arg(&data);
    run(command, user)
}

/// Starts the watcher, in a process group of its own so that it outlives an interrupted test run.
fn watch(folder: &PathBuf) -> io::Result<()> {
    File::create(folder.join("users"))?;
    let mut command = Command::new("sh");
    command
        .args(["-c", WATCH, "sh"])
        .arg(folder)
        .process_group(0);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}

/// A variable of the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration; the variables are named in the module's documentation"
)]
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
