//! Runs that only plan.

use outwork_domain::{Event, EventBody, ModelChoice, PlanApproval, RunMode, ToolStatus, said};
use outwork_engine::{CommandError, FollowUp, WaitingPlan};
use outwork_stand_ins::model_server::ModelServer;

use super::world::{World, branch, on, then};

const PROMPT: &str = "Greet\n\n```sh\necho hello > GREETING.md\n```\n";

#[tokio::test]
async fn a_plan_of_the_script_model_is_carried_out_by_a_later_run() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let mut new = on(&[&repository], PROMPT);
    new.mode = RunMode::Plan;
    let id = world.create(new).await;
    let run = world.succeeded(id).await;
    let plan = run.summary.unwrap();
    assert!(
        plan.starts_with("Would run 1 block of the prompt:"),
        "{plan}"
    );
    assert_eq!(repository.branches(), ["main"]);
    assert_eq!(world.agent(id).await.repositories[0].head, None);
    let did = |event: &Event| {
        matches!(
            event.body,
            EventBody::Committed { .. }
                | EventBody::NothingToPublish { .. }
                | EventBody::ToolCalled { .. }
        )
    };
    assert!(!world.events(id).await.iter().any(did));

    // A mode that is not named stays.
    world.follow_up(id, then(PROMPT)).await;
    assert_eq!(world.succeeded(id).await.mode, RunMode::Plan);
    let mode = Some(RunMode::Agent);
    world
        .follow_up(
            id,
            FollowUp {
                mode,
                ..then(PROMPT)
            },
        )
        .await;
    world.succeeded(id).await;
    let agent = world.agent(id).await;
    let made = repository.file(branch(&agent.repositories[0]), "GREETING.md");
    assert_eq!(made, "hello\n");
    assert_eq!(world.pull_requests().await.len(), 1);
    drop(at_work);
}

#[tokio::test]
async fn an_approved_plan_is_carried_out() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let mut new = on(&[&repository], PROMPT);
    new.mode = RunMode::Plan;
    new.origin.terms.plans = PlanApproval::Required;
    let id = world.create(new).await;
    world.succeeded(id).await;
    // What is said to a plan takes nothing of it away.
    let careful = FollowUp {
        waiting_plan: WaitingPlan::Revise,
        ..then("Be careful")
    };
    world.follow_up(id, careful).await;
    let planned = world.succeeded(id).await;
    assert_eq!(repository.branches(), ["main"]);
    let approve = async || {
        let request_id = "request-3".to_owned();
        let approved = world
            .engine
            .approve_plan(world.account, id, request_id, None);
        approved.await.map(|run| run.done().unwrap())
    };
    let run = approve().await.unwrap();
    assert_eq!((run.mode, run.approved), (RunMode::Agent, Some(planned.id)));
    let again = approve().await.unwrap_err();
    assert!(matches!(again, CommandError::NoPlanWaits), "{again}");
    assert_eq!(world.succeeded(id).await.approved, Some(planned.id));
    let agent = world.agent(id).await;
    let branch = branch(&agent.repositories[0]);
    assert_eq!(repository.file(branch, "GREETING.md"), "hello\n");
    // People read what was asked for, and that it was approved; the server's own words are the model's.
    assert_eq!(
        repository.git(&["log", "-1", "--format=%s", branch]).trim(),
        "Greet"
    );
    let pulls = world.pull_requests().await;
    assert_eq!(pulls[0].title, "Greet");
    assert!(
        !pulls[0].body.contains("The plan is approved"),
        "{}",
        pulls[0].body
    );
    let prompts: Vec<_> = world
        .events(id)
        .await
        .into_iter()
        .filter_map(|event| {
            if let EventBody::Prompt { text, approves, .. } = event.body {
                return Some((said(&text, approves).to_owned(), approves));
            }
            None
        })
        .collect();
    let expected = [
        (PROMPT.to_owned(), None),
        ("Be careful".to_owned(), None),
        ("Approved the plan.".to_owned(), Some(planned.id)),
    ];
    assert_eq!(prompts, expected);
    drop(at_work);
}

/// The model is asked for everything that could change a file, and does what it is asked.
const WRITES: &str = r#"Plan it [[script-json: {"turns": [{"calls": [
    {"shell": "echo x > README.md"},
    {"name": "write", "arguments": {"path": "new.txt", "content": "x"}},
    {"name": "edit", "arguments": {"path": "src/dir0/file0.txt", "old_string": "file", "new_string": "x"}},
    {"name": "read", "arguments": {"path": "src/dir0/file0.txt"}},
    {"name": "glob", "arguments": {"pattern": "**/*.txt"}},
    {"name": "grep", "arguments": {"pattern": "file 1"}}]}]}]]"#;

#[tokio::test]
async fn a_plan_reads_and_touches_no_file() {
    let server = ModelServer::start().await.unwrap();
    let world = World::asking(&server).await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let mut new = on(&[&repository], WRITES);
    new.mode = RunMode::Plan;
    new.model = Some(ModelChoice::of("asked".parse().unwrap()));
    let id = world.create(new).await;
    assert_eq!(world.succeeded(id).await.summary.as_deref(), Some("done"));
    let asked = server.requests().remove(0).json();
    let tools: Vec<_> = asked["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(tools, ["read", "glob", "grep"]);
    assert!(asked.to_string().contains("Only a plan is wanted"));
    let results: Vec<_> = world
        .events(id)
        .await
        .into_iter()
        .filter_map(|event| {
            if let EventBody::ToolFinished { result, .. } = event.body {
                return Some(result.status);
            }
            None
        })
        .collect();
    let (bad, good) = (ToolStatus::Error, ToolStatus::Ok);
    assert_eq!(results, [bad, bad, bad, good, good, good]);
    let checkout = world.ground.workspace(&id.to_string()).join("repo");
    assert!(!checkout.join("new.txt").exists() && !checkout.join("README.md").exists());
    let read = std::fs::read_to_string(checkout.join("src/dir0/file0.txt")).unwrap();
    assert_eq!(read, "file 0\n\n".replacen("\n\n", "\n", 1));
    assert_eq!(repository.branches(), ["main"]);
    drop(at_work);
}

#[tokio::test]
async fn the_model_of_a_follow_up_stays() {
    let server = ModelServer::start().await.unwrap();
    let world = World::asking(&server).await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let id = world.create(on(&[&repository], PROMPT)).await;
    world.succeeded(id).await;
    let asked = ModelChoice {
        id: "asked".parse().unwrap(),
        effort: Some(outwork_domain::Effort::High),
    };
    let model = Some(asked.clone());
    world
        .follow_up(
            id,
            FollowUp {
                model,
                ..then("Think")
            },
        )
        .await;
    assert_eq!(world.succeeded(id).await.model, asked);
    world.follow_up(id, then("Think again")).await;
    assert_eq!(world.succeeded(id).await.model, asked);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.json()["reasoning_effort"], "high");
    }
    drop(at_work);
}
