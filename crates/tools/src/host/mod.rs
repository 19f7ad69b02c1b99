//! The tool host: reads requests, carries them out one after the other, answers.
//!
//! One thread, blocking, no runtime. It is the reaper of everything that its commands leave behind,
//! and it ends, with all of that, when the server's end of the pipe closes.

mod artifacts;
mod bundle;
mod capture;
mod checkout;
mod command;
mod commit;
mod edit;
mod files;
mod gateway;
mod git;
mod git_folder;
mod glob;
mod grep;
mod keeper;
mod live;
mod no_proc;
mod output_files;
mod processes;
mod read;
mod render;
mod shell;
mod snapshot;
mod text_lines;
mod toolbox;
mod walk;
mod wire;
mod write;

pub(crate) use artifacts::LISTED_MAX;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use outwork_sandbox::{CommandLayer, Confinement, Network};

use crate::environment::{ARTIFACTS_FOLDER, ARTIFACTS_VARIABLE};
use crate::protocol::{Fault, Reply, Request, VERSION};
use command::Surroundings;
use gateway::Gateway;
use git_folder::GitFolder;
use output_files::OutputFiles;
use processes::Process;
use wire::Wire;

/// Serves requests on standard input and output until the input ends; call it first thing in `main`.
///
/// The working folder is the workspace: relative paths of tools start there.
pub fn host_main() -> ExitCode {
    let served = match keeper::wanted() {
        Some((layers, line)) => keeper::keep(layers, &line),
        None if gateway::is_wanted() => gateway::serve(),
        None => serve(),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error leads to the server's log; if that is gone too, nobody is left to tell.
            let _ = writeln!(io::stderr(), "tool host: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Processes and threads of one sandbox, unless we are told another number. Set from within, since the kernel (5.14 and newer) then counts
/// those of this user namespace only, also where all sandboxes share the server's uid.
const PROCESSES_MAX: u64 = 1024;

/// What the tool host keeps between requests.
struct Host {
    wire: Wire,
    root: PathBuf,
    artifacts: PathBuf,
    outputs: OutputFiles,
    /// The root of the latest commit, and the git folder that holds it.
    commits: Option<(PathBuf, GitFolder)>,
    /// The user's variables, for commands of the agent only.
    variables: Vec<(String, String)>,
    /// Keepers of what commands before the agent's left running.
    kept: Vec<Process>,
    /// What keeps commands from the tool host, if anything does.
    layer: Option<CommandLayer>,
    /// The way out, if there is one.
    gateway: Option<Rc<Gateway>>,
}

fn serve() -> io::Result<()> {
    // Before anything is opened, read or said.
    let confinement = Confinement::of_this_process().map_err(io::Error::other)?;
    let layer = confinement.enter().map_err(io::Error::other)?;
    nix::sys::prctl::set_child_subreaper(true)?;
    // Commands share our uid: this keeps our memory, environment and pipes from them.
    nix::sys::prctl::set_dumpable(false)?;
    let gateway = match namespaces(&confinement) {
        Namespaces::Own => {
            limit_processes()?;
            Gateway::listen()?.map(Rc::new)
        }
        Namespaces::OfTheHost => None,
    };
    let artifacts = std::env::vars_os().find(|(name, _)| name == ARTIFACTS_VARIABLE);
    let mut host = Host {
        wire: Wire::of_standard_streams()?,
        root: std::env::current_dir()?,
        artifacts: artifacts.map_or_else(|| ARTIFACTS_FOLDER.into(), |(_, path)| path.into()),
        outputs: OutputFiles::default(),
        commits: None,
        variables: Vec::new(),
        kept: Vec::new(),
        layer,
        gateway,
    };
    let served = host.serve();
    processes::end_all(&[]);
    served
}

/// Whose users and network a tool host is among.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Namespaces {
    Own,
    OfTheHost,
}

fn namespaces(confinement: &Confinement) -> Namespaces {
    match confinement {
        Confinement::Walls(walls) => match walls.network {
            Network::Own => Namespaces::Own,
            Network::Shared => Namespaces::OfTheHost,
        },
        Confinement::Unconfined => Namespaces::OfTheHost,
    }
}

/// Only in a user namespace of our own: elsewhere it would count the server and all other runs of its user.
fn limit_processes() -> io::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NPROC)?;
    let processes = processes_max()?.min(most);
    Ok(setrlimit(Resource::RLIMIT_NPROC, processes, processes)?)
}

