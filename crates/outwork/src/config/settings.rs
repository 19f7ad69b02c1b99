//! What flags, environment, file and defaults come to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use outwork_agent::ModelOptions;
use outwork_domain::{BranchName, Budget, ModelId, Prices, Project};
use outwork_engine::outbound::OutboundOptions;
use outwork_engine::{EgressOptions, PullRequestOptions};
use outwork_server::Dialects;
use outwork_workspace::{Signing, SigningKey};
use secrecy::SecretString;

use super::emails::operators;
use super::file::{AuthorSection, BudgetSection, CoAuthorChoice, File, GitSection};
use super::flags::{Flags, StorageFlags};
use super::forges::{self, ForgeSettings};
use super::hosts::HostSection;
use super::isolation::IsolationSettings;
use super::limits::{self, LimitSettings};
use super::models::{EnvironmentSource, prices, resolve};
use super::paths::default_data_dir;
use super::projects;
use super::secret_key::{self, SecretKeyPlace};
use crate::exit::Failure;

const LISTEN: &str = "127.0.0.1:8080";
const WORKERS: u32 = 16;
const WORKERS_MAX: u32 = 10_000;
const BRANCH_PREFIX: &str = "outwork";
const AUTHOR_NAME: &str = "Outwork";
const AUTHOR_EMAIL: &str = "outwork@localhost";

/// Where state lies.
#[derive(Clone, Debug)]
pub struct Storage {
    /// The data folder, absolute; it need not exist yet.
    pub data_dir: PathBuf,
    /// The database.
    pub database: DatabaseChoice,
    /// What seals the secrets in it.
    pub secret_key: SecretKeyPlace,
}

/// The projects of the configuration file that the flags name.
///
/// # Errors
///
/// [`Failure::Usage`] for a file that cannot be read, or a project in it that cannot be.
pub fn configured_projects(flags: &StorageFlags) -> Result<Vec<Project>, Failure> {
    projects::resolve(&file_of(flags)?.projects)
}

/// The folders of local repositories in the configuration file that the flags name.
///
/// # Errors
///
/// [`Failure::Usage`] for a file that cannot be read.
pub fn configured_local_repos(flags: &StorageFlags) -> Result<Vec<PathBuf>, Failure> {
    Ok(file_of(flags)?.local_repos)
}

/// Which database holds the state.
#[derive(Clone, Debug)]
pub enum DatabaseChoice {
    /// A file in the data folder.
    Sqlite,
    /// A PostgreSQL server.
    Postgres(SecretString),
}

/// Everything that `serve` is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where state lies.
    pub storage: Storage,
    /// Address and port to listen on.
    pub listen: String,
    /// Where clients reach the server; made from the bound address if absent.
    pub public_url: Option<String>,
    /// Git repositories and hosts.
    pub git: GitSettings,
    /// Where pull requests are.
    pub forges: Vec<ForgeSettings>,
    /// How runs are executed.
    pub run: RunSettings,
    /// What may be called for users.
    pub outbound: OutboundOptions,
    /// Waits between the attempts of a delivery.
    pub delivery_schedule: Vec<Duration>,
    /// How often clients may ask, and how much one account may have running.
    pub limits: LimitSettings,
    /// What answers, and what it costs.
    pub models: ModelSettings,
    /// Repositories under a name.
    pub projects: Vec<Project>,
    /// What is served over HTTP, and to whom.
    pub http: HttpSettings,
}

/// What is served over HTTP, and to whom.
#[derive(Clone, Debug, Default)]
pub struct HttpSettings {
    /// Which dialects are served.
    pub dialects: Dialects,
    /// Whose keys may see and change what all accounts share; if there are none, the only account's.
    pub operators: Vec<String>,
}

/// What answers, and what it costs.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// Models in the order of preference; `script` is not among them.
    pub options: Vec<ModelOptions>,
    /// What they cost, as far as it is known.
    pub prices: HashMap<ModelId, Prices>,
}

/// Git repositories and hosts.
#[derive(Clone, Debug)]
pub struct GitSettings {
    /// Folders of local repositories, absolute.
    pub local_repositories: Vec<PathBuf>,
    /// Hosts with their tokens.
    pub hosts: Vec<(HostSection, Option<SecretString>)>,
    /// Other hosts, and what may come out of a sandbox.
    pub section: GitSection,
}

/// How runs are executed.
#[derive(Clone, Debug)]
pub struct RunSettings {
    /// Runs executed at the same time.
    pub runs_max: u32,
    /// What generated branch names begin with.
    pub branch_prefix: String,
    /// Whose the commits are.
    pub author: AuthorSettings,
    /// What one run may spend.
    pub budget: Budget,
    /// What its sandbox may use up, and what must hold it.
    pub isolation: IsolationSettings,
    /// What pull requests get beside their texts.
    pub pull_requests: PullRequestOptions,
    /// What commands may reach on the network.
    pub egress: EgressOptions,
}

