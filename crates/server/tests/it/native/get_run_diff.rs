//! `GET /api/v1/agents/{id}/runs/{runId}/diff`, and the commit that a run shows.

use outwork_domain::EventBody;

use crate::support::{Server, get};

#[tokio::test]
async fn a_run_that_pushed_nothing_has_an_empty_one() {
    let server = Server::start().await;
    let (key, other) = (
        server.key("a@example.com").await,
        server.key("b@example.com").await,
    );
    let id = server.launch(&key, "x").await;
    let agent = server.read(&key, &format!("/api/v1/agents/{id}")).await;
    assert_eq!(agent["runs"][0].get("commit"), None);
    let run = agent["runs"][0]["id"].as_str().unwrap().to_owned();
    for run in [run.clone(), format!("run-{run}"), run.to_uppercase()] {
        let path = format!("/api/v1/agents/{id}/runs/{run}/diff");
        let reply = server.ask(get(&path).by(&key)).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (200, ""), "{path}");
        assert_eq!(
            reply.header("content-type"),
            Some("text/x-diff; charset=utf-8")
        );
    }
    let another = server.launch(&key, "y").await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (asker, agent, run, code) in [
        (&key, id.as_str(), nobody, "run_not_found"),
        (&key, &id, "x", "run_not_found"),
        (&key, &another, &run, "run_not_found"),
        (&other, &id, &run, "agent_not_found"),
        (&other, &id, nobody, "agent_not_found"),
        (&key, &format!("bc-{nobody}"), &run, "agent_not_found"),
    ] {
        let path = format!("/api/v1/agents/{agent}/runs/{run}/diff");
        let refused = server.ask(get(&path).by(asker)).await.refused();
        assert_eq!(refused, (404, code.to_owned()), "{path}");
    }
    let theirs = server
        .ask(get(format!("/api/v1/agents/{id}/runs/{run}/diff")).by(&other))
        .await;
    let nobodys = format!("/api/v1/agents/bc-{nobody}/runs/{run}/diff");
    assert_eq!(
        theirs.bytes,
        server.ask(get(nobodys).by(&other)).await.bytes
    );
}

#[tokio::test]
async fn a_run_shows_what_it_pushed_last() {
    let server = Server::start().await;
    let key = server.key("a@example.com").await;
    let repository = server.repositories.make("tools.git");
    let id = server.launch_on(&key, &repository, "x").await;
    let fence = server.work().await;
    let pushed = |digit: &str| EventBody::Pushed {
        repository: repository.parse().unwrap(),
        branch: "outwork/x-1".parse().unwrap(),
        commit: digit.repeat(40).parse().unwrap(),
    };
    server.append(fence, vec![pushed("a"), pushed("b")]).await;
    server.succeed(fence, "Done.").await;
    let agent = server.read(&key, &format!("/api/v1/agents/{id}")).await;
    assert_eq!(agent["runs"][0]["commit"], "b".repeat(40));
}
