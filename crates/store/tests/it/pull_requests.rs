//! Pull requests that Outwork keeps itself.

use outwork_domain::{AgentId, PullRequest, PullRequestNumber, PullRequestState, Readiness};
use outwork_store::{NewPullRequest, pull_requests};

use crate::support::{World, at, commit, on_both, plain_agent};

fn new(agent_id: AgentId, head: &str) -> NewPullRequest {
    NewPullRequest {
        agent_id,
        repository: "/srv/tools.git".parse().unwrap(),
        title: "Add a README".into(),
        body: "Because.\0".into(),
        base: "main".parse().unwrap(),
        head: head.parse().unwrap(),
        base_commit: commit('a'),
        head_commit: commit('b'),
        readiness: Readiness::Draft,
        now: at(1),
    }
}

async fn open(world: &World, new: NewPullRequest) -> PullRequest {
    let opened =
        world.write(move |tx| Box::pin(async move { pull_requests::open(tx, &new).await }));
    opened.await.unwrap()
}

async fn set_state(
    world: &World,
    number: PullRequestNumber,
    from: PullRequestState,
    to: PullRequestState,
) -> bool {
    let merged = (to == PullRequestState::Merged).then(|| commit('c'));
    let set = world.write(move |tx| {
        Box::pin(async move { pull_requests::set_state(tx, number, from, to, merged, at(8)).await })
    });
    set.await.unwrap()
}

