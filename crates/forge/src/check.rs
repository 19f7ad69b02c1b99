//! What a real call tells about our credentials.

use outwork_domain::{PullRequestIdentity, Timestamp};

/// What the forge says about the credentials that are configured for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// One for each credential; none for a forge that needs none.
    pub identities: Vec<CheckedIdentity>,
    /// The forge's own version, where it tells one.
    pub version: Option<String>,
}

impl Check {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.identities
            .iter()
            .all(|identity| identity.missing.is_empty())
    }
}

/// One credential, as the forge knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedIdentity {
    /// Which of ours it is.
    pub identity: PullRequestIdentity,
    /// The name that pull requests and comments will bear; whoever has it is one of us.
    pub login: String,
    /// When the credential ends, if it does and the forge tells.
    pub expires_at: Option<Timestamp>,
    /// What it does not allow.
    pub missing: Vec<Missing>,
    /// What could not be found out without changing something, in one sentence each.
    pub notes: Vec<String>,
}

/// A permission that a credential does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The permission in the forge's own words, such as `pull_requests: write`.
    pub permission: String,
    /// What cannot be done without it.
    pub needed_for: &'static str,
}
