//! Repairs that are tried each by itself: one that fails keeps no other from being made.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use outwork_store::Error;
use tracing::{error, info};

/// What could not be repaired when it was last tried.
#[derive(Debug, Default)]
pub(super) struct Complaints(Mutex<BTreeMap<&'static str, String>>);

impl Complaints {
    /// Takes what became of a repair; a fault is logged when it is new, and not each second.
    pub(super) fn note(&self, repair: &'static str, outcome: &Result<(), Error>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(fault) = outcome else {
            if known.remove(repair).is_some() {
                info!(repair, "what had to wait is repaired");
            }
            return;
        };
        let text = fault.to_string();
        if known.get(repair) != Some(&text) {
            error!(repair, error = text, "a repair has to wait");
            known.insert(repair, text);
        }
    }
}

/// The outcomes of the same step for many rows.
#[derive(Debug, Default)]
pub(super) struct EachRow(Option<Error>);

impl EachRow {
    /// Takes an outcome; goes on unless the fault is the whole database's.
    pub(super) fn note(&mut self, outcome: Result<(), Error>) -> Result<(), Error> {
        match outcome {
            Ok(()) => {}
            // Somebody else was faster, or the row is gone.
            Err(Error::Stale | Error::NotFound | Error::Illegal(_)) => {}
            Err(fault) if fault.is_of_rows() => {
                self.0.get_or_insert(fault);
            }
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    /// The first fault of a row.
    pub(super) fn end(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrupt(why: &str) -> Error {
        Error::Corrupt {
            column: "state",
            why: why.to_owned(),
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_keeps_no_other_from_its_turn() {
        let mut each = EachRow::default();
        for outcome in [
            Ok(()),
            Err(Error::Stale),
            Err(corrupt("one")),
            Err(Error::NotFound),
            Err(corrupt("two")),
            Ok(()),
        ] {
            assert!(each.note(outcome).is_ok());
        }
        assert!(matches!(each.end(), Err(Error::Corrupt { why, .. }) if why == "one"));
        assert!(EachRow::default().end().is_ok());
    }

    #[test]
    fn a_database_that_is_away_ends_the_round() {
        let mut each = EachRow::default();
        assert!(matches!(each.note(Err(Error::Closed)), Err(Error::Closed)));
    }

    #[test]
    fn a_fault_is_complained_of_once() {
        let complaints = Complaints::default();
        let known = || complaints.0.lock().unwrap().clone();
        complaints.note("leases", &Err(Error::Closed));
        complaints.note("leases", &Err(Error::Closed));
        complaints.note("queue", &Ok(()));
        assert_eq!(known().into_keys().collect::<Vec<_>>(), ["leases"]);
        complaints.note("leases", &Ok(()));
        assert!(known().is_empty());
    }
}
