//! Bombs: whatever a run does to use the machine up, it fails in clear words, and the run beside it goes on.

use outwork_domain::{AgentId, Cause, EventBody, ModelChoice};
use outwork_sandbox::{LimitsMode, ResourceLimits};
use outwork_stand_ins::model_server::ModelServer;
use serde_json::json;

use super::world::{World, on};

/// Small, so that a bomb takes little, also if its limit should not hold.
const LIMITS: ResourceLimits = ResourceLimits {
    open_files: 256,
    file_bytes: 1 << 30,
    processes: 128,
    memory_bytes: 512 << 20,
    cpu_percent: 100,
    disk_bytes: 32 << 20,
    disk_files: 2000,
    disk_write_bytes_per_sec: 100 << 20,
    tmp_bytes: 64 << 20,
    home_bytes: 64 << 20,
    shm_bytes: 16 << 20,
};

/// Steps like those of any run.
const NEIGHBOUR: &str = "Work\n\n```sh\necho one >> file\n```\n\n```sh\ngit status\n```\n\n\
                         ```sh\necho two >> file; cat file\n```\n\n```sh\nls -la > listing\n```\n";

/// Runs a bomb beside an ordinary run, which must end well; gives what the bomb's command told, and why its
/// run failed.
async fn explode(command: &str) -> (String, (Cause, String), LimitsMode) {
    let mut world = World::new().await;
    world.limits = LIMITS;
    let (ours, theirs) = (world.repository("ours.git"), world.repository("theirs.git"));
    let at_work = world.work();
    let prompt = format!("Explode\n\n```sh\n{command}\n```\n");
    let bomb = world.create(on(&[&theirs], &prompt)).await;
    began(&world, bomb).await;
    let neighbour = world.create(on(&[&ours], NEIGHBOUR)).await;
    world.succeeded(neighbour).await;
    let failed = world.failed(bomb).await;
    // And the machine is as it was.
    let after = world.create(on(&[&ours], NEIGHBOUR)).await;
    world.succeeded(after).await;
    let told = result(&world, bomb).await;
    drop(at_work);
    (told, failed, world.limits_mode())
}

/// Waits until the run calls its tool.
async fn began(world: &World, id: AgentId) {
    let mut bell = world.engine.store().agent_bell(id);
    let called = async {
        loop {
            let events = world.events(id).await;
            let is_call = |body: &EventBody| matches!(body, EventBody::ToolCalled { .. });
            if events.iter().any(|event| is_call(&event.body)) {
                return;
            }
            drop(tokio::time::timeout(super::world::PATIENCE, bell.changed()).await);
        }
    };
    tokio::time::timeout(super::world::PATIENCE, called)
        .await
        .expect("the bomb's tool is never called");
}

/// The last result of the agent's tool calls.
async fn result(world: &World, id: AgentId) -> String {
    let mut texts = world.events(id).await.into_iter().filter_map(|event| {
        if let EventBody::ToolFinished { result, .. } = event.body {
            return Some(result.text);
        }
        None
    });
    texts.next_back().expect("the bomb's tool gave no result")
}

fn assert_told(told: &str, words: &str) {
    assert!(told.contains(words), "{words:?} is not in {told}");
}

#[tokio::test]
async fn memory() {
    let eat = "python3 -c 'import time; x = b\"x\" * (2 << 30); time.sleep(600)'";
    let (told, (cause, _), _) = explode(eat).await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(&told, "the memory limit of 512 MiB was reached");
}

#[tokio::test]
async fn processes() {
    let fork = "python3 -c '\nimport os\nwhile True: os.fork()\n'";
    let (told, (cause, _), mode) = explode(fork).await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(&told, "Resource temporarily unavailable");
    match mode {
        LimitsMode::Cgroup1 | LimitsMode::Cgroup2 => {
            assert_told(&told, "the limit of 128 processes and threads was reached");
        }
        LimitsMode::Rlimit => {}
    }
}

#[tokio::test]
async fn the_limit_on_processes_is_known_inside() {
    let (told, _, _) = explode("ulimit -u; exit 3").await;
    assert_told(&told, "128\n");
}

#[tokio::test]
async fn cpu() {
    let burn = "for n in $(seq 32); do while :; do :; done & done; sleep 4; exit 3";
    let (told, (cause, _), _) = explode(burn).await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(&told, "[exit status 3]");
}

#[tokio::test]
async fn disk() {
    let fill = "head -c 100M /dev/urandom > big; sync big; sleep 600";
    let (told, (cause, _), _) = explode(fill).await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(
        &told,
        "the workspace is over its limit of 32 MiB or 2000 files",
    );
}

#[tokio::test]
async fn files() {
    let fill = "mkdir many; for n in $(seq 6000); do : > many/$n; done; sleep 600";
    let (told, (cause, _), _) = explode(fill).await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(&told, "or 2000 files: all commands were ended");
}

#[tokio::test]
async fn a_sparse_file_of_a_terabyte() {
    let (told, (cause, _), _) = explode("truncate -s 1T sparse").await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(&told, "[ended by signal 25");
}

#[tokio::test]
async fn descriptors() {
    let open = "python3 -c '\nkept = []\nwhile True: kept.append(open(\"/dev/null\"))\n'";
    let (told, (cause, _), _) = explode(open).await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(&told, "Too many open files");
}

#[tokio::test]
async fn output() {
    let (told, (cause, _), _) = explode("yes | head -c 100M; exit 3").await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(&told, "bytes left out");
    assert_told(&told, "[exit status 3]");
    assert!(told.len() <= outwork_domain::limits::OUTPUT_TO_MODEL_BYTES_MAX);
}

#[tokio::test]
async fn a_scratch_folder() {
    let (told, (cause, _), _) = explode("head -c 500M /dev/zero > /tmp/big").await;
    assert_eq!(cause, Cause::ScriptFailed);
    assert_told(&told, "No space left on device");
}

#[tokio::test]
async fn a_workspace_that_goes_on_growing() {
    grows(&["a", "b", "c"]).await;
}

#[tokio::test]
async fn a_growing_workspace_is_told_as_that_by_a_model_that_calls_it_done() {
    grows(&["a", "b"]).await;
}

/// A model that fills these files, one a turn, and says that it is done.
async fn grows(files: &[&str]) {
    let server = ModelServer::start().await.unwrap();
    let mut world = World::asking(&server).await;
    world.limits = LIMITS;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let fill = |file: &&str| {
        let command = format!("head -c 60M /dev/urandom > {file}; sync {file}; sleep 600");
        json!({ "calls": [{ "shell": command }] })
    };
    let mut turns: Vec<_> = files.iter().map(fill).collect();
    turns.push(json!({ "text": "done" }));
    let script = json!({ "turns": turns });
    let mut new = on(
        &[&repository],
        &format!("Grow\n\n[[script-json: {script}]]"),
    );
    new.model = Some(ModelChoice::of("asked".parse().unwrap()));
    let id = world.create(new).await;
    let (cause, message) = world.failed(id).await;
    assert_eq!(cause, Cause::DiskExceeded, "{message}");
    assert_told(&message, "kept growing beyond its limit of 32 MiB");
    let told = result(&world, id).await;
    assert_told(
        &told,
        "the sandbox was lost, files are kept; the workspace kept growing",
    );
    drop(at_work);
}
