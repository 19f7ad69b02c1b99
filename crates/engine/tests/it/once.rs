//! Commands with a receipt: once however often, also behind a crash.

use outwork_domain::limits::RECEIPT_KEEP;
use outwork_engine::{Begun, CommandError, Flight, Once, Receipt};
use outwork_store::{AgentView, KeyedRequest, ListFilter, Reply, agents};

use crate::support::World;

fn request(world: &World, digest: u8) -> KeyedRequest {
    KeyedRequest {
        account_id: world.account,
        route: "POST /v0/agents".to_owned(),
        key: "5c1d8a1e".parse().unwrap(),
        digest: [digest; 32],
    }
}

fn receipt(flight: Flight) -> Option<Receipt<AgentView>> {
    let render = |view: &AgentView| {
        let body = view.agent.id.to_string().into_bytes();
        Ok(Reply { status: 201, body })
    };
    Some(Receipt::new(flight, Box::new(render)))
}

impl World {
    async fn first(&self, digest: u8) -> Flight {
        match self.engine.begin(request(self, digest)).await.unwrap() {
            Begun::First(flight) => flight,
            Begun::Repeated(reply) => panic!("{reply:?}"),
        }
    }

    async fn agent_count(&self) -> usize {
        let mut reader = self.engine.store().read().await.unwrap();
        let filter = ListFilter::default();
        agents::list(&mut reader, self.account, &filter, None, 100)
            .await
            .unwrap()
            .len()
    }
}

#[tokio::test]
async fn a_repetition_finds_the_answer_and_makes_nothing() {
    let world = World::new().await;
    let flight = world.first(1).await;
    let new = world.new_agent();
    let made = world
        .engine
        .create_agent(world.account, new, receipt(flight))
        .await;
    let id = made.unwrap().done().unwrap().agent.id;
    let again = world.engine.begin(request(&world, 1)).await.unwrap();
    let Begun::Repeated(reply) = again else {
        panic!("carried out twice");
    };
    assert_eq!(
        (reply.status, reply.body),
        (201, id.to_string().into_bytes())
    );
    let other = world.engine.begin(request(&world, 2)).await.unwrap_err();
    assert!(matches!(other, CommandError::RepetitionDiffers), "{other}");
    assert_eq!(world.agent_count().await, 1);
}

#[tokio::test]
async fn another_one_waits_while_the_first_is_running() {
    let world = World::new().await;
    let flight = world.first(1).await;
    for digest in [1, 2] {
        let error = world
            .engine
            .begin(request(&world, digest))
            .await
            .unwrap_err();
        assert!(
            matches!(error, CommandError::RepetitionInProgress),
            "{error}"
        );
    }
    // It failed, so the next one is the first.
    drop(flight);
    drop(world.first(2).await);
}

#[tokio::test]
async fn a_client_that_went_away_is_found_by_its_row() {
    let world = World::new().await;
    // The second was let in before the first was written, as on another server.
    let second = world.first(1).await;
    let elsewhere = world.another_server().await;
    let Begun::First(first) = elsewhere.begin(request(&world, 1)).await.unwrap() else {
        panic!("nobody was first");
    };
    let new = world.new_agent();
    let made = elsewhere
        .create_agent(world.account, new, receipt(first))
        .await
        .unwrap();
    let id = made.done().unwrap().agent.id;
    let new = world.new_agent();
    let again = world
        .engine
        .create_agent(world.account, new, receipt(second))
        .await;
    match again.unwrap() {
        Once::Repeated(reply) => assert_eq!(reply.body, id.to_string().into_bytes()),
        Once::Done(view) => panic!("two agents: {id} and {}", view.agent.id),
    }
    assert_eq!(world.agent_count().await, 1);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let world = World::new().await;
    let mut new = world.new_agent();
    new.repositories[0].source.base_ref = Some("nowhere".parse().unwrap());
    let flight = world.first(1).await;
    let refused = world
        .engine
        .create_agent(world.account, new, receipt(flight))
        .await;
    assert!(refused.is_err());
    let flight = world.first(2).await;
    let new = world.new_agent();
    let made = world
        .engine
        .create_agent(world.account, new, receipt(flight))
        .await;
    assert!(made.unwrap().done().is_some());
}

#[tokio::test]
async fn a_day_later_it_is_a_new_request_and_the_old_answer_is_swept() {
    let world = World::new().await;
    let flight = world.first(1).await;
    let new = world.new_agent();
    let made = world
        .engine
        .create_agent(world.account, new, receipt(flight))
        .await;
    made.unwrap();
    world.clock.move_on(RECEIPT_KEEP);
    world.reconciler("w").tick().await.unwrap();
    let flight = world.first(2).await;
    let new = world.new_agent();
    let made = world
        .engine
        .create_agent(world.account, new, receipt(flight))
        .await;
    assert!(made.unwrap().done().is_some());
    assert_eq!(world.agent_count().await, 2);
}