on_both! {
    async fn one_open_pull_request_for_the_same_branches(world: &World) {
        let id = world.agent().await;
        let opened = open(world, new(id, "work")).await;
        let NewPullRequest { agent_id, repository, title, body: _, base, head, base_commit, head_commit, readiness, now } =
            new(id, "work");
        let expected = PullRequest {
            number: opened.number,
            agent_id,
            repository,
            title,
            body: "Because.\u{fffd}".into(),
            base,
            head,
            base_commit,
            head_commit,
            state: PullRequestState::Open,
            readiness,
            merge_commit: None,
            created_at: now,
            updated_at: now,
        };
        assert_eq!(opened, expected);
        assert_eq!(open(world, new(id, "work")).await, opened);
        let other = open(world, new(id, "other")).await;
        assert!(other.number > opened.number);

        let state = |to| set_state(world, opened.number, PullRequestState::Open, to);
        assert!(state(PullRequestState::Closed).await);
        let again = open(world, new(id, "work")).await;
        assert!(again.number > other.number);
        let new = new(id, "work");
        let reader = &mut world.read().await;
        let found =
            pull_requests::find_by_head(reader, id, &new.repository, &new.head, Some(&new.base));
        let numbers: Vec<_> = found.await.unwrap().iter().map(|found| found.number).collect();
        assert_eq!(numbers, [again.number, opened.number]);
        let other_base = "elsewhere".parse().unwrap();
        for (base, count) in [(None, 2), (Some(&other_base), 0)] {
            let found = pull_requests::find_by_head(reader, id, &new.repository, &new.head, base);
            assert_eq!(found.await.unwrap().len(), count);
        }
    }

    async fn states_change_from_the_one_that_was_read(world: &World) {
        let opened = open(world, new(world.agent().await, "work")).await;
        let (open, merged, closed) =
            (PullRequestState::Open, PullRequestState::Merged, PullRequestState::Closed);
        assert!(!set_state(world, opened.number, closed, open).await);
        assert!(set_state(world, opened.number, open, merged).await);
        assert!(!set_state(world, opened.number, open, closed).await);
        let reader = &mut world.read().await;
        let found = pull_requests::get(reader, world.account, opened.number);
        let expected = PullRequest {
            state: merged,
            merge_commit: Some(commit('c')),
            updated_at: at(8),
            ..opened
        };
        assert_eq!(found.await.unwrap(), Some(expected));
    }

    async fn texts_change_one_by_one(world: &World) {
        let opened = open(world, new(world.agent().await, "work")).await;
        let revise = |number, title: Option<&'static str>, body: Option<&'static str>| {
            world.write(move |tx| {
                Box::pin(async move { pull_requests::revise(tx, number, title, body, at(4)).await })
            })
        };
        let revised = revise(opened.number, None, Some("More.")).await.unwrap();
        let expected = PullRequest { body: "More.".into(), updated_at: at(4), ..opened.clone() };
        assert_eq!(revised, expected);
        let revised = revise(opened.number, Some("Docs"), None).await.unwrap();
        assert_eq!((revised.title.as_str(), revised.body.as_str()), ("Docs", "More."));
        let reader = &mut world.read().await;
        let found = pull_requests::find_by_number(reader, opened.number).await.unwrap();
        assert_eq!(found, Some(revised));
        let unknown = PullRequestNumber(opened.number.0 + 1);
        assert!(revise(unknown, Some("x"), None).await.is_err());
        assert_eq!(pull_requests::find_by_number(reader, unknown).await.unwrap(), None);
    }

    async fn the_head_moves(world: &World) {
        let opened = open(world, new(world.agent().await, "work")).await;
        let colleague = world.agent().await;
        let repository = opened.repository.clone();
        let moved = async |head: &str| {
            let (head, repository) = (head.parse().unwrap(), repository.clone());
            let moved = world.write(move |tx| {
                Box::pin(async move {
                    let commit = commit('d');
                    pull_requests::move_head(tx, colleague, &repository, &head, &commit, at(3)).await
                })
            });
            moved.await.unwrap()
        };
        assert_eq!(moved(opened.head.as_str()).await, 1, "whoever of the account pushed");
        assert_eq!(moved("another").await, 0);
        let reader = &mut world.read().await;
        let found = pull_requests::get(reader, world.account, opened.number);
        let expected = PullRequest { head_commit: commit('d'), updated_at: at(3), ..opened };
        assert_eq!(found.await.unwrap(), Some(expected));
    }

    async fn an_account_sees_its_own(world: &World) {
        let id = world.agent().await;
        let mut numbers = Vec::new();
        for head in ["a", "b", "c", "d"] {
            numbers.push(open(world, new(id, head)).await.number);
        }
        set_state(world, numbers[1], PullRequestState::Open, PullRequestState::Closed).await;
        let list = async |account, state, before, limit| {
            let reader = &mut world.read().await;
            let listed = pull_requests::list(reader, account, state, before, limit).await.unwrap();
            listed.into_iter().map(|found| found.number).collect::<Vec<_>>()
        };
        let all = list(world.account, None, None, 10).await;
        assert_eq!(all, [numbers[3], numbers[2], numbers[1], numbers[0]]);
        let open_ones = list(world.account, Some(PullRequestState::Open), None, 2).await;
        assert_eq!(open_ones, [numbers[3], numbers[2]]);
        let rest = list(world.account, Some(PullRequestState::Open), Some(numbers[2]), 2).await;
        assert_eq!(rest, [numbers[0]]);

        let other = world.account("other@example.com").await;
        assert_eq!(list(other, None, None, 10).await, []);
        let reader = &mut world.read().await;
        assert_eq!(pull_requests::get(reader, other, numbers[0]).await.unwrap(), None);
        // Another account's pull request for the same branches is another one.
        let agent = plain_agent(other, 1);
        let others = agent.id;
        world.insert_agent(agent).await;
        assert!(open(world, new(others, "a")).await.number > numbers[3]);
    }

    async fn they_outlive_their_agent(world: &World) {
        let id = world.agent().await;
        let opened = open(world, new(id, "work")).await;
        assert!(world.delete(id).await);
        let reader = &mut world.read().await;
        let found = pull_requests::get(reader, world.account, opened.number).await.unwrap();
        assert_eq!(found, Some(opened));
    }
}
