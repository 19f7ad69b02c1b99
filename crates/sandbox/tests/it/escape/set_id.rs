//! Files with set-user-id and set-group-id bits, which another user of the host could run.

use std::fs::{File, metadata, remove_file};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::libc::{self, c_long};

use super::attempts::{Attempt, Missed, Reached, attempt, shell};
use super::kernel::{at, call, number};

const CLASS: &str = "set-id files";
const FILE: &str = "escape-set-id";
const SYS_FCHMODAT2: c_long = 452;
const MODES: [(&str, i64); 3] = [("user", 0o4755), ("group", 0o2755), ("both", 0o6755)];

pub fn attempts() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for (whose, mode) in MODES {
        for (name, how) in changes() {
            attempts.push(attempt(CLASS, format!("{whose}, by {name}"), move |_| {
                File::create(FILE)?;
                how(mode);
                judged()
            }));
        }
    }
    for (name, how) in makers() {
        attempts.push(attempt(
            CLASS,
            format!("a new file, by {name}"),
            move |_| {
                how(0o4755);
                judged()
            },
        ));
    }
    let of = |name: &str, script: &'static str| {
        attempt(CLASS, name, move |_| {
            shell(script)?;
            judged()
        })
    };
    attempts.extend([
        of("by a copy", "cp --preserve=mode \"$(find /usr/bin /bin -perm -4000 | head -1)\" escape-set-id"),
        of("by install", "install -m 4755 /bin/true escape-set-id"),
        of(
            "by an archive",
            "python3 -c 'import io, tarfile
t = tarfile.open(\"escape.tar\", \"w\"); i = tarfile.TarInfo(\"escape-set-id\"); i.mode = 0o4755; i.size = 1
t.addfile(i, io.BytesIO(b\"x\")); t.close()' && tar -xpf escape.tar; rm -f escape.tar",
        ),
    ]);
    attempts
}

type How = fn(i64);

fn file() -> i64 {
    at(c"escape-set-id".to_bytes_with_nul())
}

fn here() -> i64 {
    number(libc::AT_FDCWD)
}

/// What changes the mode of a file; whether it did is seen in the file.
fn changes() -> Vec<(&'static str, How)> {
    vec![
        #[cfg(target_arch = "x86_64")]
        ("chmod", |mode| {
            let _ = call(libc::SYS_chmod, &[file(), mode]);
        }),
        ("fchmod", |mode| {
            if let Ok(opened) = call(libc::SYS_openat, &[here(), file(), 0, 0]) {
                let _ = call(libc::SYS_fchmod, &[opened, mode]);
            }
        }),
        ("fchmodat", |mode| {
            let _ = call(libc::SYS_fchmodat, &[here(), file(), mode]);
        }),
        ("fchmodat2", |mode| {
            let _ = call(SYS_FCHMODAT2, &[here(), file(), mode, 0]);
        }),
        ("half a register", |mode| {
            let mode = mode | (0x55 << 32);
            let _ = call(libc::SYS_fchmodat, &[here(), file(), mode]);
        }),
    ]
}

/// What makes a file with a mode.
fn makers() -> Vec<(&'static str, How)> {
    const CREATE: i64 = (libc::O_CREAT | libc::O_WRONLY) as i64;
    vec![
        #[cfg(target_arch = "x86_64")]
        ("open", |mode| {
            let _ = call(libc::SYS_open, &[file(), CREATE, mode]);
        }),
        #[cfg(target_arch = "x86_64")]
        ("creat", |mode| {
            let _ = call(libc::SYS_creat, &[file(), mode]);
        }),
        #[cfg(target_arch = "x86_64")]
        ("mknod", |mode| {
            let _ = call(
                libc::SYS_mknod,
                &[file(), i64::from(libc::S_IFREG) | mode, 0],
            );
        }),
        ("openat", |mode| {
            let _ = call(libc::SYS_openat, &[here(), file(), CREATE, mode]);
        }),
        ("openat, by half a register", |mode| {
            let flags = CREATE | (1 << 40);
            let _ = call(libc::SYS_openat, &[here(), file(), flags, mode | (1 << 40)]);
        }),
        ("mknodat", |mode| {
            let mode = i64::from(libc::S_IFREG) | mode;
            let _ = call(libc::SYS_mknodat, &[here(), file(), mode, 0]);
        }),
        ("openat2", |mode| {
            let how = [CREATE, mode, 0];
            let _ = call(libc::SYS_openat2, &[here(), file(), at(&how), 24]);
        }),
        ("a file without a name", |mode| {
            let flags = number(libc::O_TMPFILE | libc::O_WRONLY);
            let folder = at(c".".to_bytes_with_nul());
            if let Ok(opened) = call(libc::SYS_openat, &[here(), folder, flags, mode]) {
                let path = format!("/proc/self/fd/{opened}\0");
                let follow = number(libc::AT_SYMLINK_FOLLOW);
                let _ = call(
                    libc::SYS_linkat,
                    &[here(), at(path.as_bytes()), here(), file(), follow],
                );
            }
        }),
    ]
}

/// Looks at the file, and removes it.
fn judged() -> Reached {
    let path = Path::new(FILE);
    let about = metadata(path);
    let _ = remove_file(path);
    let mode = about?.permissions().mode();
    if mode & 0o6000 == 0 {
        return Err(Missed::Blocked(format!("mode {mode:o}")));
    }
    Ok(format!("mode {mode:o}"))
}
