//! `POST /v1alpha/sessions/{id}:method`: what can be done to a session beside reading it.
//!
//! The router knows no parts of a path's part, so one handler takes the methods apart.

use axum::extract::State;
use axum::http::StatusCode;
use outwork_domain::{Run, RunId};
use outwork_engine::{CommandError, FollowUp, WaitingPlan, WhenBusy};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{EmptyBody, LooseBody};
use super::path::PathSession;
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::observe::RequestId;
use crate::once::{Post, json_reply};
use crate::prompt::prompt_of;
use crate::reply::Answer;

/// What `:sendMessage` says; the other methods take nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct MethodBody {
    #[schema(min_length = 1, example = "Also test the printer")]
    prompt: Option<String>,
}

/// Approves a plan, sends a message, archives or takes back.
///
/// The method stands behind the id: `:approvePlan` starts the run that carries out the waiting plan,
/// `:sendMessage` gives another prompt, which waits for those before it, `:archive` and `:unarchive` put away
/// and take back; twice is as once.
#[utoipa::path(
    post,
    path = "/v1alpha/sessions/{id}",
    request_body = MethodBody,
    responses(
        (status = 200, description = "It is stored; what comes of it shows in the activities.", body = EmptyBody),
        (status = 400, description = "No plan waits, the session is archived, or the message has no text."),
        (status = 404, description = "No such session, or no such method."),
    ),
)]
pub(super) async fn call_session(
    State(app): State<App>,
    caller: Caller,
    request_id: RequestId,
    path: PathSession,
    post: Post<LooseBody<MethodBody>>,
) -> Answer {
    let unknown = || Failure::not_found("not_found", "There is nothing here");
    let (session, method) = path.method().ok_or_else(unknown)?;
    match method {
        "approvePlan" => approve_plan(&app, &caller, request_id, &session, post).await,
        "sendMessage" => send_message(&app, &caller, request_id, &session, post).await,
        "archive" => archive(&app, &caller, &session, post).await,
        "unarchive" => unarchive(&app, &caller, &session, post).await,
        _ => Err(unknown()),
    }
}

async fn approve_plan(
    app: &App,
    caller: &Caller,
    request_id: RequestId,
    session: &PathSession,
    post: Post<LooseBody<MethodBody>>,
) -> Answer {
    let id = session.view(app, caller).await?.agent.id;
    let render = |_: &Run| json_reply(StatusCode::OK, &EmptyBody {});
    let approve = async |receipt| {
        let approved =
            app.engine()
                .approve_plan(caller.account_id(), id, request_id.to_string(), receipt);
        approved.await.map_err(refusal)
    };
    post.repeatable.once(app, caller, render, approve).await
}

async fn send_message(
    app: &App,
    caller: &Caller,
    request_id: RequestId,
    session: &PathSession,
    post: Post<LooseBody<MethodBody>>,
) -> Answer {
    let LooseBody(body) = post.body;
    let follow_up = FollowUp {
        prompt: prompt_of(body.prompt)?,
        mode: None,
        model: None,
        variables: Vec::new(),
        when_busy: WhenBusy::Queue,
        waiting_plan: WaitingPlan::Revise,
        request_id: request_id.to_string(),
    };
    let id = session.view(app, caller).await?.agent.id;
    let render = |_: &Run| json_reply(StatusCode::OK, &EmptyBody {});
    let add = async |receipt| {
        let added = app
            .engine()
            .add_follow_up(caller.account_id(), id, follow_up, receipt);
        added.await.map_err(refusal)
    };
    post.repeatable.once(app, caller, render, add).await
}

async fn archive(
    app: &App,
    caller: &Caller,
    session: &PathSession,
    post: Post<LooseBody<MethodBody>>,
) -> Answer {
    let id = session.view(app, caller).await?.agent.id;
    let render = |_: &Option<RunId>| json_reply(StatusCode::OK, &EmptyBody {});
    let archive = async |receipt| {
        let archived = app.engine().archive_agent(caller.account_id(), id, receipt);
        Ok(archived.await?)
    };
    post.repeatable.once(app, caller, render, archive).await
}

async fn unarchive(
    app: &App,
    caller: &Caller,
    session: &PathSession,
    post: Post<LooseBody<MethodBody>>,
) -> Answer {
    let id = session.view(app, caller).await?.agent.id;
    let render = |(): &()| json_reply(StatusCode::OK, &EmptyBody {});
    let unarchive = async |receipt| {
        let back = app
            .engine()
            .unarchive_agent(caller.account_id(), id, receipt);
        Ok(back.await?)
    };
    post.repeatable.once(app, caller, render, unarchive).await
}

/// The reference has no 409 for what a session is not ready for.
fn refusal(error: CommandError) -> Failure {
    if matches!(error, CommandError::AgentArchived) {
        return Failure::bad_request("agent_archived", "the session is archived");
    }
    if matches!(error, CommandError::NoPlanWaits) {
        return Failure::bad_request("no_plan_waits", error.to_string());
    }
    error.into()
}
