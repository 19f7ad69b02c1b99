//! The real program serving on loopback, on a throw-away data folder with one small repository: what
//! other people's clients are tried against.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::{run, say, target_folder};

/// A repository with one file on `main`, as git's own import stream.
const HISTORY: &str = "commit refs/heads/main\ncommitter T <t@example.com> 1700000000 +0000\n\
                       data 5\nbegin\nM 100644 inline README.md\ndata 12\n# Greetings\n\n";

/// A server that ends, with its folder, when this is dropped.
pub struct LiveServer {
    folder: PathBuf,
    child: Option<Child>,
    /// Where it answers.
    pub url: String,
    /// A key of `dev@example.com`, named `conformance`.
    pub key: String,
    /// The address of its repository.
    pub repository: String,
}

/// Below this a server soon takes no new work, whose refusals would be told as failures of its clients.
const ROOM_BYTES_MIN: u64 = 2 << 30;

impl LiveServer {
    /// Builds the program, makes its folder and starts it; `configuration` is its outwork.toml.
    pub fn start(configuration: &str) -> Result<Self> {
        run("cargo build --locked --package outwork")?;
        check_room(&std::env::temp_dir())?;
        let folder = std::env::temp_dir().join(format!("outwork-live-{}", std::process::id()));
        let path = folder.join("repos/greetings.git");
        fs::create_dir_all(&path).context("cannot make the server's folder")?;
        // The users of runs pass through here.
        fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
        let mut server = Self {
            repository: format!("file://{}", path.display()),
            folder,
            child: None,
            url: String::new(),
            key: String::new(),
        };
        make_repository(&path)?;
        let configured = server.folder.join("outwork.toml");
        fs::write(&configured, configuration)?;
        server.key = server.create_key()?;
        let log = File::create(server.folder.join("server.log"))?;
        let child = server
            .program("serve")
            .args(["--listen", "127.0.0.1:0", "--local-repos"])
            .arg(server.folder.join("repos"))
            .arg("--config")
            .arg(&configured)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("cannot start the server")?;
        let child = server.child.insert(child);
        let output = child.stdout.take().context("the server has no output")?;
        server.url = first_address(output)
            .with_context(|| format!("the server did not come up:\n{}", server.log()))?;
        say(&format!("serving at {}", server.url));
        Ok(server)
    }

    /// A folder that goes away with the server.
    pub fn scratch(&self) -> &Path {
        &self.folder
    }

    /// A client command of its program, with its key.
    pub fn client(&self, subcommand: &str) -> Command {
        let mut command = Command::new(target_folder().join("debug/outwork"));
        command.arg(subcommand);
        command.env("OUTWORK_URL", &self.url);
        command.env("OUTWORK_API_KEY", &self.key);
        command
    }

    /// What it has logged: its last warnings and errors, then the end of all.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let is_grave = |line: &&str| line.contains("WARN") || line.contains("ERROR");
        let grave: Vec<&str> = log.lines().filter(is_grave).collect();
        let all: Vec<&str> = log.lines().collect();
        let last = |lines: &[&str]| lines[lines.len().saturating_sub(20)..].join("\n");
        format!("{}\n…\n{}", last(&grave), last(&all))
    }

    fn program(&self, subcommand: &str) -> Command {
        let mut command = Command::new(target_folder().join("debug/outwork"));
        command.args(subcommand.split_whitespace());
        command.arg("--data-dir").arg(self.folder.join("data"));
        // What answers prompts is the model that runs their blocks, whoever runs this.
        for name in [
            "ANTHROPIC_API_KEY",
            "OPENAI_API_KEY",
            "GEMINI_API_KEY",
            "OLLAMA_HOST",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Gives its repository a name, beside the running server.
    pub fn add_project(&self, id: &str) -> Result<()> {
        let mut command = self.program("project add");
        command.args([id, "--repository", &self.repository]);
        let output = command.output()?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    fn create_key(&self) -> Result<String> {
        let name = ["--name", "conformance", "--email", "dev@example.com"];
        let output = self.program("key create").args(name).output()?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

impl Drop for LiveServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An orderly end, so that no sandbox outlives it.
            let pid = child.id().to_string();
            let asked = Command::new("kill").args(["-TERM", &pid]).status();
            if asked.is_err() {
                drop(child.kill());
            }
            drop(child.wait());
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            say(&format!("{} stays: {error}", self.folder.display()));
        }
    }
}

fn make_repository(path: &Path) -> Result<()> {
    let init = ["init", "--quiet", "--bare", "--initial-branch=main"];
    let mut command = Command::new("git");
    if !command.args(init).arg(path).status()?.success() {
        bail!("git could not make {}", path.display());
    }
    let mut import = Command::new("git")
        .arg("--git-dir")
        .arg(path)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = import.stdin.take().context("git takes no input")?;
    input.write_all(HISTORY.as_bytes())?;
    drop(input);
    if !import.wait()?.success() {
        bail!("git could not fill {}", path.display());
    }
    Ok(())
}

/// The first address that the program prints; what else it prints is read by a thread, so that it
/// never waits for us.
fn first_address(output: std::process::ChildStdout) -> Result<String> {
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let address = |line: String| {
        let word = line.split_whitespace().find(|w| w.starts_with("http://"))?;
        Some(word.trim_end_matches(['/', '.', ',']).to_owned())
    };
    let found = lines.find_map(address).context("it printed no address")?;
    std::thread::spawn(move || lines.for_each(drop));
    Ok(found)
}

/// Stops where the disk of a folder is nearly full.
fn check_room(folder: &Path) -> Result<()> {
    let told = Command::new("df")
        .args(["--output=avail", "--block-size=1"])
        .arg(folder)
        .output()
        .context("cannot ask for the room on the disk")?;
    let text = String::from_utf8_lossy(&told.stdout);
    let free: u64 = text.lines().last().unwrap_or_default().trim().parse()?;
    if free < ROOM_BYTES_MIN {
        bail!(
            "the disk of {} has {} MiB free, and a server wants {}",
            folder.display(),
            free >> 20,
            ROOM_BYTES_MIN >> 20
        );
    }
    Ok(())
}
