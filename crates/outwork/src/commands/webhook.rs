//! `outwork webhook`: where the ends of runs are announced, and what became of each announcement.

use std::collections::HashMap;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use outwork_client::{Delivery, DeliveryQuery, NewWebhook, WebhookEndpoint};
use outwork_domain::limits::WEBHOOK_WAIT_MAX;

use crate::exit::{Failure, Outcome};
use crate::output::{Form, Output, Role};
use crate::plain::plain_line;
use crate::remote::{ServerFlags, agent_id};
use crate::table::Table;

/// How long a test is waited for: as long as an attempt may take, and a while for its turn.
const TEST_WAIT: Duration = WEBHOOK_WAIT_MAX.saturating_add(Duration::from_secs(5));
const TEST_POLL: Duration = Duration::from_millis(100);

/// Announce the ends of runs to your own addresses, and see what became of it
#[derive(Args, Debug)]
pub struct WebhookArgs {
    #[command(subcommand)]
    command: WebhookCommand,
}

#[derive(Debug, Subcommand)]
enum WebhookCommand {
    /// Add an endpoint; its secret is shown once
    Add(AddArgs),
    /// List endpoints
    List(ServerArgs),
    /// Remove an endpoint with everything that was to be sent to it
    Remove(EndpointArgs),
    /// Send an endpoint something that only tries whether it works, and wait for its answer
    Test(EndpointArgs),
    /// List deliveries, newest first, or show one with its attempts
    Deliveries(DeliveriesArgs),
    /// Send a delivery once more, now, with the same id and bytes
    Redeliver(RedeliverArgs),
}

#[derive(Args, Debug)]
struct ServerArgs {
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Args)]
struct AddArgs {
    /// Address that is called
    #[arg(value_name = "URL")]
    address: String,
    /// What deliveries are signed with, 32 to 256 characters [default: made up]
    #[arg(
        long,
        value_name = "SECRET",
        env = "OUTWORK_WEBHOOK_SECRET",
        hide_env_values = true
    )]
    secret: Option<String>,
    /// Only runs that end like this; may be repeated
    #[arg(long, value_enum)]
    status: Vec<Status>,
    #[command(flatten)]
    server: ServerFlags,
}

impl std::fmt::Debug for AddArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddArgs")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Finished,
    Error,
    Expired,
}

#[derive(Args, Debug)]
struct EndpointArgs {
    /// Id of the endpoint
    id: String,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Args, Debug)]
struct DeliveriesArgs {
    /// Id of the one to show
    id: Option<String>,
    /// Only those about this agent
    #[arg(long, value_name = "AGENT", conflicts_with = "id")]
    agent: Option<String>,
    /// Only those in this state
    #[arg(long, value_enum, conflicts_with = "id")]
    state: Option<State>,
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// Only those older than this one
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    before: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Waiting,
    Delivered,
    #[value(name = "given_up", alias = "given-up")]
    GivenUp,
}

#[derive(Args, Debug)]
struct RedeliverArgs {
    /// Id of the delivery
    id: String,
    #[command(flatten)]
    server: ServerFlags,
}

/// Carries it out.
pub async fn run(args: WebhookArgs, output: &Output) -> Outcome {
    match args.command {
        WebhookCommand::Add(args) => add(args, output).await,
        WebhookCommand::List(args) => list(&args, output).await,
        WebhookCommand::Remove(args) => {
            args.server.client()?.remove_webhook(&args.id).await?;
            match output.form() {
                Form::Json => output.json(&serde_json::json!({ "id": args.id }))?,
                Form::Text => output.line(&format!("{}  removed", plain_line(&args.id)))?,
            }
            Ok(())
        }
        WebhookCommand::Test(args) => test(&args, output).await,
        WebhookCommand::Deliveries(args) => deliveries(args, output).await,
        WebhookCommand::Redeliver(args) => {
            let delivery = args.server.client()?.redeliver(&args.id).await?;
            show(&delivery, output)
        }
    }
}

/// Sends a test and shows how its first attempt ended; a failed one fails the command.
async fn test(args: &EndpointArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let sent = client.test_webhook(&args.id).await?;
    let ended = async {
        loop {
            let now = client.delivery(&sent.id).await?;
            // The count moves when an attempt begins, the list when it is over.
            let is_tried = now.attempts.as_ref().is_some_and(|list| !list.is_empty());
            if is_tried || now.ended_at.is_some() {
                return Ok::<_, Failure>(now);
            }
            tokio::time::sleep(TEST_POLL).await;
        }
    };
    let see = format!("outwork webhook deliveries {}", plain_line(&sent.id));
    match tokio::time::timeout(TEST_WAIT, ended).await {
        Ok(ended) => {
            let ended = ended?;
            show(&ended, output)?;
            match ended.state.as_str() {
                "delivered" => Ok(()),
                "waiting" => Err(Failure::Failed(format!(
                    "the first attempt failed and others follow: {see}"
                ))),
                _ => Err(Failure::Failed("the test was not taken".to_owned())),
            }
        }
        Err(_) => {
            show(&sent, output)?;
            let words = format!("the test was not tried yet: {see}");
            Err(Failure::Failed(words))
        }
    }
}

