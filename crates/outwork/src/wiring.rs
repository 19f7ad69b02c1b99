//! Settings become the options of components, and components a server: the one place that knows all.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use outwork_agent::Models;
use outwork_domain::limits::{LEASE, QUEUE_WAIT_MAX, WORKSPACE_RETENTION, WORKSPACES_MAX};
use outwork_domain::{IsolationLevel, Project, clash_of};
use outwork_engine::{
    Author, Clock, CoAuthor, Dispatcher, DispatcherOptions, Engine, EngineOptions, Forges, Hooks,
    LocalForge, Reconciler, ReconcilerOptions, RunOptions, StoreLedger, SystemClock, Worker,
    WorkerOptions, WorkerParts,
};
use outwork_sandbox::{Groups, Launcher, LauncherOptions};
use outwork_server::{Examine, OwnWorker, ServerOptions};
use outwork_store::{Store, WorkerId, projects};
use outwork_workspace::{
    Credential, Credentials, FixedToken, Git, GitOptions, HostAccess, ImportPolicy, OtherHosts,
    PlainHttp, Rule,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::{
    CoAuthorChoice, GitSettings, IsolationSettings, LimitsChoice, OtherHostsChoice,
    PlainHttpChoice, RuleChoice, RunSettings, Settings,
};
use crate::data_dir::DataDir;
use crate::environment;
use crate::exit::Failure;
use crate::forges;
use crate::opening::open_store;
use crate::probing::{Probing, sandbox_failure};

/// Everything that a server runs.
pub struct Parts {
    /// Commands.
    pub engine: Engine,
    /// What executes runs.
    pub worker: Worker,
    /// What sends deliveries.
    pub dispatcher: Dispatcher,
    /// What deals with the webhooks of forges.
    pub hooks: Hooks,
    /// What repairs.
    pub reconciler: Reconciler,
    /// What starts sandboxes.
    pub launcher: Launcher,
    /// Git on the host.
    pub git: Git,
}

/// The options of git on the host.
///
/// # Errors
///
/// [`Failure::Failed`] if there is no git.
pub fn git_options(settings: &GitSettings, data: &Path) -> Result<GitOptions, Failure> {
    let search = environment::find_os("PATH").unwrap_or_default();
    let git = outwork_workspace::find_git(&search).ok_or_else(|| {
        Failure::Failed("git was not found: install it (Debian: apt-get install git)".to_owned())
    })?;
    let mut options = GitOptions::new(git, data.to_owned());
    options
        .local_repositories
        .clone_from(&settings.local_repositories);
    options
        .ssh_known_hosts
        .clone_from(&settings.section.ssh_known_hosts);
    options.hosts = settings
        .hosts
        .iter()
        .map(|(host, token)| HostAccess {
            host: host.host.clone(),
            credentials: token.clone().map(|token| {
                let credential = Credential::new(host.username.clone(), token);
                Arc::new(FixedToken(credential)) as Arc<dyn Credentials>
            }),
            ssh_key: host.ssh_key.clone(),
            ca_file: host.ca_file.clone(),
            plain_http: match host.plain_http {
                PlainHttpChoice::Allowed => PlainHttp::Allowed,
                PlainHttpChoice::Refused => PlainHttp::Refused,
            },
        })
        .collect();
    if let Some(choice) = settings.section.other_hosts {
        options.other_hosts = match choice {
            OtherHostsChoice::Refused => OtherHosts::Refused,
            OtherHostsChoice::PublicHttps => OtherHosts::PublicHttps,
        };
    }
    options.policy = policy(settings);
    Ok(options)
}

fn policy(settings: &GitSettings) -> ImportPolicy {
    let standard = ImportPolicy::default();
    let rule = |choice: Option<RuleChoice>, standard| match choice {
        None => standard,
        Some(RuleChoice::Allowed) => Rule::Allowed,
        Some(RuleChoice::Refused) => Rule::Refused,
    };
    let section = &settings.section;
    ImportPolicy {
        workflows: rule(section.workflows, standard.workflows),
        submodules: rule(section.submodules, standard.submodules),
        escaping_links: rule(section.escaping_links, standard.escaping_links),
        ..standard
    }
}

/// Starts what starts sandboxes.
///
/// # Errors
///
/// With the remedy, if there is no bubblewrap that can be used.
async fn start_launcher(
    data: &DataDir,
    level: IsolationLevel,
    groups: Groups,
) -> Result<Launcher, Failure> {
    let options = LauncherOptions {
        level,
        bwrap: None,
        mark: Some(data.mark.clone()),
        groups,
    };
    match Launcher::start(options) {
        Ok(launcher) => Ok(launcher),
        Err(error) => Err(Probing::in_data(data).failure(level, &error).await),
    }
}

/// Looks for control groups; `name` tells them from those of other servers.
///
/// # Errors
///
/// With the remedy, if they are insisted on and there are none.
pub fn find_groups(
    settings: &IsolationSettings,
    name: &str,
) -> Result<Groups, outwork_sandbox::Error> {
    let groups = Groups::find(name);
    match settings.limits {
        LimitsChoice::Any => {}
        LimitsChoice::Cgroup => groups.require()?,
    }
    Ok(groups)
}

/// The control groups of a data folder's server; what an earlier one left of them is ended.
fn own_groups(settings: &IsolationSettings, data: &DataDir) -> Result<Groups, Failure> {
    let groups = find_groups(settings, &data.group_name()?)
        .map_err(|error| sandbox_failure(settings.level, &error, None))?;
    let left = groups.sweep();
    if left > 0 {
        warn!(
            group_count = left,
            "ended control groups that a dead server left"
        );
    }
    if let Some(why) = groups.why_not() {
        warn!(
            why,
            "no control groups: sandboxes have weaker limits, see `outwork doctor`"
        );
    } else if let Err(why) = groups.limits_writes(&data.path) {
        info!(
            why,
            "what sandboxes write to the disk each second is not limited"
        );
    }
    Ok(groups)
}

/// Opens and builds everything; starts nothing but what opening starts.
///
/// # Errors
///
/// What keeps a component from working.
pub async fn assemble(
    settings: Settings,
    data: &DataDir,
    public_url: String,
) -> Result<Parts, Failure> {
    let groups = own_groups(&settings.run.isolation, data)?;
    let level = settings.run.isolation.level;
    let launcher = start_launcher(data, level, groups).await?;
    let own_secrets = settings.own_secrets();
    let hosted = forges::clients(&settings.forges)?;
    let mut git_options = git_options(&settings.git, &data.path)?;
    git_options
        .hosts
        .extend(forges::hosts(&settings.forges, &hosted));
    git_options.mark = Some(data.mark.clone());
    git_options.signing = settings.run.author.signing();
    let (store, git) = tokio::join!(open_store(&settings.storage), Git::open(git_options));
    let (store, git) = (store?, git.context("cannot use git")?);
    let models =
        Models::new(settings.models.options).context("cannot use a model's configuration")?;
    let models = models.with_prices(settings.models.prices);
    check_projects(&settings.projects, &models, &store).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rules = forges::rules(&settings.forges, &store, clock.now()).await?;
    let local = LocalForge::new(store.clone(), Arc::clone(&clock), public_url.clone());
    let engine = Engine::new(
        store.clone(),
        git.clone(),
        Arc::new(models),
        Forges::new(hosted, Arc::new(local)),
        Arc::clone(&clock),
        EngineOptions {
            data_dir: data.path.clone(),
            public_url,
            branch_prefix: settings.run.branch_prefix.clone(),
            projects: settings.projects,
            outbound: settings.outbound,
        },
    );
    let worker_id = WorkerId(data.worker_id.clone());
    let ledger = StoreLedger::new(store, clock, worker_id.clone(), LEASE)
        .with_active_runs_max(settings.limits.active_runs_per_account)
        .with_isolation(level)
        .with_own_secrets(own_secrets);
    let parts = WorkerParts {
        ledger: Arc::new(ledger),
        launcher: launcher.clone(),
    };
    let worker = Worker::new(&engine, parts, worker_options(settings.run, data));
    let forges = engine.forges().clone();
    let hooks = Hooks::new(engine.clone(), forges, rules, worker_id.clone());
    let dispatcher_options = DispatcherOptions {
        worker: worker_id.clone(),
        schedule: settings.delivery_schedule,
    };
    Ok(Parts {
        worker,
        hooks,
        dispatcher: Dispatcher::new(engine.clone(), dispatcher_options),
        reconciler: Reconciler::new(engine.clone(), reconciler_options(worker_id)),
        engine,
        launcher,
        git,
    })
}

const fn reconciler_options(worker: WorkerId) -> ReconcilerOptions {
    ReconcilerOptions {
        worker,
        workspace_retention: WORKSPACE_RETENTION,
        workspaces_max: WORKSPACES_MAX,
        queue_wait_max: QUEUE_WAIT_MAX,
    }
}

/// Refuses projects of the configuration whose models or names cannot be.
async fn check_projects(
    configured: &[Project],
    models: &Models,
    store: &Store,
) -> Result<(), Failure> {
    for project in configured {
        let named = project.model.iter().chain(project.models.values());
        if let Some(model) = named
            .into_iter()
            .find(|id| models.resolve(Some(id)).is_none())
        {
            return Err(Failure::Usage(format!(
                "project {}: there is no model {model}",
                project.id
            )));
        }
    }
    let added = async {
        let mut reader = store.read().await?;
        projects::list(&mut reader).await
    };
    let added = added.await.context("cannot read the projects")?;
    match clash_of(configured.iter().chain(&added)) {
        None => Ok(()),
        Some(name) => Err(Failure::Failed(format!(
            "a project called {name} is in the configuration file and was added by command: remove it \
             from the file, or with `outwork project remove`"
        ))),
    }
}

fn worker_options(run: RunSettings, data: &DataDir) -> WorkerOptions {
    let author = run.author;
    WorkerOptions {
        runs_max: run.runs_max,
        run: RunOptions {
            program: data.program.clone(),
            users: data
                .users
                .as_ref()
                .map(|users| (users.ids.clone(), users.group)),
            budget: run.budget,
            limits: run.isolation.resources,
            pull_requests: run.pull_requests,
            egress: run.egress,
            author: Author {
                name: author.name,
                email: author.email,
                co_author: match author.co_author {
                    CoAuthorChoice::User => CoAuthor::User,
                    CoAuthorChoice::None => CoAuthor::Nobody,
                },
            },
        },
    }
}

/// What the HTTP server needs beside the engine.
pub fn server_options(
    metrics: PrometheusHandle,
    shutdown: CancellationToken,
    working: Arc<AtomicBool>,
    settings: &Settings,
    hooks: Hooks,
    (worker_id, examine): (String, Examine),
) -> ServerOptions {
    let limits = &settings.limits;
    ServerOptions {
        hooks,
        metrics: Arc::new(move || metrics.render()),
        shutdown,
        working,
        rate_limits: limits.rate_limits.clone(),
        dialects: settings.http.dialects,
        operators: settings.http.operators.clone(),
        worker: OwnWorker {
            id: WorkerId(worker_id),
            slots: settings.run.runs_max,
            isolation: settings.run.isolation.level,
        },
        examine,
        event_retention: limits.event_retention,
    }
}

/// Where clients reach a server that nobody gave a public address.
pub fn url_of(bound: SocketAddr) -> String {
    let port = bound.port();
    if bound.ip().is_unspecified() {
        // "Every address" is none that a link can lead to.
        return format!("http://127.0.0.1:{port}");
    }
    format!("http://{bound}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_somewhere() {
        for (bound, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:80", "http://127.0.0.1:80"),
            ("[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(url_of(bound.parse().unwrap()), url);
        }
    }
}
