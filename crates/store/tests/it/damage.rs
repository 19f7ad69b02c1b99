//! Rows that this program never writes are loud errors, never defaults.

use outwork_domain::run_state::RunState;
use outwork_domain::{Cause, Class, EventBody, IsolationLevel};
use outwork_store::{ClaimWish, Error, Fate, WorkerId, agents, events, runs};

use crate::support::{World, on_both};

async fn find(world: &World, id: outwork_domain::AgentId) -> Result<(), Error> {
    agents::find(&mut world.read().await, world.account, id)
        .await
        .map(drop)
}

fn column_of(result: Result<(), Error>) -> &'static str {
    let error = result.unwrap_err();
    assert_eq!(error.class(), Class::Permanent);
    let Error::Corrupt { column, .. } = error else {
        panic!("{error:?}")
    };
    column
}

on_both! {
    async fn a_damaged_agent_or_run_is_told_by_its_column(world: &World) {
        let damages = [
            ("UPDATE runs SET state = 'resting'", "state"),
            ("UPDATE runs SET state = 'failed'", "ended_at"),
            ("UPDATE runs SET failure_message = 'why'", "failure_cause"),
            ("UPDATE runs SET attempt = -1", "attempt"),
            ("UPDATE runs SET number = 5000000000", "number"),
            ("UPDATE runs SET mode = 'dream'", "mode"),
            ("UPDATE runs SET effort = 'enormous'", "run_effort"),
            ("UPDATE agents SET effort = 'enormous'", "effort"),
            ("UPDATE agents SET metadata = '{\"a\":1}'", "metadata"),
            ("UPDATE agents SET environment_name = 'x'", "environment_id"),
            ("UPDATE agents SET model = 'two words'", "model"),
            ("UPDATE agent_repositories SET repository = 'nowhere'", "repository"),
            ("UPDATE agent_repositories SET branch = 'a..b'", "branch"),
            ("UPDATE agent_repositories SET head = 'short'", "head"),
            ("UPDATE agent_repositories SET branch_wish = 'named'", "branch_wish"),
            ("UPDATE agents SET pull_request_creation = 'perhaps'", "pull_request_creation"),
            ("UPDATE agents SET webhook_url = 'ftp://x/'", "webhook_url"),
        ];
        for (damage, column) in damages {
            let id = world.agent().await;
            assert!(find(world, id).await.is_ok());
            world.tamper(damage).await;
            assert_eq!(column_of(find(world, id).await), column, "{damage}");
            world.tamper("DELETE FROM runs").await;
            world.tamper("DELETE FROM agent_repositories").await;
            world.tamper("DELETE FROM agents").await;
        }
    }

    async fn a_damaged_event_or_prompt_is_told(world: &World) {
        let claim = world.claimed().await;
        let list = async || {
            events::list_without_deltas(&mut world.read().await, claim.agent.id).await.map(drop)
        };
        for damage in [
            "UPDATE events SET body = '{}'",
            "UPDATE events SET body = '{\"note\":{}}'",
            "UPDATE events SET body = '{\"unknown_kind\":{}}'",
            "UPDATE events SET body = '\"nothing_to_publish\" and more'",
            "UPDATE events SET body = ''",
        ] {
            world.tamper(damage).await;
            assert_eq!(column_of(list().await), "body", "{damage}");
        }
        world.tamper("UPDATE prompts SET text = ' '").await;
        let prompt = runs::get_prompt(&mut world.read().await, claim.run.id).await;
        assert_eq!(column_of(prompt.map(drop)), "text");
    }

    async fn a_run_whose_agent_cannot_be_read_fails_and_keeps_nobody_waiting(world: &World) {
        for (damage, column) in [
            ("UPDATE agent_repositories SET repository = 'nowhere'", "repository"),
            ("UPDATE agents SET pull_request_creation = 'perhaps'", "pull_request_creation"),
            ("UPDATE prompts SET text = ' '", "text"),
        ] {
            let broken = world.agent_at(1).await;
            world.tamper(damage).await;
            let whole = world.agent_at(2).await;
            let claimed = world.claim_as(wish(2)).await;
            let agents: Vec<_> = claimed.claims.iter().map(|claim| claim.agent.id).collect();
            assert_eq!(agents, [whole], "{damage}");
            let run = runs::list(&mut world.read().await, broken).await.unwrap().remove(0);
            let damaged = &claimed.damaged[0];
            assert_eq!((damaged.run_id, damaged.fate), (run.id, Fate::Failed));
            assert!(matches!(&damaged.error, Error::Corrupt { column: at, .. } if *at == column));
            assert_eq!(run.state, RunState::Failed);
            assert_eq!(run.failure.unwrap().0, Cause::Internal);
            let told = world.events(broken).await;
            assert!(matches!(told.last(), Some(EventBody::StateChanged { to: RunState::Failed, .. })));
            assert!(world.claim_as(wish(2)).await.damaged.is_empty(), "it has ended");
            world.tamper("DELETE FROM agents").await;
            world.tamper("DELETE FROM runs").await;
        }
    }

    async fn a_run_that_cannot_be_read_itself_is_put_aside(world: &World) {
        let broken = world.agent_at(1).await;
        world.tamper("UPDATE runs SET attempt = -1").await;
        let whole = world.agent_at(2).await;
        let claimed = world.claim_as(wish(1)).await;
        assert_eq!((claimed.claims.len(), claimed.damaged[0].fate), (0, Fate::PutAside));
        let claimed = world.claim_as(wish(1)).await;
        assert_eq!((claimed.claims[0].agent.id, claimed.damaged.len()), (whole, 0));
        world.tamper("UPDATE runs SET attempt = 0, not_before = not_before - 3600000 \
                      WHERE state = 'queued'").await;
        assert_eq!(world.claim_as(wish(1)).await.claims[0].agent.id, broken);
    }

    async fn an_attempt_that_cannot_be_read_hides_no_other(world: &World) {
        world.agent_at(1).await;
        world.claim_for("worker", 1, std::time::Duration::ZERO).await;
        world.tamper("UPDATE runs SET stalled_attempts = -1").await;
        world.agent_at(2).await;
        world.claim_for("worker", 1, std::time::Duration::ZERO).await;
        let reader = &mut world.read().await;
        let lapsed = runs::leases_lapsed(reader, 10).await.unwrap();
        assert_eq!(lapsed.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true]);
        let held = runs::leases_of(reader, &WorkerId("worker".into())).await.unwrap();
        assert_eq!(held.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true]);
    }
}

fn wish(max: u32) -> ClaimWish {
    ClaimWish {
        worker: WorkerId("worker".into()),
        max,
        per_account_max: None,
        lease: crate::support::LEASE,
        isolation: IsolationLevel::Full,
    }
}
