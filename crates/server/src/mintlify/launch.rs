//! A new agent in a project: what the project says where the caller says nothing.

use std::collections::BTreeMap;

use outwork_domain::{
    BaseRef, BranchName, BranchWish, Dialect, Guidance, ModelChoice, ModelId, Origin, Project,
    Prompt, PullRequestIdentity, PullRequestWish, Readiness, ReviewerRequest, RunMode, Source,
    Terms,
};
use outwork_engine::{BranchPlace, Engine, NewAgent, NewRepository};

use crate::app::App;
use crate::errors::Failure;
use crate::observe::RequestId;

/// What the vendor calls the model that is meant where none is named.
const USUAL_MODEL: &str = "sonnet";
/// The names of models that the vendor has.
const VENDOR_MODELS: [&str; 2] = [USUAL_MODEL, "opus"];

/// What a caller says of a new agent.
pub(super) struct Launch {
    pub(super) prompt: Prompt,
    /// What is told to the agent beyond its prompts.
    pub(super) text: Option<String>,
    pub(super) branch: Option<BranchName>,
    pub(super) readiness: Option<Readiness>,
    pub(super) model: Option<String>,
}

impl Launch {
    /// Nothing but a prompt.
    pub(super) const fn of(prompt: Prompt) -> Self {
        Self {
            prompt,
            text: None,
            branch: None,
            readiness: None,
            model: None,
        }
    }

    /// What the engine is asked for.
    pub(super) async fn resolve(
        self,
        app: &App,
        project: &Project,
        request_id: RequestId,
    ) -> Result<NewAgent, Failure> {
        let model = model_of(app.engine(), project, self.model.as_deref())?;
        let repository = match self.branch {
            None => on_new_branch(project)?,
            Some(branch) => on_branch(app.engine(), project, branch).await?,
        };
        let wish = project.pull_request;
        Ok(NewAgent {
            id: None,
            name: None,
            prompt: self.prompt,
            mode: RunMode::Agent,
            model: model.map(ModelChoice::of),
            repositories: vec![repository],
            pull_request: PullRequestWish {
                creation: wish.creation,
                readiness: self.readiness.unwrap_or(wish.readiness),
                identity: PullRequestIdentity::User,
                reviewer: ReviewerRequest::Skipped,
            },
            origin: Origin {
                dialect: Dialect::Mintlify,
                project: Some(project.id.clone()),
                terms: Terms::default(),
            },
            guidance: Guidance {
                text: self.text,
                file: Some(project.instructions.clone()),
            },
            webhook: None,
            environment: None,
            variables: Vec::new(),
            run_variables: Vec::new(),
            metadata: BTreeMap::new(),
            request_id: request_id.to_string(),
        })
    }
}

/// What a name of a model means in a project; none for the server's default model.
fn model_of(
    engine: &Engine,
    project: &Project,
    name: Option<&str>,
) -> Result<Option<ModelId>, Failure> {
    let mapped = |name: &str| project.models.get(name).cloned();
    let Some(name) = name else {
        return Ok(project.model.clone().or_else(|| mapped(USUAL_MODEL)));
    };
    if let Some(model) = mapped(name) {
        return Ok(Some(model));
    }
    if VENDOR_MODELS.contains(&name) {
        return Ok(project.model.clone());
    }
    let model: Option<ModelId> = name.parse().ok();
    let model = model.filter(|model| engine.models().resolve(Some(model)).is_some());
    let unknown = || {
        let shown: String = name.chars().take(200).collect();
        let message =
            format!("model: '{shown}' is neither sonnet, opus nor a model of this server");
        Failure::bad_request("invalid_model", message)
    };
    model.map(Some).ok_or_else(unknown)
}

fn source(project: &Project, base_ref: Option<BaseRef>) -> Source {
    Source {
        repository: project.repository.clone(),
        base_ref,
        pull_request_url: None,
    }
}

/// On a branch of the project's naming.
fn on_new_branch(project: &Project) -> Result<NewRepository, Failure> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| Failure::internal(error.to_string()))?;
    let branch = project.branch_prefix.branch(u32::from_le_bytes(random));
    let branch = branch.map_err(|error| Failure::internal(error.to_string()))?;
    Ok(NewRepository {
        source: source(project, project.base_ref.clone()),
        branch_wish: BranchWish::Named(branch),
    })
}

/// On the branch that the caller names: on it if it is there, else it is created from the project's ref.
async fn on_branch(
    engine: &Engine,
    project: &Project,
    branch: BranchName,
) -> Result<NewRepository, Failure> {
    let place = engine.find_branch(&project.repository, &branch).await?;
    let wrong = |why: String| Failure::bad_request("invalid_branch_name", why);
    match place {
        BranchPlace::Default => Err(wrong(format!(
            "branch: {branch} is the default branch, which is never written"
        ))),
        BranchPlace::There => {
            let base_ref: Result<BaseRef, _> = branch.as_str().parse();
            let base_ref = base_ref.map_err(|why| wrong(format!("branch: {why}")))?;
            Ok(NewRepository {
                source: source(project, Some(base_ref)),
                branch_wish: BranchWish::Existing(branch),
            })
        }
        BranchPlace::New => Ok(NewRepository {
            source: source(project, project.base_ref.clone()),
            branch_wish: BranchWish::Named(branch),
        }),
    }
}
