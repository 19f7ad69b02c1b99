//! The dispatcher over real HTTP: what receivers get, in which order, and what the log keeps of it.
//!
//! Ticks are given by hand and the waits between attempts are none, so a retry is the next tick's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use outwork_domain::address::Plain;
use outwork_domain::limits::{DELIVERIES_TO_ONE_MAX, WEBHOOK_WAIT_MAX};
use outwork_domain::{AgentId, Delivery, DeliveryAttempt, DeliveryState, RunId, WebhookTarget};
use outwork_engine::outbound::OutboundOptions;
use outwork_engine::{Dispatcher, DispatcherOptions};
use outwork_stand_ins::http::{Ending, Reply};
use outwork_stand_ins::receiver::{Arrival, ClosedDoor, Conduct, Receiver};
use outwork_store::{DeliveryFilter, WorkerId, deliveries};
use tokio_util::sync::CancellationToken;

use crate::support::World;

const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The tests' receivers are on this machine.
fn loopback() -> OutboundOptions {
    OutboundOptions {
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        plain_http: Plain::Allowed,
        own_addresses: Vec::new(),
    }
}

fn dispatcher(world: &World, retries: usize) -> Dispatcher {
    let options = DispatcherOptions {
        worker: WorkerId("ours".to_owned()),
        schedule: vec![Duration::ZERO; retries],
    };
    Dispatcher::new(world.engine.clone(), options)
}

impl World {
    /// An agent with a webhook whose first run waits.
    async fn hooked(&self, url: &str) -> AgentId {
        let mut new = self.new_agent();
        new.webhook = Some(WebhookTarget::new(url, Some(SECRET.to_owned())).unwrap());
        let created = self.engine.create_agent(self.account, new, None).await;
        created.unwrap().done().unwrap().agent.id
    }

    /// Ends what an agent has to do.
    async fn end(&self, id: AgentId) {
        let stopped = self.engine.stop_agent(self.account, id, None).await;
        stopped.unwrap();
    }

    /// An agent that has ended so many runs.
    async fn ended(&self, url: &str, runs: usize) -> AgentId {
        let id = self.hooked(url).await;
        self.end(id).await;
        for _ in 1..runs {
            self.follow_up(id).await.unwrap();
            self.end(id).await;
        }
        id
    }

    /// An agent's deliveries with their attempts, in the order of its runs.
    async fn log(&self, id: AgentId) -> Vec<(Delivery, Vec<DeliveryAttempt>)> {
        let mut reader = self.engine.store().read().await.unwrap();
        let filter = DeliveryFilter {
            agent_id: Some(id),
            state: None,
        };
        let listed = deliveries::list(&mut reader, self.account, filter, None, 100).await;
        let mut found = Vec::new();
        for one in listed.unwrap() {
            let one = deliveries::find(&mut reader, self.account, one.id).await;
            found.push(one.unwrap().unwrap());
        }
        drop(reader);
        let numbers: BTreeMap<RunId, u32> = self
            .runs(id)
            .await
            .iter()
            .map(|run| (run.id, run.number))
            .collect();
        found.sort_by_key(|(one, _)| numbers[&one.about.unwrap().1]);
        found
    }
}

/// Ticks until nothing is due; says how many attempts were made.
async fn drain(dispatcher: &Dispatcher) -> usize {
    let mut attempts = 0;
    loop {
        match dispatcher.tick().await.unwrap() {
            0 => return attempts,
            begun => attempts += begun,
        }
    }
}

async fn soon<T>(wanted: impl Future<Output = T>) -> T {
    let found = tokio::time::timeout(PATIENCE, wanted).await;
    found.expect("it never came")
}

/// Lets timers believe that so much time has passed.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// The id that a receiver sees.
fn wire_id(delivery: &Delivery) -> String {
    format!("wh_{}", delivery.id)
}

fn ids(arrivals: &[Arc<Arrival>]) -> Vec<String> {
    let id = |one: &Arc<Arrival>| one.header("x-webhook-id").unwrap().to_owned();
    arrivals.iter().map(id).collect()
}

