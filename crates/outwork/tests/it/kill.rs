//! kill -9 of the server at random moments: every accepted run goes on by itself and ends well.
//!
//! `OUTWORK_KILL_RUNS`, `OUTWORK_KILLS` and `OUTWORK_SEED` make it longer or repeat it.

use std::collections::HashMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;

use crate::support::processes::{all, confined, marked, mounts_naming, no_sandbox};
use crate::support::repository::Repository;
use crate::support::server::{Database, Ground, Server};

/// Blocks of a prompt; long enough together for a kill to find the run under way.
const STEPS: usize = 6;

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads how long it is to run"
)]
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(otherwise, |text| text.parse().unwrap())
}

fn prompt(n: usize) -> String {
    // Each block may run twice when a kill interrupts it, so its effect is the same twice.
    let blocks: Vec<String> = (1..=STEPS)
        .map(|step| format!("```sh\nsleep 0.2\necho {n}.{step} > step{step}\n```"))
        .collect();
    format!("Agent {n}\n\n{}", blocks.join("\n\n"))
}

/// Attempts in a row that kills may cost a run; one that dies with its worker five times without
/// progress is given up, which is another test's matter.
const STALLS_MAX: u64 = 3;

/// What the driver has seen of each agent's run: its attempt when it last got on, and how far it was.
#[derive(Default)]
struct Seen(HashMap<String, (u64, usize)>);

impl Seen {
    /// Looks at an agent; tells whether its run is under way, and whether it can bear another kill.
    async fn look(&mut self, server: &Server, id: &str) -> (bool, bool) {
        let run = &server.details(id).await["runs"][0];
        let attempt = run["attempt"].as_u64().unwrap();
        if matches!(run["state"].as_str(), Some("succeeded" | "failed")) {
            return (false, true);
        }
        let got_on = |event: &Value| {
            event["type"] == "tool_finished" && event["result"]["status"] != "interrupted"
        };
        let far = server
            .events(id)
            .await
            .iter()
            .filter(|event| got_on(event))
            .count();
        let last = self.0.entry(id.to_owned()).or_insert((attempt, far));
        if far > last.1 {
            *last = (attempt, far);
        }
        (true, attempt - last.0 < STALLS_MAX)
    }
}

/// Waits for a random moment at which every run can bear a kill; tells whether one was under way.
async fn random_moment(
    server: &Server,
    random: &mut StdRng,
    agents: &[String],
    seen: &mut Seen,
) -> bool {
    tokio::time::sleep(Duration::from_millis(random.random_range(100..900))).await;
    loop {
        let mut under_way = false;
        let mut bearable = true;
        for id in agents {
            let (this_under_way, this_bearable) = seen.look(server, id).await;
            under_way |= this_under_way;
            bearable &= this_bearable;
        }
        if bearable {
            return under_way;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn kills(database: Database) {
    let runs = usize::try_from(setting("OUTWORK_KILL_RUNS", 30)).unwrap();
    let kills = setting("OUTWORK_KILLS", 25);
    let seed = setting("OUTWORK_SEED", rand::random());
    println!("OUTWORK_SEED={seed} OUTWORK_KILL_RUNS={runs} OUTWORK_KILLS={kills}");
    let mut random = StdRng::seed_from_u64(seed);
    let ground = Ground::new(database);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 60);
    let key = ground.key("dev@example.com");
    let data_dir = ground.data_dir();
    let mut server = ground.serve(&key);
    let mut agents: Vec<String> = Vec::new();
    let (mut at_work, mut in_sandboxes, mut outlived) = (0, 0, 0);
    let mut seen = Seen::default();
    for round in 0..kills {
        // New work arrives between the kills, so that each finds some under way.
        let due = runs * (usize::try_from(round).unwrap() + 1) / usize::try_from(kills).unwrap();
        while agents.len() < due {
            let n = agents.len();
            agents.push(server.launch(&repository.url(), &prompt(n)).await);
        }
        at_work += u32::from(random_moment(&server, &mut random, &agents, &mut seen).await);
        in_sandboxes += u32::from(!confined(&data_dir).is_empty());
        server.kill();
        no_sandbox(&data_dir).await;
        let left = marked(&data_dir);
        outlived += left.len();
        server = ground.serve(&key);
        let still: Vec<_> = marked(&data_dir)
            .into_iter()
            .filter(|process| left.contains(process))
            .collect();
        assert_eq!(still, [], "it outlived the next start");
    }
    println!("{at_work} of {kills} kills found work under way, {in_sandboxes} in sandboxes");
    println!("{outlived} processes outlived their servers until the next one's start");
    for (n, id) in agents.iter().enumerate() {
        ended_well(&server, &repository, n, id).await;
    }
    assert_eq!(
        server.pull_requests().await.len(),
        runs,
        "one pull request each"
    );
    assert_eq!(repository.branches().len(), runs + 1);
    assert!(u64::from(at_work) * 2 > kills, "most kills hit nothing");
    assert!(in_sandboxes > 0, "the control: no sandbox was ever seen");
    nothing_is_left(&ground, server, &agents).await;
}

/// Each block's effect is there, once, in one commit, under one prompt, in events without a gap.
async fn ended_well(server: &Server, repository: &Repository, n: usize, id: &str) {
    let agent = server.finished(id).await;
    let branch = agent["target"]["branchName"].as_str().unwrap();
    assert_eq!(
        repository.commits_of(branch).len(),
        1,
        "{id}: doubled commits"
    );
    for step in 1..=STEPS {
        assert_eq!(
            repository.file(branch, &format!("step{step}")),
            format!("{n}.{step}\n")
        );
    }
    let prompts = server.conversation(id).await;
    assert_eq!(
        prompts
            .iter()
            .filter(|(kind, _)| kind == "user_message")
            .count(),
        1
    );
    let events = server.events(id).await;
    let seqs: Vec<u64> = events
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert!(
        seqs.iter()
            .copied()
            .eq(1..=u64::try_from(seqs.len()).unwrap()),
        "a gap: {seqs:?}"
    );
}

/// After deletion and an orderly stop nothing of the agents is on the disk.
async fn nothing_is_left(ground: &Ground, server: Server, agents: &[String]) {
    for id in agents {
        assert_eq!(
            server
                .call("DELETE", &format!("/v0/agents/{id}"), None)
                .await
                .0,
            200
        );
    }
    let workspaces = ground.data_dir().join("workspaces");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while std::fs::read_dir(&workspaces).unwrap().count() > 0 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "workspaces are left\n{}",
            server.log()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(server.stop().success());
    for folder in ["intake", "trash"] {
        let folder = ground.data_dir().join(folder);
        let left: Vec<_> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
    assert_eq!(all(&ground.data_dir()), []);
    assert_eq!(mounts_naming(ground.path()), Vec::<String>::new());
}

#[tokio::test]
async fn kills_on_sqlite() {
    kills(Database::Sqlite).await;
}

#[tokio::test]
async fn kills_on_postgres() {
    kills(Database::postgres()).await;
}
