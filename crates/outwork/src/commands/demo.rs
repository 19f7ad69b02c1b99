//! `outwork demo`: from a prompt to a pull request on this machine.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use outwork_client::Client;
use outwork_domain::{KeyKind, KeyRules, ModelId};
use outwork_engine::{NewKey, fresh_token};

use crate::config::Settings;
use crate::demo::{Demo, Place, Repository, Shown, commands};
use crate::environment;
use crate::exit::{Failure, Outcome};
use crate::logs::{self, LogFormat};
use crate::output::{Form, Output, Role};
use crate::service::{Service, stop_signal};

const LISTEN: &str = "127.0.0.1:0";
const EMAIL: &str = "demo@localhost";

/// Show a whole life of an agent on this machine: prompt, branch, diff, pull request, follow-up
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// End by itself; the status is 0 only if every step held
    #[arg(long)]
    exit: bool,
    /// Data folder, kept at the end [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = LISTEN)]
    listen: String,
}

/// Carries it out.
pub async fn run(args: DemoArgs, output: &Output) -> Outcome {
    logs::install(LogFormat::Auto, logs::QUIET_FILTER)?;
    let stop = stop_signal()?;
    let data_dir = args
        .data_dir
        .as_deref()
        .map(std::path::absolute)
        .transpose()?;
    let place = Place::new(data_dir)?;
    let outcome = Box::pin(on_stage(&args, &place, stop, output)).await;
    let removed = place.remove();
    outcome.and(removed)
}

async fn on_stage(
    args: &DemoArgs,
    place: &Place,
    stop: impl Future<Output = ()>,
    output: &Output,
) -> Outcome {
    let repository = Repository::make(&place.repositories())?;
    let settings = Settings::of_demo(
        place.data_dir(),
        args.listen.clone(),
        &place.repositories(),
        &environment::find,
    )?;
    let model = settings
        .models
        .options
        .first()
        .map(|model| model.id.clone());
    let service = Box::pin(Service::start(settings)).await?;
    let (key, secret) = fresh_token().context("cannot make a key")?;
    let new = NewKey {
        name: "demo".parse().context("no name of a key")?,
        kind: KeyKind::User,
        rules: KeyRules::default(),
    };
    super::key::insert(service.engine.store(), EMAIL.to_owned(), new, secret).await?;
    let client = Client::new(&service.url, Some(&key.as_str().into()))?;
    welcome(&service.url, &repository, model.as_ref(), output)?;
    let demo = Demo::new(
        client,
        &repository,
        model.unwrap_or_else(ModelId::script),
        output,
    );
    let mut outcome = Err(Failure::Interrupted);
    let url = service.url.clone();
    let play = async {
        let mut stop = std::pin::pin!(stop);
        let shown = tokio::select! {
            shown = demo.run() => shown,
            () = &mut stop => return,
        };
        outcome = shown.and_then(|shown| farewell(args, &url, &key, &shown, output));
        if outcome.is_ok() && !args.exit {
            stop.await;
        }
    };
    // A server that fails ends the play, too.
    service.run_until(play, |_| Ok(())).await?;
    outcome
}

fn welcome(
    url: &str,
    repository: &Repository,
    model: Option<&ModelId>,
    output: &Output,
) -> Outcome {
    if output.form() == Form::Json {
        return Ok(());
    }
    let style = output.style();
    output.line(&format!("server      {}", style.paint(Role::Accent, url)))?;
    output.line(&format!("repository  {}", repository.url()))?;
    let words = match model {
        Some(model) => format!("{model}, the first that the environment names"),
        None => {
            "script, which runs the prompt's sh blocks; set ANTHROPIC_API_KEY, OPENAI_API_KEY, \
                 GEMINI_API_KEY or OLLAMA_HOST for a real one"
                .to_owned()
        }
    };
    output.line(&format!("model       {words}"))?;
    Ok(())
}

fn farewell(args: &DemoArgs, url: &str, key: &str, shown: &Shown, output: &Output) -> Outcome {
    if output.form() == Form::Json {
        output.json(shown)?;
        return Ok(());
    }
    let style = output.style();
    output.line(&format!(
        "\n{}",
        style.paint(Role::Good, "Every step held.")
    ))?;
    if args.exit {
        return Ok(());
    }
    output.line(&format!(
        "\n== {}\n",
        style.paint(Role::Strong, "The same by hand, in another terminal")
    ))?;
    let agent = &shown.agent;
    let ours = agent.first_repository();
    let repository = ours.map_or("", |ours| ours.repository.as_str());
    output.piece(&commands(url, key, repository, &agent.id))?;
    output.line("\nCtrl-C ends the demonstration and removes what it made.")?;
    Ok(())
}
