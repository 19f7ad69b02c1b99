//! Names derived from prompts.

use std::collections::HashSet;

use crate::Repository;
use crate::limits::NAME_CHARS_MAX;

const SLUG_CHARS_MAX: usize = 40;
const FOLDER_CHARS_MAX: usize = 100;

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

/// Names the folders in which the checkouts of several repositories lie side by side: each the name of
/// its repository, and a number behind it if another has it already. One repository alone has none.
#[must_use]
pub fn folders_of(repositories: &[&Repository]) -> Vec<Option<String>> {
    if repositories.len() < 2 {
        return vec![None; repositories.len()];
    }
    // Some file systems do not tell upper from lower case.
    let mut taken: HashSet<String> = HashSet::new();
    let mut free = |name: &str| taken.insert(name.to_lowercase());
    let mut folders = Vec::with_capacity(repositories.len());
    for repository in repositories {
        let name = folder_of(repository);
        let numbered = |n: usize| match n {
            1 => name.clone(),
            n => format!("{name}-{n}"),
        };
        folders.push((1..).map(numbered).find(|name| free(name)));
    }
    folders
}

fn folder_of(repository: &Repository) -> String {
    let name = repository.name();
    let name = name.strip_suffix(".git").unwrap_or(name);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(plain).take(FOLDER_CHARS_MAX).collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() {
        "repository".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_apart() {
        let repositories: Vec<Repository> = [
            "https://h/a/Tools",
            "https://h/b/tools",
            "/srv/tools.git",
            "/srv/.git",
            "/srv/tools-2",
            "https://h/a/\u{fc}b!ung",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        let all: Vec<&Repository> = repositories.iter().collect();
        let folders: Vec<String> = folders_of(&all).into_iter().flatten().collect();
        assert_eq!(
            folders,
            [
                "Tools",
                "tools-2",
                "tools-3",
                "repository",
                "tools-2-2",
                "b-ung"
            ]
        );
        assert_eq!(folders_of(&all[..1]), [None]);
        assert_eq!(folders_of(&[]), []);
    }

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
