//! What all forges' answers have in common: names and commits that must be legal before they are used.

use jiff::Timestamp as Moment;
use outwork_domain::{BranchName, CommitId, Repository, Timestamp};

use crate::error::Error;
use crate::host::Host;

/// A branch's name; what the forge allows and we do not is no answer that we can use.
pub(crate) fn branch(name: &str) -> Result<BranchName, Error> {
    name.parse()
        .map_err(|error: outwork_domain::InvalidBranchName| {
            Error::Unintelligible(error.to_string())
        })
}

/// A commit's id.
pub(crate) fn commit(sha: &str) -> Result<CommitId, Error> {
    sha.parse()
        .map_err(|error: outwork_domain::InvalidCommitId| Error::Unintelligible(error.to_string()))
}

/// A repository by its full name.
pub(crate) fn repository(host: &Host, full_name: &str) -> Result<Repository, Error> {
    host.repository(full_name)
        .map_err(|error| Error::Unintelligible(error.to_string()))
}

/// A point in time, in RFC 3339; `None` for what is none.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let moment: Moment = text.parse().ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}
