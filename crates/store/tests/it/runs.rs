//! Runs and prompts as rows.

use outwork_domain::run_state::{RunEvent, RunState, Then};
use outwork_domain::{AgentId, Attempt, Effort, Image, ModelChoice, Prompt, Run, RunId, RunMode};
use outwork_store::{Error, Guard, NewRun, Transition, runs};
use uuid::Uuid;

use crate::support::{World, at, new_run, on_both};

fn gif(width: u8) -> Image {
    Image::from_bytes([b"GIF89a".as_slice(), &[width, 0, 1, 0, 0, 0, 0]].concat()).unwrap()
}

on_both! {
    async fn texts_of_prompts_are_found_as_long_as_their_agent_is_there(world: &World) {
        let id = world.agent().await;
        let run = world.follow_up(id, 2).await;
        let reader = &mut world.read().await;
        let first = runs::find_first_prompt(reader, id).await.unwrap();
        assert_eq!(first.as_deref(), Some(new_run(id, at(1)).prompt.text()));
        assert!(runs::find_prompt_text(reader, run.id).await.unwrap().is_some());
        assert!(world.delete(id).await);
        let reader = &mut world.read().await;
        assert_eq!(runs::find_first_prompt(reader, id).await.unwrap(), None);
        assert_eq!(runs::find_prompt_text(reader, run.id).await.unwrap(), None);
    }
}

on_both! {
    async fn prompts_are_told_of_runs_that_never_began(world: &World) {
        let id = world.agent().await;
        let prompt = Prompt::new("ünïcödé waits".into(), vec![gif(1)]).unwrap();
        let new = NewRun { prompt, ..new_run(id, at(2)) };
        let second = new.id;
        world.write(move |tx| Box::pin(async move { runs::insert(tx, &new).await })).await.unwrap();
        let waiting = async |chars_max| {
            runs::unbegun_prompts(&mut world.read().await, id, chars_max).await.unwrap()
        };
        let both = waiting(100).await;
        let texts: Vec<&str> = both.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, [new_run(id, at(1)).prompt.text(), "ünïcödé waits"]);
        let first = world.claim(1).await.remove(0);
        assert_eq!(waiting(4).await, [(second, "ünïc".to_owned())]);
        // What waits for its next try has begun.
        assert_eq!(both[0].0, first.run.id);
        world.step(&first.fence, RunEvent::AttemptFailed(Then::Retry)).await.unwrap();
        assert_eq!(world.run(first.run.id).await.state, RunState::Queued);
        assert_eq!(waiting(100).await, both[1..]);
        // Nor is one forgotten that ends without having begun.
        let guard = Guard::Run { run_id: second, attempt: Attempt(0) };
        let cancelled = Transition::of(RunEvent::CancelRequested);
        world.write(move |tx| Box::pin(async move {
            runs::apply(tx, &guard, &cancelled, at(3)).await
        })).await.unwrap();
        assert_eq!(world.run(second).await.state, RunState::Cancelled);
        assert_eq!(waiting(100).await, both[1..]);
        let other = world.agent().await;
        assert_eq!(waiting(100).await, both[1..]);
        assert!(world.delete(other).await);
    }
}

