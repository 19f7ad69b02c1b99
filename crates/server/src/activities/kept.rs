//! The timelines that were read lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use outwork_domain::AgentId;

use super::timeline::Timeline;

/// Agents whose timelines are kept.
const AGENTS_MAX: usize = 4_096;
/// Activities of all of them together, of about 80 bytes each.
const ENTRIES_MAX: usize = 500_000;

/// Timelines as they were last read; beyond a number the one goes that was not asked for the longest.
#[derive(Default)]
pub(crate) struct KeptTimelines(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    timelines: HashMap<AgentId, (Arc<Timeline>, u64)>,
    /// Counts the questions.
    now: u64,
    entries: usize,
}

impl KeptTimelines {
    /// An agent's timeline as it was last read; empty for one that nobody read lately.
    pub(crate) fn get(&self, agent_id: AgentId) -> Arc<Timeline> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        let now = kept.now;
        kept.timelines
            .get_mut(&agent_id)
            .map(|(timeline, asked)| {
                *asked = now;
                Arc::clone(timeline)
            })
            .unwrap_or_default()
    }

    /// Keeps an agent's timeline, unless a longer one is there.
    pub(crate) fn keep(&self, agent_id: AgentId, timeline: &Arc<Timeline>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.timelines.get(&agent_id);
        let known = known.map_or(0, |(known, _)| known.entries().len());
        if timeline.entries().len() <= known {
            return;
        }
        let now = kept.now;
        kept.entries = kept.entries - known + timeline.entries().len();
        kept.timelines.insert(agent_id, (Arc::clone(timeline), now));
        while kept.timelines.len() > AGENTS_MAX || kept.entries > ENTRIES_MAX {
            kept.forget_oldest();
        }
    }
}

impl Kept {
    fn forget_oldest(&mut self) {
        let asked = self.timelines.iter().map(|(id, (_, asked))| (*asked, *id));
        let Some((_, oldest)) = asked.min() else {
            return;
        };
        if let Some((timeline, _)) = self.timelines.remove(&oldest) {
            self.entries -= timeline.entries().len();
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn agent(number: u128) -> AgentId {
        AgentId::new(Uuid::from_u128(number))
    }

    fn timeline(len: usize) -> Arc<Timeline> {
        Arc::new(Timeline::of_len(len))
    }

    #[test]
    fn the_longest_of_an_agent_is_kept() {
        let kept = KeptTimelines::default();
        assert_eq!(kept.get(agent(1)).entries().len(), 0);
        for (len, then) in [(2, 2), (5, 5), (3, 5)] {
            kept.keep(agent(1), &timeline(len));
            assert_eq!(kept.get(agent(1)).entries().len(), then);
        }
        assert_eq!(kept.0.lock().unwrap().entries, 5);
    }

    #[test]
    fn what_was_not_asked_for_the_longest_goes_first() {
        let kept = KeptTimelines::default();
        let half = ENTRIES_MAX / 2;
        for number in [1, 2] {
            kept.get(agent(number));
            kept.keep(agent(number), &timeline(half));
        }
        kept.get(agent(1));
        kept.get(agent(3));
        kept.keep(agent(3), &timeline(half));
        let lens = [1, 2, 3].map(|number| kept.get(agent(number)).entries().len());
        assert_eq!(lens, [half, 0, half]);
        // One that is too long by itself is not kept either.
        kept.keep(agent(4), &timeline(ENTRIES_MAX + 1));
        assert!(kept.0.lock().unwrap().entries <= ENTRIES_MAX);
    }
}
