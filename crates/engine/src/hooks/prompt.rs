//! What an agent gets to read of what people wrote on a forge.
//!
//! Text of people is data: it is cut at a limit, and characters that nobody sees are taken out.

use std::fmt::Write as _;

use outwork_domain::ForgePullRequest;
use outwork_domain::limits::FORGE_TEXT_CHARS_MAX;
use outwork_forge::{CheckFinished, Place, Said};

use crate::visible::{fence_around, visible_text};

/// A request in a pull request of ours, with the place that it is about.
pub(super) fn of_pull_request(ours: &ForgePullRequest, said: &Said, request: &str) -> String {
    let mut text = format!(
        "{} wrote in the pull request {} of your branch {}:\n\n{}\n",
        author(said),
        ours.url,
        ours.head,
        visible(request)
    );
    if let Place::Line(line) = &said.remark.place {
        // Writing to a string cannot fail.
        let _infallible = match line.line {
            Some(number) => writeln!(
                text,
                "\nIt is about {}, line {number}.",
                visible(&line.path)
            ),
            None => writeln!(text, "\nIt is about {}.", visible(&line.path)),
        };
        if let Some(hunk) = &line.hunk {
            let _infallible = writeln!(text, "\n{}", fenced("diff", hunk));
        }
        if let Some(thread) = &line.thread {
            let _infallible = writeln!(text, "\nIt belongs to the thread {}.", visible(thread));
        }
    }
    text
}

/// A later request in an issue.
pub(super) fn of_comment(said: &Said, request: &str) -> String {
    format!(
        "{} wrote in the issue:\n\n{}\n",
        author(said),
        visible(request)
    )
}

/// The first request in an issue, with the issue.
pub(super) fn of_issue(said: &Said, request: &str) -> String {
    let url = said.subject_url.as_deref().unwrap_or_default();
    let mut text = format!("{}\n\nThe issue {url}", visible(&said.title));
    let is_description = said.remark.place == Place::Description;
    match said.description.as_deref().filter(|_| !is_description) {
        Some(description) if !description.trim().is_empty() => {
            let _infallible = write!(text, " says:\n\n{}\n", visible(description));
        }
        Some(_) | None => text.push('\n'),
    }
    if !request.trim().is_empty() {
        let _infallible = write!(text, "\n{} wrote:\n\n{}\n", author(said), visible(request));
    }
    text
}

/// A check that failed on what was pushed.
pub(super) fn of_check(check: &CheckFinished) -> String {
    let mut text = format!(
        "The check {:?} failed on your commit {}. Find out why and mend it.\n",
        visible(&check.name),
        check.commit
    );
    if let Some(url) = &check.url {
        let _infallible = writeln!(text, "\nMore about it: {}", visible(url));
    }
    if let Some(summary) = &check.summary {
        let _infallible = writeln!(text, "\n{}", fenced("", summary));
    }
    text
}

fn author(said: &Said) -> String {
    format!("@{}", visible(&said.author.login))
}

/// A block of code; its fence is chosen for what is left of the text.
fn fenced(language: &str, text: &str) -> String {
    let shown = visible(text);
    let fence = fence_around(&shown);
    format!("{fence}{language}\n{shown}\n{fence}")
}

/// What people wrote, without what nobody sees.
pub(super) fn visible(text: &str) -> String {
    visible_text(text, FORGE_TEXT_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_opens_no_fence() {
        let text = "``\u{200b}`\nsh";
        assert_eq!(fenced("diff", text), "````diff\n```\nsh\n````");
    }
}
