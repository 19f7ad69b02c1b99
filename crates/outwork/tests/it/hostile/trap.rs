//! A trap, the run that leaves it, and the person who falls for it.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join_all;
use outwork_domain::{AgentId, Cause};

use crate::runs::world::{World, branch, on, then};
use crate::support::repository::Repository;

/// Shell functions that write objects which git itself would not.
const TOOLS: &str = r#"
raw() { git hash-object -t "$1" -w --literally --stdin; }
entry() { printf '%s %s\0' "$1" "$2"; printf %s "$3" | perl -pe '$_ = pack("H*", $_)'; }
commit_of() { printf 'tree %s\nparent %s\nauthor %s\ncommitter %s\n\nx\n' \
  "$1" "$(git rev-parse HEAD)" "${2:-A <a@example.com> 1700000002 +0000}" "${2:-A <a@example.com> 1700000002 +0000}" | raw commit; }
blob=$(echo text | git hash-object -w --stdin)
"#;
/// What makes good again what must not be published.
const MEND: &str =
    "git reset -q --hard \"$(git rev-list --max-parents=0 --all | tail -1)\"; git clean -qfdx";

/// Something hostile in a workspace. In its texts `@RUN@` is a command that leaves a mark on the host and
/// can leave none in a sandbox, `@THEIRS@` the repository of the attacker, `@OURS@` the agent's.
pub struct Trap {
    pub name: &'static str,
    /// What the run's commands do.
    pub laid: &'static str,
    pub ends: Ends,
    pub proof: Proof,
}

