//! Plans that want approval, and questions.

use outwork_domain::RunMode;
use outwork_store::runs;
use serde_json::json;

use super::support::{Jules, precondition, refused};
use crate::support::{Key, get, post};

async fn modes(jules: &Jules, id: &str) -> Vec<RunMode> {
    let mut reader = jules.server.store.read().await.unwrap();
    let all = runs::list(&mut reader, id.parse().unwrap()).await.unwrap();
    all.iter().map(|run| run.mode).collect()
}

#[tokio::test]
async fn a_plan_waits_until_it_is_approved() {
    let jules = Jules::new().await;
    let id = jules.plan("Write the parser").await;
    assert_eq!(jules.state(&id).await, "QUEUED");
    let early = jules.call(&id, "approvePlan", &json!({})).await;
    assert_eq!(refused(&early), precondition());
    let fence = jules.server.work().await;
    assert_eq!(jules.state(&id).await, "PLANNING");
    let plan = "1. Write it\n2. Test it";
    jules.server.say(fence, plan).await;
    jules.server.succeed(fence, plan).await;
    assert_eq!(jules.state(&id).await, "AWAITING_PLAN_APPROVAL");
    // Other dialects see an agent whose run has ended.
    let agent = jules.server.agent(&jules.key, &format!("bc-{id}")).await;
    assert_eq!(agent["status"], "FINISHED");
    assert_eq!(jules.told(&id).await, ["agentMessaged", "planGenerated"]);
    assert_eq!(
        jules.call(&id, "approvePlan", &json!({})).await.good(),
        json!({})
    );
    assert_eq!(jules.state(&id).await, "QUEUED");
    let again = jules.call(&id, "approvePlan", &json!({})).await;
    assert_eq!(refused(&again), precondition());
    let fence = jules.server.work().await;
    assert_eq!(jules.state(&id).await, "IN_PROGRESS");
    jules.server.succeed(fence, "Written.").await;
    assert_eq!(jules.state(&id).await, "COMPLETED");
    assert_eq!(modes(&jules, &id).await, [RunMode::Plan, RunMode::Agent]);
    let told = [
        "agentMessaged",
        "planGenerated",
        "planApproved",
        "sessionCompleted",
    ];
    assert_eq!(jules.told(&id).await, told);
    let activities = jules.activities(&id).await;
    let plan = &activities[1]["planGenerated"]["plan"];
    let plan_id = plan["id"].as_str().unwrap();
    let step = |index: usize, title: &str| json!({"id": format!("{plan_id}-{index}"), "title": title, "index": index});
    assert_eq!(
        plan["steps"],
        json!([step(0, "Write it"), step(1, "Test it")])
    );
    assert_eq!(plan["createTime"], activities[1]["createTime"]);
    assert_eq!(activities[2]["planApproved"], json!({"planId": plan_id}));
    assert_eq!(activities[2]["originator"], "user");
}

#[tokio::test]
async fn the_run_that_works_is_told_the_task() {
    let jules = Jules::new().await;
    let id = jules.plan("Write the parser").await;
    jules.run("1. Write it").await;
    jules.call(&id, "approvePlan", &json!({})).await.good();
    let prompt = jules.server.claimed_prompt().await;
    assert!(
        prompt.text().ends_with("Write the parser"),
        "{}",
        prompt.text()
    );
    // Other dialects show what the user said, not what the server makes of it for the model.
    let path = format!("/v0/agents/bc-{id}/conversation");
    let talk = jules.server.ask(get(path).by(&jules.key)).await.good();
    let said: Vec<_> = talk["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["type"] == "user_message")
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["Write the parser", "Approved the plan."]);
    let path = format!("/api/v1/agents/bc-{id}/events");
    let events = jules.server.ask(get(path).by(&jules.key)).await;
    let events = events.text();
    assert!(
        events.contains("Approved the plan.") && !events.contains("carry it out"),
        "{events}"
    );
}

