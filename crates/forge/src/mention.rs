//! Recognises that somebody speaks to us: `@name` as a word of its own, in text that is his own.
//!
//! What stands in code, in a quotation, in an image or in markup is not said to anybody: a quoted request
//! would otherwise be carried out a second time.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const NAME_CHARS_MAX: usize = 100;

/// The name that we listen to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention(String);

/// The text is no name that people can mention.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be mentioned: it takes 1 to 100 letters, digits, `-` and `_`")]
pub struct InvalidMention(pub String);

impl FromStr for Mention {
    type Err = InvalidMention;

    /// Takes `@outwork` or `outwork`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().trim_start_matches('@');
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(legal) {
            return Err(InvalidMention(text.chars().take(NAME_CHARS_MAX).collect()));
        }
        Ok(Self(name.to_ascii_lowercase()))
    }
}

impl fmt::Display for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

impl Mention {
    /// What is asked of us in a text in Markdown: all of it but the first mention; `None` if we are not
    /// mentioned.
    #[must_use]
    pub fn request_in(&self, markdown: &str) -> Option<String> {
        let found = own_words(markdown)
            .into_iter()
            .find_map(|range| self.find_in(markdown, range))?;
        let before = markdown[..found.start].trim_end_matches([' ', '\t']);
        let after = markdown[found.end..].trim_start_matches([' ', '\t', ',', ':']);
        let gap = if before.is_empty() || before.ends_with('\n') || after.starts_with('\n') {
            ""
        } else {
            " "
        };
        Some(format!("{before}{gap}{after}").trim().to_owned())
    }

    fn find_in(&self, markdown: &str, range: Range<usize>) -> Option<Range<usize>> {
        let text = &markdown[range.clone()];
        text.match_indices('@').find_map(|(at, _)| {
            let start = range.start + at;
            let end = start + 1 + self.0.len();
            let name = markdown.get(start + 1..end)?;
            (name.eq_ignore_ascii_case(&self.0)
                && begins_a_word(&markdown[..start])
                && ends_a_word(&markdown[end..]))
            .then_some(start..end)
        })
    }
}

/// Whether a mention may follow: not within an e-mail address, a path, or another name.
fn begins_a_word(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        None => true,
        // An underscore opens emphasis, unless it belongs to a name.
        Some('_') => !back.next().is_some_and(char::is_alphanumeric),
        Some(c) => !c.is_alphanumeric() && !matches!(c, '/' | '@' | '\\'),
    }
}

/// Whether the name ends here: `@outwork-bot`, `@outwork.io` and `@outwork/team` are others.
fn ends_a_word(after: &str) -> bool {
    let mut rest = after.chars();
    match rest.next() {
        None => true,
        Some('-' | '_' | '.' | '/') => !rest.next().is_some_and(char::is_alphanumeric),
        Some(c) => !c.is_alphanumeric() && c != '@',
    }
}

/// The parts of a text that its author says himself.
fn own_words(markdown: &str) -> Vec<Range<usize>> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut depth = 0_usize;
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Start(tag) if is_foreign(&tag) => depth += 1,
            Event::End(end) if is_foreign_end(end) => depth = depth.saturating_sub(1),
            Event::Text(_) if depth == 0 => parts.push(range),
            Event::Start(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    // A name with an underscore comes in pieces.
    parts.dedup_by(|next, last| {
        let joined = last.end == next.start;
        if joined {
            last.end = next.end;
        }
        joined
    });
    parts
}

fn is_foreign(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Image { .. }
    )
}

