//! GitLab's rules for merge requests and notes.

use serde_json::{Value, json};

use outwork_stand_ins::forge_server::{ForgeServer, Kind, Permission, Standing};

use super::support::{Client, branch, forge};

const REQUESTS: &str = "/projects/acme%2Ftools/merge_requests";

fn proposal(source: &str) -> Value {
    json!({"title": "Work", "description": "Done.", "source_branch": source, "target_branch": "main"})
}

#[test]
fn one_open_merge_request_per_source_and_target() {
    let (forge, tools, token) = forge(Kind::GitLab);
    let client = Client::of(&forge, &token);
    let commit = branch(&tools, "work");
    let opened = client.post(REQUESTS, &proposal("work"), 201);
    assert_eq!(
        (&opened["iid"], &opened["sha"]),
        (&1.into(), &commit.as_str().into())
    );
    assert_eq!(
        (&opened["state"], &opened["detailed_merge_status"]),
        (&"opened".into(), &"mergeable".into())
    );
    let again = client.post(REQUESTS, &proposal("work"), 409);
    assert_eq!(
        again["message"][0],
        "Another open merge request already exists for this source branch: !1"
    );
    client.send(
        "PUT",
        &format!("{REQUESTS}/1"),
        &json!({"state_event": "close"}),
        200,
    );
    assert_eq!(client.post(REQUESTS, &proposal("work"), 201)["iid"], 2);
    let list = |query: &str| {
        client
            .read(&format!("{REQUESTS}?{query}"))
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(list("source_branch=work&state=all"), 2);
    assert_eq!(
        list("source_branch=work&state=opened&target_branch=main"),
        1
    );
    assert_eq!(list("source_branch=other"), 0);
    client.post(REQUESTS, &proposal("main"), 422);
    client.post(REQUESTS, &proposal("nowhere"), 400);
    tools
        .set_branch("same", &tools.tip("main").unwrap().unwrap())
        .unwrap();
    client.post(REQUESTS, &proposal("same"), 201);
}

#[test]
fn merge_requests_have_their_own_numbers_and_drafts_their_word() {
    let (forge, tools, token) = forge(Kind::GitLab);
    let client = Client::of(&forge, &token);
    branch(&tools, "work");
    let mut body = proposal("work");
    body["title"] = "Draft: Work".into();
    body["labels"] = "agent, fast".into();
    let me = client.read("/user")["id"].clone();
    body["reviewer_ids"] = json!([me]);
    body["assignee_ids"] = json!([me]);
    let opened = client.post(REQUESTS, &body, 201);
    assert_eq!(
        (&opened["draft"], &opened["title"]),
        (&true.into(), &"Draft: Work".into())
    );
    let pull = tools.pull_requests().remove(0);
    assert_eq!(pull.standing, Standing::Draft);
    assert_eq!(
        (pull.labels, pull.reviewers),
        (
            vec!["agent".to_owned(), "fast".to_owned()],
            vec!["alice".to_owned()]
        )
    );
    client.send("PUT", &format!("{REQUESTS}/1/merge"), &json!({}), 405);
    client.send(
        "PUT",
        &format!("{REQUESTS}/1"),
        &json!({"title": "Work"}),
        200,
    );
    let stale = json!({"sha": "0".repeat(40)});
    client.send("PUT", &format!("{REQUESTS}/1/merge"), &stale, 409);
    let merged = client.send("PUT", &format!("{REQUESTS}/1/merge"), &json!({}), 200);
    assert_eq!(merged["state"], "merged");
}

#[test]
fn notes_form_discussions() {
    let (forge, tools, token) = forge(Kind::GitLab);
    let client = Client::of(&forge, &token);
    let commit = branch(&tools, "work");
    client.post(REQUESTS, &proposal("work"), 201);
    let note = client.post(
        &format!("{REQUESTS}/1/notes"),
        &json!({"body": "Hello"}),
        201,
    );
    assert_eq!(note["type"], Value::Null);
    let award = format!("{REQUESTS}/1/notes/{}/award_emoji", note["id"]);
    client.post(&award, &json!({"name": "eyes"}), 201);
    client.post(&award, &json!({"name": "eyes"}), 404);
    let line = json!({"body": "Why?", "position": {"position_type": "text", "base_sha": commit, "head_sha": commit, "start_sha": commit, "new_path": "work.txt", "new_line": 1}});
    let thread = client.post(&format!("{REQUESTS}/1/discussions"), &line, 201);
    let path = format!(
        "{REQUESTS}/1/discussions/{}",
        thread["id"].as_str().unwrap()
    );
    let reply = client.post(&format!("{path}/notes"), &json!({"body": "Because."}), 201);
    assert_eq!(
        (&reply["type"], &reply["position"]["new_line"]),
        (&"DiffNote".into(), &1.into())
    );
    let thread = client.read(&path);
    assert_eq!(thread["notes"].as_array().unwrap().len(), 2);
    assert_eq!(
        client
            .read(&format!("{REQUESTS}/1/discussions"))
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let comments = tools.pull_request_comments(1);
    assert_eq!(comments[2].thread, Some(comments[1].id));
    assert_eq!(comments[2].place, Some(("work.txt".to_owned(), Some(1))));
}

#[test]
fn people_are_found_by_number_and_level() {
    let (forge, tools, token) = forge(Kind::GitLab);
    let client = Client::of(&forge, &token);
    assert_eq!(client.read("/version")["version"], "18.2.0");
    let alice = client.read("/users?username=alice")[0]["id"].clone();
    let member = client.read(&format!("/projects/{}/members/all/{alice}", tools.id()));
    assert_eq!(member["access_level"], 30);
    assert_eq!(
        client.get("/projects/acme%2Ftools/members/all/1").status,
        404
    );
    let project = client.read("/projects/acme%2Ftools");
    assert_eq!(project["permissions"]["project_access"]["access_level"], 30);
    assert_eq!(client.read("/personal_access_tokens/self")["active"], true);
}

#[test]
fn a_merge_request_of_a_fork_is_made_at_the_fork() {
    let forge = ForgeServer::start_below(Kind::GitLab, "/gitlab").unwrap();
    let tools = forge.repository("acme/team/tools").unwrap();
    tools.permit("bob", Permission::Read).unwrap();
    let fork = tools.fork("bob").unwrap();
    branch(&fork, "work");
    let client = Client::of(&forge, &forge.token("bob"));
    let mut body = proposal("work");
    body["target_project_id"] = tools.id().into();
    let opened = client.post(
        &format!("/projects/{}/merge_requests", fork.id()),
        &body,
        201,
    );
    assert_eq!(
        (&opened["source_project_id"], &opened["target_project_id"]),
        (&fork.id().into(), &tools.id().into())
    );
    let web = opened["web_url"].as_str().unwrap();
    assert!(
        web.ends_with("/gitlab/acme/team/tools/-/merge_requests/1"),
        "{web}"
    );
    client.read("/projects/acme%2Fteam%2Ftools/merge_requests/1");
    client.post(
        &format!("/projects/{}/merge_requests", tools.id()),
        &body,
        403,
    );
}

#[test]
fn a_form_does_as_well_as_json() {
    let (forge, tools, token) = forge(Kind::GitLab);
    branch(&tools, "work");
    let headers = [
        ("private-token".to_owned(), token),
        (
            "content-type".to_owned(),
            "application/x-www-form-urlencoded".to_owned(),
        ),
    ];
    let body = b"title=Work&source_branch=work&target_branch=main";
    let url = format!("{}{REQUESTS}", forge.api_url());
    let reply = outwork_stand_ins::forge_server::call("POST", &url, &headers, body).unwrap();
    assert_eq!(reply.status, 201);
    assert_eq!(tools.pull_requests()[0].title, "Work");
}

#[test]
fn lists_by_key_go_on_behind_an_id() {
    let forge = ForgeServer::start(Kind::GitLab).unwrap();
    forge.many_repositories("acme", 250, "alice");
    let client = Client::of(&forge, &forge.token("alice"));
    let api = forge.api_url();
    let mut path =
        "/projects?membership=true&pagination=keyset&order_by=id&sort=asc&per_page=100".to_owned();
    let mut names = Vec::new();
    loop {
        let reply = client.get(&path);
        let page = reply.json();
        names.extend(
            page.as_array()
                .unwrap()
                .iter()
                .map(|one| one["path"].as_str().unwrap().to_owned()),
        );
        let Some(link) = reply.header("link") else {
            break;
        };
        let url = link.strip_prefix('<').unwrap().split('>').next().unwrap();
        url.strip_prefix(&api).unwrap().clone_into(&mut path);
    }
    assert_eq!(names.len(), 250);
    assert_eq!(
        (names[0].as_str(), names[249].as_str()),
        ("repository-00001", "repository-00250")
    );
}