#[tokio::test]
async fn a_plan_is_seen_and_approved_through_our_own_api() {
    let jules = Jules::new().await;
    let id = jules.plan("Write it").await;
    let agent = async || {
        let path = format!("/api/v1/agents/bc-{id}");
        jules.server.ask(get(path).by(&jules.key)).await.good()
    };
    let approve = async |key: &Key, idempotency: &str| {
        let ask = post(format!("/api/v1/agents/bc-{id}/approve-plan")).by(key);
        jules
            .server
            .ask(ask.header("idempotency-key", idempotency))
            .await
    };
    assert_eq!(agent().await.get("awaiting"), None);
    jules.run("Which one?").await;
    assert_eq!(agent().await["awaiting"], "input");
    let early = approve(&jules.key, "early").await;
    assert_eq!(
        (early.status.as_u16(), &early.json()["code"]),
        (409, &json!("no_plan_waits"))
    );
    jules.message(&id, "The first").await.good();
    jules.run("1. Write it").await;
    assert_eq!(agent().await["awaiting"], "approval");
    let listed = jules
        .server
        .ask(get("/api/v1/agents").by(&jules.key))
        .await
        .good();
    assert_eq!(listed["agents"][0]["awaiting"], "approval");
    let stranger = jules.server.key("other@example.com").await;
    let refused = approve(&stranger, "k").await;
    assert_eq!(refused.json()["code"], "agent_not_found");
    jules.call(&id, "archive", &json!({})).await.good();
    assert_eq!(agent().await.get("awaiting"), None);
    assert_eq!(
        approve(&jules.key, "put away").await.json()["code"],
        "agent_archived"
    );
    jules.call(&id, "unarchive", &json!({})).await.good();
    // The same request again is the same answer, another one is too late.
    let made = approve(&jules.key, "k").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let run = made.json();
    assert_eq!(
        (&run["number"], &run["mode"], &run["state"]),
        (&json!(3), &json!("agent"), &json!("queued"))
    );
    assert_eq!(approve(&jules.key, "k").await.json(), run);
    assert_eq!(
        approve(&jules.key, "l").await.json()["code"],
        "no_plan_waits"
    );
    let mut now = agent().await;
    assert_eq!(now.get("awaiting"), None);
    // Who reads the agent sees what waits, too.
    let waiting = now["runs"][2].as_object_mut().unwrap().remove("prompt");
    assert_eq!(waiting, Some(json!("Approved the plan.")));
    assert_eq!(now["runs"][2], run);
    jules.run("Written.").await;
    assert_eq!(jules.state(&id).await, "COMPLETED");
}

#[tokio::test]
async fn a_message_about_a_plan_makes_another_plan() {
    let jules = Jules::new().await;
    let id = jules.plan("Write the parser").await;
    jules.run("1. Write it").await;
    jules.message(&id, "With tests").await.good();
    assert_eq!(jules.state(&id).await, "QUEUED");
    let early = jules.call(&id, "approvePlan", &json!({})).await;
    assert_eq!(refused(&early), precondition());
    jules.run("1. Write it\n2. Test it").await;
    assert_eq!(jules.state(&id).await, "AWAITING_PLAN_APPROVAL");
    jules.call(&id, "approvePlan", &json!({})).await.good();
    let expected = [RunMode::Plan, RunMode::Plan, RunMode::Agent];
    assert_eq!(modes(&jules, &id).await, expected);
    jules.run("Written.").await;
    let activities = jules.activities(&id).await;
    let plans: Vec<_> = activities
        .iter()
        .filter_map(|one| one["planGenerated"]["plan"]["id"].as_str())
        .collect();
    let approved: Vec<_> = activities
        .iter()
        .filter_map(|one| one["planApproved"]["planId"].as_str())
        .collect();
    assert_eq!((plans.len(), approved), (2, vec![plans[1]]));
    assert_eq!(
        activities[2]["userMessaged"],
        json!({"userMessage": "With tests"})
    );
    // What comes after is work.
    jules.message(&id, "More").await.good();
    assert_eq!(modes(&jules, &id).await.last(), Some(&RunMode::Agent));
}

