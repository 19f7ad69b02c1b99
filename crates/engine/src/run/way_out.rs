//! The way out of a run's sandbox: what is open on it, and its socket.

use std::path::PathBuf;
use std::sync::Arc;

use outwork_domain::{Fence, IsolationLevel, RunMode};
use outwork_store::Claim;
use tracing::warn;

use super::RunParts;
use super::error::AttemptError;
use super::place::Place;
use super::set_up::EgressWishes;
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

/// The way out of a run's sandbox; none where nothing is open, none for a plan, which runs no command, and none
/// at the levels of isolation that have no network of their own to lead out of.
pub(super) async fn way_out(
    parts: &RunParts,
    claim: &Claim,
    place: &Place,
    wishes: EgressWishes,
) -> Result<Option<WayOut>, AttemptError> {
    match claim.run.mode {
        RunMode::Agent => {}
        RunMode::Plan => return Ok(None),
    }
    match parts.sandboxes.launcher.level() {
        IsolationLevel::Full | IsolationLevel::FullNoproc => {}
        IsolationLevel::Weak | IsolationLevel::None => return Ok(None),
    }
    let EgressWishes { environment, files } = wishes;
    let rules = parts
        .sandboxes
        .egress
        .rules(&claim.agent, environment, files);
    if !rules.opens_anything() {
        return Ok(None);
    }
    let (folder, owner) = (place.egress(), place.file_owner());
    parts.git.make_folder(&folder, owner).await?;
    Ok(Some(WayOut {
        run: EgressRun {
            account_id: claim.agent.account_id,
            rules: Arc::new(rules),
        },
        folder,
        owner,
        fence: claim.fence,
    }))
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
