//! The product's main job through the real program: prompt to pull request, follow-up, delete.

use crate::support::processes;
use crate::support::repository::Repository;
use crate::support::server::{Database, Ground, Server};
use serde_json::json;

const FIRST: &str = "Add a greeting\n\n```sh\necho hello > GREETING.md\nmkdir -p deep/er\necho 1 > deep/er/one.txt\n```\n\n```sh\nrm src/dir0/file0.txt\ncp GREETING.md \"$OUTWORK_ARTIFACTS/greeting.txt\"\n```\n";
const SECOND: &str = "Say it louder\n\n```sh\necho HELLO >> GREETING.md\n```\n";

async fn prompt_to_pull_request(database: Database) {
    let ground = Ground::new(database);
    let repository = Repository::with_files(&ground.repositories(), "tools.git", 220);
    let server = ground.serve(&ground.key("dev@example.com"));
    let id = server.launch(&repository.url(), FIRST).await;
    let agent = server.finished(&id).await;
    let branch = agent["target"]["branchName"].as_str().unwrap().to_owned();
    assert!(branch.starts_with("outwork/add-a-greeting-"), "{branch}");
    the_branch_holds_the_diff(&repository, &branch);
    let talk = server.conversation(&id).await;
    assert_eq!(talk[0], ("user_message".to_owned(), FIRST.to_owned()));
    let answers = talk[1..]
        .iter()
        .filter(|(kind, _)| kind == "assistant_message");
    assert!(answers.count() > 0, "{talk:?}");
    let pulls = server.pull_requests().await;
    assert_eq!(pulls.len(), 1);
    assert_eq!(agent["target"]["prUrl"], pulls[0]["url"]);
    assert_eq!(pulls[0]["head"], branch.as_str());
    the_artifact_can_be_fetched(&server, &id).await;
    a_follow_up_goes_on(&server, &repository, &id, &branch).await;
    merging_reaches_main(&server, &repository).await;
    deleting_leaves_nothing(&server, &id).await;
    assert!(server.stop().success());
}

fn the_branch_holds_the_diff(repository: &Repository, branch: &str) {
    assert_eq!(repository.commits_of(branch).len(), 1);
    let changed = repository.git(&["diff", "--name-status", "main", branch]);
    assert_eq!(
        changed.lines().collect::<Vec<_>>(),
        [
            "A\tGREETING.md",
            "A\tdeep/er/one.txt",
            "D\tsrc/dir0/file0.txt"
        ]
    );
    assert_eq!(repository.file(branch, "GREETING.md"), "hello\n");
}

async fn the_artifact_can_be_fetched(server: &Server, id: &str) {
    let (status, list) = server
        .call("GET", &format!("/v0/agents/{id}/artifacts"), None)
        .await;
    assert_eq!(
        (status, list["artifacts"].as_array().unwrap().len()),
        (200, 1),
        "{list}"
    );
    let path = list["artifacts"][0]["absolutePath"].as_str().unwrap();
    assert_eq!(path, "/opt/cursor/artifacts/greeting.txt");
    let link = format!("/v0/agents/{id}/artifacts/download?path={path}");
    let (_, link) = server.call("GET", &link, None).await;
    let bytes = server
        .http
        .get(link["url"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(bytes.text().await.unwrap(), "hello\n");
}

async fn a_follow_up_goes_on(server: &Server, repository: &Repository, id: &str, branch: &str) {
    server.follow_up(id, SECOND).await;
    assert_eq!(server.agent(id).await["status"], "RUNNING");
    let agent = server.finished(id).await;
    assert_eq!(agent["target"]["branchName"], branch);
    assert_eq!(repository.commits_of(branch).len(), 2);
    assert_eq!(repository.file(branch, "GREETING.md"), "hello\nHELLO\n");
    let pulls = server.pull_requests().await;
    assert_eq!(pulls.len(), 1, "a follow-up keeps the pull request");
    let tip = repository.git(&["rev-parse", branch]);
    assert_eq!(pulls[0]["headCommit"].as_str().unwrap(), tip.trim());
}

async fn merging_reaches_main(server: &Server, repository: &Repository) {
    let number = server.pull_requests().await[0]["number"].as_u64().unwrap();
    let merge = format!("/api/v1/pull-requests/{number}/merge");
    let (status, merged) = server.call("POST", &merge, None).await;
    assert_eq!(
        (status, merged["state"].as_str()),
        (200, Some("merged")),
        "{merged}"
    );
    assert_eq!(repository.file("main", "GREETING.md"), "hello\nHELLO\n");
}

async fn deleting_leaves_nothing(server: &Server, id: &str) {
    let (status, _) = server
        .call("DELETE", &format!("/v0/agents/{id}"), None)
        .await;
    assert_eq!(status, 200);
    for path in ["", "/conversation", "/artifacts"] {
        let (status, body) = server
            .call("GET", &format!("/v0/agents/{id}{path}"), None)
            .await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (404, &json!("agent_not_found"))
        );
    }
}

#[tokio::test]
async fn prompt_to_pull_request_on_sqlite() {
    prompt_to_pull_request(Database::Sqlite).await;
}

#[tokio::test]
async fn prompt_to_pull_request_on_postgres() {
    prompt_to_pull_request(Database::postgres()).await;
}

/// A run that fails says why, in its status and in words; nothing is pushed.
#[tokio::test]
async fn a_failed_block_ends_the_run_with_its_output() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let server = ground.serve(&ground.key("dev@example.com"));
    let id = server
        .launch(
            &repository.url(),
            "Break\n```sh\necho the-reason >&2; exit 3\n```",
        )
        .await;
    assert_eq!(server.ended(&id).await["status"], "ERROR");
    let run = &server.details(&id).await["runs"][0];
    assert_eq!(run["cause"], "script_failed");
    assert!(
        run["message"].as_str().unwrap().contains("the-reason"),
        "{run}"
    );
    assert_eq!(repository.branches(), ["main"]);

    server
        .follow_up(&id, "Mend\n```sh\necho better > b\n```")
        .await;
    let agent = server.finished(&id).await;
    let branch = agent["target"]["branchName"].as_str().unwrap();
    assert_eq!(repository.file(branch, "b"), "better\n");
}

