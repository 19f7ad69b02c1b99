//! `POST /v1alpha/sessions`: a prompt becomes an agent, in a source or without one.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::{
    BaseRef, BranchWish, Dialect, Guidance, InvalidBaseRef, ModelChoice, Origin, PlanApproval,
    Prompt, PullRequestCreation, PullRequestIdentity, PullRequestWish, Readiness, ReviewerRequest,
    RunMode, SecretsWish, Source as Start, Terms,
};
use outwork_engine::{NewAgent, NewRepository};
use outwork_store::AgentView;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::LooseBody;
use super::session::SessionBody;
use super::source::{Source, Sources};
use crate::app::App;
use crate::auth::Caller;
use crate::body::Object;
use crate::errors::Failure;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::prompt::prompt_of;
use crate::reach::Reach;
use crate::reply::Answer;

/// What an agent is told that plans before it works: somebody is there to be asked.
const MAY_ASK: &str = "While you only plan, the user can answer one question at a time. If you cannot \
     plan before you know something that only the user can say, answer with that question alone: without a \
     list, and with a question mark at its end. What the user says to it comes as the next prompt.";
/// Characters of a title, which is the agent's name.
const TITLE_CHARS_MAX: usize = 100;

/// What a new session is to do. Names may also be written with underscores.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewSessionBody {
    #[schema(value_type = String, min_length = 1, example = "Add unit tests for the parser")]
    prompt: Option<String>,
    /// Taken from the prompt if absent.
    #[schema(max_length = 100)]
    title: Option<String>,
    /// Without it, a session without a repository.
    #[serde(alias = "source_context")]
    #[schema(value_type = Option<NewSourceContextBody>)]
    source_context: Option<Object<NewSourceContextBody>>,
    /// Plan first, and work once `:approvePlan` was called.
    #[serde(alias = "require_plan_approval")]
    require_plan_approval: Option<bool>,
    /// `AUTO_CREATE_PR` opens a pull request if files changed.
    #[serde(alias = "automation_mode")]
    #[schema(
        pattern = "^(AUTOMATION_MODE_UNSPECIFIED|AUTO_CREATE_PR)$",
        example = "AUTO_CREATE_PR"
    )]
    automation_mode: Option<String>,
}

/// Where a new session works.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewSourceContext)]
struct NewSourceContextBody {
    #[schema(value_type = String, example = "sources/github/acme/tools")]
    source: Option<String>,
    #[serde(alias = "github_repo_context")]
    #[schema(value_type = Option<NewGithubRepoContextBody>)]
    github_repo_context: Option<Object<NewGithubRepoContextBody>>,
    /// Give its runs the secrets that are kept for them; `true` if absent.
    #[serde(alias = "environment_variables_enabled")]
    environment_variables_enabled: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewGithubRepoContext)]
struct NewGithubRepoContextBody {
    /// The project's ref if absent, else the repository's default branch.
    #[serde(alias = "starting_branch")]
    #[schema(example = "main")]
    starting_branch: Option<String>,
}

/// The same, checked.
struct Wanted {
    prompt: Prompt,
    title: Option<String>,
    place: Option<Place>,
    terms: Terms,
    creation: PullRequestCreation,
}

struct Place {
    source: String,
    starting_branch: Option<BaseRef>,
}

impl NewSessionBody {
    fn read(self) -> Result<Wanted, Failure> {
        let prompt = prompt_of(self.prompt)?;
        let title = self.title.map(|title| title.trim().to_owned());
        let title = title.filter(|title| !title.is_empty());
        if title.as_ref().is_some_and(|title| is_too_long(title)) {
            let message =
                format!("title must be at most {TITLE_CHARS_MAX} characters, on one line");
            return Err(Failure::invalid(message));
        }
        let context = self.source_context.map(|Object(context)| context);
        let enabled = context
            .as_ref()
            .and_then(|context| context.environment_variables_enabled);
        let plans = match self.require_plan_approval {
            Some(true) => PlanApproval::Required,
            Some(false) | None => PlanApproval::Implied,
        };
        let secrets = match enabled {
            Some(false) => SecretsWish::Withheld,
            Some(true) | None => SecretsWish::Given,
        };
        Ok(Wanted {
            prompt,
            title,
            place: context.map(NewSourceContextBody::read).transpose()?,
            terms: Terms { plans, secrets },
            creation: creation_of(self.automation_mode.as_deref())?,
        })
    }
}

fn is_too_long(title: &str) -> bool {
    title.chars().nth(TITLE_CHARS_MAX).is_some() || title.chars().any(char::is_control)
}