async fn add(args: AddArgs, output: &Output) -> Outcome {
    let word = |status: Status| match status {
        Status::Finished => "FINISHED".to_owned(),
        Status::Error => "ERROR".to_owned(),
        Status::Expired => "EXPIRED".to_owned(),
    };
    let new = NewWebhook {
        url: args.address,
        secret: args.secret,
        statuses: args.status.into_iter().map(word).collect(),
    };
    let added = args.server.client()?.add_webhook(&new).await?;
    match output.form() {
        Form::Json => output.json(&added)?,
        Form::Text => {
            output.line(&endpoint_line(&added))?;
            let secret = added.secret.as_deref().unwrap_or_default();
            output.line(&format!("  secret  {}", plain_line(secret)))?;
        }
    }
    Ok(())
}

async fn list(args: &ServerArgs, output: &Output) -> Outcome {
    let all = args.server.client()?.list_webhooks().await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "webhooks": all }))?,
        Form::Text if all.is_empty() => output.line("no webhooks")?,
        Form::Text => {
            for one in &all {
                output.line(&endpoint_line(one))?;
            }
        }
    }
    Ok(())
}

fn endpoint_line(endpoint: &WebhookEndpoint) -> String {
    let statuses = match endpoint.statuses.as_slice() {
        [] => "all".to_owned(),
        some => some.join(", "),
    };
    let stopped = endpoint.stopped_at.as_ref();
    let stopped = stopped.map_or("", |_| "  stopped: the receiver is gone");
    let line = format!("{}  {}  {statuses}{stopped}", endpoint.id, endpoint.url);
    plain_line(&line)
}

async fn deliveries(args: DeliveriesArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    if let Some(id) = &args.id {
        return show(&client.delivery(id).await?, output);
    }
    let agent = match &args.agent {
        Some(text) => Some(agent_id(&client, text).await?),
        None => None,
    };
    let state = args.state.map(|state| match state {
        State::Waiting => "waiting",
        State::Delivered => "delivered",
        State::GivenUp => "given_up",
    });
    let query = DeliveryQuery {
        agent,
        state: state.map(str::to_owned),
        limit: Some(args.limit),
        before: args.before,
    };
    let all = client.list_deliveries(&query).await?;
    match output.form() {
        Form::Json => output.json(&serde_json::json!({ "deliveries": all }))?,
        Form::Text if all.is_empty() => output.line("no deliveries")?,
        Form::Text => {
            let endpoints = client.list_webhooks().await?;
            output.line(&table(&all, &endpoints))?;
        }
    }
    Ok(())
}

fn table(all: &[Delivery], endpoints: &[WebhookEndpoint]) -> String {
    let urls: HashMap<&str, &str> = endpoints
        .iter()
        .map(|one| (one.id.as_str(), one.url.as_str()))
        .collect();
    let to = |one: &Delivery| match one.endpoint_id.as_deref() {
        None => "agent's own".to_owned(),
        // One that was added since the deliveries were read is told by its id.
        Some(id) => plain_line(urls.get(id).copied().unwrap_or(id)),
    };
    let mut table = Table::new(&["ID", "STATE", "ATTEMPTS", "EVENT", "AGENT", "CREATED", "TO"]);
    for one in all {
        table.row(&[
            plain_line(&one.id),
            plain_line(&one.state),
            one.attempt_count.to_string(),
            plain_line(&one.event),
            plain_line(one.agent_id.as_deref().unwrap_or("-")),
            plain_line(&one.created_at),
            to(one),
        ]);
    }
    table.to_string()
}

fn show(delivery: &Delivery, output: &Output) -> Outcome {
    if output.form() == Form::Json {
        output.json(delivery)?;
        return Ok(());
    }
    let role = match delivery.state.as_str() {
        "delivered" => Role::Good,
        "given_up" => Role::Bad,
        _ => Role::Warning,
    };
    let state = output.style().paint(role, &plain_line(&delivery.state));
    let event = plain_line(&delivery.event);
    output.line(&format!("{}  {event}  {state}", plain_line(&delivery.id)))?;
    for (label, value) in [
        ("agent", &delivery.agent_id),
        ("endpoint", &delivery.endpoint_id),
        ("due", &delivery.due_at),
        ("ended", &delivery.ended_at),
    ] {
        if let Some(value) = value {
            output.line(&format!("  {label:8}  {}", plain_line(value)))?;
        }
    }
    for attempt in delivery.attempts.iter().flatten() {
        let outcome = match (&attempt.status, &attempt.error) {
            (Some(status), _) => status.to_string(),
            (None, Some(error)) => error.clone(),
            (None, None) => String::new(),
        };
        let excerpt = attempt.excerpt.as_deref().unwrap_or_default();
        let line = format!(
            "  {}  {}  {} ms  {outcome}  {excerpt}",
            attempt.number, attempt.at, attempt.duration_ms
        );
        output.line(plain_line(&line).trim_end())?;
    }
    Ok(())
}