/// Whose the commits are.
#[derive(Clone, Debug)]
pub struct AuthorSettings {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Who is named beside.
    pub co_author: CoAuthorChoice,
    /// What signs them.
    pub signing_key: Option<SigningKey>,
}

impl AuthorSettings {
    /// What signs commits, if anything does.
    #[must_use]
    pub fn signing(&self) -> Option<Signing> {
        self.signing_key.clone().map(|key| Signing {
            key,
            email: self.email.clone(),
        })
    }
}

impl Storage {
    /// Where state lies by flags and environment, the file they name, and defaults.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for a file that cannot be read or a path that cannot be used.
    pub fn of(flags: &StorageFlags, environment: EnvironmentSource<'_>) -> Result<Self, Failure> {
        let file = file_of(flags)?;
        Self::with_file(flags, &file, environment)
    }

    fn with_file(
        flags: &StorageFlags,
        file: &File,
        environment: EnvironmentSource<'_>,
    ) -> Result<Self, Failure> {
        let data_dir = flags.data_dir.clone().or_else(|| file.data_dir.clone());
        let data_dir = data_dir.map_or_else(default_data_dir, Ok)?;
        let url = flags
            .database_url
            .clone()
            .or_else(|| file.database_url.clone());
        Ok(Self {
            data_dir: absolute(&data_dir)?,
            database: url.map_or(Ok(DatabaseChoice::Sqlite), postgres)?,
            secret_key: SecretKeyPlace::of(
                flags
                    .secret_key_file
                    .clone()
                    .or_else(|| file.secret_key_file.clone()),
                environment(secret_key::VARIABLE),
            )?,
        })
    }
}

impl Settings {
    /// What `serve` is told by flags and environment, the file they name, and defaults.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for whatever cannot be used, before anything is started.
    pub fn of(flags: &Flags, environment: EnvironmentSource<'_>) -> Result<Self, Failure> {
        let mut file = file_of(&flags.storage)?;
        let storage = Storage::with_file(&flags.storage, &file, environment)?;
        let listen = flags.listen.clone().or_else(|| file.listen.clone());
        let public_url = flags.public_url.clone().or_else(|| file.public_url.clone());
        let local = if flags.local_repos.is_empty() {
            &file.local_repos
        } else {
            &flags.local_repos
        };
        let local_repositories = local
            .iter()
            .map(|path| folder(path))
            .collect::<Result<_, _>>()?;
        let models = ModelSettings {
            options: resolve(&file.models, environment)?,
            prices: prices(&file.models)?,
        };
        let sections = std::mem::take(&mut file.forges);
        let forges = forges::resolve(sections, &file.hosts, environment)?;
        let run = run_settings(&file, &forges)?;
        let outbound = file.outbound.resolve()?;
        let delivery_schedule = file.webhooks.schedule()?;
        let limits = limits::resolve(&file.limits)?;
        Ok(Self {
            storage,
            forges,
            listen: listen.unwrap_or_else(|| LISTEN.to_owned()),
            public_url: public_url.map(|url| checked_url(&url)).transpose()?,
            git: GitSettings {
                local_repositories,
                hosts: with_tokens(file.hosts, environment)?,
                section: file.git,
            },
            run,
            outbound,
            delivery_schedule,
            limits,
            models,
            projects: projects::resolve(&file.projects)?,
            http: HttpSettings {
                dialects: file.dialects.into(),
                operators: operators(&file.operators)?,
            },
        })
    }
}

impl Settings {
    /// What the demonstration is told: nothing of a real server's flags, variables or file but the
    /// keys of models.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for a variable of a model that cannot be used.
    pub fn of_demo(
        data_dir: PathBuf,
        listen: String,
        repositories: &Path,
        environment: EnvironmentSource<'_>,
    ) -> Result<Self, Failure> {
        let file = File::default();
        Ok(Self {
            storage: Storage {
                data_dir,
                database: DatabaseChoice::Sqlite,
                secret_key: SecretKeyPlace::DataFolder,
            },
            listen,
            public_url: None,
            git: GitSettings {
                local_repositories: vec![folder(repositories)?],
                hosts: Vec::new(),
                section: GitSection::default(),
            },
            forges: Vec::new(),
            run: run_settings(&file, &[])?,
            outbound: file.outbound.resolve()?,
            delivery_schedule: file.webhooks.schedule()?,
            limits: limits::resolve(&file.limits)?,
            models: ModelSettings {
                options: resolve(&[], environment)?,
                prices: HashMap::new(),
            },
            projects: Vec::new(),
            http: HttpSettings::default(),
        })
    }
}

