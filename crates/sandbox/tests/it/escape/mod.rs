//! Ways out of a sandbox: each works outside, and none inside.
//!
//! Every attempt is made twice, by exact system calls: as the sandboxes' user without any wall, where it
//! must reach its goal, and inside, behind all walls, where it must not. What only root could do outside is
//! tried there by root. An attempt that this kernel knows nothing of is named and not counted.

mod attempts;
mod calls;
mod claims;
mod families;
mod kernel;
mod links;
mod mounts;
mod namespaces;
mod network;
mod processes;
mod program;
mod secrets;
mod services;
mod set_id;
mod system;
mod terminals;
mod tool_host;
mod workspaces;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{Permissions, copy, set_permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use outwork_domain::IsolationLevel;
use outwork_sandbox::{Access, Bind, User};

use crate::support::{UID, as_uid, launcher_of, marker, pids_with, run_in, script};
use attempts::Control;
use claims::claimed;
use program::{ONLY, WORLD, key, words};
use world::{Targets, World};

/// What the issue of this suite asks for; there are more.
const ATTEMPTS_MIN: usize = 100;
const CLASSES_MIN: usize = 12;
/// Where the programs lie that a plain user's suite cannot make itself.
const PROGRAMS: &str = "OUTWORK_ESCAPE_PROGRAMS";

/// The level of a plain user's suite, and the user.
const LEVEL: &str = "OUTWORK_ESCAPE_LEVEL";

#[tokio::test]
async fn nothing_gets_out() {
    suite(IsolationLevel::Full).await;
}

#[tokio::test]
async fn nothing_gets_out_without_proc() {
    suite(IsolationLevel::FullNoproc).await;
}

#[tokio::test]
async fn what_weak_walls_claim_holds() {
    suite(IsolationLevel::Weak).await;
}

#[tokio::test]
async fn nothing_gets_out_of_the_sandbox_of_a_plain_user() {
    plain_user(IsolationLevel::Full).await;
}

#[tokio::test]
async fn nothing_gets_out_of_the_sandbox_of_a_plain_user_without_proc() {
    plain_user(IsolationLevel::FullNoproc).await;
}

#[tokio::test]
async fn what_the_weak_walls_of_a_plain_user_claim_holds() {
    plain_user(IsolationLevel::Weak).await;
}

async fn plain_user(level: IsolationLevel) {
    if !Uid::effective().is_root() {
        // The suite above was that of a plain user.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(programs(folder.path()).1);
    command
        .args([
            "--exact",
            "escape::as_a_plain_user",
            "--ignored",
            "--nocapture",
        ])
        .env(PROGRAMS, folder.path())
        .env(LEVEL, level.word())
        .env_remove("TMPDIR")
        .current_dir("/");
    as_uid(&mut command, uid_of(level) + 1000);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(said.contains("escapes: 0"), "it did not run: {said}");
}

#[tokio::test]
#[ignore = "started by the test above, as a plain user"]
async fn as_a_plain_user() {
    if !Uid::effective().is_root() {
        let told = std::env::vars().find(|(name, _)| name == LEVEL);
        suite(told.map_or(IsolationLevel::Full, |(_, level)| level.parse().unwrap())).await;
    }
}

/// A user for the suite of each level: they may run at the same time, and each looks for what is left of its own.
fn uid_of(level: IsolationLevel) -> u32 {
    let place = IsolationLevel::ALL.iter().position(|one| *one == level);
    UID + 2000 + 2000 * u32::try_from(place.unwrap()).unwrap()
}

/// The stand-in of the tool host, and the attempts.
fn programs(folder: &Path) -> (PathBuf, PathBuf) {
    let own = std::env::vars().find(|(name, _)| name == PROGRAMS);
    let from = match &own {
        Some((_, made)) => [
            Path::new(made).join("stand-in"),
            Path::new(made).join("attempts"),
        ],
        None => [
            env!("CARGO_BIN_EXE_outwork-sandbox-inspect").into(),
            std::env::current_exe().unwrap(),
        ],
    };
    let [stand_in, attempts] = ["stand-in", "attempts"].map(|name| folder.join(name));
    for (from, to) in from.iter().zip([&stand_in, &attempts]) {
        copy(from, to).unwrap();
        set_permissions(to, Permissions::from_mode(0o755)).unwrap();
    }
    (stand_in, attempts)
}

/// What became of an attempt on one side.
#[derive(Clone, Debug)]
struct Fate {
    verdict: String,
    seen: String,
}

type Fates = BTreeMap<String, Fate>;

fn fates(text: &str, errors: &str) -> Fates {
    let mut fates = Fates::new();
    let mut has_ended = false;
    for line in text.lines() {
        let mut fields = line.splitn(4, '\t');
        let (Some("ESCAPE"), Some(verdict), Some(key), Some(seen)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        has_ended |= verdict == "end";
        let fate = Fate {
            verdict: verdict.to_owned(),
            seen: seen.to_owned(),
        };
        fates.insert(key.to_owned(), fate);
    }
    assert!(
        has_ended,
        "the attempts were not made to their end: {errors}\n{text}"
    );
    fates
}

struct Suite {
    level: IsolationLevel,
    targets: Targets,
    stand_in: PathBuf,
    attempts: PathBuf,
    socket: String,
}

impl Suite {
    fn new(level: IsolationLevel) -> Self {
        let own = Uid::effective();
        let uid = if own.is_root() {
            uid_of(level)
        } else {
            own.as_raw()
        };
        let targets = Targets::new(uid);
        let (stand_in, attempts) = programs(targets.temp.path());
        Self {
            level,
            targets,
            stand_in,
            attempts,
            socket: format!("outwork-escape-host-{level}-{}", std::process::id()),
        }
    }

    fn world(&self, side: &[(&str, String)]) -> World {
        let mut world = self.targets.world.clone();
        world.set("host_socket", &self.socket);
        world.set("left", marker());
        for (name, value) in side {
            world.set(name, value);
        }
        world
    }

    /// Without any wall, as root or as the sandboxes' user.
    fn outside(&self, only: Control) -> Fates {
        let folder = &self.targets.outside;
        let (program, binds) = (folder.join("program"), folder.join("binds"));
        copy("/bin/true", &program).unwrap();
        std::fs::write(&binds, "told").unwrap();
        if Uid::effective().is_root() {
            chown(&program, Some(self.targets.uid), None).unwrap();
        }
        let world = self.world(&[
            ("program", program.display().to_string()),
            ("binds", binds.display().to_string()),
        ]);
        let mut command = Command::new(&self.stand_in);
        command
            .args(["bare-stand-in", &self.socket])
            .arg(&self.attempts)
            .args(words("every"))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env(WORLD, world.to_text())
            .env(
                ONLY,
                match only {
                    Control::SameUser => "user",
                    Control::Root => "root",
                },
            )
            .current_dir(folder);
        if only == Control::SameUser {
            as_uid(&mut command, self.targets.uid);
        }
        let output = command.output().unwrap();
        fates(
            &String::from_utf8_lossy(&output.stdout),
            &String::from_utf8_lossy(&output.stderr),
        )
    }

    /// Behind all walls of the level.
    async fn inside(&self) -> Fates {
        let mut spec = script(&self.targets.inside, "");
        spec.program = self.stand_in.clone();
        let (mut program, mut attempts) = ("/outwork".into(), PathBuf::from("/attempts"));
        if self.level == IsolationLevel::Weak {
            // Paths are the host's.
            let folder = &self.targets.inside;
            spec.binds[0].target.clone_from(folder);
            spec.working_folder.clone_from(folder);
            for name in ["HOME", "TMPDIR"] {
                let path = folder.to_str().unwrap().to_owned();
                spec.environment.push((name.to_owned(), path));
            }
            (program, attempts) = (self.stand_in.clone(), self.attempts.clone());
        }
        let world = self.world(&[
            ("program", program.display().to_string()),
            ("binds", "/outwork.binds".to_owned()),
        ]);
        spec.arguments = [
            "stand-in".to_owned(),
            self.socket.clone(),
            attempts.to_str().unwrap().to_owned(),
        ]
        .into();
        spec.arguments.extend(words("every"));
        spec.binds.push(Bind {
            source: self.attempts.clone(),
            target: attempts,
            access: Access::ReadOnly,
        });
        spec.environment.push((WORLD.to_owned(), world.to_text()));
        if Uid::effective().is_root() {
            let uid = self.targets.uid;
            spec.user = User::Dropped {
                uid,
                gid: uid,
                groups: vec![],
            };
        }
        let said = run_in(&launcher_of(self.level), spec).await;
        fates(&said.text, &said.stderr)
    }
}

/// Turns what was left behind into verdicts: it is found on the host, or it is not.
async fn look_for_leftovers(fates: &mut Fates, are_expected: Expected) {
    for fate in fates.values_mut().filter(|fate| fate.verdict == "left") {
        let marker = fate.seen.clone();
        if are_expected == Expected::Running {
            let running = async {
                while pids_with(&marker).is_empty() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            // If it never runs, the control fails, and that is told with the others.
            let _ = tokio::time::timeout(Duration::from_secs(10), running).await;
        }
        let found = pids_with(&marker);
        for pid in &found {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        fate.verdict = if found.is_empty() {
            "blocked"
        } else {
            "reached"
        }
        .to_owned();
        fate.seen = format!("{} processes", found.len());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Running,
    Gone,
}

async fn suite(level: IsolationLevel) {
    let suite = Suite::new(level);
    let mut controls = suite.outside(Control::SameUser);
    look_for_leftovers(&mut controls, Expected::Running).await;
    let of_root = if Uid::effective().is_root() {
        suite.outside(Control::Root)
    } else {
        Fates::new()
    };
    let mut inside = suite.inside().await;
    look_for_leftovers(&mut inside, Expected::Gone).await;
    judge(level, &controls, &of_root, &inside);
}

/// Prints what was tried, and fails on an escape and on a control that proves nothing.
fn judge(level: IsolationLevel, controls: &Fates, of_root: &Fates, inside: &Fates) {
    let attempts = claimed(level);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut escapes, mut broken) = (Vec::new(), Vec::new());
    let keys: BTreeSet<String> = attempts.iter().map(key).collect();
    assert_eq!(keys.len(), attempts.len(), "two attempts have one name");
    for attempt in &attempts {
        let key = key(attempt);
        let fate = inside.get(&key);
        match fate.map(|fate| fate.verdict.as_str()) {
            Some("blocked" | "absent") => {}
            Some(_) | None => escapes.push(format!("{key}: {fate:?}")),
        }
        let control = match attempt.control {
            Control::SameUser => controls.get(&key),
            Control::Root => of_root.get(&key),
        };
        match (control.map(|fate| fate.verdict.as_str()), attempt.control) {
            (Some("reached"), _) => *counts.entry(attempt.class).or_default() += 1,
            // Root may be without some of its rights, in a container for instance.
            (Some("absent"), _) | (_, Control::Root) => {
                println!(
                    "not on this machine: {key}: {}",
                    control.map_or("", |fate| &fate.seen)
                );
            }
            _ => broken.push(format!("{key}: {control:?}")),
        }
    }
    for (class, count) in &counts {
        println!("{class}: {count} attempts, each of which succeeds outside");
    }
    let total: usize = counts.values().sum();
    println!(
        "attempts: {total}, classes: {}, escapes: {}",
        counts.len(),
        escapes.len()
    );
    assert!(escapes.is_empty(), "escapes:\n{}", escapes.join("\n"));
    assert!(
        broken.is_empty(),
        "controls that fail:\n{}",
        broken.join("\n")
    );
    assert!(
        total >= ATTEMPTS_MIN && counts.len() >= CLASSES_MIN,
        "{counts:?}"
    );
}
