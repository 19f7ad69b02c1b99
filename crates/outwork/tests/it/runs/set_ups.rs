//! The set-up of workspaces, in real sandboxes: `install` once, its failure told, and again when it is gone.

use std::time::{Duration, Instant};

use outwork_domain::{Cause, EventBody, RunMode};
use outwork_engine::FollowUp;
use serde_json::json;

use super::world::{World, on, then};
use crate::support::repository::Repository;
use crate::support::server::{Database, Ground};

const FILE: &str = ".cursor/environment.json";
const INSTALL: &str = "echo once >> \"$OUTWORK_ARTIFACTS/count\"; echo install says hi";
/// Succeeds where `install` ran exactly once.
const LOOK: &str = "Look\n\n```sh\ntest \"$(wc -l < \"$OUTWORK_ARTIFACTS/count\")\" = 1\n```\n";

fn set_up_by(repository: &Repository, key: &str, command: &str) {
    let file = json!({ key: command }).to_string();
    repository.commit_file("main", FILE, &file);
}

/// The results of an agent's tool calls.
async fn results(world: &World, id: outwork_domain::AgentId) -> Vec<String> {
    let texts = world.events(id).await.into_iter().filter_map(|event| {
        if let EventBody::ToolFinished { result, .. } = event.body {
            return Some(result.text);
        }
        None
    });
    texts.collect()
}

#[tokio::test]
async fn install_runs_once_and_before_the_first_command() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    set_up_by(&repository, "install", INSTALL);
    let at_work = world.work();
    let id = world.create(on(&[&repository], LOOK)).await;
    world.succeeded(id).await;
    let told = format!("The command `install` of {FILE} is done.\n\ninstall says hi");
    assert_eq!(world.notes(id).await, std::slice::from_ref(&told));
    world.follow_up(id, then(LOOK)).await;
    world.succeeded(id).await;
    assert_eq!(world.notes(id).await, [told]);
    drop(at_work);
}

/// Whether a tool is called or not; what is wrong is mended by the next run, which tries again.
#[tokio::test]
async fn an_install_that_fails_ends_the_run_and_is_tried_again() {
    let world = World::new().await;
    let at_work = world.work();
    let prompts = ["Go on\n\n```sh\necho here > here\n```\n", "Say hello."];
    for (ready, prompt) in ["READY", "READY_TOO"].into_iter().zip(prompts) {
        let repository = world.repository(&format!("{}.git", ready.to_lowercase()));
        let install = format!("test -n \"${ready}\" || {{ echo no compiler >&2; exit 3; }}");
        set_up_by(&repository, "install", &install);
        let id = world.create(on(&[&repository], prompt)).await;
        let failed = world.failed(id).await;
        let output = "no compiler\n[exit status 3]";
        let message = format!("the command `install` of {FILE} failed:\n\n{output}");
        assert_eq!(failed, (Cause::SetUpFailed, message));
        let told = format!("The command `install` of {FILE} failed.\n\n{output}");
        assert_eq!(world.notes(id).await, [told]);
        world.put_secret(ready, "yes").await;
        world.follow_up(id, then(prompt)).await;
        world.succeeded(id).await;
    }
    drop(at_work);
}

#[tokio::test]
async fn a_start_that_fails_is_told_to_people_and_to_the_model() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    set_up_by(&repository, "start", "echo no compiler >&2; exit 3");
    let at_work = world.work();
    let prompt = "Go on\n\n```sh\necho here > here\n```\n";
    let id = world.create(on(&[&repository], prompt)).await;
    world.succeeded(id).await;
    let sentence = format!("The command `start` of {FILE} failed.");
    let output = "no compiler\n[exit status 3]";
    assert_eq!(world.notes(id).await, [format!("{sentence}\n\n{output}")]);
    let results = results(&world, id).await;
    let told = format!(
        "[{sentence} Tools or dependencies may be missing. Its output ended with:\n\n{output}]\n\n"
    );
    assert!(results[0].starts_with(&told), "{results:?}");
    drop(at_work);
}

