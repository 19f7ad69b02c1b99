//! Redaction of a text of which something was left out: of a value that lies on a cut, only a part is
//! there, and that part goes too.

use super::search::{Matches, Search};
use super::{Redactor, stream};

/// What our own words for something left out begin with.
const MARK: &str = "[… ";
/// What they end with if the text goes on behind them.
const MARK_END: &str = " …]\n";

impl Redactor {
    /// The text without the values, and without their parts at its cuts.
    #[must_use]
    pub fn cut_text(&self, text: &str) -> String {
        let (mut out, rest) = self.to_last_cut(text);
        out.push_str(&self.text(rest));
        out
    }

    /// What is to be shown of a text up to its last cut, and what follows, redacted at the cut only.
    pub(super) fn to_last_cut<'t>(&self, text: &'t str) -> (String, &'t str) {
        let mut out = String::new();
        let Some(search) = &self.search else {
            return (out, text);
        };
        let mut rest = text;
        while let Some(at) = rest.find(MARK) {
            let (before, marked) = rest.split_at(at);
            let line_end = marked.find('\n').map_or(marked.len(), |end| end + 1);
            let (mark, after) = marked.split_at(line_end);
            let shown = before.strip_suffix(['\n', ' ']).unwrap_or(before);
            out.push_str(&stream::advance(search, shown).0);
            out.push_str(&before[shown.len()..]);
            out.push_str(&self.text(mark));
            rest = if mark.ends_with(MARK_END) {
                &after[rest_of_form(search, after)..]
            } else {
                after
            };
        }
        (out, rest)
    }
}

/// How many bytes at the beginning of a text are the end of a form, and no more than that.
fn rest_of_form(search: &Search, text: &str) -> usize {
    // More than twice as much cannot decide it.
    let some = &text[..text.floor_char_boundary(search.span().saturating_mul(2))];
    let mut matches = Matches::new(search, some.as_bytes());
    let count = matches.rest();
    // A whole form that begins there must stay one.
    matches
        .next(0)
        .map_or(count, |whole| count.min(whole.start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALUE: &str = "hunter2-Zebra-QUEEN";

    proptest! {
        #[test]
        fn of_a_value_on_a_cut_nothing_is_left(
            head in 0..=VALUE.len(),
            tail in 0..=VALUE.len(),
            mark in prop::sample::select(vec![
                "\n[… 70 bytes left out; the first 9 bytes are in /tmp/x …]\n", "\n[… 9 bytes not shown …]\n",
            ]),
        ) {
            let redactor = Redactor::new([("V", VALUE)]).unwrap();
            let text = format!("0 {}{mark}{} 1\n", &VALUE[..head], &VALUE[tail..]);
            let cut = redactor.cut_text(&text);
            let whole = |is_whole: bool| if is_whole { "[redacted:V]" } else { "" };
            let expected = format!("0 {}{mark}{} 1\n", whole(head == VALUE.len()), whole(tail == 0));
            prop_assert_eq!(cut, expected);
        }

        #[test]
        fn without_a_cut_it_is_the_usual_redaction(text in "[a-z0-9 \n]{0,40}") {
            let redactor = Redactor::new([("V", VALUE), ("W", "a b c d e")]).unwrap();
            let text = format!("{text}{VALUE}{text}hunter2");
            prop_assert_eq!(redactor.cut_text(&text), redactor.text(&text));
        }
    }

    #[test]
    fn a_whole_value_beside_a_cut_is_not_taken_for_a_part() {
        let redactor = Redactor::new([("A", "abcdefgh-ab"), ("B", "xyz-12345678-x")]).unwrap();
        let text = "abcdefgh-ab\n[… 9 bytes not shown …]\nabcdefgh-ab -x";
        let expected = "[redacted:A]\n[… 9 bytes not shown …]\n[redacted:A] -x";
        assert_eq!(redactor.cut_text(text), expected);
    }

    #[test]
    fn pieces_of_a_stream_are_cut_too() {
        let mut stream = Redactor::new([("V", VALUE)]).unwrap().stream();
        assert_eq!(stream.push_cut("x hunter2-"), "x ");
        let mark = "\n[… 9 bytes not shown …]\n";
        let piece = format!("{mark}QUEEN y hunter2-Zebra-");
        assert_eq!(stream.push_cut(&piece), format!("{mark} y "));
        assert_eq!(stream.push_cut("QUEEN z"), "[redacted:V] z");
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn a_line_that_was_cut_shows_no_beginning() {
        let redactor = Redactor::new([("V", VALUE)]).unwrap();
        let text = "x hunter2-Ze [… 8000 bytes more]\nQUEEN\n";
        assert_eq!(redactor.cut_text(text), "x  [… 8000 bytes more]\nQUEEN\n");
    }
}
