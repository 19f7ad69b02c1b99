//! What the events behind some activities say, read together.

use outwork_domain::{AgentId, Event, EventBody, RunId, Seq, ToolCall};
use outwork_store::{Error, Reader, events};

use crate::activities::{Entry, Kind};

/// The answers, tool calls and results from the first of some activities to the last.
pub(super) struct Steps {
    agent_id: AgentId,
    events: Vec<Event>,
}

impl Steps {
    /// Reads those of activities that follow each other.
    pub(super) async fn of(
        reader: &mut Reader,
        agent_id: AgentId,
        entries: &[&Entry],
    ) -> Result<Self, Error> {
        let speaks = |entry: &&&Entry| matches!(entry.kind, Kind::AgentMessaged | Kind::Progress);
        let first = entries.iter().find(speaks);
        let last = entries.iter().rfind(speaks);
        let events = match (first, last) {
            (Some(first), Some(last)) => {
                events::steps(reader, agent_id, first.id.seq..=last.id.seq).await?
            }
            (Some(_) | None, None) | (None, Some(_)) => Vec::new(),
        };
        Ok(Self { agent_id, events })
    }

    /// The event at that place.
    pub(super) fn at(&self, seq: Seq) -> Option<&EventBody> {
        let found = self.events.binary_search_by_key(&seq, |event| event.seq);
        found.ok().map(|at| &self.events[at].body)
    }

    /// The tool call of that id that a run made before a place; it may lie before what was read.
    pub(super) async fn call(
        &self,
        reader: &mut Reader,
        (run_id, before): (RunId, Seq),
        call_id: &str,
    ) -> Result<Option<ToolCall>, Error> {
        let mut earlier = self.events.iter().rev();
        let found = earlier.find_map(|event| {
            if let EventBody::ToolCalled { call, .. } = &event.body
                && event.seq < before
                && event.run_id == run_id
                && call.id == call_id
            {
                return Some(call.clone());
            }
            None
        });
        match (found, self.events.first()) {
            (Some(call), _) => Ok(Some(call)),
            (None, first) => {
                let before = first.map_or(before, |first| first.seq.min(before));
                events::call(reader, self.agent_id, run_id, call_id, before).await
            }
        }
    }
}