#[tokio::test]
async fn a_question_waits_for_its_answer() {
    let jules = Jules::new().await;
    let id = jules.plan("Write it").await;
    jules
        .run("There are two parsers. Which one do you mean?")
        .await;
    assert_eq!(jules.state(&id).await, "AWAITING_USER_FEEDBACK");
    assert_eq!(jules.told(&id).await, ["agentMessaged"]);
    let early = jules.call(&id, "approvePlan", &json!({})).await;
    assert_eq!(refused(&early), precondition());
    jules.message(&id, "The first").await.good();
    jules.run("1. Write it").await;
    assert_eq!(jules.state(&id).await, "AWAITING_PLAN_APPROVAL");
}

#[tokio::test]
async fn a_follow_up_through_another_dialect_drops_the_plan() {
    for path in ["/v0/agents/bc-{id}/followup", "/v1/agents/bc-{id}/runs"] {
        let jules = Jules::new().await;
        let id = jules.plan("Write it").await;
        jules.run("1. Write it").await;
        let path = path.replace("{id}", &id);
        let ask = post(path).json(&json!({"prompt": {"text": "Go on"}}));
        jules.ask(ask.by(&jules.key)).await.good();
        assert_eq!(modes(&jules, &id).await, [RunMode::Plan, RunMode::Agent]);
        jules.run("Written.").await;
        assert_eq!(jules.state(&id).await, "COMPLETED");
        let late = jules.call(&id, "approvePlan", &json!({})).await;
        assert_eq!(refused(&late), precondition());
    }
}

#[tokio::test]
async fn a_plan_that_nobody_is_to_approve_is_approved_by_itself() {
    let jules = Jules::new().await;
    let body = json!({"prompt": {"text": "Plan it"}, "repos": [{"url": jules.repository}], "mode": "plan"});
    let made = jules.server.create(&jules.key, &body).await;
    let id = made["agent"]["id"]
        .as_str()
        .unwrap()
        .trim_start_matches("bc-")
        .to_owned();
    jules.run("1. Write it").await;
    assert_eq!(jules.state(&id).await, "COMPLETED");
    let told = [
        "agentMessaged",
        "planGenerated",
        "planApproved",
        "sessionCompleted",
    ];
    assert_eq!(jules.told(&id).await, told);
    assert_eq!(jules.activities(&id).await[2]["originator"], "system");
}

#[tokio::test]
async fn a_message_to_an_agent_that_planned_for_others_is_work() {
    let jules = Jules::new().await;
    let body = json!({"prompt": {"text": "Plan it"}, "repos": [{"url": jules.repository}], "mode": "plan"});
    let made = jules.server.create(&jules.key, &body).await;
    let id = made["agent"]["id"].as_str().unwrap();
    let id = id.trim_start_matches("bc-").to_owned();
    jules.run("1. Write it").await;
    jules.message(&id, "Do it").await.good();
    assert_eq!(modes(&jules, &id).await, [RunMode::Plan, RunMode::Agent]);
    jules.run("Written.").await;
    assert_eq!(jules.state(&id).await, "COMPLETED");
}

#[tokio::test]
async fn an_approval_is_given_once_however_often_it_is_asked_for() {
    let jules = Jules::new().await;
    let id = jules.plan("Write it").await;
    jules.run("1. Write it").await;
    for _ in 0..2 {
        let ask =
            post(format!("/v1alpha/sessions/{id}:approvePlan")).header("idempotency-key", "k");
        assert_eq!(jules.ask(ask).await.good(), json!({}));
    }
    assert_eq!(modes(&jules, &id).await.len(), 2);
}
