//! The latest events of an agent, as many as memory is given to.

use std::collections::VecDeque;
use std::sync::Arc;

use outwork_domain::Seq;

use super::item::Item;

/// Events that are kept.
const ITEMS_MAX: usize = 512;
/// Bytes of stored bodies that are kept; the latest event stays whatever it weighs.
const WEIGHT_MAX: usize = 64 * 1024;
/// Events, and bytes of their bodies, that are given at once.
const GIVEN_MAX: usize = 128;
const GIVEN_WEIGHT_MAX: usize = 16 * 1024;

/// What there is behind a place.
#[derive(Debug)]
pub(crate) enum Behind {
    /// The events that follow, some of them at least.
    Items(Vec<Arc<Item>>),
    /// Nothing yet.
    Nothing,
    /// Events that are no longer kept; the table has them.
    Missed,
}

/// Everything that followed `from`, in order and without a hole.
#[derive(Debug)]
pub(crate) struct Tail {
    from: Seq,
    items: VecDeque<Arc<Item>>,
    weight: usize,
}

impl Tail {
    pub(crate) fn new(from: Seq) -> Self {
        Self {
            from,
            items: VecDeque::new(),
            weight: 0,
        }
    }

    /// Takes an event that follows the latest one.
    pub(crate) fn push(&mut self, item: Item) {
        self.weight += item.weight;
        self.items.push_back(Arc::new(item));
        while self.items.len() > ITEMS_MAX || self.weight > WEIGHT_MAX && self.items.len() > 1 {
            if let Some(gone) = self.items.pop_front() {
                self.weight -= gone.weight;
                self.from = gone.event.seq;
            }
        }
    }

    /// Forgets everything up to now: who is still behind reads the table.
    pub(crate) fn forget(&mut self) {
        if let Some(last) = self.items.back() {
            self.from = last.event.seq;
        }
        self.items = VecDeque::new();
        self.weight = 0;
    }

    /// What follows a place.
    pub(crate) fn behind(&self, after: Seq) -> Behind {
        if after < self.from {
            return Behind::Missed;
        }
        let start = self.items.partition_point(|item| item.event.seq <= after);
        let mut given = Vec::new();
        let mut weight = 0;
        for item in self.items.range(start..).take(GIVEN_MAX) {
            if weight >= GIVEN_WEIGHT_MAX {
                break;
            }
            weight += item.weight;
            given.push(Arc::clone(item));
        }
        if given.is_empty() {
            Behind::Nothing
        } else {
            Behind::Items(given)
        }
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{Attempt, Event, EventBody, RunId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn item(seq: u64, weight: usize) -> Item {
        let event = Event {
            seq: Seq(seq),
            run_id: RunId::new(Uuid::nil()),
            attempt: Attempt(1),
            at: Timestamp::from_millis(0),
            body: EventBody::Note {
                text: String::new(),
            },
        };
        Item::new((event, weight))
    }

    fn seqs(tail: &Tail, after: u64) -> Option<Vec<u64>> {
        match tail.behind(Seq(after)) {
            Behind::Items(items) => Some(items.iter().map(|item| item.event.seq.0).collect()),
            Behind::Nothing => Some(Vec::new()),
            Behind::Missed => None,
        }
    }

    #[test]
    fn gives_what_follows_and_says_what_it_no_longer_has() {
        let mut tail = Tail::new(Seq(10));
        assert_eq!(seqs(&tail, 10), Some(vec![]));
        assert_eq!(seqs(&tail, 9), None);
        for seq in 11..=13 {
            tail.push(item(seq, 10));
        }
        assert_eq!(seqs(&tail, 10), Some(vec![11, 12, 13]));
        assert_eq!(seqs(&tail, 12), Some(vec![13]));
        // A reader of the table may be ahead.
        assert_eq!(seqs(&tail, 20), Some(vec![]));
    }

    #[test]
    fn keeps_no_more_than_its_limits() {
        let mut tail = Tail::new(Seq(0));
        for seq in 1..=2 * ITEMS_MAX as u64 {
            tail.push(item(seq, 1));
        }
        assert_eq!((tail.items.len(), tail.weight), (ITEMS_MAX, ITEMS_MAX));
        assert_eq!(seqs(&tail, ITEMS_MAX as u64 - 1), None);
        assert_eq!(seqs(&tail, ITEMS_MAX as u64).unwrap().len(), GIVEN_MAX);
        tail.push(item(5_000, 10 * WEIGHT_MAX));
        assert_eq!((tail.items.len(), tail.weight), (1, 10 * WEIGHT_MAX));
        tail.push(item(5_001, 1));
        assert_eq!((tail.items.len(), tail.weight), (1, 1));
        assert_eq!(seqs(&tail, 5_000), Some(vec![5_001]));
    }

    #[test]
    fn what_was_forgotten_is_missed_by_those_who_had_not_seen_it() {
        let mut tail = Tail::new(Seq(0));
        for seq in 1..=3 {
            tail.push(item(seq, 10));
        }
        tail.forget();
        assert_eq!((tail.items.capacity(), tail.weight), (0, 0));
        assert_eq!(seqs(&tail, 2), None);
        assert_eq!(seqs(&tail, 3), Some(vec![]));
        tail.push(item(4, 10));
        assert_eq!(seqs(&tail, 3), Some(vec![4]));
        tail.forget();
        tail.forget();
        assert_eq!(seqs(&tail, 4), Some(vec![]));
    }

    #[test]
    fn gives_a_bearable_amount_and_one_at_least() {
        let mut tail = Tail::new(Seq(0));
        for seq in 1..=3 {
            tail.push(item(seq, GIVEN_WEIGHT_MAX - 1));
        }
        assert_eq!(seqs(&tail, 0), Some(vec![1, 2]));
        assert_eq!(seqs(&tail, 2), Some(vec![3]));
    }
}
