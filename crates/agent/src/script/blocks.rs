//! The fenced `sh` blocks of a prompt (`CommonMark`, fenced code blocks).
//!
//! A block counts if its info string is exactly `sh` or `sh once`; blocks within other blocks are
//! text of those. An unclosed block ends with the prompt.

/// Whether an interrupted block may be run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    Again,
    Never,
}

/// A block to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) text: String,
    pub(super) repeat: Repeat,
}

impl Block {
    /// Its first line, shortened.
    pub(super) fn title(&self) -> String {
        let mut lines = self.text.lines().filter(|line| !line.trim().is_empty());
        let first = lines.next().unwrap_or_default().trim();
        let mut title: String = first.chars().take(60).collect();
        if title.len() < first.len() || lines.next().is_some() {
            title.push_str(" …");
        }
        title
    }
}

struct Fence {
    mark: char,
    length: usize,
    repeat: Option<Repeat>,
}

pub(super) fn blocks_of(prompt: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(Fence, String)> = None;
    for line in prompt.lines() {
        open = match open.take() {
            None => fence_of(line).map(|fence| (fence, String::new())),
            Some((fence, text)) if closes(line, &fence) => {
                finish(&fence, text, &mut blocks);
                None
            }
            Some((fence, mut text)) => {
                text.push_str(line);
                text.push('\n');
                Some((fence, text))
            }
        };
    }
    if let Some((fence, text)) = open {
        finish(&fence, text, &mut blocks);
    }
    blocks
}

fn finish(fence: &Fence, text: String, blocks: &mut Vec<Block>) {
    if let Some(repeat) = fence.repeat
        && !text.trim().is_empty()
    {
        blocks.push(Block { text, repeat });
    }
}

/// The mark, its length and what is behind it, if the line begins with a fence.
fn split(line: &str) -> Option<(char, usize, &str)> {
    let rest = line.trim_start_matches(' ');
    let mark = rest
        .chars()
        .next()
        .filter(|mark| matches!(mark, '`' | '~'))?;
    let info = rest.trim_start_matches(mark);
    let length = rest.len() - info.len();
    (line.len() - rest.len() <= 3 && length >= 3).then_some((mark, length, info))
}

fn fence_of(line: &str) -> Option<Fence> {
    let (mark, length, info) = split(line)?;
    if mark == '`' && info.contains('`') {
        return None;
    }
    let words: Vec<&str> = info.split_whitespace().collect();
    let repeat = match words.as_slice() {
        ["sh"] => Some(Repeat::Again),
        ["sh", "once"] => Some(Repeat::Never),
        _ => None,
    };
    Some(Fence {
        mark,
        length,
        repeat,
    })
}

fn closes(line: &str, fence: &Fence) -> bool {
    split(line).is_some_and(|(mark, length, info)| {
        mark == fence.mark && length >= fence.length && info.trim().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(prompt: &str) -> Vec<String> {
        blocks_of(prompt)
            .into_iter()
            .map(|block| block.text)
            .collect()
    }

    #[test]
    fn takes_sh_and_sh_once_only() {
        let prompt = "```sh\na\n```\n```bash\nb\n```\n```shell\nc\n```\n```sh once\nd\n```\n\
                      ```sh twice\ne\n```\n```\nf\n```\n~~~sh\ng\n~~~\n```  sh  \r\nh\r\n```\r\n";
        assert_eq!(texts(prompt), ["a\n", "d\n", "g\n", "h\n"]);
        assert_eq!(blocks_of(prompt)[1].repeat, Repeat::Never);
    }

    #[test]
    fn a_block_within_a_block_is_text() {
        assert_eq!(
            texts("````md\n```sh\nrm x\n```\n````\n"),
            Vec::<String>::new()
        );
        assert_eq!(
            texts("````sh\ncat <<E\n```\nE\n````\n"),
            ["cat <<E\n```\nE\n"]
        );
    }

    #[test]
    fn empty_unclosed_indented() {
        assert_eq!(texts("```sh\n\n```\n"), Vec::<String>::new());
        assert_eq!(texts("```sh\nls"), ["ls\n"]);
        assert_eq!(texts("    ```sh\nls\n"), Vec::<String>::new());
        assert_eq!(texts("``sh\nls\n``\n"), Vec::<String>::new());
    }

    #[test]
    fn the_title_is_the_first_line() {
        let title = |text: &str| {
            let repeat = Repeat::Again;
            Block {
                text: text.to_owned(),
                repeat,
            }
            .title()
        };
        assert_eq!(title("\n  ls  \n"), "ls");
        assert_eq!(title("a\nb\n"), "a …");
        assert_eq!(title(&"ü".repeat(61)), format!("{} …", "ü".repeat(60)));
    }
}
