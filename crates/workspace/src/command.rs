//! One git command before it runs: arguments, configuration, environment and limits.
//!
//! The constant part is the same for every command and leaves nothing to the machine: no system or
//! user configuration, no hooks, no helpers, no prompt, no protocol but the one that was asked for.
//! Configuration travels in the environment, so that no credential shows in a process list.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Configuration that holds for every command (`git help config`).
const CONFIG: &[(&str, &str)] = &[
    ("protocol.allow", "never"),
    ("protocol.version", "2"),
    ("safe.bareRepository", "explicit"),
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.askPass", ""),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    // Larger files are binary to differences and merges, which would take them into memory.
    ("core.bigFileThreshold", "64m"),
    ("credential.helper", ""),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("fetch.unpackLimit", "1"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("submodule.recurse", "false"),
    ("transfer.bundleURI", "false"),
    ("http.followRedirects", "false"),
];

/// What a command reads from its standard input.
#[derive(Debug)]
pub(crate) enum Input {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// The rest of this file.
    File(File),
}

/// How long a command may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Without a byte of output or growth; absent for commands that are silent by nature.
    pub(crate) silence: Option<Duration>,
    /// From start to end.
    pub(crate) total: Duration,
}

/// A folder in which received packs grow, and how much of them is accepted.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    /// The folder of the packs.
    pub(crate) folder: PathBuf,
    /// Most bytes of packs that are being received.
    pub(crate) bytes_max: u64,
}

/// A git command to be.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) git_dir: Option<PathBuf>,
    pub(crate) config: Vec<(String, String)>,
    pub(crate) environment: Vec<(&'static str, OsString)>,
    pub(crate) protocol: &'static str,
    pub(crate) input: Input,
    pub(crate) output_max: usize,
    pub(crate) patience: Option<Patience>,
    pub(crate) growth: Option<Growth>,
}

impl Command {
    /// A command on our own disk, without any protocol.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            arguments: Vec::new(),
            git_dir: None,
            config: Vec::new(),
            environment: Vec::new(),
            protocol: "none",
            input: Input::Empty,
            output_max: 1024 * 1024,
            patience: None,
            growth: None,
        }
    }

    /// In that repository, without any search.
    pub(crate) fn within(mut self, git_dir: &Path) -> Self {
        self.git_dir = Some(git_dir.to_owned());
        self
    }

    /// Adds one argument.
    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds several arguments.
    pub(crate) fn args<T: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds one variable of the environment.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Adds one setting.
    pub(crate) fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.push((name.into(), value.into()));
        self
    }

    /// Gives it something to read.
    pub(crate) fn reading(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    /// Keeps at most that much of its output; what is over ends the command.
    pub(crate) fn output_max(mut self, bytes: usize) -> Self {
        self.output_max = bytes;
        self
    }

    /// Takes it as a transfer, which shows progress and can be watched.
    pub(crate) fn patience(mut self, patience: Patience) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Watches what it receives.
    pub(crate) fn growth(mut self, growth: Growth) -> Self {
        self.growth = Some(growth);
        self
    }

    /// The whole environment of the process; there is nothing beside it but the server's mark.
    pub(crate) fn whole_environment(&self, data_dir: &Path) -> Vec<(OsString, OsString)> {
        let home = data_dir.join("git-home");
        let nowhere = home.join("no-repository");
        let git_dir = self.git_dir.as_ref().unwrap_or(&nowhere);
        let mut all: Vec<(OsString, OsString)> = vec![
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
            ("HOME".into(), home.into_os_string()),
            ("LC_ALL".into(), "C".into()),
            ("TZ".into(), "UTC".into()),
            ("GIT_DIR".into(), git_dir.into()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
            ("GIT_ATTR_NOSYSTEM".into(), "1".into()),
            ("GIT_NO_REPLACE_OBJECTS".into(), "1".into()),
            ("GIT_NO_LAZY_FETCH".into(), "1".into()),
            ("GIT_TERMINAL_PROMPT".into(), "0".into()),
            ("GIT_PROTOCOL_FROM_USER".into(), "0".into()),
            ("GIT_ALLOW_PROTOCOL".into(), self.protocol.into()),
        ];
        let given = |name: &str| self.environment.iter().any(|(own, _)| *own == name);
        if !given("GIT_CONFIG_GLOBAL") {
            all.push(("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()));
        }
        let mut config: Vec<(&str, &str)> = CONFIG.to_vec();
        let protocol = format!("protocol.{}.allow", self.protocol);
        config.push((&protocol, "always"));
        config.extend(
            self.config
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        all.push(("GIT_CONFIG_COUNT".into(), config.len().to_string().into()));
        for (n, (name, value)) in config.into_iter().enumerate() {
            all.push((format!("GIT_CONFIG_KEY_{n}").into(), name.into()));
            all.push((format!("GIT_CONFIG_VALUE_{n}").into(), value.into()));
        }
        let own = self.environment.iter();
        all.extend(own.map(|(name, value)| (OsString::from(name), value.clone())));
        all
    }
}
