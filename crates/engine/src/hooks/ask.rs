//! Prompts that come from forges, each carried out once.

use std::collections::BTreeMap;

use outwork_domain::{
    AccountId, AgentId, BranchWish, Dialect, Guidance, Origin, Prompt, PullRequestCreation,
    PullRequestIdentity, PullRequestWish, Readiness, ReviewerRequest, RunMode, Source,
};
use outwork_forge::Said;
use outwork_store::{KeyedRequest, Reply, agents};
use sha2::{Digest as _, Sha256};

use super::Hooks;
use super::act::{Fault, Outcome, refusal};
use crate::commands::{
    Begun, FollowUp, NewAgent, NewRepository, Once, Receipt, WaitingPlan, WhenBusy,
};

/// Where the receipts of prompts from forges lie, beside those of routes.
const ROUTE: &str = "forge";
/// The status of such a receipt; nobody ever sees it.
const STATUS: u16 = 202;

impl Hooks {
    /// Gives an agent another prompt, unless that was done under the key before.
    pub(super) async fn follow_up(
        &self,
        agent_id: AgentId,
        key: &str,
        text: String,
    ) -> Result<Outcome, Fault> {
        let engine = &self.inner.engine;
        let mut reader = engine.store().read().await?;
        let account_id = agents::find_account(&mut reader, agent_id).await?;
        drop(reader);
        let Some(account_id) = account_id else {
            return Ok(Outcome::Refused("the agent is gone".to_owned()));
        };
        let begun = engine.begin(request(account_id, key)?).await;
        let flight = match begun {
            Ok(Begun::First(flight)) => flight,
            Ok(Begun::Repeated(_)) => return Ok(Outcome::Taken(agent_id)),
            Err(error) => return refusal(&error),
        };
        let render = Box::new(move |_: &_| Ok(reply(agent_id)));
        let new = FollowUp {
            prompt: prompt(text)?,
            mode: Some(RunMode::Agent),
            model: None,
            variables: Vec::new(),
            when_busy: WhenBusy::Queue,
            waiting_plan: WaitingPlan::Drop,
            request_id: key.to_owned(),
        };
        let receipt = Some(Receipt::new(flight, render));
        match engine
            .add_follow_up(account_id, agent_id, new, receipt)
            .await
        {
            Ok(Once::Done(_) | Once::Repeated(_)) => Ok(Outcome::Taken(agent_id)),
            Err(error) => refusal(&error),
        }
    }

    /// Launches an agent on the repository of a remark, unless that was done under the key before.
    pub(super) async fn launch(
        &self,
        account_id: AccountId,
        key: &str,
        said: &Said,
        text: String,
    ) -> Result<Outcome, Fault> {
        let engine = &self.inner.engine;
        let flight = match engine.begin(request(account_id, key)?).await {
            Ok(Begun::First(flight)) => flight,
            Ok(Begun::Repeated(reply)) => return taken_before(&reply),
            Err(error) => return refusal(&error),
        };
        let render = Box::new(|view: &outwork_store::AgentView| Ok(reply(view.agent.id)));
        let new = new_agent(said, prompt(text)?, key);
        let receipt = Some(Receipt::new(flight, render));
        match engine.create_agent(account_id, new, receipt).await {
            Ok(Once::Done(view)) => Ok(Outcome::Taken(view.agent.id)),
            Ok(Once::Repeated(reply)) => taken_before(&reply),
            Err(error) => refusal(&error),
        }
    }

    /// Whether an agent was launched under that key, so that its hook must not become its follow-up.
    pub(super) async fn launched_by(&self, agent_id: AgentId, key: &str) -> Result<bool, Fault> {
        let engine = &self.inner.engine;
        let mut reader = engine.store().read().await?;
        let Some(account_id) = agents::find_account(&mut reader, agent_id).await? else {
            return Ok(false);
        };
        drop(reader);
        match engine.begin(request(account_id, key)?).await {
            Ok(Begun::Repeated(reply)) => {
                Ok(matches!(taken_before(&reply)?, Outcome::Taken(id) if id == agent_id))
            }
            Ok(Begun::First(_)) => Ok(false),
            Err(error) => match refusal(&error)? {
                Outcome::Taken(_) | Outcome::Refused(_) => Ok(false),
            },
        }
    }
}

fn new_agent(said: &Said, prompt: Prompt, key: &str) -> NewAgent {
    let mut metadata = BTreeMap::new();
    if let Some(url) = &said.subject_url {
        metadata.insert("issue".to_owned(), url.clone());
    }
    NewAgent {
        id: None,
        name: (!said.title.trim().is_empty())
            .then(|| outwork_domain::name_of_prompt(&super::prompt::visible(&said.title))),
        prompt,
        mode: RunMode::Agent,
        model: None,
        repositories: vec![NewRepository {
            source: Source {
                repository: said.remark.repository.clone(),
                base_ref: None,
                pull_request_url: None,
            },
            branch_wish: BranchWish::Generated,
        }],
        pull_request: PullRequestWish {
            creation: PullRequestCreation::Automatic,
            identity: PullRequestIdentity::Server,
            reviewer: ReviewerRequest::Asked,
            readiness: Readiness::Ready,
        },
        origin: Origin::of(Dialect::CursorV1),
        guidance: Guidance::default(),
        webhook: None,
        environment: None,
        variables: Vec::new(),
        run_variables: Vec::new(),
        metadata,
        request_id: key.to_owned(),
    }
}

fn prompt(text: String) -> Result<Prompt, Fault> {
    Prompt::new(text, Vec::new()).map_err(|error| Fault::Final(error.to_string()))
}

fn request(account_id: AccountId, key: &str) -> Result<KeyedRequest, Fault> {
    let parsed = key.parse();
    Ok(KeyedRequest {
        account_id,
        route: ROUTE.to_owned(),
        key: parsed.map_err(|_| Fault::Final(format!("{key:?} is no key")))?,
        digest: Sha256::digest(key).into(),
    })
}

fn reply(agent_id: AgentId) -> Reply {
    Reply {
        status: STATUS,
        body: agent_id.to_string().into_bytes(),
    }
}

fn taken_before(reply: &Reply) -> Result<Outcome, Fault> {
    let text = String::from_utf8_lossy(&reply.body);
    let id = text
        .parse()
        .map_err(|_| Fault::Final("its receipt cannot be read".to_owned()))?;
    Ok(Outcome::Taken(id))
}
