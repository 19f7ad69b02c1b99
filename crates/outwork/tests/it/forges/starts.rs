//! Work that starts from a pull request on a forge.

use outwork_stand_ins::forge_server::{Kind, Permission, Repository, Standing, call};
use serde_json::{Value, json};

use super::publication::notes;
use super::support::{COLLABORATOR, Fake, LOGIN, Scene, on_each};
use crate::support::server::Server;

const PROMPT: &str = "Add a greeting\n\n```sh\necho hello > GREETING.md\n```\n";

/// Lets somebody open a pull request on the forge's own pages, from that repository.
async fn opened(scene: &Scene, from: &Repository, branch: &str) -> String {
    let commit = from.commit(branch, &[("by-hand.txt", "theirs\n")]).unwrap();
    let base: outwork_domain::Repository = scene.repository.parse().unwrap();
    let head: outwork_domain::Repository = from.clone_url().unwrap().parse().unwrap();
    let commit: outwork_domain::CommitId = commit.parse().unwrap();
    let draft = outwork_forge::Draft {
        agent_id: outwork_domain::AgentId::new(uuid::Uuid::nil()),
        title: "By hand".to_owned(),
        body: "Made by a person.".to_owned(),
        base: "main".parse().unwrap(),
        head: branch.parse().unwrap(),
        head_repository: (head != base).then_some(head),
        base_commit: commit.clone(),
        head_commit: commit,
        readiness: outwork_domain::Readiness::Ready,
        identity: outwork_domain::PullRequestIdentity::User,
        repository: base,
    };
    scene.forge.open(&draft).await.unwrap().url
}

