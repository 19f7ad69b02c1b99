//! Webhooks from outside: real runs, real deliveries, the command line, and other people's ways of
//! verifying a signature.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use outwork_stand_ins::http::{Ending, Reply};
use outwork_stand_ins::receiver::{Arrival, Receiver};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::repository::Repository;
use crate::support::server::{Database, Ground, Server};

const PATIENCE: Duration = Duration::from_secs(120);
/// A secret of no standard, as Cursor's documentation has them.
const SECRET: &str = "an agent's secret of thirty-two characters or more";

/// Loopback is closed unless the operator says so; so is plain HTTP.
const OPENED: &str = "[outbound]\nallow = [\"127.0.0.0/8\"]\nplain_http = \"allowed\"\n\n\
                      [webhooks]\nretry_secs = [1, 1, 1]\n";

/// How Cursor's documentation and ours verify a signature: the function of docs/webhooks.md, by Python.
const IN_PYTHON: &str = "
import hashlib, hmac, sys

def verify(secret: str, body: bytes, header: str) -> bool:
    expected = 'sha256=' + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, header)

sys.exit(0 if verify(sys.argv[1], sys.stdin.buffer.read(), sys.argv[2]) else 1)
";

fn verified_in_python(secret: &str, body: &[u8], header: &str) -> bool {
    use std::io::Write as _;
    let mut python = Command::new("python3")
        .args(["-c", IN_PYTHON, secret, header])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is needed for this test");
    python.stdin.take().unwrap().write_all(body).unwrap();
    let output = python.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(errors, "");
    output.status.success()
}

fn header<'a>(arrival: &'a Arrival, name: &str) -> &'a str {
    let found = arrival.header(name);
    found.unwrap_or_else(|| panic!("no {name} in {:?}", arrival.headers))
}

/// Checks headers and both signatures as a receiver would.
fn check(arrival: &Arrival, secret: &str, event: &str) {
    assert_eq!(header(arrival, "content-type"), "application/json");
    assert_eq!(header(arrival, "user-agent"), "Cursor-Agent-Webhook/1.0");
    assert_eq!(header(arrival, "x-webhook-event"), event);
    assert!(header(arrival, "x-webhook-id").starts_with("wh_"));
    assert_eq!(
        header(arrival, "x-webhook-id"),
        header(arrival, "webhook-id")
    );
    let signature = header(arrival, "x-webhook-signature");
    assert!(verified_in_python(secret, &arrival.body, signature));
    assert!(!verified_in_python(secret, b"{}", signature), "the control");
    let library = if secret.starts_with("whsec_") {
        Webhook::new(secret).unwrap()
    } else {
        Webhook::from_bytes(secret.as_bytes().to_vec()).unwrap()
    };
    let headers: HeaderMap = arrival
        .headers
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect();
    library.verify(&arrival.body, &headers).unwrap();
    assert!(library.verify(b"{}", &headers).is_err(), "the control");
}

fn body(arrival: &Arrival) -> Value {
    serde_json::from_slice(&arrival.body).unwrap()
}

/// Waits until an endpoint has got so much, and gives that.
async fn arrived(receiver: &Receiver, path: &str, count: usize) -> Vec<Arc<Arrival>> {
    let waiting = async {
        let mut there = 0;
        loop {
            let all = receiver.wait_for(there).await;
            let ours: Vec<_> = all.iter().filter(|one| one.path == path).cloned().collect();
            if ours.len() >= count {
                return ours;
            }
            there = all.len() + 1;
        }
    };
    let found = tokio::time::timeout(PATIENCE, waiting).await;
    found.unwrap_or_else(|_| panic!("{count} never came to {path}: {:?}", receiver.arrivals()))
}

/// A client command of a server, with its key.
fn told(server: &Server, flags: &[&str], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outwork"));
    command
        .args(flags)
        .arg("webhook")
        .args(arguments)
        .env("OUTWORK_URL", &server.url)
        .env("OUTWORK_API_KEY", &server.key)
        .env_remove("OUTWORK_WEBHOOK_SECRET")
        .output()
        .unwrap()
}

