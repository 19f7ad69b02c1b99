//! Agents by what is asked of them.

use outwork_domain::run_state::{RunEvent, RunState, Then};
use outwork_domain::{
    Agent, AgentId, Cause, EventBody, Fence, ModelChoice, Project, Run, StopReason, TokenUsage,
};
use outwork_store::{
    AgentFilter, AgentView, AgentsOf, Archived, Guard, Order, SearchPlace, SortBy, Transition,
    agent_search, agents, runs,
};
use uuid::Uuid;

use crate::support::{World, at, on_both, plain_agent, plain_repository, repository};

const NEWEST: (SortBy, Order) = (SortBy::Created, Order::Descending);

/// Agents whose ids begin with 1, 2, 3, …
fn agent(world: &World, number: u8, name: &str, repository: &str) -> Agent {
    let mut agent = plain_agent(world.account, i64::from(number));
    agent.id = AgentId::new(Uuid::from_u128(u128::from(number) << 124 | 0xabcd));
    agent.name = name.to_owned();
    agent.repositories = vec![plain_repository(repository)];
    agent
}

async fn three(world: &World) -> [AgentId; 3] {
    let mut one = agent(world, 1, "Fix the LOGIN page", "shop");
    one.model = ModelChoice::of("claude_sonnet-4-5".parse().unwrap());
    let mut two = agent(world, 2, "100% of \\ _login_", "tools");
    let repository = &mut two.repositories[0];
    repository.branch = Some("outwork/Sign-in-1".parse().unwrap());
    repository.pull_request_url = Some("https://git.example.com/acme/tools/pull/7".into());
    let mut three = agent(world, 3, "Docs", "shop");
    three.repositories.push(plain_repository("handbook"));
    three.archived_at = Some(at(9));
    let ids = [one.id, two.id, three.id];
    for agent in [one, two, three] {
        world.insert_agent(agent).await;
    }
    ids
}

fn all_of(world: &World) -> AgentsOf<'static> {
    AgentsOf::account(world.account)
}

async fn apply(world: &World, guard: Guard, transition: Transition, millis: i64) {
    let applied = world.write(move |tx| {
        Box::pin(async move { runs::apply(tx, &guard, &transition, at(millis)).await })
    });
    applied.await.unwrap();
}

async fn fail(world: &World, fence: Fence, millis: i64) {
    let failed = Transition {
        failure: Some((Cause::ModelAuth, "no credit".to_owned())),
        ..Transition::of(RunEvent::AttemptFailed(Then::GiveUp))
    };
    apply(world, Guard::Fence(fence), failed, millis).await;
}

async fn cancel(world: &World, run: &Run, millis: i64) {
    let guard = Guard::Run {
        run_id: run.id,
        attempt: run.attempt,
    };
    let cancelled = Transition::of(RunEvent::CancelRequested);
    apply(world, guard, cancelled, millis).await;
}

async fn ids(world: &World, filter: &AgentFilter) -> Vec<u128> {
    let mut reader = world.read().await;
    let views = agent_search::page(&mut reader, all_of(world), filter, NEWEST, None, 10);
    let views = views.await.unwrap();
    let count = agent_search::count(&mut reader, all_of(world), filter)
        .await
        .unwrap();
    assert_eq!(usize::try_from(count).unwrap(), views.len(), "{filter:?}");
    views.iter().map(number).collect()
}

fn number(view: &AgentView) -> u128 {
    view.agent.id.uuid().as_u128() >> 124
}

fn words(text: &str) -> AgentFilter {
    AgentFilter {
        words: text.split_whitespace().map(Into::into).collect(),
        ..AgentFilter::default()
    }
}