/// What the log says of a delivery's attempts: status or fault.
fn told(attempts: &[DeliveryAttempt]) -> Vec<String> {
    let told = |one: &DeliveryAttempt| match (one.status, &one.fault) {
        (Some(status), None) => status.to_string(),
        (None, Some(fault)) => fault.clone(),
        (Some(_), Some(_)) | (None, None) => panic!("both or neither: {one:?}"),
    };
    let numbers: Vec<u32> = attempts.iter().map(|one| one.number).collect();
    let expected: Vec<u32> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected, "they are counted from 1");
    attempts.iter().map(told).collect()
}

#[tokio::test]
async fn every_answer_lands_in_the_log_until_one_is_a_success() {
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    let agent = world.ended(&receiver.url("/hook"), 1).await;
    receiver.answer_next("/hook", Reply::status(500, "no\u{1b}[31m"));
    let busy = Reply::status(429, "").with_header("retry-after", "0");
    receiver.answer_next("/hook", busy);
    receiver.answer_next("/hook", Reply::nothing(Ending::Close));
    receiver.answer_next("/hook", Reply::status(299, "taken"));
    assert_eq!(drain(&dispatcher(&world, 9)).await, 4);
    let log = world.log(agent).await;
    let (delivery, attempts) = &log[0];
    assert_eq!(
        told(attempts),
        [
            "500",
            "429",
            "the connection broke before the answer was complete",
            "299"
        ]
    );
    let kept = |one: &DeliveryAttempt| one.excerpt.is_some();
    assert!(
        !attempts.iter().any(kept),
        "only an exception opened the address"
    );
    assert_eq!(
        (delivery.state, delivery.attempt_count),
        (DeliveryState::Delivered, 4)
    );
    let arrivals = receiver.arrivals();
    assert_eq!(ids(&arrivals), vec![wire_id(delivery); 4]);
    assert!(arrivals.iter().all(|one| one.body == arrivals[0].body));
}

#[tokio::test]
async fn who_is_not_there_is_tried_as_often_as_the_schedule_says_and_given_up() {
    let world = World::calling(loopback()).await;
    let door = ClosedDoor::new().unwrap();
    let agent = world.ended(&door.url("/hook"), 2).await;
    assert_eq!(drain(&dispatcher(&world, 2)).await, 6);
    for (delivery, attempts) in world.log(agent).await {
        assert_eq!(delivery.state, DeliveryState::GivenUp);
        assert_eq!(told(&attempts), ["no connection could be made"; 3]);
    }
}

#[tokio::test]
async fn redirects_are_failures_and_nobody_follows_them() {
    let world = World::calling(loopback()).await;
    let (receiver, elsewhere) = (
        Receiver::start().await.unwrap(),
        Receiver::start().await.unwrap(),
    );
    let agent = world.ended(&receiver.url("/hook"), 1).await;
    for status in [301, 302, 303, 307, 308] {
        let away = Reply::status(status, "").with_header("location", &elsewhere.url("/hook"));
        receiver.answer_next("/hook", away);
    }
    assert_eq!(drain(&dispatcher(&world, 5)).await, 6);
    let log = world.log(agent).await;
    assert_eq!(told(&log[0].1), ["301", "302", "303", "307", "308", "200"]);
    assert_eq!(elsewhere.arrival_count(), 0);
}

