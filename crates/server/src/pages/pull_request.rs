//! A pull request as HTML: no script, nothing loaded, every text of the agent escaped.

use std::fmt::Write;

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_domain::{PullRequest, Readiness, shown_body};
use sha2::{Digest, Sha256};

use super::built::protect;
use crate::encoding::html;
use crate::reply::typed;
use crate::wire::WireAgentId;

const STYLE: &str = include_str!("pull_request.css");

/// The page of a pull request; without a diff where none can be had at present.
pub(super) fn pull_request_page(pull_request: &PullRequest, diff: Option<&str>) -> Response {
    let text = write_page(pull_request, diff);
    let mut response = typed(StatusCode::OK, "text/html; charset=utf-8", text);
    protect(&mut response, &style_only(STYLE));
    response
}

/// The policy of a page that may use nothing but its own stylesheet, known by its hash.
pub(crate) fn style_only(style: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(style));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

fn write_page(pull_request: &PullRequest, diff: Option<&str>) -> String {
    let PullRequest {
        number,
        title,
        body,
        base,
        head,
        repository,
        ..
    } = pull_request;
    let title = html(title);
    let state = pull_request.state.word();
    let draft = match pull_request.readiness {
        Readiness::Ready => "",
        Readiness::Draft => " (draft)",
    };
    let (base, head) = (html(base.as_str()), html(head.as_str()));
    let repository = html(&repository.to_string());
    let agent = WireAgentId(pull_request.agent_id);
    let merged = pull_request
        .merge_commit
        .as_ref()
        .map_or_else(String::new, |commit| {
            format!("<dt>Merged as</dt><dd><code>{}</code></dd>", commit.short())
        });
    let (base_commit, head_commit) = (
        pull_request.base_commit.short(),
        pull_request.head_commit.short(),
    );
    let (created_at, updated_at) = (pull_request.created_at, pull_request.updated_at);
    let body = html(&shown_body(body));
    let changes = diff.map_or_else(
        || "<p>The changes cannot be shown at present.</p>".to_owned(),
        write_diff,
    );
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Pull request #{number}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title} <small>#{number}</small></h1>\n\
         <p><span class=\"state {state}\">{state}{draft}</span> <code>{head}</code> into <code>{base}</code> \
         of {repository}</p></header>\n\
         <dl><dt>Agent</dt><dd><a href=\"/agents?id={agent}\">{agent}</a></dd>\n\
         <dt>Commits</dt><dd><code>{base_commit}</code> to <code>{head_commit}</code></dd>\n{merged}\
         <dt>Opened</dt><dd>{created_at}</dd><dt>Changed</dt><dd>{updated_at}</dd>\n\
         <dt>As text</dt><dd><a href=\"/pulls/{number}.diff\">diff</a> \
         <a href=\"/pulls/{number}.patch\">patch</a></dd></dl>\n\
         <section class=\"body\">{body}</section>\n<section>{changes}</section>\n</body>\n</html>\n"
    )
}

fn write_diff(diff: &str) -> String {
    if diff.is_empty() {
        return "<p>Nothing differs.</p>".to_owned();
    }
    let mut written = String::with_capacity(diff.len() * 2);
    written.push_str("<pre class=\"diff\">");
    let mut part = Part::Head;
    for line in diff.lines() {
        part = part.of(line);
        let (class, line) = (part.class(line), html(line));
        // Writing to a String cannot fail. The line break stands inside: a copy of the text keeps it.
        let _ = write!(written, "<span class=\"{class}\">{line}\n</span>");
    }
    written.push_str("</pre>");
    written
}

/// Where a line stands: `---` opens a file in a head and removes `--` in a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Head,
    Hunk,
}

impl Part {
    fn of(self, line: &str) -> Self {
        match self {
            Self::Head | Self::Hunk if line.starts_with("@@") => Self::Hunk,
            Self::Head | Self::Hunk if line.starts_with("diff ") => Self::Head,
            Self::Head => Self::Head,
            Self::Hunk => Self::Hunk,
        }
    }

    fn class(self, line: &str) -> &'static str {
        match (self, line.as_bytes().first()) {
            (Self::Head, _) if line.starts_with("diff ") => "file",
            (Self::Head, _) => "meta",
            (Self::Hunk, Some(b'+')) => "added",
            (Self::Hunk, Some(b'-')) => "removed",
            (Self::Hunk, Some(b'@')) => "hunk",
            (Self::Hunk, _) => "same",
        }
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{AgentId, PullRequestNumber, PullRequestState, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn hostile() -> PullRequest {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        PullRequest {
            number: PullRequestNumber(7),
            agent_id: AgentId::new(Uuid::nil()),
            repository: "https://h/a/<b>".parse().unwrap(),
            title: "</title><script>alert(1)</script>".to_owned(),
            body: "<img src=x onerror=alert(1)>\n# Markdown\n\n<!-- outwork agent=1 run=2 -->\n"
                .to_owned(),
            base: "main".parse().unwrap(),
            head: "outwork/<x>"
                .parse()
                .unwrap_or_else(|_| "outwork/x".parse().unwrap()),
            base_commit: commit.parse().unwrap(),
            head_commit: commit.parse().unwrap(),
            state: PullRequestState::Merged,
            readiness: Readiness::Ready,
            merge_commit: Some(commit.parse().unwrap()),
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(1),
        }
    }

    #[test]
    fn nothing_of_the_agent_becomes_markup() {
        let diff =
            "diff --git a/<i> b/<i>\n--- a/<i>\n+++ b/<i>\n@@ -1 +1 @@ <u>\n-<s>\n+</pre><b>\n";
        let page = write_page(&hostile(), Some(diff));
        for markup in ["<script", "<img", "<i>", "<u>", "<s>", "</pre><b>", "a/<b>"] {
            assert!(!page.contains(markup), "{markup} in {page}");
        }
        insta::assert_snapshot!(page.replace(STYLE, "…"));
    }

    #[test]
    fn the_policy_lets_nothing_run() {
        let response = pull_request_page(&hostile(), None);
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(
            !policy.contains("script") && !policy.contains("unsafe"),
            "{policy}"
        );
    }

    #[test]
    fn lines_are_classed_by_where_they_stand() {
        let diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n--- gone\n+++ new\n same";
        let mut part = Part::Head;
        let classes: Vec<&str> = diff
            .lines()
            .map(|line| {
                part = part.of(line);
                part.class(line)
            })
            .collect();
        assert_eq!(
            classes,
            ["file", "meta", "meta", "hunk", "removed", "added", "same"]
        );
    }
}
