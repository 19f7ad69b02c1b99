//! A project in the words of who describes it: a configuration, a command, a request.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::limits::PROJECT_USES_PER_HOUR_MAX;
use crate::{ModelId, Project, ProjectPullRequest, clash_of};

/// What somebody says of a project; what is absent is as it usually is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectDescription {
    /// Its name.
    pub id: String,
    /// Where work is done.
    pub repository: String,
    /// Branch, tag or commit that work starts from.
    pub base_ref: Option<String>,
    /// Another name.
    pub alias: Option<String>,
    /// What answers where a client names no model.
    pub model: Option<String>,
    /// What names of models mean that clients use.
    pub models: BTreeMap<String, String>,
    /// What branch names begin with.
    pub branch_prefix: Option<String>,
    /// New agents, and as many further prompts, in an hour.
    pub uses_per_hour: Option<u32>,
    /// What becomes of changed files.
    pub pull_request: ProjectPullRequest,
    /// The file with instructions for agents.
    pub instructions: Option<String>,
}

/// The description breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("project {id:?}: {key}: {why}")]
pub struct InvalidProject {
    /// How the project is called.
    pub id: String,
    /// What of it is wrong, by its name in a configuration.
    pub key: &'static str,
    /// The rule.
    pub why: String,
}

impl ProjectDescription {
    /// The project that it describes.
    ///
    /// # Errors
    ///
    /// [`InvalidProject`] names the key and its rule.
    pub fn project(&self) -> Result<Project, InvalidProject> {
        let name = self.read("id", &self.id)?;
        let mut project = Project::new(name, self.read("repository", &self.repository)?);
        project.base_ref = self.find("ref", self.base_ref.as_ref())?;
        project.alias = self.find("alias", self.alias.as_ref())?;
        project.model = self.find("model", self.model.as_ref())?;
        project.models = self.read_models()?;
        if let Some(prefix) = self.find("branch_prefix", self.branch_prefix.as_ref())? {
            project.branch_prefix = prefix;
        }
        if let Some(uses) = self.uses_per_hour {
            if !(1..=PROJECT_USES_PER_HOUR_MAX).contains(&uses) {
                let why = format!("it is 1 to {PROJECT_USES_PER_HOUR_MAX}");
                return Err(self.refusal("uses_per_hour", why));
            }
            project.uses_per_hour = uses;
        }
        if let Some(path) = self.find("instructions", self.instructions.as_ref())? {
            project.instructions = path;
        }
        project.pull_request = self.pull_request;
        if let Some(name) = clash_of([&project]) {
            return Err(self.refusal("alias", format!("{name} is its name already")));
        }
        Ok(project)
    }

    fn read_models(&self) -> Result<BTreeMap<String, ModelId>, InvalidProject> {
        let read = |(name, id): (&String, &String)| {
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(self.refusal("models", format!("{name:?} is no name of a model")));
            }
            let id = id.parse();
            let id = id.map_err(|why| self.refusal("models", format!("{name}: {why}")))?;
            Ok((name.clone(), id))
        };
        self.models.iter().map(read).collect()
    }

    fn read<T: FromStr<Err: Display>>(
        &self,
        key: &'static str,
        text: &str,
    ) -> Result<T, InvalidProject> {
        text.parse()
            .map_err(|why: T::Err| self.refusal(key, why.to_string()))
    }

    fn find<T: FromStr<Err: Display>>(
        &self,
        key: &'static str,
        text: Option<&String>,
    ) -> Result<Option<T>, InvalidProject> {
        text.map(|text| self.read(key, text)).transpose()
    }

    fn refusal(&self, key: &'static str, why: String) -> InvalidProject {
        InvalidProject {
            id: self.id.clone(),
            key,
            why,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs() -> ProjectDescription {
        ProjectDescription {
            id: "docs".to_owned(),
            repository: "https://h/a/b".to_owned(),
            ..ProjectDescription::default()
        }
    }

    #[test]
    fn two_words_are_enough() {
        let project = docs().project().unwrap();
        let usual = Project::new("docs".parse().unwrap(), "https://h/a/b".parse().unwrap());
        assert_eq!(project, usual);
    }

    #[test]
    fn the_key_of_a_fault_is_named() {
        let text = |text: &str| Some(text.to_owned());
        let models = BTreeMap::from([("a b".to_owned(), "x".to_owned())]);
        for (wrong, key) in [
            (
                ProjectDescription {
                    id: "job".to_owned(),
                    ..docs()
                },
                "id",
            ),
            (
                ProjectDescription {
                    repository: "nowhere".to_owned(),
                    ..docs()
                },
                "repository",
            ),
            (
                ProjectDescription {
                    base_ref: text("a..b"),
                    ..docs()
                },
                "ref",
            ),
            (
                ProjectDescription {
                    alias: text("docs"),
                    ..docs()
                },
                "alias",
            ),
            (
                ProjectDescription {
                    model: text("a b"),
                    ..docs()
                },
                "model",
            ),
            (ProjectDescription { models, ..docs() }, "models"),
            (
                ProjectDescription {
                    branch_prefix: text("-x"),
                    ..docs()
                },
                "branch_prefix",
            ),
            (
                ProjectDescription {
                    uses_per_hour: Some(0),
                    ..docs()
                },
                "uses_per_hour",
            ),
            (
                ProjectDescription {
                    instructions: text("../x"),
                    ..docs()
                },
                "instructions",
            ),
        ] {
            assert_eq!(wrong.project().unwrap_err().key, key, "{wrong:?}");
        }
    }
}
