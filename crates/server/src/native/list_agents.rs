//! `GET /api/v1/agents`: those that are asked for, in the order that is asked for, by pages.

use std::cmp::Ordering;
use std::collections::HashMap;

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_domain::{AgentId, Cost};
use outwork_store::{AgentFilter, AgentView, AgentsOf, Order, SortBy, agent_search};
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::{AgentSummaryBody, Beside};
use super::agent_query::{
    By, CostPlace, Sort, filter, place_of, read_cost_place, read_place, write_cost_place,
    write_place,
};
use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::page::{Page, PageSize};
use crate::query::Pairs;
use crate::reach::Reach;
use crate::reply::{Answer, json};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AgentList)]
struct ListBody<'a> {
    agents: Vec<AgentSummaryBody<'a>>,
    /// How many there are on all pages, counted up to 100,000; by cost, up to 10,000.
    total: u32,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Lists agents: the newest first, if nothing else is asked for.
///
/// All filters hold together. A cursor belongs to its filters and its order.
#[utoipa::path(
    get,
    path = "/api/v1/agents",
    params(
        ("limit" = Option<u32>, Query, description = "Agents on a page; 20 if absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
        ("sort" = Option<String>, Query, description = "What decides about the order; `created` if absent. By \
            `cost` the 10,000 newest of those that are asked for are listed, since prices may change at any time.",
            pattern = "^(created|updated|name|cost)$", example = "updated"),
        ("order" = Option<String>, Query, description = "`desc`, the greatest first, if absent.",
            pattern = "^(asc|desc)$", example = "desc"),
        ("q" = Option<String>, Query, description = "Up to 6 words. Each is in the name, the model, a repository, \
            a branch or a pull request's address, in any case, or begins the id.", max_length = 200),
        ("state" = Option<Vec<String>>, Query, description = "Only agents in this state; repeatable.",
            example = json!(["working"])),
        ("repository" = Option<Vec<String>>, Query, description = "Only agents that work on this repository, as it \
            is shown; repeatable, up to 8.", example = json!(["https://github.com/acme/tools"])),
        ("model" = Option<Vec<String>>, Query, description = "Only agents with this model; repeatable, up to 8.",
            example = json!(["script"])),
        ("prUrl" = Option<String>, Query, description = "Only agents of this pull request."),
        ("updatedAfter" = Option<String>, Query, description = "Only agents to which something happened later.",
            example = "2026-01-15T10:30:00.000Z"),
        ("archived" = Option<String>, Query, description = "Whether archived agents are listed too; they are not if \
            absent. `only`: no others.", pattern = "^(true|false|only)$", example = "true"),
    ),
    responses((status = 200, description = "A page of agents.", body = ListBody)),
)]
pub(super) async fn list_agents(State(app): State<App>, caller: Caller, pairs: Pairs) -> Answer {
    let size = pairs.page_size(PAGE_MAX, PAGE_DEFAULT)?;
    let filter = filter(&pairs)?;
    let sort = Sort::of(&pairs)?;
    let asked = Asked {
        list: sort.list(&filter),
        filter,
        order: sort.order,
        size,
    };
    let reach = Reach::of(&app, &caller).await?;
    let of = reach.agents_of(caller.account_id());
    let (total, page) = match sort.by {
        By::Stored(by) => asked.sorted(&app, of, (by, &pairs)).await?,
        By::Cost => asked.by_cost(&app, of, &pairs).await?,
    };
    let beside = Beside::of(&app, &page.items).await?;
    let agents = page.items.iter().zip(&beside);
    json(&ListBody {
        agents: agents
            .map(|(view, beside)| AgentSummaryBody::of(view, beside))
            .collect(),
        total,
        next_cursor: page.next_cursor,
    })
}

/// What is asked for.
struct Asked {
    filter: AgentFilter,
    order: Order,
    size: PageSize,
    /// What its cursors are checked with.
    list: String,
}

impl Asked {
    /// How many there are, and a page in an order that the store knows.
    async fn sorted(
        &self,
        app: &App,
        of: AgentsOf<'_>,
        (by, pairs): (SortBy, &Pairs),
    ) -> Result<(u32, Page<AgentView>), Failure> {
        let after = pairs.place(|text| read_place(&self.list, by, text))?;
        let (sort, limit) = ((by, self.order), self.size.rows());
        let mut reader = app.store().read().await?;
        let views =
            agent_search::page(&mut reader, of, &self.filter, sort, after.as_ref(), limit).await?;
        let total = agent_search::count(&mut reader, of, &self.filter).await?;
        let write = |view: &AgentView| write_place(&self.list, &place_of(by, view));
        Ok((total, self.size.cut(views, write)))
    }

    /// The same by cost.
    async fn by_cost(
        &self,
        app: &App,
        of: AgentsOf<'_>,
        pairs: &Pairs,
    ) -> Result<(u32, Page<AgentView>), Failure> {
        let after = pairs.place(|text| read_cost_place(&self.list, text))?;
        let totals = app.engine().totals_of_asked(of, &self.filter).await?;
        let totals = totals.into_iter();
        let mut all: Vec<CostPlace> = totals
            .map(|(id, totals)| (totals.cost.map(Cost::picodollars), id))
            .collect();
        let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let directed = |one: &CostPlace, other: &CostPlace| match self.order {
            Order::Ascending => one.cmp(other),
            Order::Descending => other.cmp(one),
        };
        all.retain(|one| {
            after
                .as_ref()
                .is_none_or(|after| directed(one, after) == Ordering::Greater)
        });
        all.sort_unstable_by(directed);
        let page = self
            .size
            .cut(all, |last| write_cost_place(&self.list, *last));
        let ids: Vec<AgentId> = page.items.iter().map(|(_, id)| *id).collect();
        let mut reader = app.store().read().await?;
        let found = agent_search::of_ids(&mut reader, of.account_id, &ids).await?;
        let mut found: HashMap<AgentId, AgentView> = found
            .into_iter()
            .map(|view| (view.agent.id, view))
            .collect();
        let page = Page {
            // One that was deleted meanwhile is no longer there.
            items: ids.iter().filter_map(|id| found.remove(id)).collect(),
            next_cursor: page.next_cursor,
        };
        Ok((total, page))
    }
}
