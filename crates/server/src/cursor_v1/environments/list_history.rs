//! `GET /v1/environments/{environmentId}/history`: what became of an environment, the newest first.

use axum::extract::State;
use outwork_domain::limits::{PAGE_DEFAULT, PAGE_MAX};
use outwork_domain::{EnvironmentEvent, EnvironmentVersion, EnvironmentVersionId};
use outwork_store::environments;
use serde::Serialize;
use utoipa::ToSchema;

use super::PathEnvironment;
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_cursor, write_cursor};
use crate::query::Pairs;
use crate::reply::{Answer, json};
use crate::wire::{Moment, Text};

const LIST: &str = "environment history v1";

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EnvironmentHistory)]
struct ListBody<'a> {
    items: Vec<VersionBody<'a>>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// One entry of an environment's history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EnvironmentVersion)]
struct VersionBody<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Text<EnvironmentVersionId>,
    created_at: Moment,
    kind: VersionKind,
    title: &'static str,
    description: String,
    /// Where the change came from.
    source: VersionSource,
    /// Whether the environment is as of this entry.
    current: bool,
    /// The set-up file from then on; to restore it, send it with `PATCH`.
    environment_json: &'a str,
}

/// What happened.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum VersionKind {
    /// It was made.
    Created,
    /// Its set-up was changed.
    Updated,
    /// Something else of it was changed.
    Changed,
}

/// Where a change came from.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum VersionSource {
    /// This API.
    Api,
}

impl<'a> VersionBody<'a> {
    fn of(version: &'a EnvironmentVersion, current: EnvironmentVersionId) -> Self {
        let name = &version.name;
        let (kind, title, description) = match version.event {
            EnvironmentEvent::Created => (
                VersionKind::Created,
                "Environment created",
                format!("{name} was created through the API."),
            ),
            EnvironmentEvent::Updated => (
                VersionKind::Updated,
                "Environment updated",
                format!("The set-up of {name} was changed through the API."),
            ),
            EnvironmentEvent::Renamed => (
                VersionKind::Changed,
                "Environment renamed",
                format!("It is called {name} from here on."),
            ),
        };
        Self {
            id: Text(version.id),
            created_at: Moment(version.created_at),
            kind,
            title,
            description,
            source: VersionSource::Api,
            current: version.id == current,
            environment_json: version.file.text(),
        }
    }
}

/// Lists the history of an environment, the newest entry first.
#[utoipa::path(
    get,
    path = "/v1/environments/{environmentId}/history",
    params(
        ("environmentId" = String, Path, description = "The environment."),
        ("limit" = Option<u32>, Query, description = "Entries on a page; 20 if absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of its history.", body = ListBody),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's."),
    ),
)]
pub(super) async fn list_history(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
    pairs: Pairs,
) -> Answer {
    let pairs = pairs.only(&["limit", "cursor"])?;
    let size = pairs.page_size(PAGE_MAX, PAGE_DEFAULT)?;
    let before = pairs.place(read_place)?;
    let environment = app.engine().environment(caller.account_id(), id).await?;
    let mut reader = app.store().read().await?;
    let found = environments::history(&mut reader, id, before, size.rows()).await?;
    drop(reader);
    let page = size.cut(found, |(number, _)| {
        write_cursor(LIST, &number.to_be_bytes())
    });
    let items = page.items.iter();
    let items = items.map(|(_, version)| VersionBody::of(version, environment.version_id));
    json(&ListBody {
        items: items.collect(),
        next_cursor: page.next_cursor,
    })
}

fn read_place(text: &str) -> Option<u32> {
    let place = read_cursor(LIST, text)?;
    Some(u32::from_be_bytes(place.try_into().ok()?))
}