#[tokio::test]
async fn gone_for_good_stops_the_webhook_until_something_sent_by_hand_is_taken() {
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    let dispatcher = dispatcher(&world, 9);
    let agent = world.ended(&receiver.url("/gone"), 3).await;
    let other = world.ended(&receiver.url("/there"), 1).await;
    receiver.answer_next("/gone", Reply::status(410, "gone"));
    assert_eq!(drain(&dispatcher).await, 2);
    let states = async |id| -> Vec<DeliveryState> {
        let log = world.log(id).await;
        log.iter().map(|(one, _)| one.state).collect()
    };
    assert_eq!(states(agent).await, [DeliveryState::GivenUp; 3]);
    assert_eq!(states(other).await, [DeliveryState::Delivered]);
    world.follow_up(agent).await.unwrap();
    world.end(agent).await;
    assert_eq!(world.log(agent).await.len(), 3, "nothing more is written");

    let first = world.log(agent).await[0].0.id;
    let again = world.engine.redeliver(world.account, first, None).await;
    again.unwrap();
    assert_eq!(drain(&dispatcher).await, 1);
    let log = world.log(agent).await;
    assert_eq!(told(&log[0].1), ["410", "200"]);
    let gone: Vec<_> = receiver.arrivals();
    let gone: Vec<_> = gone.iter().filter(|one| one.path == "/gone").collect();
    assert_eq!(gone.len(), 2);
    assert_eq!(gone[0].body, gone[1].body);
    world.follow_up(agent).await.unwrap();
    world.end(agent).await;
    assert_eq!(drain(&dispatcher).await, 1, "it is open again");
}

#[tokio::test]
async fn of_an_agent_the_next_comes_only_when_the_one_before_is_through() {
    const SEED: u64 = 20_261_122;
    println!("seed {SEED}");
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    let faults = vec![
        Reply::status(500, ""),
        Reply::status(503, "").with_header("retry-after", "0"),
        Reply::nothing(Ending::Close),
        Reply::nothing(Ending::Reset),
    ];
    receiver.behave_everywhere(Conduct::taking().failing(400, SEED, faults));
    let mut agents = Vec::new();
    for n in 0..4 {
        let url = receiver.url(&format!("/{n}"));
        agents.push((format!("/{n}"), world.ended(&url, 6).await));
    }
    let attempts = drain(&dispatcher(&world, 50)).await;
    assert_eq!(receiver.arrival_count(), attempts);
    assert!(attempts > 24, "the control: some failed");
    for (path, agent) in agents {
        let log = world.log(agent).await;
        let expected: Vec<String> = log
            .iter()
            .flat_map(|(one, attempts)| vec![wire_id(one); attempts.len()])
            .collect();
        let arrivals = receiver.arrivals();
        let ours: Vec<_> = arrivals
            .into_iter()
            .filter(|one| one.path == path)
            .collect();
        assert_eq!(ids(&ours), expected, "all of one, then all of the next");
        assert!(
            log.iter()
                .all(|(one, _)| one.state == DeliveryState::Delivered)
        );
    }
}

