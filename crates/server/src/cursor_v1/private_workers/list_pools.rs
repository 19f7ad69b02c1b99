//! Pools of workers: there are none.

use serde::Serialize;
use utoipa::ToSchema;

use super::{check_word, require_service};
use crate::auth::Caller;
use crate::query::Pairs;
use crate::reply::{Answer, json};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PoolList)]
struct ListBody {
    /// Always empty.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    pools: [(); 0],
}

/// Lists the pools.
#[utoipa::path(
    get,
    path = "/v0/private-workers/pools",
    params(
        ("scope" = Option<String>, Query, description = "`all`, `team_pool` or `personal`."),
        ("includeStale" = Option<bool>, Query, description = "Whether pools without a worker are listed too."),
    ),
    responses(
        (status = 200, description = "The pools.", body = ListBody),
        (status = 403, description = "`service_account_required`: this is not the key of a service."),
    ),
)]
pub(super) async fn list_pools(caller: Caller, pairs: Pairs) -> Answer {
    require_service(&caller)?;
    check_word(&pairs, "scope", &["all", "team_pool", "personal"])?;
    pairs.flag("includeStale")?;
    json(&ListBody { pools: [] })
}
