//! What all three REST interfaces have to do: pages, marks, limits, redirects, faults.

use std::time::Duration;

use serde_json::{Value, json};

use outwork_stand_ins::forge_server::{
    CredentialKind, Fault, ForgeServer, Kind, Operation, Rule, TokenOptions, Visibility,
};

use super::support::{Client, KINDS, branch, forge};

const fn repository_path(kind: Kind) -> &'static str {
    match kind {
        Kind::GitHub | Kind::Gitea => "/repos/acme/tools",
        Kind::GitLab => "/projects/acme%2Ftools",
    }
}

const fn list_path(kind: Kind) -> &'static str {
    match kind {
        Kind::GitHub => "/user/repos?per_page=100",
        Kind::Gitea => "/user/repos?limit=50",
        Kind::GitLab => "/projects?membership=true&per_page=100",
    }
}

fn create(kind: Kind) -> (String, Value) {
    let body = match kind {
        Kind::GitHub | Kind::Gitea => json!({"title": "Work", "head": "work", "base": "main"}),
        Kind::GitLab => json!({"title": "Work", "source_branch": "work", "target_branch": "main"}),
    };
    let end = match kind {
        Kind::GitHub | Kind::Gitea => "pulls",
        Kind::GitLab => "merge_requests",
    };
    (format!("{}/{end}", repository_path(kind)), body)
}

fn next_of(link: &str, api: &str) -> Option<String> {
    let one = link.split(", ").find(|one| one.ends_with("rel=\"next\""))?;
    let url = one.strip_prefix('<')?.split('>').next()?;
    Some(url.strip_prefix(api)?.to_owned())
}

#[test]
fn thirty_thousand_repositories_are_listed_page_by_page() {
    for kind in KINDS {
        let forge = ForgeServer::start(kind).unwrap();
        forge.many_repositories("acme", 30_000, "alice");
        let client = Client::of(&forge, &forge.token("alice"));
        let first = client.get(list_path(kind));
        assert_eq!(first.status, 200);
        let size = first.json().as_array().unwrap().len();
        assert_eq!(size, if kind == Kind::Gitea { 50 } else { 100 });
        let next = next_of(first.header("link").unwrap(), &forge.api_url()).unwrap();
        let second = client.get(&next);
        assert_ne!(first.body, second.body);
        let last = format!("{}&page={}", list_path(kind), 30_000 / size);
        let last = client.get(&last);
        assert_eq!(last.json().as_array().unwrap().len(), size);
        assert_eq!(
            next_of(last.header("link").unwrap(), &forge.api_url()),
            None
        );
    }
}

#[test]
fn what_did_not_change_is_not_sent_again() {
    for kind in [Kind::GitHub, Kind::GitLab] {
        let (forge, tools, token) = forge(kind);
        let client = Client::of(&forge, &token);
        let first = client.get(repository_path(kind));
        let mark = first.header("etag").unwrap().to_owned();
        let again = || {
            let known = Some(("if-none-match", mark.as_str()));
            client
                .call_with("GET", repository_path(kind), &Value::Null, known)
                .unwrap()
        };
        let same = again();
        assert_eq!((same.status, same.body.len()), (304, 0));
        tools.archive().unwrap();
        assert_eq!(again().status, 200);
    }
}

#[test]
fn an_hour_has_so_many_calls() {
    for kind in KINDS {
        let (forge, _, token) = forge(kind);
        forge.limit_calls(2);
        let client = Client::of(&forge, &token);
        let path = repository_path(kind);
        let statuses = [client.get(path).status, client.get(path).status];
        assert_eq!(statuses, [200, 200]);
        let refused = client.get(path);
        match kind {
            Kind::GitHub => {
                assert_eq!(refused.status, 403);
                assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
                assert!(refused.header("x-ratelimit-reset").is_some());
            }
            Kind::GitLab | Kind::Gitea => {
                assert_eq!(refused.status, 429);
                assert!(refused.header("retry-after").is_some());
            }
        }
        forge.advance(Duration::from_secs(3601));
        assert_eq!(client.get(path).status, 200);
    }
}

