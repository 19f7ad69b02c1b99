//! Comments on lines of a change: somebody makes one, and we answer in its thread.

use outwork_domain::{CommitId, PullRequestIdentity, PullRequestNumber};
use outwork_forge::{Line, Person, PersonKind, Place, Reaction, Remark, Said, Side, Subject};
use outwork_stand_ins::forge_server::Permission;
use serde_json::{Value, json};

use crate::world::{Way, World, on_all};

const PATH: &str = "outwork/line";

/// A pull request with a comment of somebody's on its first line.
async fn commented(world: &World) -> (PullRequestNumber, Line) {
    let (branch, commit) = world.branch(PATH);
    let opened = world
        .forge
        .open(&world.draft((branch, commit.clone())))
        .await
        .unwrap();
    let number = opened.number;
    let (id, thread) = match world.way {
        Way::GitHubToken | Way::GitHubApp => on_github(world, number, &commit).await,
        Way::GitLab => on_gitlab(world, number, &commit).await,
        Way::Gitea => on_gitea(world, number).await,
    };
    let line = Line {
        id,
        thread,
        path: PATH.to_owned(),
        line: Some(1),
        side: Side::New,
        hunk: None,
    };
    (number, line)
}

async fn on_github(
    world: &World,
    number: PullRequestNumber,
    commit: &CommitId,
) -> (u64, Option<String>) {
    let body = json!({
        "body": "Why?",
        "commit_id": commit.to_string(),
        "path": PATH,
        "line": 1,
        "side": "RIGHT",
    });
    let made = post(
        world,
        &format!("/repos/acme/tools/pulls/{number}/comments"),
        body,
    )
    .await;
    (made["id"].as_u64().unwrap(), None)
}

async fn on_gitlab(
    world: &World,
    number: PullRequestNumber,
    commit: &CommitId,
) -> (u64, Option<String>) {
    let base = world.there.tip("main").unwrap().unwrap();
    let body = json!({
        "body": "Why?",
        "position": {
            "position_type": "text",
            "base_sha": base,
            "start_sha": base,
            "head_sha": commit.to_string(),
            "old_path": PATH,
            "new_path": PATH,
            "new_line": 1,
        },
    });
    let path = format!("/projects/acme%2Fteam%2Ftools/merge_requests/{number}/discussions");
    let made = post(world, &path, body).await;
    let thread = made["id"].as_str().unwrap().to_owned();
    (made["notes"][0]["id"].as_u64().unwrap(), Some(thread))
}

async fn on_gitea(world: &World, number: PullRequestNumber) -> (u64, Option<String>) {
    let body = json!({
        "event": "COMMENT",
        "body": "See below.",
        "comments": [{ "path": PATH, "body": "Why?", "new_position": 1 }],
    });
    post(
        world,
        &format!("/repos/acme/tools/pulls/{number}/reviews"),
        body,
    )
    .await;
    let review = Said {
        remark: Remark {
            repository: world.repository.clone(),
            subject: Subject::PullRequest(number),
            place: Place::Review { id: 0 },
            identity: PullRequestIdentity::Server,
        },
        author: Person {
            login: "jane".to_owned(),
            id: 0,
            kind: PersonKind::Human,
        },
        text: "See below.".to_owned(),
        url: None,
        title: String::new(),
        description: None,
        head: None,
        subject_url: None,
    };
    let lines = world.forge.lines_of_review(&review).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].text, "Why?");
    assert_eq!(lines[0].author.login, "jane");
    let Place::Line(line) = &lines[0].remark.place else {
        panic!("{lines:?}");
    };
    assert_eq!(
        (line.path.as_str(), line.line, line.side),
        (PATH, Some(1), Side::New)
    );
    (line.id, None)
}

/// What somebody else does, by the forge's own interface.
async fn post(world: &World, path: &str, body: Value) -> Value {
    world.there.permit("jane", Permission::Write).unwrap();
    let token = world.server.token("jane");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{}{path}", world.server.api_url()))
        .bearer_auth(token)
        .json(&body);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}

on_all! {
    async fn a_comment_on_a_line_is_answered_there(world: &World) {
        let (number, line) = commented(world).await;
        let remark = Remark {
            repository: world.repository.clone(),
            subject: Subject::PullRequest(number),
            place: Place::Line(line),
            identity: PullRequestIdentity::Server,
        };
        let marker = "<!-- outwork reply=2 -->";
        assert_eq!(world.forge.find_reply(&remark, marker).await.unwrap(), None);
        let posted = world.forge.reply(&remark, &format!("Because.\n{marker}")).await.unwrap();
        let found = world.forge.find_reply(&remark, marker).await.unwrap().unwrap();
        assert_eq!(found.id, posted.id);
        for _ in 0..2 {
            world.forge.react(&remark, Reaction::Eyes).await.unwrap();
        }
    }

    async fn an_issue_is_answered(world: &World) {
        let number = world.there.open_issue("jane", "It fails", "@outwork fix it");
        let remark = Remark {
            repository: world.repository.clone(),
            subject: Subject::Issue(number),
            place: Place::Description,
            identity: PullRequestIdentity::Server,
        };
        let marker = "<!-- outwork reply=3 -->";
        let posted = world.forge.reply(&remark, marker).await.unwrap();
        let found = world.forge.find_reply(&remark, marker).await.unwrap().unwrap();
        assert_eq!(found.id, posted.id);
        world.forge.react(&remark, Reaction::Eyes).await.unwrap();
    }
}
