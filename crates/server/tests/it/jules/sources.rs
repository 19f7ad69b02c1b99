//! Sources: list, read, find by other names.

use outwork_domain::{KeyRules, Project};
use outwork_store::agents;
use serde_json::json;

use super::support::{Jules, invalid, not_found, refused};
use crate::support::get;

#[tokio::test]
async fn a_project_is_a_source() {
    let jules = Jules::new().await;
    jules
        .server
        .repositories
        .commit("docs.git", "next", Some("main"), "next\n");
    let id = jules.source.strip_prefix("sources/").unwrap();
    let owner = jules.repository.rsplit('/').nth(1).unwrap();
    let expected = json!({
        "name": jules.source,
        "id": id,
        "githubRepo": {
            "owner": owner,
            "repo": "docs",
            "isPrivate": true,
            "defaultBranch": {"displayName": "main"},
            "branches": [{"displayName": "main"}, {"displayName": "next"}],
        },
    });
    let listed = jules.list("sources", "sources").await;
    assert_eq!(json!(listed), json!([expected]));
    let path = format!("/v1alpha/{}", jules.source);
    assert_eq!(jules.ask(get(path)).await.good(), expected);
    // The only name that clients can ask for, and what they are told is that name.
    let alias = format!("sources/github/{owner}/docs");
    let mut as_asked = expected;
    as_asked["name"] = json!(alias);
    as_asked["id"] = json!(format!("github/{owner}/docs"));
    let path = format!("/v1alpha/{alias}");
    assert_eq!(jules.ask(get(path)).await.good(), as_asked);
    let filtered = format!("sources?filter=name%3D{alias}%20OR%20name%3Dsources/github/o/r");
    assert_eq!(jules.list(&filtered, "sources").await, [as_asked]);
}

#[tokio::test]
async fn a_source_whose_repository_cannot_be_asked_is_there() {
    let jules = Jules::with(|project| {
        project.repository = "file:///nowhere/lost.git".parse().unwrap();
    })
    .await;
    let source = jules
        .ask(get("/v1alpha/sources/github/nowhere/lost"))
        .await
        .good();
    let expected = json!({"owner": "nowhere", "repo": "lost", "isPrivate": true});
    assert_eq!(source["githubRepo"], expected);
}

#[tokio::test]
async fn what_is_no_source_is_not_found() {
    let jules = Jules::new().await;
    for path in ["github/acme/tools", "docs", "local", "github"] {
        let reply = jules.ask(get(format!("/v1alpha/sources/{path}"))).await;
        assert_eq!(refused(&reply), not_found(), "{path}");
    }
    for query in [
        "filter=docs",
        "filter=name%3Ddocs",
        "pageSize=-1",
        "pageSize=x",
        "pageToken=x",
    ] {
        let reply = jules.ask(get(format!("/v1alpha/sources?{query}"))).await;
        assert_eq!(refused(&reply), invalid(), "{query}");
    }
}

#[tokio::test]
async fn sources_come_by_pages_and_one_a_repository() {
    let jules = Jules::new().await;
    let add = async |id: &str, repository: &str| {
        let project = Project::new(id.parse().unwrap(), repository.parse().unwrap());
        jules.server.project(project).await;
    };
    add("again", &jules.repository.clone()).await;
    for name in ["a.git", "b.git"] {
        add(&name[..1], &jules.server.repositories.make(name)).await;
    }
    let all = jules.list("sources?pageSize=1000", "sources").await;
    assert_eq!(all.len(), 3);
    let mut paged = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("/v1alpha/sources?page_size=2&pageToken={token}");
        let page = jules.ask(get(path)).await.good();
        paged.extend(page["sources"].as_array().unwrap().clone());
        match page["nextPageToken"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(paged, all);
    let names: Vec<&str> = all
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert!(names.is_sorted());
}

#[tokio::test]
async fn a_limited_key_sees_the_sources_of_its_projects() {
    let jules = Jules::new().await;
    let other = jules.server.repositories.make("api.git");
    jules
        .server
        .project(Project::new("api".parse().unwrap(), other.parse().unwrap()))
        .await;
    let rules = KeyRules {
        projects: vec!["docs".parse().unwrap()],
        ..KeyRules::default()
    };
    let limited = jules.server.limited(&jules.key, rules).await;
    let seen = jules.server.read(&limited, "/v1alpha/sources").await;
    let names: Vec<_> = seen["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, [&jules.source]);
    let path = other.replace("file://", "/v1alpha/sources/local");
    assert_eq!(
        refused(&jules.server.ask(get(path).by(&limited)).await),
        not_found()
    );
}

#[tokio::test]
async fn a_listed_repository_without_a_project_is_a_source() {
    let jules = Jules::new().await;
    let free = jules.server.repositories.make("free.git");
    let name = free.replace("file://", "sources/local");
    let all = jules.list("sources", "sources").await;
    let names: Vec<&str> = all
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, [jules.source.as_str(), name.as_str()]);
    let owner = free.rsplit('/').nth(1).unwrap();
    for source in [name.clone(), format!("sources/github/{owner}/free")] {
        let body = json!({"prompt": "one", "sourceContext": {"source": source}});
        let session = jules.create(&body).await;
        assert_eq!(session["sourceContext"], json!({"source": name}));
        let id = session["id"].as_str().unwrap().parse().unwrap();
        let mut reader = jules.server.store.read().await.unwrap();
        let view = agents::find(&mut reader, jules.key.account_id, id).await;
        let agent = view.unwrap().unwrap().agent;
        assert_eq!(agent.origin.project, None);
        assert_eq!(agent.repositories[0].source.repository.to_string(), free);
    }
}