/// Lets the owner of a fork open one, and keep its branch to himself.
fn opened_by(scene: &Scene, token: &str, fork: &Repository, branch: &str) -> String {
    fork.commit(branch, &[("by-hand.txt", "theirs\n")]).unwrap();
    let Fake { server, there, .. } = scene.fake();
    let (path, mut body) = match server.kind() {
        Kind::GitHub | Kind::Gitea => (
            format!("/repos/{}/pulls", there.path().unwrap()),
            json!({"head": format!("guest:{branch}"), "base": "main", "maintainer_can_modify": false}),
        ),
        Kind::GitLab => (
            format!("/projects/{}/merge_requests", fork.id()),
            json!({"source_branch": branch, "target_branch": "main", "target_project_id": there.id()}),
        ),
    };
    body["title"] = "By hand".into();
    let headers = [
        ("authorization".to_owned(), format!("Bearer {token}")),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let url = format!("{}{path}", server.api_url());
    let reply = call("POST", &url, &headers, body.to_string().as_bytes()).unwrap();
    assert_eq!(reply.status, 201, "{reply:?}");
    let told = reply.json();
    let page = told.get("html_url").or_else(|| told.get("web_url"));
    page.unwrap().as_str().unwrap().to_owned()
}

async fn launch(server: &Server, url: &str, target: &Value) -> (u16, Value) {
    prompted(server, PROMPT, url, target).await
}

async fn prompted(server: &Server, prompt: &str, url: &str, target: &Value) -> (u16, Value) {
    let body = json!({
        "prompt": { "text": prompt },
        "model": "script",
        "source": { "prUrl": url },
        "target": target,
    });
    server.call("POST", "/v0/agents", Some(&body)).await
}

on_each! {
    async fn work_goes_to_the_branch_of_a_pull_request_or_beside_it(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let url = opened(&scene, there, "topic").await;
        let (status, agent) =
            launch(&server, &url, &json!({"autoCreatePr": true, "autoBranch": false})).await;
        assert_eq!(status, 201, "{agent}");
        assert_eq!(agent["target"]["branchName"], "topic");
        assert_eq!(agent["target"]["prUrl"], json!(url));
        let id = agent["id"].as_str().unwrap();
        server.finished(id).await;
        assert_eq!(there.file("topic", "GREETING.md").unwrap().unwrap(), "hello\n");
        assert_eq!(there.file("topic", "by-hand.txt").unwrap().unwrap(), "theirs\n");
        let pulls = there.pull_requests();
        assert_eq!((pulls.len(), pulls[0].body.as_str()), (1, "Made by a person."));
        let (_, list) = server.call("GET", "/api/v1/forge-pull-requests", None).await;
        assert_eq!(list["pullRequests"][0]["agentId"], json!(id), "{list}");

        // On a new branch, which its own pull request brings into the first.
        let (_, agent) = launch(&server, &url, &json!({"autoCreatePr": true})).await;
        assert_eq!(agent["target"].get("prUrl"), None, "{agent}");
        let id = agent["id"].as_str().unwrap().to_owned();
        server.follow_up(&id, "More\n\n```sh\necho more >> by-hand.txt\n```\n").await;
        let agent = server.finished(&id).await;
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 2, "{pulls:?}");
        assert_eq!(pulls[1].base, "topic");
        assert_eq!(agent["target"]["branchName"], json!(pulls[1].head));
        assert_eq!(there.file(&pulls[1].head, "by-hand.txt").unwrap().unwrap(), "theirs\nmore\n");
        assert_eq!(there.file("topic", "by-hand.txt").unwrap().unwrap(), "theirs\n");
    }

    async fn a_follow_up_to_work_that_was_merged_gets_a_pull_request_of_its_own(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let url = opened(&scene, there, "topic").await;
        let target = json!({"autoCreatePr": true, "autoBranch": false});
        let (_, agent) = launch(&server, &url, &target).await;
        let id = agent["id"].as_str().unwrap().to_owned();
        server.finished(&id).await;
        let number = there.pull_requests()[0].number;
        there.merge(COLLABORATOR, number).unwrap();
        server.follow_up(&id, "More\n\n```sh\necho more >> GREETING.md\n```\n").await;
        let agent = server.finished(&id).await;
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 2, "{pulls:?}");
        assert_eq!((pulls[1].head.as_str(), pulls[1].base.as_str()), ("topic-2", "main"));
        assert_eq!(pulls[1].standing, Standing::Open);
        assert_ne!(agent["target"]["prUrl"], json!(url));
    }

    async fn a_fork_is_pushed_to_where_its_owner_lets_us(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let fork = there.fork("guest").unwrap();
        fork.permit(LOGIN, Permission::Write).unwrap();
        let url = opened(&scene, &fork, "topic").await;
        let target = json!({"autoCreatePr": true, "autoBranch": false});
        let (status, agent) = launch(&server, &url, &target).await;
        assert_eq!(status, 201, "{agent}");
        let id = agent["id"].as_str().unwrap().to_owned();
        server.finished(&id).await;
        assert_eq!(fork.file("topic", "GREETING.md").unwrap().unwrap(), "hello\n");
        assert_eq!(there.tip("topic").unwrap(), None);
        assert_eq!(there.pull_requests().len(), 1);

        // On a new branch of our own repository.
        let prompt = "Beside\n\n```sh\necho beside > BESIDE.md\n```\n";
        let target = json!({"autoCreatePr": true});
        let (status, agent) = prompted(&server, prompt, &url, &target).await;
        assert_eq!(status, 201, "{agent}");
        let id = agent["id"].as_str().unwrap().to_owned();
        let agent = server.finished(&id).await;
        let branch = agent["target"]["branchName"].as_str().unwrap();
        assert_eq!(there.file(branch, "by-hand.txt").unwrap().unwrap(), "theirs\n");
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 2, "{pulls:?}");
        assert_eq!(pulls[1].base, "main");
        assert_eq!(notes(&server, &id).await, "");
    }

    async fn a_fork_that_only_its_owner_pushes_to_is_left_alone(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let fork = there.fork("guest").unwrap();
        let guest = scene.fake().server.token("guest");
        fork.permit("guest", Permission::Admin).unwrap();
        fork.permit(LOGIN, Permission::Read).unwrap();
        there.permit("guest", Permission::Read).unwrap();
        let url = opened_by(&scene, &guest, &fork, "topic");
        let target = json!({"autoCreatePr": true, "autoBranch": false});
        let (status, refused) = launch(&server, &url, &target).await;
        assert_eq!(status, 400, "{refused}");
        assert_eq!(refused["error"]["code"], "pr_resolution_failed", "{refused}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("only its owner pushes to"), "{message}");
        // Beside it there is a way.
        let (status, agent) = launch(&server, &url, &json!({"autoCreatePr": true})).await;
        assert_eq!(status, 201, "{agent}");
        server.finished(agent["id"].as_str().unwrap()).await;
        assert_eq!(there.pull_requests().len(), 2);
    }

    async fn what_is_not_open_is_no_start(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let url = opened(&scene, there, "topic").await;
        let number = there.pull_requests()[0].number;
        let missing = url.replace(&number.to_string(), "4711");
        there.close(COLLABORATOR, number).unwrap();
        for url in [url, missing] {
            let (status, refused) = launch(&server, &url, &json!({})).await;
            assert_eq!(status, 400, "{refused}");
            assert_eq!(refused["error"]["code"], "pr_resolution_failed", "{refused}");
        }
    }
}
