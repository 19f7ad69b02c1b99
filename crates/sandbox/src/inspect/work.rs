//! What agents need: walls that stand in the way of work would be taken down.

use std::process::{Command, Stdio};

use super::Seen;
use crate::{CommandLayer, Confinement, landlock_abi};

/// The first version of Landlock that keeps signals away.
const WITH_SCOPES: u32 = 6;

/// What a command reaches of the process that started it, a word each.
const TOUCH: &str = r#"
(exec 3< /proc/$PPID/mem) 2> /dev/null && echo memory
(exec 3> /proc/$PPID/mem) 2> /dev/null && echo writing-memory
cat /proc/$PPID/environ > /dev/null 2>&1 && echo environment
ls /proc/$PPID/fd > /dev/null 2>&1 && echo descriptors
"#;
const SIGNAL: &str = "kill -0 $PPID 2> /dev/null && echo signals\n";

/// A day's work, step by step; the name of a step is said before it.
const DAY: &str = r#"
exec 2>&1
set -e
step() { echo "$1"; }
step "a temporary file"; file=$(mktemp); echo text > "$file"; test "$(cat "$file")" = text
step "links between folders"; work=$(mktemp -d); cd "$work"; mkdir a b; mv "$file" b/file
ln b/file a/hard; ln -s ../b/file a/soft; test "$(cat a/soft)" = text; mv a/hard b/hard
step "modes"; chmod 755 b/file; chmod g+w b
step "git"; git init -q r; git -C r -c user.name=a -c user.email=a@b commit -q --allow-empty -m m
if test -e /dev/fd/0; then
  step "a pipe by its name"; echo text | cat /dev/fd/0 > /dev/null
fi
if test -x /bin/bash && test -e /dev/fd/0; then
  step "process substitution"; /bin/bash -c 'diff <(echo a) <(echo a)'
fi
if command -v cc > /dev/null; then
  step "a compiler"; echo 'int main(void) { return 0; }' | cc -x c -c -o main.o -
fi
cd /; rm -rf "$work"
step done
"#;

/// Whether this Landlock keeps signals and abstract sockets apart.
pub(super) fn has_scopes() -> bool {
    landlock_abi().is_some_and(|version| version >= WITH_SCOPES)
}

/// Commands below their own layer cannot touch their parent, which has their uid.
pub(super) fn commands_apart() -> Seen {
    let has_scopes = has_scopes();
    let mut text = TOUCH.to_owned();
    if has_scopes {
        text.push_str(SIGNAL);
    }
    text.push_str("echo done");
    match said(&text)?.trim() {
        "done" if has_scopes => Ok("memory, descriptors, signals".to_owned()),
        "done" => Ok("memory, descriptors; this Landlock knows no signals".to_owned()),
        reached => Err(reached.replace("\ndone", "")),
    }
}

/// Programs of every day work in front of all walls.
pub(super) fn tools_work() -> Seen {
    let threads = std::thread::spawn(|| ()).join();
    threads.map_err(|_| "a thread failed".to_owned())?;
    let steps = said(DAY)?;
    let steps: Vec<&str> = steps.lines().collect();
    match steps.as_slice() {
        [done @ .., "done"] => Ok(done.join(", ")),
        failed => Err(failed.join(", ")),
    }
}

/// Runs a script as the tool host runs commands.
fn said(script: &str) -> Result<String, String> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).stdin(Stdio::null());
    let confinement = Confinement::of_this_process();
    // Behind the walls nothing tells it any more.
    if !matches!(confinement, Ok(Confinement::Unconfined)) {
        let layer = CommandLayer::new().map_err(|error| error.to_string())?;
        layer.put_around(&mut command);
    }
    let output = command
        .output()
        .map_err(|error| format!("/bin/sh: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