/// Nothing to publish is a success without branch and pull request.
#[tokio::test]
async fn an_empty_diff_publishes_nothing() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let server = ground.serve(&ground.key("dev@example.com"));
    let id = server
        .launch(&repository.url(), "Look\n```sh\nls; echo x > y; rm y\n```")
        .await;
    let agent = server.finished(&id).await;
    assert_eq!(agent["target"].get("prUrl"), None);
    assert_eq!(repository.branches(), ["main"]);
    let events = server.events(&id).await;
    assert!(
        events
            .iter()
            .any(|event| event["type"] == "nothing_to_publish"),
        "{events:?}"
    );
}

/// The control of what is asserted to be empty later: bubblewrap has the mark, the command is confined.
fn a_sandbox_is_seen(ground: &Ground, command: &str) {
    let has = |processes: &[processes::Process], words: &str| {
        processes.iter().any(|(_, line)| line.contains(words))
    };
    let marked = processes::marked(&ground.data_dir());
    assert!(has(&marked, "bwrap"), "{marked:?}");
    assert!(!has(&marked, command), "the mark leaked: {marked:?}");
    let confined = processes::confined(&ground.data_dir());
    assert!(has(&confined, command), "{confined:?}");
}

/// Stop answers at once, the run ends, its processes are gone and nothing is pushed.
#[tokio::test]
async fn a_stopped_agent_leaves_nothing_running() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let server = ground.serve(&ground.key("dev@example.com"));
    let id = server
        .launch(&repository.url(), "Wait\n```sh\necho begun; sleep 600\n```")
        .await;
    let stream = server.stream(&id, "tool_output").await;
    assert!(stream.contains("begun"), "{stream}");
    a_sandbox_is_seen(&ground, "sleep 600");
    let (status, _) = server
        .call("POST", &format!("/v0/agents/{id}/stop"), None)
        .await;
    assert_eq!(status, 200);
    assert_eq!(server.ended(&id).await["status"], "FINISHED");
    assert_eq!(server.details(&id).await["runs"][0]["state"], "cancelled");
    assert_eq!(processes::all(&ground.data_dir()), []);
    assert_eq!(repository.branches(), ["main"]);
    let (status, _) = server
        .call("POST", &format!("/v0/agents/{id}/stop"), None)
        .await;
    assert_eq!(status, 200, "twice is as once");
    server
        .follow_up(&id, "Go on\n```sh\necho more > m\n```")
        .await;
    server.finished(&id).await;
}

/// An orderly stop hands runs back; the next server goes on without a lost attempt.
#[tokio::test]
async fn an_orderly_stop_hands_runs_back() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let key = ground.key("dev@example.com");
    let server = ground.serve(&key);
    let prompt = "Slow\n```sh\necho begun; test -e /opt/cursor/artifacts/mark || { touch /opt/cursor/artifacts/mark; sleep 600; }\n```\n```sh\necho done > d\n```";
    let id = server.launch(&repository.url(), prompt).await;
    server.stream(&id, "tool_output").await;
    a_sandbox_is_seen(&ground, "sleep 600");
    assert!(server.stop().success());
    assert_eq!(processes::all(&ground.data_dir()), []);
    let server = ground.serve(&key);
    let agent = server.finished(&id).await;
    let branch = agent["target"]["branchName"].as_str().unwrap();
    assert_eq!(repository.file(branch, "d"), "done\n");
}

