//! What Gitea's and Forgejo's webhooks mean.

use outwork_domain::{PullRequestIdentity, PullRequestNumber};
use outwork_forge::{
    CheckFinished, CheckVerdict, Incoming, PersonKind, Place, PullRequestChange,
    PullRequestChanged, Pushed, Remark, Said, Subject,
};

use crate::hooks::{BEFORE, HEAD, commit, gitea, human, said};

const REPOSITORY: &str = "https://git.example.com/acme/tools";
const PULL: Subject = Subject::PullRequest(PullRequestNumber(7));

fn read(event: &str, name: &str) -> Incoming {
    crate::hooks::read(gitea(), "gitea", event, name)
}

fn remark(subject: Subject, place: Place) -> Remark {
    Remark {
        repository: REPOSITORY.parse().unwrap(),
        subject,
        place,
        identity: PullRequestIdentity::Server,
    }
}

#[test]
fn comments_on_issues_and_pull_requests_are_told_apart() {
    let place = || Place::Comment {
        id: 501,
        thread: None,
    };
    let expected = Said {
        remark: remark(Subject::Issue(12), place()),
        author: human("jane", 3),
        text: "@outwork please fix it".to_owned(),
        url: Some(format!("{REPOSITORY}/issues/12#issuecomment-501")),
        title: "The test of the parser fails".to_owned(),
        description: Some("Since yesterday.".to_owned()),
        head: None,
        subject_url: Some(format!("{REPOSITORY}/issues/12")),
    };
    assert_eq!(said(read("issue_comment", "issue_comment")), expected);
    // The same body comes under two names: that of the event, and that of its type.
    for event in ["issue_comment", "pull_request_comment"] {
        let on_pull = said(read(event, "pull_request_comment"));
        assert_eq!(on_pull.remark, remark(PULL, place()));
        assert_eq!(on_pull.head, Some("outwork/parser-1a2b".parse().unwrap()));
    }
    assert_eq!(
        read("issue_comment", "issue_comment_deleted"),
        Incoming::Irrelevant
    );
    let by_bot = said(read("issue_comment", "issue_comment_by_bot"));
    assert_eq!(by_bot.author.kind, PersonKind::Bot);
}

#[test]
fn issues_and_reviews_have_a_text() {
    let opened = said(read("issues", "issue_opened"));
    assert_eq!(
        opened.remark,
        remark(Subject::Issue(12), Place::Description)
    );
    assert_eq!(opened.author, human("john", 4));
    for event in ["pull_request_rejected", "pull_request_review_rejected"] {
        let review = said(read(event, "pull_request_review"));
        assert_eq!(review.remark, remark(PULL, Place::Review { id: 0 }));
        assert_eq!(review.text, "@outwork see my comments");
        assert_eq!(review.author, human("jane", 3));
    }
}

#[test]
fn pull_requests_end_and_begin_again() {
    for (name, change) in [
        ("pull_request_merged", PullRequestChange::Merged),
        ("pull_request_closed", PullRequestChange::Closed),
        ("pull_request_reopened", PullRequestChange::Reopened),
    ] {
        let expected = Incoming::PullRequestChanged(PullRequestChanged {
            repository: REPOSITORY.parse().unwrap(),
            number: PullRequestNumber(7),
            url: Some(format!("{REPOSITORY}/pulls/7")),
            change,
            head: Some("outwork/parser-1a2b".parse().unwrap()),
            author: human("jane", 3),
        });
        assert_eq!(read("pull_request", name), expected);
    }
    let moved = read("pull_request_sync", "pull_request_synchronized");
    assert_eq!(moved, Incoming::Irrelevant);
}

#[test]
fn statuses_and_workflows_are_checks() {
    let failed = CheckFinished {
        repository: REPOSITORY.parse().unwrap(),
        commit: commit(HEAD),
        branch: None,
        name: "ci / test (push)".to_owned(),
        verdict: CheckVerdict::Failed,
        url: Some(format!("{REPOSITORY}/actions/runs/1")),
        summary: Some("Failing after 3s".to_owned()),
    };
    assert_eq!(
        read("status", "status"),
        Incoming::CheckFinished(failed.clone())
    );
    let succeeded = CheckFinished {
        branch: Some("outwork/parser-1a2b".parse().unwrap()),
        name: "test.yml".to_owned(),
        verdict: CheckVerdict::Succeeded,
        url: Some(format!("{REPOSITORY}/actions/runs/8")),
        summary: Some("Teach the parser".to_owned()),
        ..failed
    };
    assert_eq!(
        read("workflow_run", "workflow_run"),
        Incoming::CheckFinished(succeeded)
    );
}

#[test]
fn pushes_and_deleted_repositories() {
    let pushed = Incoming::Pushed(Pushed {
        repository: REPOSITORY.parse().unwrap(),
        branch: "main".parse().unwrap(),
        before: Some(commit(BEFORE)),
        after: Some(commit(HEAD)),
        author: human("jane", 3),
    });
    assert_eq!(read("push", "push"), pushed);
    let deleted = Incoming::RepositoryDeleted {
        repository: REPOSITORY.parse().unwrap(),
    };
    assert_eq!(read("repository", "repository_deleted"), deleted);
}
