//! Projects that were added by command, and what agents are told beyond their prompts.

use outwork_domain::{Guidance, Project, ProjectPullRequest, PullRequestCreation, Readiness};
use outwork_store::{Error, guidance, projects};

use crate::support::{World, at, on_both, plain_agent, repository};

fn plain(id: &str) -> Project {
    Project::new(id.parse().unwrap(), repository("tools"))
}

fn full(id: &str, alias: &str) -> Project {
    Project {
        alias: Some(alias.parse().unwrap()),
        base_ref: Some("next".parse().unwrap()),
        model: Some("fast".parse().unwrap()),
        models: [("sonnet".to_owned(), "fast".parse().unwrap())].into(),
        branch_prefix: "bot-".parse().unwrap(),
        uses_per_hour: 7,
        pull_request: ProjectPullRequest {
            creation: PullRequestCreation::Manual,
            readiness: Readiness::Draft,
        },
        instructions: "docs/rules.md".parse().unwrap(),
        ..plain(id)
    }
}

async fn insert(world: &World, project: Project) -> Result<(), Error> {
    world
        .write(move |tx| Box::pin(async move { projects::insert(tx, &project, at(1)).await }))
        .await
}

on_both! {
    async fn every_field_of_a_project_reads_back(world: &World) {
        for project in [full("docs", "acme"), plain("api")] {
            insert(world, project).await.unwrap();
        }
        let mut reader = world.read().await;
        assert_eq!(projects::list(&mut reader).await.unwrap(), [plain("api"), full("docs", "acme")]);
        for name in ["docs", "acme"] {
            let found = projects::find(&mut reader, name).await.unwrap();
            assert_eq!(found, Some(full("docs", "acme")), "{name}");
        }
        assert_eq!(projects::find(&mut reader, "Docs").await.unwrap(), None);
    }

    async fn a_name_is_given_once(world: &World) {
        insert(world, full("docs", "acme")).await.unwrap();
        for taken in [plain("docs"), plain("acme"), full("other", "docs"), full("other", "acme")] {
            let refused = insert(world, taken).await;
            assert!(matches!(refused, Err(Error::Taken(_))), "{refused:?}");
        }
        insert(world, full("other", "different")).await.unwrap();
    }

    async fn a_project_is_removed_by_its_name(world: &World) {
        insert(world, full("docs", "acme")).await.unwrap();
        let remove = async |name: &'static str| {
            let gone = world.write(move |tx| {
                Box::pin(async move { projects::delete(tx, &name.parse().unwrap()).await })
            });
            gone.await.unwrap()
        };
        assert!(!remove("acme").await);
        assert!(remove("docs").await);
        assert!(!remove("docs").await);
        insert(world, plain("acme")).await.unwrap();
    }

    async fn guidance_reads_back(world: &World) {
        let said = Guidance {
            text: Some("Write in English.".to_owned()),
            file: Some("docs/rules.md".parse().unwrap()),
        };
        for guidance in [said, Guidance::default()] {
            let agent = plain_agent(world.account, 1);
            let id = agent.id;
            world.insert_agent(agent).await;
            let stored = guidance.clone();
            let done: Result<(), Error> =
                world.write(move |tx| Box::pin(async move { guidance::insert(tx, id, &stored).await })).await;
            done.unwrap();
            assert_eq!(guidance::of_agent(&mut world.read().await, id).await.unwrap(), guidance);
        }
    }
}
