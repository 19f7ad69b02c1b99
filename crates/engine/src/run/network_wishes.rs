//! What an agent's environment and the set-up files of its repositories wish of the network.
//!
//! A wish can close, so what cannot be read is taken for one that opens nothing: anything else would open.
//! And a file counts as it was when the agent began as well as it is now, since a run may have changed it
//! for the next one. Where there never was a file, there is no wish.

use outwork_domain::egress::{EgressPlace, EgressWish};
use outwork_domain::limits::ENVIRONMENT_FILE_BYTES_MAX;
use outwork_domain::{
    CloudEnvironment, CommitId, EnvironmentFile, InvalidEnvironmentFile, NamedEnvironment,
    Repository,
};
use outwork_store::Claim;
use outwork_workspace::{Error as GitError, Mirror};

use super::RunParts;
use super::error::AttemptError;
use super::patience::patiently;

/// Where a repository says how its workspace is set up, and what it wishes of the network.
pub(super) const FILE: &str = ".cursor/environment.json";

const NEW_AGENT: &str =
    "mend it and begin a new agent: this one keeps to the file that it began with";
const ON_ITS_BRANCH: &str = "mend it on the branch of this agent";

/// The file of a commit: what it says, or why it cannot be read; none if there is no file.
pub(super) type FoundFile = Option<Result<EnvironmentFile, InvalidEnvironmentFile>>;

/// Reads the file of a commit that the mirror has.
pub(super) async fn read_file(
    parts: &RunParts,
    mirror: &Mirror,
    commit: &CommitId,
) -> Result<FoundFile, AttemptError> {
    // One byte more than it may have, so that a longer one is seen to be longer.
    let max = ENVIRONMENT_FILE_BYTES_MAX + 1;
    let bytes = parts.git.read_file(mirror, commit, FILE, max).await?;
    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(text.map(EnvironmentFile::parse))
}

/// Whose wish it is, and the wish.
pub(super) type PlacedWish = (EgressPlace, EgressWish);

/// What the agent's environment wishes.
pub(super) fn of_environment(
    named: &NamedEnvironment,
    found: Option<&CloudEnvironment>,
) -> Option<PlacedWish> {
    let Some(found) = found else {
        let what = format!("the environment {:?} was deleted", named.name);
        return Some(unreadable(what, "begin an agent with another environment"));
    };
    let place = || EgressPlace::Environment(named.name.clone());
    found.file.egress().map(|wish| (place(), wish.clone()))
}

/// What the file of a checkout wishes, which was found at the commit that the run starts from.
pub(super) async fn of_checkout(
    parts: &RunParts,
    claim: &Claim,
    (repository, first): (&Repository, Option<&CommitId>),
    (whose, found): (&str, &FoundFile),
) -> Result<Vec<PlacedWish>, AttemptError> {
    let Some(first) = first else {
        // The run starts where the agent began.
        return Ok(begun_with(whose, found).into_iter().collect());
    };
    let begun = match file_at(parts, claim, repository, first).await? {
        Ok(begun) => begun_with(whose, &begun),
        Err(Gone) => {
            let what =
                format!("the commit {first} that this agent began with is gone with its {whose}");
            Some(unreadable(what, "begin a new agent"))
        }
    };
    let now = match found {
        None => None,
        Some(Ok(file)) => with_place(EgressPlace::File(whose.to_owned()), file),
        Some(Err(why)) => Some(unreadable(
            format!("{whose} cannot be read ({why})"),
            ON_ITS_BRANCH,
        )),
    };
    Ok(begun.into_iter().chain(now).collect())
}

/// What the file wishes that the agent began with.
fn begun_with(whose: &str, found: &FoundFile) -> Option<PlacedWish> {
    match found {
        None => None,
        Some(Ok(file)) => with_place(EgressPlace::FirstFile(whose.to_owned()), file),
        Some(Err(why)) => Some(unreadable(
            format!("{whose} could not be read when this agent began ({why})"),
            NEW_AGENT,
        )),
    }
}

fn with_place(place: EgressPlace, file: &EnvironmentFile) -> Option<PlacedWish> {
    file.egress().map(|wish| (place, wish.clone()))
}

fn unreadable(what: String, remedy: &str) -> PlacedWish {
    let remedy = remedy.to_owned();
    (
        EgressPlace::Unreadable { what, remedy },
        EgressWish::UNKNOWN,
    )
}

/// The repository has the commit no longer, nor has its mirror.
struct Gone;

/// The file of a commit that the mirror may have to fetch.
async fn file_at(
    parts: &RunParts,
    claim: &Claim,
    repository: &Repository,
    commit: &CommitId,
) -> Result<Result<FoundFile, Gone>, AttemptError> {
    let fetched = patiently(parts, claim, || async {
        Ok(parts.git.fetch(repository, commit).await?)
    });
    match fetched.await {
        Ok(mirror) => Ok(Ok(read_file(parts, &mirror, commit).await?)),
        Err(AttemptError::Git(GitError::BaseNotFound { .. })) => Ok(Err(Gone)),
        Err(error) => Err(error),
    }
}