/// A follow-up goes on from what a person pushed to the branch meanwhile.
#[tokio::test]
async fn a_follow_up_goes_on_from_a_moved_branch() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let server = ground.serve(&ground.key("dev@example.com"));
    let id = server
        .launch(&repository.url(), "One\n```sh\necho 1 > one\n```")
        .await;
    let agent = server.finished(&id).await;
    let branch = agent["target"]["branchName"].as_str().unwrap();
    repository.commit_file(branch, "theirs", "by hand\n");
    server
        .follow_up(&id, "Two\n```sh\ncat theirs; echo 2 > two\n```")
        .await;
    server.finished(&id).await;
    assert_eq!(repository.commits_of(branch).len(), 3);
    for (path, text) in [("one", "1\n"), ("theirs", "by hand\n"), ("two", "2\n")] {
        assert_eq!(repository.file(branch, path), text);
    }
}

/// A branch that moves while the run works is merged with, never overwritten.
#[tokio::test]
async fn a_branch_that_moves_during_a_run_is_merged_with() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let server = ground.serve(&ground.key("dev@example.com"));
    let id = server
        .launch(&repository.url(), "One\n```sh\necho 1 > one\n```")
        .await;
    let agent = server.finished(&id).await;
    let branch = agent["target"]["branchName"].as_str().unwrap();
    let wait = "Two\n```sh\necho ready\nfor n in $(seq 600); do test -e $OUTWORK_ARTIFACTS/go && break; sleep 0.1; done\necho 2 > two\n```";
    server.follow_up(&id, wait).await;
    server.stream(&id, "tool_output").await;
    repository.commit_file(branch, "theirs", "by hand\n");
    ground.touch_artifact(&id, "go");
    server.finished(&id).await;
    for (path, text) in [("one", "1\n"), ("theirs", "by hand\n"), ("two", "2\n")] {
        assert_eq!(repository.file(branch, path), text);
    }
}

/// A branch that was deleted on the remote is made again by the follow-up.
#[tokio::test]
async fn a_follow_up_makes_a_deleted_branch_again() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let server = ground.serve(&ground.key("dev@example.com"));
    let one = "One\n```sh\necho 1 > one\n```";
    let id = server.launch(&repository.url(), one).await;
    let agent = server.finished(&id).await;
    let branch = agent["target"]["branchName"].as_str().unwrap();
    repository.git(&["update-ref", "-d", &format!("refs/heads/{branch}")]);
    server.follow_up(&id, "Two\n```sh\necho 2 > two\n```").await;
    server.finished(&id).await;
    assert_eq!(repository.commits_of(branch).len(), 2);
    assert_eq!(repository.file(branch, "one"), "1\n");
}

/// The pull request that goes on from a merged one shows what came since, not what is merged already.
#[tokio::test]
async fn what_was_merged_is_not_shown_again() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let server = ground.serve(&ground.key("dev@example.com"));
    let id = server.launch(&repository.url(), FIRST).await;
    server.finished(&id).await;
    server.follow_up(&id, SECOND).await;
    server.finished(&id).await;
    merging_reaches_main(&server, &repository).await;
    server
        .follow_up(&id, "Three\n```sh\necho 3 > three\n```")
        .await;
    server.finished(&id).await;
    let pulls = server.pull_requests().await;
    assert_eq!(pulls.len(), 2, "{pulls:?}");
    let path = format!("/api/v1/pull-requests/{}", pulls[0]["number"]);
    let (_, shown) = server.call("GET", &path, None).await;
    let head = shown["head"].as_str().unwrap();
    let fork = repository.git(&["merge-base", "main", head]);
    assert_eq!(shown["baseCommit"], fork.trim(), "{shown}");
}

/// An agent cannot bring the server down with folders nested deeper than a stack.
#[tokio::test]
async fn deeply_nested_folders_are_removed() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let server = ground.serve(&ground.key("dev@example.com"));
    let nest = "Nest\n```sh\nperl -e 'for (1..30000) { mkdir \"d\"; chdir \"d\" }'\n```";
    let id = server.launch(&repository.url(), nest).await;
    server.ended(&id).await;
    let (status, _) = server
        .call("DELETE", &format!("/v0/agents/{id}"), None)
        .await;
    assert_eq!(status, 200);
    let gone = || !ground.workspace(&id).exists();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while !gone() {
        assert!(tokio::time::Instant::now() < deadline, "{}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(server.stop().success());
    let trash = std::fs::read_dir(ground.data_dir().join("trash")).unwrap();
    assert_eq!(trash.count(), 0);
}

/// A push that the repository's hook refuses ends the run with the hook's words.
#[tokio::test]
async fn a_refused_push_ends_the_run_with_the_words_of_the_remote() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    repository.refuse_pushes("only on tuesdays");
    let server = ground.serve(&ground.key("dev@example.com"));
    let id = server
        .launch(&repository.url(), "One\n```sh\necho 1 > one\n```")
        .await;
    assert_eq!(server.ended(&id).await["status"], "ERROR");
    let run = &server.details(&id).await["runs"][0];
    assert_eq!(run["cause"], "push_denied", "{run}");
    assert!(
        run["message"]
            .as_str()
            .unwrap()
            .contains("only on tuesdays"),
        "{run}"
    );
}
