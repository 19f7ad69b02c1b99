//! The way from a command to the proxy outside: a process that listens on loopback and carries bytes to the
//! socket that leads out.
//!
//! The tool host holds the listening end from its start and starts the process when somebody knocks: most
//! commands never do, and a process less beside them is memory less, and one less to tell from what they
//! leave behind. A gateway that was killed is replaced. It judges nothing: that is done outside, where
//! nobody inside can change it.

use std::cell::Cell;
use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpStream, UnixStream};

use super::processes::{self, Process};
use crate::environment::{EGRESS_SOCKET, GATEWAY_PORT, proxy_variables};

/// The arguments after which the tool host's program is a gateway.
const SERVE: [&str; 2] = ["__tool-host", "gateway"];
/// Until descriptors may be free again.
const BREATH: Duration = Duration::from_millis(50);

/// The inner end of the way out.
pub(super) struct Gateway {
    listener: TcpListener,
    port: u16,
    process: Cell<Option<Process>>,
}

impl Gateway {
    /// Listens, if this sandbox has a way out.
    pub(super) fn listen() -> io::Result<Option<Self>> {
        if !Path::new(EGRESS_SOCKET).exists() {
            return Ok(None);
        }
        // Always the same port, so that what a tool keeps in the workspace is true in the next run.
        let usual = TcpListener::bind((Ipv4Addr::LOCALHOST, GATEWAY_PORT));
        let listener = usual.or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Some(Self {
            port: listener.local_addr()?.port(),
            listener,
            process: Cell::new(None),
        }))
    }

    /// What commands find in their environment.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        proxy_variables(self.port)
    }

    /// The process, if it was started.
    pub(super) fn process(&self) -> Option<Process> {
        self.process.get()
    }

    /// What becomes readable when a command knocks and no process is there to open.
    pub(super) fn unattended(&self) -> Option<BorrowedFd<'_>> {
        self.process.get().is_none().then(|| self.listener.as_fd())
    }

    /// Finds out whether the process was killed.
    pub(super) fn look(&self) {
        let is_alive = |process: &Process| processes::find(process.pid()) == Some(*process);
        self.process.set(self.process.get().filter(is_alive));
    }

    /// Starts the process, unless it was started.
    pub(super) fn start(&self) -> io::Result<()> {
        if self.process.get().is_some() {
            return Ok(());
        }
        let child = Command::new(super::own_program()?)
            .args(SERVE)
            .stdin(OwnedFd::from(self.listener.try_clone()?))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        self.process
            .set(processes::find(Pid::from_raw(child.id().cast_signed())));
        Ok(())
    }
}

/// Whether the program was started as a gateway.
pub(super) fn is_wanted() -> bool {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    arguments == SERVE
}

/// Carries bytes until the tool host ends.
pub(super) fn serve() -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    // Commands share our uid: this keeps our memory from them.
    nix::sys::prctl::set_dumpable(false)?;
    let listener = TcpListener::from(io::stdin().as_fd().try_clone_to_owned()?);
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            match listener.accept().await {
                Ok((near, _)) => drop(tokio::spawn(carry(near))),
                Err(_) => tokio::time::sleep(BREATH).await,
            }
        }
    })
}

async fn carry(mut near: TcpStream) {
    // Who hangs up is somebody's own business, and nobody is here to be told.
    if let Ok(mut far) = UnixStream::connect(EGRESS_SOCKET).await {
        let _ = copy_bidirectional(&mut near, &mut far).await;
    }
}