/// The same; gives what it prints as JSON.
fn webhook(server: &Server, arguments: &[&str]) -> Result<Value, String> {
    let output = told(server, &["--json"], arguments);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

/// Waits until the log says of a delivery what is wanted; only the log's readers see that it is noted.
async fn noted(server: &Server, id: &str, state: &str, attempts: u64) -> Value {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let shown = webhook(server, &["deliveries", id]).unwrap();
        if shown["state"] == state && shown["attemptCount"] == attempts {
            return shown;
        }
        assert!(tokio::time::Instant::now() < deadline, "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn launch(server: &Server, repository: &str, hook: &str, prompt: &str) -> (u16, Value) {
    let body = json!({
        "prompt": { "text": prompt },
        "model": "script",
        "source": { "repository": repository, "ref": "main" },
        "target": { "autoCreatePr": true },
        "webhook": { "url": hook, "secret": SECRET },
    });
    server.call("POST", "/v0/agents", Some(&body)).await
}

fn opened(ground: &Ground, key: &str) -> Server {
    let configuration = ground.path().join("outwork.toml");
    std::fs::write(&configuration, OPENED).unwrap();
    ground.serve_with(key, &["--config", configuration.to_str().unwrap()])
}

async fn ends_of_runs_are_announced(database: Database) {
    let ground = Ground::new(database);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let receiver = Receiver::start().await.unwrap();
    let server = opened(&ground, &ground.key("dev@example.com"));
    let added = webhook(&server, &["add", &receiver.url("/account")]).unwrap();
    let of_errors = ["add", &receiver.url("/errors"), "--status", "error"];
    webhook(&server, &of_errors).unwrap();
    let made_up = added["secret"].as_str().unwrap();

    // The first answer breaks off, so the same comes again.
    receiver.answer_next("/agent", Reply::nothing(Ending::Close));
    let prompt = "Greet\n```sh\necho hello > GREETING.md\n```";
    let (status, agent) = launch(&server, &repository.url(), &receiver.url("/agent"), prompt).await;
    assert_eq!(status, 201, "{agent}");
    let id = agent["id"].as_str().unwrap();
    let ended = server.finished(id).await;
    let own = arrived(&receiver, "/agent", 2).await;
    let of_account = arrived(&receiver, "/account", 1).await;
    own.iter()
        .for_each(|one| check(one, SECRET, "statusChange"));
    check(&of_account[0], made_up, "statusChange");
    assert_eq!(own[0].body, own[1].body, "the same bytes");
    assert_eq!(own[0].body, of_account[0].body);
    assert_eq!(header(&own[0], "webhook-id"), header(&own[1], "webhook-id"));
    let told = body(&own[0]);
    let expected = json!({
        "event": "statusChange",
        "timestamp": told["timestamp"],
        "id": id,
        "status": "FINISHED",
        "source": { "repository": ended["source"]["repository"], "ref": "main" },
        "target": {
            "url": ended["target"]["url"],
            "branchName": ended["target"]["branchName"],
            "prUrl": ended["target"]["prUrl"],
        },
        "name": ended["name"],
        "summary": ended["summary"],
        "createdAt": ended["createdAt"],
    });
    assert_eq!(told, expected);
    assert!(ended["target"]["prUrl"].is_string(), "{ended}");

    // A follow-up that fails; the endpoint for errors hears of it, and of nothing else.
    server.follow_up(id, "Break\n```sh\nexit 3\n```").await;
    assert_eq!(server.ended(id).await["status"], "ERROR");
    for (path, count) in [("/agent", 3), ("/account", 2), ("/errors", 1)] {
        let last = arrived(&receiver, path, count).await;
        assert_eq!(body(&last[count - 1])["status"], "ERROR", "{path}");
        assert_eq!(last.len(), count, "{path}");
    }
    the_command_line_shows_and_repeats(&server, &receiver, id, &own[0]).await;
    a_test_is_sent(&server, &receiver, added["id"].as_str().unwrap(), made_up).await;
    assert!(server.stop().success());
}

async fn the_command_line_shows_and_repeats(
    server: &Server,
    receiver: &Receiver,
    agent: &str,
    first: &Arrival,
) {
    let id = header(first, "x-webhook-id");
    let shown = noted(server, id, "delivered", 2).await;
    assert_eq!(shown["agentId"], agent);
    assert_eq!(shown["attempts"][0].get("status"), None);
    let broken = "the connection broke before the answer was complete";
    assert_eq!(shown["attempts"][0]["error"], broken);
    assert_eq!(shown["attempts"][1]["status"], 200);
    let listed = webhook(server, &["deliveries", "--agent", agent]).unwrap();
    let listed = listed["deliveries"].as_array().unwrap();
    assert_eq!(listed.len(), 5, "{listed:?}");
    assert_eq!(listed.iter().filter(|one| one["id"] == id).count(), 1);

    let before = arrived(receiver, "/agent", 3).await.len();
    webhook(server, &["redeliver", id]).unwrap();
    let again = arrived(receiver, "/agent", before + 1).await;
    let again = &again[before];
    check(again, SECRET, "statusChange");
    assert_eq!(header(again, "x-webhook-id"), id);
    assert_eq!(again.body, first.body);
    noted(server, id, "delivered", 3).await;
}

async fn a_test_is_sent(server: &Server, receiver: &Receiver, endpoint: &str, secret: &str) {
    let before = arrived(receiver, "/account", 2).await.len();
    let sent = webhook(server, &["test", endpoint]).unwrap();
    let all = arrived(receiver, "/account", before + 1).await;
    let test = &all[before];
    check(test, secret, "test");
    assert_eq!(header(test, "x-webhook-id"), sent["id"]);
    assert_eq!(body(test)["event"], "test");
    assert_eq!(body(test)["endpoint"], endpoint);
    assert_eq!(
        sent["state"], "delivered",
        "the command waits for the answer"
    );
    assert_eq!(sent["attempts"][0]["status"], 200);
    receiver.answer_next("/account", Reply::status(410, ""));
    let refused = told(server, &[], &["test", endpoint]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let shown = String::from_utf8(refused.stdout).unwrap();
    assert!(
        shown.contains("given_up") && shown.contains(" ms 410"),
        "{shown}"
    );
    let listed = told(server, &[], &["deliveries", "--state", "given_up"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let last: Vec<_> = listed
        .lines()
        .map(|line| line.rsplit("  ").next())
        .collect();
    assert_eq!(
        last,
        [Some("TO"), Some(&*receiver.url("/account"))],
        "{listed}"
    );

    let listed = webhook(server, &["list"]).unwrap();
    let urls: Vec<_> = listed["webhooks"].as_array().unwrap().iter().collect();
    assert_eq!(urls.len(), 2, "{listed}");
    assert!(urls.iter().all(|one| one.get("secret").is_none()));
    webhook(server, &["remove", endpoint]).unwrap();
    let refused = webhook(server, &["test", endpoint]).unwrap_err();
    assert!(refused.contains("webhook_not_found"), "{refused}");
}

// The command line is waited for in a thread of its own, while the receiver answers it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_of_runs_are_announced_on_sqlite() {
    ends_of_runs_are_announced(Database::Sqlite).await;
}

// The command line is waited for in a thread of its own, while the receiver answers it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_of_runs_are_announced_on_postgres() {
    ends_of_runs_are_announced(Database::postgres()).await;
}

/// Without the exceptions nothing on this machine is accepted; without them any more, nothing is called.
#[tokio::test]
async fn loopback_is_called_only_if_the_operator_says_so() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let receiver = Receiver::start().await.unwrap();
    let (hook, key) = (receiver.url("/"), ground.key("dev@example.com"));
    let server = ground.serve(&key);
    let (status, refused) = launch(&server, &repository.url(), &hook, "Look").await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (400, &json!("validation_error"))
    );
    let refused = webhook(&server, &["add", &hook]).unwrap_err();
    assert!(refused.contains("validation_error"), "{refused}");
    assert!(server.stop().success());

    let server = opened(&ground, &key);
    webhook(&server, &["add", &hook]).unwrap();
    assert!(server.stop().success());

    // The operator takes it back; the endpoint is still there, and is judged again.
    let server = ground.serve(&key);
    let id = server
        .launch(&repository.url(), "Look\n```sh\nls\n```")
        .await;
    server.finished(&id).await;
    let listed = webhook(&server, &["deliveries", "--agent", &id]).unwrap();
    let delivery = listed["deliveries"][0]["id"].as_str().unwrap();
    let shown = noted(&server, delivery, "waiting", 1).await;
    let error = shown["attempts"][0]["error"].as_str().unwrap();
    assert!(error.starts_with("127.0.0.1 may not be called"), "{error}");
    assert_eq!(receiver.arrival_count(), 0);
}
