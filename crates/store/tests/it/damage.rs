//! Rows that this program never writes are loud errors, never defaults.

use outwork_domain::Class;
use outwork_store::{Error, agents, events, runs};

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

    async fn a_damaged_candidate_is_not_claimed(world: &World) {
        let id = world.agent().await;
        world.tamper("UPDATE agent_repositories SET repository = 'nowhere'").await;
        let claimed = world.write(move |tx| {
            Box::pin(async move {
                let worker = outwork_store::WorkerId("worker".into());
                let lease = crate::support::LEASE;
                runs::claim(tx, &worker, 1, lease, crate::support::at(1)).await
            })
        });
        assert!(matches!(claimed.await, Err(Error::Corrupt { column: "repository", .. })));
        let run = runs::list(&mut world.read().await, id).await.unwrap().remove(0);
        assert_eq!(run.attempt, outwork_domain::Attempt(0));
    }
}
