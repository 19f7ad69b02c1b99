//! The pull request that a launch asks for, by the three flags that Cursor's dialects have in common and
//! one of ours.

use outwork_domain::{
    PullRequestCreation, PullRequestIdentity, PullRequestWish, Readiness, ReviewerRequest,
};

/// The flags as they were sent, each off if it was not; those that only mean something with others are
/// kept as sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PullRequestFlags {
    /// `autoCreatePr`.
    pub(crate) creation: Option<bool>,
    /// `draftPr`, which is ours.
    pub(crate) draft: Option<bool>,
    /// `openAsCursorGithubApp`.
    pub(crate) server_identity: Option<bool>,
    /// `skipReviewerRequest`.
    pub(crate) reviewer_skipped: Option<bool>,
}

impl From<PullRequestFlags> for PullRequestWish {
    fn from(flags: PullRequestFlags) -> Self {
        let is_on = |flag: Option<bool>| flag.unwrap_or(false);
        Self {
            creation: if is_on(flags.creation) {
                PullRequestCreation::Automatic
            } else {
                PullRequestCreation::Manual
            },
            readiness: if is_on(flags.draft) {
                Readiness::Draft
            } else {
                Readiness::Ready
            },
            identity: if is_on(flags.server_identity) {
                PullRequestIdentity::Server
            } else {
                PullRequestIdentity::User
            },
            reviewer: if is_on(flags.reviewer_skipped) {
                ReviewerRequest::Skipped
            } else {
                ReviewerRequest::Asked
            },
        }
    }
}
