//! Changes of a run's state: the table, the guards, what is noted with them.

use outwork_domain::run_state::{RunEvent, RunState, Then, after};
use outwork_domain::{Attempt, Cause, EventBody, Fence};
use outwork_store::{Bases, Claim, Error, Guard, Transition, runs};

use crate::support::{World, at, commit, note, on_both, plain_agent, plain_repository, repository};

const EVENTS: [RunEvent; 12] = [
    RunEvent::Claimed,
    RunEvent::CancelRequested,
    RunEvent::WaitedTooLong,
    RunEvent::WorkspacePrepared,
    RunEvent::LoopFinished,
    RunEvent::Published,
    RunEvent::AttemptFailed(Then::Retry),
    RunEvent::AttemptFailed(Then::GiveUp),
    RunEvent::LeaseExpired(Then::Retry),
    RunEvent::LeaseExpired(Then::GiveUp),
    RunEvent::HandedBack,
    RunEvent::Stopped,
];

fn failed(event: RunEvent, cause: Cause, message: &str) -> Transition {
    Transition {
        failure: Some((cause, message.into())),
        ..Transition::of(event)
    }
}

/// Brings a claimed run into a state.
async fn bring(world: &World, fence: &Fence, state: RunState) {
    let path: &[RunEvent] = match state {
        RunState::Preparing => &[],
        RunState::Working => &[RunEvent::WorkspacePrepared],
        RunState::Publishing => &[RunEvent::WorkspacePrepared, RunEvent::LoopFinished],
        RunState::Cancelling => &[RunEvent::CancelRequested],
        RunState::Succeeded => &[
            RunEvent::WorkspacePrepared,
            RunEvent::LoopFinished,
            RunEvent::Published,
        ],
        RunState::Failed => &[RunEvent::AttemptFailed(Then::GiveUp)],
        RunState::Cancelled => &[RunEvent::CancelRequested, RunEvent::Stopped],
        RunState::Queued => &[RunEvent::HandedBack],
        RunState::Expired => unreachable!("a claimed run cannot expire"),
    };
    for event in path {
        world.step(fence, *event).await.unwrap();
    }
}

