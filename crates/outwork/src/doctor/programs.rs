//! The programs that runs need, each tried for real, and the models that answer.

use outwork_agent::Models;
use outwork_domain::IsolationLevel;
use outwork_sandbox::{Groups, Launcher, LauncherOptions, ProbeReport};
use outwork_workspace::Git;

use super::Check;
use crate::config::Settings;
use crate::data_dir::{RunUsers, reachable_program};
use crate::exit::Failure;
use crate::probing::{Probing, choice, open_folder};
use crate::wiring::git_options;

/// The program that builds the walls, where the level of isolation has such walls.
pub(super) fn bubblewrap(level: IsolationLevel, groups: Groups) -> (Check, Option<Launcher>) {
    const NAME: &str = "bubblewrap";
    let options = LauncherOptions {
        level,
        groups,
        ..LauncherOptions::default()
    };
    match Launcher::start(options) {
        Ok(launcher) => {
            let found = launcher.version().map_or_else(
                || format!("not needed at the isolation level \"{level}\""),
                |version| version.to_string(),
            );
            (Check::ok(NAME, found), Some(launcher))
        }
        Err(error) => (sandbox_check(NAME, &error), None),
    }
}

/// One real sandbox, with the same walls as a run's; where it does not hold, a weaker level is named that does.
pub(super) async fn sandbox(
    level: IsolationLevel,
    launcher: Option<&Launcher>,
    users: Option<&RunUsers>,
) -> Check {
    const NAME: &str = "sandbox";
    let folder = match open_folder() {
        Ok(folder) => folder,
        Err(error) => {
            return Check::missing(
                NAME,
                error.to_string(),
                "Free space in the temporary folder.",
            );
        }
    };
    let program = match reachable_program(folder.path(), users) {
        Ok(program) => program,
        Err(failure) => return Check::missing(NAME, failure.to_string(), "Reinstall outwork."),
    };
    let probing = Probing {
        program,
        users: users.cloned(),
        folder: folder.path().to_owned(),
    };
    let mut check = match launcher {
        None => Check::missing(NAME, "it cannot be tried without bubblewrap", "See above."),
        Some(launcher) => match probing.carry_out(launcher).await {
            Ok(report) => return held(&report),
            Err(error) => sandbox_check(NAME, &error),
        },
    };
    if let Some(weaker) = probing.weaker(level).await {
        let remedy = check.remedy.unwrap_or_default();
        check.remedy = Some(format!("{remedy} {}", choice(weaker)));
    }
    check
}

fn held(report: &ProbeReport) -> Check {
    const NAME: &str = "sandbox";
    let (level, count) = (report.level, report.checks.len());
    let landlock = report.landlock.unwrap_or_default();
    let found = format!(
        "a real one of the isolation level \"{level}\" held in {count} checks, with Landlock {landlock}"
    );
    let nothing = format!(
        "there is none at the isolation level \"{level}\": commands run, by {count} checks, and nothing confines them"
    );
    let less = "Where namespaces can be had, remove level from [isolation]; docs/sandbox.md says what this level lacks.";
    match level {
        IsolationLevel::Full | IsolationLevel::FullNoproc => Check::ok(NAME, found),
        IsolationLevel::Weak => Check::warning(NAME, found, less),
        IsolationLevel::None => Check::warning(NAME, nothing, less),
    }
}

fn sandbox_check(name: &'static str, error: &outwork_sandbox::Error) -> Check {
    let remedy = error
        .remedy()
        .unwrap_or("Run agents on a machine where bubblewrap can make user namespaces.");
    Check::missing(name, error.to_string(), remedy)
}

/// The git of the host: there, new enough, and strict.
pub(super) async fn git(settings: &Settings) -> Vec<Check> {
    const NAME: &str = "git";
    match try_git(settings).await {
        Ok(git) => {
            let found = git.version().to_owned();
            vec![match git.version_warning() {
                None => Check::ok(NAME, found),
                Some(warning) => Check::warning(NAME, format!("{found}: {warning}"), "Update git."),
            }]
        }
        Err(failure) => vec![Check::missing(
            NAME,
            failure.to_string(),
            "Install git 2.39 or newer (Debian, Ubuntu: apt-get install git).",
        )],
    }
}

async fn try_git(settings: &Settings) -> Result<Git, Failure> {
    // Opening makes folders, so it happens in one that goes away.
    let folder = tempfile::tempdir()?;
    let mut options = git_options(&settings.git, folder.path())?;
    options.local_repositories.clear();
    let failed = |error: outwork_workspace::Error| Failure::Failed(error.to_string());
    let git = Git::open(options).await.map_err(failed)?;
    git.probe().await.map_err(failed)?;
    Ok(git)
}

/// Whether anything but `script` answers; no provider is asked.
pub(super) fn models(settings: &Settings) -> Check {
    const NAME: &str = "models";
    crate::tls::install();
    match Models::new(settings.models.options.clone()) {
        Ok(models) => {
            let ids: Vec<String> = models.ids().iter().map(ToString::to_string).collect();
            let found = ids.join(", ");
            if settings.models.options.is_empty() {
                let remedy = "Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or OLLAMA_HOST, or configure [[models]].";
                return Check::warning(NAME, format!("only {found}"), remedy);
            }
            Check::ok(NAME, found)
        }
        Err(error) => Check::missing(
            NAME,
            error.to_string(),
            "Mend [[models]]; for certificates: apt-get install ca-certificates.",
        ),
    }
}
