//! Projects: repositories under a name, with defaults for the work in them.

use std::collections::BTreeMap;

use clap::ValueEnum;
use outwork_domain::{
    Project, ProjectDescription, ProjectPullRequest, PullRequestCreation, Readiness, clash_of,
};
use serde::Deserialize;

use super::egress::ProjectEgressSection;
use crate::exit::Failure;

/// One `[[projects]]` entry, and what `outwork project add` is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSection {
    /// Its name in paths.
    pub id: String,
    /// Where work is done.
    pub repository: String,
    /// Branch, tag or commit that work starts from.
    #[serde(rename = "ref")]
    pub base_ref: Option<String>,
    /// Another name.
    pub alias: Option<String>,
    /// What answers where a client names no model.
    pub model: Option<String>,
    /// What names of models mean that clients use.
    #[serde(default)]
    pub models: BTreeMap<String, String>,
    /// What branch names begin with.
    pub branch_prefix: Option<String>,
    /// New agents, and as many further prompts, in an hour.
    pub uses_per_hour: Option<u32>,
    /// What becomes of changed files.
    #[serde(default)]
    pub pull_request: PullRequestChoice,
    /// The file with instructions for agents.
    pub instructions: Option<String>,
    /// What commands may reach on the network, in place of `[egress]`.
    pub egress: Option<ProjectEgressSection>,
}

/// What becomes of changed files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PullRequestChoice {
    /// A pull request.
    #[default]
    Ready,
    /// A draft of one.
    Draft,
    /// Only the branch is pushed.
    None,
}

impl PullRequestChoice {
    const fn settings(self) -> ProjectPullRequest {
        let (creation, readiness) = match self {
            Self::Ready => (PullRequestCreation::Automatic, Readiness::Ready),
            Self::Draft => (PullRequestCreation::Automatic, Readiness::Draft),
            Self::None => (PullRequestCreation::Manual, Readiness::Ready),
        };
        ProjectPullRequest {
            creation,
            readiness,
        }
    }
}

impl ProjectSection {
    /// The project that it describes.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the key and its rule.
    pub fn project(&self) -> Result<Project, Failure> {
        let description = ProjectDescription {
            id: self.id.clone(),
            repository: self.repository.clone(),
            base_ref: self.base_ref.clone(),
            alias: self.alias.clone(),
            model: self.model.clone(),
            models: self.models.clone(),
            branch_prefix: self.branch_prefix.clone(),
            uses_per_hour: self.uses_per_hour,
            pull_request: self.pull_request.settings(),
            instructions: self.instructions.clone(),
        };
        let project = description.project();
        let mut project = project.map_err(|error| Failure::Usage(error.to_string()))?;
        if let Some(section) = &self.egress {
            project.egress = Some(section.resolve(&self.id)?);
        }
        Ok(project)
    }
}

/// The projects of all entries, no two of which have a name in common.
///
/// # Errors
///
/// [`Failure::Usage`] names the project and the rule that it breaks.
pub fn resolve(sections: &[ProjectSection]) -> Result<Vec<Project>, Failure> {
    let projects = sections.iter().map(ProjectSection::project);
    let projects: Vec<Project> = projects.collect::<Result<_, _>>()?;
    if let Some(name) = clash_of(&projects) {
        return Err(Failure::Usage(format!(
            "[[projects]]: two of them are called {name}"
        )));
    }
    Ok(projects)
}

#[cfg(test)]
mod tests {
    use outwork_domain::egress::EgressMode;

    use super::*;

    fn resolved(text: &str) -> Result<Vec<Project>, Failure> {
        #[derive(Deserialize)]
        struct Sections {
            projects: Vec<ProjectSection>,
        }
        let sections: Sections = toml::from_str(text).unwrap();
        resolve(&sections.projects)
    }

    #[test]
    fn an_entry_becomes_a_project() {
        let text = "[[projects]]\nid='docs'\nrepository='https://h/a/b'\nref='next'\nalias='acme'\n\
                    model='fast'\nmodels={sonnet='fast'}\nbranch_prefix='bot-'\nuses_per_hour=7\n\
                    pull_request='draft'\ninstructions='x.md'\negress={mode='none'}\n\
                    [[projects]]\nid='api'\nrepository='/srv/api.git'\n";
        let [docs, api] = resolved(text).unwrap().try_into().unwrap();
        assert_eq!(docs.base_ref.unwrap().as_str(), "next");
        assert_eq!(docs.alias.unwrap().as_str(), "acme");
        assert_eq!(docs.models["sonnet"].as_str(), "fast");
        assert_eq!(docs.branch_prefix.as_str(), "bot-");
        assert_eq!(docs.uses_per_hour, 7);
        assert_eq!(docs.pull_request.word(), "draft");
        assert_eq!(docs.instructions.as_str(), "x.md");
        assert_eq!(docs.egress.unwrap().mode, EgressMode::None);
        assert_eq!(
            api,
            Project::new("api".parse().unwrap(), "/srv/api.git".parse().unwrap())
        );
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let one = |more: &str| format!("[[projects]]\nid='docs'\nrepository='/r'\n{more}\n");
        for (text, part) in [
            (
                "[[projects]]\nid='job'\nrepository='/r'".to_owned(),
                "\"job\": id",
            ),
            (one("alias='job'"), "alias"),
            (one("alias='docs'"), "its name already"),
            (one("ref='a..b'"), "ref"),
            (one("model='a b'"), "model"),
            (one("models={'a b'='x'}"), "models"),
            (one("branch_prefix='-x'"), "branch_prefix"),
            (one("uses_per_hour=0"), "uses_per_hour"),
            (one("instructions='../x'"), "instructions"),
            (
                "[[projects]]\nid='docs'\nrepository='nowhere'".to_owned(),
                "repository",
            ),
            (one("") + &one(""), "two of them are called docs"),
            (
                one("alias='a'") + "[[projects]]\nid='a'\nrepository='/r'",
                "called a",
            ),
        ] {
            let refused = resolved(&text).unwrap_err().to_string();
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }
}
