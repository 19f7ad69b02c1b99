//! Schemathesis against the real program: requests made from `/openapi.json`, good and bad ones, and
//! whether every answer is one that the document describes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::{run, say, target_folder};
use crate::live_server::LiveServer;
use crate::setup;

const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// What an answer must be; that good requests are taken is what other tests show.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,ignored_auth";
/// No request is to be one too many.
const CONFIGURATION: &str = "[limits]\nrequests = \"unlimited\"\nwrong_keys = []\n";
/// How long the agent that is asked about may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How much is tried.
#[derive(Clone, Copy)]
pub enum Extent {
    /// A slice for every change: about a minute.
    Brief,
    /// Thousands of requests.
    Full,
}

impl Extent {
    const fn examples(self) -> &'static str {
        match self {
            Self::Brief => "8",
            Self::Full => "120",
        }
    }
}

/// Tries every operation on ids that were made up, and then on an agent that is there.
pub fn run_all(extent: Extent) -> Result<()> {
    setup::install(setup::CONFORMANCE)?;
    let program = program()?;
    let server = LiveServer::start(CONFIGURATION)?;
    let agent = launch(&server)?;
    let anything = tested(&program, &server, extent, "")?;
    let known = format!("[parameters]\n\"path.id\" = \"{agent}\"\n");
    let one_agent = tested(&program, &server, extent, &known)?;
    if !(anything && one_agent) {
        bail!(
            "answers were not as described; the server's last words:\n{}",
            server.log()
        );
    }
    Ok(())
}

fn tested(program: &Path, server: &LiveServer, extent: Extent, settings: &str) -> Result<bool> {
    let file = server.scratch().join("schemathesis.toml");
    std::fs::write(&file, settings)?;
    let mut command = Command::new(program);
    command.arg("--config-file").arg(&file).arg("run");
    command.args(["--header", &format!("Authorization:Bearer {}", server.key)]);
    command.args(["--checks", CHECKS, "--max-examples", extent.examples()]);
    command.args([
        "--phases",
        "examples,coverage,fuzzing",
        "--continue-on-failure",
    ]);
    // Streams stay open, as they should. Projects that are added lead to hosts which nobody reaches here, and their
    // jobs say so with 503, which would count as a fault of the server.
    command.args([
        "--exclude-path-regex",
        "/stream$|^/api/v1/projects$",
        "--request-timeout",
        "30",
    ]);
    command.args([
        "--suppress-health-check",
        "all",
        "--warnings",
        "off",
        "--seed",
        "1",
    ]);
    if !settings.is_empty() {
        command.args([
            "--include-path-regex",
            r"/(agents|sessions)/\{id\}",
            "--exclude-method",
            "DELETE",
        ]);
    }
    command.arg(format!("{}/openapi.json", server.url));
    command.current_dir(server.scratch());
    say(&format!("+ {} run …/openapi.json", program.display()));
    Ok(command
        .status()
        .context("cannot start Schemathesis")?
        .success())
}

/// An agent whose run has ended, so that there is something to show.
fn launch(server: &LiveServer) -> Result<String> {
    let prompt = "Say hello\n\n```sh\necho hello > hello.txt\n```\n";
    let repository = ["--repo", &server.repository, "--model", "script", "--json"];
    let output = server
        .client("launch")
        .args(repository)
        .arg(prompt)
        .output()
        .context("cannot launch an agent")?;
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    let id = answer
        .split('"')
        .find(|word| word.starts_with("bc-"))
        .with_context(|| format!("no agent: {}", String::from_utf8_lossy(&output.stderr)))?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let shown = server.client("show").args(["--json", id]).output()?;
        if String::from_utf8_lossy(&shown.stdout).contains("succeeded") {
            return Ok(id.to_owned());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    bail!("the agent {id} did not finish:\n{}", server.log())
}

/// Where Schemathesis is installed; kept between runs.
fn program() -> Result<PathBuf> {
    let folder = target_folder().join("schemathesis");
    let python = folder.join("bin/python");
    if !python.exists() {
        run(&format!("python3 -m venv {}", folder.display()))?;
    }
    let pip = format!("{} -m pip install --quiet", python.display());
    run(&format!("{pip} --disable-pip-version-check {SCHEMATHESIS}"))?;
    Ok(folder.canonicalize()?.join("bin/schemathesis"))
}
