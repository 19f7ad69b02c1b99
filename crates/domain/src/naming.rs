//! Names derived from prompts.

use crate::limits::NAME_CHARS_MAX;

const SLUG_CHARS_MAX: usize = 40;

/// A short name for an agent: the prompt's first line outside of code that says something, cut at a
/// word.
#[must_use]
pub fn name_of_prompt(text: &str) -> String {
    let line = prose(text).or_else(|| code(text)).unwrap_or("Untitled");
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= NAME_CHARS_MAX {
        return line;
    }
    let cut: String = line.chars().take(NAME_CHARS_MAX - 1).collect();
    let at_word = cut
        .rfind(' ')
        .filter(|at| *at > NAME_CHARS_MAX / 2)
        .map_or(cut.as_str(), |at| &cut[..at]);
    format!("{at_word}…")
}

/// The first line that says something and stands in no fenced block.
fn prose(text: &str) -> Option<&str> {
    text.split("```")
        .step_by(2)
        .find_map(|part| lines_that_say(part).next())
}

/// The first line of a fenced block, behind the line that opens it.
fn code(text: &str) -> Option<&str> {
    let inside = |part: &str| part.find('\n').unwrap_or(part.len());
    text.split("```")
        .skip(1)
        .step_by(2)
        .find_map(|part| lines_that_say(&part[inside(part)..]).next())
}

fn lines_that_say(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| {
            line.trim_start_matches(['#', '-', '*', '>', '`', ' ', '\t'])
                .trim()
        })
        .filter(|line| line.chars().any(char::is_alphanumeric))
}

/// The part of a generated branch name that speaks of its agent: `[a-z0-9-]`, at most 40 characters.
#[must_use]
pub fn branch_slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == SLUG_CHARS_MAX {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "agent".to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_first_line_that_says_something() {
        assert_eq!(
            name_of_prompt("\n## Add a README\nwith more"),
            "Add a README"
        );
        assert_eq!(name_of_prompt("```\n***"), "Untitled");
        assert_eq!(name_of_prompt("```sh\nmake\n```\nThen rest"), "Then rest");
        assert_eq!(name_of_prompt("```sh\nmake all\n```"), "make all");
        assert_eq!(name_of_prompt("a\tb  c"), "a b c");
        let long = name_of_prompt(&"word ".repeat(50));
        assert!(
            long.chars().count() <= 100 && long.ends_with("word…"),
            "{long}"
        );
    }

    #[test]
    fn the_slug_is_plain() {
        assert_eq!(branch_slug("Add a README (now!)"), "add-a-readme-now");
        assert_eq!(branch_slug("日本"), "agent");
        assert!(branch_slug(&"ab ".repeat(40)).len() <= 40);
    }

    proptest::proptest! {
        #[test]
        fn slugs_make_legal_branches(name in "\\PC{0,80}") {
            let branch = format!("outwork/{}-0a1b", branch_slug(&name));
            proptest::prop_assert!(branch.parse::<crate::BranchName>().is_ok());
            proptest::prop_assert!((1..=100).contains(&name_of_prompt(&name).chars().count()));
        }
    }
}
