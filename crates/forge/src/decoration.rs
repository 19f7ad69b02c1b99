//! What a pull request gets beside its texts.

/// Whose attention a pull request asks for; names as the forge writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoration {
    /// Who is asked to review; `organisation/team` asks a team, where the forge knows teams.
    pub reviewers: Vec<String>,
    /// Who is responsible for it.
    pub assignees: Vec<String>,
    /// Labels; one that is not there is made only by forges that make it by themselves.
    pub labels: Vec<String>,
}

impl Decoration {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reviewers.is_empty() && self.assignees.is_empty() && self.labels.is_empty()
    }
}

/// A wish that the forge did not grant; the pull request stands all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What was asked for, such as `the reviewer jane`.
    pub wish: String,
    /// The forge's words, or ours.
    pub why: String,
}
