//! A source: a repository that sessions can work on, in one of the configured projects or in none.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use outwork_domain::{BranchName, Project, Repository, Scheme};
use outwork_engine::Branches;
use serde::Serialize;
use tokio::time::Instant;
use tracing::warn;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::reach::Reach;

/// How long repositories are asked for their branches before sources are shown without them.
pub(super) const BRANCHES_WAIT: Duration = Duration::from_secs(5);
/// What the names of all sources begin with.
const SOURCES: &str = "sources/";
/// The forge whose names the vendor's clients can ask for.
const GITHUB: &str = "github";
const GITHUB_HOST: &str = "github.com";
/// What stands for a forge where there is none.
const LOCAL: &str = "local";

/// A source.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SourceBody {
    #[schema(example = "sources/github/acme/tools")]
    name: String,
    /// The name without `sources/`.
    #[schema(example = "github/acme/tools")]
    id: String,
    github_repo: GithubRepoBody,
}

/// A repository, on whichever forge.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GithubRepo)]
struct GithubRepoBody {
    owner: String,
    repo: String,
    /// Always: who may see a repository is its forge's to say.
    is_private: bool,
    /// Absent while the repository cannot be asked, or if nothing was ever pushed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_branch: Option<BranchBody>,
    /// The default branch first; at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    branches: Vec<BranchBody>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Branch)]
struct BranchBody {
    display_name: String,
}

impl BranchBody {
    fn of(branch: &BranchName) -> Self {
        let display_name = branch.as_str().to_owned();
        Self { display_name }
    }
}

/// The name of the source that a repository is.
pub(super) fn source_name(repository: &Repository) -> String {
    let forge = match (repository.scheme(), repository.host()) {
        (Scheme::File, _) => LOCAL,
        (Scheme::Https | Scheme::Http | Scheme::Ssh, GITHUB_HOST) => GITHUB,
        (Scheme::Https | Scheme::Http | Scheme::Ssh, _) => repository.host_and_port(),
    };
    format!("{SOURCES}{forge}{}", repository.path())
}

/// Owner and name: the last two parts of the path.
fn owner_and_repo(repository: &Repository) -> (&str, &str) {
    let path = repository.path().trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let (before, repo) = path.rsplit_once('/').unwrap_or((LOCAL, path));
    let owner = before.rsplit('/').next().unwrap_or(before);
    (owner, repo)
}

/// Owner and name in a name of GitHub's.
fn github_parts(name: &str) -> Option<(&str, &str)> {
    let wanted = name.strip_prefix(SOURCES)?.strip_prefix(GITHUB)?;
    wanted.strip_prefix('/')?.split_once('/')
}

/// What sessions can work on: the projects, and what the lists of repositories hold beside them.
pub(super) struct Sources {
    reach: Reach,
    projects: Vec<Project>,
    listed: Arc<[Repository]>,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// Where it is.
    pub(super) repository: &'a Repository,
    /// The project that it is worked on in, if there is one.
    pub(super) project: Option<&'a Project>,
}

impl Source<'_> {
    /// Its own name.
    pub(super) fn name(&self) -> String {
        source_name(self.repository)
    }
}

impl Sources {
    /// Those that a caller's key reaches.
    pub(super) async fn of(app: &App, caller: &Caller) -> Result<Self, Failure> {
        let reach = Reach::of(app, caller).await?;
        Self::of_projects(app, reach).await?.with_listed(app).await
    }

    /// Those among which a name is to be looked for: the lists of repositories, which may be far away, are
    /// asked only if no project has just this name.
    pub(super) async fn that_may_have(
        app: &App,
        reach: Reach,
        name: &str,
    ) -> Result<Self, Failure> {
        let of_projects = Self::of_projects(app, reach).await?;
        if of_projects.named(name).is_some() {
            return Ok(of_projects);
        }
        of_projects.with_listed(app).await
    }

    async fn of_projects(app: &App, reach: Reach) -> Result<Self, Failure> {
        let mut projects = app.engine().projects().await?;
        projects.retain(|project| reach.has_project(project));
        Ok(Self {
            reach,
            projects,
            listed: Arc::default(),
        })
    }

    async fn with_listed(self, app: &App) -> Result<Self, Failure> {
        let listed = match &self.reach {
            Reach::Account => app.engine().repositories().await?,
            // A limited key's repositories are those of its projects.
            Reach::Projects(_) => Arc::default(),
        };
        Ok(Self { listed, ..self })
    }

    /// What the caller's key reaches.
    pub(super) const fn reach(&self) -> &Reach {
        &self.reach
    }

    fn named(&self, name: &str) -> Option<Source<'_>> {
        self.all().find(|source| source.name() == name)
    }

    fn all(&self) -> impl Iterator<Item = Source<'_>> {
        let of_projects = self.projects.iter().map(|project| Source {
            repository: &project.repository,
            project: Some(project),
        });
        let others = self.listed.iter().map(|repository| Source {
            repository,
            project: None,
        });
        of_projects.chain(others)
    }

    /// All of them by their names, each name once.
    pub(super) fn by_name(&self) -> Vec<(String, Source<'_>)> {
        let mut all: Vec<_> = self.all().map(|source| (source.name(), source)).collect();
        // Sorting is stable: of a name's sources the first project stays, else the first of the lists.
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all.dedup_by(|(one, _), (before, _)| one == before);
        all
    }

    /// For each of some names the source that it means, as [`Sources::find`] has it; all sources are gone
    /// through once, however many names there are.
    pub(super) fn find_all(&self, names: Vec<String>) -> Vec<(String, Source<'_>)> {
        let (mut by_name, mut by_parts) = (HashMap::new(), HashMap::new());
        for source in self.all() {
            by_name.entry(source.name()).or_insert(source);
            let parts = owner_and_repo(source.repository);
            by_parts.entry(parts).or_insert(source);
        }
        let find = |name: String| {
            let exact = by_name.get(&name).copied();
            let source = exact.or_else(|| by_parts.get(&github_parts(&name)?).copied())?;
            Some((name, source))
        };
        names.into_iter().filter_map(find).collect()
    }

    /// The source that a name means: the one of this name; else, because clients cannot ask for anything
    /// but GitHub's names, one elsewhere whose owner and name are these.
    pub(super) fn find(&self, name: &str) -> Option<Source<'_>> {
        self.named(name).or_else(|| {
            let wanted = github_parts(name)?;
            self.all()
                .find(|source| owner_and_repo(source.repository) == wanted)
        })
    }
}

