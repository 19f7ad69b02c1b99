//! The bodies of deliveries, in the form that Cursor's documentation gives for webhooks.
//!
//! An agent that was made through v1 has one more key, `run`, with the status in v1's words: receivers of
//! v0 ignore what they do not know.

use outwork_domain::run_state::RunState;
use outwork_domain::{
    Agent, AgentRepository, BranchWish, DeliveryEvent, Dialect, Ending, EndpointId, Run, Timestamp,
};
use serde::Serialize;

use crate::agent_page::agent_page;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusChange<'a> {
    event: &'static str,
    timestamp: String,
    id: String,
    status: Option<&'static str>,
    source: Source,
    target: Target<'a>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunOfV1>,
}

#[derive(Serialize)]
struct Source {
    /// Empty for an agent without a repository, as in v0's own answers.
    repository: String,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    base_ref: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target<'a> {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pr_url: Option<&'a str>,
}

#[derive(Serialize)]
struct RunOfV1 {
    id: String,
    status: &'static str,
}

#[derive(Serialize)]
struct Test {
    event: &'static str,
    timestamp: String,
    endpoint: String,
}

/// Tells that a run of an agent has ended.
pub(crate) fn status_change(
    agent: &Agent,
    run: &Run,
    public_url: &str,
) -> Result<Vec<u8>, serde_json::Error> {
    let id = format!("bc-{}", agent.id);
    let first = agent.first_repository();
    let source = first.map(|first| &first.source);
    let body = StatusChange {
        event: DeliveryEvent::StatusChange.word(),
        timestamp: run.ended_at.unwrap_or(run.created_at).to_string(),
        status: Ending::of(run.state).map(Ending::word),
        source: Source {
            repository: source.map_or_else(String::new, |source| source.repository.to_string()),
            base_ref: source.and_then(|source| Some(source.base_ref.as_ref()?.as_str().to_owned())),
        },
        target: Target {
            url: agent_page(public_url, agent.id),
            branch_name: first.and_then(branch),
            pr_url: first.and_then(|first| first.pull_request_url.as_deref()),
        },
        name: &agent.name,
        summary: run.summary.as_deref(),
        created_at: agent.created_at.to_string(),
        run: match agent.origin.dialect {
            Dialect::CursorV0 => None,
            // Only an account's endpoints hear of a job, and they read runs like v1 does.
            Dialect::CursorV1 | Dialect::Mintlify | Dialect::Jules => {
                status_of_v1(run.state).map(|status| RunOfV1 {
                    id: format!("run-{}", run.id),
                    status,
                })
            }
        },
        id,
    };
    serde_json::to_vec(&body)
}

/// Tells an endpoint that somebody tries whether it works.
pub(crate) fn test(endpoint: EndpointId, now: Timestamp) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Test {
        event: DeliveryEvent::Test.word(),
        timestamp: now.to_string(),
        endpoint: format!("hook_{endpoint}"),
    })
}

fn branch(repository: &AgentRepository) -> Option<&str> {
    let wished = match &repository.branch_wish {
        BranchWish::Existing(branch) => Some(branch),
        BranchWish::Generated | BranchWish::Named(_) => None,
    };
    let branch = repository.branch.as_ref().or(wished)?;
    Some(branch.as_str())
}

const fn status_of_v1(state: RunState) -> Option<&'static str> {
    match state {
        RunState::Succeeded => Some("FINISHED"),
        RunState::Failed => Some("ERROR"),
        RunState::Cancelled => Some("CANCELLED"),
        RunState::Expired => Some("EXPIRED"),
        RunState::Queued
        | RunState::Preparing
        | RunState::Working
        | RunState::Publishing
        | RunState::Cancelling => None,
    }
}

#[cfg(test)]
mod tests {
    use outwork_domain::{
        AccountId, AgentId, Attempt, ModelChoice, ModelId, Origin, PullRequestCreation,
        PullRequestIdentity, PullRequestWish, Readiness, ReviewerRequest, RunId, RunMode, Source,
    };

    use super::*;

