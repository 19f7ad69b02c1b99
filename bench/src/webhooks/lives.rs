//! The server, which is killed and started anew on the same data folder.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::arguments::Arguments;
use super::ground::{Ground, id_of};
use crate::http::{Connection, request};
use crate::say;

const READY_WAIT: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(2);
/// Waits between attempts; sixteen attempts at three failures of ten leave four lost in a thousand million.
pub const RETRY_SECS: [u64; 15] = [1; 15];

/// One data folder, and whoever serves it.
pub struct Lives {
    program: PathBuf,
    data: PathBuf,
    configuration: PathBuf,
    log: PathBuf,
    holder_key: String,
    child: Mutex<Option<Child>>,
    /// Where the present life answers; none between two lives.
    address: watch::Sender<Option<SocketAddr>>,
}

impl Lives {
    /// Writes the configuration and starts the first life.
    pub async fn begin(arguments: &Arguments, ground: &Ground) -> Result<Self> {
        let mut lives = Self {
            program: arguments.program.clone(),
            data: ground.place.join("data"),
            configuration: ground.place.join("outwork.toml"),
            log: ground.place.join("server.log"),
            holder_key: String::new(),
            child: Mutex::new(None),
            address: watch::Sender::new(None),
        };
        let repositories = ground.place.join("repositories");
        let text = format!(
            "workers = 1\nlocal_repos = [{repositories:?}]\n\n[limits]\nrequests = \"unlimited\"\n\n\
             [outbound]\nallow = [\"127.0.0.0/8\"]\nplain_http = \"allowed\"\n\n\
             [webhooks]\nretry_secs = {RETRY_SECS:?}\n\n\
             [[models]]\nid = \"held\"\nprovider = \"openai\"\nbase_url = {:?}\n",
            ground.model.url("/v1")
        );
        fs::write(&lives.configuration, text)?;
        lives.holder_key = lives.key_of("holder@localhost")?;
        lives.start(ground).await?;
        Ok(lives)
    }

    /// Makes an account's key beside the server.
    pub fn key_of(&self, email: &str) -> Result<String> {
        let output = Command::new(&self.program)
            .args(["key", "create", "--name", "campaign", "--data-dir"])
            .arg(&self.data)
            .args(["--email", email])
            .output()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let key = text
            .split_whitespace()
            .find(|word| word.starts_with("key_"));
        let errors = String::from_utf8_lossy(&output.stderr);
        Ok(key
            .with_context(|| format!("no key: {text}{errors}"))?
            .to_owned())
    }

    /// Asks the present life, or the next one.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value)> {
        let body = body.map(Value::to_string);
        let asked = request(method, path, key, body.as_deref());
        let address = self.up().await?;
        let mut connection = Connection::open(address).await?;
        let answer = connection.exchange(&asked).await?;
        Ok((answer.status, serde_json::from_slice(&answer.body)?))
    }

    /// Where it answers, as soon as it does.
    pub async fn up(&self) -> Result<SocketAddr> {
        let mut bell = self.address.subscribe();
        let up = bell.wait_for(Option::is_some).await;
        let up = up.context("the server is gone for good")?;
        (*up).context("the server is down")
    }

    /// Kills it as often as is wanted, each time after a part of the deliveries that is drawn; says how
    /// many kills found deliveries unfinished.
    pub async fn be_killed(&self, arguments: &Arguments, ground: &Ground) -> Result<u32> {
        let mut random = StdRng::seed_from_u64(arguments.seed);
        let whole = ground.living_delivery_count() * 9 / 10;
        let mut moments: Vec<usize> = (0..arguments.kills)
            .map(|_| random.random_range(whole / 20..=whole))
            .collect();
        moments.sort_unstable();
        let mut under_way = 0;
        for moment in moments {
            while ground.taken_count() < moment {
                tokio::time::sleep(20 * MOMENT).await;
            }
            // The address goes first, so that nobody asks a dying server on purpose.
            self.address.send_replace(None);
            let child = self.child().take();
            if let Some(mut child) = child {
                child.kill()?;
                child.wait()?;
            }
            let left = ground.living_delivery_count() - ground.taken_count();
            under_way += u32::from(left > 0);
            say(&format!("killed with {left} deliveries to go"));
            self.start(ground).await?;
        }
        Ok(under_way)
    }

    /// Asks it to stop and waits for its end.
    pub fn end(&self) -> Result<()> {
        self.address.send_replace(None);
        let Some(mut child) = self.child().take() else {
            return Ok(());
        };
        kill(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGTERM)?;
        let status = child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}:\n{}", self.log_tail());
        }
        Ok(())
    }

    /// The end of what it has logged.
    pub fn log_tail(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Starts a life whose one worker is held by a run of a model that never answers, so that the runs
    /// of the campaign wait.
    async fn start(&self, ground: &Ground) -> Result<()> {
        let held = ground.model.arrival_count();
        // Free a moment ago; on this machine nobody else takes ports.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = File::options().create(true).append(true).open(&self.log)?;
        let child = Command::new(&self.program)
            .arg("serve")
            .arg("--config")
            .arg(&self.configuration)
            .arg("--data-dir")
            .arg(&self.data)
            .args(["--listen", &address.to_string()])
            .env("OPENAI_API_KEY", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        *self.child() = Some(child);
        self.wait_until_ready(address).await?;
        // The one before is given up after five attempts without progress.
        let body = json!({
            "prompt": { "text": "Wait" }, "model": "held",
            "source": { "repository": ground.repository },
        });
        let asked = request(
            "POST",
            "/v0/agents",
            &self.holder_key,
            Some(&body.to_string()),
        );
        let answer = Connection::open(address).await?.exchange(&asked).await?;
        id_of(&serde_json::from_slice(&answer.body)?)?;
        let holding = ground.model.wait_for(held + 1);
        let holding = tokio::time::timeout(READY_WAIT, holding).await;
        holding
            .map(drop)
            .with_context(|| format!("no run holds the worker:\n{}", self.log_tail()))?;
        self.address.send_replace(Some(address));
        Ok(())
    }

    async fn wait_until_ready(&self, address: SocketAddr) -> Result<()> {
        let (start, asked) = (
            Instant::now(),
            request("GET", "/readyz", &self.holder_key, None),
        );
        while start.elapsed() < READY_WAIT {
            if let Ok(mut connection) = Connection::open(address).await
                && let Ok(answer) = connection.exchange(&asked).await
                && answer.status == 200
            {
                return Ok(());
            }
            tokio::time::sleep(MOMENT).await;
        }
        bail!("the server is not ready:\n{}", self.log_tail());
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A campaign that fails leaves no server behind.
impl Drop for Lives {
    fn drop(&mut self) {
        if let Some(mut child) = self.child().take() {
            // It may have ended already; then there is nothing to do.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
