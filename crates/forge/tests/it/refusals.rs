//! What forges refuse, and how they fail: the same words of ours for all of them.

use std::time::Duration;

use outwork_domain::{Class, PullRequestIdentity, PullRequestNumber};
use outwork_forge::{
    At, Error, Forge, HeadAccess, PageRequest, Permission, Person, PersonKind, Readiness,
    RepositoryPage, Revision, Standing, Visibility,
};
use outwork_stand_ins::forge_server::{self as stand_in, Fault, Operation, Rule, TokenOptions};

use crate::world::{LOGIN, OWNER, Way, World, github, on_all, push};

fn at(world: &World, number: u64) -> At<'_> {
    At {
        repository: &world.repository,
        number: PullRequestNumber(number),
        identity: PullRequestIdentity::Server,
    }
}

fn person(login: &str) -> Person {
    Person {
        login: login.to_owned(),
        id: 0,
        kind: PersonKind::Human,
    }
}

on_all! {
    async fn what_is_not_there_is_not_found(world: &World) {
        let forge = world.forge.as_ref();
        let missing = forge.get(&at(world, 4711)).await;
        assert!(matches!(missing, Err(Error::NotFound(_))), "{missing:?}");
        let wish = world.draft(world.branch("outwork/gone"));
        world.there.delete();
        let branch = forge.find_branch(&world.repository, &wish.head).await;
        assert!(branch.is_err(), "a deleted repository is no repository without a branch: {branch:?}");
        for answer in [
            forge.find(&wish.wanted()).await.map(drop),
            forge.open(&wish).await.map(drop),
            forge.repository(&world.repository).await.map(drop),
        ] {
            // To an App it is one that it is not installed on.
            let expected = match world.way {
                Way::GitHubApp => matches!(answer, Err(Error::PermissionMissing { .. } | Error::NotFound(_))),
                Way::GitHubToken | Way::GitLab | Way::Gitea => matches!(answer, Err(Error::NotFound(_))),
            };
            assert!(expected, "{answer:?}");
        }
    }

    async fn a_renamed_repository_is_named(world: &World) {
        let forge = world.forge.as_ref();
        let wish = world.draft(world.branch("outwork/renamed"));
        let to = format!("{}-new", world.there.path().unwrap());
        world.there.rename(&to);
        let now = world.there.clone_url().unwrap().parse().unwrap();
        let facts = forge.repository(&world.repository).await.unwrap();
        assert_eq!(facts.repository, now);
        let refused = forge.open(&wish).await.unwrap_err();
        assert!(matches!(&refused, Error::Renamed { to: Some(to) } if *to == now), "{refused:?}");
        assert_eq!(refused.class(), Class::Permanent);
    }

    async fn an_archived_repository_takes_nothing(world: &World) {
        let forge = world.forge.as_ref();
        let wish = world.draft(world.branch("outwork/late"));
        world.there.archive().unwrap();
        let facts = forge.repository(&world.repository).await.unwrap();
        assert_eq!(facts.standing, Standing::Archived);
        let refused = forge.open(&wish).await.unwrap_err();
        assert!(
            matches!(refused, Error::Protected(_) | Error::PermissionMissing { .. }),
            "{refused:?}"
        );
    }

    async fn away_and_busy_are_worth_another_try(world: &World) {
        let forge = world.forge.as_ref();
        let rule = |fault| Rule::on(Operation::GetPullRequest, fault).always();
        for fault in [Fault::Status(502), Fault::Status(500), Fault::Cut, Fault::CutAfter(3)] {
            world.server.fault(rule(fault.clone()));
            let error = forge.get(&at(world, 1)).await.unwrap_err();
            world.server.no_more_faults();
            // An answer that was cut off within its first bytes may not even look like one.
            let is_expected = matches!(error, Error::Unavailable(_)) || matches!(fault, Fault::CutAfter(_));
            assert!(is_expected && error.class() == Class::Retry, "{fault:?}: {error:?}");
        }
        for fault in [
            Fault::RateLimited(Duration::from_secs(77)),
            Fault::SlowDown(Duration::from_secs(77)),
        ] {
            world.server.fault(rule(fault.clone()));
            let error = forge.get(&at(world, 1)).await.unwrap_err();
            world.server.no_more_faults();
            let wait = error.retry_after().unwrap_or_else(|| panic!("{fault:?}: {error:?}"));
            assert!((76..=79).contains(&wait.as_secs()), "{fault:?}: {error:?}");
        }
    }

    async fn a_redirect_carries_no_token_away(world: &World) {
        let other = crate::world::World::start(world.way);
        let to = format!("{}/user", other.server.api_url());
        other.server.forget();
        for operation in [Operation::GetRepository, Operation::GetPullRequest] {
            let reply = Fault::Reply {
                status: 301,
                headers: vec![("location".to_owned(), to.clone())],
                body: "{}".to_owned(),
            };
            world.server.fault(Rule::on(operation, reply).always());
        }
        let described = world.forge.repository(&world.repository).await;
        assert!(matches!(described, Err(Error::Renamed { to: None })), "{described:?}");
        let got = world.forge.get(&at(world, 1)).await;
        assert!(matches!(got, Err(Error::Renamed { to: None })), "{got:?}");
        assert!(other.server.calls().is_empty());
    }

    async fn drafts_stay_drafts(world: &World) {
        let forge = world.forge.as_ref();
        let mut wish = world.draft(world.branch("outwork/draft"));
        wish.readiness = Readiness::Draft;
        let opened = forge.open(&wish).await.unwrap();
        assert_eq!((opened.readiness, opened.title.as_str()), (Readiness::Draft, "Teach the parser"));
        let revision = Revision { title: Some("Another".to_owned()), body: None };
        let revised = forge.update(&at(world, opened.number.0), &revision).await.unwrap();
        assert_eq!((revised.readiness, revised.title.as_str()), (Readiness::Draft, "Another"));
    }

    async fn people_have_permissions(world: &World) {
        let forge = world.forge.as_ref();
        for (login, permission) in [
            ("writer", stand_in::Permission::Write),
            ("reader", stand_in::Permission::Read),
        ] {
            world.there.permit(login, permission).unwrap();
        }
        let ask = |login: &'static str| async move {
            forge.permission(&world.repository, &person(login)).await.unwrap()
        };
        assert_eq!(ask("writer").await, Permission::Write);
        assert!(ask("writer").await.is_collaborator() && !ask("reader").await.is_collaborator());
        assert!(!ask("stranger").await.is_collaborator());
        assert_eq!(ask(LOGIN).await, Permission::Admin);
    }

    async fn a_repository_is_described(world: &World) {
        let forge = world.forge.as_ref();
        world.there.show(stand_in::Visibility::Private).unwrap();
        let facts = forge.repository(&world.repository).await.unwrap();
        assert_eq!(facts.visibility, Visibility::Private);
        assert_eq!(facts.standing, Standing::Active);
        assert_eq!(facts.default_branch, Some("main".parse().unwrap()));
        world.there.protect("main").unwrap();
        let main = "main".parse().unwrap();
        let branch = forge.find_branch(&world.repository, &main).await.unwrap().unwrap();
        assert_eq!(branch.protection, outwork_forge::Protection::Protected);
    }

    async fn nobody_sees_a_token(world: &World) {
        let reply = |status: u16| Fault::Reply {
            status,
            headers: Vec::new(),
            body: format!("{{\"message\": \"do not show {} or ghs_0123456789012345678901\"}}", world.token),
        };
        for status in [400, 401, 403, 404, 405, 409, 422, 423, 500] {
            world.server.fault(Rule::on(Operation::GetPullRequest, reply(status)).always());
            let error = world.forge.get(&at(world, 1)).await.unwrap_err();
            world.server.no_more_faults();
            let shown = format!("{error} {error:?}");
            let is_known = world.way != Way::GitHubApp && shown.contains(&world.token);
            assert!(!is_known && !shown.contains("ghs_0123"), "{shown}");
        }
        for call in world.server.calls() {
            assert!(!call.path.contains(&world.token), "{}", call.path);
        }
        let credentials = world
            .forge
            .git_credentials(&world.repository, outwork_forge::GitAccess::Write)
            .await
            .unwrap();
        let shown = format!("{credentials:?}");
        assert!(shown.contains("REDACTED") && !shown.contains(&world.token), "{shown}");
    }
}

