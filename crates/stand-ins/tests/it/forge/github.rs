//! GitHub's rules for pull requests, comments and the App.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use outwork_stand_ins::forge_server::{
    APP_PRIVATE_KEY, CredentialKind, Kind, Permission, Standing, TokenOptions,
};

use super::support::{Checkout, Client, branch, forge};

const PULLS: &str = "/repos/acme/tools/pulls";

fn proposal(head: &str) -> Value {
    json!({"title": "Work", "body": "Done.", "head": head, "base": "main"})
}

#[test]
fn one_open_pull_request_per_head_and_base() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let client = Client::of(&forge, &token);
    let commit = branch(&tools, "work");
    let opened = client.post(PULLS, &proposal("work"), 201);
    assert_eq!(opened["number"], 1);
    assert_eq!(opened["head"]["sha"], commit.as_str());
    assert_eq!(opened["head"]["label"], "acme:work");
    assert_eq!(opened["mergeable"], true);
    let again = client.post(PULLS, &proposal("work"), 422);
    assert_eq!(again["message"], "Validation Failed");
    assert_eq!(
        again["errors"][0]["message"],
        "A pull request already exists for acme:work."
    );
    client.send(
        "PATCH",
        &format!("{PULLS}/1"),
        &json!({"state": "closed"}),
        200,
    );
    assert_eq!(client.post(PULLS, &proposal("work"), 201)["number"], 2);
    let list = |query: &str| client.read(&format!("{PULLS}?{query}"));
    let numbers = |list: &Value| -> Vec<u64> {
        let all = list.as_array().unwrap().iter();
        all.map(|one| one["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&list("head=acme:work&state=all")), [2, 1]);
    assert_eq!(numbers(&list("head=acme:work")), [2]);
    assert_eq!(numbers(&list("head=acme:other&state=all")), [0; 0]);
}

#[test]
fn impossible_pull_requests_are_refused() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let client = Client::of(&forge, &token);
    let base = tools.tip("main").unwrap().unwrap();
    tools.set_branch("same", &base).unwrap();
    let empty = client.post(PULLS, &proposal("same"), 422);
    assert_eq!(
        empty["errors"][0]["message"],
        "No commits between main and same"
    );
    let missing = client.post(PULLS, &proposal("nowhere"), 422);
    assert_eq!(
        missing["errors"][0],
        json!({"resource": "PullRequest", "field": "head", "code": "invalid"})
    );
    branch(&tools, "work");
    let body = json!({"title": "Work", "head": "work", "base": "nowhere"});
    let missing = client.post(PULLS, &body, 422);
    assert_eq!(missing["errors"][0]["field"], "base");
    client.post(PULLS, &json!({"head": "work", "base": "main"}), 422);
    tools.archive().unwrap();
    client.post(PULLS, &proposal("work"), 403);
    assert!(tools.pull_requests().is_empty());
}

#[test]
fn a_pull_request_follows_its_branch_and_merges() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let client = Client::of(&forge, &token);
    branch(&tools, "work");
    let mut draft = proposal("work");
    draft["draft"] = true.into();
    client.post(PULLS, &draft, 201);
    assert_eq!(tools.pull_requests()[0].standing, Standing::Draft);
    client.send("PUT", &format!("{PULLS}/1/merge"), &json!({}), 405);
    branch(&tools, "other");
    client.post(PULLS, &proposal("other"), 201);
    let checkout = Checkout::of(&tools, &token);
    checkout.git(&["checkout", "--quiet", "other"]).well();
    let tip = checkout.change("more.txt", "more\n");
    checkout.push("other").well();
    let one = client.read(&format!("{PULLS}/2"));
    assert_eq!(one["head"]["sha"], tip.as_str());
    let head = checkout
        .git(&["ls-remote", "origin", "refs/pull/2/head"])
        .well();
    assert!(head.starts_with(&tip), "{head}");
    let stale = json!({"sha": "0".repeat(40)});
    client.send("PUT", &format!("{PULLS}/2/merge"), &stale, 409);
    let merged = client.send(
        "PUT",
        &format!("{PULLS}/2/merge"),
        &json!({"sha": tip}),
        200,
    );
    assert_eq!(
        tools.tip("main").unwrap().as_deref(),
        merged["sha"].as_str()
    );
    let one = client.read(&format!("{PULLS}/2"));
    assert_eq!(
        (&one["merged"], &one["state"]),
        (&true.into(), &"closed".into())
    );
    tools.delete_branch("work").unwrap();
    assert_eq!(tools.pull_requests()[0].standing, Standing::Closed);
}

#[test]
fn reviewers_labels_and_assignees_are_set() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let client = Client::of(&forge, &token);
    tools.permit("bob", Permission::Read).unwrap();
    branch(&tools, "work");
    client.post(PULLS, &proposal("work"), 201);
    let reviewers = format!("{PULLS}/1/requested_reviewers");
    client.post(&reviewers, &json!({"reviewers": ["alice"]}), 422);
    client.post(&reviewers, &json!({"reviewers": ["mallory"]}), 422);
    client.post(&reviewers, &json!({"reviewers": ["bob"]}), 201);
    let issue = "/repos/acme/tools/issues/1";
    client.post(
        &format!("{issue}/labels"),
        &json!({"labels": ["agent"]}),
        200,
    );
    client.post(
        &format!("{issue}/assignees"),
        &json!({"assignees": ["alice", "mallory"]}),
        201,
    );
    let pull = tools.pull_requests().remove(0);
    assert_eq!(pull.reviewers, ["bob"]);
    assert_eq!(pull.labels, ["agent"]);
    assert_eq!(pull.assignees, ["alice"]);
}

