//! Pushes that a forge does not take, in its own words.

use outwork_stand_ins::forge_server::{Kind, Permission, PushOutcome, TokenOptions};

use super::support::{Checkout, KINDS, forge, git};

#[test]
fn a_protected_branch_is_refused() {
    for (kind, words, reason) in [
        (
            Kind::GitHub,
            "GH006: Protected branch update failed",
            "protected branch hook declined",
        ),
        (
            Kind::GitLab,
            "not allowed to push code to protected branches",
            "pre-receive hook declined",
        ),
        (
            Kind::Gitea,
            "Not allowed to push to protected branch main",
            "pre-receive hook declined",
        ),
    ] {
        let (forge, tools, token) = forge(kind);
        let before = tools.tip("main").unwrap();
        tools.protect("main").unwrap();
        let checkout = Checkout::of(&tools, &token);
        checkout.change("a.txt", "one\n");
        checkout
            .push("main")
            .badly(&format!("[remote rejected] HEAD -> main ({reason})"));
        checkout.push("main").badly(words);
        assert_eq!(tools.tip("main").unwrap(), before);
        let pushes = forge.pushes();
        assert!(matches!(&pushes[0].outcome, PushOutcome::Refused(said) if said.contains(words)));
        checkout.push("work").well();
    }
}

#[test]
fn a_hook_of_the_team_refuses_with_its_words() {
    let (_forge, tools, token) = forge(Kind::Gitea);
    tools
        .refuse_pushes("Commits need a ticket number.")
        .unwrap();
    let checkout = Checkout::of(&tools, &token);
    checkout.change("a.txt", "one\n");
    checkout
        .push("work")
        .badly("remote: Commits need a ticket number.");
    assert_eq!(tools.tip("work").unwrap(), None);
}

#[test]
fn a_lease_that_is_out_of_date_is_refused() {
    for kind in KINDS {
        let (forge, tools, token) = forge(kind);
        let checkout = Checkout::of(&tools, &token);
        let first = checkout.change("a.txt", "one\n");
        checkout.push("work").well();
        let theirs = tools.commit("work", &[("b.txt", "theirs\n")]).unwrap();
        checkout.change("a.txt", "two\n");
        let lease = format!("--force-with-lease=refs/heads/work:{first}");
        let push = ["push", &lease, "origin", "HEAD:refs/heads/work"];
        checkout.git(&push).badly("stale info");
        assert_eq!(tools.tip("work").unwrap(), Some(theirs));
        assert_eq!(forge.pushes().len(), 1);
    }
}

#[test]
fn github_guards_its_workflows() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let checkout = Checkout::of(&tools, &token);
    checkout.change(".github/workflows/ci.yml", "on: push\n");
    let narrow = forge.token_with("alice", &TokenOptions::all().scopes(&["repo"]));
    checkout.push_with(&narrow, "work").badly(
        "refusing to allow a Personal Access Token to create or update workflow \
         `.github/workflows/ci.yml` without `workflow` scope",
    );
    assert_eq!(tools.tip("work").unwrap(), None);
    checkout.change("a.txt", "one\n");
    let wide = forge.token_with("alice", &TokenOptions::all().scopes(&["repo", "workflow"]));
    checkout.push_with(&wide, "work").well();
    checkout.change("a.txt", "two\n");
    checkout.push_with(&narrow, "work").well();
}

#[test]
fn nothing_is_pushed_to_what_is_archived_or_gone() {
    for (kind, archived, gone) in [
        (
            Kind::GitHub,
            "archived so it is read-only",
            "Repository not found",
        ),
        (Kind::GitLab, "not allowed to push", "could not be found"),
        (
            Kind::Gitea,
            "This repo is archived",
            "Push to create is not enabled",
        ),
    ] {
        let (forge, tools, token) = forge(kind);
        let checkout = Checkout::of(&tools, &token);
        checkout.change("a.txt", "one\n");
        tools.archive().unwrap();
        checkout.push("work").badly(archived);
        checkout.git(&["fetch", "--quiet"]).well();
        tools.delete();
        checkout.push("work").badly(gone);
        let status = forge.calls().last().unwrap().status();
        let wanted = if kind == Kind::Gitea { 403 } else { 404 };
        assert_eq!(status, Some(wanted));
        assert!(forge.pushes().is_empty());
    }
}

#[test]
fn a_renamed_repository_is_told_apart() {
    for kind in KINDS {
        let (forge, tools, token) = forge(kind);
        let checkout = Checkout::of(&tools, &token);
        let old = tools.clone_url().unwrap();
        tools.rename("acme/gear");
        checkout.git(&["fetch", "--quiet"]).well();
        let strict = ["-c", "http.followRedirects=false", "ls-remote", &old];
        let said = checkout.git(&strict);
        match kind {
            Kind::GitLab => drop(said.well()),
            Kind::GitHub => said.badly("301"),
            Kind::Gitea => said.badly("307"),
        }
        let folder = tempfile::TempDir::new().unwrap();
        let new = tools.clone_url().unwrap();
        git(folder.path(), Some(&token), &["ls-remote", &new]).well();
        // The name is free again, and then it is somebody else's.
        let other = forge.repository("acme/tools").unwrap();
        checkout.git(&strict).badly("not found");
        other.permit("alice", Permission::Read).unwrap();
        checkout.git(&strict).well();
    }
}