/// Those with a fixed token.
const TOKENS: [Way; 3] = [Way::GitHubToken, Way::GitLab, Way::Gitea];

#[tokio::test]
async fn a_token_that_ended_is_told_apart() {
    for way in TOKENS {
        let world = World::start(way);
        world.server.revoke(&world.token);
        for refused in [
            world.forge.get(&at(&world, 1)).await.map(drop),
            world.forge.check().await.map(drop),
        ] {
            assert!(
                matches!(refused, Err(Error::Auth(_))),
                "{way:?}: {refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn missing_scopes_are_named() {
    for (way, scopes, missing) in [
        (Way::GitHubToken, &["read:org"][..], "repo"),
        (Way::GitLab, &["read_api"][..], "api"),
        (
            Way::Gitea,
            &["read:repository", "read:user", "write:issue"][..],
            "write:repository",
        ),
    ] {
        let world = World::start(way);
        let token = world
            .server
            .token_with(LOGIN, &TokenOptions::all().scopes(scopes));
        let forge = world.client_with(&token);
        let check = forge.check().await.unwrap();
        let named: Vec<&str> = check.identities[0]
            .missing
            .iter()
            .map(|missing| missing.permission.as_str())
            .collect();
        assert_eq!(named, [missing], "{way:?}");
        let refused = forge
            .open(&world.draft(world.branch("outwork/x")))
            .await
            .unwrap_err();
        let is_refusal = matches!(
            refused,
            Error::PermissionMissing { .. } | Error::NotFound(_)
        );
        assert!(is_refusal, "{way:?}: {refused:?}");
    }
}

#[tokio::test]
async fn forks_say_who_may_push() {
    for way in TOKENS {
        let world = World::start(way);
        let fork = world.there.fork("jane").unwrap();
        fork.permit(LOGIN, stand_in::Permission::Write).unwrap();
        let commit = fork.commit("outwork/fork", &[("x", "y")]).unwrap();
        let mut wish = world.draft(("outwork/fork".parse().unwrap(), commit.parse().unwrap()));
        let fork_url: outwork_domain::Repository = fork.clone_url().unwrap().parse().unwrap();
        wish.head_repository = Some(fork_url.clone());
        let opened = world.forge.open(&wish).await.unwrap();
        let found = world.forge.find(&wish.wanted()).await.unwrap();
        assert_eq!(found.len(), 1, "{way:?}");
        assert_eq!(found[0].number, opened.number);
        let got = world.forge.get(&at(&world, opened.number.0)).await.unwrap();
        let known = [
            HeadAccess::OpenFork(fork_url.clone()),
            HeadAccess::ClosedFork(fork_url),
        ];
        assert!(
            known.contains(&got.head.access),
            "{way:?}: {:?}",
            got.head.access
        );
    }
}

#[tokio::test]
async fn an_apps_tokens_are_for_one_repository_and_one_use() {
    let world = World::start(Way::GitHubApp);
    world.server.repository("acme/other").unwrap();
    world.server.forget();
    let forge = world.forge.as_ref();
    push(forge, &world.repository, "outwork/pushed")
        .await
        .unwrap();
    let minted = world.server.calls_of(Operation::MintToken);
    let asked: Vec<_> = minted.iter().map(|call| call.json()).collect();
    for (body, contents) in asked.iter().zip(["read", "write"]) {
        assert_eq!(body["repositories"], serde_json::json!(["tools"]));
        assert_eq!(body["permissions"]["contents"], contents);
    }
    assert_eq!(asked.len(), 2);
    let elsewhere = format!("{}/acme/other", world.server.base_url())
        .parse()
        .unwrap();
    let refused = forge
        .git_credentials(&elsewhere, outwork_forge::GitAccess::Read)
        .await;
    assert!(
        matches!(refused, Err(Error::PermissionMissing { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_identity_decides_between_token_and_app() {
    let world = World::start(Way::GitHubApp);
    let id = world.server.app("outwork");
    world.server.install(OWNER, &["acme/tools"]).unwrap();
    let both = github(&world.server, Some(&world.token), Some(id));
    for (identity, who) in [
        (PullRequestIdentity::User, "dev"),
        (PullRequestIdentity::Server, "outwork[bot]"),
    ] {
        world.server.forget();
        let mut wish = world.draft(world.branch(&format!("outwork/{}", &who[..3])));
        wish.identity = identity;
        both.open(&wish).await.unwrap();
        let calls = world.server.calls_of(Operation::CreatePullRequest);
        assert_eq!(calls[0].who.as_deref(), Some(who));
    }
    assert_eq!(both.check().await.unwrap().identities.len(), 2);
}

#[tokio::test]
async fn many_repositories_come_by_the_page_and_unchanged_ones_cost_nothing() {
    for way in TOKENS {
        let world = World::start(way);
        world.server.many_repositories("many", 250, LOGIN);
        let all = crate::lifecycle::list(world.forge.as_ref()).await;
        assert_eq!(all.len(), 251, "{way:?}");
        let first = PageRequest::default();
        let RepositoryPage::Changed(page) = world.forge.list_repositories(&first).await.unwrap()
        else {
            panic!("a page without a mark cannot be unchanged");
        };
        let Some(etag) = page.etag else {
            assert_eq!(way, Way::Gitea, "{way:?} marks its pages");
            continue;
        };
        let again = PageRequest {
            cursor: None,
            etag: Some(&etag),
        };
        let before = page.quota.map(|quota| quota.remaining);
        let answer = world.forge.list_repositories(&again).await.unwrap();
        let RepositoryPage::Unchanged { quota } = answer else {
            panic!("{way:?}: {answer:?}");
        };
        assert_eq!(quota.map(|quota| quota.remaining), before, "{way:?}");
    }
}