#[test]
fn conversations_keep_their_threads() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let client = Client::of(&forge, &token);
    let commit = branch(&tools, "work");
    client.post(PULLS, &proposal("work"), 201);
    let issue = "/repos/acme/tools/issues/1";
    let comment = client.post(&format!("{issue}/comments"), &json!({"body": "Hello"}), 201);
    let path = format!("/repos/acme/tools/issues/comments/{}", comment["id"]);
    client.post(
        &format!("{path}/reactions"),
        &json!({"content": "eyes"}),
        201,
    );
    client.post(
        &format!("{path}/reactions"),
        &json!({"content": "eyes"}),
        200,
    );
    client.post(
        &format!("{path}/reactions"),
        &json!({"content": "cow"}),
        422,
    );
    client.send("PATCH", &path, &json!({"body": "Hello again"}), 200);
    let line = json!({"body": "Why?", "commit_id": commit, "path": "work.txt", "line": 1, "side": "RIGHT"});
    let first = client.post(&format!("{PULLS}/1/comments"), &line, 201);
    let replies = format!("{PULLS}/1/comments/{}/replies", first["id"]);
    let second = client.post(&replies, &json!({"body": "Because."}), 201);
    assert_eq!(second["in_reply_to_id"], first["id"]);
    assert_eq!(
        (&second["path"], &second["line"]),
        (&"work.txt".into(), &1.into())
    );
    let third = json!({"body": "I see.", "in_reply_to": second["id"]});
    let third = client.post(&format!("{PULLS}/1/comments"), &third, 201);
    assert_eq!(third["in_reply_to_id"], first["id"]);
    let review = json!({"event": "REQUEST_CHANGES", "body": "No", "comments": [{"path": "work.txt", "line": 1, "body": "here"}]});
    let review = client.post(&format!("{PULLS}/1/reviews"), &review, 200);
    let held = client.read(&format!("{PULLS}/1/reviews/{}/comments", review["id"]));
    assert_eq!(held[0]["body"], "here");
    let bodies: Vec<String> = tools
        .pull_request_comments(1)
        .into_iter()
        .map(|one| one.body)
        .collect();
    assert_eq!(
        bodies,
        ["Hello again", "Why?", "Because.", "I see.", "here"]
    );
    assert_eq!(tools.reactions(), [("alice".to_owned(), "eyes".to_owned())]);
    assert_eq!(
        client
            .read(&format!("{issue}/comments"))
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn issues_and_pull_requests_share_their_numbers() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let client = Client::of(&forge, &token);
    assert_eq!(tools.open_issue("bob", "It breaks", "Often."), 1);
    branch(&tools, "work");
    assert_eq!(client.post(PULLS, &proposal("work"), 201)["number"], 2);
    let issue = client.read("/repos/acme/tools/issues/1");
    assert_eq!(
        (&issue["body"], &issue["pull_request"]),
        (&"Often.".into(), &Value::Null)
    );
    let pull = client.read("/repos/acme/tools/issues/2");
    assert!(pull["pull_request"]["url"].is_string());
    assert_eq!(client.get("/repos/acme/tools/issues/3").status, 404);
    client.post(
        "/repos/acme/tools/issues/1/comments",
        &json!({"body": "Where?"}),
        201,
    );
    assert_eq!(tools.issue_comments(1)[0].body, "Where?");
}

#[test]
fn a_fork_can_propose_to_its_parent() {
    let (forge, tools, _) = forge(Kind::GitHub);
    tools.permit("bob", Permission::Read).unwrap();
    let fork = tools.fork("bob").unwrap();
    branch(&fork, "work");
    let client = Client::of(&forge, &forge.token("bob"));
    let opened = client.post(PULLS, &proposal("bob:work"), 201);
    assert_eq!(opened["head"]["repo"]["full_name"], "bob/tools");
    assert_eq!(opened["maintainer_can_modify"], true);
    assert_eq!(
        client
            .read(&format!("{PULLS}?head=bob:work"))
            .as_array()
            .unwrap()
            .len(),
        1
    );
    client.post(PULLS, &proposal("carol:work"), 422);
    tools.permit("carol", Permission::Read).unwrap();
    branch(&tools, "own");
    let carol = Client::of(&forge, &forge.token("carol"));
    carol.post(PULLS, &proposal("own"), 403);
}