    fn agent(dialect: Dialect) -> Agent {
        Agent {
            id: "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11".parse().unwrap(),
            account_id: AccountId::new(uuid::Uuid::nil()),
            name: "Add README".into(),
            model: ModelChoice::of(ModelId::script()),
            repositories: vec![AgentRepository {
                source: Source {
                    repository: "https://git.example.com/acme/tools".parse().unwrap(),
                    base_ref: Some("main".parse().unwrap()),
                    pull_request_url: None,
                },
                folder: None,
                branch_wish: BranchWish::Generated,
                branch: Some("outwork/add-readme-6f9a".parse().unwrap()),
                head: None,
                pull_request_url: Some("https://git.example.com/acme/tools/pulls/7".into()),
            }],
            pull_request: PullRequestWish {
                creation: PullRequestCreation::Automatic,
                readiness: Readiness::Ready,
                identity: PullRequestIdentity::User,
                reviewer: ReviewerRequest::Asked,
            },
            origin: Origin::of(dialect),
            webhook: None,
            environment: None,
            metadata: std::collections::BTreeMap::new(),
            created_at: Timestamp::from_millis(1_777_708_800_000),
            archived_at: None,
        }
    }

    fn run(state: RunState, summary: Option<&str>) -> Run {
        Run {
            id: RunId::new(uuid::Uuid::nil()),
            agent_id: AgentId::new(uuid::Uuid::nil()),
            number: 1,
            state,
            mode: RunMode::Agent,
            approved: None,
            model: ModelChoice::of(ModelId::script()),
            request_id: String::new(),
            attempt: Attempt(1),
            failure: None,
            summary: summary.map(str::to_owned),
            created_at: Timestamp::from_millis(1_777_708_800_000),
            started_at: None,
            ended_at: Some(Timestamp::from_millis(1_777_709_201_204)),
        }
    }

    fn text(agent: &Agent, run: &Run) -> String {
        let body = status_change(agent, run, "https://outwork.example.com").unwrap();
        String::from_utf8(body).unwrap()
    }

    /// The example of the reference, byte for byte.
    #[test]
    fn a_success_reads_as_documented() {
        let run = run(RunState::Succeeded, Some("README added."));
        let expected = r#"{"event":"statusChange","timestamp":"2026-05-02T08:06:41.204Z","id":"bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11","status":"FINISHED","source":{"repository":"https://git.example.com/acme/tools","ref":"main"},"target":{"url":"https://outwork.example.com/agents?id=bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11","branchName":"outwork/add-readme-6f9a","prUrl":"https://git.example.com/acme/tools/pulls/7"},"name":"Add README","summary":"README added.","createdAt":"2026-05-02T08:00:00.000Z"}"#;
        assert_eq!(text(&agent(Dialect::CursorV0), &run), expected);
    }

    #[test]
    fn what_is_not_there_has_no_key() {
        let mut agent = agent(Dialect::CursorV0);
        agent.repositories[0].pull_request_url = None;
        agent.repositories[0].branch = None;
        agent.repositories[0].source.base_ref = None;
        // Where the work started shows no branch of it.
        let started = "https://git.example.com/acme/tools/pulls/6".to_owned();
        agent.repositories[0].source.pull_request_url = Some(started);
        let text = text(&agent, &run(RunState::Failed, None));
        for absent in ["prUrl", "branchName", "summary", "\"ref\"", "\"run\""] {
            assert!(!text.contains(absent), "{absent} in {text}");
        }
        assert!(text.contains(r#""status":"ERROR""#), "{text}");
        agent.repositories.clear();
        let text = super::tests::text(&agent, &run(RunState::Expired, None));
        assert!(text.contains(r#""source":{"repository":""}"#), "{text}");
        assert!(text.contains(r#""status":"EXPIRED""#), "{text}");
    }

    #[test]
    fn agents_of_v1_have_their_run_with_its_own_status() {
        for (state, status, of_run) in [
            (RunState::Succeeded, "FINISHED", "FINISHED"),
            (RunState::Cancelled, "FINISHED", "CANCELLED"),
            (RunState::Failed, "ERROR", "ERROR"),
            (RunState::Expired, "EXPIRED", "EXPIRED"),
        ] {
            let text = text(&agent(Dialect::CursorV1), &run(state, None));
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["status"], status);
            let id = "run-00000000-0000-0000-0000-000000000000";
            assert_eq!(
                value["run"],
                serde_json::json!({ "id": id, "status": of_run })
            );
        }
    }
}
