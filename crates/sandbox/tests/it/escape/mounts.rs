//! Mounts, by the old calls and by the new: in a user namespace of its own where that can be had.

use std::fs::{create_dir_all, write};

use nix::libc;
use nix::unistd::{getgid, getuid};

use super::attempts::{Attempt, Reached, attempt};
use super::kernel::{at, call, given, number};

const CLASS: &str = "mounts";
const FOLDER: &[u8] = c"escape-mount".to_bytes_with_nul();
const ROOT: &[u8] = c"/".to_bytes_with_nul();
const TMPFS: &[u8] = c"tmpfs".to_bytes_with_nul();
const AT_RECURSIVE: i64 = 0x8000;
const OPEN_TREE_CLONE: i64 = 1;

/// With the namespaces that give the right to mount; where they are refused, without.
fn with_namespaces(act: fn() -> Reached) -> Reached {
    let (uid, gid) = (getuid(), getgid());
    create_dir_all("escape-mount/old")?;
    let kinds = libc::CLONE_NEWUSER | libc::CLONE_NEWNS | libc::CLONE_NEWPID;
    if call(libc::SYS_unshare, &[number(kinds)]).is_ok() {
        write("/proc/self/setgroups", "deny")?;
        write("/proc/self/uid_map", format!("0 {uid} 1"))?;
        write("/proc/self/gid_map", format!("0 {gid} 1"))?;
        let private = number(i64::try_from(libc::MS_REC | libc::MS_PRIVATE).unwrap());
        call(libc::SYS_mount, &[0, at(ROOT), 0, private, 0])?;
    }
    act()
}

fn mounted() -> Reached {
    given(libc::SYS_mount, &[at(TMPFS), at(FOLDER), at(TMPFS), 0, 0])
}

fn new_file_system() -> Result<i64, nix::errno::Errno> {
    let context = call(libc::SYS_fsopen, &[at(TMPFS), 0])?;
    const CREATE: i64 = 6;
    call(libc::SYS_fsconfig, &[context, CREATE, 0, 0, 0])?;
    call(libc::SYS_fsmount, &[context, 0, 0])
}

pub fn attempts() -> Vec<Attempt> {
    let mut attempts = by_the_old_calls();
    attempts.extend(by_the_new_calls());
    attempts
}

fn of(name: &str, act: fn() -> Reached) -> Attempt {
    attempt(CLASS, name, move |_: &super::world::World| {
        with_namespaces(act)
    })
}

fn by_the_old_calls() -> Vec<Attempt> {
    vec![
        of("a file system in memory", mounted),
        of("a folder bound elsewhere", || {
            let bind = i64::try_from(libc::MS_BIND | libc::MS_REC).unwrap();
            given(libc::SYS_mount, &[at(ROOT), at(FOLDER), 0, bind, 0])
        }),
        of("a bind made writable", || {
            let bind = i64::try_from(libc::MS_BIND).unwrap();
            let again = i64::try_from(libc::MS_BIND | libc::MS_REMOUNT).unwrap();
            call(libc::SYS_mount, &[at(FOLDER), at(FOLDER), 0, bind, 0])?;
            given(libc::SYS_mount, &[0, at(FOLDER), 0, again, 0])
        }),
        of("a mount moved", || {
            mounted()?;
            let to = c"escape-mount-2".to_bytes_with_nul();
            create_dir_all("escape-mount-2")?;
            given(
                libc::SYS_mount,
                &[
                    at(FOLDER),
                    at(to),
                    0,
                    i64::try_from(libc::MS_MOVE).unwrap(),
                    0,
                ],
            )
        }),
        of("taking a mount away", || {
            mounted()?;
            given(libc::SYS_umount2, &[at(FOLDER), number(libc::MNT_DETACH)])
        }),
        of("another root", || {
            mounted()?;
            create_dir_all("escape-mount/old")?;
            let old = c"escape-mount/old".to_bytes_with_nul();
            given(libc::SYS_pivot_root, &[at(FOLDER), at(old)])
        }),
        of("a root of its own", || {
            given(libc::SYS_chroot, &[at(FOLDER)])
        }),
    ]
}

fn by_the_new_calls() -> Vec<Attempt> {
    vec![
        of("a new context", || given(libc::SYS_fsopen, &[at(TMPFS), 0])),
        of("a new file system, step by step", || {
            Ok(format!("mount {}", new_file_system()?))
        }),
        of("putting it into the tree", || {
            let mount = new_file_system()?;
            const EMPTY_PATH: i64 = 4;
            let empty = c"".to_bytes_with_nul();
            let here = number(libc::AT_FDCWD);
            given(
                libc::SYS_move_mount,
                &[mount, at(empty), here, at(FOLDER), EMPTY_PATH],
            )
        }),
        of("a context of a mount that is there", || {
            mounted()?;
            given(libc::SYS_fspick, &[number(libc::AT_FDCWD), at(FOLDER), 0])
        }),
        of("a copy of the tree", || {
            let here = number(libc::AT_FDCWD);
            given(
                libc::SYS_open_tree,
                &[here, at(ROOT), OPEN_TREE_CLONE | AT_RECURSIVE],
            )
        }),
        of("attributes of a mount", || {
            mounted()?;
            // Set nothing, clear nothing, no propagation, no namespace.
            let nothing = [0_u64; 4];
            let here = number(libc::AT_FDCWD);
            given(
                libc::SYS_mount_setattr,
                &[here, at(FOLDER), 0, at(&nothing), 32],
            )
        }),
    ]
}
