//! A text without the ends of lines and the spaces in it, for what programs write in lines of equal lengths.

use std::borrow::Cow;

/// How many bytes between two characters of a form may be spaces and ends of lines, the indent of the next line
/// included. It bounds how far a form may be spread, and so what a stream holds back.
pub(super) const GAP_BYTES_MAX: usize = 64;

/// How many backslashes may stand before the letter of an escaped end of a line: escaped three times.
const BACKSLASHES_MAX: usize = 7;

/// Stands for a gap that is too long; it is in no form that is looked for here.
const BREAK: u8 = b'\n';

/// The bytes between the gaps, and where they were.
pub(super) struct View<'t> {
    bytes: Cow<'t, [u8]>,
    /// Where each stretch without a gap begins, in the view and in the text.
    stretches: Vec<(usize, usize)>,
}

impl<'t> View<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        if !text.iter().any(may_be_gap) {
            return Self {
                bytes: Cow::Borrowed(text),
                stretches: vec![(0, 0)],
            };
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut stretches = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let gap = gap_bytes(&text[at..]);
            if gap > GAP_BYTES_MAX {
                stretches.push((bytes.len(), at + gap - 1));
                bytes.push(BREAK);
            }
            at += gap;
            let Some((_, rest)) = text[at..].split_first() else {
                break;
            };
            let end = rest.iter().position(may_be_gap);
            let end = end.map_or(text.len(), |end| at + 1 + end);
            stretches.push((bytes.len(), at));
            bytes.extend_from_slice(&text[at..end]);
            at = end;
        }
        Self {
            bytes: Cow::Owned(bytes),
            stretches,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a byte of the view is in the text; nothing behind its end.
    pub(super) fn place(&self, index: usize) -> Option<usize> {
        let after = self.stretches.partition_point(|(begin, _)| *begin <= index);
        let (begin, place) = self.stretches.get(after.checked_sub(1)?)?;
        (index < self.bytes.len()).then(|| place + index - begin)
    }

    /// The first byte of the view that is in the text at a place or behind it; the view's length if none is.
    pub(super) fn index(&self, place: usize) -> usize {
        let after = self.stretches.partition_point(|(_, begin)| *begin <= place);
        let Some(last) = after.checked_sub(1) else {
            return 0;
        };
        let (begin, at) = self.stretches[last];
        let next = self.stretches.get(after);
        let end = next.map_or(self.bytes.len(), |(begin, _)| *begin);
        (begin + place - at).min(end)
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

const fn may_be_gap(byte: &u8) -> bool {
    is_space(*byte) || *byte == b'\\'
}

/// How many bytes at the beginning are spaces and ends of lines, escaped ones too.
fn gap_bytes(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let next = match text.get(at) {
            Some(byte) if is_space(*byte) => 1,
            Some(b'\\') => escape_bytes(&text[at..]),
            Some(_) | None => 0,
        };
        if next == 0 {
            return at;
        }
        at += next;
    }
}

/// How many bytes of an escaped end of a line the text begins with. At the end of the text, backslashes count as the
/// beginning of one: they are in no form, and the letter may follow in a stream.
fn escape_bytes(text: &[u8]) -> usize {
    let some = &text[..text.len().min(BACKSLASHES_MAX + 1)];
    match some.iter().position(|byte| *byte != b'\\') {
        Some(count) if matches!(some[count], b'n' | b'r') => count + 1,
        None if some.len() == text.len() => some.len(),
        Some(_) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gaps_go_and_long_ones_break() {
        let seen = |text: &str| String::from_utf8(View::of(text.as_bytes()).bytes().to_vec());
        assert_eq!(seen("ab\r\n  cd\te").unwrap(), "abcde");
        assert_eq!(seen(r"ab\ncd\\r\\ne\x\").unwrap(), r"abcde\x");
        let long = format!("a{}b", " ".repeat(GAP_BYTES_MAX + 1));
        assert_eq!(seen(&long).unwrap(), "a\nb");
        assert_eq!(seen(" \n").unwrap(), "");
    }

    proptest! {
        #[test]
        fn places_are_those_of_the_bytes(text in "[a \n\\\\nr]{0,90}") {
            let view = View::of(text.as_bytes());
            let mut last = None;
            for (index, byte) in view.bytes().iter().enumerate() {
                let place = view.place(index).unwrap();
                prop_assert_eq!(text.as_bytes()[place], if *byte == BREAK { text.as_bytes()[place] } else { *byte });
                prop_assert!(last < Some(place));
                prop_assert_eq!(view.index(place), index);
                let from = last.map_or(0, |last| last + 1);
                prop_assert!((from..=place).all(|one| view.index(one) == index));
                last = Some(place);
            }
            prop_assert_eq!(view.place(view.bytes().len()), None);
            prop_assert_eq!(view.index(text.len()), view.bytes().len());
        }
    }
}
