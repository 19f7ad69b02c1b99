//! `outwork launch`: a prompt, and what it is about, become an agent.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use outwork_client::{
    Launch, LaunchEnvironment, LaunchModel, LaunchRepository, Launched, Mode, PullRequestCreation,
    Readiness, Webhook,
};
use outwork_domain::Repository;

use crate::environment;
use crate::exit::{Failure, Outcome};
use crate::follow::follow;
use crate::output::{Form, Output, Role};
use crate::plain::plain_line;
use crate::prompt::PromptFlags;
use crate::remote::ServerFlags;
use crate::variables::VariableFlags;

/// As for `outwork webhook add`: the arguments of a process can be read by others.
const SECRET_VARIABLE: &str = "OUTWORK_WEBHOOK_SECRET";

/// Start an agent on a repository, on several, or on none
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct LaunchArgs {
    #[command(flatten)]
    place: PlaceFlags,
    /// Model [default: the server's default]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Branch to push to [default: one is made up]
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Let the first run only plan: it answers with a plan and changes nothing
    #[arg(long)]
    plan: bool,
    /// Open a pull request at the end
    #[arg(long)]
    auto_pr: bool,
    /// Open it as a draft
    #[arg(long, requires = "auto_pr")]
    draft_pr: bool,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    webhook: WebhookFlags,
    #[command(flatten)]
    follow: FollowFlags,
    #[command(flatten)]
    prompt: PromptFlags,
    #[command(flatten)]
    server: ServerFlags,
}

/// What the agent works on.
#[derive(Args, Debug)]
struct PlaceFlags {
    /// Repository: an https, ssh or file address, or an absolute path on the server's machine; repeatable
    #[arg(long = "repo", alias = "repository", value_name = "REPOSITORY")]
    repositories: Vec<String>,
    /// Branch, tag or commit to start from [default: the repository's default branch]
    #[arg(long = "ref", value_name = "REF", requires = "repositories")]
    base_ref: Option<String>,
    /// Pull request to continue instead of --repo and --ref
    #[arg(long, value_name = "URL", conflicts_with_all = ["repositories", "base_ref"])]
    pr_url: Option<String>,
    /// Environment to run in, by its name; it brings its own repositories
    #[arg(long, value_name = "NAME", conflicts_with_all = ["repositories", "pr_url"])]
    environment: Option<String>,
}

impl PlaceFlags {
    /// The repositories of the launch.
    fn repositories(&self) -> Result<Vec<LaunchRepository>, Failure> {
        if let Some(url) = &self.pr_url {
            return Ok(vec![LaunchRepository {
                // The specification wants an address beside it, and the pull request outweighs that.
                url: url.clone(),
                base_ref: None,
                pr_url: Some(url.clone()),
            }]);
        }
        if self.base_ref.is_some() && self.repositories.len() > 1 {
            return Err(Failure::Usage(
                "--ref goes with one --repo: of several, each starts from its default branch"
                    .to_owned(),
            ));
        }
        let one = |text: &String| {
            Ok(LaunchRepository {
                url: repository(text)?,
                base_ref: self.base_ref.clone(),
                pr_url: None,
            })
        };
        self.repositories.iter().map(one).collect()
    }
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
        model: args.model.map(|id| LaunchModel { id }),
        repositories: args.place.repositories()?,
        environment: args
            .place
            .environment
            .map(|name| LaunchEnvironment { name }),
        branch_name: args.branch,
        pull_request: if args.auto_pr {
            PullRequestCreation::Automatic
        } else {
            PullRequestCreation::Manual
        },
        readiness: if args.draft_pr {
            Readiness::Draft
        } else {
            Readiness::Ready
        },
        mode: if args.plan { Mode::Plan } else { Mode::Agent },
        variables: args.variables.read()?,
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

fn print(agent: &Launched, output: &Output) -> std::io::Result<()> {
    let style = output.style();
    let name = style.paint(Role::Strong, &plain_line(&agent.name));
    output.line(&format!("{}  {name}", plain_line(&agent.id)))?;
    output.line(&style.paint(Role::Dim, &plain_line(&agent.url)))
}

/// An address as it is; a path of this machine as the `file://` address of what it leads to.
///
/// # Errors
///
/// [`Failure::Usage`] for a path that leads nowhere.
pub fn repository(text: &str) -> Result<String, Failure> {
    let is_path = text == "." || text == ".." || text.starts_with(['/', '.']);
    if !is_path && text.parse::<Repository>().is_ok() {
        return Ok(text.to_owned());
    }
    if let Some((scheme @ ("http" | "https"), rest)) = text.split_once("://")
        && let Some((_, place)) = rest.split('/').next().unwrap_or_default().rsplit_once('@')
    {
        // What stood there may be a password.
        return Err(Failure::Usage(format!(
            "the repository's address has a user or a password before its host, which is not taken: name it as \
             {scheme}://{place}/…; the server's credentials for a host are configured there"
        )));
    }
    let path: PathBuf = match Path::new(text).canonicalize() {
        Ok(path) => path,
        // The server may be on another machine, where an absolute path means something else.
        Err(_) if text.starts_with('/') => PathBuf::from(text),
        Err(_) if !is_path => {
            return Err(Failure::Usage(format!(
                "the repository was not found: {text} is neither an https, ssh or file address nor a path \
                 from here"
            )));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Failure::Usage(format!(
                "the repository was not found: {text}"
            )));
        }
        Err(error) => {
            return Err(Failure::Usage(format!(
                "the repository was not found: {text}: {error}"
            )));
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
        assert_eq!(
            repository("src").unwrap(),
            format!("file://{}/src", here.display())
        );
        for address in [
            "https://u:p4ssw0rd@h.example/a/b",
            "http://p4ssw0rd@h.example",
        ] {
            let refused = repository(address).unwrap_err().to_string();
            assert!(refused.contains("is not taken") && refused.contains("://h.example/"));
            assert!(!refused.contains("p4ssw0rd"), "{refused}");
        }
        for nowhere in ["./not-here", "not-here", "not/here"] {
            let refused = repository(nowhere).unwrap_err().to_string();
            let words = format!("the repository was not found: {nowhere}");
            assert!(refused.starts_with(&words), "{refused}");
        }
    }
}
