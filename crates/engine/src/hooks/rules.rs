//! Who may ask for work by a comment, how, and what else follows from what a forge tells.

use outwork_domain::AccountId;
use outwork_forge::Mention;

/// What we listen to on a forge.
#[derive(Clone, Debug)]
pub struct HookRules {
    /// The name by which people speak to us.
    pub mention: Mention,
    /// Who may.
    pub people: People,
    /// Whose the agents are that are launched from issues; absent: none is launched.
    pub account_id: Option<AccountId>,
    /// How many failing checks of a pull request become follow-ups; 0: none does.
    pub check_follow_ups_max: u32,
}

/// Who may ask for work by a comment; programs never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum People {
    /// Whoever may push to the repository.
    Collaborators,
    /// These, by their names on the forge, without regard to case.
    Listed(Vec<String>),
}
