//! What people do on the forge, and the webhooks that tell about it.

use serde_json::{Value, json};

use outwork_stand_ins::forge_server::{
    CheckEnd, Delivery, ForgeServer, Kind, On, Repository, Standing, Verdict,
};
use outwork_stand_ins::receiver::Receiver;

use super::support::{Client, KINDS, branch, forge};

/// `acme/tools` with a pull request from `work`.
fn proposed(kind: Kind) -> (ForgeServer, Repository, u64) {
    let (forge, tools, token) = forge(kind);
    branch(&tools, "work");
    let client = Client::of(&forge, &token);
    let (path, head, base) = match kind {
        Kind::GitHub | Kind::Gitea => ("/repos/acme/tools/pulls", "head", "base"),
        Kind::GitLab => (
            "/projects/acme%2Ftools/merge_requests",
            "source_branch",
            "target_branch",
        ),
    };
    let body = json!({"title": "Work", head: "work", base: "main"});
    client.post(path, &body, 201);
    let number = tools.pull_requests()[0].number;
    (forge, tools, number)
}

fn header<'a>(delivery: &'a Delivery, name: &str) -> Option<&'a str> {
    let found = delivery.headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

/// The values at some JSON pointers.
fn at(delivery: &Delivery, places: &[&str]) -> Vec<Value> {
    let body = delivery.json();
    let found = places.iter().map(|place| body.pointer(place).cloned());
    found.map(Option::unwrap_or_default).collect()
}

#[test]
fn a_comment_is_told_in_each_form() {
    for (kind, event, text, author) in [
        (
            Kind::GitHub,
            "issue_comment",
            "/comment/body",
            "/sender/login",
        ),
        (
            Kind::GitLab,
            "Note Hook",
            "/object_attributes/note",
            "/user/username",
        ),
        (
            Kind::Gitea,
            "issue_comment",
            "/comment/body",
            "/sender/login",
        ),
    ] {
        let (_forge, tools, pull) = proposed(kind);
        let told = tools
            .comment("bob", On::PullRequest(pull), "@outwork go on")
            .unwrap();
        assert_eq!(told.event, event);
        assert_eq!(
            at(&told, &[text, author]),
            [json!("@outwork go on"), json!("bob")]
        );
        let is_pull = match kind {
            Kind::GitHub => "/issue/pull_request/url",
            Kind::GitLab => "/merge_request/iid",
            Kind::Gitea => "/is_pull",
        };
        assert!(!at(&told, &[is_pull])[0].is_null(), "{kind:?}");
        let issue = tools.open_issue("bob", "It breaks", "Often.");
        let told = tools
            .comment("bob", On::Issue(issue), "@outwork fix it")
            .unwrap();
        assert_eq!(at(&told, &[text])[0], "@outwork fix it");
        let told = tools.issue_opened("bob", issue).unwrap();
        let title = if kind == Kind::GitLab {
            "/object_attributes/title"
        } else {
            "/issue/title"
        };
        assert_eq!(at(&told, &[title])[0], "It breaks");
        assert!(tools.comment("bob", On::Issue(99), "Hello?").is_err());
    }
}

#[test]
fn a_comment_on_a_line_brings_its_place_where_the_forge_tells_it() {
    let (_forge, tools, pull) = proposed(Kind::GitHub);
    let first = tools
        .comment_on_line("bob", pull, ("work.txt", 1), "Why?")
        .unwrap();
    assert_eq!(first.event, "pull_request_review_comment");
    assert_eq!(
        at(&first, &["/comment/path", "/comment/line"]),
        [json!("work.txt"), json!(1)]
    );
    let id = at(&first, &["/comment/id"])[0].as_u64().unwrap();
    let second = tools.answer("carol", id, "Indeed.").unwrap();
    assert_eq!(at(&second, &["/comment/in_reply_to_id"]), [json!(id)]);
    let (_forge, tools, pull) = proposed(Kind::GitLab);
    let first = tools
        .comment_on_line("bob", pull, ("work.txt", 1), "Why?")
        .unwrap();
    let places = [
        "/object_attributes/type",
        "/object_attributes/position/new_path",
    ];
    assert_eq!(at(&first, &places), [json!("DiffNote"), json!("work.txt")]);
    let (_forge, tools, pull) = proposed(Kind::Gitea);
    let first = tools
        .comment_on_line("bob", pull, ("work.txt", 1), "Why?")
        .unwrap();
    assert_eq!(
        header(&first, "x-gitea-event-type"),
        Some("pull_request_review_comment")
    );
    assert_eq!(
        at(&first, &["/comment", "/review/content"]),
        [Value::Null, json!("")]
    );
}