on_both! {
    async fn the_domains_table_holds_for_rows(world: &World) {
        for state in RunState::ALL.into_iter().filter(|state| *state != RunState::Expired) {
            for event in EVENTS.into_iter().filter(|event| *event != RunEvent::Claimed) {
                let claim = world.claimed().await;
                bring(world, &claim.fence, state).await;
                let before = (world.run(claim.run.id).await, world.events(claim.agent.id).await);
                let guard = Guard::Run { run_id: claim.run.id, attempt: Attempt(1) };
                let applied = world.apply(guard, Transition::of(event)).await;
                let now = (world.run(claim.run.id).await, world.events(claim.agent.id).await);
                match after(state, event) {
                    Ok(next) => {
                        assert_eq!(applied.unwrap().state, next, "{state} {event:?}");
                        assert_eq!(now.0.state, next);
                        assert_eq!(now.0.ended_at.is_some(), next.is_final());
                        // An end is preceded by what the run cost.
                        let count = 1 + usize::from(next.is_final());
                        assert_eq!(now.1.len(), before.1.len() + count);
                        assert!(matches!(
                            now.1.last(), Some(EventBody::StateChanged { to, .. }) if *to == next
                        ));
                    }
                    Err(illegal) => {
                        let error = applied.unwrap_err();
                        assert!(matches!(error, Error::Illegal(found) if found == illegal));
                        assert_eq!(now, before);
                    }
                }
                // The next claim must find only the next test's run.
                world.delete(claim.agent.id).await;
            }
        }
    }

    async fn a_stale_attempt_changes_nothing(world: &World) {
        let old = world.claimed().await;
        world.step(&old.fence, RunEvent::WorkspacePrepared).await.unwrap();
        let check = async |fence: &Fence| {
            let before = (world.run(old.run.id).await, world.events(old.agent.id).await);
            for event in EVENTS {
                let refused = world.step(fence, event).await;
                assert!(matches!(refused, Err(Error::Stale)), "{event:?} {refused:?}");
            }
            for bodies in [vec![note("late")], vec![]] {
                assert!(matches!(world.append(fence, bodies).await, Err(Error::Stale)));
            }
            assert_eq!(before, (world.run(old.run.id).await, world.events(old.agent.id).await));
        };
        // Queued again: the attempt is still the latest, and yet it holds nothing.
        world.step(&old.fence, RunEvent::LeaseExpired(Then::Retry)).await.unwrap();
        check(&old.fence).await;
        let new = world.claim(1).await.remove(0);
        assert_eq!(new.fence.attempt, Attempt(2));
        check(&old.fence).await;
        check(&Fence { attempt: Attempt(3), ..new.fence }).await;
        // Another agent's fence does not fit, whatever else is right.
        let stranger = world.agent().await;
        check(&Fence { agent_id: stranger, ..new.fence }).await;
        world.step(&new.fence, RunEvent::WorkspacePrepared).await.unwrap();
        world.succeed_rest(&new.fence).await;
        check(&new.fence).await;
        world.delete(old.agent.id).await;
        for fence in [old.fence, new.fence] {
            assert!(matches!(world.step(&fence, RunEvent::Stopped).await, Err(Error::Stale)));
            assert!(matches!(world.append(&fence, vec![note("x")]).await, Err(Error::Stale)));
        }
    }

    async fn no_event_lands_behind_the_end_of_its_attempt(world: &World) {
        for _ in 0..20 {
            let claim = world.claimed().await;
            let appends = (0..8).map(|_| world.append(&claim.fence, vec![note("x"); 3]));
            let lapse = async || {
                world.step(&claim.fence, RunEvent::LeaseExpired(Then::Retry)).await.unwrap();
                // A claim passes over an agent that an append has just locked.
                loop {
                    if let Some(claim) = world.claim(1).await.pop() {
                        return claim;
                    }
                }
            };
            let (appended, new) = tokio::join!(futures::future::join_all(appends), lapse());
            let good = appended.iter().filter(|result| result.is_ok()).count();
            let late = appended.iter().filter_map(|result| result.as_ref().err());
            assert!(late.into_iter().all(|error| matches!(error, Error::Stale)));
            let written = world.events(claim.agent.id).await;
            let queued = |body: &EventBody| {
                matches!(body, EventBody::StateChanged { to: RunState::Queued, .. })
            };
            let end = written.iter().position(queued).unwrap();
            let notes = |bodies: &[EventBody]| {
                bodies.iter().filter(|body| **body == note("x")).count()
            };
            assert_eq!((notes(&written[..end]), notes(&written[end..])), (3 * good, 0));
            world.succeed(&new.fence, "").await;
        }
    }

    async fn a_command_that_read_an_older_attempt_changes_nothing(world: &World) {
        let id = world.agent().await;
        let run = runs::list(&mut world.read().await, id).await.unwrap().remove(0);
        world.claim(1).await;
        let guard = Guard::Run { run_id: run.id, attempt: Attempt(0) };
        let refused = world.apply(guard, Transition::of(RunEvent::CancelRequested)).await;
        assert!(matches!(refused, Err(Error::Stale)));
        let guard = Guard::Run { run_id: run.id, attempt: Attempt(1) };
        let run = world.apply(guard, Transition::of(RunEvent::CancelRequested)).await.unwrap();
        assert_eq!(run.state, RunState::Cancelling);
    }

    async fn what_a_step_brings_is_kept(world: &World) {
        let claim = world.claimed().await;
        let fence = Guard::Fence(claim.fence);
        let prepared = Transition {
            bases: vec![(repository("tools"), commit('a'))],
            ..Transition::of(RunEvent::WorkspacePrepared)
        };
        world.apply(fence, prepared).await.unwrap();
        let finished = Transition {
            summary: Some("Done.\0".into()),
            ..Transition::of(RunEvent::LoopFinished)
        };
        world.apply(fence, finished).await.unwrap();
        let run = world.apply(fence, Transition::of(RunEvent::Published)).await.unwrap();
        let stored = world.run(claim.run.id).await;
        assert_eq!((&stored, stored.ended_at), (&run, Some(at(9_000))));
        assert_eq!(stored.summary.as_deref(), Some("Done.\u{fffd}"));
        assert_eq!(stored.failure, None);
    }

    async fn a_cause_is_kept_when_the_run_fails_and_told_when_it_is_repeated(world: &World) {
        let claim = world.claimed().await;
        let retry = failed(RunEvent::AttemptFailed(Then::Retry), Cause::SandboxLost, "it died");
        let run = world.apply(Guard::Fence(claim.fence), retry).await.unwrap();
        assert_eq!((run.state, run.failure), (RunState::Queued, None));
        let told = EventBody::StateChanged {
            to: RunState::Queued,
            cause: None,
            message: Some("it died".into()),
        };
        assert_eq!(world.events(claim.agent.id).await.last(), Some(&told));

        let claim = world.claim(1).await.remove(0);
        let message = "it died again; look at the log";
        let end = failed(RunEvent::AttemptFailed(Then::GiveUp), Cause::SandboxLost, message);
        let run = world.apply(Guard::Fence(claim.fence), end).await.unwrap();
        assert_eq!(run.failure, Some((Cause::SandboxLost, message.to_owned())));
        assert_eq!(world.run(run.id).await, run);
        let told = EventBody::StateChanged {
            to: RunState::Failed,
            cause: Some(Cause::SandboxLost),
            message: Some(message.into()),
        };
        assert_eq!(world.events(claim.agent.id).await.last(), Some(&told));
    }

    async fn a_failure_always_has_a_cause(world: &World) {
        let claim = world.claimed().await;
        let run = world.step(&claim.fence, RunEvent::LeaseExpired(Then::GiveUp)).await.unwrap();
        assert_eq!(run.failure.unwrap().0, Cause::Internal);
    }

    async fn attempts_without_progress_are_counted(world: &World) {
        let claim = world.claimed().await;
        let stalled = async || {
            runs::stalled_attempts(&mut world.read().await, claim.run.id).await.unwrap()
        };
        assert_eq!(stalled().await, 0);
        world.step(&claim.fence, RunEvent::LeaseExpired(Then::Retry)).await.unwrap();
        assert_eq!(stalled().await, 1);
        let second = world.claim(1).await.remove(0);
        world.step(&second.fence, RunEvent::HandedBack).await.unwrap();
        assert_eq!(stalled().await, 1);
        let third = world.claim(1).await.remove(0);
        world.append(&third.fence, vec![note("no progress")]).await.unwrap();
        world.step(&third.fence, RunEvent::AttemptFailed(Then::Retry)).await.unwrap();
        assert_eq!(stalled().await, 2);
        let fourth = world.claim(1).await.remove(0);
        let progress = EventBody::Committed {
            repository: repository("tools"),
            commit: commit('a'),
            subject: "Add".into(),
            file_count: 1,
            insertions: 1,
            deletions: 0,
        };
        world.append(&fourth.fence, vec![note("and"), progress, note("more")]).await.unwrap();
        assert_eq!(stalled().await, 0);
    }

    async fn a_change_and_its_events_stand_or_fall_together(world: &World) {
        let claim = world.claimed().await;
        let before = world.events(claim.agent.id).await;
        let fence = claim.fence;
        let failed = world
            .write(move |tx| {
                Box::pin(async move {
                    let prepared = Transition::of(RunEvent::WorkspacePrepared);
                    outwork_store::events::append(tx, &fence, &[note("one")], at(1)).await?;
                    runs::apply(tx, &Guard::Fence(fence), &prepared, at(2)).await?;
                    Err::<(), _>(Error::NotFound)
                })
            })
            .await;
        assert!(matches!(failed, Err(Error::NotFound)));
        assert_eq!(world.run(claim.run.id).await.state, RunState::Preparing);
        assert_eq!(world.events(claim.agent.id).await, before);
    }
}

