//! The argument list of bubblewrap.
//!
//! Arguments apply in order: what lies below a tmpfs comes after it, and the root is sealed last.
//! The list reaches bubblewrap through a descriptor, so that no process list shows it.

use std::ffi::{OsStr, OsString};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::layout::{Layout, RootEntry};
use crate::way::Proc;
use crate::{Access, Error, Spec};

/// Where the program is inside.
pub(crate) const PROGRAM: &str = "/outwork";

/// The environment of every sandbox.
///
/// Text is UTF-8, and all else is as in the locale `C`, from which `C.UTF-8` differs in nothing: with `LANG`
/// every program that starts would read a dozen files to learn that.
pub(crate) const ENVIRONMENT: [(&str, &str); 6] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", "/home/agent"),
    ("USER", "agent"),
    ("LOGNAME", "agent"),
    ("LC_CTYPE", "C.UTF-8"),
    ("TMPDIR", "/tmp"),
];

/// A list of arguments, joined by NUL for `--args`.
#[derive(Default)]
struct List(Vec<u8>);

impl List {
    fn add<S: AsRef<OsStr>>(&mut self, words: impl IntoIterator<Item = S>) {
        for word in words {
            self.0.extend_from_slice(word.as_ref().as_bytes());
            self.0.push(0);
        }
    }
}

/// Builds the list; `files` are the descriptors that hold the contents of written files.
pub(crate) fn list(
    spec: &Spec,
    (layout, proc): (&Layout, Proc),
    files: &[(&str, RawFd)],
) -> Vec<u8> {
    let mut list = List::default();
    walls(&mut list, proc);
    environment(&mut list, spec);
    system(&mut list, layout, files);
    if proc == Proc::Mounted {
        list.add(["--proc", "/proc"]);
    }
    list.add(["--dev", "/dev"]);
    memory(&mut list, spec);
    for bind in &spec.binds {
        let flag = match bind.access {
            Access::ReadOnly => "--ro-bind",
            Access::ReadWrite => "--bind",
        };
        list.add([
            OsStr::new(flag),
            bind.source.as_os_str(),
            bind.target.as_os_str(),
        ]);
    }
    list.add([
        OsStr::new("--ro-bind"),
        spec.program.as_os_str(),
        OsStr::new(PROGRAM),
    ]);
    // Sealed last, since every line above may still have to make a folder to mount on.
    list.add(["--remount-ro", "/dev", "--remount-ro", "/"]);
    list.add([OsStr::new("--chdir"), spec.working_folder.as_os_str()]);
    list.0
}

fn walls(list: &mut List, proc: Proc) {
    list.add([
        "--unshare-all",
        "--unshare-user",
        "--die-with-parent",
        "--new-session",
        // No process of bubblewrap's stays inside: it would hold the same pipes as the program, open to
        // every command. And the first process of a namespace cannot be killed from within.
        "--as-pid-1",
    ]);
    // It writes to the outer /proc/sys, which is sealed wherever /proc is masked. seccomp refuses new user
    // namespaces in any case.
    if proc == Proc::Mounted {
        list.add(["--disable-userns"]);
    }
    list.add(["--uid", "1000", "--gid", "1000", "--hostname", "outwork"]);
}

fn environment(list: &mut List, spec: &Spec) {
    list.add(["--clearenv"]);
    for (name, value) in ENVIRONMENT {
        list.add(["--setenv", name, value]);
    }
    for (name, value) in &spec.environment {
        list.add(["--setenv", name, value]);
    }
}

fn system(list: &mut List, layout: &Layout, files: &[(&str, RawFd)]) {
    list.add(["--ro-bind", "/usr", "/usr"]);
    for entry in &layout.root {
        match entry {
            RootEntry::Link { target, path } => {
                list.add([
                    OsStr::new("--symlink"),
                    target.as_os_str(),
                    path.as_os_str(),
                ]);
            }
            RootEntry::Folder(path) => {
                list.add([OsStr::new("--ro-bind"), path.as_os_str(), path.as_os_str()]);
            }
        }
    }
    list.add(["--perms", "0755", "--dir", "/etc"]);
    for path in &layout.etc {
        list.add([
            OsStr::new("--ro-bind-try"),
            path.as_os_str(),
            path.as_os_str(),
        ]);
    }
    for (path, descriptor) in files {
        list.add(["--perms", "0644", "--file", &descriptor.to_string(), path]);
    }
}

fn memory(list: &mut List, spec: &Spec) {
    let limits = spec.limits;
    let mut tmpfs = |mode: &str, bytes: u64, path: &str| {
        list.add([
            "--perms",
            mode,
            "--size",
            &bytes.to_string(),
            "--tmpfs",
            path,
        ]);
    };
    tmpfs("1777", limits.shm_bytes, "/dev/shm");
    tmpfs("1777", limits.tmp_bytes, "/tmp");
    tmpfs("0755", limits.home_bytes, "/home/agent");
    list.add([
        "--perms",
        "0755",
        "--dir",
        "/var",
        "--symlink",
        "../tmp",
        "/var/tmp",
    ]);
}

/// Refuses what an argument list cannot carry.
pub(crate) fn check(spec: &Spec) -> Result<(), Error> {
    let has_nul = |text: &OsStr| text.as_bytes().contains(&0);
    let odd = |path: &Path| has_nul(path.as_os_str()) || !path.is_absolute();
    let what =
        if odd(&spec.program) || odd(&spec.working_folder) {
            "the path of the program or of the working folder"
        } else if spec
            .binds
            .iter()
            .any(|bind| odd(&bind.source) || odd(&bind.target))
        {
            "the path of a bind"
        } else if spec.arguments.iter().any(|word| has_nul(word.as_ref())) {
            "an argument"
        } else if spec.environment.iter().any(|(name, value)| {
            name.is_empty() || name.contains(['=', '\0']) || value.contains('\0')
        }) {
            "the environment"
        } else {
            return Ok(());
        };
    Err(Error::Malformed { what })
}

/// What stands on bubblewrap's own command line: where the list is, and what to run.
pub(crate) fn command_line(spec: &Spec, list: RawFd, told: RawFd) -> Vec<OsString> {
    let mut words: Vec<OsString> = [
        "--info-fd".into(),
        told.to_string(),
        "--args".into(),
        list.to_string(),
    ]
    .map(OsString::from)
    .to_vec();
    words.extend([OsString::from("--"), PROGRAM.into()]);
    words.extend(spec.arguments.iter().map(OsString::from));
    words
}