#[test]
fn merging_closing_and_opening_again_are_told() {
    for kind in KINDS {
        let (_forge, tools, pull) = proposed(kind);
        let action = match kind {
            Kind::GitHub | Kind::Gitea => "/action",
            Kind::GitLab => "/object_attributes/action",
        };
        let told = tools.close("bob", pull).unwrap();
        let words = if kind == Kind::GitLab {
            ["close", "merge", "reopen"]
        } else {
            ["closed", "closed", "reopened"]
        };
        assert_eq!(at(&told, &[action])[0], words[0]);
        assert_eq!(tools.pull_requests()[0].standing, Standing::Closed);
        assert!(tools.merge("bob", pull).is_err());
        let told = tools.reopen("bob", pull).unwrap();
        assert_eq!(at(&told, &[action])[0], words[2]);
        let told = tools.merge("bob", pull).unwrap();
        assert_eq!(at(&told, &[action])[0], words[1]);
        if kind != Kind::GitLab {
            assert_eq!(at(&told, &["/pull_request/merged"]), [json!(true)]);
        }
        assert_eq!(tools.pull_requests()[0].standing, Standing::Merged);
    }
}

#[test]
fn reviews_checks_and_pushes_are_told() {
    for (kind, review, check, result) in [
        (
            Kind::GitHub,
            "pull_request_review",
            "check_run",
            "/check_run/conclusion",
        ),
        (
            Kind::GitLab,
            "Note Hook",
            "Pipeline Hook",
            "/object_attributes/status",
        ),
        (Kind::Gitea, "pull_request_rejected", "status", "/state"),
    ] {
        let (_forge, tools, pull) = proposed(kind);
        let told = tools
            .review("bob", pull, Verdict::ChangesRequested, "@outwork no")
            .unwrap();
        assert_eq!(told.event, review);
        assert!(String::from_utf8_lossy(&told.body).contains("@outwork no"));
        let told = tools
            .check_ends("work", "ci", CheckEnd::Failed, "1 of 9")
            .unwrap();
        assert_eq!(told.event, check);
        let word = if kind == Kind::GitLab {
            "failed"
        } else {
            "failure"
        };
        assert_eq!(at(&told, &[result]), [json!(word)]);
        let tip = tools.tip("work").unwrap().unwrap();
        let told = tools
            .branch_pushed("bob", "work", &"0".repeat(40), &tip)
            .unwrap();
        assert_eq!(
            at(&told, &["/ref", "/after"]),
            [json!("refs/heads/work"), json!(tip)]
        );
        tools.ping().unwrap();
        assert!(
            tools
                .check_ends("nowhere", "ci", CheckEnd::Failed, "")
                .is_err()
        );
    }
}

#[tokio::test]
async fn a_delivery_arrives_signed_and_as_often_as_wanted() {
    for kind in KINDS {
        let (forge, tools, pull) = proposed(kind);
        forge.sign_webhooks_with("open sesame");
        let receiver = Receiver::start().await.unwrap();
        let told = tools
            .comment("bob", On::PullRequest(pull), "Hello")
            .unwrap();
        let url = receiver.url("/hooks");
        for delivery in [&told, &told, &told.again()] {
            assert!(delivery.deliver(&url).await.unwrap().status < 300);
        }
        let id = match kind {
            Kind::GitHub => "x-github-delivery",
            Kind::GitLab => "x-gitlab-event-uuid",
            Kind::Gitea => "x-gitea-delivery",
        };
        let arrivals = receiver.wait_for(3).await;
        let ids: Vec<Option<&str>> = arrivals.iter().map(|one| one.header(id)).collect();
        assert_eq!(ids[0], Some(told.id.as_str()));
        assert_eq!(ids[0], ids[1]);
        assert_eq!(ids[0] == ids[2], kind != Kind::Gitea);
        assert!(arrivals.iter().all(|one| one.body == told.body));
        let other = tools
            .comment("bob", On::PullRequest(pull), "Hello")
            .unwrap();
        assert_ne!(other.id, told.id);
        assert_ne!(told.tampered().body, told.body);
        if kind == Kind::GitLab {
            assert_eq!(header(&told, "x-gitlab-token"), Some("open sesame"));
        } else {
            assert_ne!(
                header(&told, "x-hub-signature-256"),
                header(&other, "x-hub-signature-256")
            );
        }
    }
}
