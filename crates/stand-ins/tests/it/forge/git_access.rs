//! Who can fetch and push, and what the log says about it.

use std::time::Duration;

use tempfile::TempDir;

use outwork_stand_ins::forge_server::{
    CredentialKind, ForgeServer, Kind, Operation, Permission, Push, PushOutcome, TokenOptions,
    Visibility,
};

use super::support::{Checkout, KINDS, Shown, forge, git, header};

#[test]
fn a_push_arrives_and_is_logged() {
    for kind in KINDS {
        let (forge, tools, token) = forge(kind);
        let base = tools.tip("main").unwrap().unwrap();
        let checkout = Checkout::of(&tools, &token);
        let first = checkout.change("a.txt", "one\n");
        checkout.push("work").well();
        let second = checkout.change("a.txt", "two\n");
        checkout.push("work").well();
        assert_eq!(tools.tip("work").unwrap(), Some(second.clone()));
        assert_eq!(tools.tip("main").unwrap(), Some(base));
        assert_eq!(
            tools.file("work", "a.txt").unwrap().as_deref(),
            Some("two\n")
        );
        let push = |old: String, new: String| Push {
            repository: "acme/tools".to_owned(),
            reference: "refs/heads/work".to_owned(),
            old,
            new,
            who: Some("alice".to_owned()),
            outcome: PushOutcome::Accepted,
        };
        assert_eq!(
            forge.pushes(),
            [push("0".repeat(40), first.clone()), push(first, second)]
        );
        let calls = forge.calls_of(Operation::Push);
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].credential, CredentialKind::Personal);
        assert_eq!(calls[0].status(), Some(200));
        assert_eq!(calls[0].path, "/acme/tools.git/git-receive-pack");
    }
}

#[test]
fn basic_and_bearer_both_open_the_door() {
    for shown in [Shown::Basic, Shown::Bearer] {
        let (forge, tools, token) = forge(Kind::GitHub);
        let folder = TempDir::new().unwrap();
        let extra = format!("http.extraHeader={}", header(&token, shown));
        let url = tools.clone_url().unwrap();
        git(folder.path(), None, &["-c", &extra, "ls-remote", &url]).well();
        assert_eq!(forge.calls()[0].who.as_deref(), Some("alice"), "{shown:?}");
    }
}

#[test]
fn strangers_see_public_repositories_only() {
    for kind in KINDS {
        let (forge, tools, _) = forge(kind);
        let folder = TempDir::new().unwrap();
        let url = tools.clone_url().unwrap();
        git(folder.path(), None, &["ls-remote", &url]).badly("could not read Username");
        assert_eq!(forge.calls()[0].status(), Some(401));
        let stranger = forge.token("mallory");
        let said = git(folder.path(), Some(&stranger), &["ls-remote", &url]);
        said.badly("not found");
        tools.show(Visibility::Public).unwrap();
        git(folder.path(), None, &["ls-remote", &url]).well();
        let checkout = Checkout::of(&tools, &stranger);
        checkout.change("a.txt", "mine\n");
        checkout.push("mine").badly("403");
        assert!(forge.pushes().is_empty());
    }
}

#[test]
fn a_token_ends_by_time_by_calls_and_by_hand() {
    let (forge, tools, _) = forge(Kind::GitLab);
    let folder = TempDir::new().unwrap();
    let url = tools.clone_url().unwrap();
    let look = |token: &str| git(folder.path(), Some(token), &["ls-remote", &url]);
    let short = forge.token_with("alice", &TokenOptions::all().lives(Duration::from_secs(60)));
    look(&short).well();
    forge.advance(Duration::from_secs(61));
    look(&short).badly("could not read Username");
    // A look is two calls: the list of capabilities, then the refs.
    let few = forge.token_with("alice", &TokenOptions::all().ends_after_calls(3));
    look(&few).well();
    look(&few).badly("could not read Username");
    let revoked = forge.token("alice");
    look(&revoked).well();
    forge.revoke(&revoked);
    look(&revoked).badly("could not read Username");
    let refused = forge.calls();
    assert_eq!(refused.last().unwrap().credential, CredentialKind::Refused);
}

#[test]
fn a_token_can_be_limited_to_repositories_and_scopes() {
    for (kind, reading) in [
        (Kind::GitLab, "read_repository"),
        (Kind::Gitea, "read:repository"),
    ] {
        let (forge, tools, _) = forge(kind);
        let reader = forge.token_with("alice", &TokenOptions::all().scopes(&[reading]));
        let checkout = Checkout::of(&tools, &reader);
        checkout.change("a.txt", "one\n");
        checkout.push("work").badly("403");
    }
    let (forge, tools, _) = forge(Kind::GitHub);
    let options = TokenOptions::all().permissions(&[("contents", "read")]);
    let reader = forge.token_with("alice", &options);
    let checkout = Checkout::of(&tools, &reader);
    checkout.change("a.txt", "one\n");
    checkout
        .push("work")
        .badly("Write access to repository not granted");
    let other = forge.repository("acme/other").unwrap();
    other.permit("alice", Permission::Write).unwrap();
    let narrow = forge.token_with("alice", &TokenOptions::all().only(&["acme/other"]));
    Checkout::of(&other, &narrow);
    checkout
        .push_with(&narrow, "work")
        .badly("Repository not found");
}

#[test]
fn a_forge_can_lie_below_a_path_and_have_groups_in_groups() {
    let forge = ForgeServer::start_below(Kind::GitLab, "/gitlab").unwrap();
    let tools = forge.repository("acme/team/tools").unwrap();
    let url = tools.clone_url().unwrap();
    assert!(url.ends_with("/gitlab/acme/team/tools.git"), "{url}");
    tools.permit("alice", Permission::Write).unwrap();
    let checkout = Checkout::of(&tools, &forge.token("alice"));
    checkout.change("a.txt", "one\n");
    checkout.push("work").well();
}

#[test]
fn a_fork_is_a_repository_of_its_own() {
    let (forge, tools, _) = forge(Kind::GitHub);
    let fork = tools.fork("bob").unwrap();
    assert_eq!(fork.path().unwrap(), "bob/tools");
    assert_eq!(fork.tip("main").unwrap(), tools.tip("main").unwrap());
    let checkout = Checkout::of(&fork, &forge.token("bob"));
    checkout.change("a.txt", "one\n");
    checkout.push("main").well();
    assert_ne!(fork.tip("main").unwrap(), tools.tip("main").unwrap());
}