#[test]
fn checks_and_statuses_are_told_apart() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let client = Client::of(&forge, &token);
    let commit = branch(&tools, "work");
    let status = json!({"state": "failure", "context": "ci", "description": "1 test failed"});
    client.post(
        &format!("/repos/acme/tools/statuses/{commit}"),
        &status,
        201,
    );
    let combined = client.read("/repos/acme/tools/commits/work/status");
    assert_eq!(
        (&combined["state"], &combined["total_count"]),
        (&"failure".into(), &1.into())
    );
    let run = json!({"name": "build", "head_sha": commit, "conclusion": "success"});
    client.post("/repos/acme/tools/check-runs", &run, 403);
    let runs = client.read(&format!("/repos/acme/tools/commits/{commit}/check-runs"));
    assert_eq!(runs["total_count"], 0);
}

pub fn claim(app: u64, from: i64, to: i64) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(&json!({"alg": "RS256", "typ": "JWT"}));
    let payload = part(&json!({"iss": app.to_string(), "iat": from, "exp": to}));
    let lines = APP_PRIVATE_KEY.lines();
    let key: String = lines.filter(|line| !line.starts_with("-----")).collect();
    let key = RsaKeyPair::from_der(&STANDARD.decode(key).unwrap()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    let text = format!("{header}.{payload}");
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn the_app_mints_tokens_for_its_installations() {
    let (forge, tools, token) = forge(Kind::GitHub);
    forge.repository("acme/other").unwrap();
    let now = jiff::Timestamp::now().as_second();
    let app = forge.app("outwork");
    let installation = forge
        .install("acme", &["acme/tools", "acme/other"])
        .unwrap();
    let client = Client::of(&forge, &claim(app, now - 30, now + 300));
    assert_eq!(client.read("/app")["slug"], "outwork");
    assert_eq!(client.read("/app/installations")[0]["id"], installation);
    assert_eq!(
        client.read("/repos/acme/tools/installation")["id"],
        installation
    );
    assert_eq!(client.get("/repos/acme/none/installation").status, 404);
    let mint = format!("/app/installations/{installation}/access_tokens");
    client.post(&mint, &json!({"repositories": ["none"]}), 422);
    client.post(
        &mint,
        &json!({"permissions": {"administration": "write"}}),
        422,
    );
    let wanted = json!({"repositories": ["tools"], "permissions": {"contents": "write", "pull_requests": "write"}});
    let minted = client.post(&mint, &wanted, 201);
    let minted = minted["token"].as_str().unwrap();
    let bot = Client::of(&forge, minted);
    let own = bot.read("/installation/repositories");
    assert_eq!(
        (&own["total_count"], &own["repositories"][0]["full_name"]),
        (&1.into(), &"acme/tools".into())
    );
    assert_eq!(bot.get("/repos/acme/other").status, 404);
    assert_eq!(bot.get("/user").status, 403);
    let checkout = Checkout::of(&tools, &token);
    checkout.change("a.txt", "one\n");
    checkout.push_with(minted, "work").well();
    assert_eq!(forge.pushes()[0].who.as_deref(), Some("outwork[bot]"));
    let opened = bot.post(PULLS, &proposal("work"), 201);
    assert_eq!(
        (&opened["user"]["login"], &opened["user"]["type"]),
        (&"outwork[bot]".into(), &"Bot".into())
    );
    assert_eq!(
        forge.calls().last().unwrap().credential,
        CredentialKind::Installation
    );
    bot.post(
        "/repos/acme/tools/statuses/HEAD",
        &json!({"state": "success"}),
        403,
    );
    forge.advance(std::time::Duration::from_secs(3601));
    assert_eq!(bot.get("/installation/repositories").status, 401);
}

#[test]
fn claims_that_do_not_hold_are_refused() {
    let (forge, _, token) = forge(Kind::GitHub);
    let app = forge.app("outwork");
    let now = jiff::Timestamp::now().as_second();
    let status = |claim: &str| Client::of(&forge, claim).get("/app").status;
    assert_eq!(status(&claim(app, now, now + 600)), 200);
    assert_eq!(status(&claim(app, now - 700, now - 100)), 401);
    assert_eq!(status(&claim(app, now, now + 3600)), 401);
    assert_eq!(status(&claim(app, now + 300, now + 600)), 401);
    assert_eq!(status(&claim(app + 1, now, now + 600)), 401);
    let mut forged = claim(app, now, now + 600);
    forged.replace_range(forged.len() - 8..forged.len() - 4, "AAAA");
    assert_eq!(status(&forged), 401);
    assert_eq!(status(&token), 401);
}

#[test]
fn a_token_tells_what_it_lacks() {
    let (forge, tools, _) = forge(Kind::GitHub);
    branch(&tools, "work");
    let options = TokenOptions::all().permissions(&[("contents", "write")]);
    let client = Client::of(&forge, &forge.token_with("alice", &options));
    let reply = client.try_call("POST", PULLS, &proposal("work")).unwrap();
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.header("x-accepted-github-permissions"),
        Some("pull_requests=write")
    );
    assert_eq!(
        reply.json()["message"],
        "Resource not accessible by personal access token"
    );
    let options = TokenOptions::all().scopes(&["read:org"]);
    let client = Client::of(&forge, &forge.token_with("alice", &options));
    let reply = client.get(PULLS);
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("x-oauth-scopes"), Some("read:org"));
}
