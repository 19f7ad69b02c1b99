//! How git reaches a repository: address, credentials, and the far end on this machine.
//!
//! A credential goes into the environment of one process, scoped to one host, and into nothing else;
//! redirects are off, so no other host ever sees it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use outwork_domain::{Repository, Scheme};
use secrecy::{ExposeSecret, SecretString};

use crate::access::{authority, pin};
use crate::command::Command;
use crate::credentials::{Access, Credential, Wanted};
use crate::error::{Error, Result};
use crate::git::{Git, locked};
use crate::local;
use crate::options::HostAccess;
use crate::process::Output;
use crate::words::{Secrets, cause_of_remote};

/// Changes the user for the far end of a local transport.
const SETPRIV: &str = "/usr/bin/setpriv";

/// A repository as git is to reach it, in the order of spellings to try.
#[derive(Debug)]
pub(crate) struct Remote {
    addresses: Vec<String>,
    protocol: &'static str,
    config: Vec<(String, String)>,
    environment: Vec<(&'static str, OsString)>,
    /// Put before the far end's program where it must run as the repository's owner.
    far_end: Option<String>,
    secrets: Secrets,
}

/// What came of a command against a remote.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) output: Output,
    /// What may not be shown of it.
    pub(crate) secrets: Secrets,
}

/// The far end's program of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FarEnd {
    Upload,
    Receive,
}

impl Git {
    /// How git reaches a repository; `None` if a fresh credential is wanted and there is none.
    async fn remote(
        &self,
        repository: &Repository,
        access: Access,
        wanted: Wanted,
    ) -> Result<Option<Remote>> {
        let repository = &self.reached(repository);
        let protocol = match repository.scheme() {
            Scheme::File => return self.local_remote(repository, wanted),
            Scheme::Https => "https",
            Scheme::Http => "http",
            Scheme::Ssh => "ssh",
        };
        let plain = repository.to_string();
        let mut remote = Remote {
            // GitLab redirects the plain name to the one with the suffix; others know only the plain.
            addresses: vec![format!("{plain}.git"), plain],
            protocol,
            config: Vec::new(),
            environment: Vec::new(),
            far_end: None,
            secrets: Secrets::default(),
        };
        match self.access(repository)? {
            None if wanted == Wanted::Fresh => return Ok(None),
            None => remote.config.push(pin(repository).await?),
            Some(_) if repository.scheme() == Scheme::Ssh && wanted == Wanted::Fresh => {
                return Ok(None);
            }
            Some(host) if repository.scheme() == Scheme::Ssh => {
                remote
                    .environment
                    .push(("GIT_SSH_COMMAND", self.ssh_command(host).into()));
                remote.environment.push(("GIT_SSH_VARIANT", "ssh".into()));
            }
            Some(host) => {
                let credential = match &host.credentials {
                    None => None,
                    Some(source) => source.credential(repository, access, wanted).await?,
                };
                if credential.is_none() && wanted == Wanted::Fresh {
                    return Ok(None);
                }
                remote.authorize(repository, host, credential);
            }
        }
        Ok(Some(remote))
    }

    fn local_remote(&self, repository: &Repository, wanted: Wanted) -> Result<Option<Remote>> {
        if wanted == Wanted::Fresh {
            return Ok(None);
        }
        let git_dir = local::locate(&self.options().local_repositories, repository)?;
        let address = git_dir.to_str().ok_or_else(|| Error::RepositoryNotFound {
            words: repository.to_string(),
        })?;
        let mut remote = Remote {
            addresses: vec![address.to_owned()],
            protocol: "file",
            config: Vec::new(),
            environment: Vec::new(),
            far_end: None,
            secrets: Secrets::default(),
        };
        let found = git_dir
            .metadata()
            .map_err(Error::io("reading a local repository"))?;
        let own = nix::unistd::geteuid();
        if found.uid() == own.as_raw() {
            return Ok(Some(remote));
        }
        if own.is_root() && Path::new(SETPRIV).exists() {
            // Its hooks run, and its files are made, as the owner and not as root.
            remote.far_end = Some(format!(
                "{SETPRIV} --reuid {} --regid {} --clear-groups -- ",
                found.uid(),
                found.gid()
            ));
        } else {
            remote
                .environment
                .push(("GIT_CONFIG_GLOBAL", self.vouch_for(address)?.into()));
        }
        Ok(Some(remote))
    }

    /// A configuration file that lets git open a repository of another owner: naming its folder in
    /// our configuration vouched for it, and git reads this setting from files only.
    fn vouch_for(&self, address: &str) -> Result<PathBuf> {
        let mut text = "[safe]\n".to_owned();
        // Git asks for the work tree's folder where there is one.
        let work_tree = address.strip_suffix("/.git").map(str::to_owned);
        for path in [Some(address.to_owned()), work_tree].into_iter().flatten() {
            let escaped = path.replace('\\', "\\\\").replace('"', "\\\"");
            // Writing to a string cannot fail.
            let _infallible = writeln!(text, "\tdirectory = \"{escaped}\"");
        }
        let name = format!("vouch-{}", crate::mirror::hash(address));
        let file = self.data_dir().join("git-home").join(name);
        let _vouching = locked(&self.inner.vouching);
        if !std::fs::read(&file).is_ok_and(|found| found == text.as_bytes()) {
            crate::folders::write_whole(&file, text.as_bytes(), 0o644)?;
        }
        Ok(file)
    }

