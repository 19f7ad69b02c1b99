//! Takes out of foreign text whatever a terminal would obey instead of show.
//!
//! Agents, repositories and models write that text. Control sequences (ECMA-48) vanish, also when
//! they are split over pieces; characters that hide or reorder others are spelled out.

/// A filter for text that comes in pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// Behind ESC.
    Escape,
    /// Behind ESC and an intermediate character; the final one follows.
    Intermediate,
    /// In a control sequence, up to its final character.
    Control,
    /// In a control string (title, hyperlink, clipboard …), up to BEL, ST or the line's end.
    String,
    /// Behind a carriage return.
    Return,
}

impl Plain {
    /// The harmless part of the next piece.
    pub fn feed(&mut self, piece: &str) -> String {
        let mut out = String::with_capacity(piece.len());
        for c in piece.chars() {
            self.state = step(self.state, c, &mut out);
        }
        out
    }
}

/// The harmless part of a whole text.
pub fn plain(text: &str) -> String {
    Plain::default().feed(text)
}

/// The harmless part of a text, on one line.
pub fn plain_line(text: &str) -> String {
    let words: Vec<String> = plain(text).split_whitespace().map(str::to_owned).collect();
    words.join(" ")
}

/// JSON text in which no character is left that a terminal would obey; its meaning is the same.
pub fn plain_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, '\u{7f}'..='\u{9f}') || is_hidden(c) {
            // Beyond ASCII such characters stand in strings only, where an escape means the same.
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn step(state: State, c: char, out: &mut String) -> State {
    match state {
        State::Text => text(c, out),
        State::Return => {
            // A lone carriage return redraws a line; on paper that is a new one.
            out.push('\n');
            if c == '\n' { State::Text } else { text(c, out) }
        }
        State::Escape => match c {
            '[' => State::Control,
            ']' | 'P' | 'X' | '^' | '_' => State::String,
            ' '..='/' => State::Intermediate,
            '\u{1b}' => State::Escape,
            // Any other character is the final one of a short sequence; a new line is kept.
            '\n' => text(c, out),
            _ => State::Text,
        },
        State::Intermediate => match c {
            ' '..='/' => State::Intermediate,
            '\u{1b}' => State::Escape,
            '\n' => text(c, out),
            _ => State::Text,
        },
        State::Control => match c {
            '@'..='~' => State::Text,
            '\u{1b}' => State::Escape,
            '\n' => text(c, out),
            _ => State::Control,
        },
        State::String => match c {
            '\u{7}' | '\u{9c}' => State::Text,
            // ESC ends the string, with a backslash or with what follows it.
            '\u{1b}' => State::Escape,
            // A string that is never ended must not hide all that follows.
            '\n' => text(c, out),
            _ => State::String,
        },
    }
}

fn text(c: char, out: &mut String) -> State {
    match c {
        '\u{1b}' => return State::Escape,
        '\u{9b}' => return State::Control,
        '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => return State::String,
        '\r' => return State::Return,
        '\n' | '\t' => out.push(c),
        _ if c.is_control() => {}
        _ if is_hidden(c) => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
        _ => out.push(c),
    }
    State::Text
}

/// Characters without a width, or that change the order in which others are shown. Joiners stay:
/// scripts and emoji need them.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &[(&str, &str)] = &[
        ("\u{1b}[31mred\u{1b}[0m", "red"),
        ("a\u{1b}]0;title\u{7}b", "ab"),
        ("a\u{1b}]52;c;ZXZpbA==\u{1b}\\b", "ab"),
        (
            "a\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\",
            "alink",
        ),
        ("a\u{1b}Pq#0\u{1b}x\u{1b}\\b", "ab"),
        ("a\u{9b}2Jb", "ab"),
        ("a\u{9d}0;t\u{9c}b", "ab"),
        ("a\u{1b}cb", "ab"),
        ("a\u{1b}(Bb", "ab"),
        ("a\u{1b}[?1049hb", "ab"),
        ("a\u{8}\u{8}\u{7}\0b", "ab"),
        ("50%\r100%\r\nend", "50%\n100%\nend"),
        ("keep\ttabs\nand lines", "keep\ttabs\nand lines"),
        ("abc\u{202e}cba", "abc<U+202E>cba"),
        ("zero\u{200b}width", "zero<U+200B>width"),
        ("tag\u{e0041}", "tag<U+E0041>"),
        ("ü 日本 👩\u{200d}💻", "ü 日本 👩\u{200d}💻"),
        ("\u{1b}\u{1b}[1mx", "x"),
        ("a\u{1b}[31\nb", "a\nb"),
        ("a\u{1b}]0;never ended\nb", "a\nb"),
    ];

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        for (hostile, harmless) in HOSTILE {
            assert_eq!(plain(hostile), *harmless, "{hostile:?}");
        }
    }

    #[test]
    fn pieces_give_the_same_as_the_whole() {
        for (hostile, harmless) in HOSTILE {
            let mut filter = Plain::default();
            let pieces: String = hostile
                .chars()
                .map(|c| filter.feed(c.encode_utf8(&mut [0; 4])))
                .collect();
            assert_eq!(pieces, *harmless, "{hostile:?}");
        }
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"text": "a\u{9b}2J\u{202e}\u{e0041}\u{1b}[0m ü"});
        let shown = plain_json(&value.to_string());
        assert!(
            !shown.chars().any(|c| c.is_control() || is_hidden(c)),
            "{shown}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            value
        );
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(plain_line(" a\r\nb\u{1b}[2J  c "), "a b c");
    }
}
