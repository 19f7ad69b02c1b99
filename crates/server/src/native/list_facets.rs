//! `GET /api/v1/agents/facets`: what the agents of a list have in common.

use axum::extract::State;
use outwork_store::agent_search;
use serde::Serialize;
use utoipa::ToSchema;

use super::agent_query::filter;
use crate::app::App;
use crate::auth::Caller;
use crate::query::Pairs;
use crate::reach::Reach;
use crate::reply::{Answer, json};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentFacets)]
struct FacetsBody {
    states: Vec<FacetBody>,
    repositories: Vec<FacetBody>,
    models: Vec<FacetBody>,
}

/// A value, and how many agents have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentFacet)]
struct FacetBody {
    #[schema(example = "working")]
    value: String,
    count: u64,
}

/// Counts the agents of a list by state, repository and model, the most frequent first.
#[utoipa::path(
    get,
    path = "/api/v1/agents/facets",
    params(
        ("q" = Option<String>, Query, description = "As in the list.", max_length = 200),
        ("state" = Option<Vec<String>>, Query, description = "As in the list.", example = json!(["working"])),
        ("repository" = Option<Vec<String>>, Query, description = "As in the list.",
            example = json!(["https://github.com/acme/tools"])),
        ("model" = Option<Vec<String>>, Query, description = "As in the list.", example = json!(["script"])),
        ("prUrl" = Option<String>, Query, description = "As in the list."),
        ("updatedAfter" = Option<String>, Query, description = "As in the list.",
            example = "2026-01-15T10:30:00.000Z"),
        ("archived" = Option<String>, Query, description = "As in the list.", pattern = "^(true|false|only)$",
            example = "true"),
    ),
    responses((status = 200, description = "At most 100 values of each kind.", body = FacetsBody)),
)]
pub(super) async fn list_facets(State(app): State<App>, caller: Caller, pairs: Pairs) -> Answer {
    let filter = filter(&pairs)?;
    let reach = Reach::of(&app, &caller).await?;
    let of = reach.agents_of(caller.account_id());
    let mut reader = app.store().read().await?;
    let facets = agent_search::facets(&mut reader, of, &filter).await?;
    drop(reader);
    let words = facets.states.into_iter();
    json(&FacetsBody {
        states: bodies(words.map(|(state, count)| (state.word().to_owned(), count))),
        repositories: bodies(facets.repositories),
        models: bodies(facets.models),
    })
}

fn bodies(all: impl IntoIterator<Item = (String, u64)>) -> Vec<FacetBody> {
    let body = |(value, count)| FacetBody { value, count };
    all.into_iter().map(body).collect()
}