on_both! {
    async fn words_are_found_wherever_they_are(world: &World) {
        three(world).await;
        for (text, found) in [
            ("", &[3, 2, 1][..]),
            ("login", &[2, 1]),
            ("LoGiN fix", &[1]),
            ("sonnet", &[1]),
            ("SIGN-IN", &[2]),
            ("pull/7", &[2]),
            ("acme/shop", &[3, 1]),
            ("handbook docs", &[3]),
            ("%", &[2]),
            ("_", &[2, 1]),
            ("\\", &[2]),
            ("100%_", &[]),
            ("claude%sonnet", &[]),
            ("bc-1000", &[1]),
            ("20000000-0000-0000-0000-00000000abcd", &[2]),
            ("bc-2000 tools", &[2]),
            ("bc-2000 shop", &[]),
            ("abcd", &[]),
            ("login\u{0}", &[]),
        ] {
            assert_eq!(ids(world, &words(text)).await, found, "{text}");
        }
    }

    async fn filters_hold_together(world: &World) {
        three(world).await;
        let shop = "https://git.example.com/acme/shop".to_owned();
        let tools = "https://git.example.com/acme/tools".to_owned();
        let all = AgentFilter::default();
        for (filter, found) in [
            (AgentFilter { repositories: vec![shop.clone()], ..all.clone() }, &[3, 1][..]),
            (AgentFilter { repositories: vec![shop.clone(), tools], ..all.clone() }, &[3, 2, 1]),
            (AgentFilter { repositories: vec!["x".into()], ..all.clone() }, &[]),
            (AgentFilter { models: vec!["script".into()], ..all.clone() }, &[3, 2]),
            (AgentFilter { models: vec!["x".into(), "claude_sonnet-4-5".into()], ..all.clone() }, &[1]),
            (AgentFilter { archived: Archived::Excluded, ..all.clone() }, &[2, 1]),
            (AgentFilter { archived: Archived::Only, ..all.clone() }, &[3]),
            (AgentFilter { updated_after: Some(at(1)), ..all.clone() }, &[3, 2]),
            (AgentFilter { updated_after: Some(at(3)), ..all.clone() }, &[]),
            (AgentFilter {
                pull_request_url: Some("https://git.example.com/acme/tools/pull/7".into()),
                ..all.clone()
            }, &[2]),
            (AgentFilter { repositories: vec![shop], archived: Archived::Excluded, ..words("login") }, &[1]),
        ] {
            assert_eq!(ids(world, &filter).await, found, "{filter:?}");
        }
        // Nobody else's.
        let other = world.account("other@example.com").await;
        let mut reader = world.read().await;
        let other = AgentsOf::account(other);
        assert_eq!(agent_search::count(&mut reader, other, &all).await.unwrap(), 0);
        let page = agent_search::page(&mut reader, other, &all, NEWEST, None, 10).await;
        assert_eq!(page.unwrap(), []);
    }

    async fn states_are_those_that_agents_show(world: &World) {
        three(world).await;
        let claim = world.claim(1).await.remove(0);
        let preparing = claim.agent.id.uuid().as_u128() >> 124;
        let in_states = |states: &[RunState]| AgentFilter {
            states: states.to_vec(),
            ..AgentFilter::default()
        };
        assert_eq!(ids(world, &in_states(&[RunState::Preparing])).await, [preparing]);
        let waiting = ids(world, &in_states(&[RunState::Queued, RunState::Failed])).await;
        assert_eq!(waiting.len(), 2);
        assert!(!waiting.contains(&preparing));
        assert_eq!(ids(world, &in_states(&RunState::ALL)).await.len(), 3);
        let facets = {
            let mut reader = world.read().await;
            let filter = AgentFilter::default();
            agent_search::facets(&mut reader, all_of(world), &filter).await.unwrap()
        };
        assert_eq!(facets.states, [(RunState::Queued, 2), (RunState::Preparing, 1)]);
        let address = |name: &str| format!("https://git.example.com/acme/{name}");
        assert_eq!(
            facets.repositories,
            [(address("shop"), 2), (address("handbook"), 1), (address("tools"), 1)]
        );
        assert_eq!(facets.models, [("script".to_owned(), 2), ("claude_sonnet-4-5".to_owned(), 1)]);
        let mut reader = world.read().await;
        let facets = agent_search::facets(&mut reader, all_of(world), &words("docs")).await.unwrap();
        assert_eq!(facets.models, [("script".to_owned(), 1)]);
    }

    async fn pages_follow_each_other_in_every_order(world: &World) {
        three(world).await;
        // Two that are alike but for their ids.
        for number in [4, 5] {
            let mut agent = agent(world, number, "Docs", "more");
            agent.created_at = at(3);
            world.insert_agent(agent).await;
        }
        let touched = AgentId::new(Uuid::from_u128(1 << 124 | 0xabcd));
        world.write(move |tx| Box::pin(async move {
            agents::set_archived(tx, touched, None, at(50)).await
        })).await.unwrap();
        let all = AgentFilter::default();
        for (by, ascending) in [
            (SortBy::Created, [1, 2, 3, 4, 5]),
            (SortBy::Updated, [2, 3, 4, 5, 1]),
            (SortBy::Name, [2, 3, 4, 5, 1]),
        ] {
            for order in [Order::Ascending, Order::Descending] {
                let mut expected = ascending;
                if order == Order::Descending {
                    expected.reverse();
                }
                let mut seen = Vec::new();
                let mut after: Option<SearchPlace> = None;
                loop {
                    let mut reader = world.read().await;
                    let sort = (by, order);
                    let page = agent_search::page(&mut reader, all_of(world), &all, sort, after.as_ref(), 2);
                    let page = page.await.unwrap();
                    seen.extend(page.iter().map(number));
                    let Some(last) = page.last() else { break };
                    let id = last.agent.id;
                    after = Some(match by {
                        SortBy::Created => SearchPlace::At(last.agent.created_at, id),
                        SortBy::Updated => SearchPlace::At(last.updated_at, id),
                        SortBy::Name => SearchPlace::Named(last.agent.name.clone(), id),
                    });
                }
                assert_eq!(seen, expected, "{by:?} {order:?}");
            }
        }
    }

    async fn views_and_usage_are_had_by_id(world: &World) {
        let [one, two, _] = three(world).await;
        let claims = world.claim(10).await;
        let claim = claims.iter().find(|claim| claim.agent.id == one).unwrap();
        let tokens = TokenUsage { input: 100, output: 10, cache_read: 50, cache_write: 1 };
        let answer = EventBody::AnswerEnded { turn: 1, stop: StopReason::EndTurn, usage: tokens };
        world.append(&claim.fence, vec![answer.clone(), answer]).await.unwrap();
        world.follow_up(one, 60).await;
        let mut reader = world.read().await;
        let views = agent_search::of_ids(&mut reader, world.account, &[two, one]).await.unwrap();
        assert_eq!(views.iter().map(number).collect::<Vec<_>>(), [1, 2]);
        let found = agents::find(&mut reader, world.account, one).await.unwrap();
        assert_eq!(Some(&views[0]), found.as_ref());
        let other = world.account("other@example.com").await;
        assert_eq!(agent_search::of_ids(&mut reader, other, &[one]).await.unwrap(), []);
        assert_eq!(agent_search::of_ids(&mut reader, world.account, &[]).await.unwrap(), []);

        let mut used = agent_search::usage_of_ids(&mut reader, &[one, two]).await.unwrap();
        used.sort_by_key(|one| (one.agent_id, one.run_count, one.tokens.input));
        assert_eq!(used.iter().map(|one| one.run_count).sum::<u64>(), 3);
        let of_one = used.iter().filter(|used| used.agent_id == one);
        let sum = of_one.map(|one| one.tokens).fold(TokenUsage::default(), TokenUsage::plus);
        assert_eq!(sum, tokens.plus(tokens));
        let everybody = AgentFilter::default();
        let all = agent_search::usage(&mut reader, all_of(world), &everybody).await.unwrap();
        assert_eq!(all.iter().map(|one| one.run_count).sum::<u64>(), 4);
    }

    async fn a_state_is_that_of_the_run_that_decides(world: &World) {
        let [one, two, three] = three(world).await;
        // A follow-up waits behind a run that failed.
        let claims = world.claim(10).await;
        let fence_of = |id: AgentId| claims.iter().find(|claim| claim.agent.id == id).unwrap().fence;
        fail(world, fence_of(one), 10_000).await;
        world.follow_up(one, 11_000).await;
        // One was cancelled behind a run that failed later, and one that went on to its end.
        for (id, succeeds) in [(two, false), (three, true)] {
            let waiting = world.follow_up(id, 6_000).await;
            cancel(world, &waiting, 9_000).await;
            if succeeds {
                world.succeed(&fence_of(id), "Done.").await;
                let again = world.follow_up(id, 9_100).await;
                let claim = world.claim(1).await.remove(0);
                assert_eq!(claim.run.id, again.id);
                cancel(world, &world.follow_up(id, 9_200).await, 9_300).await;
                fail(world, claim.fence, 9_400).await;
            } else {
                fail(world, fence_of(id), 10_000).await;
            }
        }
        let mut reader = world.read().await;
        for (id, state) in [(one, RunState::Queued), (two, RunState::Failed), (three, RunState::Failed)] {
            let found = agents::find(&mut reader, world.account, id).await.unwrap().unwrap();
            assert_eq!(found.deciding.state, state, "{id}");
            assert_eq!(found.deciding.failure.is_some(), state == RunState::Failed);
        }
        for (state, found) in [
            (RunState::Queued, &[1][..]),
            (RunState::Failed, &[3, 2]),
            (RunState::Cancelled, &[]),
            (RunState::Succeeded, &[]),
        ] {
            let filter = AgentFilter { states: vec![state], ..AgentFilter::default() };
            assert_eq!(ids(world, &filter).await, found, "{state:?}");
        }
        let all = AgentFilter::default();
        let facets = agent_search::facets(&mut reader, all_of(world), &all).await.unwrap();
        assert_eq!(facets.states, [(RunState::Failed, 2), (RunState::Queued, 1)]);
    }

    async fn what_is_in_projects_is_found_as_they_say(world: &World) {
        let mut all = Vec::new();
        for (number, project, repositories) in [
            (1, None, &["docs"][..]),
            (2, None, &["docs", "tools"]),
            (3, None, &["docs2"]),
            (4, None, &[]),
            (5, Some("docs"), &["docs"]),
            (6, Some("docs"), &["tools", "shop"]),
            (7, Some("doc"), &["docs"]),
            (8, Some("do_s"), &["tools"]),
            (9, None, &["tools"]),
        ] {
            let mut agent = agent(world, number, "x", "x");
            agent.origin.project = project.map(|name| name.parse().unwrap());
            agent.repositories = repositories.iter().map(|name| plain_repository(name)).collect();
            world.insert_agent(agent.clone()).await;
            all.push(agent);
        }
        let project = |name: &str, at: &str| Project::new(name.parse().unwrap(), repository(at));
        let filter = AgentFilter::default();
        for projects in [
            vec![],
            vec![project("docs", "docs")],
            vec![project("do_s", "shop")],
            vec![project("more", "tools"), project("docs", "elsewhere")],
        ] {
            let of = AgentsOf { account_id: world.account, projects: Some(&projects) };
            let mut reader = world.read().await;
            let page = agent_search::page(&mut reader, of, &filter, NEWEST, None, 100).await.unwrap();
            let mut found: Vec<AgentId> = page.iter().map(|view| view.agent.id).collect();
            found.sort();
            let within = all.iter().filter(|agent| projects.iter().any(|one| one.has(agent)));
            let within: Vec<AgentId> = within.map(|agent| agent.id).collect();
            assert_eq!(found, within, "{projects:?}");
            let count = agent_search::count(&mut reader, of, &filter).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), within.len());
            let used = agent_search::usage(&mut reader, of, &filter).await.unwrap();
            let mut used: Vec<AgentId> = used.iter().map(|one| one.agent_id).collect();
            used.sort();
            assert_eq!(used, within);
            let facets = agent_search::facets(&mut reader, of, &filter).await.unwrap();
            let states: u64 = facets.states.iter().map(|(_, count)| *count).sum();
            assert_eq!(usize::try_from(states).unwrap(), within.len());
            assert_eq!(within.is_empty(), projects.is_empty());
        }
    }
}
