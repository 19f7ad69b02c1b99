//! The real program, serving, on a data folder that outlives it.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use outwork_stand_ins::postgres::PostgresDatabase;

/// Which database a server keeps its state in.
pub enum Database {
    Sqlite,
    Postgres(PostgresDatabase),
}

impl Database {
    /// An empty PostgreSQL database.
    pub fn postgres() -> Self {
        Self::Postgres(PostgresDatabase::create().unwrap())
    }
}

/// Where servers of one test keep everything.
pub struct Ground {
    folder: tempfile::TempDir,
    database: Database,
}

impl Ground {
    /// A fresh folder that every user may pass.
    pub fn new(database: Database) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("outwork-test-")
            .tempdir()
            .unwrap();
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        std::fs::create_dir(folder.path().join("repos")).unwrap();
        Self { folder, database }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of local repositories.
    pub fn repositories(&self) -> PathBuf {
        self.path().join("repos")
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The workspace of an agent.
    pub fn workspace(&self, id: &str) -> PathBuf {
        self.data_dir()
            .join("workspaces")
            .join(id.trim_start_matches("bc-"))
    }

    /// Puts an empty file into the artifacts folder of an agent, as a sign to its script.
    pub fn touch_artifact(&self, id: &str, name: &str) {
        std::fs::write(self.workspace(id).join("artifacts").join(name), "").unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outwork"));
        command
            .args(arguments)
            .env_remove("OUTWORK_API_KEY")
            .env_remove("OUTWORK_URL");
        for provider in [
            "ANTHROPIC_API_KEY",
            "OPENAI_API_KEY",
            "GEMINI_API_KEY",
            "OLLAMA_HOST",
        ] {
            command.env_remove(provider);
        }
        command.arg("--data-dir").arg(self.data_dir());
        if let Database::Postgres(database) = &self.database {
            command.args(["--database-url", database.url()]);
        }
        command
    }

    /// Runs the program on the data folder to its end.
    pub fn run(&self, arguments: &[&str]) -> std::process::Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that asks a server to its end.
    pub fn run_client(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outwork"));
        command.args(arguments).output().unwrap()
    }

    /// Makes a key and gives it.
    pub fn key(&self, email: &str) -> String {
        let mut command = self.command(&["key", "create"]);
        let output = command
            .args(["--name", "test", "--email", email])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Starts a server and waits until it is ready.
    pub fn serve(&self, key: &str) -> Server {
        self.serve_with(key, &[])
    }

    /// The same with more arguments.
    pub fn serve_with(&self, key: &str, more: &[&str]) -> Server {
        let log = self.path().join("server.log");
        let errors = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command
            .arg("--local-repos")
            .arg(self.repositories())
            .args(more);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_whitespace()
                    .find(|w| w.starts_with("http://"))
                    .map(str::to_owned)
            })
            .unwrap_or_else(|| panic!("no server: {}", std::fs::read_to_string(&log).unwrap()));
        // Whatever else it prints must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let url = url.trim_end_matches(['/', '.', ',']).to_owned();
        Server {
            child,
            url,
            key: key.to_owned(),
            http: client(),
            log,
        }
    }
}

fn client() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A server that is up.
pub struct Server {
    child: Child,
    pub url: String,
    pub key: String,
    pub http: reqwest::Client,
    log: PathBuf,
}

impl Server {
    /// Kills it without warning and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and gives its exit status.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let pid = i32::try_from(self.child.id()).unwrap();
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(pid),
            nix::sys::signal::Signal::SIGTERM,
        )
        .unwrap();
        self.child.wait().unwrap()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(60).collect();
        tail.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