impl SourceBody {
    /// A source under the name that it is asked for by; its repository has until then to tell its
    /// branches.
    pub(super) async fn read(app: &App, source: Source<'_>, name: &str, until: Instant) -> Self {
        let repository = source.repository;
        let (owner, repo) = owner_and_repo(repository);
        let branches = branches_of(app, repository, until).await;
        Self {
            name: name.to_owned(),
            id: name.strip_prefix(SOURCES).unwrap_or(name).to_owned(),
            github_repo: GithubRepoBody {
                owner: owner.to_owned(),
                repo: repo.to_owned(),
                is_private: true,
                default_branch: branches.default.as_ref().map(BranchBody::of),
                branches: branches.names.iter().map(BranchBody::of).collect(),
            },
        }
    }
}

/// The branches of a repository, or none while it cannot be asked: its source is there all the same.
async fn branches_of(app: &App, repository: &Repository, until: Instant) -> Branches {
    let asked = app.engine().branches(repository);
    match tokio::time::timeout_at(until, asked).await {
        Ok(Ok(branches)) => branches,
        Ok(Err(error)) => {
            warn!(%repository, %error, "the branches of a source cannot be read");
            Branches::default()
        }
        Err(_) => {
            warn!(%repository, "the branches of a source did not come in time");
            Branches::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str, repository: &str) -> Project {
        Project::new(id.parse().unwrap(), repository.parse().unwrap())
    }

    fn sources(projects: &[Project], listed: &[&str]) -> Sources {
        let listed = listed.iter().map(|text| text.parse().unwrap());
        Sources {
            reach: Reach::Account,
            projects: projects.to_vec(),
            listed: listed.collect(),
        }
    }

    #[test]
    fn what_is_listed_stands_beside_the_projects() {
        let projects = [
            project("b", "git@github.com:acme/tools"),
            project("a", "https://github.com/acme/tools"),
        ];
        let listed = [
            "https://github.com/acme/tools",
            "https://github.com/acme/other",
            "https://github.com/acme/other",
        ];
        let sources = sources(&projects, &listed);
        let all = sources.by_name();
        let told: Vec<_> = all
            .iter()
            .map(|(name, source)| (name.as_str(), source.project.map(|one| one.id.as_str())))
            .collect();
        let expected = [
            ("sources/github/acme/other", None),
            ("sources/github/acme/tools", Some("b")),
        ];
        assert_eq!(told, expected);
        let found = |name| sources.find(name).map(|one| one.repository.to_string());
        assert_eq!(
            found("sources/github/acme/other").as_deref(),
            Some("https://github.com/acme/other")
        );
        assert_eq!(found("sources/github/acme/none"), None);
    }

    #[test]
    fn names_say_where_a_repository_is() {
        for (repository, name, owner, repo) in [
            (
                "https://github.com/acme/tools",
                "sources/github/acme/tools",
                "acme",
                "tools",
            ),
            (
                "git@github.com:acme/tools.git",
                "sources/github/acme/tools",
                "acme",
                "tools",
            ),
            (
                "https://gitlab.example.com/group/sub/tools",
                "sources/gitlab.example.com/group/sub/tools",
                "sub",
                "tools",
            ),
            (
                "file:///srv/repos/tools.git",
                "sources/local/srv/repos/tools.git",
                "repos",
                "tools",
            ),
            ("file:///tools", "sources/local/tools", "local", "tools"),
        ] {
            let repository: Repository = repository.parse().unwrap();
            assert_eq!(source_name(&repository), name);
            assert_eq!(owner_and_repo(&repository), (owner, repo), "{name}");
        }
    }

    #[test]
    fn a_name_of_github_finds_others_only_if_github_has_none() {
        let elsewhere = project("a", "https://git.example.com/acme/tools");
        let there = project("b", "https://github.com/acme/tools");
        let name = "sources/github/acme/tools";
        let found = |projects: &[Project], name: &str| {
            let sources = sources(projects, &[]);
            let all = sources.find_all(vec![name.to_owned()]);
            let found = sources.find(name);
            assert_eq!(
                all.first().map(|(_, one)| one.repository),
                found.map(|one| one.repository)
            );
            let found = found?;
            found.project.map(|project| project.id.to_string())
        };
        assert_eq!(
            found(std::slice::from_ref(&elsewhere), name).as_deref(),
            Some("a")
        );
        assert_eq!(
            found(&[elsewhere.clone(), there], name).as_deref(),
            Some("b")
        );
        for other in [
            "sources/github/acme/other",
            "sources/gitlab/acme/tools",
            "github/acme/tools",
            "",
        ] {
            assert_eq!(
                found(std::slice::from_ref(&elsewhere), other),
                None,
                "{other}"
            );
        }
    }
}
