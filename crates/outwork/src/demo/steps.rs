//! The steps of the demonstration, each checked against what the server and the repository say.

use outwork_client::{
    AgentDetails, Client, Launch, LaunchModel, LaunchRepository, Mode, PromptBody, PullRequest,
    PullRequestCreation, PullRequestQuery,
};
use outwork_domain::ModelId;

use super::prompts::{Prompts, for_model};
use super::repository::Repository;
use crate::exit::Failure;
use crate::follow::show_events;
use crate::output::{Output, Role};
use crate::patch;
use crate::plain::plain_line;

/// A demonstration under way.
pub struct Demo<'a> {
    client: Client,
    repository: &'a Repository,
    model: ModelId,
    prompts: Prompts,
    output: &'a Output,
}

/// What was shown, once all of it held.
#[derive(Debug, serde::Serialize)]
pub struct Shown {
    /// The agent.
    pub agent: AgentDetails,
    /// Its pull request.
    #[serde(rename = "pullRequest")]
    pub pull_request: PullRequest,
    /// What the branch changes.
    pub diff: String,
}

impl<'a> Demo<'a> {
    /// A demonstration on a running server.
    pub fn new(
        client: Client,
        repository: &'a Repository,
        model: ModelId,
        output: &'a Output,
    ) -> Self {
        Self {
            client,
            repository,
            prompts: for_model(&model),
            model,
            output,
        }
    }

    /// Carries all steps out.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] names the step that did not hold.
    pub async fn run(&self) -> Result<Shown, Failure> {
        self.title(&format!("An agent works, the model is {}", self.model))?;
        let (id, seen) = self.launch().await?;
        let first = self.ended_well(&id, 1).await?;
        let ours = first.first_repository();
        let branch = ours.and_then(|ours| ours.branch.as_deref());
        let branch = known(branch, "the agent has no branch")?;
        let head = ours.and_then(|ours| ours.head.as_deref());
        let head = known(head, "the agent has no commit")?;
        let tip = self.repository.tip(branch)?;
        same(
            tip.as_str(),
            head,
            "the branch in the repository is not at the agent's commit",
        )?;
        let pull_request = self.pull_request(&first).await?;
        same(
            pull_request.head_commit.as_str(),
            head,
            "the pull request shows another commit",
        )?;

        self.title(&format!("Its branch {}", plain_line(branch)))?;
        let diff = self.client.diff(&id).await?;
        same(diff.trim().is_empty(), false, "the agent's diff is empty")?;
        self.text(&patch::shown(&diff, self.output.style()))?;
        self.title(&format!("Pull request {}", pull_request.number))?;
        self.text(&format!(
            "{}\n{}\n",
            plain_line(&pull_request.title),
            plain_line(&pull_request.url)
        ))?;

        self.title("A follow-up goes to the same agent")?;
        let shown = self.follow_up(&id, seen, branch, &tip).await?;
        self.title("Its branch now")?;
        for subject in self.repository.subjects(branch)? {
            self.text(&format!("{}\n", plain_line(&subject)))?;
        }
        Ok(shown)
    }

    /// Answers the agent's id and the number of the last event that was seen.
    async fn launch(&self) -> Result<(String, u64), Failure> {
        let launch = Launch {
            prompt: prompt(self.prompts.first),
            model: Some(LaunchModel {
                id: self.model.to_string(),
            }),
            repositories: vec![LaunchRepository {
                url: self.repository.url(),
                ..LaunchRepository::default()
            }],
            pull_request: PullRequestCreation::Automatic,
            ..Launch::default()
        };
        let agent = self.client.launch(&launch).await?;
        same(agent.status.as_str(), "ACTIVE", "a new agent is not ACTIVE")?;
        let seen = show_events(&self.client, &agent.id, 0, self.output).await?;
        Ok((agent.id, seen))
    }

    async fn follow_up(
        &self,
        id: &str,
        seen: u64,
        branch: &str,
        before: &str,
    ) -> Result<Shown, Failure> {
        self.client
            .follow_up(id, &prompt(self.prompts.second), Mode::Agent)
            .await?;
        show_events(&self.client, id, seen, self.output).await?;
        let agent = self.ended_well(id, 2).await?;
        same(
            agent
                .first_repository()
                .and_then(|ours| ours.branch.as_deref()),
            Some(branch),
            "the follow-up went to another branch",
        )?;
        let tip = self.repository.tip(branch)?;
        same(tip == before, false, "the follow-up made no commit")?;
        same(
            self.repository.subjects(branch)?.len(),
            2,
            "the branch does not have two commits",
        )?;
        let pull_request = self.pull_request(&agent).await?;
        same(
            &pull_request.head_commit,
            &tip,
            "the pull request does not show the follow-up",
        )?;
        let diff = self.client.diff(id).await?;
        Ok(Shown {
            agent,
            pull_request,
            diff,
        })
    }

    async fn ended_well(&self, id: &str, runs: usize) -> Result<AgentDetails, Failure> {
        let details = self.client.details(id).await?;
        same(
            details.runs.len(),
            runs,
            "the agent does not have the runs it was given",
        )?;
        let state = details.runs.last().map(|run| run.state.as_str());
        same(state, Some("succeeded"), "the run did not succeed")?;
        let status = self.client.agent(id).await?.status;
        same(status.as_str(), "FINISHED", "v0 does not say FINISHED")?;
        Ok(details)
    }

    /// The one open pull request of the agent.
    async fn pull_request(&self, agent: &AgentDetails) -> Result<PullRequest, Failure> {
        let open = PullRequestQuery {
            state: Some("open".to_owned()),
            ..PullRequestQuery::default()
        };
        let mut all = self.client.list_pull_requests(&open).await?;
        all.retain(|one| one.agent_id == agent.id);
        same(all.len(), 1, "there is not exactly one open pull request")?;
        let one = all.remove(0);
        same(
            agent
                .first_repository()
                .and_then(|ours| ours.pull_request_url.as_deref()),
            Some(one.url.as_str()),
            "the agent does not link its pull request",
        )?;
        Ok(one)
    }

    fn title(&self, text: &str) -> Result<(), Failure> {
        let text = self.output.style().paint(Role::Strong, text);
        self.text(&format!("\n== {text}\n\n"))
    }

    /// For people only: programs get the events and, at the end, what was shown.
    fn text(&self, text: &str) -> Result<(), Failure> {
        if self.output.form() == crate::output::Form::Text {
            self.output.piece(text)?;
        }
        Ok(())
    }
}

fn prompt(text: &str) -> PromptBody {
    PromptBody {
        text: text.to_owned(),
        images: Vec::new(),
    }
}

fn same<T: PartialEq + Copy>(found: T, expected: T, otherwise: &str) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::Failed(otherwise.to_owned()))
}

fn known<'t>(text: Option<&'t str>, otherwise: &str) -> Result<&'t str, Failure> {
    text.ok_or_else(|| Failure::Failed(otherwise.to_owned()))
}