    fn ssh_command(&self, access: &HostAccess) -> String {
        let key = access.ssh_key.as_deref().unwrap_or(Path::new("/dev/null"));
        let own_hosts = self.data_dir().join("git-home").join("known_hosts");
        let (hosts, checking) = match &self.options().ssh_known_hosts {
            Some(hosts) => (hosts, "yes"),
            None => (&own_hosts, "accept-new"),
        };
        format!(
            "ssh -F /dev/null -i {} -o UserKnownHostsFile={} -o StrictHostKeyChecking={checking} \
             -o GlobalKnownHostsFile=/dev/null -o BatchMode=yes -o IdentitiesOnly=yes \
             -o IdentityAgent=none -o ForwardAgent=no -o ForwardX11=no -o ClearAllForwardings=yes \
             -o PermitLocalCommand=no -o ConnectTimeout=30 -o ServerAliveInterval=15",
            quoted(key),
            quoted(hosts)
        )
    }

    /// Runs a command against a remote: `build` gets the address to put behind the options.
    ///
    /// A credential that is refused is replaced once, since it may have expired meanwhile. The
    /// spelling that the server answered to is remembered. A push whose reference was refused is no
    /// error here: its output says why.
    pub(crate) async fn ask(
        &self,
        repository: &Repository,
        far_end: FarEnd,
        build: impl Fn(&str) -> Result<Command>,
    ) -> Result<Answer> {
        let access = match far_end {
            FarEnd::Upload => Access::Read,
            FarEnd::Receive => Access::Write,
        };
        let remote = self.remote(repository, access, Wanted::Any).await?;
        let remote = remote.ok_or_else(|| not_found(repository))?;
        match self.ask_as(&remote, repository, far_end, &build).await {
            Err(Error::Auth { words }) => {
                match self.remote(repository, access, Wanted::Fresh).await? {
                    Some(again) => self.ask_as(&again, repository, far_end, &build).await,
                    None => Err(Error::Auth { words }),
                }
            }
            answer => answer,
        }
    }

    async fn ask_as(
        &self,
        remote: &Remote,
        repository: &Repository,
        far_end: FarEnd,
        build: impl Fn(&str) -> Result<Command>,
    ) -> Result<Answer> {
        let known = locked(&self.inner.spellings).get(repository).copied();
        let mut tries: Vec<usize> = (0..remote.addresses.len()).collect();
        if let Some(known) = known {
            tries.retain(|n| *n == known);
        }
        let mut missing = None;
        for n in tries {
            let command = remote.dress(build(&remote.addresses[n])?, far_end, &self.options().git);
            let name = command.name;
            let output = self.inner.program.run(command).await?;
            let rejected = is_rejection(&output.stdout);
            if output.status.success() || output.cut || rejected {
                locked(&self.inner.spellings).insert(repository.clone(), n);
                let secrets = remote.secrets.clone();
                return Ok(Answer { output, secrets });
            }
            let error = cause_of_remote(name, &output.stderr, &remote.secrets);
            if !matches!(
                error,
                Error::RepositoryNotFound { .. } | Error::RepositoryMoved { .. }
            ) {
                return Err(error);
            }
            // What the first spelling met counts: some forges redirect the second to the first.
            missing = missing.or(Some(error));
        }
        Err(missing.unwrap_or_else(|| not_found(repository)))
    }
}

fn not_found(repository: &Repository) -> Error {
    Error::RepositoryNotFound {
        words: repository.to_string(),
    }
}

/// Whether `git push --porcelain` says that a reference was refused: the server was reached.
fn is_rejection(stdout: &[u8]) -> bool {
    stdout
        .split(|byte| *byte == b'\n')
        .any(|line| line.starts_with(b"!\t"))
}

impl Remote {
    fn authorize(
        &mut self,
        repository: &Repository,
        access: &HostAccess,
        credential: Option<Credential>,
    ) {
        let place = format!("{}://{}/", self.protocol, authority(repository));
        if let Some(file) = &access.ca_file {
            self.config.push((
                format!("http.{place}.sslCAInfo"),
                file.to_string_lossy().into_owned(),
            ));
        }
        if let Some(Credential { username, token }) = credential {
            let pair = format!("{username}:{}", token.expose_secret());
            let encoded = base64::engine::general_purpose::STANDARD.encode(&pair);
            let header = format!("Authorization: Basic {encoded}");
            self.config
                .push((format!("http.{place}.extraHeader"), header));
            self.secrets = Secrets::of([token, SecretString::from(pair)]);
        }
    }

    fn dress(&self, mut command: Command, far_end: FarEnd, git: &Path) -> Command {
        command.protocol = self.protocol;
        command.config.extend(self.config.iter().cloned());
        command.environment.extend(self.environment.iter().cloned());
        if let Some(prefix) = &self.far_end {
            let (option, program) = match far_end {
                FarEnd::Upload => ("--upload-pack", "upload-pack"),
                FarEnd::Receive => ("--receive-pack", "receive-pack"),
            };
            let option = format!("{option}={prefix}{} {program}", quoted(git));
            command.arguments.insert(0, option.into());
        }
        command
    }
}

/// One word for the shell that git starts ssh with.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}
