//! Which activities there are, in which order and when: a pure function of what an agent has come past.
//!
//! Each is at least a millisecond later than the one before, however close the events were: clients ask for
//! what is strictly later than what they know, and lose what is not.

use std::collections::HashMap;
use std::time::Duration;

use outwork_domain::run_state::RunState;
use outwork_domain::{Attempt, PlanApproval, Planned, Run, RunId, Seq, Terms, Timestamp};
use outwork_store::events::{Milestone, MilestoneKind};

use super::id::ActivityId;

/// What lies between two activities at least.
const APART: Duration = Duration::from_millis(1);

/// An activity, without what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) id: ActivityId,
    pub(crate) run_id: RunId,
    pub(crate) at: Timestamp,
    pub(crate) kind: Kind,
}

/// What an activity tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The user said something.
    UserMessaged,
    /// The agent said something.
    AgentMessaged,
    /// A tool call ended.
    Progress,
    /// The run has planned.
    PlanGenerated,
    /// The plan of that run was approved.
    PlanApproved(RunId, Approver),
    /// The run succeeded, and nothing waits for the user.
    Completed,
    /// The run ended otherwise.
    Failed(RunState),
    /// The run was dropped before it started, and the session went on.
    Dropped,
}

/// Who approved a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Approver {
    /// The user.
    User,
    /// Nobody was to be asked.
    System,
}

/// The activities of an agent as far as its history was read, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    entries: Vec<Entry>,
    /// The last milestone that was read.
    last: Seq,
    /// The run that has started and not ended: an agent has one at a time.
    open: Option<RunId>,
}

impl Timeline {
    /// The activities.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The place up to which the history was read.
    pub(crate) const fn last(&self) -> Seq {
        self.last
    }

    /// Reads on: what an agent of those terms and runs came past behind [`Timeline::last`].
    pub(crate) fn extend(&mut self, terms: Terms, runs: &[Run], milestones: &[Milestone]) {
        let by_id: HashMap<RunId, &Run> = runs.iter().map(|run| (run.id, run)).collect();
        for milestone in milestones {
            let Some(run) = by_id.get(&milestone.run_id) else {
                // It is of an agent that was deleted while it was read.
                break;
            };
            let kinds = self.kinds(terms, run, milestone.kind);
            self.put(milestone, kinds);
            self.last = milestone.seq;
        }
    }

    fn kinds(&mut self, terms: Terms, run: &Run, kind: MilestoneKind) -> Vec<Kind> {
        match kind {
            MilestoneKind::Prompted => {
                self.open = Some(run.id);
                prompted(run)
            }
            MilestoneKind::Said => vec![Kind::AgentMessaged],
            MilestoneKind::ToolFinished => vec![Kind::Progress],
            MilestoneKind::Ended(_) if self.open.is_some_and(|open| open != run.id) => dropped(run),
            MilestoneKind::Ended(state) => {
                self.open = None;
                ended(terms, run, state)
            }
        }
    }

    fn put(&mut self, milestone: &Milestone, kinds: Vec<Kind>) {
        for (part, kind) in (0..).zip(kinds) {
            let earliest = self.entries.last().map(|last| last.at.plus(APART));
            self.entries.push(Entry {
                id: ActivityId {
                    seq: milestone.seq,
                    part,
                },
                run_id: milestone.run_id,
                at: earliest.map_or(milestone.at, |earliest| earliest.max(milestone.at)),
                kind,
            });
        }
    }
}

/// The first prompt is the session's; that of an approval is not the user's words.
fn prompted(run: &Run) -> Vec<Kind> {
    match run.approved {
        Some(planned) => vec![Kind::PlanApproved(planned, Approver::User)],
        None if run.number == 1 => Vec::new(),
        None => vec![Kind::UserMessaged],
    }
}

/// A run that waited behind another and was cancelled, as all that wait are when a session is archived, ends
/// nothing but itself.
fn dropped(run: &Run) -> Vec<Kind> {
    let mut kinds = prompted(run);
    kinds.push(Kind::Dropped);
    kinds
}

