//! What lists and pages look like, with hostile text in every field.

use super::canned::serve;
use super::{outwork, text};

const EVIL: &str = r"\u001b[31mx\u001b]0;t\u0007\u009b2J\u202e\ny";

#[test]
fn no_field_reaches_the_terminal_as_it_is() {
    let pull_request = format!(
        r#"{{"number":1,"agentId":"{EVIL}","repository":"{EVIL}","title":"{EVIL}","body":"{EVIL}",
        "base":"{EVIL}","head":"{EVIL}","baseCommit":"{EVIL}","headCommit":"{EVIL}","state":"{EVIL}",
        "mergeCommit":"{EVIL}","url":"{EVIL}","createdAt":"{EVIL}","updatedAt":"{EVIL}"}}"#
    );
    let agent = format!(
        r#"{{"id":"{EVIL}","name":"{EVIL}","status":"{EVIL}","source":{{"repository":"{EVIL}"}},
        "target":{{"url":"{EVIL}","branchName":"{EVIL}"}},"summary":"{EVIL}","createdAt":"{EVIL}"}}"#
    );
    let url = serve(vec![
        ("/v0/models", format!(r#"{{"models":["{EVIL}"]}}"#)),
        ("/v0/agents", agent.clone()),
        ("/v0/agents?limit=20", format!(r#"{{"agents":[{agent}]}}"#)),
        (
            "/api/v1/pull-requests?limit=20",
            format!(r#"{{"pullRequests":[{pull_request}]}}"#),
        ),
        ("/api/v1/pull-requests/1", pull_request),
    ]);
    for arguments in [
        &["models"] as &[&str],
        &["list"],
        &["launch", "--repo", "https://h/a/b", "x"],
        &["pr", "list"],
        &["pr", "show", "1"],
    ] {
        for form in [&[] as &[&str], &["--json"]] {
            let all = [form, arguments, &["--url", &url]].concat();
            let output = outwork(&all).output().unwrap();
            assert!(output.status.success(), "{all:?}: {}", text(&output.stderr));
            let shown = text(&output.stdout);
            let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(
                !shown.is_empty() && !shown.contains(odd),
                "{all:?}: {shown:?}"
            );
        }
    }
}

#[test]
fn a_diff_into_a_file_is_byte_for_byte() {
    let diff =
        "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-\u{1b}[1mold\u{1b}[0m\n+new\r\n";
    let url = serve(vec![("/api/v1/pull-requests/1/diff", diff.to_owned())]);
    let output = outwork(&["pr", "show", "1", "--part", "diff", "--url", &url])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), diff);
}

#[test]
fn a_table_lines_up() {
    let url = serve(vec![(
        "/v0/agents?limit=20",
        r#"{"agents":[{"id":"bc-1","name":"Add a README","status":"FINISHED","source":{"repository":"r"},
        "target":{"url":"u"},"createdAt":"2026-01-15T10:30:00.000Z"}]}"#
            .to_owned(),
    )]);
    let output = outwork(&["list", "--url", &url]).output().unwrap();
    assert_eq!(
        text(&output.stdout),
        "ID    STATUS    CREATED                   BRANCH  NAME\n\
         bc-1  FINISHED  2026-01-15T10:30:00.000Z          Add a README\n"
    );
}
