//! The outbox: what the end of a run writes, who may send it and when, and what a note changes.

use std::time::Duration;

use outwork_domain::limits::WEBHOOK_RETRIES_MAX;
use outwork_domain::run_state::{RunEvent, Then};
use outwork_domain::{
    AccountId, Agent, AgentId, Delivery, DeliveryAttempt, DeliveryId, DeliveryState, Dialect,
    Ending, Origin, Verdict, WebhookTarget,
};
use outwork_store::{
    Announcement, Claim, DeliveryFilter, Error, Guard, Noted, Outgoing, Receiver, Settlement,
    Transition, deliveries, runs, webhooks,
};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{LEASE, World, at, on_both, plain_agent};

const HOOK: &str = "https://hooks.example.com/hook";
const PLACE: &str = "hooks.example.com:443";

fn retry(secs: u64) -> Verdict {
    Verdict::Retry(Duration::from_secs(secs))
}

impl World {
    /// Announces with the agent's name, the run's number and its state, so that a body tells its run.
    fn announce(&self) {
        self.store.announce_with(Box::new(|agent, run| {
            Ok(format!("{} {} {}", agent.name, run.number, run.state).into_bytes())
        }));
    }

    async fn hooked(&self, url: &str) -> AgentId {
        let agent = Agent {
            webhook: Some(WebhookTarget::new(url, Some("s".repeat(32))).unwrap()),
            origin: Origin::of(Dialect::CursorV1),
            ..plain_agent(self.account, 1)
        };
        let id = agent.id;
        self.insert_agent(agent).await;
        id
    }

    /// Claims the next run of an agent, and gives back what else was claimed.
    async fn next(&self, agent_id: AgentId) -> Claim {
        let (ours, others): (Vec<Claim>, Vec<Claim>) = self
            .claim(100)
            .await
            .into_iter()
            .partition(|claim| claim.agent.id == agent_id);
        for other in others {
            self.step(&other.fence, RunEvent::HandedBack).await.unwrap();
        }
        ours.into_iter().next().expect("it is claimable")
    }

    /// Claims and ends the next run of an agent.
    async fn end_next(&self, agent_id: AgentId) {
        let claim = self.next(agent_id).await;
        self.succeed(&claim.fence, "done").await;
    }

    async fn log(&self) -> Vec<Delivery> {
        let filter = DeliveryFilter::default();
        deliveries::list(&mut self.read().await, self.account, filter, None, 100)
            .await
            .unwrap()
    }

    async fn places(&self) -> Vec<String> {
        deliveries::due_places(&mut self.read().await)
            .await
            .unwrap()
    }

    async fn take(&self, place: &str, most: u32) -> Vec<Outgoing> {
        self.take_for("server", place, most, LEASE).await
    }

    async fn take_for(
        &self,
        worker: &'static str,
        place: &str,
        most: u32,
        lease: Duration,
    ) -> Vec<Outgoing> {
        let rooms = vec![(place.to_owned(), most)];
        self.write(move |tx| {
            Box::pin(async move { deliveries::claim(tx, worker, &rooms, lease).await })
        })
        .await
        .unwrap()
    }

    async fn settle(&self, outgoing: &Outgoing, status: u16, verdict: Verdict) -> Noted {
        let settled = self.settling(outgoing, status, verdict).await;
        settled.unwrap().unwrap()
    }

    async fn redeliver(&self, account: AccountId, id: DeliveryId) -> bool {
        let there = self
            .write(move |tx| Box::pin(async move { deliveries::redeliver(tx, account, id).await }));
        there.await.unwrap()
    }

    /// Notes an attempt in a task of its own.
    fn settling(
        &self,
        outgoing: &Outgoing,
        status: u16,
        verdict: Verdict,
    ) -> JoinHandle<Result<Noted, Error>> {
        let (store, outgoing) = (self.store.clone(), outgoing.clone());
        let settlement = settlement(status, verdict);
        tokio::spawn(async move {
            store
                .write(move |tx| {
                    Box::pin(async move { deliveries::settle(tx, &outgoing, &settlement).await })
                })
                .await
        })
    }

