//! Text of people and models as it is shown to others: nothing that nobody sees, nothing that breaks out.

/// The text without what nobody sees: control, zero-width, bidirectional and tag characters; cut behind
/// that many characters.
pub(crate) fn visible_text(text: &str, chars_max: usize) -> String {
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
    let mut shown: String = shown.take(chars_max.saturating_add(1)).collect();
    if let Some((end, _)) = shown.char_indices().nth(chars_max) {
        shown.truncate(end);
        shown.push('…');
    }
    shown.trim().to_owned()
}

/// A fence that nothing in the text can close.
pub(crate) fn fence_around(text: &str) -> String {
    "`".repeat(longest_run(text).max(2) + 1)
}

/// Text of one line as a code span of Markdown that nothing in it can close.
pub(crate) fn code_span(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text) + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{gap}{text}{gap}{ticks}")
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_out() {
        let text = "do\u{200b} th\u{202e}is\u{e0041}\r\n\tnow\u{1b}[31m";
        assert_eq!(visible_text(text, 100), "do this\n\tnow[31m");
        assert_eq!(visible_text("äöüß", 3), "äöü…");
        assert_eq!(visible_text("äöü", 3), "äöü");
    }

    #[test]
    fn no_text_closes_its_fence_or_span() {
        assert_eq!(fence_around("a"), "```");
        assert_eq!(fence_around("a\n````\nb"), "`````");
        assert_eq!(code_span("cargo test"), "`cargo test`");
        assert_eq!(code_span("a `b` c"), "``a `b` c``");
        assert_eq!(code_span("`b`"), "`` `b` ``");
    }
}
