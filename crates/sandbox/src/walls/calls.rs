//! Which system calls are refused: seccomp.
//!
//! A list of what to refuse, since a list of what to allow breaks programs with every new kernel and
//! libc. `EPERM`, unless a program does better with another error: what is answered with `ENOSYS` has an
//! older form that programs fall back to, and whose arguments can be judged.

use std::collections::BTreeMap;

use nix::libc::{self, c_long};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, sock_filter,
};

use super::{Network, down};
use crate::Error;

/// The bits with which a program runs as the owner or group of its file.
pub(super) const SET_UID: u32 = 0o4000;
const SET_GID: u32 = 0o2000;
/// Marks a number of the x32 calls, which reach most of the kernel past a list of numbers.
pub(super) const X32: Option<u32> = if cfg!(target_arch = "x86_64") {
    Some(0x4000_0000)
} else {
    None
};

// Newer than the library; the same number everywhere.
const SYS_FCHMODAT2: c_long = 452;
const SYS_OPEN_TREE_ATTR: c_long = 467;
const PROTOCOL_MPTCP: u64 = 262;

/// Refused whatever the arguments.
const REFUSED: [c_long; 45] = [
    // Other processes' memory and descriptors.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // Namespaces and mounts.
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_pivot_root,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    SYS_OPEN_TREE_ATTR,
    libc::SYS_mount_setattr,
    // Parts of the kernel that are large, hard to judge, and needed by no build.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Files without their paths.
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    // The machine as a whole.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
];

/// Calls that change a mode, and where the mode stands among their arguments.
const CHANGES_OF_MODE: &[(c_long, u8)] = &[
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, 1),
    (libc::SYS_fchmod, 1),
    (libc::SYS_fchmodat, 2),
    (SYS_FCHMODAT2, 2),
    // These make a file with the mode.
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, 1),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mknod, 1),
    (libc::SYS_mknodat, 2),
];

/// Calls that make a file only with a flag: where the flags stand; the mode stands behind them.
const OPENS: &[(c_long, u8)] = &[
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, 1),
    (libc::SYS_openat, 2),
];

const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Refuses them to the calling thread and all that it starts.
pub(super) fn refuse(network: Network) -> Result<(), Error> {
    let filters = [
        (libc::EPERM, refused()),
        (libc::ENOSYS, unknown()),
        (libc::EAFNOSUPPORT, sockets(network)),
    ];
    for (errno, rules) in filters {
        let program = rules.and_then(|rules| compiled(rules, errno));
        apply(&program.map_err(|error| down(format!("seccomp: {error}")))?)?;
    }
    X32.map_or(Ok(()), |bit| apply(&without_x32(bit)))
}

fn apply(program: &BpfProgram) -> Result<(), Error> {
    seccompiler::apply_filter(program).map_err(|error| down(format!("seccomp: {error}")))
}

/// A program that also kills whoever calls in the manner of another processor.
fn compiled(rules: Rules, errno: libc::c_int) -> Result<BpfProgram, BackendError> {
    let processor = TargetArch::try_from(std::env::consts::ARCH)?;
    let refusal = SeccompAction::Errno(errno.cast_unsigned());
    SeccompFilter::new(rules, SeccompAction::Allow, refusal, processor)?.try_into()
}

fn refused() -> Result<Rules, BackendError> {
    let mut rules: Rules = REFUSED.iter().map(|number| (*number, vec![])).collect();
    let flags = NAMESPACES.map(|flag| u64::from(flag.cast_unsigned()));
    let clone = flags.map(|flag| rule(&[(0, has(flag))]));
    rules.insert(
        libc::SYS_clone,
        clone.into_iter().collect::<Result<_, _>>()?,
    );
    let ioctl = [libc::TIOCSTI, libc::TIOCLINUX].map(|order| rule(&[(1, is(order))]));
    rules.insert(
        libc::SYS_ioctl,
        ioctl.into_iter().collect::<Result<_, _>>()?,
    );
    let set_id = [u64::from(SET_UID), u64::from(SET_GID)];
    for (number, mode) in CHANGES_OF_MODE {
        let modes = set_id.map(|bit| rule(&[(*mode, has(bit))]));
        rules.insert(*number, modes.into_iter().collect::<Result<_, _>>()?);
    }
    // Without one of these the mode is whatever stands in the register.
    let makes = [libc::O_CREAT, libc::O_TMPFILE & !libc::O_DIRECTORY];
    for (number, flags) in OPENS {
        let mut found = Vec::new();
        for flag in makes.map(|flag| u64::from(flag.cast_unsigned())) {
            for bit in set_id {
                found.push(rule(&[(*flags, has(flag)), (*flags + 1, has(bit))])?);
            }
        }
        rules.insert(*number, found);
    }
    Ok(rules)
}

/// Newer forms whose arguments lie in memory, where no filter sees them.
fn unknown() -> Result<Rules, BackendError> {
    Ok([libc::SYS_clone3, libc::SYS_openat2]
        .map(|number| (number, vec![]))
        .into())
}

fn sockets(network: Network) -> Result<Rules, BackendError> {
    let families: &[libc::c_int] = match network {
        Network::Own => &[
            libc::AF_UNIX,
            libc::AF_INET,
            libc::AF_INET6,
            libc::AF_NETLINK,
        ],
        Network::Shared => &[libc::AF_UNIX],
    };
    let others: Vec<(u8, Test)> = families
        .iter()
        .map(|family| (0, is_not(family.cast_unsigned())))
        .collect();
    let multipath = [(2, is(PROTOCOL_MPTCP))];
    let found = || Ok::<_, BackendError>(vec![rule(&others)?, rule(&multipath)?]);
    Ok([
        (libc::SYS_socket, found()?),
        (libc::SYS_socketpair, found()?),
    ]
    .into())
}

/// How an argument is compared.
type Test = (SeccompCmpOp, u64);

const fn has(bits: u64) -> Test {
    (SeccompCmpOp::MaskedEq(bits), bits)
}

fn is(value: impl Into<u64>) -> Test {
    (SeccompCmpOp::Eq, value.into())
}

fn is_not(value: u32) -> Test {
    (SeccompCmpOp::Ne, u64::from(value))
}

/// Matches where every test holds. Half of each register, as the kernel reads these arguments: whatever
/// stands in the other half must not hide them.
fn rule(tests: &[(u8, Test)]) -> Result<SeccompRule, BackendError> {
    let conditions = tests.iter().map(|(argument, (operation, value))| {
        SeccompCondition::new(
            *argument,
            SeccompCmpArgLen::Dword,
            operation.clone(),
            *value,
        )
    });
    SeccompRule::new(conditions.collect::<Result<_, _>>()?)
}

/// A filter that knows no number from that bit up; the library has none for ranges.
fn without_x32(bit: u32) -> BpfProgram {
    // From the kernel's headers: load a word, jump if at least, return. The number stands first.
    const LOAD: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    let unknown = u32::from(SeccompAction::Errno(libc::ENOSYS.cast_unsigned()));
    let allowed = u32::from(SeccompAction::Allow);
    let step = |code, jf, k| sock_filter { code, jt: 0, jf, k };
    vec![
        step(LOAD, 0, 0),
        step(JUMP_IF_AT_LEAST, 1, bit),
        step(RETURN, 0, unknown),
        step(RETURN, 0, allowed),
    ]
}
