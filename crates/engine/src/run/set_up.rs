//! The set-up of a workspace: what `.cursor/environment.json` of a repository, or else the agent's cloud
//! environment, wants to have run before the agent works.
//!
//! `install` runs once in a workspace, `start` in each sandbox, both with a time limit. Without `install`
//! there is nothing to work with, so its failure ends the run; that of `start` is told to people and to the
//! model, and the run goes on. That `install` has run is a file beside the workspace, since no event says in
//! which workspace something happened.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use outwork_domain::limits::{INSTALL_MAX, START_MAX};
use outwork_domain::{
    Cause, CommitId, EnvironmentFile, EventBody, Fence, Repository, ToolCall, ToolStatus,
};
use outwork_store::Claim;
use outwork_workspace::Mirror;
use serde_json::json;

use super::RunParts;
use super::desk::Host;
use super::error::AttemptError;
use super::network_wishes::{self, FILE, PlacedWish};
use super::place::Place;

/// Bytes of a command's output that its note shows: the end of it, where faults stand.
const OUTPUT_BYTES_MAX: usize = 4 * 1024;
/// Bytes of it that the sentence beside the cause shows.
const SENTENCE_OUTPUT_BYTES_MAX: usize = 512;

/// A checkout that a set-up may belong to.
pub(super) struct SetUpPlace<'a> {
    /// Its repository.
    pub(super) repository: &'a Repository,
    /// Its folder below the workspace; none if the workspace itself is the checkout.
    pub(super) folder: Option<&'a str>,
    /// The mirror that has its files.
    pub(super) mirror: &'a Mirror,
    /// The commit that is checked out.
    pub(super) commit: &'a CommitId,
    /// The commit that the agent began with, if that is another one.
    pub(super) first: Option<&'a CommitId>,
}

/// What is to be run before the agent works.
pub(super) struct SetUp {
    fence: Fence,
    commands: Vec<SetUpCommand>,
    /// What people should know before the agent works.
    remarks: Vec<String>,
    network: Vec<PlacedWish>,
    installed: AtomicBool,
    /// The file that says so; none where nothing is set up.
    mark: Option<PathBuf>,
}

/// A command of a set-up.
struct SetUpCommand {
    key: &'static str,
    text: String,
    folder: Option<String>,
    whose: String,
    limit: Duration,
}

/// Whether the workspace needs its `install`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Install {
    /// None has come to its end here.
    Needed,
    /// An earlier attempt or run has done it.
    Done,
}

impl Install {
    /// What the mark says of a workspace.
    pub(super) fn of(place: &Place) -> Self {
        if place.installed().exists() {
            Self::Done
        } else {
            Self::Needed
        }
    }

    /// Takes the mark of a workspace away, of which something was laid anew.
    pub(super) async fn again(place: &Place) -> Result<Self, AttemptError> {
        match tokio::fs::remove_file(place.installed()).await {
            Ok(()) => Ok(Self::Needed),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::Needed),
            Err(source) => Err(AttemptError::File {
                what: "the mark of a set-up",
                source,
            }),
        }
    }
}

const INSTALL: &str = "install";
const START: &str = "start";

