//! What runs used.

use outwork_domain::{EventBody, StopReason, TokenUsage};
use outwork_store::{Error, usage};

use crate::support::{World, note, on_both};

fn answer(turn: u32, input: u64, output: u64, cache_read: u64) -> EventBody {
    EventBody::AnswerEnded {
        turn,
        stop: StopReason::ToolUse,
        usage: TokenUsage {
            input,
            output,
            cache_read,
            cache_write: 1,
        },
    }
}

on_both! {
    async fn answers_add_up_run_by_run(world: &World) {
        let claim = world.claimed().await;
        world.append(&claim.fence, vec![answer(1, 100, 10, 50)]).await.unwrap();
        let more = vec![note("x"), answer(2, 200, 20, 0), answer(3, 300, 30, 300)];
        world.append(&claim.fence, more).await.unwrap();
        world.succeed(&claim.fence, "done").await;
        let second = world.follow_up(claim.agent.id, 9_000).await;
        let found = usage::of_agent(&mut world.read().await, claim.agent.id).await.unwrap();
        let ids: Vec<_> = found.iter().map(|run| run.run_id).collect();
        assert_eq!(ids, [second.id, claim.run.id], "the newest first");
        assert_eq!(found[0].tokens, TokenUsage::default());
        let sum = TokenUsage { input: 600, output: 60, cache_read: 350, cache_write: 3 };
        assert_eq!(found[1].tokens, sum);
        assert_eq!(found[1].model, claim.run.model.id);
    }

    async fn an_answer_of_a_stale_attempt_is_not_counted(world: &World) {
        let claim = world.claimed().await;
        let stale = outwork_domain::Fence { attempt: outwork_domain::Attempt(9), ..claim.fence };
        let refused = world.append(&stale, vec![answer(1, 100, 10, 0)]).await;
        assert!(matches!(refused, Err(Error::Stale)));
        let found = usage::of_agent(&mut world.read().await, claim.agent.id).await.unwrap();
        assert_eq!(found[0].tokens, TokenUsage::default());
    }

    async fn more_from_the_cache_than_there_was_is_not_believed(world: &World) {
        let claim = world.claimed().await;
        for _ in 0..3 {
            world.append(&claim.fence, vec![answer(1, 100, 10, u64::MAX)]).await.unwrap();
        }
        let found = usage::of_agent(&mut world.read().await, claim.agent.id).await.unwrap();
        assert_eq!(found[0].tokens.cache_read, 300);
    }

    async fn it_goes_with_its_agent(world: &World) {
        let claim = world.claimed().await;
        world.append(&claim.fence, vec![answer(1, 100, 10, 0)]).await.unwrap();
        assert!(world.delete(claim.agent.id).await);
        let found = usage::of_agent(&mut world.read().await, claim.agent.id).await.unwrap();
        assert_eq!(found, []);
    }
}
