//! Whose attention a pull request asks for.

use outwork_domain::{PullRequestIdentity, Repository, ReviewerRequest};
use outwork_forge::Decoration;
use outwork_store::Claim;

use super::RunParts;
use super::error::AttemptError;

/// What pull requests get beside their texts.
#[derive(Clone, Debug, Default)]
pub struct PullRequestOptions {
    /// Where nothing else is said.
    pub wishes: Decoration,
    /// In these repositories, in place of that.
    pub of_repositories: Vec<(Repository, Decoration)>,
    /// Who users are on their forges.
    pub people: Vec<KnownPerson>,
}

/// Who a user is on a forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPerson {
    /// The e-mail address of his keys.
    pub email: String,
    /// His name on the forge.
    pub login: String,
    /// The forge by its name in the configuration; all if absent.
    pub forge: Option<String>,
}

impl PullRequestOptions {
    fn of(&self, repository: &Repository) -> &Decoration {
        let mut own = self.of_repositories.iter();
        let own = own.find(|(of, _)| of == repository);
        own.map_or(&self.wishes, |(_, wishes)| wishes)
    }

    fn login(&self, email: &str, forge: &str) -> Option<&str> {
        let is_he = |person: &&KnownPerson| {
            person.email.eq_ignore_ascii_case(email)
                && person.forge.as_deref().is_none_or(|name| name == forge)
        };
        let found = self.people.iter().find(is_he);
        found.map(|person| person.login.as_str())
    }
}

/// The wishes for a pull request of a run; the user himself is asked to review what the server opens in
/// its own name, unless that is not wanted: of what was opened in his own name he is the author.
pub(super) async fn of(
    parts: &RunParts,
    claim: &Claim,
    repository: &Repository,
) -> Result<Decoration, AttemptError> {
    let options = &parts.options.pull_requests;
    let mut wishes = options.of(repository).clone();
    let wish = claim.agent.pull_request;
    let asks_user = wish.identity == PullRequestIdentity::Server
        && wish.reviewer == ReviewerRequest::Asked
        && !options.people.is_empty();
    if asks_user && let Some(email) = parts.ledger.user_email(&claim.agent).await? {
        let forge = parts.forges.of(repository).name();
        if let Some(login) = options.login(&email, forge)
            && !wishes
                .reviewers
                .iter()
                .any(|one| one.eq_ignore_ascii_case(login))
        {
            wishes.reviewers.push(login.to_owned());
        }
    }
    Ok(wishes)
}
