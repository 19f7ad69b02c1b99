//! Agents: rows that read back, lists, changes, deletion.

use outwork_domain::run_state::RunState;
use outwork_domain::{
    Agent, AgentId, AgentRepository, BranchWish, Dialect, Effort, EnvironmentId, ModelChoice,
    NamedEnvironment, Origin, PlanApproval, Project, PullRequestCreation, PullRequestIdentity,
    PullRequestWish, Readiness, ReviewerRequest, SecretsWish, Source, Terms, WebhookTarget,
};
use outwork_store::{
    AgentView, Archived, Error, ListFilter, RepositoryChange, agents, artifacts, events, runs,
};
use uuid::Uuid;

use crate::support::{
    World, at, commit, new_run, note, on_both, plain_agent, plain_repository, repository,
};

async fn find(world: &World, id: AgentId) -> Option<AgentView> {
    agents::find(&mut world.read().await, world.account, id)
        .await
        .unwrap()
}

fn full_agent(world: &World) -> Agent {
    let text = |text: &str| Some(text.to_owned());
    let full = AgentRepository {
        source: Source {
            repository: "ssh://git@git.example.com/acme/tools".parse().unwrap(),
            base_ref: Some("release/2".parse().unwrap()),
            pull_request_url: text("https://git.example.com/acme/tools/pull/7"),
        },
        folder: text("tools"),
        branch_wish: BranchWish::Existing("feature/x".parse().unwrap()),
        branch: Some("outwork/add-a-readme-0a1b".parse().unwrap()),
        head: Some(commit('a')),
        pull_request_url: text("https://git.example.com/acme/tools/pull/8"),
    };
    let named = AgentRepository {
        branch_wish: BranchWish::Named("mine".parse().unwrap()),
        ..plain_repository("a")
    };
    Agent {
        name: "Add a README — with ünïcödé".into(),
        model: ModelChoice {
            id: "fast".parse().unwrap(),
            effort: Some(Effort::Low),
        },
        repositories: vec![full, named, plain_repository("c")],
        pull_request: PullRequestWish {
            creation: PullRequestCreation::Automatic,
            readiness: Readiness::Draft,
            identity: PullRequestIdentity::Server,
            reviewer: ReviewerRequest::Skipped,
        },
        webhook: Some(
            WebhookTarget::new("https://example.com/hook", Some("s".repeat(32))).unwrap(),
        ),
        origin: Origin {
            dialect: Dialect::Jules,
            project: Some("docs".parse().unwrap()),
            terms: Terms {
                plans: PlanApproval::Required,
                secrets: SecretsWish::Withheld,
            },
        },
        environment: Some(NamedEnvironment {
            id: EnvironmentId::new(Uuid::from_u128(7)),
            name: "staging".into(),
        }),
        metadata: [("ticket".to_owned(), "T-1\n\"ü\"".to_owned())].into(),
        archived_at: Some(at(99)),
        ..plain_agent(world.account, 1)
    }
}