#[tokio::test]
async fn a_dead_receiver_holds_nobody_else_back() {
    let world = World::calling(loopback()).await;
    let (dead, living) = (
        Receiver::start().await.unwrap(),
        Receiver::start().await.unwrap(),
    );
    dead.behave_everywhere(Conduct::dead());
    let mut unheard = Vec::new();
    for _ in 0..DELIVERIES_TO_ONE_MAX + 8 {
        unheard.push(world.ended(&dead.url("/"), 1).await);
    }
    let heard = world.ended(&living.url("/"), 3).await;
    let dispatcher = dispatcher(&world, 9);
    let ticking = {
        let dispatcher = dispatcher.clone();
        tokio::spawn(async move { dispatcher.tick().await.unwrap() })
    };
    soon(dead.wait_for(DELIVERIES_TO_ONE_MAX)).await;
    soon(living.wait_for(1)).await;
    // While those wait for an answer that never comes, the others go on.
    let follow = async {
        while living.arrival_count() < 3 {
            dispatcher.tick().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    soon(follow).await;
    assert!(!ticking.is_finished(), "the control: it still waits");
    assert_eq!(
        dead.arrival_count(),
        DELIVERIES_TO_ONE_MAX,
        "no more at once"
    );
    assert_eq!(world.log(heard).await.len(), 3);

    pass(WEBHOOK_WAIT_MAX).await;
    assert_eq!(soon(ticking).await.unwrap(), DELIVERIES_TO_ONE_MAX + 1);
    let mut tried = 0;
    for agent in unheard {
        let log = world.log(agent).await;
        tried += log[0].1.len();
        assert!(log[0].1.len() <= 1);
        assert!(
            told(&log[0].1)
                .iter()
                .all(|one| one == "there was no answer in time")
        );
    }
    assert_eq!(tried, DELIVERIES_TO_ONE_MAX);
    // Now that it is known to be silent it gets little; the rest stays for others.
    let few = {
        let dispatcher = dispatcher.clone();
        tokio::spawn(async move { dispatcher.tick().await.unwrap() })
    };
    soon(dead.wait_for(DELIVERIES_TO_ONE_MAX + 2)).await;
    pass(WEBHOOK_WAIT_MAX).await;
    assert_eq!(soon(few).await.unwrap(), 2);
}

#[tokio::test]
async fn long_answers_and_such_that_never_end_cost_little() {
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    let agent = world.ended(&receiver.url("/hook"), 1).await;
    let long = "x".repeat(20 * 1024 * 1024);
    receiver.answer_next("/hook", Reply::status(500, long.clone()));
    let unending = Reply::status(500, "begun").cut_after(5, Ending::Silence);
    receiver.answer_next("/hook", unending);
    let unending = Reply::status(200, long).cut_after(5, Ending::Silence);
    receiver.answer_next("/hook", unending);
    assert_eq!(soon(drain(&dispatcher(&world, 9))).await, 3);
    let log = world.log(agent).await;
    assert_eq!(told(&log[0].1), ["500", "500", "200"]);
    assert!(log[0].1.iter().all(|one| one.took < WEBHOOK_WAIT_MAX));
}

/// The process dies after the receiver has got a delivery and before that is noted: the runtime with all
/// its tasks, the store with them. The next one sends it again, and goes on behind it.
#[test]
fn what_was_sent_and_not_noted_before_a_crash_is_sent_again() {
    let outside = tokio::runtime::Runtime::new().unwrap();
    let receiver = outside.block_on(Receiver::start()).unwrap();
    receiver.answer_next("/hook", Reply::nothing(Ending::Silence));
    let folder = Arc::new(tempfile::tempdir().unwrap());

    let life = tokio::runtime::Runtime::new().unwrap();
    let (agent, account) = life.block_on(async {
        let world = World::in_folder(Arc::clone(&folder), loopback()).await;
        let agent = world.ended(&receiver.url("/hook"), 2).await;
        let dispatcher = dispatcher(&world, 0);
        tokio::spawn(async move { dispatcher.tick().await });
        soon(receiver.wait_for(1)).await;
        (agent, world.account)
    });
    life.shutdown_background();

    outside.block_on(async {
        let world = World::in_folder(folder, loopback()).await;
        assert_eq!(world.account, account);
        let before = world.log(agent).await;
        assert_eq!(before[0].1, [], "nothing is noted of the attempt");
        let dispatcher = dispatcher(&world, 0);
        assert_eq!(
            drain(&dispatcher).await,
            0,
            "it is claimed by the dead process"
        );
        dispatcher.recover().await.unwrap();
        assert_eq!(drain(&dispatcher).await, 2);
        let arrivals = receiver.arrivals();
        let log = world.log(agent).await;
        let expected = [&log[0].0, &log[0].0, &log[1].0].map(wire_id);
        assert_eq!(ids(&arrivals), expected);
        assert_eq!(arrivals[0].body, arrivals[1].body, "the same bytes");
        let signature = |n: usize| arrivals[n].header("x-webhook-signature").unwrap();
        assert_eq!(signature(0), signature(1));
        for (delivery, attempts) in log {
            assert_eq!(delivery.state, DeliveryState::Delivered);
            assert_eq!(told(&attempts), ["200"]);
        }
    });
}

/// A note of somebody whose claim was taken over changes nothing.
#[tokio::test]
async fn the_note_of_a_claim_that_was_taken_over_is_not_taken() {
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    let agent = world.ended(&receiver.url("/hook"), 1).await;
    receiver.answer_next("/hook", Reply::nothing(Ending::Silence));
    let first = dispatcher(&world, 9);
    let sending = tokio::spawn(async move { first.tick().await.unwrap() });
    soon(receiver.wait_for(1)).await;
    let second = dispatcher(&world, 9);
    second.recover().await.unwrap();
    assert_eq!(drain(&second).await, 1);
    pass(WEBHOOK_WAIT_MAX).await;
    assert_eq!(soon(sending).await.unwrap(), 1);
    let log = world.log(agent).await;
    assert_eq!(told(&log[0].1), ["200"], "its own failure came too late");
    assert_eq!(log[0].0.state, DeliveryState::Delivered);
    assert_eq!(drain(&second).await, 0);
}

#[tokio::test]
async fn the_loop_wakes_at_the_bell_and_stops_in_order() {
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    let dispatcher = dispatcher(&world, 0);
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { dispatcher.run(stop).await }
    });
    let agent = world.ended(&receiver.url("/hook"), 5).await;
    soon(receiver.wait_for(5)).await;
    stop.cancel();
    soon(running).await.unwrap();
    let log = world.log(agent).await;
    assert!(
        log.iter()
            .all(|(one, _)| one.state == DeliveryState::Delivered)
    );
    assert_eq!(log.len(), 5);
}