on_both! {
    async fn a_prompt_reads_back_with_its_images_in_order(world: &World) {
        let id = world.agent().await;
        let images = vec![gif(3), gif(1), gif(2)];
        let prompt = Prompt::new("look at these — ünïcödé\n".into(), images).unwrap();
        let model = ModelChoice { id: "fast".parse().unwrap(), effort: Some(Effort::High) };
        let new = NewRun {
            prompt,
            mode: RunMode::Plan,
            approved: Some(RunId::new(Uuid::from_u128(9))),
            model: model.clone(),
            request_id: "request-7".into(),
            ..new_run(id, at(4))
        };
        let (run_id, expected) = (new.id, new.prompt.clone());
        let run = world
            .write(move |tx| Box::pin(async move { runs::insert(tx, &new).await }))
            .await
            .unwrap();
        let queued = Run {
            id: run_id,
            agent_id: id,
            number: 2,
            state: RunState::Queued,
            attempt: Attempt(0),
            failure: None,
            summary: None,
            mode: RunMode::Plan,
            approved: Some(RunId::new(Uuid::from_u128(9))),
            model,
            request_id: "request-7".into(),
            created_at: at(4),
            started_at: None,
            ended_at: None,
        };
        assert_eq!(run, queued);
        assert_eq!(world.run(run_id).await, queued);
        let reader = &mut world.read().await;
        assert_eq!(runs::get_prompt(reader, run_id).await.unwrap(), expected);
    }

    async fn runs_are_numbered_and_listed_in_order(world: &World) {
        let id = world.agent().await;
        world.agent().await;
        for millis in [9, 5, 7] {
            world.follow_up(id, millis).await;
        }
        let reader = &mut world.read().await;
        let listed = runs::list(reader, id).await.unwrap();
        let numbers: Vec<u32> = listed.iter().map(|run| run.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        let page = async |before, limit| -> Vec<u32> {
            let page = runs::page(&mut world.read().await, id, before, limit).await.unwrap();
            page.iter().map(|run| run.number).collect()
        };
        assert_eq!(page(None, 3).await, [4, 3, 2]);
        assert_eq!(page(Some(2), 3).await, [1]);
        assert!(page(Some(1), 3).await.is_empty());
        let run = &listed[1];
        assert_eq!(runs::find_of_agent(reader, id, run.id).await.unwrap().as_ref(), Some(run));
        let other = world.agent().await;
        assert_eq!(runs::find_of_agent(reader, other, run.id).await.unwrap(), None);
        assert!(world.delete(other).await);
        assert_eq!(runs::count_queued(reader, id).await.unwrap(), 4);
        let claim = world.claim(1).await.remove(0);
        world.succeed(&claim.fence, "").await;
        let waiting = runs::count_queued(reader, claim.agent.id).await.unwrap();
        assert_eq!(waiting, if claim.agent.id == id { 3 } else { 0 });
    }

    async fn numbers_have_no_gap_when_prompts_come_at_once(world: &World) {
        let id = world.agent().await;
        let follow_ups = (0..20).map(|millis| world.follow_up(id, millis));
        let mut numbers: Vec<u32> =
            futures::future::join_all(follow_ups).await.iter().map(|run| run.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, Vec::from_iter(2..22));
    }

    async fn what_is_not_there_is_not_found(world: &World) {
        let reader = &mut world.read().await;
        let (run_id, agent_id) = (RunId::new(Uuid::new_v4()), AgentId::new(Uuid::new_v4()));
        assert_eq!(runs::find(reader, run_id).await.unwrap(), None);
        assert_eq!(runs::list(reader, agent_id).await.unwrap(), []);
        assert_eq!(runs::count_queued(reader, agent_id).await.unwrap(), 0);
        assert!(matches!(runs::get_prompt(reader, run_id).await, Err(Error::NotFound)));
        assert!(matches!(runs::stalled_attempts(reader, run_id).await, Err(Error::NotFound)));
    }

    async fn only_what_never_started_waits_too_long(world: &World) {
        let old = world.agent_at(1).await;
        let started = world.claim(1).await.remove(0);
        assert_eq!(started.agent.id, old);
        world.step(&started.fence, RunEvent::HandedBack).await.unwrap();
        let waiting = world.agent_at(2).await;
        let young = world.agent_at(3).await;
        let run_of = async |id| runs::list(&mut world.read().await, id).await.unwrap().remove(0).id;
        let expired = async |before, limit| {
            runs::waited_too_long(&mut world.read().await, at(before), limit).await.unwrap()
        };
        assert_eq!(expired(2, 10).await, []);
        assert_eq!(expired(3, 10).await, [(run_of(waiting).await, Attempt(0))]);
        assert_eq!(expired(4, 1).await, [(run_of(waiting).await, Attempt(0))]);
        let (run_id, attempt) = expired(4, 10).await[1];
        assert_eq!(run_id, run_of(young).await);

        let guard = Guard::Run { run_id, attempt };
        let run = world.apply(guard, Transition::of(RunEvent::WaitedTooLong)).await.unwrap();
        assert_eq!((run.state, run.ended_at), (RunState::Expired, Some(at(9_000))));
        assert_eq!(expired(4, 10).await.len(), 1);
    }
}
