//! What of a list of agents is asked for, and in which order.

use outwork_domain::run_state::RunState;
use outwork_domain::{AgentId, Timestamp};
use outwork_store::agent_search::{NAMES_MAX, WORDS_MAX};
use outwork_store::{AgentFilter, AgentView, Archived, Order, SearchPlace, SortBy};
use uuid::Uuid;

use crate::cursor::{read_agent_cursor, read_cursor, write_agent_cursor, write_cursor};
use crate::errors::Failure;
use crate::query::Pairs;

/// Characters of a search.
const SEARCH_CHARS_MAX: usize = 200;
const ID_BYTES: usize = 16;

/// In which order a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) by: By,
    pub(super) order: Order,
}

/// What decides about the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// What the store can sort by.
    Stored(SortBy),
    /// What the runs cost, which depends on the present prices.
    Cost,
}

/// Where a page of a list by cost begins: behind the agent of that cost and id.
pub(super) type CostPlace = (Option<u128>, AgentId);

/// The agents that are asked for.
pub(super) fn filter(pairs: &Pairs) -> Result<AgentFilter, Failure> {
    let search = pairs.text("q")?.unwrap_or_default();
    if search.chars().count() > SEARCH_CHARS_MAX {
        let message = format!("q must have at most {SEARCH_CHARS_MAX} characters");
        return Err(Failure::invalid(message));
    }
    let words: Vec<String> = search.split_whitespace().map(ToOwned::to_owned).collect();
    if words.len() > WORDS_MAX {
        let message = format!("q must have at most {WORDS_MAX} words");
        return Err(Failure::invalid(message));
    }
    let states = pairs.texts("state", RunState::ALL.len())?;
    let states = states.into_iter().map(|word| {
        let wrong = |_| Failure::invalid("state must be one of the states of a run");
        word.parse().map_err(wrong)
    });
    let names = |name: &str| -> Result<Vec<String>, Failure> {
        let texts = pairs.texts(name, NAMES_MAX)?;
        Ok(texts.into_iter().map(ToOwned::to_owned).collect())
    };
    let updated_after = pairs.text("updatedAfter")?.map(str::parse::<Timestamp>);
    Ok(AgentFilter {
        words,
        states: states.collect::<Result<_, _>>()?,
        repositories: names("repository")?,
        models: names("model")?,
        pull_request_url: pairs.uri("prUrl")?.map(ToOwned::to_owned),
        updated_after: updated_after
            .transpose()
            .map_err(|error| Failure::invalid(format!("updatedAfter: {error}")))?,
        archived: match pairs.text("archived")? {
            Some("true") => Archived::Included,
            Some("only") => Archived::Only,
            Some("false") | None => Archived::Excluded,
            Some(_) => return Err(Failure::invalid("archived must be true, false or only")),
        },
    })
}

impl Sort {
    /// The order that is asked for.
    pub(super) fn of(pairs: &Pairs) -> Result<Self, Failure> {
        let by = match pairs.text("sort")? {
            None | Some("created") => By::Stored(SortBy::Created),
            Some("updated") => By::Stored(SortBy::Updated),
            Some("name") => By::Stored(SortBy::Name),
            Some("cost") => By::Cost,
            Some(_) => {
                let message = "sort must be created, updated, name or cost";
                return Err(Failure::invalid(message));
            }
        };
        let order = match pairs.text("order")? {
            None | Some("desc") => Order::Descending,
            Some("asc") => Order::Ascending,
            Some(_) => return Err(Failure::invalid("order must be asc or desc")),
        };
        Ok(Self { by, order })
    }

    /// What a cursor of the list is checked with: it belongs to what is asked for, and to its order.
    pub(super) fn list(self, filter: &AgentFilter) -> String {
        format!("agents native {self:?} {filter:?}")
    }
}

/// The place of an agent in a list that the store sorts.
pub(super) fn place_of(by: SortBy, view: &AgentView) -> SearchPlace {
    let id = view.agent.id;
    match by {
        SortBy::Created => SearchPlace::At(view.agent.created_at, id),
        SortBy::Updated => SearchPlace::At(view.updated_at, id),
        SortBy::Name => SearchPlace::Named(view.agent.name.clone(), id),
    }
}

/// Writes a place as text.
pub(super) fn write_place(list: &str, place: &SearchPlace) -> String {
    match place {
        SearchPlace::At(at, id) => write_agent_cursor(list, (*at, *id)),
        SearchPlace::Named(name, id) => {
            let mut bytes = id.bytes().to_vec();
            bytes.extend_from_slice(name.as_bytes());
            write_cursor(list, &bytes)
        }
    }
}

/// Reads a place back.
pub(super) fn read_place(list: &str, by: SortBy, text: &str) -> Option<SearchPlace> {
    match by {
        SortBy::Created | SortBy::Updated => {
            let (at, id) = read_agent_cursor(list, text)?;
            Some(SearchPlace::At(at, id))
        }
        SortBy::Name => {
            let bytes = read_cursor(list, text)?;
            let (id, name) = bytes.split_at_checked(ID_BYTES)?;
            let name = String::from_utf8(name.to_vec()).ok()?;
            let id = Uuid::from_slice(id).ok()?;
            Some(SearchPlace::Named(name, AgentId::new(id)))
        }
    }
}

/// Writes a place in a list by cost as text.
pub(super) fn write_cost_place(list: &str, (cost, id): CostPlace) -> String {
    let mut bytes = id.bytes().to_vec();
    bytes.extend(cost.into_iter().flat_map(u128::to_be_bytes));
    write_cursor(list, &bytes)
}

/// Reads one back.
pub(super) fn read_cost_place(list: &str, text: &str) -> Option<CostPlace> {
    let bytes = read_cursor(list, text)?;
    let (id, cost) = bytes.split_at_checked(ID_BYTES)?;
    let id = AgentId::new(Uuid::from_slice(id).ok()?);
    if cost.is_empty() {
        return Some((None, id));
    }
    let cost = u128::from_be_bytes(cost.try_into().ok()?);
    Some((Some(cost), id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_back_in_their_own_list_alone() {
        let id = AgentId::new(Uuid::from_u128(7));
        let at = SearchPlace::At(Timestamp::from_millis(5), id);
        let named = SearchPlace::Named("Fix ü".to_owned(), id);
        for (by, place) in [
            (SortBy::Created, &at),
            (SortBy::Updated, &at),
            (SortBy::Name, &named),
        ] {
            let text = write_place("list", place);
            assert_eq!(read_place("list", by, &text).as_ref(), Some(place));
            assert_eq!(read_place("other", by, &text), None);
        }
        for cost in [None, Some(0), Some(u128::MAX)] {
            let text = write_cost_place("list", (cost, id));
            assert_eq!(read_cost_place("list", &text), Some((cost, id)));
            assert_eq!(read_cost_place("other", &text), None);
        }
        assert_eq!(read_cost_place("list", &write_place("list", &at)), None);
    }
}
