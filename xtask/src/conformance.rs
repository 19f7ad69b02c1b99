//! Other people's clients, unmodified, against the real program.
//!
//! They are proprietary: installed into a scratch folder by their own package managers, used, never
//! kept in the repository. Versions are pinned, so that a failure is ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{run, say, target_folder};
use crate::live_server::LiveServer;
use crate::{setup, test_run};

const PYTHON_SDK: &str = "cursor-sdk==1.1.0";
const TYPESCRIPT_SDK: &str = "@cursor/sdk@1.0.32";
/// The AI SDK, which reads the streams of Mintlify's v1: one of each version that its clients use.
const AI_SDKS: [&str; 3] = ["ai@5.0.277", "ai@6.0.324", "ai@7.0.173"];
/// Jules's SDK; its later source is not published.
const JULES_SDK: &str = "@google/jules-sdk@0.2.0";
/// What ships GitHub's OpenAPI document.
const GITHUB_DOCUMENT: &str = "@octokit/openapi@23.0.2";

/// Installs the official clients and drives them through everything that they can do.
pub fn run_all() -> Result<()> {
    setup::install(setup::CONFORMANCE)?;
    let scratch = scratch()?;
    judge_github(&scratch)?;
    let python = python(&scratch)?;
    let typescript = typescript(&scratch)?;
    let server = LiveServer::start("")?;
    let here = std::env::current_dir()?.join("conformance");
    let mut from_python = Command::new(&python);
    from_python.arg(here.join("from_python.py"));
    let python_held = drive(from_python, &server)?;
    // The package wants a newer Node than distributions have; the Python wheel brings one.
    let mut from_typescript = Command::new(node_of(&scratch)?);
    from_typescript
        .arg(here.join("from_typescript.mjs"))
        .current_dir(typescript);
    let typescript_held = drive(from_typescript, &server)?;
    let ai_sdks_held = ai_sdks(&scratch, &here, &server)?;
    let jules_held = jules(&scratch, &here, &server)?;
    if !(python_held && typescript_held && ai_sdks_held && jules_held) {
        bail!(
            "a client failed; the server's last words:\n{}",
            server.log()
        );
    }
    Ok(())
}

/// Each of the AI SDKs reads the streams of a project's jobs.
fn ai_sdks(scratch: &Path, here: &Path, server: &LiveServer) -> Result<bool> {
    server.add_project("docs")?;
    let mut all_held = true;
    for sdk in AI_SDKS {
        let folder = installed(scratch.join(sdk), sdk)?;
        let mut client = Command::new(node_of(scratch)?);
        client.arg(here.join("from_ai_sdk.mjs")).current_dir(folder);
        all_held &= drive(client, server)?;
    }
    Ok(all_held)
}

/// Jules's SDK works in the project that the AI SDKs have used.
fn jules(scratch: &Path, here: &Path, server: &LiveServer) -> Result<bool> {
    let folder = installed(scratch.join("jules"), JULES_SDK)?;
    let mut client = Command::new(node_of(scratch)?);
    client
        .arg(here.join("from_jules_sdk.mjs"))
        .current_dir(folder);
    drive(client, server)
}

fn drive(mut client: Command, server: &LiveServer) -> Result<bool> {
    say(&format!("+ {}", client.get_program().display()));
    let status = client
        .env("OUTWORK_URL", &server.url)
        .env("OUTWORK_API_KEY", &server.key)
        .env("CURSOR_BACKEND_URL", &server.url)
        .env("CURSOR_API_KEY", &server.key)
        .env("OUTWORK_REPOSITORY", &server.repository)
        .env("OUTWORK_SCRATCH", server.scratch())
        .env("HOME", server.scratch())
        .status()
        .context("cannot start a client")?;
    Ok(status.success())
}

/// Where the clients are installed; kept between runs.
fn scratch() -> Result<PathBuf> {
    let scratch = target_folder().join("conformance");
    std::fs::create_dir_all(&scratch).context("cannot make the scratch folder")?;
    Ok(scratch.canonicalize()?)
}

fn python(scratch: &Path) -> Result<PathBuf> {
    let venv = scratch.join("venv");
    let python = venv.join("bin/python");
    if !python.exists() {
        run(&format!("python3 -m venv {}", venv.display()))?;
    }
    let pip = format!("{} -m pip install --quiet", python.display());
    run(&format!("{pip} --disable-pip-version-check {PYTHON_SDK}"))?;
    Ok(python)
}

/// Every request that the forge's tests send to a GitHub, and every answer of the stand-in, before
/// GitHub's own document.
fn judge_github(scratch: &Path) -> Result<()> {
    let folder = installed(scratch.join("github"), GITHUB_DOCUMENT)?;
    let generated = folder.join("node_modules/@octokit/openapi/generated");
    let document = generated.join("api.github.com.json");
    let calls = folder.join("calls");
    if calls.exists() {
        std::fs::remove_dir_all(&calls)?;
    }
    std::fs::create_dir_all(&calls)?;
    let text = |path: &Path| path.display().to_string();
    let (calls, document) = (text(&calls), text(&document));
    let both = [
        ("OUTWORK_FORGE_CALLS", calls.as_str()),
        ("OUTWORK_GITHUB_OPENAPI", document.as_str()),
    ];
    test_run::run_package("outwork-forge", &both[..1])?;
    let judges = [
        "github_document_takes_the_answers",
        "github_document_refuses",
    ];
    test_run::run_ignored("outwork-stand-ins", &judges, &both)?;
    // Last, since it reads the calls that those before have kept.
    let last = ["github_document_takes_our_requests"];
    test_run::run_ignored("outwork-stand-ins", &last, &both)
}

fn typescript(scratch: &Path) -> Result<PathBuf> {
    installed(scratch.join("npm"), TYPESCRIPT_SDK)
}

/// Installed without running any of its scripts, and without regard to the Node that installs it.
fn installed(folder: PathBuf, package_name: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(&folder)?;
    let package = folder.join("package.json");
    if !package.exists() {
        std::fs::write(package, "{\"private\": true}\n")?;
    }
    let flags = "--ignore-scripts --force --no-audit --no-fund --loglevel=error";
    run(&format!(
        "npm install --prefix {} {flags} {package_name}",
        folder.display()
    ))?;
    Ok(folder)
}

fn node_of(scratch: &Path) -> Result<PathBuf> {
    let library = scratch.join("venv/lib");
    let versions = std::fs::read_dir(&library).context("the Python client is not installed")?;
    versions
        .filter_map(Result::ok)
        .map(|version| version.path())
        .map(|path| path.join("site-packages/cursor_sdk/_vendor/bridge/bin/node"))
        .find(|node| node.exists())
        .context("the Python client brought no Node")
}