#[tokio::test]
async fn the_end_of_a_long_output_holds_no_part_of_a_secret() {
    const VALUE: &str = "hunter2-hunter2-hunter2-hunter2";
    let world = World::new().await;
    world.put_secret("TOKEN", VALUE).await;
    let repository = world.repository("one.git");
    // The last 4 KiB begin within the value, wherever exactly they are counted from.
    let command = "printf %s \"$TOKEN$TOKEN$TOKEN\"; head -c 4080 /dev/zero | tr '\\0' x; echo";
    set_up_by(&repository, "install", command);
    let at_work = world.work();
    let id = world
        .create(on(&[&repository], "Look\n\n```sh\ntrue\n```\n"))
        .await;
    world.succeeded(id).await;
    let notes = world.notes(id).await;
    assert!(notes[0].contains("xxxx"), "{notes:?}");
    for length in 4..VALUE.len() {
        assert!(
            !notes[0].contains(&VALUE[VALUE.len() - length..]),
            "{notes:?}"
        );
    }
    drop(at_work);
}

/// A plan lays the workspace again and sets nothing up in it.
#[tokio::test]
async fn a_workspace_that_a_plan_laid_is_set_up_by_the_next_run() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    set_up_by(&repository, "install", INSTALL);
    let at_work = world.work();
    let id = world.create(on(&[&repository], LOOK)).await;
    world.succeeded(id).await;
    let workspace = world.ground.workspace(&id.to_string());
    assert!(workspace.exists());
    // The clock is the machine's, and the run ended a moment ago.
    let deadline = Instant::now() + Duration::from_secs(20);
    while workspace.exists() {
        assert!(Instant::now() < deadline, "the workspace stays");
        world
            .reconciler_keeping(Duration::ZERO)
            .tick()
            .await
            .unwrap();
    }
    let in_mode = |mode| FollowUp {
        mode: Some(mode),
        ..then(LOOK)
    };
    world.follow_up(id, in_mode(RunMode::Plan)).await;
    world.succeeded(id).await;
    assert!(workspace.exists());
    world.follow_up(id, in_mode(RunMode::Agent)).await;
    world.succeeded(id).await;
    drop(at_work);
}

/// A process by a variable that it was started with.
fn is_alive(mark: &str) -> bool {
    let mark = format!("MARK={mark}");
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.into_iter().any(|process| {
        let variables = std::fs::read(process.path().join("environ"));
        let variables = variables.unwrap_or_default();
        variables
            .split(|byte| *byte == 0)
            .any(|one| one == mark.as_bytes())
    })
}

#[tokio::test]
async fn what_start_leaves_running_serves_the_run_and_ends_with_it() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    let mark = uuid::Uuid::new_v4().to_string();
    // One keeps the output open, the other leaves its session; both print for ever.
    let start = format!(
        "export MARK={mark}; cd /tmp; echo served > page; python3 -u -m http.server 3456 & \
         (setsid sh -c 'while :; do echo x; sleep 0.01; done' &); \
         until (: < /dev/tcp/127.0.0.1/3456) 2> /dev/null; do sleep 0.05; done"
    );
    set_up_by(&repository, "start", &start);
    let at_work = world.work();
    let ask =
        "exec 3<>/dev/tcp/127.0.0.1/3456; printf 'GET /page HTTP/1.0\\n\\n' >&3; tail -n 1 <&3";
    // What a block leaves is not there for the next, what `start` left is there for each.
    let prompt = format!(
        "Look\n\n```sh\nsleep 98765 & {ask}\n```\n\n```sh\n{ask}; pgrep -fc '^sleep 98765'; true\n```\n"
    );
    let id = world.create(on(&[&repository], &prompt)).await;
    world.succeeded(id).await;
    assert_eq!(results(&world, id).await, ["served\n", "served\n0\n"]);
    assert!(!is_alive(&mark));
    drop(at_work);
}

/// The call that waits for `install` is in the transcript before `install` has ended.
#[tokio::test]
async fn an_install_that_a_kill_interrupted_runs_again() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 3);
    let install = "cd \"$OUTWORK_ARTIFACTS\"; if test -e begun; then touch done; exit; fi; touch begun; sleep 600";
    set_up_by(&repository, "install", install);
    let key = ground.key("dev@example.com");
    let server = ground.serve(&key);
    let prompt = "Look\n\n```sh\ntest -e \"$OUTWORK_ARTIFACTS/done\"\n```\n";
    let id = server.launch(&repository.url(), prompt).await;
    server.stream(&id, "tool_called").await;
    let begun = ground.workspace(&id).join("artifacts/begun");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !begun.exists() {
        assert!(tokio::time::Instant::now() < deadline, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.kill();
    let server = ground.serve(&key);
    server.finished(&id).await;
}
