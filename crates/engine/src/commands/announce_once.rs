//! What webhooks are told when several runs of an agent are cancelled together: one thing.

use outwork_domain::Run;
use outwork_domain::run_state::RunState;
use outwork_store::Announcement;

/// Whether the end of a run that is cancelled together with others is announced: only that of the one
/// that ends last. A run that is under way ends after all that wait, else the last of the queue does.
pub(super) fn announcement_of(run: &Run, together: &[Run]) -> Announcement {
    let open = |run: &&Run| !run.state.is_final();
    let under_way = |run: &Run| run.state != RunState::Queued;
    let last = if together.iter().filter(open).any(under_way) {
        together.iter().filter(open).find(|run| under_way(run))
    } else {
        together.iter().rfind(open)
    };
    match last {
        Some(last) if last.id != run.id => Announcement::Covered,
        Some(_) | None => Announcement::Due,
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{AgentId, Attempt, ModelChoice, ModelId, RunId, RunMode, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn run(number: u32, state: RunState) -> Run {
        Run {
            id: RunId::new(Uuid::from_u128(number.into())),
            agent_id: AgentId::new(Uuid::nil()),
            number,
            state,
            mode: RunMode::Agent,
            approved: None,
            model: ModelChoice::of(ModelId::script()),
            request_id: String::new(),
            attempt: Attempt(0),
            failure: None,
            summary: None,
            created_at: Timestamp::from_millis(0),
            started_at: None,
            ended_at: None,
        }
    }

    fn announced(states: &[RunState]) -> Vec<u32> {
        let runs: Vec<Run> = (1..).zip(states).map(|(n, state)| run(n, *state)).collect();
        let open = runs.iter().filter(|run| !run.state.is_final());
        let due = open.filter(|run| announcement_of(run, &runs) == Announcement::Due);
        due.map(|run| run.number).collect()
    }

    #[test]
    fn exactly_the_one_that_ends_last_is_announced() {
        use RunState::{Cancelling, Queued, Succeeded, Working};
        assert_eq!(announced(&[Queued]), [1]);
        assert_eq!(announced(&[Queued, Queued, Queued]), [3]);
        assert_eq!(announced(&[Succeeded, Working, Queued, Queued]), [2]);
        assert_eq!(announced(&[Cancelling, Queued]), [1]);
        assert_eq!(announced(&[Succeeded, Queued]), [2]);
    }
}
