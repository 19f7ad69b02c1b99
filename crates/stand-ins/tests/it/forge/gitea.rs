//! Gitea's rules for pull requests and comments; the first test is what a real one did.

use serde_json::{Value, json};

use outwork_stand_ins::forge_server::{Kind, Permission, Standing, TokenOptions};

use super::support::{Client, branch, forge};

const PULLS: &str = "/repos/acme/tools/pulls";

fn proposal(head: &str) -> Value {
    json!({"title": "Work", "body": "Done.", "head": head, "base": "main"})
}

#[test]
fn it_does_what_a_real_one_did() {
    let (forge, tools, token) = forge(Kind::Gitea);
    let client = Client::of(&forge, &token);
    branch(&tools, "work");
    client.post(PULLS, &proposal("work"), 201);
    let again = client.post(PULLS, &proposal("work"), 409);
    let words = again["message"].as_str().unwrap();
    assert!(
        words.starts_with("pull request already exists for these targets ["),
        "{words}"
    );
    tools
        .set_branch("same", &tools.tip("main").unwrap().unwrap())
        .unwrap();
    client.post(PULLS, &proposal("same"), 201);
    client.post(PULLS, &proposal("nowhere"), 404);
    let missing = json!({"title": "Work", "head": "work", "base": "nowhere"});
    client.post(PULLS, &missing, 404);
}

#[test]
fn a_pull_request_is_found_by_its_branches() {
    let (forge, tools, token) = forge(Kind::Gitea);
    let client = Client::of(&forge, &token);
    branch(&tools, "agent/work");
    client.post(PULLS, &proposal("agent/work"), 201);
    let found = client.read(&format!("{PULLS}/main/agent/work"));
    assert_eq!(found["number"], 1);
    client.send(
        "PATCH",
        &format!("{PULLS}/1"),
        &json!({"state": "closed"}),
        201,
    );
    assert_eq!(
        client.read(&format!("{PULLS}/main/agent/work"))["state"],
        "closed"
    );
    assert_eq!(client.get(&format!("{PULLS}/main/none")).status, 404);
    assert_eq!(client.read(&format!("{PULLS}?state=open")), json!([]));
    assert_eq!(
        client.read(&format!("{PULLS}?state=all"))[0]["head"]["ref"],
        "agent/work"
    );
}

#[test]
fn drafts_labels_reviewers_and_merges() {
    let (forge, tools, token) = forge(Kind::Gitea);
    let client = Client::of(&forge, &token);
    tools.permit("bob", Permission::Write).unwrap();
    branch(&tools, "work");
    let label = json!({"name": "agent", "color": "#00aabb"});
    let label = client.post("/repos/acme/tools/labels", &label, 201);
    let mut body = proposal("work");
    body["title"] = "WIP: Work".into();
    body["labels"] = json!([label["id"]]);
    body["assignees"] = json!(["alice"]);
    assert_eq!(client.post(PULLS, &body, 201)["draft"], true);
    let reviewers = format!("{PULLS}/1/requested_reviewers");
    client.post(&reviewers, &json!({"reviewers": ["nobody"]}), 404);
    client.post(&reviewers, &json!({"reviewers": ["alice"]}), 422);
    client.post(&reviewers, &json!({"reviewers": ["bob"]}), 201);
    let pull = tools.pull_requests().remove(0);
    assert_eq!(
        (pull.labels, pull.reviewers),
        (vec!["agent".to_owned()], vec!["bob".to_owned()])
    );
    let merge = format!("{PULLS}/1/merge");
    client.post(&merge, &json!({"Do": "merge"}), 405);
    client.send(
        "PATCH",
        &format!("{PULLS}/1"),
        &json!({"title": "Work"}),
        201,
    );
    client.post(
        &merge,
        &json!({"Do": "merge", "head_commit_id": "0".repeat(40)}),
        409,
    );
    client.post(&merge, &json!({"Do": "merge"}), 200);
    assert_eq!(tools.pull_requests()[0].standing, Standing::Merged);
}

#[test]
fn comments_reviews_and_reactions() {
    let (forge, tools, token) = forge(Kind::Gitea);
    let client = Client::of(&forge, &token);
    branch(&tools, "work");
    client.post(PULLS, &proposal("work"), 201);
    let issue = "/repos/acme/tools/issues/1";
    let comment = client.post(&format!("{issue}/comments"), &json!({"body": "Hello"}), 201);
    let path = format!("/repos/acme/tools/issues/comments/{}", comment["id"]);
    assert_eq!(client.read(&format!("{path}/reactions")), Value::Null);
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
        403,
    );
    client.post(
        &format!("{PULLS}/1/reviews"),
        &json!({"event": "COMMENT"}),
        422,
    );
    let review = json!({"event": "COMMENT", "comments": [{"path": "work.txt", "body": "Why?", "new_position": 1}]});
    let review = client.post(&format!("{PULLS}/1/reviews"), &review, 200);
    let held = client.read(&format!("{PULLS}/1/reviews/{}/comments", review["id"]));
    assert_eq!(
        (&held[0]["path"], &held[0]["position"]),
        (&"work.txt".into(), &1.into())
    );
    assert_eq!(
        client
            .read(&format!("{issue}/comments"))
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(tools.pull_request_comments(1).len(), 2);
}

#[test]
fn permissions_of_others_are_for_administrators() {
    let (forge, tools, token) = forge(Kind::Gitea);
    let client = Client::of(&forge, &token);
    tools.permit("bob", Permission::Admin).unwrap();
    let people = "/repos/acme/tools/collaborators";
    assert_eq!(
        client.read(&format!("{people}/alice/permission"))["permission"],
        "write"
    );
    assert_eq!(client.get(&format!("{people}/bob/permission")).status, 403);
    assert_eq!(client.get(&format!("{people}/bob")).status, 204);
    assert_eq!(client.get(&format!("{people}/nobody")).status, 404);
    let admin = Client::of(&forge, &forge.token("bob"));
    assert_eq!(
        admin.read(&format!("{people}/alice/permission"))["permission"],
        "write"
    );
}

#[test]
fn scopes_are_named_in_the_refusal() {
    let (forge, tools, _) = forge(Kind::Gitea);
    branch(&tools, "work");
    let options = TokenOptions::all().scopes(&["write:repository"]);
    let client = Client::of(&forge, &forge.token_with("alice", &options));
    client.post(PULLS, &proposal("work"), 201);
    assert_eq!(client.get("/user").status, 403);
    let refused = client.post(
        "/repos/acme/tools/issues/1/comments",
        &json!({"body": "a"}),
        403,
    );
    assert_eq!(
        refused["message"],
        "token does not have at least one of required scope(s), required=[write:issue]"
    );
}
