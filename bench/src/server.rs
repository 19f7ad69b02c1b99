//! The measured program: started on an empty data folder, stopped at the end.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::http::{Connection, request};
use crate::place::Place;

const READY_WAIT: Duration = Duration::from_secs(60);

/// What a server is started with.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The program.
    pub program: &'a Path,
    /// The temporary folder.
    pub place: &'a Place,
    /// Its data folder and files are named by this.
    pub name: &'a str,
    /// Where the model is.
    pub model_url: &'a str,
    /// Runs at the same time.
    pub workers: u32,
    /// More lines of configuration.
    pub more: &'a str,
}

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// An API key.
    pub key: String,
    /// From its start until it was ready.
    pub ready_after: Duration,
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Makes a key, starts the program and waits until it is ready.
    pub async fn start(setting: Setting<'_>) -> Result<Self> {
        let Setting {
            program,
            place,
            name,
            ..
        } = setting;
        let data = place.join(name);
        let config = place.join(&format!("{name}.toml"));
        let log = place.join(&format!("{name}.log"));
        fs::write(&config, configuration(setting))?;
        let key = make_key(program, &data)?;
        // Free a moment ago; on this machine nobody else takes ports.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let start = Instant::now();
        let child = Command::new(program)
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .arg("--data-dir")
            .arg(&data)
            .args(["--listen", &address.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self {
            address,
            key,
            ready_after: Duration::ZERO,
            child,
            log,
        };
        server.wait_until_ready(start).await?;
        server.ready_after = start.elapsed();
        Ok(server)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop and waits for its end.
    pub fn stop(mut self) -> Result<()> {
        kill(Pid::from_raw(i32::try_from(self.pid())?), Signal::SIGTERM)?;
        self.child.wait()?;
        Ok(())
    }

    async fn wait_until_ready(&mut self, start: Instant) -> Result<()> {
        let asked = request("GET", "/readyz", &self.key, None);
        while start.elapsed() < READY_WAIT {
            if let Ok(mut connection) = Connection::open(self.address).await
                && let Ok(answer) = connection.exchange(&asked).await
                && answer.status == 200
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.log_tail());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!(
            "the server is not ready after {READY_WAIT:?}:\n{}",
            self.log_tail()
        );
    }

    fn log_tail(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// A measurement that fails leaves no server behind.
impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(setting: Setting<'_>) -> String {
    let repositories = setting.place.join("repositories");
    format!(
        "workers = {}\nlocal_repos = [{repositories:?}]\n\n[limits]\nrequests = \"unlimited\"\n\n[[models]]\nid = \"bench\"\nprovider = \"openai\"\nbase_url = {:?}\n\n{}\n",
        setting.workers, setting.model_url, setting.more
    )
}

fn make_key(program: &Path, data: &Path) -> Result<String> {
    let output = Command::new(program)
        .args(["key", "create", "--name", "bench", "--data-dir"])
        .arg(data)
        .args(["--email", "bench@localhost"])
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let key = text
        .split_whitespace()
        .find(|word| word.starts_with("key_"));
    let errors = String::from_utf8_lossy(&output.stderr);
    key.map(str::to_owned)
        .with_context(|| format!("no key was made: {text}{errors}"))
}
