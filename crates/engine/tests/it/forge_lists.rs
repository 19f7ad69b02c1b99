//! The lists of repositories that forges give: complete, kept, and within the forges' limits.

use std::sync::Arc;
use std::time::Duration;

use outwork_domain::limits::FORGE_LIST_RESERVE;
use outwork_engine::{RefreshFault, Refreshed};
use outwork_forge::{Forge, GitHub, GitHubApp, GitHubCredentials, GitLab, Gitea, HostOptions};
use outwork_stand_ins::forge_server::{
    APP_PRIVATE_KEY, Fault, ForgeServer, Kind, Operation, Permission, Rule,
};

use crate::support::World;

const NAME: &str = "forge";

fn client(server: &ForgeServer, token: &str) -> Arc<dyn Forge> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = HostOptions::new(NAME, server.base_url());
    match server.kind() {
        Kind::GitHub => {
            let credentials = GitHubCredentials {
                token: Some(token.into()),
                app: None,
            };
            Arc::new(GitHub::new(&options, credentials).unwrap())
        }
        Kind::GitLab => Arc::new(GitLab::new(&options, token.into()).unwrap()),
        Kind::Gitea => Arc::new(Gitea::new(&options, token.into()).unwrap()),
    }
}

/// A world that knows a forge of that kind with so many repositories.
async fn world(kind: Kind, count: usize) -> (World, ForgeServer) {
    let server = ForgeServer::start(kind).unwrap();
    server.many_repositories("acme", count, "dev");
    let forge = client(&server, &server.token("dev"));
    let folder = Arc::new(tempfile::tempdir().unwrap());
    (World::with_forges(folder, vec![forge]).await, server)
}

async fn refresh(world: &World) -> Result<Refreshed, RefreshFault> {
    world.engine.refresh_repositories_of(NAME).await.unwrap()
}

/// The listed repositories, without the local one of every world.
async fn listed(world: &World) -> Vec<String> {
    let list = world.engine.repositories().await.unwrap();
    let names = list.iter().map(ToString::to_string);
    names.filter(|name| name.starts_with("http")).collect()
}

fn pages_read(server: &ForgeServer) -> usize {
    server.calls_of(Operation::ListRepositories).len()
}

