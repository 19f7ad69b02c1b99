//! What one sandbox may use up.

use outwork_sandbox::{ResourceLimits, User};

use crate::support::{UID, inside, run, script, user, workspace};

#[tokio::test]
async fn limits_are_in_force() {
    let folder = workspace();
    let mut spec = script(
        folder.path(),
        "ulimit -n; ulimit -c; ulimit -f
         head -c 3M /dev/zero > /tmp/a 2>/dev/null || echo full
         head -c 3M /dev/zero > ~/a 2>/dev/null || echo full
         head -c 3M /dev/zero > /dev/shm/a 2>/dev/null || echo full
         (trap '' XFSZ; head -c 9M /dev/zero > big) 2>/dev/null || echo large
         stat -c %s big",
    );
    spec.limits = ResourceLimits {
        open_files: 77,
        file_bytes: 8 << 20,
        tmp_bytes: 1 << 20,
        home_bytes: 1 << 20,
        shm_bytes: 1 << 20,
        ..ResourceLimits::default()
    };
    let said = run(spec).await;
    assert_eq!(said.text, "77\n0\n8192\nfull\nfull\nfull\nlarge\n8388608\n");
}

#[tokio::test]
async fn without_them_the_same_works() {
    let said = inside(
        "for f in /tmp/a ~/a /dev/shm/a; do head -c 3M /dev/zero > $f || echo full; done
         head -c 9M /dev/zero > big; stat -c %s big",
    )
    .await;
    assert_eq!(said.text, "9437184\n", "{}", said.stderr);
}

#[tokio::test]
async fn a_fork_bomb_ends_at_the_limit_of_processes() {
    let User::Dropped { gid, groups, .. } = user() else {
        // The kernel counts by uid: under a shared one there is no such limit.
        return;
    };
    let folder = workspace();
    let mut spec = script(
        folder.path(),
        "python3 -c 'import os, time
count = 0
try:
  while count < 60:
    if os.fork() == 0: time.sleep(1000)
    count += 1
except OSError: pass
print(count)'",
    );
    // A uid of its own, since the sandboxes of the other tests count too.
    let uid = UID + 1000;
    spec.user = User::Dropped { uid, gid, groups };
    spec.limits.processes = 40;
    let said = run(spec).await;
    let count: u32 = said.text.trim().parse().unwrap_or(0);
    assert!((5..40).contains(&count), "{}", said.text);
}