/// The program that this is, as whoever started it named it: there may be no `/proc` to ask.
fn own_program() -> io::Result<PathBuf> {
    let named = std::env::args_os().next().map(PathBuf::from);
    named.ok_or_else(|| io::Error::other("the program was started without a name"))
}

/// The number behind the name of the subcommand.
fn processes_max() -> io::Result<u64> {
    let Some(number) = std::env::args_os().nth(2) else {
        return Ok(PROCESSES_MAX);
    };
    let read = number.to_str().and_then(|number| number.parse().ok());
    read.ok_or_else(|| {
        let words = format!("{number:?} is no number of processes");
        io::Error::new(io::ErrorKind::InvalidInput, words)
    })
}

/// Why a request other than a tool call was not carried out.
struct Failure {
    fault: Fault,
    words: String,
}

impl Failure {
    fn git(words: impl Into<String>) -> Self {
        Self {
            fault: Fault::Git,
            words: words.into(),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::git(error.to_string())
    }
}

impl Host {
    fn serve(&mut self) -> io::Result<()> {
        self.wire.reply(&Reply::Ready { version: VERSION })?;
        while let Some(request) = self.wire.request()? {
            let reply = match self.carry_out(request) {
                Ok(reply) => reply,
                Err(Failure { fault, words }) => Reply::Failed { fault, words },
            };
            self.wire.reply(&reply)?;
        }
        Ok(())
    }

    /// What commands run in.
    fn surroundings(&self) -> io::Result<Surroundings> {
        if let Some(gateway) = &self.gateway {
            gateway.look();
            // What is kept may knock at any time, also while nobody listens for it. Where nothing more can be
            // started, whoever knocks later is answered.
            if !self.kept.is_empty() {
                let _ = gateway.start();
            }
        }
        Ok(Surroundings {
            server: self.wire.server()?,
            keepers: self.kept.clone(),
            gateway: self.gateway.clone(),
            layer: self.layer.clone(),
        })
    }

    /// What commands run in that may leave something running.
    fn lasting_surroundings(&self) -> io::Result<Surroundings> {
        let around = self.surroundings()?;
        if let Some(gateway) = &self.gateway {
            gateway.start()?;
        }
        Ok(around)
    }

    /// Where a checkout lies: the workspace, or a folder right below it.
    fn checkout_root(&self, folder: Option<&str>) -> Result<PathBuf, Failure> {
        let Some(name) = folder else {
            return Ok(self.root.clone());
        };
        let mut parts = Path::new(name).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(name)), None) => Ok(self.root.join(name)),
            (Some(_) | None, _) => Err(Failure {
                fault: Fault::Refused,
                words: "a checkout lies right below the workspace".to_owned(),
            }),
        }
    }

    fn carry_out(&mut self, request: Request) -> Result<Reply, Failure> {
        match request {
            Request::Variables { pairs } => {
                self.variables.extend(pairs.0);
                Ok(Reply::Noted)
            }
            Request::Call { name, arguments } => Ok(toolbox::call(self, &name, arguments)?),
            Request::Start { arguments } => Ok(toolbox::start(self, arguments)?),
            Request::Checkout {
                folder,
                commit,
                branch,
                mirror_objects,
            } => {
                let root = self.checkout_root(folder.as_deref())?;
                checkout::checkout(self, &root, &commit, &branch, &mirror_objects)
            }
            Request::Commit(request) => commit::commit(self, &request),
            Request::Bundle { base, tip, max } => bundle::bundle(self, &base, &tip, max),
            Request::ListArtifacts => Ok(artifacts::list(&self.artifacts)),
            Request::ReadArtifact { path, max } => artifacts::read(self, &path, max),
        }
    }
}
