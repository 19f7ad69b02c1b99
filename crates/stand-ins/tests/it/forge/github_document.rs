//! Requests of ours, and answers of the stand-in, before GitHub's own document.

use serde_json::{Value, json};

use outwork_stand_ins::forge_server::{ForgeServer, Kind, Permission};

use super::document::{Document, variable};
use super::github::claim;
use super::support::{Client, branch, forge};

const REPO: &str = "/repos/acme/tools";

fn propose(client: &Client) {
    let repo = REPO;
    client.post(
        &format!("{repo}/pulls"),
        &json!({"title": "Work", "head": "work", "base": "main", "draft": true}),
        201,
    );
    client.post(
        &format!("{repo}/pulls"),
        &json!({"title": "Work", "head": "work", "base": "main"}),
        422,
    );
    client.post(
        &format!("{repo}/pulls/2/requested_reviewers"),
        &json!({"reviewers": ["bob"]}),
        201,
    );
    client.post(
        &format!("{repo}/issues/2/labels"),
        &json!({"labels": ["agent"]}),
        200,
    );
    client.post(
        &format!("{repo}/issues/2/assignees"),
        &json!({"assignees": ["bob"]}),
        201,
    );
    client.send(
        "PATCH",
        &format!("{repo}/pulls/2"),
        &json!({"title": "More", "body": "b"}),
        200,
    );
}

fn discuss(client: &Client, commit: &str, issue: u64) {
    let repo = REPO;
    let comment = client.post(
        &format!("{repo}/issues/{issue}/comments"),
        &json!({"body": "Hi"}),
        201,
    );
    let comment = format!("{repo}/issues/comments/{}", comment["id"]);
    client.send("PATCH", &comment, &json!({"body": "Ho"}), 200);
    client.post(
        &format!("{comment}/reactions"),
        &json!({"content": "eyes"}),
        201,
    );
    let line = json!({"body": "Why?", "commit_id": commit, "path": "work.txt", "line": 1, "side": "RIGHT"});
    let line = client.post(&format!("{repo}/pulls/2/comments"), &line, 201);
    client.post(
        &format!("{repo}/pulls/2/comments/{}/replies", line["id"]),
        &json!({"body": "So."}),
        201,
    );
    client.post(
        &format!("{repo}/pulls/2/reviews"),
        &json!({"event": "COMMENT", "body": "Fine"}),
        200,
    );
    client.post(
        &format!("{repo}/statuses/{commit}"),
        &json!({"state": "success", "context": "ci"}),
        201,
    );
    client.post(
        &format!("{repo}/labels"),
        &json!({"name": "bug", "color": "ff0000"}),
        201,
    );
    let hook = json!({"config": {"url": "http://127.0.0.1/", "content_type": "json", "secret": "s"}, "events": ["push"]});
    client.post(&format!("{repo}/hooks"), &hook, 201);
}

fn act_as_app(forge: &ForgeServer, commit: &str) {
    let repo = REPO;
    let app = forge.app("outwork");
    let installation = forge.install("acme", &["acme/tools"]).unwrap();
    let now = jiff::Timestamp::now().as_second();
    let own = Client::of(forge, &claim(app, now - 30, now + 300));
    let mint = format!("/app/installations/{installation}/access_tokens");
    let minted = own.post(&mint, &json!({"repositories": ["tools"], "permissions": {"contents": "write", "checks": "write"}}), 201);
    let bot = Client::of(forge, minted["token"].as_str().unwrap());
    let run = json!({"name": "build", "head_sha": commit, "status": "completed", "conclusion": "success"});
    bot.post(&format!("{repo}/check-runs"), &run, 201);
    bot.read("/installation/repositories?per_page=100&page=1");
    for path in [
        "/app",
        "/app/installations",
        "/repos/acme/tools/installation",
    ] {
        own.read(path);
    }
}

