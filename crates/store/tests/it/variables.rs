//! Variables of agents and runs: sealed, and gone with their agent.

use outwork_domain::{AgentId, Variable};
use outwork_store::{Error, variables};

use crate::support::{World, on_both};

fn two() -> Vec<Variable> {
    let pairs = [("TOKEN", "hunter2hunter2"), ("MODE", "ü\n")];
    Variable::all(pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap()
}

async fn of_agent(world: &World, id: AgentId) -> Result<Vec<Variable>, Error> {
    variables::of_agent(&mut world.read().await, id).await
}

on_both! {
    async fn variables_are_kept_for_their_agent_and_for_their_run(world: &World) {
        let claim = world.claimed().await;
        let (agent_id, run_id) = (claim.agent.id, claim.run.id);
        world.write(move |tx| Box::pin(async move {
            variables::insert_of_agent(tx, agent_id, &two()).await?;
            variables::insert_of_run(tx, run_id, &two()[..1]).await
        })).await.unwrap();
        let mut sorted = two();
        sorted.reverse();
        assert_eq!(of_agent(world, agent_id).await.unwrap(), sorted);
        let own = variables::of_run(&mut world.read().await, run_id).await.unwrap();
        assert_eq!(own, two()[..1]);
        let all = variables::of_runs(&mut world.read().await, agent_id).await.unwrap();
        assert_eq!(all, two()[..1]);
        world.delete(agent_id).await;
        assert_eq!(of_agent(world, agent_id).await.unwrap(), []);
        let own = variables::of_run(&mut world.read().await, run_id).await.unwrap();
        assert_eq!(own, []);
    }

    async fn a_value_under_another_name_is_damage(world: &World) {
        let agent_id = world.claimed().await.agent.id;
        world.write(move |tx| Box::pin(async move {
            variables::insert_of_agent(tx, agent_id, &two()).await
        })).await.unwrap();
        world.tamper("UPDATE variables SET name = 'PATH' WHERE name = 'MODE'").await;
        let refused = of_agent(world, agent_id).await;
        assert!(matches!(refused, Err(Error::Corrupt { column: "value", .. })), "{refused:?}");
    }
}
