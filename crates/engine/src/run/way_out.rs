//! The way out of a run's sandbox: what is open on it, and its socket.

use std::path::PathBuf;
use std::sync::Arc;

use outwork_domain::egress::EgressPlace;
use outwork_domain::{Fence, IsolationLevel, RunMode};
use outwork_store::Claim;
use tracing::warn;

use super::RunParts;
use super::error::AttemptError;
use super::network_wishes::PlacedWish;
use super::place::Place;
use crate::egress::{Egress, EgressRun, OpenEgress, Teller};
use crate::ledger::Ledger;

/// What a way out is opened with, again for every sandbox of an attempt.
#[derive(Clone)]
pub(super) struct WayOut {
    run: EgressRun,
    folder: PathBuf,
    owner: Option<(u32, u32)>,
    fence: Fence,
}

/// That nothing is open to a run, and who says so.
pub(super) struct Shut {
    by: EgressPlace,
}

impl Shut {
    /// What people should know of that.
    pub(super) fn note(&self) -> String {
        format!("Commands reach no network in this run: {}.", self.by.shut())
    }

    /// What the model should know of it; who shut it, with the names that users gave, is nothing to it.
    pub(super) fn remark(&self) -> String {
        "Commands reach no other host in this run, and there is no proxy: nothing is open to them. They have the \
         loopback device, and what is installed already."
            .to_owned()
    }
}

/// The way out of a run's sandbox; none where nothing is open, none for a plan, which runs no command, and none
/// at the levels of isolation that have no network of their own to lead out of. Where nothing is open, that is
/// said beside it.
pub(super) async fn way_out(
    parts: &RunParts,
    claim: &Claim,
    place: &Place,
    wishes: Vec<PlacedWish>,
) -> Result<(Option<WayOut>, Option<Shut>), AttemptError> {
    match claim.run.mode {
        RunMode::Agent => {}
        RunMode::Plan => return Ok((None, None)),
    }
    match parts.sandboxes.launcher.level() {
        IsolationLevel::Full | IsolationLevel::FullNoproc => {}
        IsolationLevel::Weak | IsolationLevel::None => return Ok((None, None)),
    }
    let rules = parts.sandboxes.egress.rules(&claim.agent, wishes);
    if let Some(by) = rules.shut_by() {
        return Ok((None, Some(Shut { by: by.clone() })));
    }
    let (folder, owner) = (place.egress(), place.file_owner());
    parts.git.make_folder(&folder, owner).await?;
    let way_out = WayOut {
        run: EgressRun {
            account_id: claim.agent.account_id,
            rules: Arc::new(rules),
        },
        folder,
        owner,
        fence: claim.fence,
    };
    Ok((Some(way_out), None))
}

impl WayOut {
    /// The socket on the host.
    pub(super) fn socket(&self) -> PathBuf {
        Egress::socket(&self.folder)
    }

    /// Opens it; it must be there before the sandbox is.
    pub(super) fn open(&self, parts: &RunParts) -> Result<OpenEgress, AttemptError> {
        let tell = teller(Arc::clone(&parts.ledger), self.fence);
        let opened = parts
            .sandboxes
            .egress
            .open(self.run.clone(), &self.folder, self.owner, tell);
        opened.map_err(|source| AttemptError::File {
            what: "the socket of the way out",
            source,
        })
    }
}

fn teller(ledger: Arc<dyn Ledger>, fence: Fence) -> Teller {
    Box::new(move |bodies| {
        let ledger = Arc::clone(&ledger);
        Box::pin(async move {
            // The run is no longer ours, or the next step of the attempt meets the same fault.
            if let Err(error) = ledger.append(&fence, bodies).await {
                warn!(%error, "what a run did on the network is not told");
            }
        })
    })
}
