//! Workers: there are none, and what is asked of them is checked all the same.

use outwork_domain::limits::PAGE_MAX;
use serde::Serialize;
use utoipa::ToSchema;

use super::{check_word, require_service};
use crate::auth::Caller;
use crate::errors::Failure;
use crate::query::Pairs;
use crate::reply::{Answer, json};

const PAGE_DEFAULT: u32 = 50;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WorkerList)]
struct ListBody {
    /// Always empty.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    workers: [(); 0],
    total_count: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WorkerSummary)]
struct SummaryBody {
    team_summary: TeamSummaryBody,
}

/// How many workers there are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TeamSummaryBody {
    total_connected: u32,
    in_use: u32,
    idle: u32,
}

/// Lists the connected workers.
#[utoipa::path(
    get,
    path = "/v0/private-workers",
    params(
        ("status" = Option<String>, Query, description = "`all`, `in_use` or `idle`."),
        ("scope" = Option<String>, Query, description = "`all`, `team_pool` or `personal`."),
        ("limit" = Option<u32>, Query, description = "Workers on a page; 50 if absent.", minimum = 1, maximum = 100),
        ("pageToken" = Option<String>, Query, description = "`nextPageToken` of the page before."),
    ),
    responses(
        (status = 200, description = "The workers.", body = ListBody),
        (status = 403, description = "`service_account_required`: this is not the key of a service."),
    ),
)]
pub(super) async fn list_workers(caller: Caller, pairs: Pairs) -> Answer {
    require_service(&caller)?;
    check_word(&pairs, "status", &["all", "in_use", "idle"])?;
    check_word(&pairs, "scope", &["all", "team_pool", "personal"])?;
    pairs.limit(PAGE_MAX, PAGE_DEFAULT)?;
    if pairs.text("pageToken")?.is_some() {
        return Err(Failure::invalid("pageToken is none that this server gave"));
    }
    json(&ListBody {
        workers: [],
        total_count: 0,
    })
}

/// Counts the connected workers.
#[utoipa::path(
    get,
    path = "/v0/private-workers/summary",
    responses(
        (status = 200, description = "The counts.", body = SummaryBody),
        (status = 403, description = "`service_account_required`: this is not the key of a service."),
    ),
)]
pub(super) async fn get_summary(caller: Caller) -> Answer {
    require_service(&caller)?;
    json(&SummaryBody {
        team_summary: TeamSummaryBody {
            total_connected: 0,
            in_use: 0,
            idle: 0,
        },
    })
}

/// Gives a connected worker.
#[utoipa::path(
    get,
    path = "/v0/private-workers/{workerId}",
    params(("workerId" = String, Path, description = "The worker's id.")),
    responses(
        (status = 403, description = "`service_account_required`: this is not the key of a service."),
        (status = 404, description = "`not_found`: there is no such worker."),
    ),
)]
pub(super) async fn get_worker(caller: Caller) -> Answer {
    require_service(&caller)?;
    Err(Failure::not_found("not_found", "Worker not found"))
}