fn file_of(flags: &StorageFlags) -> Result<File, Failure> {
    flags
        .config
        .as_deref()
        .map_or_else(|| Ok(File::default()), File::read)
}

fn postgres(url: SecretString) -> Result<DatabaseChoice, Failure> {
    use secrecy::ExposeSecret;
    let text = url.expose_secret();
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(DatabaseChoice::Postgres(url));
    }
    Err(Failure::Usage(
        "the database URL must begin with postgres:// (SQLite needs none)".to_owned(),
    ))
}

fn run_settings(file: &File, forges: &[ForgeSettings]) -> Result<RunSettings, Failure> {
    let runs_max = file.workers.unwrap_or(WORKERS);
    if !(1..=WORKERS_MAX).contains(&runs_max) {
        return Err(Failure::Usage(format!(
            "workers must be 1 to {WORKERS_MAX}"
        )));
    }
    let prefix = file.branch_prefix.as_deref().unwrap_or(BRANCH_PREFIX);
    // What is made of the prefix must be a branch name, whatever the rest is.
    if let Err(why) = format!("{prefix}/x-0000").parse::<BranchName>() {
        return Err(Failure::Usage(format!("branch_prefix: {why}")));
    }
    Ok(RunSettings {
        runs_max,
        branch_prefix: prefix.to_owned(),
        author: author(&file.author)?,
        budget: budget(&file.budget)?,
        isolation: file.isolation.resolve()?,
        pull_requests: file.pull_requests.resolve()?,
        egress: file.egress.resolve(&file.hosts, forges)?,
    })
}

fn author(section: &AuthorSection) -> Result<AuthorSettings, Failure> {
    let name = section.name.as_deref().unwrap_or(AUTHOR_NAME).trim();
    let email = section.email.as_deref().unwrap_or(AUTHOR_EMAIL).trim();
    // git takes such characters out of an identity, or refuses what is left.
    let odd = |text: &str| text.is_empty() || text.contains(['<', '>', '\n', '\r', '\0']);
    if odd(name) || odd(email) {
        return Err(Failure::Usage(
            "author: name and email must not be empty and have no <, > or line end".to_owned(),
        ));
    }
    let signing_key = section.signing_key.as_deref().map(|path| {
        SigningKey::read(path).map_err(|error| {
            Failure::Usage(format!("author: signing_key {}: {error}", path.display()))
        })
    });
    Ok(AuthorSettings {
        name: name.to_owned(),
        email: email.to_owned(),
        co_author: section.co_author.unwrap_or(CoAuthorChoice::User),
        signing_key: signing_key.transpose()?,
    })
}

fn budget(section: &BudgetSection) -> Result<Budget, Failure> {
    let standard = Budget::default();
    let budget = Budget {
        turns: section.turns.unwrap_or(standard.turns),
        tool_calls: section.tool_calls.unwrap_or(standard.tool_calls),
        tokens: section.tokens.unwrap_or(standard.tokens),
        wall: section.wall_secs.map_or(standard.wall, Duration::from_secs),
    };
    if budget.turns == 0 || budget.tool_calls == 0 || budget.tokens == 0 || budget.wall.is_zero() {
        return Err(Failure::Usage(
            "budget: a limit of 0 lets no run begin".to_owned(),
        ));
    }
    Ok(budget)
}

fn with_tokens(
    hosts: Vec<HostSection>,
    environment: EnvironmentSource<'_>,
) -> Result<Vec<(HostSection, Option<SecretString>)>, Failure> {
    hosts
        .into_iter()
        .map(|host| {
            host.check()?;
            let token = host.token(environment)?;
            Ok((host, token))
        })
        .collect()
}

fn checked_url(url: &str) -> Result<String, Failure> {
    let url = url.trim().trim_end_matches('/');
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['@', '?', '#', ' ']) => {
            Ok(url.to_owned())
        }
        Some(_) | None => Err(Failure::Usage(format!(
            "the public URL must be an address such as https://outwork.example.com, not {url:?}"
        ))),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    Ok(std::path::absolute(path).with_context(|| format!("cannot use {}", path.display()))?)
}