fn creation_of(mode: Option<&str>) -> Result<PullRequestCreation, Failure> {
    match mode {
        Some("AUTO_CREATE_PR") => Ok(PullRequestCreation::Automatic),
        Some("AUTOMATION_MODE_UNSPECIFIED") | None => Ok(PullRequestCreation::Manual),
        Some(_) => Err(Failure::invalid(
            "automationMode must be AUTOMATION_MODE_UNSPECIFIED or AUTO_CREATE_PR",
        )),
    }
}

impl NewSourceContextBody {
    fn read(self) -> Result<Place, Failure> {
        let source = self.source.filter(|source| !source.is_empty());
        let source = source.ok_or_else(|| Failure::invalid("sourceContext.source is required"))?;
        let context = self.github_repo_context;
        let branch = context.and_then(|Object(context)| context.starting_branch);
        let branch = branch.filter(|branch| !branch.is_empty());
        let wrong = |why: InvalidBaseRef| {
            let place = "sourceContext.githubRepoContext.startingBranch";
            Failure::invalid(format!("{place}: {why}"))
        };
        let starting_branch: Option<Result<BaseRef, _>> = branch.map(|branch| branch.parse());
        Ok(Place {
            source,
            starting_branch: starting_branch.transpose().map_err(wrong)?,
        })
    }
}

impl Wanted {
    /// What the engine is asked for; the source is the place's.
    fn resolve(self, source: Option<Source<'_>>, request_id: RequestId) -> NewAgent {
        let starting_branch = self.place.and_then(|place| place.starting_branch);
        let project = source.and_then(|source| source.project);
        let repository = |source: Source<'_>| NewRepository {
            source: Start {
                repository: source.repository.clone(),
                base_ref: starting_branch.or_else(|| project?.base_ref.clone()),
                pull_request_url: None,
            },
            branch_wish: BranchWish::Generated,
        };
        let readiness = project.map_or(Readiness::Ready, |project| project.pull_request.readiness);
        NewAgent {
            id: None,
            name: self.title,
            prompt: self.prompt,
            mode: match self.terms.plans {
                PlanApproval::Required => RunMode::Plan,
                PlanApproval::Implied => RunMode::Agent,
            },
            model: project.and_then(|project| project.model.clone().map(ModelChoice::of)),
            repositories: source.map(repository).into_iter().collect(),
            pull_request: PullRequestWish {
                creation: self.creation,
                readiness,
                identity: PullRequestIdentity::User,
                reviewer: ReviewerRequest::Skipped,
            },
            origin: Origin {
                dialect: Dialect::Jules,
                project: project.map(|project| project.id.clone()),
                terms: self.terms,
            },
            guidance: Guidance {
                text: match self.terms.plans {
                    PlanApproval::Required => Some(MAY_ASK.to_owned()),
                    PlanApproval::Implied => None,
                },
                file: project.map(|project| project.instructions.clone()),
            },
            webhook: None,
            environment: None,
            variables: Vec::new(),
            run_variables: Vec::new(),
            metadata: BTreeMap::new(),
            request_id: request_id.to_string(),
        }
    }
}

/// Creates a session.
///
/// The answer comes once the session is stored; it can be read at once.
#[utoipa::path(
    post,
    path = "/v1alpha/sessions",
    request_body = NewSessionBody,
    responses(
        (status = 200, description = "The session as it begins.", body = SessionBody),
        (status = 400, description = "The prompt is missing, the source is none, or the body is no JSON object."),
    ),
)]
pub(super) async fn create_session(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    Post {
        body: LooseBody(body),
        repeatable,
    }: Post<LooseBody<NewSessionBody>>,
) -> Answer {
    let wanted = body.read()?;
    let account_id = caller.account_id();
    let (text, public_url) = (
        wanted.prompt.text().to_owned(),
        app.engine().public_url().to_owned(),
    );
    let render = move |view: &AgentView| {
        let session = SessionBody::created(view, text.clone(), &public_url);
        json_reply(StatusCode::OK, &session)
    };
    let create = async |receipt| {
        let reach = Reach::of(&app, &caller).await?;
        let new = match wanted.place.as_ref().map(|place| place.source.clone()) {
            None => {
                let new = wanted.resolve(None, request_id);
                reach.admit(&new).map_err(Failure::repository_forbidden)?;
                new
            }
            Some(name) => {
                let sources = Sources::that_may_have(&app, reach, &name).await?;
                let source = sources.find(&name).ok_or_else(|| {
                    Failure::invalid("sourceContext.source: there is no such source")
                })?;
                let new = wanted.resolve(Some(source), request_id);
                let admitted = sources.reach().admit(&new);
                admitted.map_err(Failure::repository_forbidden)?;
                new
            }
        };
        Ok(app.engine().create_agent(account_id, new, receipt).await?)
    };
    repeatable.once(&app, &caller, render, create).await
}
