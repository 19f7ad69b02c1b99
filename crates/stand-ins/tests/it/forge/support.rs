//! A checkout and the person who works in it.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use outwork_stand_ins::forge_server::{ForgeServer, Kind, Permission, Reply, Repository, call};
use serde_json::Value;

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

/// Somebody who calls the REST interface.
pub struct Client {
    url: String,
    token: Option<String>,
}

impl Client {
    pub fn of(forge: &ForgeServer, token: &str) -> Self {
        Self {
            url: forge.api_url(),
            token: Some(token.to_owned()),
        }
    }

    pub fn stranger(forge: &ForgeServer) -> Self {
        Self {
            url: forge.api_url(),
            token: None,
        }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.try_call("GET", path, &Value::Null).unwrap()
    }

    /// The body of an answer that has to be this one.
    #[track_caller]
    pub fn read(&self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.json());
        reply.json()
    }

    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: &Value, status: u16) -> Value {
        let reply = self.try_call(method, path, body).unwrap();
        assert_eq!(reply.status, status, "{path}: {}", reply.json());
        reply.json()
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.send("POST", path, body, status)
    }

    pub fn try_call(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Reply> {
        self.call_with(method, path, body, None)
    }

    pub fn call_with(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        more: Option<(&str, &str)>,
    ) -> std::io::Result<Reply> {
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        if let Some(token) = &self.token {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        headers.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        call(
            method,
            &format!("{}{path}", self.url),
            &headers,
            body.as_bytes(),
        )
    }
}

/// A branch with one commit more than `main`.
pub fn branch(repository: &Repository, name: &str) -> String {
    repository.commit(name, &[("work.txt", name)]).unwrap()
}
