//! Projects: names for repositories, with defaults for the work in them.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::egress::EgressLayer;
use crate::limits::INSTRUCTIONS_PATH_BYTES_MAX;
use crate::{
    Agent, BaseRef, BranchName, InvalidBranchName, ModelId, ProjectName, PullRequestCreation,
    Readiness, Repository,
};

/// Where Mintlify's agent reads instructions from.
const INSTRUCTIONS: &str = ".mintlify/AGENTS.md";
/// What Mintlify's branches begin with.
const BRANCH_PREFIX: &str = "mintlify/";

/// A repository under a name, with defaults for the work in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name; no other project has it as name or alias.
    pub id: ProjectName,
    /// Another name of it; unique like the first.
    pub alias: Option<ProjectName>,
    /// Where work is done.
    pub repository: Repository,
    /// The branch, tag or commit that work starts from; the repository's default branch if absent.
    pub base_ref: Option<BaseRef>,
    /// What answers where a client names no model; the server's default model if absent.
    pub model: Option<ModelId>,
    /// What names of models mean that clients of a dialect use, such as `sonnet`.
    pub models: BTreeMap<String, ModelId>,
    /// What generated branch names begin with.
    pub branch_prefix: BranchPrefix,
    /// How often it may be used in an hour: so many new agents, and so many further prompts.
    pub uses_per_hour: u32,
    /// What becomes of changed files.
    pub pull_request: ProjectPullRequest,
    /// The file with instructions for agents; where it is missing, the repository's own is read.
    pub instructions: InstructionsPath,
    /// What commands may reach on the network, in place of what the server says.
    pub egress: Option<EgressLayer>,
}

/// Whether work in a project ends in a pull request, and in which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectPullRequest {
    /// Whether one is opened when files changed.
    pub creation: PullRequestCreation,
    /// Whether it waits for review at once.
    pub readiness: Readiness,
}

impl Default for ProjectPullRequest {
    fn default() -> Self {
        Self {
            creation: PullRequestCreation::Automatic,
            readiness: Readiness::Ready,
        }
    }
}

impl ProjectPullRequest {
    /// The words for what it can be.
    pub const WORDS: [&'static str; 3] = ["ready", "draft", "none"];

    /// The stable word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match (self.creation, self.readiness) {
            (PullRequestCreation::Manual, _) => "none",
            (PullRequestCreation::Automatic, Readiness::Ready) => "ready",
            (PullRequestCreation::Automatic, Readiness::Draft) => "draft",
        }
    }
}

/// The text is no word of [`ProjectPullRequest::WORDS`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is ready, draft or none")]
pub struct UnknownProjectPullRequest;

impl FromStr for ProjectPullRequest {
    type Err = UnknownProjectPullRequest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (creation, readiness) = match text {
            "ready" => (PullRequestCreation::Automatic, Readiness::Ready),
            "draft" => (PullRequestCreation::Automatic, Readiness::Draft),
            "none" => (PullRequestCreation::Manual, Readiness::Ready),
            _ => return Err(UnknownProjectPullRequest),
        };
        Ok(Self {
            creation,
            readiness,
        })
    }
}

impl Project {
    /// A project of that name and repository, everything else as it usually is.
    #[must_use]
    pub fn new(id: ProjectName, repository: Repository) -> Self {
        Self {
            id,
            alias: None,
            repository,
            base_ref: None,
            model: None,
            models: BTreeMap::new(),
            branch_prefix: BranchPrefix::default(),
            uses_per_hour: crate::limits::PROJECT_USES_PER_HOUR,
            pull_request: ProjectPullRequest::default(),
            instructions: InstructionsPath::default(),
            egress: None,
        }
    }

    /// Its name, and its other one.
    pub fn names(&self) -> impl Iterator<Item = &ProjectName> {
        [Some(&self.id), self.alias.as_ref()].into_iter().flatten()
    }

    /// Whether it is what that text names.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        self.names().any(|name| name.as_str() == text)
    }

    /// Whether an agent works in it: one that was made in it, or one that was made in no project and
    /// works on its repository alone.
    #[must_use]
    pub fn has(&self, agent: &Agent) -> bool {
        match (&agent.origin.project, agent.repositories.as_slice()) {
            (Some(project), _) => *project == self.id,
            (None, [only]) => only.source.repository == self.repository,
            (None, _) => false,
        }
    }
}

