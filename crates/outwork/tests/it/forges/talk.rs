//! What people say about a pull request of ours, from the forge's webhook to the push that answers it.

use outwork_stand_ins::forge_server::{CheckEnd, Delivery, Kind, On};
use serde_json::json;

use super::publication::launch;
use super::support::{COLLABORATOR, LOGIN, PATIENCE, Scene, on_each};
use crate::support::server::Server;

const PROMPT: &str = "Add a greeting\n\n```sh\necho hello > GREETING.md\n```\n";

/// Launches an agent, waits for its pull request, and gives its id and the pull request's number.
async fn with_pull_request(scene: &Scene, server: &Server) -> (String, u64) {
    let id = launch(scene, server, PROMPT, &json!({"autoCreatePr": true})).await;
    server.finished(&id).await;
    let pulls = scene.fake().there.pull_requests();
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    (id, pulls[0].number)
}

/// Sends a webhook and waits until the file of the only pull request holds that text.
async fn until_file(scene: &Scene, server: &Server, told: &Delivery, text: &str) {
    assert_eq!(scene.deliver(server, told).await.status, 202);
    let there = &scene.fake().there;
    let branch = there.pull_requests()[0].head.clone();
    let changed = scene.fake().server.wait_until(|_| {
        let file = there.file(&branch, "GREETING.md").unwrap();
        file.as_deref() == Some(text)
    });
    let changed = tokio::time::timeout(PATIENCE, changed).await;
    assert!(
        changed.is_ok(),
        "the file does not change: {}",
        server.log()
    );
}

on_each! {
    async fn a_comment_on_a_line_is_carried_out_and_answered(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let (id, number) = with_pull_request(&scene, &server).await;
        let words = "@outwork say more\n\n```sh\necho more >> GREETING.md\n```";
        let told = there
            .comment_on_line(COLLABORATOR, number, ("GREETING.md", 1), words)
            .unwrap();
        until_file(&scene, &server, &told, "hello\nmore\n").await;
        let agent = server.finished(&id).await;
        assert_eq!(there.pull_requests().len(), 1);
        assert_eq!(agent["target"]["branchName"], json!(there.pull_requests()[0].head));
        let answered = scene.fake().server.wait_until(|_| {
            let comments = there.pull_request_comments(number);
            let reacted = there.reactions().iter().any(|(who, _)| who == LOGIN);
            comments.iter().any(|one| one.author == LOGIN) && reacted
        });
        tokio::time::timeout(PATIENCE, answered).await.expect("no answer came");
        let talk = server.conversation(&id).await;
        let asked = talk.iter().filter(|(who, _)| who == "user_message");
        let asked: Vec<&String> = asked.map(|(_, text)| text).collect();
        assert!(asked[1].contains("GREETING.md, line 1"), "{asked:?}");
        // Said once more, it is done no second time.
        assert_eq!(scene.deliver(&server, &told).await.status, 202);
        let comment = there.comment(COLLABORATOR, On::PullRequest(number), "nice").unwrap();
        assert_eq!(scene.deliver(&server, &comment).await.status, 202);
        let details = server.details(&id).await;
        assert_eq!(details["runs"].as_array().unwrap().len(), 2, "{details}");
    }

    async fn a_failing_check_becomes_a_follow_up(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let (id, _) = with_pull_request(&scene, &server).await;
        let branch = there.pull_requests()[0].head.clone();
        let told = there.check_ends(&branch, "build", CheckEnd::Failed, "It does not build.").unwrap();
        assert_eq!(scene.deliver(&server, &told).await.status, 202);
        let heard = async {
            loop {
                let details = server.details(&id).await;
                if details["runs"].as_array().unwrap().len() == 2 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("no follow-up");
        server.finished(&id).await;
        let talk = server.conversation(&id).await;
        assert!(talk.iter().any(|(_, text)| text.contains("failed on your commit")), "{talk:?}");
    }
}
