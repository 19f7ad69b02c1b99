//! Faults of git's calls: what the client sees, and what has happened all the same.

use std::time::Duration;

use outwork_stand_ins::forge_server::{Fault, Kind, Operation, PushOutcome, Rule};

use super::support::{Checkout, forge};

#[test]
fn a_push_may_fail_before_its_effect() {
    let faults = [
        Fault::Status(503),
        Fault::Cut,
        Fault::RateLimited(Duration::from_secs(30)),
    ];
    for fault in faults {
        let (forge, tools, token) = forge(Kind::GitHub);
        let checkout = Checkout::of(&tools, &token);
        checkout.change("a.txt", "one\n");
        forge.fault(Rule::on(Operation::Push, fault.clone()));
        assert!(checkout.push("work").worked.is_err(), "{fault:?}");
        assert_eq!(tools.tip("work").unwrap(), None, "{fault:?}");
        assert!(forge.pushes().is_empty());
        checkout.push("work").well();
    }
}

#[test]
fn a_push_may_happen_and_its_answer_get_lost() {
    for fault in [
        Fault::DropReply,
        Fault::StatusAfter(502),
        Fault::CutAfter(10),
    ] {
        let (forge, tools, token) = forge(Kind::GitHub);
        let checkout = Checkout::of(&tools, &token);
        let commit = checkout.change("a.txt", "one\n");
        forge.fault(Rule::on(Operation::Push, fault.clone()));
        assert!(checkout.push("work").worked.is_err(), "{fault:?}");
        assert_eq!(tools.tip("work").unwrap(), Some(commit), "{fault:?}");
        let outcomes: Vec<_> = forge
            .pushes()
            .into_iter()
            .map(|push| push.outcome)
            .collect();
        assert_eq!(outcomes, [PushOutcome::Accepted], "{fault:?}");
        let is_dropped = fault == Fault::DropReply;
        let call = forge.calls_of(Operation::Push).remove(0);
        assert_eq!(call.status().is_none(), is_dropped, "{fault:?}");
    }
}

#[test]
fn a_branch_may_move_between_look_and_push() {
    let (forge, tools, token) = forge(Kind::GitHub);
    let checkout = Checkout::of(&tools, &token);
    let first = checkout.change("a.txt", "one\n");
    checkout.push("work").well();
    checkout.change("a.txt", "two\n");
    let lease = format!("--force-with-lease=refs/heads/work:{first}");
    let push = ["push", &lease, "origin", "HEAD:refs/heads/work"];
    let moves = Fault::BranchMoves("work".to_owned());
    forge.fault(Rule::on(Operation::PushStart, moves.clone()));
    checkout.git(&push).badly("stale info");
    checkout
        .git(&["reset", "--quiet", "--hard", "origin/main"])
        .well();
    checkout.git(&["pull", "--quiet", "origin", "work"]).well();
    let second = checkout.git(&["rev-parse", "HEAD"]).well();
    checkout.change("a.txt", "three\n");
    let lease = format!("--force-with-lease=refs/heads/work:{second}");
    forge.fault(Rule::on(Operation::Push, moves));
    let push = ["push", &lease, "origin", "HEAD:refs/heads/work"];
    checkout.git(&push).badly("[remote rejected]");
    let refused = forge.pushes().pop().unwrap();
    assert!(
        matches!(refused.outcome, PushOutcome::Refused(_)),
        "{refused:?}"
    );
    let log = checkout
        .git(&["ls-remote", "origin", "refs/heads/work"])
        .well();
    assert!(log.starts_with(&tools.tip("work").unwrap().unwrap()));
}

#[test]
fn a_repository_or_a_token_may_go_in_the_middle() {
    let (forge, tools, token) = forge(Kind::Gitea);
    let checkout = Checkout::of(&tools, &token);
    checkout.change("a.txt", "one\n");
    forge.fault(Rule::on(Operation::Push, Fault::TokenExpires));
    checkout.push("work").badly("could not read Username");
    let token = forge.token("alice");
    forge.fault(Rule::on(Operation::Push, Fault::RepositoryGone));
    checkout.push_with(&token, "work").badly("403");
    assert!(tools.path().is_err());
    assert!(forge.pushes().is_empty());
}

#[test]
fn a_rule_skips_and_repeats() {
    let (forge, tools, token) = forge(Kind::GitLab);
    let checkout = Checkout::of(&tools, &token);
    forge.fault(
        Rule::on(Operation::FetchStart, Fault::Status(500))
            .skipping(1)
            .times(2),
    );
    let look = || checkout.git(&["ls-remote", "origin"]).worked.is_ok();
    assert_eq!([look(), look(), look(), look()], [true, false, false, true]);
    forge.fault(Rule::on_any(Fault::Status(500)).always());
    assert_eq!([look(), look()], [false, false]);
    forge.no_more_faults();
    assert!(look());
}

#[tokio::test]
async fn a_stalled_answer_stays_silent() {
    let (forge, tools, token) = forge(Kind::GitHub);
    forge.fault(Rule::on(Operation::Fetch, Fault::StallAfter(1)));
    let folder = tempfile::TempDir::new().unwrap();
    let extra = super::support::header(&token, super::support::Shown::Basic);
    let mut clone = tokio::process::Command::new("git")
        .args([
            "-c",
            &format!("http.extraHeader={extra}"),
            "clone",
            "--quiet",
        ])
        .arg(tools.clone_url().unwrap())
        .current_dir(folder.path())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let stalled = |forge: &outwork_stand_ins::forge_server::ForgeServer| {
        let calls = forge.calls_of(Operation::Fetch);
        calls.first().is_some_and(|call| call.status().is_some())
    };
    forge.wait_until(stalled).await;
    assert!(clone.try_wait().unwrap().is_none());
}