#[test]
fn a_mark_that_holds_costs_no_call() {
    let (forge, _, token) = forge(Kind::GitHub);
    let client = Client::of(&forge, &token);
    let first = client.get("/repos/acme/tools");
    assert_eq!(first.header("x-ratelimit-used"), Some("1"));
    let known = Some(("if-none-match", first.header("etag").unwrap()));
    let same = client
        .call_with("GET", "/repos/acme/tools", &Value::Null, known)
        .unwrap();
    assert_eq!(same.header("x-ratelimit-used"), Some("1"));
    let rate = client.read("/rate_limit");
    assert_eq!(rate["resources"]["core"]["used"], 1);
}

#[test]
fn a_renamed_repository_is_redirected() {
    for (kind, reading, writing) in [
        (Kind::GitHub, 301, 307),
        (Kind::GitLab, 302, 405),
        (Kind::Gitea, 307, 307),
    ] {
        let (forge, tools, token) = forge(kind);
        let client = Client::of(&forge, &token);
        tools.rename("acme/gear");
        let reply = client.get(repository_path(kind));
        assert_eq!(reply.status, reading, "{kind:?}");
        let target = reply.header("location").unwrap().to_owned();
        let target = target.strip_prefix(&forge.api_url()).unwrap();
        assert_eq!(client.read(target)["id"], tools.id());
        let (path, body) = create(kind);
        client.send("POST", &path, &body, writing);
        let stranger = Client::of(&forge, &forge.token("mallory"));
        assert_eq!(stranger.get(repository_path(kind)).status, 404);
    }
}

#[test]
fn who_may_not_see_it_does_not_find_it() {
    for kind in KINDS {
        let (forge, tools, token) = forge(kind);
        let path = repository_path(kind);
        let stranger = Client::stranger(&forge);
        assert_eq!(stranger.get(path).status, 404);
        tools.show(Visibility::Public).unwrap();
        assert_eq!(stranger.get(path).status, 200);
        let (create, body) = create(kind);
        stranger.send("POST", &create, &body, 401);
        forge.revoke(&token);
        let refused = Client::of(&forge, &token);
        assert_eq!(refused.get(path).status, 401);
        assert_eq!(
            forge.calls().last().unwrap().credential,
            CredentialKind::Refused
        );
        let few = TokenOptions::all().ends_after_calls(1);
        let few = Client::of(&forge, &forge.token_with("alice", &few));
        assert_eq!([few.get(path).status, few.get(path).status], [200, 401]);
    }
}

#[test]
fn faults_come_before_the_effect_or_after_it() {
    for kind in KINDS {
        let (forge, tools, token) = forge(kind);
        let client = Client::of(&forge, &token);
        branch(&tools, "work");
        let (path, body) = create(kind);
        let on = |fault| forge.fault(Rule::on(Operation::CreatePullRequest, fault));
        on(Fault::Status(502));
        client.send("POST", &path, &body, 502);
        on(Fault::Cut);
        assert!(client.try_call("POST", &path, &body).is_err());
        assert!(tools.pull_requests().is_empty(), "{kind:?}");
        on(Fault::RateLimited(Duration::from_secs(60)));
        let status = client.try_call("POST", &path, &body).unwrap().status;
        assert_eq!(status, if kind == Kind::GitHub { 403 } else { 429 });
        on(Fault::DropReply);
        assert!(client.try_call("POST", &path, &body).is_err());
        assert_eq!(tools.pull_requests().len(), 1, "{kind:?}");
        let call = forge.calls_of(Operation::CreatePullRequest).pop().unwrap();
        assert_eq!((call.status(), call.json()), (None, body.clone()));
        on(Fault::TokenExpires);
        client.send("POST", &path, &body, 401);
        let client = Client::of(&forge, &forge.token("alice"));
        on(Fault::RepositoryGone);
        client.send("POST", &path, &body, 404);
        assert!(tools.path().is_err());
    }
}

#[test]
fn nonsense_is_refused() {
    for kind in KINDS {
        let (forge, _, token) = forge(kind);
        let client = Client::of(&forge, &token);
        assert_eq!(client.get("/nothing/here").status, 404);
        assert_eq!(forge.calls()[0].operation, None);
        let (path, _) = create(kind);
        let headers = [("authorization".to_owned(), format!("Bearer {token}"))];
        let url = format!("{}{path}", forge.api_url());
        let reply = outwork_stand_ins::forge_server::call("POST", &url, &headers, b"{").unwrap();
        assert_eq!(reply.status, 400);
    }
}