/// A name that two projects have, if there is one.
#[must_use]
pub fn clash_of<'a>(projects: impl IntoIterator<Item = &'a Project>) -> Option<&'a ProjectName> {
    let mut seen = std::collections::HashSet::new();
    let mut names = projects.into_iter().flat_map(Project::names);
    names.find(|name| !seen.insert(*name))
}

/// What the names of branches begin with, such as `mintlify/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchPrefix(String);

impl BranchPrefix {
    /// The prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The branch of that number: the prefix and eight hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`InvalidBranchName`], which no prefix that was read gives.
    pub fn branch(&self, number: u32) -> Result<BranchName, InvalidBranchName> {
        format!("{}{number:08x}", self.0).parse()
    }
}

impl Default for BranchPrefix {
    fn default() -> Self {
        Self(BRANCH_PREFIX.to_owned())
    }
}

impl FromStr for BranchPrefix {
    type Err = InvalidBranchName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let prefix = Self(text.to_owned());
        // An empty prefix would make names that are nothing but digits, like the commits of some tools.
        if text.is_empty() {
            return Err(InvalidBranchName {
                text: String::new(),
                why: "it is empty",
            });
        }
        prefix.branch(0).map(|_| prefix)
    }
}

/// A file below the root of a repository: no empty, `.` or `..` part, at most 200 bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstructionsPath(String);

/// The text is no path of a file in a repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no path of a file in a repository, such as \".mintlify/AGENTS.md\"")]
pub struct InvalidInstructionsPath(pub String);

impl InstructionsPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The paths under which the file may lie: some write `Agents.md`.
    #[must_use]
    pub fn spellings(&self) -> Vec<String> {
        let mut all = vec![self.0.clone()];
        if let Some(folder) = self.0.strip_suffix("AGENTS.md") {
            all.push(format!("{folder}Agents.md"));
        }
        all
    }
}

impl Default for InstructionsPath {
    fn default() -> Self {
        Self(INSTRUCTIONS.to_owned())
    }
}

impl FromStr for InstructionsPath {
    type Err = InvalidInstructionsPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad_part = |part: &str| matches!(part, "" | "." | "..");
        if text.len() > INSTRUCTIONS_PATH_BYTES_MAX
            || text
                .chars()
                .any(|c| c.is_control() || c == ':' || c == '\\')
            || text.split('/').any(bad_part)
        {
            let shown = text.chars().take(80).collect();
            return Err(InvalidInstructionsPath(shown));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str, alias: Option<&str>) -> Project {
        Project {
            alias: alias.map(|alias| alias.parse().unwrap()),
            ..Project::new(id.parse().unwrap(), "https://h/a/b".parse().unwrap())
        }
    }

    #[test]
    fn names_and_aliases_are_one_set() {
        let (one, two) = (project("a", Some("b")), project("c", None));
        assert_eq!(clash_of([&one, &two]), None);
        for other in [
            project("a", None),
            project("b", None),
            project("d", Some("a")),
        ] {
            assert!(clash_of([&one, &other]).is_some(), "{other:?}");
        }
        assert!(clash_of([&project("a", Some("a"))]).is_some());
        assert!(one.is_named("a") && one.is_named("b") && !one.is_named("c"));
    }

    #[test]
    fn what_becomes_of_changes_has_words() {
        for word in ProjectPullRequest::WORDS {
            let read: ProjectPullRequest = word.parse().unwrap();
            assert_eq!(read.word(), word);
        }
        assert_eq!(ProjectPullRequest::default().word(), "ready");
        assert_eq!(
            "Ready".parse::<ProjectPullRequest>(),
            Err(UnknownProjectPullRequest)
        );
    }

    #[test]
    fn a_prefix_makes_branches_of_eight_digits() {
        let branch = BranchPrefix::default().branch(0xbeef).unwrap();
        assert_eq!(branch.as_str(), "mintlify/0000beef");
        for bad in ["", "-x", "a b", "refs/", "a//"] {
            assert!(bad.parse::<BranchPrefix>().is_err(), "{bad}");
        }
    }

    #[test]
    fn instructions_lie_in_the_repository() {
        assert_eq!(
            InstructionsPath::default().spellings(),
            [".mintlify/AGENTS.md", ".mintlify/Agents.md"]
        );
        let other: InstructionsPath = "docs/rules.md".parse().unwrap();
        assert_eq!(other.spellings(), ["docs/rules.md"]);
        for bad in ["", "/etc/passwd", "../x", "a/./b", "a//b", "a\nb", "a:b"] {
            assert!(bad.parse::<InstructionsPath>().is_err(), "{bad}");
        }
    }
}
