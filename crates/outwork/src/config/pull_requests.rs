//! What pull requests on forges get beside their texts.

use outwork_domain::Repository;
use outwork_domain::limits::PULL_REQUEST_WISHES_MAX;
use outwork_engine::{Decoration, KnownPerson, PullRequestOptions};
use serde::Deserialize;

use crate::exit::Failure;

/// The `[pull_requests]` section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PullRequestSection {
    /// Who is asked to review.
    pub reviewers: Vec<String>,
    /// Who is responsible.
    pub assignees: Vec<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// Repositories for which something else holds.
    pub repositories: Vec<RepositorySection>,
    /// Who users are on their forges.
    pub people: Vec<PersonSection>,
}

/// One `[[pull_requests.repositories]]` entry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositorySection {
    /// Its address.
    pub repository: String,
    /// Who is asked to review.
    #[serde(default)]
    pub reviewers: Vec<String>,
    /// Who is responsible.
    #[serde(default)]
    pub assignees: Vec<String>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// One `[[pull_requests.people]]` entry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonSection {
    /// The e-mail address of his keys.
    pub email: String,
    /// His name on the forge.
    pub login: String,
    /// The forge's name in the configuration; all if absent.
    pub forge: Option<String>,
}

impl PullRequestSection {
    /// What it comes to.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the key and its rule.
    pub fn resolve(&self) -> Result<PullRequestOptions, Failure> {
        let wishes = decoration(&self.reviewers, &self.assignees, &self.labels);
        let mut of_repositories: Vec<(Repository, Decoration)> = Vec::new();
        for one in &self.repositories {
            let repository: Repository = one.repository.parse().map_err(|why| {
                Failure::Usage(format!("[[pull_requests.repositories]]: repository: {why}"))
            })?;
            if of_repositories
                .iter()
                .any(|(known, _)| *known == repository)
            {
                return Err(Failure::Usage(format!(
                    "[[pull_requests.repositories]]: {repository} is named twice"
                )));
            }
            let wishes = decoration(&one.reviewers, &one.assignees, &one.labels)?;
            of_repositories.push((repository, wishes));
        }
        let people = self.people.iter().map(person);
        Ok(PullRequestOptions {
            wishes: wishes?,
            of_repositories,
            people: people.collect::<Result<_, _>>()?,
        })
    }
}

fn decoration(
    reviewers: &[String],
    assignees: &[String],
    labels: &[String],
) -> Result<Decoration, Failure> {
    for (key, names) in [
        ("reviewers", reviewers),
        ("assignees", assignees),
        ("labels", labels),
    ] {
        if names.len() > PULL_REQUEST_WISHES_MAX {
            return Err(Failure::Usage(format!(
                "[pull_requests] {key}: at most {PULL_REQUEST_WISHES_MAX} of them"
            )));
        }
        if let Some(odd) = names.iter().find(|name| is_odd(name)) {
            return Err(Failure::Usage(format!(
                "[pull_requests] {key}: {odd:?} is no name"
            )));
        }
    }
    Ok(Decoration {
        reviewers: without_at(reviewers),
        assignees: without_at(assignees),
        labels: labels.to_vec(),
    })
}

fn person(section: &PersonSection) -> Result<KnownPerson, Failure> {
    let login = section.login.trim_start_matches('@');
    if !section.email.contains('@') || is_odd(login) {
        return Err(Failure::Usage(format!(
            "[[pull_requests.people]]: {:?} is no e-mail address, or {login:?} no name",
            section.email
        )));
    }
    Ok(KnownPerson {
        email: section.email.clone(),
        login: login.to_owned(),
        forge: section.forge.clone(),
    })
}

fn is_odd(name: &str) -> bool {
    name.trim().is_empty() || name.contains(char::is_control)
}

fn without_at(logins: &[String]) -> Vec<String> {
    let plain = logins.iter().map(|login| login.trim_start_matches('@'));
    plain.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<PullRequestOptions, Failure> {
        let section: PullRequestSection = toml::from_str(text).unwrap();
        section.resolve()
    }

    #[test]
    fn wishes_are_for_all_or_for_one_repository() {
        let options = resolved(
            "reviewers = ['@ada', 'acme/core']\nlabels = ['by outwork']\n\
             [[repositories]]\nrepository = 'https://h/acme/tools.git'\nassignees = ['bob']\n\
             [[people]]\nemail = 'ada@example.com'\nlogin = '@ada'\nforge = 'h'\n",
        )
        .unwrap();
        assert_eq!(options.wishes.reviewers, ["ada", "acme/core"]);
        assert_eq!(options.wishes.labels, ["by outwork"]);
        let (repository, own) = &options.of_repositories[0];
        assert_eq!(repository.to_string(), "https://h/acme/tools");
        assert_eq!(own.assignees, ["bob"]);
        assert!(own.reviewers.is_empty() && own.labels.is_empty());
        assert_eq!(options.people[0].login, "ada");
        assert!(resolved("").unwrap().wishes.is_empty());
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let twice = "[[repositories]]\nrepository = 'https://h/a/b'\n".repeat(2);
        let many = format!("labels = {:?}", vec!["x"; 51]);
        for (text, part) in [
            ("labels = [' ']", "labels"),
            ("reviewers = [\"a\\nb\"]", "reviewers"),
            (many.as_str(), "at most 50"),
            ("[[repositories]]\nrepository = 'nowhere'", "repository"),
            (twice.as_str(), "named twice"),
            ("[[people]]\nemail = 'x'\nlogin = 'y'", "no e-mail address"),
            ("[[people]]\nemail = 'x@y'\nlogin = '@'", "no name"),
        ] {
            let refused = resolved(text).unwrap_err().to_string();
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }
}