/// A stop does not wait for receivers that hang; what they did not answer is free for the next server.
#[tokio::test]
async fn a_stop_leaves_what_hangs_to_whoever_comes_next() {
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    receiver.answer_next("/hook", Reply::nothing(Ending::Silence));
    let agent = world.ended(&receiver.url("/hook"), 1).await;
    let (first, stop) = (dispatcher(&world, 0), CancellationToken::new());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { first.run(stop).await }
    });
    soon(receiver.wait_for(1)).await;
    stop.cancel();
    soon(running).await.unwrap();
    let log = world.log(agent).await;
    assert_eq!(log[0].1, [], "the attempt did not end");
    let options = DispatcherOptions {
        worker: WorkerId("theirs".to_owned()),
        schedule: Vec::new(),
    };
    let next = Dispatcher::new(world.engine.clone(), options);
    assert_eq!(drain(&next).await, 1, "no lease is waited for");
    let arrivals = receiver.arrivals();
    assert_eq!(ids(&arrivals), vec![wire_id(&log[0].0); 2]);
    assert_eq!(arrivals[0].body, arrivals[1].body);
    assert_eq!(told(&world.log(agent).await[0].1), ["200"]);
}

#[tokio::test]
async fn what_is_sent_by_hand_is_one_attempt() {
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    let dispatcher = dispatcher(&world, 2);
    for _ in 0..4 {
        receiver.answer_next("/hook", Reply::status(500, ""));
    }
    let agent = world.ended(&receiver.url("/hook"), 1).await;
    assert_eq!(drain(&dispatcher).await, 3);
    let id = world.log(agent).await[0].0.id;
    for (state, attempts) in [(DeliveryState::GivenUp, 4), (DeliveryState::Delivered, 5)] {
        let again = world.engine.redeliver(world.account, id, None).await;
        assert_eq!(again.unwrap().done().unwrap().state, DeliveryState::Waiting);
        assert_eq!(drain(&dispatcher).await, 1);
        let log = world.log(agent).await;
        assert_eq!((log[0].0.state, log[0].1.len()), (state, attempts));
    }
}

#[tokio::test]
async fn without_an_exception_of_the_operator_nothing_on_this_machine_is_called() {
    let world = World::calling(loopback()).await;
    let receiver = Receiver::start().await.unwrap();
    let agent = world.ended(&receiver.url("/hook"), 1).await;
    // A server whose operator has taken the exception back: each attempt is judged anew.
    let options = DispatcherOptions {
        worker: WorkerId("theirs".to_owned()),
        schedule: vec![Duration::ZERO],
    };
    let strict = Dispatcher::new(world.another_server().await, options);
    assert_eq!(drain(&strict).await, 2);
    let log = world.log(agent).await;
    let refused = "127.0.0.1 may not be called: ";
    assert!(
        told(&log[0].1).iter().all(|one| one.starts_with(refused)),
        "{log:?}"
    );
    assert_eq!(receiver.arrival_count(), 0);
}
