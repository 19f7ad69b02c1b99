//! The attempts' own processes: one that starts them all, and one for each.
//!
//! The test program is started again for it, inside of the sandbox and outside.

use std::process::{Command, Stdio};

use nix::unistd::alarm;

use super::attempts::{Act, Attempt, Control, Missed, all};
use super::kernel::apart;
use super::world::World;

/// Which attempts are made: those of a control, or all.
pub const ONLY: &str = "OUTWORK_ESCAPE_ONLY";
/// Where the targets are.
pub const WORLD: &str = "OUTWORK_ESCAPE_WORLD";
/// The process that started the attempts; it says so itself.
const HOST: &str = "OUTWORK_ESCAPE_HOST";
const ONE: &str = "OUTWORK_ESCAPE_ONE";
/// How long an attempt may take.
const PATIENCE_SECS: u32 = 30;

/// The words that make the test program run a test of this file, and nothing else.
pub fn words(test: &str) -> [String; 4] {
    [
        "--exact".to_owned(),
        format!("escape::program::{test}"),
        "--ignored".to_owned(),
        "--nocapture".to_owned(),
    ]
}

fn variable(wanted: &str) -> Option<String> {
    std::env::vars()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value)
}

fn world() -> Option<World> {
    let mut world = World::parse(&variable(WORLD)?);
    if let Some(host) = variable(HOST) {
        world.set("host", host);
    }
    Some(world)
}

/// Says a line that the suite finds among those of the test program.
fn say(words: [&str; 3]) {
    let [what, name, seen] = words.map(|word| word.replace(['\t', '\n'], " "));
    println!("\nESCAPE\t{what}\t{name}\t{seen}");
}

#[test]
#[ignore = "started by the suite, inside of a sandbox and outside"]
fn every() {
    let Some(world) = world() else {
        return;
    };
    let only = variable(ONLY);
    for (place, attempt) in all().iter().enumerate() {
        let is_wanted = match attempt.control {
            Control::SameUser => only.as_deref() != Some("root"),
            Control::Root => only.as_deref() != Some("user"),
        };
        if is_wanted {
            start(place, attempt, &world);
        }
    }
    say(["end", "", ""]);
}

/// In a process of its own: it may change what it is, or be killed for it.
fn start(place: usize, attempt: &Attempt, world: &World) {
    if let Act::Leave(script) = &attempt.act {
        // Digits behind a decimal point: the script sleeps as long.
        let marker = format!("{}{place:03}", world.get("left").unwrap());
        Command::new("/bin/bash")
            .args(["-c", script])
            .env("MARKER", &marker)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        say(["left", &key(attempt), &marker]);
        return;
    }
    // There may be no `/proc` to ask for the program's own file.
    let own = std::env::args_os().next().unwrap();
    let output = Command::new(own)
        .args(words("one"))
        .env(ONE, key(attempt))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let verdict = said.lines().find(|line| line.starts_with("ESCAPE\t"));
    match verdict {
        Some(line) => println!("\n{line}"),
        None => {
            let words = String::from_utf8_lossy(&output.stderr);
            let seen = format!(
                "{} {}",
                output.status,
                words.chars().take(300).collect::<String>()
            );
            say(["blocked", &key(attempt), &seen]);
        }
    }
}

/// By what an attempt is known.
pub fn key(attempt: &Attempt) -> String {
    format!("{}: {}", attempt.class, attempt.name)
}

#[test]
#[ignore = "started for each attempt"]
fn one() {
    let (Some(world), Some(wanted)) = (world(), variable(ONE)) else {
        return;
    };
    alarm::set(PATIENCE_SECS);
    let attempts = all();
    let attempt = attempts.iter().find(|found| key(found) == wanted).unwrap();
    let Act::Do(act) = &attempt.act else {
        return;
    };
    // Of one thread, as an attacker's program is: some calls refuse others.
    let made = apart(|| {
        let (verdict, seen) = match act(&world) {
            Ok(seen) => ("reached", seen),
            Err(Missed::Blocked(seen)) => ("blocked", seen),
            Err(Missed::Absent(seen)) => ("absent", seen),
        };
        say([verdict, &wanted, &seen]);
        true
    });
    made.unwrap();
}
