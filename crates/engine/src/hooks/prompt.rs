//! What an agent gets to read of what people wrote on a forge.
//!
//! Text of people is data: it is cut at a limit, and characters that nobody sees are taken out.

use std::fmt::Write as _;

use outwork_domain::ForgePullRequest;
use outwork_domain::limits::FORGE_TEXT_CHARS_MAX;
use outwork_forge::{CheckFinished, Place, Said};

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
            let fence = fence_around(hunk);
            let _infallible = writeln!(text, "\n{fence}diff\n{}\n{fence}", visible(hunk));
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
        let fence = fence_around(summary);
        let _infallible = writeln!(text, "\n{fence}\n{}\n{fence}", visible(summary));
    }
    text
}

fn author(said: &Said) -> String {
    format!("@{}", visible(&said.author.login))
}

/// A fence that nothing in the text can close.
fn fence_around(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(longest.max(2) + 1)
}

/// The text without what nobody sees: control, zero-width, bidirectional and tag characters.
pub(super) fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(
                c,
                '\u{ad}'
                    | '\u{61c}'
                    | '\u{115f}'..='\u{1160}'
                    | '\u{180b}'..='\u{180f}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{3164}'
                    | '\u{fe00}'..='\u{fe0f}'
                    | '\u{feff}'
                    | '\u{ffa0}'
                    | '\u{fff9}'..='\u{fffb}'
                    | '\u{e0000}'..='\u{e0fff}'
            )
    };
    let shown = text.chars().filter(|c| !is_hidden(*c));
    let mut shown: String = shown.take(FORGE_TEXT_CHARS_MAX + 1).collect();
    if let Some((end, _)) = shown.char_indices().nth(FORGE_TEXT_CHARS_MAX) {
        shown.truncate(end);
        shown.push('…');
    }
    shown.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_out() {
        let text = "do\u{200b} th\u{202e}is\u{e0041}\r\n\tnow\u{1b}[31m";
        assert_eq!(visible(text), "do this\n\tnow[31m");
        let long = "ä".repeat(FORGE_TEXT_CHARS_MAX + 5);
        assert_eq!(visible(&long).chars().count(), FORGE_TEXT_CHARS_MAX + 1);
    }

    #[test]
    fn no_text_closes_its_fence() {
        assert_eq!(fence_around("a"), "```");
        assert_eq!(fence_around("a\n````\nb"), "`````");
    }
}