/// What becomes of the run that lays it.
pub enum Ends {
    /// Its work is delivered as it is.
    Delivered,
    /// It is not published, for a reason with those words; what follows without the trap is delivered.
    Refused(&'static str),
}

/// How a person on the host falls for it.
pub enum Proof {
    /// These commands execute `@RUN@`.
    Executes(&'static str),
    /// These commands push to `@THEIRS@`.
    Redirects(&'static str),
    /// Why there is nothing to fall for.
    Nothing(&'static str),
}

pub const fn executes(name: &'static str, laid: &'static str, by: &'static str) -> Trap {
    Trap {
        name,
        laid,
        ends: Ends::Delivered,
        proof: Proof::Executes(by),
    }
}

pub const fn redirects(name: &'static str, laid: &'static str, by: &'static str) -> Trap {
    Trap {
        name,
        laid,
        ends: Ends::Delivered,
        proof: Proof::Redirects(by),
    }
}

pub const fn harmless(name: &'static str, laid: &'static str, why: &'static str) -> Trap {
    Trap {
        name,
        laid,
        ends: Ends::Delivered,
        proof: Proof::Nothing(why),
    }
}

pub const fn refused(name: &'static str, laid: &'static str, words: &'static str) -> Trap {
    Trap {
        name,
        laid,
        ends: Ends::Refused(words),
        proof: Proof::Nothing("it is not let out of the sandbox"),
    }
}

/// A trap with the run that lays it.
struct Laid<'t> {
    trap: &'t Trap,
    ours: Repository,
    theirs: Repository,
    mark: PathBuf,
    agent: AgentId,
}

impl Laid<'_> {
    fn meant(&self, text: &str) -> String {
        meant(text, &self.mark, &self.theirs, &self.ours)
    }

    fn is_sprung(&self) -> bool {
        self.mark.exists()
    }

    fn is_redirected(&self) -> bool {
        self.theirs.branches() != ["main"]
    }
}

fn meant(text: &str, mark: &Path, theirs: &Repository, ours: &Repository) -> String {
    text.replace("@RUN@", &format!("touch {}", mark.display()))
        .replace("@MARK@", &mark.display().to_string())
        .replace("@THEIRS@", &theirs.url())
        .replace("@OURS@", &ours.url())
}

/// Lays all of them, each in an agent's workspace of its own, and sees what comes of it.
pub async fn lay_all(traps: &[Trap]) {
    let world = World::new().await;
    let canary = world.ground.path().join("canary");
    std::fs::create_dir(&canary).unwrap();
    let mut all = Vec::new();
    for (number, trap) in traps.iter().enumerate() {
        let ours = world.repository(&format!("ours-{number}.git"));
        let theirs = world.repository(&format!("theirs-{number}.git"));
        let mark = canary.join(number.to_string());
        let laid = meant(trap.laid, &mark, &theirs, &ours);
        let prompt = format!("Work\n\n~~~sh\necho honest > honest.txt\n{TOOLS}\n{laid}\n~~~\n");
        let agent = world.create(on(&[&ours], &prompt)).await;
        all.push(Laid {
            trap,
            ours,
            theirs,
            mark,
            agent,
        });
    }
    let at_work = world.work();
    // At once, since some of them make git wait; and each to its end: the others are worth a look, too.
    let seen = all.iter().map(|laid| {
        let seen = AssertUnwindSafe(see_through(&world, laid)).catch_unwind();
        seen.map(|seen| seen.is_err().then_some(laid.trap.name))
    });
    let seen = join_all(seen).await;
    let mut faults: Vec<&str> = seen.into_iter().flatten().collect();
    drop(at_work);
    assert_eq!(faults, Vec::<&str>::new());
    for laid in &all {
        if std::panic::catch_unwind(AssertUnwindSafe(|| prove(&world, laid))).is_err() {
            faults.push(laid.trap.name);
        }
    }
    assert_eq!(faults, Vec::<&str>::new(), "without a proof");
    remove(&world, &all).await;
}

/// The run that lays it, one more in the same workspace, and everything that the host does of itself.
async fn see_through(world: &World, laid: &Laid<'_>) {
    let name = laid.trap.name;
    let run = world.ended(laid.agent).await;
    let more = match laid.trap.ends {
        Ends::Delivered => {
            assert_eq!(run.state.word(), "succeeded", "{name}: {run:?}");
            "echo more >> honest.txt".to_owned()
        }
        Ends::Refused(words) => {
            let (cause, message) = run.failure.unwrap_or_else(|| panic!("{name}: published"));
            assert_eq!(cause, Cause::ImportRefused, "{name}: {message}");
            assert!(message.contains(words), "{name}: {message}");
            assert_eq!(laid.ours.branches(), ["main"], "{name}");
            format!("{MEND}; printf 'honest\\nmore\\n' > honest.txt")
        }
    };
    let prompt = format!("Go on\n\n~~~sh\n{more}\n~~~\n");
    world.follow_up(laid.agent, then(&prompt)).await;
    let run = world.ended(laid.agent).await;
    assert_eq!(run.state.word(), "succeeded", "{name}: {run:?}");
    let agent = world.agent(laid.agent).await;
    let made = branch(&agent.repositories[0]);
    assert_eq!(
        laid.ours.file(made, "honest.txt"),
        "honest\nmore\n",
        "{name}"
    );
    assert_eq!(laid.ours.branches(), ["main", made], "{name}");
    let diff = world.engine.diff_of_agent(world.account, laid.agent).await;
    assert!(diff.unwrap().contains("+honest"), "{name}");
    assert!(!laid.is_sprung(), "{name}: executed on the host");
    assert!(!laid.is_redirected(), "{name}: pushed elsewhere");
}

/// What the trap does to somebody who walks in.
fn prove(world: &World, laid: &Laid<'_>) {
    let name = laid.trap.name;
    let workspace = world.ground.workspace(&laid.agent.to_string()).join("repo");
    match laid.trap.proof {
        Proof::Executes(by) => {
            let output = person(world, &workspace, &laid.meant(by));
            assert!(laid.is_sprung(), "{name}: no proof: {output:?}");
        }
        Proof::Redirects(by) => {
            let output = person(world, &workspace, &laid.meant(by));
            assert!(laid.is_redirected(), "{name}: no proof: {output:?}");
        }
        Proof::Nothing(why) => println!("{name}: nothing to fall for: {why}"),
    }
}

/// Somebody who trusts the folder and has a configuration of nothing.
fn person(world: &World, workspace: &Path, commands: &str) -> Output {
    let home = world.ground.path();
    // In a file, since git hides variables from the programs at the other end.
    std::fs::write(home.join(".gitconfig"), "[safe]\n\tdirectory = *\n").unwrap();
    Command::new("/bin/sh")
        .args(["-c", commands])
        .current_dir(workspace)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "P")
        .env("GIT_AUTHOR_EMAIL", "p@example.com")
        .env("GIT_COMMITTER_NAME", "P")
        .env("GIT_COMMITTER_EMAIL", "p@example.com")
        .output()
        .unwrap()
}

/// The agents go, and with them every folder that they left, whatever is in it.
async fn remove(world: &World, all: &[Laid<'_>]) {
    for laid in all {
        let deleted = world.engine.delete_agent(world.account, laid.agent).await;
        deleted.unwrap();
    }
    world
        .reconciler_keeping(Duration::ZERO)
        .tick()
        .await
        .unwrap();
    for laid in all {
        let left = world.ground.workspace(&laid.agent.to_string());
        assert!(!left.exists(), "{}: {}", laid.trap.name, left.display());
    }
}
