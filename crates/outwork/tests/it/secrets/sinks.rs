//! Everything that anybody can read of an agent, and every file that the server keeps.

use std::path::Path;
use std::process::Command;

use aho_corasick::AhoCorasick;

use super::values::{CANARY, Held, forms, printed};
use crate::support::server::{Ground, Server};

/// Where the canary must turn up: each shows what commands printed, or what they left.
const TELLING: &[&str] = &[
    "the log",
    "the database",
    "an artifact",
    "GET /api/v1/agents/{id}/events?limit=500",
    "GET /api/v1/agents/{id}/diff",
    "GET /api/v1/agents/{id}",
    "GET /v1/agents/{id}/runs",
    "GET /v1alpha/sessions/{session}/activities",
    "the stream of run 1",
    "the stream of run 2",
    "outwork watch",
    "outwork show",
    "outwork diff",
];
/// A webhook tells no output, but the summary, in which the script quotes the beginnings of its blocks.
const TITLE: &str = "the-title-of-a-block";

/// Answers and files by their names.
pub struct Sinks(Vec<(String, Vec<u8>)>);

impl Sinks {
    /// What the server and the command line tell of an agent and its secrets.
    pub async fn of(ground: &Ground, server: &Server, id: &str) -> Self {
        let mut sinks = Self(Vec::new());
        let session = id.trim_start_matches("bc-");
        let of = |path: &str| path.replace("{id}", id).replace("{session}", session);
        for path in [
            "/v0/agents",
            "/v0/agents/{id}",
            "/v0/agents/{id}/conversation",
            "/v0/agents/{id}/artifacts",
            "/v1/agents",
            "/v1/agents/{id}",
            "/v1/agents/{id}/runs",
            "/v1/agents/{id}/usage",
            "/v1/environments",
            "/v1/secrets",
            "/v1/team/secrets",
            "/api/v1/agents/{id}",
            "/api/v1/agents/{id}/events?limit=500",
            "/api/v1/agents/{id}/diff",
            "/api/v1/pull-requests",
            "/api/v1/pull-requests/1",
            "/api/v1/pull-requests/1/diff",
            "/pulls/1",
            "/v1alpha/sessions",
            "/v1alpha/sessions/{session}",
            "/v1alpha/sessions/{session}/activities",
            "/metrics",
        ] {
            let name = format!("GET {path}");
            let (status, body) = server.call("GET", &of(path), None).await;
            assert!(
                status == 200 || path == "/metrics",
                "{name}: {status} {body}"
            );
            // As it came, and with its texts as they are meant.
            sinks.add(&name, body.to_string() + &texts(&body));
        }
        sinks.add_streams(server, id).await;
        sinks.add_artifact(server, id).await;
        for arguments in [
            &["watch"] as &[&str],
            &["--json", "watch"],
            &["show"],
            &["show", "--conversation"],
            &["diff"],
            &["artifacts", "list"],
        ] {
            sinks.add_command(ground, server, id, arguments);
        }
        sinks
    }

    pub fn add(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push((name.to_owned(), bytes.into()));
    }

    async fn add_streams(&mut self, server: &Server, id: &str) {
        let path = format!("/v1/agents/{id}/runs");
        let runs = server.call("GET", &path, None).await.1;
        let runs = runs["items"].as_array().unwrap().clone();
        for (number, run) in runs.iter().rev().enumerate() {
            let path = format!("{path}/{}/stream", run["id"].as_str().unwrap());
            let (status, text) = server.call("GET", &path, None).await;
            assert_eq!(status, 200, "{text}");
            let text = text.as_str().unwrap();
            assert!(text.contains("event: done"), "{text}");
            let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
            let data = data.map(|data| texts(&serde_json::from_str(data).unwrap()));
            let meant: String = data.collect();
            self.add(
                &format!("the stream of run {}", number + 1),
                text.to_owned() + &meant,
            );
        }
    }

    async fn add_artifact(&mut self, server: &Server, id: &str) {
        let path = format!("/v1/agents/{id}/artifacts/download?path=artifacts/note.txt");
        let (status, link) = server.call("GET", &path, None).await;
        assert_eq!(status, 200, "{link}");
        let fetched = server.http.get(link["url"].as_str().unwrap()).send().await;
        let bytes = fetched.unwrap().bytes().await.unwrap();
        self.add("an artifact", bytes.to_vec());
    }

    fn add_command(&mut self, ground: &Ground, server: &Server, id: &str, arguments: &[&str]) {
        let output = Command::new(env!("CARGO_BIN_EXE_outwork"))
            .args(arguments)
            .arg(id)
            .args(["--url", &server.url])
            .env("OUTWORK_API_KEY", &server.key)
            .current_dir(ground.path())
            .output()
            .unwrap();
        let all = [output.stdout, output.stderr].concat();
        let name = format!("outwork {}", arguments.join(" "));
        assert!(!all.is_empty(), "{name}");
        self.add(&name, all);
    }

    /// The log, and all files below the data folder, of a server that has ended.
    pub fn add_files(&mut self, ground: &Ground) {
        let log = std::fs::read(ground.path().join("server.log")).unwrap();
        self.add("the log", log);
        let mut database = Vec::new();
        files(&ground.data_dir(), &mut |path, bytes| {
            if path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("outwork.db")
            {
                database.extend_from_slice(&bytes);
            } else {
                self.add(&path.display().to_string(), bytes);
            }
        });
        self.add("the database", database);
    }

    pub fn hold_none_of(&self, held: &[Held]) {
        let forms: Vec<_> = held
            .iter()
            .flat_map(|one| {
                forms(&one.value)
                    .into_iter()
                    .map(move |form| (&one.name, form))
            })
            .collect();
        let any = AhoCorasick::new(forms.iter().map(|(_, form)| form)).unwrap();
        let mut found = Vec::new();
        for (sink, bytes) in &self.0 {
            for there in any.find_overlapping_iter(bytes) {
                let (name, form) = &forms[there.pattern().as_usize()];
                found.push(format!("{name} in {sink}: {form}"));
            }
        }
        assert!(found.is_empty(), "{found:#?}");
    }

    pub fn hold_the_canary(&self) {
        let silent: Vec<&&str> = TELLING
            .iter()
            .filter(|name| {
                let mut named = self.0.iter().filter(|(sink, _)| sink == **name);
                !named.any(|(_, bytes)| contains(bytes, CANARY) || json_contains(bytes))
            })
            .collect();
        assert!(silent.is_empty(), "nothing is found in {silent:?}");
        let told = self.0.iter().find(|(sink, _)| sink == "the webhook");
        assert!(contains(&told.unwrap().1, TITLE), "{told:?}");
        // The forms that commands printed.
        for form in printed(CANARY) {
            let somewhere = self.0.iter().any(|(_, bytes)| contains(bytes, &form));
            assert!(somewhere, "{form} is found nowhere");
        }
    }
}

fn json_contains(bytes: &[u8]) -> bool {
    let quoted = serde_json::Value::from(CANARY).to_string();
    contains(bytes, quoted.trim_matches('"'))
}

fn contains(bytes: &[u8], text: &str) -> bool {
    let mut windows = bytes.windows(text.len());
    windows.any(|window| window == text.as_bytes())
}

/// All texts of a JSON value, joined: pieces of a stream put together.
fn texts(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(texts).collect(),
        Value::Object(fields) => fields.values().map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

fn files(folder: &Path, found: &mut dyn FnMut(&Path, Vec<u8>)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            files(&path, found);
        } else if kind.is_file() {
            found(&path, std::fs::read(&path).unwrap());
        }
    }
}
