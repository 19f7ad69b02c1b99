//! What lists and pages look like, with hostile text in every field.

use super::canned::serve;
use super::{outwork, text};

const EVIL: &str = r"\u001b[31mx\u001b]0;t\u0007\u009b2J\u202e\ny";

/// Agents and pull requests.
fn evil_work() -> Vec<(&'static str, String)> {
    let pull_request = format!(
        r#"{{"number":1,"agentId":"{EVIL}","repository":"{EVIL}","title":"{EVIL}","body":"{EVIL}",
        "base":"{EVIL}","head":"{EVIL}","baseCommit":"{EVIL}","headCommit":"{EVIL}","state":"{EVIL}",
        "mergeCommit":"{EVIL}","url":"{EVIL}","createdAt":"{EVIL}","updatedAt":"{EVIL}"}}"#
    );
    let on_forge = format!(
        r#"{{"pullRequests":[{{"url":"{EVIL}","repository":"{EVIL}","number":1,"agentId":"{EVIL}",
        "base":"{EVIL}","head":"{EVIL}","state":"{EVIL}","draft":true,"createdAt":"{EVIL}"}}]}}"#
    );
    let agent = format!(
        r#"{{"id":"{EVIL}","name":"{EVIL}","model":"{EVIL}","state":"{EVIL}","summary":"{EVIL}",
        "repositories":[{{"repository":"{EVIL}","branch":"{EVIL}"}}],"createdAt":"{EVIL}",
        "updatedAt":"{EVIL}","archivedAt":"{EVIL}","awaiting":"{EVIL}"}}"#
    );
    let launched = format!(
        r#"{{"agent":{{"id":"{EVIL}","name":"{EVIL}","status":"{EVIL}","url":"{EVIL}",
        "latestRunId":"{EVIL}","createdAt":"{EVIL}"}}}}"#
    );
    vec![
        ("/v0/models", format!(r#"{{"models":["{EVIL}"]}}"#)),
        ("/v1/agents", launched),
        (
            "/api/v1/agents?limit=20",
            format!(r#"{{"agents":[{agent}]}}"#),
        ),
        (
            "/api/v1/pull-requests?limit=20",
            format!(r#"{{"pullRequests":[{pull_request}]}}"#),
        ),
        ("/api/v1/pull-requests/1", pull_request),
        ("/api/v1/forge-pull-requests?limit=20", on_forge.clone()),
        (
            "/api/v1/forge-pull-requests?url=https%3A%2F%2Fh%2Fa%2Fb%2Fpull%2F1",
            on_forge,
        ),
    ]
}

/// Environments, secrets and usage.
fn evil_means() -> Vec<(&'static str, String)> {
    let environment = format!(
        r#"{{"id":"e","name":"{EVIL}","owner":"{EVIL}","repos":[{{"url":"{EVIL}"}}],"createdAt":"{EVIL}",
        "updatedAt":"{EVIL}","withoutEffect":["{EVIL}"],"environmentJson":"{EVIL}"}}"#
    );
    let version = format!(
        r#"{{"id":"{EVIL}","createdAt":"{EVIL}","kind":"{EVIL}","title":"{EVIL}","description":"{EVIL}",
        "current":true}}"#
    );
    let secret = format!(
        r#"{{"id":"{EVIL}","name":"{EVIL}","type":"{EVIL}","repos":["{EVIL}"],"createdAt":"{EVIL}",
        "owner":{{"type":"{EVIL}"}}}}"#
    );
    let tokens = r#"{"inputTokens":1,"outputTokens":2,"cacheWriteTokens":3,"cacheReadTokens":4,"totalTokens":10}"#;
    let usage = format!(
        r#"{{"totalUsage":{tokens},"cost":{{"rawCostCents":1.5,"chargedCents":1.5}},
        "runs":[{{"id":"{EVIL}","usage":{tokens}}}]}}"#
    );
    vec![
        (
            "/v1/environments?limit=100",
            format!(r#"{{"items":[{environment}]}}"#),
        ),
        ("/v1/environments/e", environment),
        (
            "/v1/environments/e/history?limit=100",
            format!(r#"{{"items":[{version}]}}"#),
        ),
        (
            "/v1/secrets?limit=100",
            format!(r#"{{"items":[{secret}]}}"#),
        ),
        (
            "/v1/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11/usage",
            usage,
        ),
    ]
}

#[test]
fn no_field_reaches_the_terminal_as_it_is() {
    let url = serve([evil_work(), evil_means()].concat());
    for arguments in [
        &["models"] as &[&str],
        &["list"],
        &["launch", "--repo", "https://h/a/b", "x"],
        &["pr", "list"],
        &["pr", "show", "1"],
        &["pr", "show", "https://h/a/b/pull/1"],
        &["environment", "list"],
        &["environment", "show", "e"],
        &["environment", "history", "e"],
        &["secret", "list"],
        &["usage", "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11"],
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
        "/api/v1/agents?limit=20&archived=true",
        r#"{"agents":[{"id":"bc-1","name":"Add a README","model":"script","state":"succeeded",
        "repositories":[],"createdAt":"2026-01-15T10:30:00.000Z","updatedAt":"2026-01-15T10:30:00.000Z",
        "archivedAt":"2026-01-15T10:31:00.000Z"}]}"#
            .to_owned(),
    )]);
    for flag in ["--archived", "--all"] {
        let output = outwork(&["list", flag, "--url", &url]).output().unwrap();
        assert_eq!(
            text(&output.stdout),
            "ID    STATE                 CREATED                   BRANCH  NAME\n\
             bc-1  succeeded (archived)  2026-01-15T10:30:00.000Z          Add a README\n"
        );
    }
}

