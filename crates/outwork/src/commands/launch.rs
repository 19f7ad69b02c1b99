//! `outwork launch`: a prompt and a repository become an agent.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use outwork_client::{
    Agent, Launch, LaunchSource, LaunchTarget, PullRequestCreation, Readiness, Webhook,
};

use crate::environment;
use crate::exit::{Failure, Outcome};
use crate::follow::follow;
use crate::output::{Form, Output, Role};
use crate::plain::plain_line;
use crate::prompt::PromptFlags;
use crate::remote::ServerFlags;

/// As for `outwork webhook add`: the arguments of a process can be read by others.
const SECRET_VARIABLE: &str = "OUTWORK_WEBHOOK_SECRET";

/// Start an agent on a repository
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct LaunchArgs {
    /// Repository: an https, ssh or file address, or an absolute path on the server's machine
    #[arg(long, value_name = "REPOSITORY", required_unless_present = "pr_url")]
    repo: Option<String>,
    /// Branch, tag or commit to start from [default: the repository's default branch]
    #[arg(long = "ref", value_name = "REF")]
    base_ref: Option<String>,
    /// Pull request to continue instead of --repo and --ref
    #[arg(long, value_name = "URL", conflicts_with_all = ["repo", "base_ref"])]
    pr_url: Option<String>,
    /// Model [default: the server's default]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Branch to push to [default: one is made up]
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Open a pull request at the end
    #[arg(long)]
    auto_pr: bool,
    /// Open it as a draft
    #[arg(long, requires = "auto_pr")]
    draft_pr: bool,
    #[command(flatten)]
    webhook: WebhookFlags,
    #[command(flatten)]
    follow: FollowFlags,
    #[command(flatten)]
    prompt: PromptFlags,
    #[command(flatten)]
    server: ServerFlags,
}

/// Who is told when runs end.
#[derive(Args)]
struct WebhookFlags {
    /// Address to be told when a run ends
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// What its deliveries are signed with, 32 to 256 characters [default: OUTWORK_WEBHOOK_SECRET]
    #[arg(long, value_name = "SECRET", requires = "webhook_url")]
    webhook_secret: Option<String>,
}

impl WebhookFlags {
    fn read(self) -> Option<Webhook> {
        let Self {
            webhook_url,
            webhook_secret,
        } = self;
        // Not by clap, to which the variable alone would be a secret that lacks its address.
        let secret = || webhook_secret.or_else(|| environment::find(SECRET_VARIABLE));
        webhook_url.map(|url| Webhook {
            url,
            secret: secret(),
        })
    }
}

impl std::fmt::Debug for WebhookFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookFlags")
            .field("webhook_url", &self.webhook_url)
            .finish_non_exhaustive()
    }
}

/// Whether to stay.
#[derive(Args, Debug)]
struct FollowFlags {
    /// Follow the agent until it is idle
    #[arg(long)]
    watch: bool,
}

/// Carries it out.
pub async fn run(args: LaunchArgs, output: &Output) -> Outcome {
    let client = args.server.client()?;
    let launch = Launch {
        prompt: args.prompt.read()?,
        model: args.model,
        source: LaunchSource {
            repository: args.repo.as_deref().map(repository).transpose()?,
            base_ref: args.base_ref,
            pr_url: args.pr_url,
        },
        target: LaunchTarget {
            auto_create_pr: if args.auto_pr {
                PullRequestCreation::Automatic
            } else {
                PullRequestCreation::Manual
            },
            draft_pr: if args.draft_pr {
                Readiness::Draft
            } else {
                Readiness::Ready
            },
            branch_name: args.branch,
        },
        webhook: args.webhook.read(),
    };
    let agent = client.launch(&launch).await?;
    match output.form() {
        Form::Json => output.json(&agent)?,
        Form::Text => print(&agent, output)?,
    }
    if args.follow.watch {
        return follow(&client, &agent.id, 0, output).await;
    }
    Ok(())
}

fn print(agent: &Agent, output: &Output) -> std::io::Result<()> {
    let style = output.style();
    let name = style.paint(Role::Strong, &plain_line(&agent.name));
    output.line(&format!("{}  {name}", plain_line(&agent.id)))?;
    let url = plain_line(&agent.target.url);
    output.line(&style.paint(Role::Dim, &url))
}

/// An address as it is; a path of this machine as the `file://` address of what it leads to.
///
/// # Errors
///
/// [`Failure::Usage`] for a path that leads nowhere.
pub fn repository(text: &str) -> Result<String, Failure> {
    let is_path = text == "." || text == ".." || text.starts_with(['/', '.']);
    if !is_path {
        return Ok(text.to_owned());
    }
    let path: PathBuf = match Path::new(text).canonicalize() {
        Ok(path) => path,
        // The server may be on another machine, where an absolute path means something else.
        Err(_) if text.starts_with('/') => PathBuf::from(text),
        Err(error) => {
            return Err(Failure::Usage(format!("the repository {text}: {error}")));
        }
    };
    let path = path
        .to_str()
        .context("the repository's path is not UTF-8")?;
    Ok(format!("file://{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_addresses_and_addresses_stay() {
        assert_eq!(repository("https://h/a/b").unwrap(), "https://h/a/b");
        assert_eq!(repository("git@h:a/b").unwrap(), "git@h:a/b");
        assert_eq!(
            repository("/nowhere/at/all.git").unwrap(),
            "file:///nowhere/at/all.git"
        );
        let here = std::env::current_dir().unwrap().canonicalize().unwrap();
        assert_eq!(
            repository(".").unwrap(),
            format!("file://{}", here.display())
        );
        assert!(repository("./not-here").is_err());
    }
}
