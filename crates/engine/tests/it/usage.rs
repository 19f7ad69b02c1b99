//! What agents used, and what that cost.

use outwork_domain::{AccountId, EventBody, StopReason, TokenUsage};
use outwork_engine::{CommandError, Ledger as _};
use uuid::Uuid;

use crate::support::{DAY, World};

#[tokio::test]
async fn usage_is_added_up_and_priced() {
    let world = World::new().await;
    let id = world.create().await;
    let ledger = world.ledger("w", DAY);
    let fence = ledger.claim(1).await.unwrap()[0].fence;
    for turn in 1..=2 {
        let answer = EventBody::AnswerEnded {
            turn,
            stop: StopReason::ToolUse,
            usage: TokenUsage {
                input: 1_000,
                output: 100,
                cache_read: 600,
                cache_write: 200,
            },
        };
        ledger.append(&fence, vec![answer]).await.unwrap();
    }
    world.follow_up(id).await.unwrap();
    let usage = world.engine.usage(world.account, id).await.unwrap();
    assert_eq!(usage.runs.len(), 2);
    assert_eq!(usage.runs[0].tokens, TokenUsage::default());
    assert_eq!(usage.runs[1].run_id, fence.run_id);
    let apart = usage.tokens().apart();
    assert_eq!((apart.input, apart.output), (400, 200));
    assert_eq!((apart.cache_read, apart.cache_write), (1_200, 400));
    assert_eq!(apart.total(), 2_200);
    // 400 × 3 + 200 × 15 + 1,200 × 0.3 + 400 × 3.75 millionths of a dollar.
    let cost = usage.cost().unwrap();
    assert_eq!(cost.to_string(), "0.606");
    assert_eq!(usage.runs[1].cost, Some(cost));
}

#[tokio::test]
async fn usage_is_its_accounts() {
    let world = World::new().await;
    let id = world.create().await;
    let stranger = AccountId::new(Uuid::new_v4());
    let refused = world.engine.usage(stranger, id).await;
    assert!(matches!(refused, Err(CommandError::AgentNotFound)));
}