fn read_and_merge(client: &Client) {
    let repo = REPO;
    for path in [
        "/user",
        "/users/bob",
        "/rate_limit",
        "/user/repos?per_page=100",
        "/repos/bob/tools",
    ] {
        client.read(path);
    }
    for path in [
        "",
        "/branches",
        "/branches/work",
        "/git/ref/heads/work",
        "/collaborators",
        "/collaborators/bob/permission",
        "/labels",
        "/hooks",
        "/pulls?state=all&head=acme:work&base=main",
        "/pulls/2",
        "/pulls/2/files",
        "/pulls/2/comments",
        "/pulls/2/reviews",
        "/issues/1",
        "/issues/2",
        "/issues/1/comments",
        "/commits/work/check-runs",
        "/commits/work/status",
        "/commits/work/statuses",
    ] {
        client.read(&format!("{repo}{path}"));
    }
    client.get("/repos/acme/none");
    client.send(
        "PATCH",
        &format!("{repo}/pulls/2"),
        &json!({"state": "closed"}),
        200,
    );
    client.post(
        &format!("{repo}/pulls"),
        &json!({"title": "Other", "head": "other", "base": "main"}),
        201,
    );
    client.send("PUT", &format!("{repo}/pulls/3/merge"), &json!({}), 200);
}

#[test]
#[ignore = "make conformance installs GitHub's document and runs this"]
fn github_document_takes_the_answers_of_the_stand_in() {
    let document = Document::read();
    let (forge, tools, token) = forge(Kind::GitHub);
    tools.permit("bob", Permission::Write).unwrap();
    tools.permit("alice", Permission::Admin).unwrap();
    let fork = tools.fork("bob").unwrap();
    fork.permit("alice", Permission::Read).unwrap();
    let commit = branch(&tools, "work");
    branch(&tools, "other");
    let client = Client::of(&forge, &token);
    let issue = tools.open_issue("bob", "It breaks", "Often.");
    propose(&client);
    discuss(&client, &commit, issue);
    act_as_app(&forge, &commit);
    read_and_merge(&client);
    let mut faults = Vec::new();
    for call in forge.calls() {
        faults.extend(document.faults(&call.method, &call.path, &call.json()));
        if let (Some(status), Some(answer)) = (call.status(), call.answer()) {
            let place = (call.method.as_str(), call.path.as_str());
            faults.extend(document.answer_faults(place, status, &answer));
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
#[ignore = "make conformance installs GitHub's document and runs this"]
fn github_document_takes_our_requests() {
    let document = Document::read();
    let mut count = 0;
    let mut faults = Vec::new();
    for file in std::fs::read_dir(variable("OUTWORK_FORGE_CALLS")).unwrap() {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        let calls: Vec<Value> = serde_json::from_slice(&text).unwrap();
        for call in calls {
            let (method, path) = (
                call["method"].as_str().unwrap(),
                call["path"].as_str().unwrap(),
            );
            // Git's own calls are in no document.
            if path.contains("/info/refs") || path.contains("/git-") {
                continue;
            }
            count += 1;
            faults.extend(document.faults(method, path, &call["body"]));
        }
    }
    assert!(count > 0, "no test called a forge of GitHub's kind");
    faults.sort();
    faults.dedup();
    assert!(
        faults.is_empty(),
        "{} faults in {count} calls:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// The judge itself, before whom something has to fail.
#[test]
#[ignore = "make conformance installs GitHub's document and runs this"]
fn github_document_refuses_what_is_wrong() {
    let document = Document::read();
    let pulls = "/repos/acme/tools/pulls";
    let good = json!({"title": "Work", "head": "work", "base": "main"});
    assert_eq!(document.faults("POST", pulls, &good), [""; 0]);
    for body in [
        json!({"title": "Work", "head": "work"}),
        json!({"title": "Work", "head": "work", "base": 1}),
        json!({"title": "Work", "head": "work", "base": "main", "labels": []}),
        Value::Null,
    ] {
        assert_eq!(document.faults("POST", pulls, &body).len(), 1, "{body}");
    }
    assert_eq!(
        document
            .faults("GET", "/repos/acme/tools/pulls?state=some", &Value::Null)
            .len(),
        1
    );
    assert_eq!(
        document
            .faults("GET", "/repos/acme/tools/pulls?limit=1", &Value::Null)
            .len(),
        1
    );
    assert_eq!(
        document
            .faults("GET", "/repos/acme/tools/merge_requests", &Value::Null)
            .len(),
        1
    );
    let call = ("GET", "/users/bob");
    assert!(
        !document
            .answer_faults(call, 200, &json!({"login": "bob"}))
            .is_empty()
    );
    assert_eq!(document.answer_faults(call, 418, &Value::Null).len(), 1);
}
