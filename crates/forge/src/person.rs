//! Who speaks on a forge, and what he may do there.

/// Somebody with an account on a forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name after the `@`.
    pub login: String,
    /// The forge's number of the account, which a change of name does not change; 0 where it does not
    /// tell.
    pub id: u64,
    /// Whether a program speaks.
    pub kind: PersonKind,
}

/// Whether a program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonKind {
    /// As far as the forge tells, a human being.
    Human,
    /// A program; perhaps ourselves. It never gets an answer, or two programs would answer each other.
    Bot,
}

/// What a person may do with a repository, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing beyond what everybody may.
    None,
    /// Read.
    Read,
    /// Sort issues and pull requests.
    Triage,
    /// Push.
    Write,
    /// Change settings.
    Admin,
}

impl Permission {
    /// Whether he belongs to those who work on the repository: whoever may push.
    #[must_use]
    pub fn is_collaborator(self) -> bool {
        self >= Self::Write
    }
}
