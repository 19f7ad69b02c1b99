//! Agents: rows that read back, lists, changes, deletion.

use outwork_domain::run_state::RunState;
use outwork_domain::{
    Agent, AgentId, BranchWish, PullRequestCreation, PullRequestIdentity, PullRequestWish,
    ReviewerRequest, Source, WebhookTarget,
};
use outwork_store::{AgentChange, AgentView, Error, ListFilter, agents, artifacts, events, runs};
use uuid::Uuid;

use crate::support::{World, at, commit, new_run, note, on_both, plain_agent};

async fn find(world: &World, id: AgentId) -> Option<AgentView> {
    agents::find(&mut world.read().await, world.account, id)
        .await
        .unwrap()
}

fn full_agent(world: &World) -> Agent {
    let text = |text: &str| Some(text.to_owned());
    Agent {
        name: "Add a README — with ünïcödé".into(),
        model: "fast".parse().unwrap(),
        source: Source {
            repository: "ssh://git@git.example.com/acme/tools".parse().unwrap(),
            base_ref: Some("release/2".parse().unwrap()),
            pull_request_url: text("https://git.example.com/acme/tools/pull/7"),
        },
        branch: Some("outwork/add-a-readme-0a1b".parse().unwrap()),
        branch_wish: BranchWish::Existing("feature/x".parse().unwrap()),
        pull_request: PullRequestWish {
            creation: PullRequestCreation::Automatic,
            identity: PullRequestIdentity::Server,
            reviewer: ReviewerRequest::Skipped,
        },
        pull_request_url: text("https://git.example.com/acme/tools/pull/8"),
        head: Some(commit('a')),
        webhook: Some(
            WebhookTarget::new("https://example.com/hook".into(), Some("s".repeat(32))).unwrap(),
        ),
        archived_at: Some(at(99)),
        ..plain_agent(world.account, 1)
    }
}

