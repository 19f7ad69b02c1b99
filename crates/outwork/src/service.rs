//! A running server: started, watched, and stopped in order.
//!
//! One token stops everything: no more claims, streams end with a retry hint, runs are handed back.
//! A part that ends by itself, or a database whose storage failed, ends the whole process. Requests are
//! answered at once; runs begin when git and sandbox have shown that they hold, and if they do not, the
//! process ends with the reason.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use outwork_domain::IsolationLevel;
use outwork_domain::limits::SHUTDOWN_GRACE;
use outwork_engine::Engine;
use outwork_server::{Examine, Finding};
use outwork_store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;

use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::doctor::examine;
use crate::exit::{Failure, Outcome};
use crate::figures;
use crate::probing::{Probing, warn_of};
use crate::wiring::{self, Parts};

/// What the parts need at most beyond their own grace.
const STOP_WAIT: Duration = SHUTDOWN_GRACE.saturating_add(Duration::from_secs(3));
const UPKEEP: Duration = Duration::from_secs(5);
/// What a part of the server ended with: its name, if it ended without a failure.
type Part = Result<&'static str, Failure>;

/// A server that runs in this process.
pub struct Service {
    /// Where it is reached.
    pub url: String,
    /// Its commands.
    pub engine: Engine,
    store: Store,
    stop: CancellationToken,
    tasks: JoinSet<Part>,
    /// Told once git and the sandbox were tried and runs are begun.
    work_begins: Arc<Notify>,
    /// Last, so that it is given back after everything else has ended.
    _data: DataDir,
}

impl Service {
    /// Starts a server; it answers when this returns.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from working as it should, with the remedy where there is one.
    pub async fn start(mut settings: Settings) -> Result<Self, Failure> {
        crate::tls::install();
        raise_descriptors();
        let metrics = figures::install()?;
        let data = DataDir::open(&settings.storage.data_dir, &Uuid::new_v4().to_string())?;
        let listen = settings.listen.clone();
        let listener = TcpListener::bind(&listen)
            .await
            .map_err(|error| Failure::Failed(format!("cannot listen on {listen}: {error}")))?;
        let bound = listener
            .local_addr()
            .context("the listener has no address")?;
        let level = settings.run.isolation.level;
        refuse_exposed(level, bound)?;
        warn_of(level);
        settings.outbound.own_addresses.push(bound);
        let url = wiring::url_of(bound);
        let public_url = settings.public_url.clone().unwrap_or_else(|| url.clone());
        let told = settings.clone();
        let parts = Box::pin(wiring::assemble(settings, &data, public_url)).await?;
        tidy(&parts).await?;
        let stop = CancellationToken::new();
        let working = Arc::new(AtomicBool::new(false));
        let options = wiring::server_options(
            metrics.clone(),
            stop.clone(),
            Arc::clone(&working),
            &told,
            parts.hooks.clone(),
            (data.worker_id.clone(), examine_by(told.clone())),
        );
        let router = outwork_server::router(parts.engine.clone(), options);
        let mut tasks = JoinSet::new();
        let token = stop.clone();
        tasks.spawn(async move {
            let served = outwork_server::serve(listener, router, token).await;
            served.context("the listener failed")?;
            Ok("the HTTP server")
        });
        let (engine, store) = (parts.engine.clone(), parts.engine.store().clone());
        let work_begins = Arc::new(Notify::new());
        let begin = Begin {
            working,
            told: Arc::clone(&work_begins),
        };
        spawn_work(&mut tasks, parts, &data, (begin, &stop));
        spawn_upkeep(&mut tasks, metrics, stop.clone());
        info!(%url, worker_id = %data.worker_id, database = store.kind(), "answering; git and the sandbox are tried");
        Ok(Self {
            url,
            engine,
            store,
            stop,
            tasks,
            work_begins,
            _data: data,
        })
    }

    /// Runs until `stop` resolves, then stops in order. `announce` is handed the address once runs can begin; until
    /// then, requests are answered and `/readyz` says no.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] if a part ended before that, [`Failure::Interrupted`] for a second signal, and that of
    /// `announce`.
    pub async fn run_until(
        mut self,
        stop: impl Future<Output = ()>,
        announce: impl FnOnce(&str) -> Outcome,
    ) -> Outcome {
        let (work_begins, url) = (Arc::clone(&self.work_begins), self.url.clone());
        let announced = async {
            work_begins.notified().await;
            info!(%url, "ready");
            match announce(&url) {
                Ok(()) => std::future::pending().await,
                Err(failure) => failure,
            }
        };
        let outcome = tokio::select! {
            () = stop => Ok(()),
            fault = self.store.broken() => {
                error!(error = %fault, "the database's storage failed: what is on disk is unknown");
                Err(Failure::Failed(format!("the database's storage failed: {fault}")))
            }
            ended = self.tasks.join_next() => Err(ended_early(ended)),
            failure = announced => Err(failure),
        };
        let stopped = self.stop().await;
        outcome.and(stopped)
    }

