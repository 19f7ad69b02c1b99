//! What GitLab's webhooks mean.

use outwork_domain::{PullRequestIdentity, PullRequestNumber};
use outwork_forge::{
    CheckFinished, CheckVerdict, Incoming, Line, PersonKind, Place, PullRequestChange,
    PullRequestChanged, Pushed, Remark, Said, Side, Subject,
};

use crate::hooks::{BEFORE, HEAD, commit, gitlab, human, said};

const REPOSITORY: &str = "https://gitlab.example.com/group/sub/tools";
const REQUEST: Subject = Subject::PullRequest(PullRequestNumber(3));

fn read(event: &str, name: &str) -> Incoming {
    crate::hooks::read(gitlab(), "gitlab", event, name)
}

fn remark(subject: Subject, place: Place) -> Remark {
    Remark {
        repository: REPOSITORY.parse().unwrap(),
        subject,
        place,
        identity: PullRequestIdentity::Server,
    }
}

fn thread() -> Option<String> {
    Some("6a9c1750b37d513a43987b574953fceb50b03ce7".to_owned())
}

#[test]
fn notes_on_issues_and_merge_requests_are_told_apart() {
    let place = || Place::Comment {
        id: 1244,
        thread: thread(),
    };
    let url = format!("{REPOSITORY}/-/merge_requests/3");
    let expected = Said {
        remark: remark(REQUEST, place()),
        author: human("jane", 42),
        text: "@outwork add a test".to_owned(),
        url: Some(format!("{url}#note_1244")),
        title: "Teach the parser".to_owned(),
        description: Some("Done.".to_owned()),
        head: Some("outwork/parser-1a2b".parse().unwrap()),
        subject_url: Some(url),
    };
    assert_eq!(said(read("Note Hook", "note_on_merge_request")), expected);
    let on_issue = said(read("Note Hook", "note_on_issue"));
    assert_eq!(on_issue.remark, remark(Subject::Issue(17), place()));
    for name in ["note_on_commit", "note_of_system", "note_updated"] {
        assert_eq!(read("Note Hook", name), Incoming::Irrelevant, "{name}");
    }
    let by_bot = said(read("Note Hook", "note_by_bot"));
    assert_eq!(by_bot.author.kind, PersonKind::Bot);
}

#[test]
fn notes_on_lines_know_file_line_and_thread() {
    let line = |path: &str, line, side| {
        Place::Line(Line {
            id: 1244,
            thread: thread(),
            path: path.to_owned(),
            line: Some(line),
            side,
            hunk: None,
        })
    };
    let new = said(read("Note Hook", "note_on_line"));
    assert_eq!(
        new.remark,
        remark(REQUEST, line("src/parser.rs", 42, Side::New))
    );
    let old = said(read("Note Hook", "note_on_old_line"));
    assert_eq!(
        old.remark,
        remark(REQUEST, line("src/old.rs", 9, Side::Old))
    );
}

#[test]
fn issues_and_merge_requests_may_begin_with_a_request() {
    let issue = said(read("Issue Hook", "issue_opened"));
    assert_eq!(issue.remark, remark(Subject::Issue(17), Place::Description));
    assert_eq!(issue.text, "@outwork fix it");
    let request = said(read("Merge Request Hook", "merge_request_open"));
    assert_eq!(request.remark, remark(REQUEST, Place::Description));
}

#[test]
fn merge_requests_end_and_begin_again() {
    for (name, change) in [
        ("merge_request_merge", PullRequestChange::Merged),
        ("merge_request_close", PullRequestChange::Closed),
        ("merge_request_reopen", PullRequestChange::Reopened),
    ] {
        let expected = Incoming::PullRequestChanged(PullRequestChanged {
            repository: REPOSITORY.parse().unwrap(),
            number: PullRequestNumber(3),
            url: Some(format!("{REPOSITORY}/-/merge_requests/3")),
            change,
            head: Some("outwork/parser-1a2b".parse().unwrap()),
            author: human("jane", 42),
        });
        assert_eq!(read("Merge Request Hook", name), expected);
    }
    assert_eq!(
        read("Merge Request Hook", "merge_request_update"),
        Incoming::Irrelevant
    );
}

#[test]
fn pipelines_are_checks() {
    let expected = Incoming::CheckFinished(CheckFinished {
        repository: REPOSITORY.parse().unwrap(),
        commit: commit(HEAD),
        branch: Some("outwork/parser-1a2b".parse().unwrap()),
        name: "pipeline".to_owned(),
        verdict: CheckVerdict::Failed,
        url: Some(format!("{REPOSITORY}/-/pipelines/31")),
        summary: Some("test / unit: script_failure".to_owned()),
    });
    assert_eq!(read("Pipeline Hook", "pipeline"), expected);
}

#[test]
fn pushes_and_what_administrators_hear() {
    let pushed = Incoming::Pushed(Pushed {
        repository: REPOSITORY.parse().unwrap(),
        branch: "main".parse().unwrap(),
        before: Some(commit(BEFORE)),
        after: Some(commit(HEAD)),
        author: human("jane", 42),
    });
    assert_eq!(read("Push Hook", "push"), pushed);
    let renamed = Incoming::RepositoryRenamed {
        from: Some(
            "https://gitlab.example.com/group/sub/old-tools"
                .parse()
                .unwrap(),
        ),
        to: REPOSITORY.parse().unwrap(),
    };
    assert_eq!(read("System Hook", "system_rename"), renamed);
    let deleted = Incoming::RepositoryDeleted {
        repository: REPOSITORY.parse().unwrap(),
    };
    assert_eq!(read("System Hook", "system_destroy"), deleted);
    assert_eq!(read("Job Hook", "job"), Incoming::Irrelevant);
}