on_both! {
    async fn each_repository_has_its_start(world: &World) {
        let mut agent = plain_agent(world.account, 1);
        agent.repositories = ["one", "two", "three"].map(plain_repository).to_vec();
        let id = agent.id;
        world.insert_agent(agent).await;
        let starts = |names: &[(&str, char)]| -> Bases {
            let start = |(name, digit): &(&str, char)| (repository(name), commit(*digit));
            names.iter().map(start).collect()
        };
        let begin = async |claim: &Claim, bases: Bases| {
            let prepared = Transition { bases, ..Transition::of(RunEvent::WorkspacePrepared) };
            world.apply(Guard::Fence(claim.fence), prepared).await.unwrap();
        };
        let claim = world.claim(1).await.remove(0);
        assert_eq!(claim.bases, []);
        begin(&claim, starts(&[("two", 'b'), ("one", 'a'), ("elsewhere", 'f')])).await;
        world.step(&claim.fence, RunEvent::HandedBack).await.unwrap();
        let claim = world.claim(1).await.remove(0);
        assert_eq!(claim.bases, starts(&[("one", 'a'), ("two", 'b')]));
        // What is known stays, what is new is added.
        begin(&claim, starts(&[("one", 'e'), ("three", 'c')])).await;
        let first = starts(&[("one", 'a'), ("two", 'b'), ("three", 'c')]);
        assert_eq!(runs::bases(&mut world.read().await, claim.run.id).await.unwrap(), first);
        world.succeed_rest(&claim.fence).await;

        world.follow_up(id, 2).await;
        let claim = world.claim(1).await.remove(0);
        assert_eq!(claim.bases, []);
        begin(&claim, starts(&[("one", 'd')])).await;
        let reader = &mut world.read().await;
        assert_eq!(runs::bases(reader, claim.run.id).await.unwrap(), starts(&[("one", 'd')]));
        assert_eq!(runs::first_bases(reader, id).await.unwrap(), first);
    }
}

impl World {
    /// From working to succeeded.
    async fn succeed_rest(&self, fence: &Fence) {
        for event in [RunEvent::LoopFinished, RunEvent::Published] {
            self.step(fence, event).await.unwrap();
        }
    }
}
