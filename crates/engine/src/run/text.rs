//! The words of commits and pull requests.

use outwork_domain::redact::without_tokens;
use outwork_domain::{Event, EventBody, name_of_prompt};
use outwork_store::Claim;

use crate::approval::task_of;

const SUBJECT_CHARS_MAX: usize = 72;
const BODY_BYTES_MAX: usize = 4 * 1024;

/// The message of the commit that holds a run's work, with the address of a co-author, if any.
pub(super) fn commit_message(
    claim: &Claim,
    subject: &str,
    summary: &str,
    co_author_email: Option<&str>,
) -> String {
    let Claim { agent, run, .. } = claim;
    let body = plain(summary);
    let gap = if body.is_empty() { "" } else { "\n\n" };
    format!(
        "{subject}{gap}{body}\n\nOutwork-Agent: {}\nOutwork-Run: {}\n{}",
        agent.id,
        run.id,
        co_author_email.and_then(co_author_line).unwrap_or_default()
    )
}

/// The trailer that forges understand; the name is what stands before the address's `@`. None for an
/// address that would break it.
fn co_author_line(email: &str) -> Option<String> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>".contains(c);
    let (name, _) = email.split_once('@')?;
    let usable = !name.is_empty() && !email.contains(odd);
    usable.then(|| format!("Co-authored-by: {name} <{email}>\n"))
}

/// The commit's first line: the agent's name for what its first prompt asked for, else the prompt's; that of
/// an approved plan is what it answers. `history` are the agent's events.
pub(super) fn subject(claim: &Claim, history: &[Event]) -> String {
    let task = match claim.run.approved {
        Some(_) => task_of(&claim.prompt),
        None => &claim.prompt,
    };
    let is_first = match claim.run.approved {
        Some(_) => {
            first_prompt(history).is_some_and(|first| task.starts_with(&*without_tokens(first)))
        }
        None => claim.run.number == 1,
    };
    let name = if is_first {
        claim.agent.name.clone()
    } else {
        name_of_prompt(task)
    };
    if name.chars().count() <= SUBJECT_CHARS_MAX {
        return name;
    }
    let cut: String = name.chars().take(SUBJECT_CHARS_MAX - 1).collect();
    format!("{}…", cut.trim_end())
}

fn first_prompt(history: &[Event]) -> Option<&str> {
    history.iter().find_map(|event| {
        if let EventBody::Prompt { text, .. } = &event.body {
            return Some(text.as_str());
        }
        None
    })
}

/// Text without control characters, short enough for a commit message.
fn plain(text: &str) -> String {
    let kept = |c: &char| *c == '\n' || !c.is_control();
    let mut text: String = text.chars().filter(kept).collect();
    if text.len() > BODY_BYTES_MAX {
        let mut end = BODY_BYTES_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_co_author_is_one_line() {
        assert_eq!(
            co_author_line("ada@example.org").as_deref(),
            Some("Co-authored-by: ada <ada@example.org>\n")
        );
        for odd in ["", "ada", "@x", "a b@x", "a@x>\nSigned-off-by: <y@z"] {
            assert_eq!(co_author_line(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn text_is_plain_and_short() {
        assert_eq!(plain("a\u{1b}[31mb\r\nc\n"), "a[31mb\nc");
        assert!(plain(&"ä".repeat(5_000)).len() <= BODY_BYTES_MAX + '…'.len_utf8());
    }
}
