//! Secrets reach the commands of runs, and nothing that anybody reads or that lies on the disk.
//!
//! A plain variable is held and printed as they are; where it is not found, a search proves nothing.

mod hook;
mod shapes;
mod sinks;
mod values;

use serde_json::json;

use crate::support::repository::Repository;
use crate::support::server::{Database, Ground, Server};
use hook::Hook;
use sinks::Sinks;
use values::{CANARY, Held, OWN, held, own};

/// Prints a value in every usual form, in one line and wrapped, and letter by letter, so that it comes in pieces.
const SHOW: &str = r#"show() {
  printf 'plain %s\n' "$1"
  printf 'stderr %s\n' "$1" >&2
  printf %s "$1" | base64 -w0; echo
  printf 'x%s' "$1" | base64 -w0; echo
  printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; echo
  printf %s "$1" | perl -pe 's/([^A-Za-z0-9_.~-])/sprintf("%%%02X",ord($1))/ge'; echo
  printf '%51s%s' '' "$1" | base64
  printf '%10s%s' '' "$1" | od -An -v -tx1
  printf %s "$1" | sed 's/^/    /; s/$/\r/'; echo
  printf %s "$1" | tr A-Z a-z; echo
  (set -f; echo $1)
  printf '{"json":"%s"}\n' "$(printf %s "$1" | sed 's/["\\]/\\&/g')"
}
slowly() { for n in $(seq 0 $((${#1}-1))); do printf %s "${1:$n:1}"; sleep 0.07; done; echo; }
"#;

fn blocks(held: &[Held]) -> String {
    use std::fmt::Write as _;
    let mut text = "Look around\n\n".to_owned();
    // Not more in a block than a result shows whole.
    for some in held.chunks(10) {
        write!(text, "```sh\n{SHOW}show \"$CANARY\"\n").unwrap();
        for Held { name, digest, .. } in some {
            let digest_there = format!("$(printf %s \"${name}\" | sha256sum)");
            let is_there = format!("test \"{digest_there}\" = \"{digest}  -\"");
            writeln!(text, "{is_there} || exit 9\nshow \"${name}\"").unwrap();
        }
        text.push_str("```\n\n");
    }
    let [front, back] = OWN;
    writeln!(
        text,
        "```sh\n{SHOW}show \"$(printf %s%s '{front}' '{back}')\"\n```\n"
    )
    .unwrap();
    writeln!(text, "```sh\n{SHOW}slowly \"$CANARY\"").unwrap();
    for one in &held[..2] {
        writeln!(text, "slowly \"${}\"", one.name).unwrap();
    }
    text.push_str("```\n\n");
    text + "```sh\n: the-title-of-a-block\necho \"$CANARY\" | tee note.txt > \"$OUTWORK_ARTIFACTS/note.txt\"\n```\n"
}

/// Puts each secret where it is held; gives the name of the environment.
async fn put_all(server: &Server, repository: &Repository, held: &[Held]) -> &'static str {
    let install = "echo \"installing with $ENVIRONMENT_TOKEN\"";
    let body = json!({
        "owner": "personal", "name": "E", "repos": [{"url": repository.url()}],
        "environmentJson": json!({"install": install}).to_string(),
    });
    let (status, made) = server.call("POST", "/v1/environments", Some(&body)).await;
    assert_eq!(status, 201, "{made}");
    let environment = made["id"].as_str().unwrap();
    let canary = json!({"value": CANARY, "type": "environment_variable"});
    let path = "/v1/team/secrets/CANARY";
    let (status, put) = server.call("PUT", path, Some(&canary)).await;
    assert_eq!(status, 201, "{put}");
    for one in held {
        let path = match one.holder {
            "user" => format!("/v1/secrets/{}", one.name),
            "team" => format!("/v1/team/secrets/{}", one.name),
            "environment" => format!("/v1/environments/{environment}/secrets/{}", one.name),
            _ => continue,
        };
        let body = json!({"value": one.value});
        let (status, put) = server.call("PUT", &path, Some(&body)).await;
        assert_eq!(status, 201, "{put}");
    }
    "E"
}

async fn follow(server: &Server, id: &str, prompt: &str, state: &str) {
    let body = json!({"prompt": {"text": prompt}});
    let path = format!("/v1/agents/{id}/runs");
    let (status, made) = server.call("POST", &path, Some(&body)).await;
    assert_eq!(status, 201, "{made}");
    server.ended(id).await;
    let details = server.details(id).await;
    let last = details["runs"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["state"], state, "{last}\n{}", server.log());
}

#[tokio::test]
async fn secrets_reach_commands_and_no_sink() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let hook = Hook::start();
    let config = ground.path().join("outwork.toml");
    let token = ground.path().join("host-token");
    std::fs::write(&token, OWN.concat()).unwrap();
    let text = format!(
        "[outbound]\nallow = [\"127.0.0.1\"]\nplain_http = \"allowed\"\n\
         [[hosts]]\nhost = \"git.example.com\"\ntoken_file = {token:?}\n"
    );
    std::fs::write(&config, text).unwrap();
    let arguments = ["--config", config.to_str().unwrap()];
    let server = ground.serve_with(&ground.key("dev@example.com"), &arguments);
    let held = held();
    assert!(held.len() >= 60, "{}", held.len());
    let environment = put_all(&server, &repository, &held).await;
    let of = |holder: &str| {
        let one = held.iter().find(|one| one.holder == holder).unwrap();
        json!({one.name.as_str(): one.value})
    };
    let body = json!({
        "prompt": {"text": blocks(&held)}, "model": {"id": "script"},
        "env": {"type": "cloud", "name": environment}, "autoCreatePR": true,
        "envVars": of("agent"), "runEnvVars": of("run"), "webhook": {"url": hook.url},
    });
    let (status, made) = server.call("POST", "/v1/agents", Some(&body)).await;
    assert_eq!(status, 201, "{made}");
    let id = made["agent"]["id"].as_str().unwrap().to_owned();
    server.finished(&id).await;
    // A variable of the first run only is a secret in later ones too: it may lie in the workspace.
    let failing = format!(
        "Break\n\n```sh\n{SHOW}test -z \"$RUN_TOKEN\" || exit 9\nshow \"$CANARY\"\n\
         show \"$TEAM_TOKEN\"\nshow \"$AGENT_TOKEN\"\n\
         echo \"$TEAM_TOKEN $AGENT_TOKEN $CANARY\"\nexit 3\n```\n"
    );
    follow(&server, &id, &failing, "failed").await;
    let payloads = hook.wait_for(2);
    let mut sinks = Sinks::of(&ground, &server, &id).await;
    sinks.add("the webhook", payloads.concat());
    assert!(server.stop().success());
    sinks.add_files(&ground);
    sinks.hold_none_of(&held);
    sinks.hold_none_of(&[own()]);
    sinks.hold_the_canary();
}