on_both! {
    async fn a_project_has_its_own_agents_and_those_of_its_repository(world: &World) {
        let docs = Project::new("docs".parse().unwrap(), repository("tools"));
        let in_project = |millis, project: Option<&str>, names: &[&str]| Agent {
            origin: Origin {
                dialect: Dialect::CursorV1,
                project: project.map(|name| name.parse().unwrap()),
                terms: Terms::default(),
            },
            repositories: names.iter().map(|name| plain_repository(name)).collect(),
            ..plain_agent(world.account, millis)
        };
        let agents = [
            in_project(1, Some("docs"), &["tools"]),
            in_project(2, Some("other"), &["tools"]),
            in_project(3, None, &["tools"]),
            in_project(4, None, &["tools", "more"]),
            in_project(5, None, &["more"]),
            in_project(6, None, &[]),
            in_project(7, Some("docs"), &["moved"]),
        ];
        for agent in agents.clone() {
            world.insert_agent(agent).await;
        }
        let stranger = world.account("other@example.com").await;
        world.insert_agent(Agent { account_id: stranger, ..in_project(8, Some("docs"), &["tools"]) }).await;

        let listed = async |skip, take| {
            let mut reader = world.read().await;
            let found = agents::list_in_project(&mut reader, world.account, &docs, skip, take).await.unwrap();
            found.into_iter().map(|view| view.agent.created_at).collect::<Vec<_>>()
        };
        assert_eq!(listed(0, 100).await, [at(7), at(3), at(1)]);
        assert_eq!(listed(1, 1).await, [at(3)]);
        assert_eq!(listed(3, 1).await, []);
        let has: Vec<_> = agents.iter().filter(|agent| docs.has(agent)).map(|agent| agent.created_at).collect();
        assert_eq!(has, [at(1), at(3), at(7)]);
    }

    async fn every_field_reads_back(world: &World) {
        let full = full_agent(world);
        let other = Agent {
            repositories: vec![],
            webhook: Some(WebhookTarget::new("http://example.com/", None).unwrap()),
            ..plain_agent(world.account, 2)
        };
        for agent in [full, other, plain_agent(world.account, 3)] {
            let run = world.insert_agent(agent.clone()).await;
            let view = find(world, agent.id).await.unwrap();
            assert_eq!(view.deciding.number, 1);
            let (latest_run_id, updated_at) = (run.id, agent.created_at);
            let summary = None;
            let expected = AgentView { agent, deciding: run, latest_run_id, updated_at, summary };
            assert_eq!(view, expected);
        }
    }

    async fn each_agent_of_a_list_has_its_repositories(world: &World) {
        let full = full_agent(world);
        let none = Agent { repositories: vec![], ..plain_agent(world.account, 2) };
        let plain = plain_agent(world.account, 3);
        for agent in [&full, &none, &plain] {
            world.insert_agent(agent.clone()).await;
        }
        let (reader, filter) = (&mut world.read().await, ListFilter::default());
        let list = agents::list(reader, world.account, &filter, None, 9).await.unwrap();
        let listed: Vec<Agent> = list.into_iter().map(|view| view.agent).collect();
        assert_eq!(listed, [plain, none, full]);
    }

    async fn what_happens_moves_an_agent_on(world: &World) {
        let claim = world.claimed().await;
        let id = claim.agent.id;
        let view = find(world, id).await.unwrap();
        assert_eq!((view.updated_at, view.latest_run_id), (at(5_000), claim.run.id));
        world.append(&claim.fence, vec![]).await.unwrap();
        assert_eq!(find(world, id).await.unwrap().updated_at, at(5_000));
        world.append(&claim.fence, vec![note("one")]).await.unwrap();
        assert_eq!(find(world, id).await.unwrap().updated_at, at(7_000));
        let next = world.follow_up(id, 8_000).await;
        let view = find(world, id).await.unwrap();
        assert_eq!((view.updated_at, view.latest_run_id), (at(8_000), next.id));
        assert_eq!(view.deciding.id, claim.run.id);
    }

    async fn an_id_is_given_once(world: &World) {
        let agent = plain_agent(world.account, 1);
        let other = Agent { account_id: world.account("other@example.com").await, ..agent.clone() };
        world.insert_agent(agent.clone()).await;
        let insert = async |agent: Agent| {
            world.write(move |tx| Box::pin(async move { agents::insert(tx, &agent).await })).await
        };
        assert!(matches!(insert(agent.clone()).await, Err(Error::Taken(_))));
        assert!(matches!(insert(other.clone()).await, Err(Error::Taken(_))));
        assert!(world.delete(agent.id).await);
        assert!(matches!(insert(agent).await, Err(Error::Taken(_))));
        assert!(matches!(insert(other).await, Err(Error::Taken(_))));
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
        assert_ne!(view.deciding.number, 1);

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
        let shown = full.repositories[0].clone();
        world.agent().await;
        world.insert_agent(full.clone()).await;
        let list = async |pull_request_url: Option<&str>, archived| {
            let pull_request_url = pull_request_url.map(str::to_owned);
            let filter = ListFilter { pull_request_url, archived };
            let reader = &mut world.read().await;
            agents::list(reader, world.account, &filter, None, 10).await.unwrap().len()
        };
        assert_eq!(list(None, Archived::Included).await, 2);
        assert_eq!(list(None, Archived::Excluded).await, 1);
        assert_eq!(list(None, Archived::Only).await, 1);
        for url in [shown.pull_request_url.as_deref(), shown.source.pull_request_url.as_deref()] {
            assert_eq!(list(url, Archived::Included).await, 1);
            assert_eq!(list(url, Archived::Excluded).await, 0);
            assert_eq!(list(url, Archived::Only).await, 1);
        }
        assert_eq!(list(Some("https://elsewhere/"), Archived::Included).await, 0);
    }

    async fn a_change_leaves_the_rest(world: &World) {
        let full = full_agent(world);
        let (id, mut expected) = (full.id, full.repositories.clone());
        world.insert_agent(full).await;
        let change = async |change: RepositoryChange| {
            let update = world.write(move |tx| {
                Box::pin(async move { agents::update_repository(tx, id, &change, at(6)).await })
            });
            update.await
        };
        let of = |name| RepositoryChange::of(repository(name));
        let (head, branch) = (Some(commit('b')), "mine".parse().ok());
        change(RepositoryChange { head: head.clone(), ..of("c") }).await.unwrap();
        change(RepositoryChange { branch: branch.clone(), ..of("c") }).await.unwrap();
        change(of("c")).await.unwrap();
        let url = Some("https://x/".to_owned());
        let named = RepositoryChange { pull_request_url: url.clone(), ..of("c") };
        change(named.clone()).await.unwrap();
        expected[2] = AgentRepository { branch, head, pull_request_url: url, ..expected[2].clone() };
        assert_eq!(find(world, id).await.unwrap().agent.repositories, expected);
        assert!(matches!(change(of("elsewhere")).await, Err(Error::NotFound)));
        // A pull request shows one branch: the same branch keeps it, another one is without.
        change(RepositoryChange { branch: "mine".parse().ok(), ..of("c") }).await.unwrap();
        assert_eq!(find(world, id).await.unwrap().agent.repositories, expected);
        change(RepositoryChange { branch: "other".parse().ok(), ..of("c") }).await.unwrap();
        expected[2].branch = "other".parse().ok();
        expected[2].pull_request_url = None;
        assert_eq!(find(world, id).await.unwrap().agent.repositories, expected);

        let model = ModelChoice { id: "slow".parse().unwrap(), effort: None };
        let wish = model.clone();
        let set = world
            .write(move |tx| Box::pin(async move { agents::set_model(tx, id, &wish).await }));
        set.await.unwrap();
        assert_eq!(find(world, id).await.unwrap().agent.model, model);

        assert!(world.delete(id).await);
        assert!(matches!(change(named).await, Err(Error::NotFound)));
    }

    async fn archiving_is_a_mark(world: &World) {
        let id = world.agent().await;
        for archived_at in [Some(at(5)), None] {
            let set = world.write(move |tx| {
                Box::pin(async move { agents::set_archived(tx, id, archived_at, at(6)).await })
            });
            set.await.unwrap();
            let view = find(world, id).await.unwrap();
            assert_eq!((view.agent.archived_at, view.updated_at), (archived_at, at(6)));
        }
        let stranger = AgentId::new(Uuid::new_v4());
        let set = world.write(move |tx| {
            Box::pin(async move { agents::set_archived(tx, stranger, None, at(6)).await })
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
