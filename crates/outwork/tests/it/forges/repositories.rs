//! The repositories that a forge's credentials reach, as clients see them.

use std::time::{Duration, Instant};

use outwork_stand_ins::forge_server::{Fault, Kind, Operation, Rule};
use serde_json::Value;

use super::support::{LOGIN, PATIENCE, Scene, on_each};
use crate::support::server::Server;

/// The addresses in the list of v1.
async fn listed(server: &Server) -> Vec<String> {
    let (status, list) = server.call("GET", "/v1/repositories", None).await;
    assert_eq!(status, 200, "{list}");
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|one| one["url"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits until the list pleases.
async fn until(server: &Server, pleases: impl Fn(&[String]) -> bool) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let list = listed(server).await;
        if pleases(&list) {
            return list;
        }
        assert!(Instant::now() < deadline, "{list:?}\n{}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

on_each! {
    async fn are_listed_everywhere_and_at_once_after_a_restart(kind: Kind) {
        const COUNT: usize = 250;
        let scene = Scene::with_fake(kind);
        scene.fake().server.many_repositories("acme", COUNT - 1, LOGIN);
        let server = scene.serve();
        let list = until(&server, |list| list.len() == COUNT).await;
        assert!(list.contains(&scene.repository), "{}", scene.repository);
        let (_, v0) = server.call("GET", "/v0/repositories", None).await;
        assert_eq!(v0["repositories"].as_array().unwrap().len(), COUNT);
        let flags = ["--url", &server.url, "--api-key", &scene.key];
        let run = |arguments: &[&str]| {
            let output = scene.ground.run_client(&[arguments, &flags].concat());
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(run(&["repos"]).lines().count(), COUNT);
        assert_eq!(run(&["repos", "/tools"]).trim(), scene.repository);
        let json: Value = serde_json::from_str(&run(&["--json", "repos"])).unwrap();
        assert_eq!(json["repositories"].as_array().unwrap().len(), COUNT);
        server.kill();
        let broken = Rule::on(Operation::ListRepositories, Fault::Cut).always();
        scene.fake().server.fault(broken);
        let server = scene.serve();
        assert_eq!(listed(&server).await, list);
        assert!(server.stop().success());
    }
}

#[tokio::test]
async fn a_renamed_one_shows_as_soon_as_the_forge_tells() {
    for (kind, path) in [
        (Kind::GitHub, "acme/instruments"),
        (Kind::GitLab, "acme/team/instruments"),
    ] {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        until(&server, |list| list.contains(&scene.repository)).await;
        let told = scene.fake().there.renamed(LOGIN, path).unwrap();
        assert_eq!(scene.deliver(&server, &told).await.status, 202);
        let list = until(&server, |list| !list.contains(&scene.repository)).await;
        let [only] = list.as_slice() else {
            panic!("{list:?}");
        };
        assert!(only.ends_with(path), "{only}");
        assert!(server.stop().success());
    }
}