on_both! {
    async fn every_field_reads_back(world: &World) {
        let full = full_agent(world);
        let named = Agent {
            branch_wish: BranchWish::Named("mine".parse().unwrap()),
            webhook: Some(WebhookTarget::new("http://example.com/".into(), None).unwrap()),
            ..plain_agent(world.account, 2)
        };
        for agent in [full, named, plain_agent(world.account, 3)] {
            let run = world.insert_agent(agent.clone()).await;
            let view = find(world, agent.id).await.unwrap();
            assert!(view.is_first_run());
            assert_eq!(view, AgentView { agent, deciding: run, summary: None });
        }
    }

    async fn another_accounts_agent_is_not_there(world: &World) {
        let id = world.agent().await;
        let other = world.account("other@example.com").await;
        let reader = &mut world.read().await;
        assert_eq!(agents::find(reader, other, id).await.unwrap(), None);
        let listed = agents::list(reader, other, &ListFilter::default(), None, 10).await.unwrap();
        assert_eq!(listed, []);
        let deleted = world
            .write(move |tx| Box::pin(async move { agents::delete(tx, other, id).await }))
            .await
            .unwrap();
        assert!(!deleted);
        assert!(find(world, id).await.is_some());
    }

    async fn the_oldest_unfinished_run_decides(world: &World) {
        let first = world.claimed().await;
        let id = first.agent.id;
        let second = world.follow_up(id, 2).await;
        let third = world.follow_up(id, 3).await;
        assert_eq!((second.number, third.number), (2, 3));
        assert_eq!(find(world, id).await.unwrap().deciding.id, first.run.id);

        world.succeed(&first.fence, "first summary").await;
        let view = find(world, id).await.unwrap();
        assert_eq!((view.deciding.id, view.summary.as_deref()), (second.id, Some("first summary")));
        assert!(!view.is_first_run());

        for claim in [world.claim(9).await, world.claim(9).await].concat() {
            world.succeed(&claim.fence, "again").await;
        }
        let claim = world.claim(9).await.remove(0);
        world.succeed(&claim.fence, "last summary").await;
        let view = find(world, id).await.unwrap();
        assert_eq!((view.deciding.id, view.deciding.state), (third.id, RunState::Succeeded));
        assert_eq!(view.summary.as_deref(), Some("last summary"));
    }

    async fn lists_go_from_the_newest_page_by_page(world: &World) {
        let mut ids = Vec::new();
        // Three of the same moment, so that the order within it matters.
        for millis in [1, 2, 2, 2, 3, 4] {
            ids.push((at(millis), world.agent_at(millis).await));
        }
        ids.sort();
        ids.reverse();
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let (reader, filter) = (&mut world.read().await, ListFilter::default());
            let page = agents::list(reader, world.account, &filter, after, 2).await.unwrap();
            assert!(page.len() <= 2);
            seen.extend(page.iter().map(|view| (view.agent.created_at, view.agent.id)));
            match page.last() {
                None => break,
                Some(last) => after = Some((last.agent.created_at, last.agent.id)),
            }
        }
        assert_eq!(seen, ids);
    }

    async fn a_list_can_ask_for_a_pull_request(world: &World) {
        let full = full_agent(world);
        let url = full.pull_request_url.clone();
        world.agent().await;
        world.insert_agent(full.clone()).await;
        let list = async |pull_request_url: Option<String>| {
            let filter = ListFilter { pull_request_url };
            let reader = &mut world.read().await;
            agents::list(reader, world.account, &filter, None, 10).await.unwrap().len()
        };
        assert_eq!(list(None).await, 2);
        assert_eq!(list(url).await, 1);
        assert_eq!(list(Some("https://elsewhere/".into())).await, 0);
    }

    async fn a_change_leaves_the_rest(world: &World) {
        let id = world.agent().await;
        let change = async |change: AgentChange| {
            world.write(move |tx| Box::pin(async move { agents::update(tx, id, &change).await })).await
        };
        let head = Some(commit('b'));
        change(AgentChange { head: head.clone(), ..AgentChange::default() }).await.unwrap();
        let branch = "mine".parse().ok();
        change(AgentChange { branch: branch.clone(), ..AgentChange::default() }).await.unwrap();
        change(AgentChange::default()).await.unwrap();
        let url = Some("https://x/".to_owned());
        let named = AgentChange { pull_request_url: url.clone(), ..AgentChange::default() };
        change(named.clone()).await.unwrap();
        let agent = find(world, id).await.unwrap().agent;
        assert_eq!((agent.head, agent.branch, agent.pull_request_url), (head, branch, url));

        assert!(world.delete(id).await);
        assert!(matches!(change(named).await, Err(Error::NotFound)));
    }

    async fn archiving_is_a_mark(world: &World) {
        let id = world.agent().await;
        for archived_at in [Some(at(5)), None] {
            let set = world.write(move |tx| {
                Box::pin(async move { agents::set_archived(tx, id, archived_at).await })
            });
            set.await.unwrap();
            assert_eq!(find(world, id).await.unwrap().agent.archived_at, archived_at);
        }
        let stranger = AgentId::new(Uuid::new_v4());
        let set = world.write(move |tx| {
            Box::pin(async move { agents::set_archived(tx, stranger, None).await })
        });
        assert!(matches!(set.await, Err(Error::NotFound)));
    }

    async fn deletion_takes_everything_along(world: &World) {
        let claim = world.claimed().await;
        let id = claim.agent.id;
        world.append(&claim.fence, vec![note("one")]).await.unwrap();
        assert!(world.delete(id).await);
        assert!(!world.delete(id).await);

        assert_eq!(find(world, id).await, None);
        let reader = &mut world.read().await;
        assert_eq!(runs::list(reader, id).await.unwrap(), []);
        assert!(matches!(runs::get_prompt(reader, claim.run.id).await, Err(Error::NotFound)));
        assert_eq!(events::list_without_deltas(reader, id).await.unwrap(), []);
        assert_eq!(artifacts::list(reader, id, 10).await.unwrap(), []);
        let queued = world
            .write(move |tx| Box::pin(async move { runs::insert(tx, &new_run(id, at(1))).await }));
        assert!(matches!(queued.await, Err(Error::NotFound)));
    }
}