#[tokio::test]
async fn thirty_thousand_are_listed_without_using_up_the_limit() {
    const COUNT: usize = 30_000;
    const AN_HOUR: u64 = 200;
    let (world, server) = world(Kind::GitHub, COUNT).await;
    server.limit_calls(AN_HOUR);
    let mut hours = 0;
    while let Refreshed::Later(wait) = refresh(&world).await.unwrap() {
        hours += 1;
        assert!(hours < 10, "the refresh gets nowhere");
        assert!(wait <= Duration::from_secs(3601), "{wait:?}");
        let spent = u64::try_from(server.calls().len()).unwrap();
        assert!(spent <= AN_HOUR - AN_HOUR / FORGE_LIST_RESERVE, "{spent}");
        assert!(
            !listed(&world).await.is_empty(),
            "what is known is shown meanwhile"
        );
        server.forget();
        server.advance(wait);
    }
    assert_eq!(hours, 1, "300 pages at 160 an hour");
    let found = listed(&world).await;
    assert_eq!(found.len(), COUNT);
    let base = server.base_url();
    for number in [1, 15_000, COUNT] {
        let name = format!("{base}/acme/repository-{number:05}");
        assert!(found.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let (world, server) = world(Kind::GitHub, 500).await;
    refresh(&world).await.unwrap();
    server.forget();
    assert_eq!(refresh(&world).await.unwrap(), Refreshed::Complete);
    let statuses = server.calls_of(Operation::ListRepositories);
    let statuses: Vec<_> = statuses.iter().filter_map(|call| call.status()).collect();
    // Only the end of the last page tells that nothing follows.
    assert_eq!(statuses, [304, 304, 304, 304, 200]);
    assert_eq!(listed(&world).await.len(), 500);
}

#[tokio::test]
async fn a_server_that_starts_again_has_the_list_at_once() {
    for kind in [Kind::GitHub, Kind::GitLab, Kind::Gitea] {
        let (before, server) = world(kind, 250).await;
        assert_eq!(refresh(&before).await.unwrap(), Refreshed::Complete);
        let expected = listed(&before).await;
        assert_eq!(expected.len(), 250, "{kind:?}");
        server.fault(Rule::on(Operation::ListRepositories, Fault::Cut).always());
        let after = World::with_forges(
            Arc::clone(&before.folder),
            before.engine.forges().hosted().to_vec(),
        )
        .await;
        assert_eq!(listed(&after).await, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn what_is_made_renamed_and_deleted_shows() {
    for kind in [Kind::GitHub, Kind::GitLab, Kind::Gitea] {
        let (world, server) = world(kind, 205).await;
        refresh(&world).await.unwrap();
        let there = |path: &str| server.empty_repository(path).unwrap();
        there("acme/repository-00001").delete();
        there("acme/repository-00105").rename("acme/renamed");
        let new = there("acme/brand-new");
        new.permit("dev", Permission::Write).unwrap();
        assert_eq!(refresh(&world).await.unwrap(), Refreshed::Complete);
        let found = listed(&world).await;
        let has = |name: &str| found.iter().any(|one| one.ends_with(name));
        assert_eq!(found.len(), 205, "{kind:?}");
        assert!(has("/renamed") && has("/brand-new"), "{kind:?}");
        assert!(
            !has("/repository-00001") && !has("/repository-00105"),
            "{kind:?}"
        );
        for number in 2..=100 {
            there(&format!("acme/repository-{number:05}")).delete();
        }
        refresh(&world).await.unwrap();
        assert_eq!(
            listed(&world).await.len(),
            106,
            "{kind:?}: a shorter list is cut"
        );
    }
}

#[tokio::test]
async fn a_refresh_that_breaks_off_goes_on_where_it_was() {
    let (world, server) = world(Kind::Gitea, 500).await;
    let broken = Rule::on(Operation::ListRepositories, Fault::Status(502)).skipping(2);
    server.fault(broken);
    let fault = refresh(&world).await.unwrap_err();
    assert!(matches!(fault, RefreshFault::Forge(_)), "{fault:?}");
    let first = listed(&world).await.len();
    assert!(first > 0, "what was read is shown");
    let read = pages_read(&server);
    assert_eq!(refresh(&world).await.unwrap(), Refreshed::Complete);
    assert_eq!(listed(&world).await.len(), 500);
    let all = 500_usize.div_ceil(first / 2);
    assert_eq!(pages_read(&server) - read, all - 2, "no page is read twice");
}

#[tokio::test]
async fn a_new_and_a_lost_installation_of_the_app_are_noticed() {
    let server = ForgeServer::start(Kind::GitHub).unwrap();
    for path in ["acme/one", "other/two", "third/three"] {
        server.empty_repository(path).unwrap();
    }
    let id = server.app("outwork");
    server.install("acme", &["acme/one"]).unwrap();
    let other = server.install("other", &["other/two"]).unwrap();
    let credentials = GitHubCredentials {
        token: None,
        app: Some(GitHubApp {
            id,
            private_key_pem: APP_PRIVATE_KEY.into(),
        }),
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = HostOptions::new(NAME, server.base_url());
    let forge = Arc::new(GitHub::new(&options, credentials).unwrap());
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let world = World::with_forges(folder, vec![forge]).await;
    refresh(&world).await.unwrap();
    assert_eq!(listed(&world).await.len(), 2);
    server.install("third", &["third/three"]).unwrap();
    refresh(&world).await.unwrap();
    assert_eq!(listed(&world).await.len(), 3);
    server.uninstall(other).unwrap();
    assert_eq!(refresh(&world).await.unwrap(), Refreshed::Complete);
    let found = listed(&world).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        !found.iter().any(|name| name.ends_with("/two")),
        "{found:?}"
    );
}

#[tokio::test]
async fn another_forge_under_the_same_name_shows_nothing_of_the_first() {
    let (before, _server) = world(Kind::Gitea, 205).await;
    refresh(&before).await.unwrap();
    assert_eq!(listed(&before).await.len(), 205);
    let another = ForgeServer::start(Kind::Gitea).unwrap();
    another.many_repositories("acme", 2, "dev");
    let forge = client(&another, &another.token("dev"));
    let again = || World::with_forges(Arc::clone(&before.folder), vec![Arc::clone(&forge)]);
    let after = again().await;
    assert!(listed(&after).await.is_empty());
    refresh(&after).await.unwrap();
    let found = listed(&after).await;
    assert_eq!(found.len(), 2);
    let is_there = |name: &String| name.starts_with(&another.base_url());
    assert!(found.iter().all(is_there), "{found:?}");
    // Nothing of the first forge's longer list is left either.
    assert_eq!(listed(&again().await).await, found);
}