#[test]
fn a_description_is_shown_without_our_own_mark() {
    let url = serve(vec![(
        "/api/v1/pull-requests/1",
        r#"{"number":1,"agentId":"bc-1","repository":"r","title":"t",
        "body":"Done.\n\n<!-- outwork agent=1 run=2 -->\n","base":"main","head":"h",
        "baseCommit":"c","headCommit":"c","state":"open","url":"u","createdAt":"c","updatedAt":"u"}"#
            .to_owned(),
    )]);
    let output = outwork(&["pr", "show", "1", "--url", &url])
        .output()
        .unwrap();
    let shown = text(&output.stdout);
    assert!(shown.ends_with("\nDone.\n"), "{shown}");
}

#[test]
fn a_waiting_plan_is_told_and_approved() {
    const ID: &str = "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
    let agent = format!(
        r#"{{"id":"{ID}","name":"Greet","model":"script","state":"succeeded","awaiting":"approval",
        "repositories":[],"createdAt":"2026-01-15T10:30:00.000Z","updatedAt":"2026-01-15T10:30:00.000Z","runs":[]}}"#
    );
    let run = r#"{"id":"r","number":2,"mode":"agent","model":"script","state":"queued","attempt":0,
        "createdAt":"2026-01-15T10:30:00.000Z"}"#;
    let url = serve(vec![
        (
            "/api/v1/agents?limit=20",
            format!(r#"{{"agents":[{agent}]}}"#),
        ),
        (
            "/api/v1/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11",
            agent.clone(),
        ),
        (
            "/v0/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11/artifacts",
            r#"{"artifacts":[]}"#.to_owned(),
        ),
        (
            "/api/v1/agents/bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11/approve-plan",
            run.to_owned(),
        ),
    ]);
    for (arguments, shown) in [
        (&["list"] as &[&str], "succeeded (awaits approval)"),
        (&["show", ID], "approval of its plan (outwork approve)"),
        (&["approve", ID], "plan approved"),
        (&["--json", "approve", ID], r#""runId":"r""#),
        (&["--json", "show", ID], r#""awaiting":"approval""#),
    ] {
        let output = outwork(&[arguments, &["--url", &url]].concat())
            .output()
            .unwrap();
        let told = text(&output.stdout);
        assert!(
            told.contains(shown),
            "{arguments:?}: {told} {}",
            text(&output.stderr)
        );
    }
}