/// Reads what the set-up of a workspace is: a file in a repository wins over the agent's environment.
pub(super) async fn find(
    parts: &RunParts,
    claim: &Claim,
    checkouts: &[SetUpPlace<'_>],
    place: &Place,
    install: Install,
) -> Result<SetUp, AttemptError> {
    let mut set_up = SetUp {
        fence: claim.fence,
        commands: Vec::new(),
        remarks: Vec::new(),
        network: Vec::new(),
        installed: AtomicBool::new(install == Install::Done),
        mark: Some(place.installed()),
    };
    let named = claim.agent.environment.as_ref();
    let environment = match named {
        Some(_) => parts.ledger.environment(&claim.agent).await?,
        None => None,
    };
    let wish = named.and_then(|named| network_wishes::of_environment(named, environment.as_ref()));
    // Before those of files: an environment may decide, and files close again.
    set_up.network.extend(wish);
    let mut is_found = false;
    for checkout in checkouts {
        is_found |= set_up.add_checkout(parts, claim, checkout).await?;
    }
    match (named, environment) {
        (Some(named), None) => set_up.remarks.push(format!(
            "The environment {:?} was deleted: its secrets and its set-up are gone.",
            named.name
        )),
        (Some(named), Some(environment)) if !is_found => {
            let whose = format!("the environment {:?}", named.name);
            set_up.add(&environment.file, &whose, None);
        }
        (Some(_) | None, _) => {}
    }
    Ok(set_up)
}

impl SetUp {
    /// Nothing.
    pub(super) fn none(fence: Fence) -> Self {
        Self {
            fence,
            commands: Vec::new(),
            remarks: Vec::new(),
            network: Vec::new(),
            installed: AtomicBool::new(true),
            mark: None,
        }
    }

    /// Adds what the file of a checkout says; tells whether there is one.
    async fn add_checkout(
        &mut self,
        parts: &RunParts,
        claim: &Claim,
        checkout: &SetUpPlace<'_>,
    ) -> Result<bool, AttemptError> {
        let found = network_wishes::read_file(parts, checkout.mirror, checkout.commit).await?;
        let whose = checkout
            .folder
            .map_or_else(|| FILE.to_owned(), |folder| format!("{FILE} of {folder}"));
        match &found {
            None => {}
            Some(Ok(file)) => self.add(file, &whose, checkout.folder),
            Some(Err(why)) => self.remarks.push(format!("{whose} is ignored: {why}")),
        }
        let at = (checkout.repository, checkout.first);
        let wishes = network_wishes::of_checkout(parts, claim, at, (&whose, &found)).await?;
        self.network.extend(wishes);
        Ok(found.is_some())
    }

    fn add(&mut self, file: &EnvironmentFile, whose: &str, folder: Option<&str>) {
        let commands = [
            (INSTALL, file.install(), INSTALL_MAX),
            (START, file.start(), START_MAX),
        ];
        for (key, text, limit) in commands {
            self.commands.extend(text.map(|text| SetUpCommand {
                key,
                text: text.to_owned(),
                folder: folder.map(str::to_owned),
                whose: whose.to_owned(),
                limit,
            }));
        }
        if !file.unsupported().is_empty() {
            self.remarks.push(format!(
                "Not supported here, so without effect, in {whose}: {}.",
                file.unsupported().join(", ")
            ));
        }
    }

    /// What it says about the network.
    pub(super) fn take_network(&mut self) -> Vec<PlacedWish> {
        std::mem::take(&mut self.network)
    }

    /// Events that tell what of the set-up does nothing.
    pub(super) fn notes(&self) -> Vec<EventBody> {
        // Told once, with the workspace that it is about.
        if self.installed.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let note = |text: &String| EventBody::Note { text: text.clone() };
        self.remarks.iter().map(note).collect()
    }

    /// Runs the commands after a checkout; gives what the model should know of them.
    pub(super) async fn carry_out(
        &self,
        parts: &RunParts,
        host: &mut Host,
    ) -> Result<Vec<String>, AttemptError> {
        let mut remarks = Vec::new();
        let is_installed = self.installed.load(Ordering::Relaxed);
        // `install` of every repository first, then their `start`.
        for key in [INSTALL, START] {
            if key == INSTALL && is_installed {
                continue;
            }
            for command in self.commands.iter().filter(|command| command.key == key) {
                remarks.extend(self.run(parts, host, command).await?);
            }
            if key == INSTALL {
                self.mark_installed().await?;
            }
        }
        Ok(remarks)
    }

    async fn mark_installed(&self) -> Result<(), AttemptError> {
        self.installed.store(true, Ordering::Relaxed);
        let Some(mark) = &self.mark else {
            return Ok(());
        };
        let marked = tokio::fs::write(mark, "").await;
        marked.map_err(|source| AttemptError::File {
            what: "the mark of a set-up",
            source,
        })
    }

    async fn run(
        &self,
        parts: &RunParts,
        host: &mut Host,
        command: &SetUpCommand,
    ) -> Result<Option<String>, AttemptError> {
        let call = ToolCall {
            id: format!("set-up-{}", command.key),
            name: "shell".to_owned(),
            arguments: json!({
                "command": command.text,
                "timeout_seconds": command.limit.as_secs(),
                "working_folder": command.folder.as_deref().unwrap_or("."),
            }),
        };
        // The whole output follows at once; nobody watches a set-up line by line.
        let result = if command.key == START {
            host.start(&call).await?
        } else {
            host.call(&call, &mut |_| ()).await?
        };
        // Redacted before it is cut: of half a value nothing would be found.
        let output = parts.redactor.text(result.text.trim());
        let output = tail(&output, OUTPUT_BYTES_MAX);
        let (key, whose) = (command.key, &command.whose);
        let is_good = result.status == ToolStatus::Ok;
        if is_good && key == START && output.is_empty() {
            return Ok(None);
        }
        let ended = if is_good { "is done" } else { "failed" };
        let text = format!("The command `{key}` of {whose} {ended}.");
        let gap = if output.is_empty() { "" } else { "\n\n" };
        let note = EventBody::Note {
            text: format!("{text}{gap}{output}"),
        };
        parts.ledger.append(&self.fence, vec![note]).await?;
        if !is_good && key == INSTALL {
            let end = tail(output, SENTENCE_OUTPUT_BYTES_MAX).trim_start();
            let message = format!("the command `{key}` of {whose} failed:{gap}{end}");
            return Err(AttemptError::failed(Cause::SetUpFailed, message));
        }
        Ok((!is_good).then(|| {
            format!(
                "[{text} Tools or dependencies may be missing. Its output ended with:{gap}{output}]"
            )
        }))
    }
}

/// The end of a text.
fn tail(text: &str, bytes_max: usize) -> &str {
    let from = text.len().saturating_sub(bytes_max);
    &text[text.ceil_char_boundary(from)..]
}
