//! The search for values in bytes that come in pieces, where nothing can be replaced: files, commits.

use super::Redactor;
use super::search::Matches;

/// Looks for values in pieces of one whole.
#[derive(Debug)]
pub struct Finder {
    redactor: Redactor,
    /// The end of what came, in which a value may have begun.
    held: Vec<u8>,
}

impl Finder {
    pub(super) const fn new(redactor: Redactor) -> Self {
        Self {
            redactor,
            held: Vec::new(),
        }
    }

    /// Takes a piece; gives the name of a value that is complete with it.
    pub fn push(&mut self, piece: &[u8]) -> Option<String> {
        let search = self.redactor.search.as_ref()?;
        self.held.extend_from_slice(piece);
        let mut matches = Matches::new(search, &self.held);
        if let Some(found) = matches.next(0) {
            return Some(found.name.to_owned());
        }
        let done = matches.done();
        self.held.drain(..done);
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redactor() -> Redactor {
        Redactor::new([("A", "hunter2hunter2"), ("B", "über/größe")]).unwrap()
    }

    proptest! {
        #[test]
        fn a_value_is_found_however_it_is_cut(
            before in prop::collection::vec(any::<u8>(), 0..200),
            form in prop::sample::select(vec![
                "hunter2hunter2", "68756e7465723268756e74657232", "aHVudGVyMmh1bnRlcj", "%C3%BCber%2Fgr%C3%B6%C3%9Fe",
                "68756e7465\n723268756e\n74657232\n", " 68 75 6e 74 65 72\r\n 32 68 75 6e 74 65 72 32", "aHVud\\nGVyMmh1bnRlcj\\n",
            ]),
            size in 1_usize..40,
        ) {
            let whole = [&before, form.as_bytes(), b"\0\xff"].concat();
            let mut finder = redactor().finder();
            let found = whole.chunks(size).find_map(|piece| finder.push(piece));
            let expected = if form.starts_with('%') { "B" } else { "A" };
            prop_assert_eq!(found.as_deref(), Some(expected));
        }

        #[test]
        fn nothing_is_found_where_there_is_none(pieces in prop::collection::vec("[a-g0-9]{0,30}", 0..20)) {
            let mut finder = redactor().finder();
            prop_assert!(pieces.iter().all(|piece| finder.push(piece.as_bytes()).is_none()));
        }
    }

    #[test]
    fn without_values_nothing_is_kept() {
        let mut finder = Redactor::default().finder();
        assert_eq!(finder.push(&[0; 100]), None);
        assert!(finder.held.is_empty());
    }
}
