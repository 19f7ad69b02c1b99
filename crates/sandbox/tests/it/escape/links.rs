//! The same targets by other ways: links, `..`, descriptors, and nodes that are no files.

use std::fs::{hard_link, read, remove_file};
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::libc;
use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use super::attempts::{Attempt, Reached, attempt, contains, of_root, shell};
use super::kernel::{at, call, number};
use super::workspaces::path_bytes;
use super::world::{CANARY, World};

const CLASS: &str = "links and names";
/// Where a link is made, in the attempt's own workspace.
const LINK: &str = "escape-link";

pub fn attempts() -> Vec<Attempt> {
    let of = |name: &str, act: fn(&World) -> Reached| attempt(CLASS, name, act);
    let mut attempts = vec![
        of("a symbolic link", |world| {
            symlink(world.other("secret")?, LINK)?;
            linked()
        }),
        of("a symbolic link to the folder", |world| {
            symlink(world.other("")?, LINK)?;
            let found = read(Path::new(LINK).join("secret"));
            remove_file(LINK)?;
            contains(&found?, CANARY)
        }),
        of("a hard link", |world| {
            hard_link(world.other("secret")?, LINK)?;
            linked()
        }),
        of("a chain of links", |world| {
            symlink(world.other("secret")?, "escape-second")?;
            symlink("escape-second", LINK)?;
            let reached = linked();
            remove_file("escape-second")?;
            reached
        }),
        of("the folder above", |_| {
            contains(&read("../other/secret")?, CANARY)
        }),
        of("many folders above", |world| {
            let path = format!("{}{}", "../".repeat(40), world.other("secret")?.display());
            contains(&read(path)?, CANARY)
        }),
        of("the root of this process", |world| {
            let path = format!("/proc/self/root{}", world.other("secret")?.display());
            contains(&read(path)?, CANARY)
        }),
        of("the folder of this process", |_| {
            contains(&read("/proc/self/cwd/../other/secret")?, CANARY)
        }),
        of("a descriptor of the root", |world| {
            let (here, name) = (number(libc::AT_FDCWD), at(c"/".to_bytes_with_nul()));
            let root = call(libc::SYS_openat, &[here, name, number(libc::O_PATH), 0])?;
            let path = path_bytes(&world.other("secret")?);
            let opened = call(libc::SYS_openat, &[root, at(&path[1..]), 0, 0])?;
            contains(&read(format!("/proc/self/fd/{opened}"))?, CANARY)
        }),
        of("openat2", |world| {
            let path = path_bytes(&world.other("secret")?);
            let how = [0_u64; 3];
            let arguments = [number(libc::AT_FDCWD), at(path.as_slice()), at(&how), 24];
            let opened = call(libc::SYS_openat2, &arguments)?;
            contains(&read(format!("/proc/self/fd/{opened}"))?, CANARY)
        }),
    ];
    attempts.extend(by_programs());
    attempts.extend(nodes());
    attempts
}

fn by_programs() -> Vec<Attempt> {
    let of = |name: &str, act: fn(&World) -> Reached| attempt(CLASS, name, act);
    vec![
        of("a copy by a program", |world| {
            let from = world.other("secret")?;
            shell(&format!(
                "cp {} escape-copy && rm escape-copy",
                from.display()
            ))
        }),
        of("an archive that follows links", |world| {
            let from = world.other("")?;
            shell(&format!(
                "set -o pipefail
                 ln -sf {} escape-archive && tar -chf - escape-archive/secret | cat >/dev/null
                 status=$?; rm escape-archive; exit $status",
                from.display()
            ))
        }),
        of("git's alternates", |world| {
            shell(&format!(
                "git -c safe.directory='*' hash-object {}",
                world.other("secret")?.display()
            ))
        }),
        of("a program from another place", |world| {
            shell(&format!(
                "$(ls /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.* 2>/dev/null | head -1) {}",
                world.other("program")?.display()
            ))
        }),
    ]
}

fn nodes() -> Vec<Attempt> {
    vec![
        of_root(CLASS, "a device of characters", |_| {
            node(SFlag::S_IFCHR, (1, 3))
        }),
        of_root(CLASS, "a device of blocks", |_| {
            node(SFlag::S_IFBLK, (7, 0))
        }),
        of_root(CLASS, "a file by its handle", |_| {
            super::kernel::looked_at(libc::SYS_open_by_handle_at, &[-1, at(&[0_u64; 4]), 0])
        }),
    ]
}

fn linked() -> Reached {
    let found = read(LINK);
    remove_file(LINK)?;
    contains(&found?, CANARY)
}

fn node(kind: SFlag, (major, minor): (u64, u64)) -> Reached {
    let path = "escape-node";
    mknod(path, kind, Mode::S_IRUSR, makedev(major, minor))?;
    remove_file(path)?;
    Ok("made".to_owned())
}
