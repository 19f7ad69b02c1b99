//! `GET /v1alpha/sessions/{id}/activities`: what happened, oldest first.

use axum::extract::State;
use outwork_domain::Seq;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::filter::{After, created};
use super::super::paging::{self, Fill, PageBytes, next_token};
use super::super::path::PathSession;
use super::body::ActivityBody;
use super::read::{History, activity};
use super::steps::Steps;
use crate::activities::{ActivityId, Entry};
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_cursor, write_cursor};
use crate::query::Pairs;
use crate::reply::{Answer, json};

const LIST: &str = "activities";
const SIZE_USUAL: u32 = 50;
/// Activities whose events are read at once: a page may be full before its last.
const READ_AT_ONCE: usize = 16;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ActivityList)]
struct ListBody {
    activities: Vec<ActivityBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Where a page begins.
enum Place {
    /// Behind that activity.
    Behind(ActivityId),
    /// At what was made after a point in time: the vendor's tokens are its nanoseconds.
    After(After),
}

impl Place {
    fn read(token: &str) -> Option<Self> {
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            return token.parse().ok().map(After::Later).map(Self::After);
        }
        let place = read_cursor(LIST, token)?;
        let (seq, part) = place.split_at_checked(8)?;
        let [part] = *part else { return None };
        let seq = Seq(u64::from_be_bytes(seq.try_into().ok()?));
        Some(Self::Behind(ActivityId { seq, part }))
    }

    fn write(id: ActivityId) -> String {
        let mut place = id.seq.0.to_be_bytes().to_vec();
        place.push(id.part);
        write_cursor(LIST, &place)
    }

    fn admits(&self, entry: &Entry) -> bool {
        match self {
            Self::Behind(id) => entry.id > *id,
            Self::After(after) => after.admits(entry.at),
        }
    }
}

/// Lists a session's activities, oldest first.
#[utoipa::path(
    get,
    path = "/v1alpha/sessions/{id}/activities",
    params(
        ("pageSize" = Option<u32>, Query, description = "Activities on a page; 50 if absent or 0, 100 at most.",
            minimum = 0),
        ("pageToken" = Option<String>, Query, description = "`nextPageToken` of the page before."),
        ("filter" = Option<String>, Query,
            description = "`create_time>\"2026-01-15T10:30:00Z\"`, also `>=` and `createTime`."),
    ),
    responses(
        (status = 200, description = "A page.", body = ListBody),
        (status = 404, description = "No such session, or somebody else's."),
    ),
)]
pub(in crate::jules) async fn list_activities(
    State(app): State<App>,
    caller: Caller,
    session: PathSession,
    pairs: Pairs,
) -> Answer {
    let size = paging::page_size(&pairs, SIZE_USUAL)?;
    let place = paging::place(&pairs, Place::read)?;
    let filter = paging::filter(&pairs)?.map(created).transpose()?;
    let view = session.view(&app, &caller).await?;
    let mut reader = app.store().read().await?;
    let history = History::of(app.timelines(), &mut reader, &view).await?;
    let wanted = history.entries().iter().filter(|entry| {
        let behind = place.as_ref().is_none_or(|place| place.admits(entry));
        behind && filter.is_none_or(|after| after.admits(entry.at))
    });
    let write = |entry: &&Entry| Place::write(entry.id);
    let page = size.cut(wanted.collect(), write);
    let mut activities = Vec::with_capacity(page.items.len());
    let mut bytes = PageBytes::default();
    'page: for entries in page.items.chunks(READ_AT_ONCE) {
        let steps = Steps::of(&mut reader, view.agent.id, entries).await?;
        for entry in entries {
            let activity = activity(&mut reader, &view, (&history, &steps), entry).await?;
            let fill = bytes.take(activity.bytes());
            activities.push(activity);
            if fill == Fill::Full {
                break 'page;
            }
        }
    }
    let next_page_token = next_token(&page, activities.len(), write);
    json(&ListBody {
        activities,
        next_page_token,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_back() {
        let id = ActivityId {
            seq: Seq(7),
            part: 2,
        };
        let read = Place::read(&Place::write(id));
        assert!(matches!(read, Some(Place::Behind(found)) if found == id));
        let nanos = Place::read("1768473000000000000");
        assert!(matches!(
            nanos,
            Some(Place::After(After::Later(1_768_473_000_000_000_000)))
        ));
        for bad in ["x", "-1", &"9".repeat(60)] {
            assert!(Place::read(bad).is_none(), "{bad}");
        }
    }
}