    /// Stops in order: no more claims, streams end, runs are handed back.
    ///
    /// # Errors
    ///
    /// [`Failure::Interrupted`] if somebody does not want to wait, [`Failure::Failed`] if a part does
    /// not end in time.
    async fn stop(mut self) -> Outcome {
        info!("stopping");
        self.stop.cancel();
        let hurry = stop_signal()?;
        let all_ended = async {
            while self.tasks.join_next().await.is_some() {}
            self.store.close().await;
        };
        tokio::select! {
            ended = tokio::time::timeout(STOP_WAIT, all_ended) => match ended {
                Ok(()) => {
                    info!("stopped");
                    Ok(())
                }
                Err(_) => Err(Failure::Failed("a part of the server did not stop in time".to_owned())),
            },
            () = hurry => Err(Failure::Interrupted),
        }
    }
}

/// Resolves at the first SIGTERM or SIGINT from now on.
///
/// # Errors
///
/// If the process cannot take signals.
pub fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let catch = |kind: SignalKind| -> Result<Signal, Failure> {
        Ok(signal(kind).context("cannot take signals")?)
    };
    let mut terminate = catch(SignalKind::terminate())?;
    let mut interrupt = catch(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Whoever reaches an unconfined server's API has this machine.
fn refuse_exposed(level: IsolationLevel, bound: SocketAddr) -> Outcome {
    if level == IsolationLevel::None && !bound.ip().is_loopback() {
        return Err(Failure::Usage(format!(
            "--dangerously-unconfined is refused on {bound}: without a sandbox the API may be reached from this \
             machine only (--listen 127.0.0.1:8080)"
        )));
    }
    Ok(())
}

/// Nothing is left of a process that died, before anything new begins.
async fn tidy(parts: &Parts) -> Outcome {
    let swept = parts.git.sweep().await;
    swept.context("cannot clean the data folder")?;
    let recovered = parts.reconciler.recover().await;
    recovered.context("cannot take back what the last process held")?;
    let recovered = parts.dispatcher.recover().await;
    recovered.context("cannot take back what the last process was sending")?;
    let recovered = parts.hooks.recover().await;
    recovered.context("cannot take back the webhooks that the last process dealt with")?;
    if let Some(warning) = parts.git.version_warning() {
        warn!(version = parts.git.version(), warning, "git is old");
    }
    Ok(())
}

/// Looks at the machine as the doctor does, whenever somebody asks the server to.
fn examine_by(settings: Settings) -> Examine {
    let settings = Arc::new(settings);
    Arc::new(move || {
        let settings = Arc::clone(&settings);
        Box::pin(async move {
            let checks = examine(&settings).await;
            checks.into_iter().map(Finding::from).collect()
        })
    })
}

/// Who learns that runs are begun.
struct Begin {
    /// What `/readyz` goes by.
    working: Arc<AtomicBool>,
    told: Arc<Notify>,
}

fn spawn_work(
    tasks: &mut JoinSet<Part>,
    parts: Parts,
    data: &DataDir,
    (begin, stop): (Begin, &CancellationToken),
) {
    let Parts {
        worker,
        dispatcher,
        hooks,
        reconciler,
        launcher,
        git,
        engine: _,
    } = parts;
    let probing = Probing::in_data(data);
    let limits = launcher.limits();
    let token = stop.clone();
    tasks.spawn(async move {
        let sandbox = probing.carry_out(&launcher);
        let (git, sandbox) = tokio::join!(git.probe(), sandbox);
        git.context("this git cannot be used")?;
        let report = match sandbox {
            Ok(report) => report,
            Err(error) => return Err(probing.failure(launcher.level(), &error).await),
        };
        info!(
            level = %report.level,
            bubblewrap = report.bwrap.map(|version| version.to_string()),
            landlock = report.landlock,
            limits = %limits,
            check_count = report.checks.len(),
            "what docs/sandbox.md says of this level holds here"
        );
        begin.working.store(true, Ordering::Relaxed);
        begin.told.notify_one();
        worker.work(token).await;
        Ok("the worker")
    });
    let token = stop.clone();
    tasks.spawn(async move {
        dispatcher.run(token).await;
        Ok("the dispatcher")
    });
    let token = stop.clone();
    tasks.spawn(async move {
        hooks.run(token).await;
        Ok("what deals with the webhooks of forges")
    });
    let token = stop.clone();
    tasks.spawn(async move {
        reconciler.run(token).await;
        Ok("the reconciler")
    });
}

fn spawn_upkeep(tasks: &mut JoinSet<Part>, metrics: PrometheusHandle, stop: CancellationToken) {
    tasks.spawn(async move {
        let upkeep = async {
            loop {
                tokio::time::sleep(UPKEEP).await;
                metrics.run_upkeep();
            }
        };
        stop.run_until_cancelled(upkeep).await;
        Ok("the metrics")
    });
}

fn ended_early(ended: Option<Result<Part, JoinError>>) -> Failure {
    let failure = match ended {
        Some(Ok(Err(failure))) => failure,
        Some(Ok(Ok(part))) => Failure::Failed(format!("{part} ended before it was told to")),
        Some(Err(error)) => Failure::Failed(format!("a part of the server failed: {error}")),
        None => Failure::Failed("nothing is running".to_owned()),
    };
    error!(error = %failure, "a part of the server ended");
    failure
}

/// Every run and every stream costs descriptors, and the usual soft limit is 1,024.
fn raise_descriptors() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        warn!(%error, "the limit on open files stays as it is");
    }
}
