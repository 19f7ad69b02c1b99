//! How many deliveries are under way, in all and to each receiver.
//!
//! A receiver that does not answer holds its place for as long as an attempt may last, so it gets few of
//! them; the others go on.

use std::collections::{HashMap, HashSet};

use outwork_domain::limits::{
    DELIVERIES_AT_ONCE_MAX, DELIVERIES_TO_ONE_MAX, DELIVERIES_TO_SILENT_MAX,
};

use super::attempt::Presence;

/// Receivers of one claim.
const PLACES_AT_ONCE: usize = 64;
/// Silent receivers that are remembered.
const SILENT_MAX: usize = 10_000;

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Places {
    under_way: HashMap<String, usize>,
    silent: HashSet<String>,
    count: usize,
    /// The receiver that was served last, so that the next ones have their turn.
    last: String,
}

impl Places {
    /// How many may be claimed for each of the places that wait, which are in order.
    pub(super) fn rooms(&mut self, waiting: &[String]) -> Vec<(String, u32)> {
        let mut room = DELIVERIES_AT_ONCE_MAX.saturating_sub(self.count);
        let turn = waiting.partition_point(|place| *place <= self.last);
        let mut rooms = Vec::new();
        let (before, after) = waiting.split_at(turn);
        for place in after.iter().chain(before) {
            if room == 0 || rooms.len() == PLACES_AT_ONCE {
                break;
            }
            // Those without room, dead ones for the most part, do not use up the turn of the others.
            let own = self.room_of(place).min(room);
            if own > 0 {
                room -= own;
                rooms.push((place.clone(), u32::try_from(own).unwrap_or(u32::MAX)));
            }
            self.last.clone_from(place);
        }
        rooms
    }

    fn room_of(&self, place: &str) -> usize {
        let most = if self.silent.contains(place) {
            DELIVERIES_TO_SILENT_MAX
        } else {
            DELIVERIES_TO_ONE_MAX
        };
        most.saturating_sub(self.under_way.get(place).copied().unwrap_or(0))
    }

    /// How many are under way.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Notes that one begins.
    pub(super) fn begin(&mut self, place: &str) {
        self.count += 1;
        *self.under_way.entry(place.to_owned()).or_default() += 1;
    }

    /// Notes that one has ended.
    pub(super) fn end(&mut self, place: &str, presence: Option<Presence>) {
        self.count = self.count.saturating_sub(1);
        if let Some(count) = self.under_way.get_mut(place) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.under_way.remove(place);
            }
        }
        match presence {
            Some(Presence::Answers) => {
                self.silent.remove(place);
            }
            Some(Presence::Silent) => {
                if self.silent.len() >= SILENT_MAX {
                    self.silent.clear();
                }
                self.silent.insert(place.to_owned());
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("h{n:04}:443")).collect()
    }

    #[test]
    fn one_receiver_gets_no_more_than_its_share() {
        let mut places = Places::default();
        assert_eq!(places.rooms(&names(1)), [("h0000:443".to_owned(), 32)]);
        (0..30).for_each(|_| places.begin("h0000:443"));
        assert_eq!(places.rooms(&names(1)), [("h0000:443".to_owned(), 2)]);
        (0..2).for_each(|_| places.begin("h0000:443"));
        assert_eq!(places.rooms(&names(1)), []);
        places.end("h0000:443", None);
        assert_eq!(places.rooms(&names(1)), [("h0000:443".to_owned(), 1)]);
    }

    #[test]
    fn a_silent_receiver_gets_little_until_it_answers() {
        let mut places = Places::default();
        places.begin("h0000:443");
        places.end("h0000:443", Some(Presence::Silent));
        assert_eq!(places.rooms(&names(1)), [("h0000:443".to_owned(), 2)]);
        places.begin("h0000:443");
        places.end("h0000:443", Some(Presence::Answers));
        assert_eq!(places.rooms(&names(1)), [("h0000:443".to_owned(), 32)]);
    }

    #[test]
    fn all_receivers_have_their_turn() {
        let mut places = Places::default();
        let mut served = HashSet::new();
        for _ in 0..13 {
            let rooms = places.rooms(&names(200));
            let all: u32 = rooms.iter().map(|(_, room)| room).sum();
            assert!(usize::try_from(all).unwrap() <= DELIVERIES_AT_ONCE_MAX);
            served.extend(rooms.into_iter().map(|(place, _)| place));
        }
        // Each round has room for sixteen receivers at 32 each, and begins where the last one ended.
        assert_eq!(served.len(), 200);
    }

    #[test]
    fn dead_receivers_do_not_use_up_the_turn_of_the_others() {
        let mut places = Places::default();
        let all = names(200);
        for dead in &all[..199] {
            places.end(dead, Some(Presence::Silent));
            (0..DELIVERIES_TO_SILENT_MAX).for_each(|_| places.begin(dead));
        }
        assert_eq!(places.rooms(&all), [("h0199:443".to_owned(), 32)]);
        places.end(&all[7], None);
        let rooms = places.rooms(&all);
        assert_eq!(rooms, [(all[7].clone(), 1), (all[199].clone(), 32)]);
    }
}
