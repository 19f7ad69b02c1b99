//! What needs a worker program that speaks this server's protocol, which there is none of.

use super::require_service;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::reply::Answer;

const REFUSAL: &str = "private workers cannot be connected to this server: runs are executed by the \
     server itself";

macro_rules! refused {
    ($($doc:literal $name:ident $method:ident $path:literal $(($param:literal))?)*) => { $(
        #[doc = $doc]
        #[utoipa::path(
            $method,
            path = $path,
            params($(($param = String, Path, description = "The claim's id."))?),
            responses((status = 403, description = "`feature_unavailable`, always; \
                `service_account_required` to who has no service's key.")),
        )]
        pub(super) async fn $name(caller: Caller) -> Answer {
            require_service(&caller)?;
            Err(Failure::feature_unavailable(REFUSAL))
        }
    )* };
}

refused! {
    "Would register a pool." create_pool post "/v0/private-workers/pools"
    "Would remove a pool." delete_pool delete "/v0/private-workers/pools"
    "Would list requests that wait for a worker." list_pending_requests get "/v0/private-workers/pending-requests"
    "Would follow requests that wait for a worker." follow_pending_requests get "/v0/private-workers/pending-requests/stream"
    "Would give a request to a worker." claim post "/v0/private-workers/claim"
    "Would make a worker's token." create_token post "/v0/private-workers/tokens"
    "Would give a request back." release_claim post "/v0/private-workers/claims/{claimId}/release" ("claimId")
    "Would give a request up." fail_claim post "/v0/private-workers/claims/{claimId}/fail" ("claimId")
}