fn is_foreign_end(end: TagEnd) -> bool {
    matches!(
        end,
        TagEnd::BlockQuote(_) | TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::Image
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outwork() -> Mention {
        "@outwork".parse().unwrap()
    }

    fn request(text: &str) -> Option<String> {
        outwork().request_in(text)
    }

    #[test]
    fn hears_its_name_as_a_word() {
        for (text, asked) in [
            ("@outwork fix the test", "fix the test"),
            ("@outwork, fix it", "fix it"),
            ("@Outwork: fix it", "fix it"),
            ("please @OUTWORK do", "please do"),
            (
                "Thanks!\n\n@outwork\nnow the docs.",
                "Thanks!\n\n\nnow the docs.",
            ),
            ("(@outwork)", "( )"),
            ("_@outwork_ go", "_ _ go"),
            ("**@outwork** go", "** ** go"),
            ("- [ ] @outwork do", "- [ ] do"),
            ("is this right, @outwork?", "is this right, ?"),
            ("a.@outwork. b", "a. . b"),
            ("> old\n\n@outwork new", "> old\n\nnew"),
            ("| a |\n|---|\n| @outwork x |", "| a |\n|---|\n| x |"),
            ("ü@x @outwork ä", "ü@x ä"),
            ("@outwork", ""),
            ("@outwork @outwork", "@outwork"),
        ] {
            assert_eq!(request(text).as_deref(), Some(asked), "{text:?}");
        }
        let odd: Mention = "out_work-2".parse().unwrap();
        assert_eq!(odd.request_in("@out_work-2 go").as_deref(), Some("go"));
    }

    #[test]
    fn is_deaf_to_other_names_code_and_quotations() {
        for text in [
            "",
            "outwork",
            "@outworker",
            "@outwork-bot do",
            "@outwork_x do",
            "@outwork.io",
            "@outwork/team",
            "me@outwork",
            "me@outwork.io",
            "x/@outwork/y",
            "@@outwork",
            "@outwork@example.com",
            "\\@outwork",
            "é@outwork",
            "`@outwork`",
            "``a ` @outwork``",
            "```\n@outwork\n```",
            "~~~sh\n@outwork\n~~~",
            "```\n@outwork never closed",
            "    @outwork indented",
            "> @outwork quoted",
            "> a\n> > @outwork deeper",
            "> lazy\n@outwork goes on",
            "- x\n\n  > @outwork",
            "<!-- @outwork -->",
            "<details title=\"@outwork\"></details>",
            "![@outwork](x.png)",
            "[x](https://h/@outwork)",
            "https://h/@outwork",
        ] {
            assert_eq!(request(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_are_words() {
        for bad in ["", "@", "a b", "ä", "a@b", "x/y", &"a".repeat(101)] {
            assert!(bad.parse::<Mention>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "Out-Work".parse::<Mention>().unwrap().to_string(),
            "@out-work"
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_it_and_what_it_gives_was_said(text in "(?s)([a-z@`>\\-_ \n*#~\\[\\]()!<ä.]|@outwork){0,60}") {
            if let Some(request) = request(&text) {
                prop_assert!(text.to_lowercase().contains("@outwork"));
                prop_assert!(request.len() <= text.len());
            }
        }

        #[test]
        fn a_plain_sentence_is_heard_anywhere(before in "([a-z]{1,8} ){0,4}", after in "( [a-z]{1,8}){0,4}") {
            let text = format!("{before}@outwork{after}");
            let expected = format!("{before}{}", after.trim_start());
            prop_assert_eq!(request(&text), Some(expected.trim().to_owned()));
        }

        #[test]
        fn nothing_is_heard_from_a_quotation(line in "[a-z@ ]{0,20}") {
            let text = format!("> {line} @outwork {line}");
            prop_assert_eq!(request(&text), None);
        }

        #[test]
        fn nothing_is_heard_from_a_fence(lines in "([a-z@ ]{0,10}\n){0,4}") {
            let text = format!("```\n{lines}@outwork\n{lines}```\n");
            prop_assert_eq!(request(&text), None);
        }

        #[test]
        fn no_longer_name_is_ours(letter in "[a-zA-Z0-9äß]", word in "[a-z]{0,5}") {
            let text = format!("@outwork{letter}{word}");
            prop_assert_eq!(request(&text), None);
        }
    }
}