/// A folder that is there, without symbolic links in its path.
fn folder(path: &Path) -> Result<PathBuf, Failure> {
    let refuse = |why: &str| {
        let path = path.display();
        Failure::Usage(format!("the folder of local repositories {path} {why}"))
    };
    let found = path
        .canonicalize()
        .map_err(|error| refuse(&format!("cannot be used: {error}")))?;
    if found.is_dir() {
        Ok(found)
    } else {
        Err(refuse("is no folder"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flags: &Flags) -> Result<Settings, Failure> {
        Settings::of(flags, &|_| None)
    }

    fn with_config(text: &str) -> (tempfile::TempDir, Flags) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outwork.toml");
        std::fs::write(&path, text).unwrap();
        let storage = StorageFlags {
            config: Some(path),
            ..StorageFlags::default()
        };
        let flags = Flags {
            storage,
            ..Flags::default()
        };
        (folder, flags)
    }

    #[test]
    fn defaults_stand_where_nobody_says_anything() {
        let flags = Flags {
            storage: StorageFlags {
                data_dir: Some("/d".into()),
                ..StorageFlags::default()
            },
            ..Flags::default()
        };
        let found = settings(&flags).unwrap();
        assert_eq!(found.listen, "127.0.0.1:8080");
        assert_eq!(found.public_url, None);
        assert_eq!(found.run.runs_max, 16);
        assert_eq!(found.run.budget, Budget::default());
        assert!(matches!(found.storage.database, DatabaseChoice::Sqlite));
        assert!(found.models.options.is_empty());
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let text = "listen='0.0.0.0:1'\npublic_url='https://file/'\ndata_dir='data'\n\
                    database_url='postgres://file'\nworkers=2\nbranch_prefix='bot'\n\
                    [budget]\nturns=7\n[author]\nname='Bot'\n";
        let (folder, mut flags) = with_config(text);
        let found = settings(&flags).unwrap();
        assert_eq!(found.listen, "0.0.0.0:1");
        assert_eq!(found.public_url.as_deref(), Some("https://file"));
        assert_eq!(found.storage.data_dir, folder.path().join("data"));
        assert!(matches!(
            found.storage.database,
            DatabaseChoice::Postgres(_)
        ));
        assert_eq!((found.run.runs_max, found.run.budget.turns), (2, 7));
        assert_eq!(found.run.author.name, "Bot");
        assert_eq!(found.run.branch_prefix, "bot");

        flags.listen = Some("127.0.0.1:2".into());
        flags.public_url = Some("http://flag".into());
        flags.storage.data_dir = Some("/flag".into());
        let found = settings(&flags).unwrap();
        assert_eq!(found.listen, "127.0.0.1:2");
        assert_eq!(found.public_url.as_deref(), Some("http://flag"));
        assert_eq!(found.storage.data_dir, Path::new("/flag"));
    }

    #[test]
    fn operators_are_named_as_accounts_are() {
        let (_folder, mut flags) = with_config("operators=[' Ada@Example.com', 'b@example.com']");
        flags.storage.data_dir = Some("/d".into());
        assert_eq!(
            settings(&flags).unwrap().http.operators,
            ["ada@example.com", "b@example.com"]
        );
    }

    #[test]
    fn local_repositories_of_flags_replace_those_of_the_file() {
        let (folder, mut flags) = with_config("local_repos=['a']\ndata_dir='d'\n");
        for name in ["a", "b"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let here = folder.path().canonicalize().unwrap();
        assert_eq!(
            settings(&flags).unwrap().git.local_repositories,
            [here.join("a")]
        );
        flags.local_repos = vec![folder.path().join("b")];
        assert_eq!(
            settings(&flags).unwrap().git.local_repositories,
            [here.join("b")]
        );
    }

    #[test]
    fn what_cannot_be_used_is_refused_before_anything_starts() {
        for (text, part) in [
            ("workers=0", "workers"),
            ("workers=10001", "workers"),
            ("branch_prefix='-x'", "branch_prefix"),
            ("branch_prefix='a b'", "branch_prefix"),
            ("operators=['ada']", "operators: \"ada\""),
            ("public_url='outwork'", "public URL"),
            ("database_url='mysql://h/d'", "postgres://"),
            ("local_repos=['gone']", "gone"),
            ("[budget]\ntokens=0", "budget"),
            ("[author]\nname='a<b'", "author"),
            ("[author]\nsigning_key='gone'", "gone"),
            ("[[hosts]]\nhost='https://h'", "hosts"),
            ("[[hosts]]\nhost='h'\ntoken_env='UNSET'", "UNSET"),
            ("[[models]]\nid='auto'\nprovider='openai'", "taken"),
        ] {
            let (_folder, mut flags) = with_config(text);
            flags.storage.data_dir = Some("/d".into());
            let failure = settings(&flags).unwrap_err();
            assert_eq!(failure.status(), 2, "{text}");
            assert!(failure.to_string().contains(part), "{failure}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let (folder, mut flags) = with_config("");
        flags.storage.config = Some(folder.path().join("gone.toml"));
        let failure = settings(&flags).unwrap_err();
        assert!(failure.to_string().contains("gone.toml"), "{failure}");
    }
}
