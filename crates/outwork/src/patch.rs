//! Diffs and patches: harmless and coloured on a terminal, byte for byte elsewhere, for `git apply`.

use crate::output::{Output, Role, Style};
use crate::plain::plain;

/// Prints a diff or a series of patches.
pub fn print(text: &str, output: &Output) -> std::io::Result<()> {
    if output.is_terminal() {
        output.piece(&shown(text, output.style()))
    } else {
        output.piece(text)
    }
}

/// A diff for people.
pub fn shown(text: &str, style: Style) -> String {
    let mut out = String::new();
    for line in text.split('\n') {
        let line = plain(line);
        let role = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Some(Role::Strong),
            [b'+', ..] => Some(Role::Good),
            [b'-', ..] => Some(Role::Bad),
            [b'@', b'@', ..] => Some(Role::Accent),
            _ if line.starts_with("diff --git ") => Some(Role::Strong),
            _ => None,
        };
        out += &role.map_or(line.clone(), |role| style.paint(role, &line));
        out.push('\n');
    }
    // `split` gives one empty line behind the last line end.
    out.pop();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_for_people_is_harmless_and_keeps_its_lines() {
        let text = "diff --git a/a b/a\n@@ -1 +1 @@\n-a\u{1b}[2J\n+b\n";
        assert_eq!(
            shown(text, Style::Plain),
            "diff --git a/a b/a\n@@ -1 +1 @@\n-a\n+b\n"
        );
        let good = Style::Coloured.paint(Role::Good, "+b");
        assert!(shown(text, Style::Coloured).contains(&good));
        assert_eq!(shown("", Style::Plain), "");
    }
}