    async fn cancel(&self, claim: &Claim, announcement: Announcement) {
        let mut cancel = Transition::of(RunEvent::CancelRequested);
        cancel.announcement = announcement;
        self.apply(Guard::Fence(claim.fence), cancel).await.unwrap();
    }
}

fn schedule_used_up() -> u32 {
    u32::try_from(WEBHOOK_RETRIES_MAX).unwrap()
}

fn settlement(status: u16, verdict: Verdict) -> Settlement {
    let attempt = DeliveryAttempt {
        number: 0,
        at: at(20_000),
        took: Duration::from_millis(7),
        status: Some(status),
        fault: None,
        excerpt: (status != 200).then(|| "no".to_owned()),
    };
    Settlement {
        attempt,
        verdict,
        now: at(20_007),
    }
}

fn bodies(claimed: &[Outgoing]) -> Vec<String> {
    claimed
        .iter()
        .map(|one| String::from_utf8(one.body.clone()).unwrap())
        .collect()
}

on_both! {
    async fn every_way_of_ending_is_announced_and_nothing_else(world: &World) {
        world.announce();
        let agent_id = world.hooked(HOOK).await;
        world.end_next(agent_id).await;
        let failing = world.follow_up(agent_id, 10).await;
        let claim = world.next(agent_id).await;
        world.step(&claim.fence, RunEvent::AttemptFailed(Then::Retry)).await.unwrap();
        let claim = world.next(agent_id).await;
        world.step(&claim.fence, RunEvent::LeaseExpired(Then::GiveUp)).await.unwrap();
        assert_eq!(claim.run.id, failing.id);
        world.follow_up(agent_id, 11).await;
        let claim = world.next(agent_id).await;
        world.cancel(&claim, Announcement::Due).await;
        world.step(&claim.fence, RunEvent::Stopped).await.unwrap();
        for event in [RunEvent::CancelRequested, RunEvent::WaitedTooLong] {
            let run = world.follow_up(agent_id, 12).await;
            let guard = Guard::Run { run_id: run.id, attempt: run.attempt };
            world.apply(guard, Transition::of(event)).await.unwrap();
        }
        let mut seen = Vec::new();
        for _ in 0..5 {
            let claimed = world.take(PLACE, 10).await;
            seen.extend(bodies(&claimed));
            world.settle(&claimed[0], 200, Verdict::Delivered).await;
        }
        let expected = [
            "Do it 1 succeeded", "Do it 2 failed", "Do it 3 cancelled", "Do it 4 cancelled",
            "Do it 5 expired",
        ];
        assert_eq!(seen, expected);
        assert_eq!(world.log().await.len(), 5);
    }

    async fn an_end_that_another_one_covers_is_not_announced(world: &World) {
        world.announce();
        let agent_id = world.hooked(HOOK).await;
        let waiting = world.follow_up(agent_id, 10).await;
        let claim = world.next(agent_id).await;
        world.cancel(&claim, Announcement::Due).await;
        let mut covered = Transition::of(RunEvent::CancelRequested);
        covered.announcement = Announcement::Covered;
        let guard = Guard::Run { run_id: waiting.id, attempt: waiting.attempt };
        world.apply(guard, covered).await.unwrap();
        assert_eq!(world.log().await, []);
        world.step(&claim.fence, RunEvent::Stopped).await.unwrap();
        assert_eq!(bodies(&world.take(PLACE, 10).await), ["Do it 1 cancelled"]);
    }

    async fn endpoints_get_the_endings_that_they_want(world: &World) {
        world.announce();
        let all = world.add_endpoint("https://a.example.com/", vec![]).await;
        world.add_endpoint("https://b.example.com/", vec![Ending::Error]).await;
        let agent_id = world.hooked(HOOK).await;
        world.end_next(agent_id).await;
        assert_eq!(world.places().await, ["a.example.com:443", PLACE]);
        let claimed = world.take("a.example.com:443", 1).await;
        assert_eq!(claimed[0].target, all.target);
        assert_eq!((claimed[0].endpoint_id, claimed[0].agent_id), (Some(all.id), Some(agent_id)));
        let own = world.take(PLACE, 1).await;
        assert_eq!((own[0].endpoint_id, own[0].target.secret()), (None, Some(&*"s".repeat(32))));
        world.agent().await;
        let plain = world.claim(1).await;
        world.step(&plain[0].fence, RunEvent::AttemptFailed(Then::GiveUp)).await.unwrap();
        assert_eq!(world.places().await, ["a.example.com:443", "b.example.com:443"]);
    }

    async fn without_anybody_to_tell_nothing_is_written_and_without_a_writer_nothing_ends(world: &World) {
        let plain = world.claimed().await;
        world.succeed(&plain.fence, "done").await;
        let agent_id = world.hooked(HOOK).await;
        let claim = world.next(agent_id).await;
        let refused = world.step(&claim.fence, RunEvent::AttemptFailed(Then::GiveUp)).await;
        assert!(matches!(refused, Err(Error::NoAnnouncer)), "{refused:?}");
        assert_eq!(world.run(claim.run.id).await.ended_at, None);
        assert_eq!(world.log().await, []);
    }

    async fn of_an_agent_the_next_waits_for_the_one_before(world: &World) {
        world.announce();
        let (one, two) = (world.hooked(HOOK).await, world.hooked(HOOK).await);
        for agent_id in [one, one, one, two] {
            world.end_next(agent_id).await;
            world.follow_up(agent_id, 10).await;
        }
        let first = world.take(PLACE, 10).await;
        assert_eq!(first.len(), 2, "one of each agent");
        assert_eq!(world.places().await, Vec::<String>::new());
        let of_one = first.iter().find(|claimed| claimed.agent_id == Some(one)).unwrap();
        assert_eq!(world.settle(of_one, 500, retry(3600)).await, Noted::Kept);
        assert_eq!(world.take(PLACE, 10).await, []);
        world.tamper("UPDATE deliveries SET due_at = 0 WHERE failures = 1").await;
        let again = world.take(PLACE, 10).await;
        assert_eq!(bodies(&again), ["Do it 1 succeeded"]);
        assert_eq!((again[0].id, &again[0].body), (of_one.id, &of_one.body));
        assert_eq!(again[0].failure_count, 1);
        world.settle(&again[0], 500, Verdict::GiveUp).await;
        assert_eq!(bodies(&world.take(PLACE, 10).await), ["Do it 2 succeeded"]);
    }

    async fn a_claim_keeps_others_away_until_its_lease_ends(world: &World) {
        world.announce();
        let agent_id = world.hooked(HOOK).await;
        world.end_next(agent_id).await;
        let first = world.take_for("one", PLACE, 10, Duration::ZERO).await;
        let second = world.take_for("two", PLACE, 10, LEASE).await;
        assert_eq!(second[0].id, first[0].id);
        assert_eq!((first[0].claim, second[0].claim), (1, 2));
        assert_eq!(world.take_for("one", PLACE, 10, LEASE).await, []);
        assert_eq!(world.settle(&first[0], 200, Verdict::Delivered).await, Noted::Stale);
        assert_eq!(world.log().await[0].attempt_count, 0, "a stale note leaves nothing");
        assert_eq!(world.settle(&second[0], 200, Verdict::Delivered).await, Noted::Kept);
        assert_eq!(world.settle(&second[0], 200, Verdict::Delivered).await, Noted::Stale);
        assert_eq!(world.log().await[0].state, DeliveryState::Delivered);
    }

    async fn a_start_takes_back_what_its_earlier_life_claimed(world: &World) {
        world.announce();
        let (one, two) = (world.hooked(HOOK).await, world.hooked(HOOK).await);
        for agent_id in [one, two] {
            world.end_next(agent_id).await;
        }
        let ours = world.take_for("ours", PLACE, 1, LEASE).await;
        let theirs = world.take_for("theirs", PLACE, 1, LEASE).await;
        let released = world.write(|tx| Box::pin(async { deliveries::release(tx, "ours").await }));
        assert_eq!(released.await.unwrap(), 1);
        let again = world.take(PLACE, 10).await;
        assert_eq!(again.len(), 1);
        assert_eq!((again[0].id, &again[0].body), (ours[0].id, &ours[0].body));
        assert_ne!(again[0].id, theirs[0].id);
    }

    async fn taking_back_waits_for_nobody(world: &World) {
        world.announce();
        let (one, two) = (world.hooked(HOOK).await, world.hooked(HOOK).await);
        for agent_id in [one, two] {
            world.end_next(agent_id).await;
        }
        assert_eq!(world.take_for("ours", PLACE, 10, LEASE).await.len(), 2);
        let held = world
            .hold("SELECT 1 FROM deliveries WHERE id = (SELECT MAX(id::text)::uuid FROM deliveries) FOR UPDATE")
            .await;
        let release = || world.write(|tx| Box::pin(async { deliveries::release(tx, "ours").await }));
        let is_held = held.is_some();
        assert_eq!(release().await.unwrap(), if is_held { 1 } else { 2 });
        drop(held);
        // The other transaction ends when its connection is found to be gone.
        let mut rest = u64::from(is_held);
        while rest > 0 {
            rest -= release().await.unwrap();
        }
        assert_eq!(world.take(PLACE, 10).await.len(), 2);
    }

    async fn a_receiver_that_is_gone_for_good_gets_nothing_more(world: &World) {
        world.announce();
        let endpoint = world.add_endpoint("https://a.example.com/", vec![]).await;
        let agent_id = world.hooked(HOOK).await;
        for _ in 0..3 {
            world.end_next(agent_id).await;
            world.follow_up(agent_id, 10).await;
        }
        let own = world.take(PLACE, 10).await;
        world.settle(&own[0], 410, Verdict::Stop).await;
        assert_eq!(world.places().await, ["a.example.com:443"], "endpoints go on");
        world.end_next(agent_id).await;
        assert_eq!(world.take(PLACE, 10).await, []);
        let given_up = world.log().await.iter().filter(|one| one.state == DeliveryState::GivenUp).count();
        assert_eq!(given_up, 3);

        let of_endpoint = world.take("a.example.com:443", 10).await;
        world.settle(&of_endpoint[0], 410, Verdict::Stop).await;
        let stopped = webhooks::find(&mut world.read().await, world.account, endpoint.id).await;
        assert_eq!(stopped.unwrap().unwrap().stopped_at, Some(at(20_007)));
        world.follow_up(agent_id, 11).await;
        world.end_next(agent_id).await;
        assert_eq!(world.places().await, Vec::<String>::new());
    }

    async fn agents_that_hear_of_it_at_once_do_not_wait_in_a_circle(world: &World) {
        world.announce();
        world.add_endpoint("https://a.example.com/", vec![]).await;
        for _ in 0..2 {
            let agent_id = world.agent().await;
            world.end_next(agent_id).await;
        }
        let claimed = world.take("a.example.com:443", 10).await;
        assert_eq!(claimed.len(), 2);
        let held = world.hold("SELECT 1 FROM webhook_endpoints FOR UPDATE").await;
        let settling: Vec<_> =
            claimed.iter().map(|one| world.settling(one, 410, Verdict::Stop)).collect();
        world.wait_for_waiting(2, || settling.iter().all(JoinHandle::is_finished)).await;
        drop(held);
        let mut noted = Vec::new();
        for one in settling {
            noted.push(one.await.unwrap().unwrap());
        }
        noted.sort_by_key(|noted| *noted == Noted::Stale);
        assert_eq!(noted, [Noted::Kept, Noted::Stale], "the first one ends what waits for both");
        assert!(world.log().await.iter().all(|one| one.state == DeliveryState::GivenUp));
    }

    async fn an_end_beside_a_receiver_that_goes_leaves_nothing_behind(world: &World) {
        world.announce();
        world.add_endpoint("https://a.example.com/", vec![]).await;
        let (one, two) = (world.agent().await, world.agent().await);
        for agent_id in [one, two] {
            world.end_next(agent_id).await;
            world.follow_up(agent_id, 10).await;
        }
        let claimed = world.take("a.example.com:443", 10).await;
        let of_one = claimed.iter().find(|claimed| claimed.agent_id == Some(one)).unwrap();
        let ending = world.next(two).await.fence;
        world.step(&ending, RunEvent::WorkspacePrepared).await.unwrap();
        // The run has ended, and that is not committed yet.
        let (written, is_written) = oneshot::channel();
        let (commit, may_commit) = oneshot::channel::<()>();
        let store = world.store.clone();
        let ending = tokio::spawn(async move {
            store.write(move |tx| Box::pin(async move {
                let failed = Transition::of(RunEvent::AttemptFailed(Then::GiveUp));
                let ended = runs::apply(tx, &Guard::Fence(ending), &failed, at(9_000)).await;
                written.send(()).unwrap();
                may_commit.await.unwrap();
                ended
            })).await
        });
        is_written.await.unwrap();
        let settling = world.settling(of_one, 410, Verdict::Stop);
        world.wait_for_waiting(1, || settling.is_finished()).await;
        commit.send(()).unwrap();
        ending.await.unwrap().unwrap();
        assert_eq!(settling.await.unwrap().unwrap(), Noted::Kept);
        let log = world.log().await;
        assert_eq!(log.len(), 3);
        assert!(log.iter().all(|one| one.state == DeliveryState::GivenUp), "{log:?}");
    }

    async fn sending_anew_is_one_attempt_and_opens_a_receiver_that_takes_it(world: &World) {
        world.announce();
        let agent_id = world.hooked(HOOK).await;
        world.end_next(agent_id).await;
        let first = world.take(PLACE, 1).await;
        world.settle(&first[0], 410, Verdict::Stop).await;
        let (account, id) = (world.account, first[0].id);
        assert!(!world.redeliver(world.account("other@example.com").await, id).await);
        assert!(world.redeliver(account, id).await);
        let again = world.take(PLACE, 1).await;
        assert_eq!((again[0].id, &again[0].body), (id, &first[0].body));
        assert_eq!((again[0].receiver, again[0].failure_count), (Receiver::Stopped, schedule_used_up()));
        assert!(world.redeliver(account, id).await, "while it is being sent nothing changes");
        assert_eq!(world.settle(&again[0], 200, Verdict::Delivered).await, Noted::Kept);
        let (delivery, attempts) = deliveries::find(&mut world.read().await, account, id).await.unwrap().unwrap();
        assert_eq!((delivery.state, delivery.attempt_count), (DeliveryState::Delivered, 2));
        assert_eq!(attempts.iter().map(|one| (one.number, one.status)).collect::<Vec<_>>(), [(1, Some(410)), (2, Some(200))]);
        assert_eq!(attempts[0].excerpt.as_deref(), Some("no"));
        let content = deliveries::find_content(&mut world.read().await, account, id).await.unwrap().unwrap();
        assert_eq!((content.url.as_deref(), content.body.as_bytes()), (Some(HOOK), first[0].body.as_slice()));
        let other = world.account("other@example.com").await;
        assert_eq!(deliveries::find_content(&mut world.read().await, other, id).await.unwrap(), None);
        world.follow_up(agent_id, 11).await;
        world.end_next(agent_id).await;
        assert_eq!(world.places().await, [PLACE], "it is told again");
    }

    async fn one_that_waits_is_tried_now_and_goes_on_by_its_schedule(world: &World) {
        world.announce();
        let agent_id = world.hooked(HOOK).await;
        world.end_next(agent_id).await;
        let first = world.take(PLACE, 1).await;
        world.settle(&first[0], 500, retry(3600)).await;
        assert_eq!(world.take(PLACE, 1).await, []);
        assert!(world.redeliver(world.account, first[0].id).await);
        assert_eq!(world.take(PLACE, 1).await[0].failure_count, 1);
    }

    async fn sending_anew_also_wakes_what_nothing_else_would(world: &World) {
        world.announce();
        let agent_id = world.hooked(HOOK).await;
        world.end_next(agent_id).await;
        world.follow_up(agent_id, 10).await;
        world.end_next(agent_id).await;
        world.tamper("UPDATE deliveries SET due_at = NULL").await;
        assert_eq!(world.places().await, Vec::<String>::new());
        let newest = world.log().await[0].id;
        assert!(world.redeliver(world.account, newest).await);
        let due = world.take(PLACE, 10).await;
        assert_eq!(bodies(&due), ["Do it 1 succeeded"], "the first one, and only that");
        world.settle(&due[0], 200, Verdict::Delivered).await;
        assert_eq!(bodies(&world.take(PLACE, 10).await), ["Do it 2 succeeded"]);
    }

    async fn what_is_deleted_is_not_sent_and_what_is_old_is_forgotten(world: &World) {
        world.announce();
        world.add_endpoint("https://a.example.com/", vec![]).await;
        let (kept, deleted) = (world.hooked(HOOK).await, world.hooked(HOOK).await);
        for agent_id in [kept, deleted] {
            world.end_next(agent_id).await;
        }
        world.delete(deleted).await;
        let left = world.log().await;
        assert_eq!(left.iter().filter(|one| one.about.unwrap().0 == deleted).count(), 0);
        let claimed = world.take(PLACE, 10).await;
        world.settle(&claimed[0], 200, Verdict::Delivered).await;
        let sweep = |now: i64| world.write(move |tx| {
            Box::pin(async move { deliveries::sweep(tx, at(now), Duration::from_secs(1), 10).await })
        });
        assert_eq!(sweep(21_007).await.unwrap(), 0);
        assert_eq!(sweep(21_008).await.unwrap(), 1);
        assert_eq!(world.log().await.len(), 1, "what waits stays");
    }

    async fn the_log_is_read_by_pages_and_filters(world: &World) {
        world.announce();
        let (one, two) = (world.hooked(HOOK).await, world.hooked(HOOK).await);
        for agent_id in [one, two] {
            world.end_next(agent_id).await;
        }
        let claimed = world.take(PLACE, 1).await;
        world.settle(&claimed[0], 200, Verdict::Delivered).await;
        let all = world.log().await;
        let reader = &mut world.read().await;
        let filter = DeliveryFilter { agent_id: Some(two), ..DeliveryFilter::default() };
        let of_two = deliveries::list(reader, world.account, filter, None, 10).await.unwrap();
        assert_eq!(of_two.iter().map(|one| one.about.unwrap().0).collect::<Vec<_>>(), [two]);
        let filter = DeliveryFilter { state: Some(DeliveryState::Delivered), agent_id: None };
        let delivered = deliveries::list(reader, world.account, filter, None, 10).await.unwrap();
        assert_eq!(delivered.iter().map(|one| one.id).collect::<Vec<_>>(), [claimed[0].id]);
        let filter = DeliveryFilter::default();
        let rest = deliveries::list(reader, world.account, filter, Some(all[0].id), 10).await.unwrap();
        assert_eq!(rest, all[1..]);
    }

    async fn a_test_goes_to_one_endpoint_and_waits_for_nothing(world: &World) {
        let endpoint = world.add_endpoint("https://a.example.com/", vec![]).await;
        for body in ["one", "two"] {
            let endpoint = endpoint.clone();
            let test = world.write(move |tx| {
                Box::pin(async move { deliveries::insert_test(tx, &endpoint, body.into(), at(1)).await })
            });
            assert!(test.await.unwrap().due_at.is_some());
        }
        let claimed = world.take("a.example.com:443", 10).await;
        assert_eq!(claimed.len(), 2);
        assert_eq!((claimed[0].agent_id, claimed[0].event.word()), (None, "test"));
        world.settle(&claimed[0], 200, Verdict::Delivered).await;
    }
}
