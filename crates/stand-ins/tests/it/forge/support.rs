//! A checkout and the person who works in it.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use outwork_stand_ins::forge_server::{ForgeServer, Kind, Permission, Repository};

pub const KINDS: [Kind; 3] = [Kind::GitHub, Kind::GitLab, Kind::Gitea];

/// `acme/tools`, where alice may write, and a token of hers.
pub fn forge(kind: Kind) -> (ForgeServer, Repository, String) {
    let forge = ForgeServer::start(kind).unwrap();
    let tools = forge.repository("acme/tools").unwrap();
    tools.permit("alice", Permission::Write).unwrap();
    let token = forge.token("alice");
    (forge, tools, token)
}

/// How git shows a token.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    Basic,
    Bearer,
}

/// What git said.
#[derive(Debug)]
pub struct Said {
    pub worked: Result<String, String>,
}

impl Said {
    #[track_caller]
    pub fn well(self) -> String {
        self.worked.unwrap()
    }

    #[track_caller]
    pub fn badly(self, words: &str) {
        let said = self.worked.unwrap_err();
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
}

pub fn header(token: &str, shown: Shown) -> String {
    match shown {
        Shown::Basic => {
            let pair = STANDARD.encode(format!("x-access-token:{token}"));
            format!("Authorization: Basic {pair}")
        }
        Shown::Bearer => format!("Authorization: Bearer {token}"),
    }
}

/// Runs git with a token, or without.
pub fn git(folder: &Path, token: Option<&str>, arguments: &[&str]) -> Said {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", folder)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "alice");
        command.env(format!("GIT_{role}_EMAIL"), "alice@people.test");
    }
    if let Some(token) = token {
        command.args([
            "-c",
            &format!("http.extraHeader={}", header(token, Shown::Basic)),
        ]);
    }
    let output = command.args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Said {
        worked: if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        },
    }
}

/// A clone with one more commit on a branch.
pub struct Checkout {
    folder: TempDir,
    token: String,
}

impl Checkout {
    pub fn of(repository: &Repository, token: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let url = repository.clone_url().unwrap();
        git(folder.path(), Some(token), &["clone", "--quiet", &url, "."]).well();
        Self {
            folder,
            token: token.to_owned(),
        }
    }

    pub fn change(&self, file: &str, text: &str) -> String {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self.git(&["add", "."]).well();
        self.git(&["commit", "--quiet", "-m", "Change"]).well();
        self.git(&["rev-parse", "HEAD"]).well()
    }

    pub fn push(&self, branch: &str) -> Said {
        self.git(&["push", "origin", &format!("HEAD:refs/heads/{branch}")])
    }

    pub fn push_with(&self, token: &str, branch: &str) -> Said {
        let spec = format!("HEAD:refs/heads/{branch}");
        git(self.folder.path(), Some(token), &["push", "origin", &spec])
    }

    pub fn git(&self, arguments: &[&str]) -> Said {
        git(self.folder.path(), Some(&self.token), arguments)
    }
}
