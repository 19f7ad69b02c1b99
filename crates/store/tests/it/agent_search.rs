//! Agents by what is asked of them.

use outwork_domain::run_state::RunState;
use outwork_domain::{Agent, AgentId, EventBody, ModelChoice, StopReason, TokenUsage};
use outwork_store::{
    AgentFilter, AgentView, Archived, Order, SearchPlace, SortBy, agent_search, agents,
};
use uuid::Uuid;

use crate::support::{World, at, on_both, plain_agent, plain_repository};

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

async fn ids(world: &World, filter: &AgentFilter) -> Vec<u128> {
    let mut reader = world.read().await;
    let views = agent_search::page(&mut reader, world.account, filter, NEWEST, None, 10);
    let views = views.await.unwrap();
    let count = agent_search::count(&mut reader, world.account, filter)
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
            agent_search::facets(&mut reader, world.account, &filter).await.unwrap()
        };
        assert_eq!(facets.states, [(RunState::Queued, 2), (RunState::Preparing, 1)]);
        let address = |name: &str| format!("https://git.example.com/acme/{name}");
        assert_eq!(
            facets.repositories,
            [(address("shop"), 2), (address("handbook"), 1), (address("tools"), 1)]
        );
        assert_eq!(facets.models, [("script".to_owned(), 2), ("claude_sonnet-4-5".to_owned(), 1)]);
        let mut reader = world.read().await;
        let facets = agent_search::facets(&mut reader, world.account, &words("docs")).await.unwrap();
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
                    let page = agent_search::page(&mut reader, world.account, &all, sort, after.as_ref(), 2);
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
        let all = agent_search::usage(&mut reader, world.account, &everybody).await.unwrap();
        assert_eq!(all.iter().map(|one| one.run_count).sum::<u64>(), 4);
        let runs = agent_search::runs_of_ids(&mut reader, &[views[0].latest_run_id, claim.run.id]).await.unwrap();
        assert_eq!(runs.len(), 2);
    }
}