fn ended(terms: Terms, run: &Run, state: RunState) -> Vec<Kind> {
    if state != RunState::Succeeded {
        // A run tells its prompt when it is first claimed; one that never was still says what it was asked.
        let mut kinds = match run.attempt {
            Attempt(0) => prompted(run),
            Attempt(_) => Vec::new(),
        };
        kinds.push(Kind::Failed(state));
        return kinds;
    }
    match (run.planned(), terms.plans) {
        (None, _) => vec![Kind::Completed],
        (Some(Planned::Plan(_)), PlanApproval::Required) => vec![Kind::PlanGenerated],
        (Some(Planned::Plan(_)), PlanApproval::Implied) => vec![
            Kind::PlanGenerated,
            Kind::PlanApproved(run.id, Approver::System),
            Kind::Completed,
        ],
        // What was asked has been told as the agent's words.
        (Some(Planned::Question), PlanApproval::Required) => Vec::new(),
        (Some(Planned::Question), PlanApproval::Implied) => vec![Kind::Completed],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use outwork_domain::{AgentId, ModelChoice, ModelId, RunMode, SecretsWish};
    use uuid::Uuid;

    use super::*;

    impl Timeline {
        /// One of so many activities.
        pub(in crate::activities) fn of_len(len: usize) -> Self {
            let said = history(&vec![(1, 0, MilestoneKind::Said); len]);
            let mut timeline = Self::default();
            timeline.extend(REQUIRED, &[run(1, RunMode::Agent, "", None)], &said);
            timeline
        }
    }

    fn timeline(terms: Terms, runs: &[Run], milestones: &[Milestone]) -> Vec<Entry> {
        let mut timeline = Timeline::default();
        timeline.extend(terms, runs, milestones);
        timeline.entries
    }

    fn id(number: u32) -> RunId {
        RunId::new(Uuid::from_u128(number.into()))
    }

    fn run(number: u32, mode: RunMode, summary: &str, approved: Option<u32>) -> Run {
        Run {
            id: id(number),
            agent_id: AgentId::new(Uuid::nil()),
            number,
            state: RunState::Working,
            attempt: Attempt(1),
            failure: None,
            summary: Some(summary.to_owned()),
            mode,
            approved: approved.map(id),
            model: ModelChoice::of(ModelId::script()),
            request_id: String::new(),
            created_at: Timestamp::from_millis(0),
            started_at: None,
            ended_at: None,
        }
    }

    fn history(steps: &[(u32, i64, MilestoneKind)]) -> Vec<Milestone> {
        let milestone = |(seq, (run, at, kind)): (u64, &(u32, i64, MilestoneKind))| Milestone {
            seq: Seq(seq),
            run_id: id(*run),
            at: Timestamp::from_millis(*at),
            kind: *kind,
        };
        (1..).zip(steps).map(milestone).collect()
    }

    fn told(entries: &[Entry]) -> Vec<(i64, Kind)> {
        entries
            .iter()
            .map(|one| (one.at.millis(), one.kind))
            .collect()
    }

    const REQUIRED: Terms = Terms {
        plans: PlanApproval::Required,
        secrets: SecretsWish::Given,
    };

    #[test]
    fn a_session_that_plans_asks_and_works() {
        use MilestoneKind::{Ended, Prompted, Said, ToolFinished};
        let runs = [
            run(1, RunMode::Plan, "Which one?", None),
            run(2, RunMode::Plan, "1. Do it.", None),
            run(3, RunMode::Agent, "Done.", Some(2)),
            run(4, RunMode::Agent, "", None),
        ];
        let steps = [
            (1, 10, Prompted),
            (1, 20, Said),
            (1, 30, Ended(RunState::Succeeded)),
            (2, 40, Prompted),
            (2, 50, Said),
            (2, 60, Ended(RunState::Succeeded)),
            (3, 70, Prompted),
            (3, 80, ToolFinished),
            (3, 90, Ended(RunState::Succeeded)),
            (4, 100, Prompted),
            (4, 110, Ended(RunState::Failed)),
        ];
        let told = told(&timeline(REQUIRED, &runs, &history(&steps)));
        let expected = [
            (20, Kind::AgentMessaged),
            (40, Kind::UserMessaged),
            (50, Kind::AgentMessaged),
            (60, Kind::PlanGenerated),
            (70, Kind::PlanApproved(id(2), Approver::User)),
            (80, Kind::Progress),
            (90, Kind::Completed),
            (100, Kind::UserMessaged),
            (110, Kind::Failed(RunState::Failed)),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_ends_before_it_starts_says_what_it_was_asked() {
        use MilestoneKind::Ended;
        let unclaimed = |number, approved| Run {
            attempt: Attempt(0),
            ..run(number, RunMode::Agent, "", approved)
        };
        let runs = [
            unclaimed(1, None),
            unclaimed(2, None),
            unclaimed(3, Some(1)),
        ];
        let steps = [
            (1, 10, Ended(RunState::Cancelled)),
            (2, 20, Ended(RunState::Expired)),
            (3, 30, Ended(RunState::Cancelled)),
        ];
        let expected = [
            (10, Kind::Failed(RunState::Cancelled)),
            (20, Kind::UserMessaged),
            (21, Kind::Failed(RunState::Expired)),
            (30, Kind::PlanApproved(id(1), Approver::User)),
            (31, Kind::Failed(RunState::Cancelled)),
        ];
        assert_eq!(told(&timeline(REQUIRED, &runs, &history(&steps))), expected);
    }

    #[test]
    fn what_is_dropped_behind_a_run_does_not_end_the_session() {
        use MilestoneKind::{Ended, Prompted};
        let waiting = Run {
            attempt: Attempt(0),
            ..run(2, RunMode::Agent, "", None)
        };
        let runs = [run(1, RunMode::Agent, "Done.", None), waiting];
        let steps = [
            (1, 10, Prompted),
            (2, 20, Ended(RunState::Cancelled)),
            (1, 30, Ended(RunState::Succeeded)),
        ];
        let expected = [
            (20, Kind::UserMessaged),
            (21, Kind::Dropped),
            (30, Kind::Completed),
        ];
        assert_eq!(told(&timeline(REQUIRED, &runs, &history(&steps))), expected);
    }

    #[test]
    fn times_grow_by_a_millisecond_at_least() {
        use MilestoneKind::{Ended, Said};
        let runs = [run(1, RunMode::Plan, "1. Do it.", None)];
        let steps = [
            (1, 50, Said),
            (1, 50, Said),
            (1, 40, Said),
            (1, 52, Ended(RunState::Succeeded)),
        ];
        let entries = timeline(Terms::default(), &runs, &history(&steps));
        let expected = [
            (50, Kind::AgentMessaged),
            (51, Kind::AgentMessaged),
            (52, Kind::AgentMessaged),
            (53, Kind::PlanGenerated),
            (54, Kind::PlanApproved(id(1), Approver::System)),
            (55, Kind::Completed),
        ];
        assert_eq!(told(&entries), expected);
        let ids: HashSet<_> = entries.iter().map(|one| one.id.to_string()).collect();
        assert_eq!(ids.len(), entries.len());
    }

    #[test]
    fn what_was_told_stays_as_it_was_and_is_read_on_from() {
        use MilestoneKind::{Ended, Said, ToolFinished};
        let runs = [run(1, RunMode::Agent, "Done.", None)];
        let steps = [
            (1, 10, Said),
            (1, 10, ToolFinished),
            (1, 9, Said),
            (1, 11, Ended(RunState::Succeeded)),
        ];
        let all = timeline(REQUIRED, &runs, &history(&steps));
        for end in 0..=steps.len() {
            let milestones = history(&steps);
            let (before, behind) = milestones.split_at(end);
            let mut timeline = Timeline::default();
            timeline.extend(REQUIRED, &runs, before);
            assert_eq!(timeline.entries, all[..timeline.entries.len()]);
            timeline.extend(REQUIRED, &runs, behind);
            assert_eq!(timeline.entries, all);
        }
    }
}
