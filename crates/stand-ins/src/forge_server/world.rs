//! All that a forge knows: people, tokens, repositories. One lock guards it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::Kind;
use super::access::{Permission, Token};
use super::app::App;
use super::bare::Bare;
use super::quota::Quota;
use super::threads::Talk;

/// A person, an organisation or a bot.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) login: String,
    pub(super) nature: Nature,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Person,
    Organisation,
    Bot,
}

/// Who may read a repository without being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Its people only.
    Private,
}

/// Whether a repository can still be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    Archived,
}

/// A repository.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) id: u64,
    /// Owner or groups, and name: `acme/tools`, `acme/team/tools`.
    pub(super) path: String,
    pub(super) visibility: Visibility,
    pub(super) standing: Standing,
    pub(super) default_branch: String,
    pub(super) fork_of: Option<u64>,
    pub(super) people: BTreeMap<String, Permission>,
    pub(super) protected: BTreeSet<String>,
    /// What its own hook says to every push.
    pub(super) refusal: Option<String>,
    pub(super) created_at: i64,
    pub(super) pushed_at: i64,
}

impl Project {
    pub(super) fn owner(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(owner, _)| owner)
    }

    pub(super) fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(self.path.as_str(), |(_, name)| name)
    }
}

/// Everything, as one value.
#[derive(Debug)]
pub(super) struct World {
    pub(super) kind: Kind,
    /// `http://127.0.0.1:1234/root`, without a slash at its end.
    pub(super) base_url: String,
    /// What it lies below: empty, or `/gitlab`.
    pub(super) root: String,
    pub(super) folder: PathBuf,
    pub(super) now_secs: i64,
    pub(super) users: BTreeMap<String, User>,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) projects: BTreeMap<u64, Project>,
    /// By path in lower case, since forges do not tell `A` from `a`.
    paths: HashMap<String, u64>,
    /// Where renamed repositories were.
    moved: HashMap<String, u64>,
    pub(super) app: Option<App>,
    pub(super) talks: HashMap<u64, Talk>,
    pub(super) quotas: HashMap<String, Quota>,
    pub(super) calls_an_hour: u64,
    pub(super) webhook_secret: String,
    last_id: u64,
    /// What each token reaches, until something changes.
    pub(super) reach: RefCell<HashMap<String, Arc<Vec<u64>>>>,
}

impl World {
    pub(super) fn new(kind: Kind, origin: &str, root: &str, folder: PathBuf) -> Self {
        Self {
            kind,
            base_url: format!("{origin}{root}"),
            root: root.to_owned(),
            folder,
            now_secs: 0,
            users: BTreeMap::new(),
            tokens: HashMap::new(),
            projects: BTreeMap::new(),
            paths: HashMap::new(),
            moved: HashMap::new(),
            app: None,
            talks: HashMap::new(),
            quotas: HashMap::new(),
            calls_an_hour: 5000,
            webhook_secret: "webhook secret".to_owned(),
            last_id: 100,
            reach: RefCell::default(),
        }
    }

    /// A number that nothing else has.
    pub(super) const fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The user of that name, made if need be.
    pub(super) fn user(&mut self, login: &str, nature: Nature) -> &User {
        if !self.users.contains_key(login) {
            self.last_id += 1;
        }
        let id = self.last_id;
        self.users.entry(login.to_owned()).or_insert_with(|| User {
            id,
            login: login.to_owned(),
            nature,
        })
    }

    /// Makes a repository, or finds the one that is there.
    pub(super) fn add_project(&mut self, path: &str) -> u64 {
        if let Some(id) = self.find_path(path) {
            return id;
        }
        if let Some((owner, _)) = path.split_once('/') {
            self.user(owner, Nature::Organisation);
        }
        self.forget_reach();
        let id = self.new_id();
        let key = path.to_lowercase();
        self.moved.remove(&key);
        self.paths.insert(key, id);
        let project = Project {
            id,
            path: path.to_owned(),
            visibility: Visibility::Private,
            standing: Standing::Active,
            default_branch: "main".to_owned(),
            fork_of: None,
            people: BTreeMap::new(),
            protected: BTreeSet::new(),
            refusal: None,
            created_at: self.now_secs,
            pushed_at: self.now_secs,
        };
        self.projects.insert(id, project);
        id
    }

    pub(super) fn find_path(&self, path: &str) -> Option<u64> {
        self.paths.get(&path.to_lowercase()).copied()
    }

    /// A repository by its path or, as GitLab has it, its number.
    pub(super) fn find_project(&self, name: &str) -> Option<&Project> {
        let by_path = self.find_path(name);
        let by_number = || name.parse().ok().filter(|_| self.kind == Kind::GitLab);
        self.projects.get(&by_path.or_else(by_number)?)
    }

    /// A path with the repository's name where GitHub also takes its number: `/repositories/7/pulls`.
    pub(super) fn by_name(&self, path: &str) -> String {
        let named = path
            .split_once("/repositories/")
            .and_then(|(prefix, rest)| {
                let (number, rest) = rest.split_once('/').unwrap_or((rest, ""));
                let project = self.projects.get(&number.parse().ok()?)?;
                Some(format!("{prefix}/repos/{}/{rest}", project.path))
            });
        named.unwrap_or_else(|| path.to_owned())
    }

    /// Where programs find the forge.
    pub(super) fn api_url(&self) -> String {
        let version = match self.kind {
            Kind::GitHub => "v3",
            Kind::GitLab => "v4",
            Kind::Gitea => "v1",
        };
        format!("{}/api/{version}", self.base_url)
    }

    /// The repository that was at a path before it got another name.
    pub(super) fn find_moved(&self, path: &str) -> Option<&Project> {
        let id = self.moved.get(&path.to_lowercase())?;
        self.projects.get(id)
    }

    pub(super) fn rename(&mut self, id: u64, to: &str) {
        self.forget_reach();
        if let Some(project) = self.projects.get_mut(&id) {
            let from = project.path.to_lowercase();
            to.clone_into(&mut project.path);
            self.paths.remove(&from);
            self.moved.insert(from, id);
            self.moved.remove(&to.to_lowercase());
            self.paths.insert(to.to_lowercase(), id);
        }
    }

    /// Who reaches what has to be found out anew.
    pub(super) fn forget_reach(&self) {
        self.reach.borrow_mut().clear();
    }

    pub(super) fn delete(&mut self, id: u64) {
        self.forget_reach();
        self.talks.remove(&id);
        if let Some(project) = self.projects.remove(&id) {
            self.paths.remove(&project.path.to_lowercase());
            self.moved.retain(|_, target| *target != id);
        }
    }

    pub(super) fn project(&self, id: u64) -> io::Result<&Project> {
        let project = self.projects.get(&id);
        project.ok_or_else(|| io::Error::other(format!("there is no repository {id} any more")))
    }

    /// The repository's folder, made at the first use: most of thirty thousand are never touched.
    pub(super) fn bare(&self, id: u64) -> io::Result<Bare> {
        let project = self.project(id)?;
        let path = self.folder.join(format!("{id}.git"));
        Bare::ensure(path, &project.default_branch)
    }
}
