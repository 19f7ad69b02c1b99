//! `/api/v1/server`, `/api/v1/doctor`: what operators ask of a running server.

use std::sync::atomic::Ordering;

use axum::extract::State;
use outwork_store::runs;
use serde::Serialize;
use utoipa::ToSchema;

use super::operator;
use crate::about::{Finding, Health};
use crate::app::App;
use crate::auth::Caller;
use crate::dialects::Switch;
use crate::errors::Failure;
use crate::reply::{Answer, json};
use crate::wire::Moment;

/// The server, and the work that it has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Server)]
struct ServerBody<'a> {
    #[schema(example = "0.1.0")]
    version: &'static str,
    #[schema(format = "uri", example = "https://outwork.example.com")]
    public_url: &'a str,
    started_at: Moment,
    sandbox: SandboxBody,
    /// This server's own, and any other that holds a run.
    workers: Vec<WorkerBody<'a>>,
    queue: QueueBody,
    dialects: DialectsBody,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServerSandbox)]
struct SandboxBody {
    /// How this server's own worker confines what runs execute.
    #[schema(pattern = "^(full|full-noproc|weak|none)$", example = "full")]
    level: &'static str,
    /// `holds`: it was tried when the server started; `being_tried`: no run begins yet. A server whose sandbox
    /// does not hold stops.
    #[schema(pattern = "^(holds|being_tried)$", example = "holds")]
    state: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServerWorker)]
struct WorkerBody<'a> {
    id: &'a str,
    /// How many runs it executes at the same time; known of this server's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    slots: Option<u32>,
    /// How many it holds.
    busy: u32,
    /// Whether it is part of the server that answers.
    embedded: bool,
}

/// The runs of all accounts that have not ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServerQueue)]
struct QueueBody {
    waiting: u32,
    active: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerDialects)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether a dialect is served"
)]
struct DialectsBody {
    cursor_v0: bool,
    cursor_v1: bool,
    mintlify: bool,
    jules: bool,
}

/// What this machine lacks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Doctor)]
struct DoctorBody<'a> {
    /// Whether nothing is missing.
    ok: bool,
    checks: Vec<CheckBody<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DoctorCheck)]
struct CheckBody<'a> {
    #[schema(example = "disk space")]
    name: &'static str,
    #[schema(pattern = "^(ok|warning|missing)$", example = "ok")]
    status: &'static str,
    found: &'a str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
}

/// Says what this server is and how much work it has.
#[utoipa::path(
    get,
    path = "/api/v1/server",
    responses(
        (status = 200, description = "As it is now.", body = ServerBody),
        (status = 403, description = "`role_forbidden`: the key is limited, or a sub-token, or no operator's."),
    ),
)]
pub(super) async fn get_server(State(app): State<App>, caller: Caller) -> Answer {
    operator::admit(&app, &caller).await?;
    let mut reader = app.store().read().await?;
    let census = runs::census(&mut reader).await?;
    drop(reader);
    let options = app.options();
    let own = &options.worker;
    let held = census.workers.iter().find(|(id, _)| *id == own.id);
    let others = census.workers.iter().filter(|(id, _)| *id != own.id);
    let embedded = WorkerBody {
        id: &own.id.0,
        slots: Some(own.slots),
        busy: held.map_or(0, |(_, held)| *held),
        embedded: true,
    };
    let others = others.map(|(id, held)| WorkerBody {
        id: &id.0,
        slots: None,
        busy: *held,
        embedded: false,
    });
    let holds = options.working.load(Ordering::Relaxed);
    let dialects = options.dialects;
    json(&ServerBody {
        version: env!("CARGO_PKG_VERSION"),
        public_url: app.engine().public_url(),
        started_at: Moment(app.started_at()),
        sandbox: SandboxBody {
            level: own.isolation.word(),
            state: if holds { "holds" } else { "being_tried" },
        },
        workers: std::iter::once(embedded).chain(others).collect(),
        queue: QueueBody {
            waiting: census.waiting,
            active: census.active,
        },
        dialects: DialectsBody {
            cursor_v0: dialects.cursor_v0 == Switch::On,
            cursor_v1: dialects.cursor_v1 == Switch::On,
            mintlify: dialects.mintlify == Switch::On,
            jules: dialects.jules == Switch::On,
        },
    })
}

/// Looks at the machine as `outwork doctor` does, beside the running server; an answer is kept for a minute.
#[utoipa::path(
    get,
    path = "/api/v1/doctor",
    responses(
        (status = 200, description = "What was found, with remedies.", body = DoctorBody),
        (status = 403, description = "`role_forbidden`: the key is limited, or a sub-token, or no operator's."),
    ),
)]
pub(super) async fn get_doctor(State(app): State<App>, caller: Caller) -> Answer {
    operator::admit(&app, &caller).await?;
    let found = app.findings().ask(&app.options().examine).await;
    let found = found.map_err(|error| Failure::internal(error.to_string()))?;
    json(&DoctorBody {
        ok: found.iter().all(|one| one.health != Health::Missing),
        checks: found.iter().map(CheckBody::of).collect(),
    })
}

impl<'a> CheckBody<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            name: finding.name,
            status: match finding.health {
                Health::Ok => "ok",
                Health::Warning => "warning",
                Health::Missing => "missing",
            },
            found: &finding.found,
            remedy: finding.remedy.as_deref(),
        }
    }
}
