//! What GitHub's webhooks mean.

use outwork_domain::{PullRequestIdentity, PullRequestNumber};
use outwork_forge::{
    CheckFinished, CheckVerdict, Incoming, Line, PersonKind, Place, PullRequestChange,
    PullRequestChanged, Pushed, Remark, Said, Side, Subject,
};

use crate::hooks::{BEFORE, HEAD, commit, github, human, said};

fn read(event: &str, name: &str) -> Incoming {
    crate::hooks::read(github(), "github", event, name)
}

fn remark(subject: Subject, place: Place) -> Remark {
    Remark {
        repository: "https://github.com/acme/tools".parse().unwrap(),
        subject,
        place,
        identity: PullRequestIdentity::Server,
    }
}

const PULL: Subject = Subject::PullRequest(PullRequestNumber(7));

#[test]
fn comments_on_issues_and_pull_requests_are_told_apart() {
    let place = || Place::Comment {
        id: 492_700_400,
        thread: None,
    };
    let expected = Said {
        remark: remark(Subject::Issue(12), place()),
        author: human("jane", 583_231),
        text: "@outwork please fix it".to_owned(),
        url: Some("https://github.com/acme/tools/issues/12#issuecomment-492700400".to_owned()),
        title: "The test of the parser fails".to_owned(),
        description: Some("Since yesterday.".to_owned()),
        head: None,
        subject_url: Some("https://github.com/acme/tools/issues/12".to_owned()),
    };
    assert_eq!(said(read("issue_comment", "issue_comment")), expected);
    let on_pull = said(read("issue_comment", "issue_comment_on_pull_request"));
    assert_eq!(on_pull.remark, remark(PULL, place()));
    assert_eq!(
        read("issue_comment", "issue_comment_edited"),
        Incoming::Irrelevant
    );
}

#[test]
fn programs_are_recognised() {
    for name in ["issue_comment_by_bot", "issue_comment_by_app"] {
        assert_eq!(
            said(read("issue_comment", name)).author.kind,
            PersonKind::Bot,
            "{name}"
        );
    }
}

#[test]
fn an_issue_may_begin_with_a_request() {
    let opened = said(read("issues", "issues_opened"));
    assert_eq!(
        opened.remark,
        remark(Subject::Issue(12), Place::Description)
    );
    assert_eq!(opened.author, human("john", 1024));
    assert_eq!(opened.text, "Since yesterday.");
}

#[test]
fn comments_on_lines_know_file_line_and_thread() {
    let comment = said(read(
        "pull_request_review_comment",
        "pull_request_review_comment",
    ));
    let hunk = "@@ -1,3 +1,4 @@\n use std;\n+fn parse() {}".to_owned();
    let line = Line {
        id: 284_312_630,
        thread: Some("284312630".to_owned()),
        path: "src/parser.rs".to_owned(),
        line: Some(42),
        side: Side::New,
        hunk: Some(hunk),
    };
    assert_eq!(comment.remark, remark(PULL, Place::Line(line.clone())));
    assert_eq!(comment.text, "@outwork this needs a name");
    assert_eq!(comment.head, Some("outwork/parser-1a2b".parse().unwrap()));
    let reply = said(read(
        "pull_request_review_comment",
        "pull_request_review_comment_reply",
    ));
    let expected = Line {
        id: 284_312_999,
        line: Some(41),
        side: Side::Old,
        ..line
    };
    assert_eq!(reply.remark.place, Place::Line(expected));
}

#[test]
fn reviews_have_a_text() {
    let review = said(read("pull_request_review", "pull_request_review"));
    assert_eq!(
        review.remark,
        remark(PULL, Place::Review { id: 237_895_671 })
    );
    assert_eq!(review.text, "@outwork see my comments");
}

#[test]
fn pull_requests_end_and_begin_again() {
    for (name, change) in [
        ("pull_request_merged", PullRequestChange::Merged),
        ("pull_request_closed", PullRequestChange::Closed),
        ("pull_request_reopened", PullRequestChange::Reopened),
    ] {
        let expected = Incoming::PullRequestChanged(PullRequestChanged {
            repository: "https://github.com/acme/tools".parse().unwrap(),
            number: PullRequestNumber(7),
            url: Some("https://github.com/acme/tools/pull/7".to_owned()),
            change,
            head: Some("outwork/parser-1a2b".parse().unwrap()),
            author: human("jane", 583_231),
        });
        assert_eq!(read("pull_request", name), expected);
    }
    assert_eq!(
        read("pull_request", "pull_request_synchronize"),
        Incoming::Irrelevant
    );
}

#[test]
fn checks_and_statuses_are_one_thing() {
    let failed = CheckFinished {
        repository: "https://github.com/acme/tools".parse().unwrap(),
        commit: commit(HEAD),
        branch: Some("outwork/parser-1a2b".parse().unwrap()),
        name: "test".to_owned(),
        verdict: CheckVerdict::Failed,
        url: Some("https://github.com/acme/tools/runs/128620228".to_owned()),
        summary: Some("2 tests failed\n\nparser::empty, parser::long".to_owned()),
    };
    assert_eq!(
        read("check_run", "check_run"),
        Incoming::CheckFinished(failed.clone())
    );
    let succeeded = CheckFinished {
        name: "ci/build".to_owned(),
        verdict: CheckVerdict::Succeeded,
        url: Some("https://ci.example.com/2".to_owned()),
        summary: Some("The build is fine".to_owned()),
        ..failed
    };
    assert_eq!(read("status", "status"), Incoming::CheckFinished(succeeded));
}

#[test]
fn branches_move_and_go() {
    let pushed = Pushed {
        repository: "https://github.com/acme/tools".parse().unwrap(),
        branch: "main".parse().unwrap(),
        before: Some(commit(BEFORE)),
        after: Some(commit(HEAD)),
        author: human("jane", 583_231),
    };
    assert_eq!(read("push", "push"), Incoming::Pushed(pushed.clone()));
    let deleted = Pushed {
        branch: "outwork/parser-1a2b".parse().unwrap(),
        before: Some(commit(HEAD)),
        after: None,
        ..pushed
    };
    assert_eq!(read("push", "push_deleted"), Incoming::Pushed(deleted));
    assert_eq!(read("push", "push_tag"), Incoming::Irrelevant);
}

#[test]
fn repositories_move_and_go() {
    let to: outwork_domain::Repository = "https://github.com/acme/tools".parse().unwrap();
    for (name, from) in [
        ("repository_renamed", "https://github.com/acme/old-tools"),
        ("repository_transferred", "https://github.com/jane/tools"),
    ] {
        let expected = Incoming::RepositoryRenamed {
            from: Some(from.parse().unwrap()),
            to: to.clone(),
        };
        assert_eq!(read("repository", name), expected);
    }
    let deleted = Incoming::RepositoryDeleted { repository: to };
    assert_eq!(read("repository", "repository_deleted"), deleted);
    assert_eq!(read("ping", "ping"), Incoming::Ping);
    assert_eq!(read("star", "star"), Incoming::Irrelevant);
}
