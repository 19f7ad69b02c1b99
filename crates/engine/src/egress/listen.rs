//! The socket of one attempt, and who comes in by it.

use std::fs::{File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use outwork_domain::limits::EGRESS_CONNECTIONS_MAX;
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::connection::Connection;
use super::{Egress, EgressRun, Journal, Teller};

/// The name of the socket in its folder.
const SOCKET: &str = "sock";
/// Until descriptors may be free again.
const BREATH: Duration = Duration::from_millis(100);

/// The way out of one sandbox; without it nothing of it is left.
pub(crate) struct OpenEgress {
    tasks: TaskTracker,
    telling: JoinHandle<()>,
    told: CancellationToken,
    stop: DropGuard,
}

impl Egress {
    /// Where the socket is in a folder.
    pub(crate) fn socket(folder: &Path) -> PathBuf {
        folder.join(SOCKET)
    }

    /// Opens the way out of a sandbox by a socket in that folder, which only its user reaches.
    ///
    /// # Errors
    ///
    /// There can be no socket.
    pub(crate) fn open(
        &self,
        run: EgressRun,
        folder: &Path,
        owner: Option<(u32, u32)>,
        tell: Teller,
    ) -> io::Result<OpenEgress> {
        let listener = bind(folder, owner)?;
        let stop = CancellationToken::new();
        let told = CancellationToken::new();
        let tasks = TaskTracker::new();
        let journal = Arc::new(Journal::default());
        let telling = tokio::spawn(Arc::clone(&journal).keep(tell, told.clone()));
        let connection = Connection {
            run,
            shared: Arc::clone(&self.shared),
            journal,
            tasks: tasks.clone(),
            stop: stop.clone(),
        };
        tasks.spawn(
            stop.clone()
                .run_until_cancelled_owned(accept(listener, connection)),
        );
        Ok(OpenEgress {
            tasks,
            telling,
            told,
            stop: stop.drop_guard(),
        })
    }
}

impl OpenEgress {
    /// Ends every connection, and returns once everything of them is told.
    pub(crate) async fn close(self) {
        drop(self.stop);
        self.tasks.close();
        self.tasks.wait().await;
        self.told.cancel();
        if let Err(error) = self.telling.await {
            warn!(%error, "what a run did on the network is not told whole");
        }
    }
}

fn bind(folder: &Path, owner: Option<(u32, u32)>) -> io::Result<UnixListener> {
    let path = Egress::socket(folder);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    // A socket's path has at most 107 bytes, and a data folder may lie deep.
    let opened = File::open(folder)?;
    let short = format!("/proc/self/fd/{}/{SOCKET}", opened.as_raw_fd());
    let listener = UnixListener::bind(short)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    if let Some((uid, gid)) = owner {
        chown(&path, Some(uid), Some(gid))?;
    }
    Ok(listener)
}

async fn accept(listener: UnixListener, connection: Connection) {
    let places = Arc::new(Semaphore::new(EGRESS_CONNECTIONS_MAX));
    let of_server = Arc::clone(&connection.shared.places);
    loop {
        // Taken first: who does not fit waits in the kernel's queue, at no cost.
        let Ok(own) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                // Taken now: nobody has a place of all runs who does not use it.
                let Ok(common) = Arc::clone(&of_server).acquire_owned().await else {
                    return;
                };
                let place = Arc::new([own, common]);
                let serving = connection.clone().serve(stream, place);
                let stop = connection.stop.clone();
                connection
                    .tasks
                    .spawn(stop.run_until_cancelled_owned(serving));
            }
            Err(error) => {
                warn!(%error, "a command's connection could not be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
