//! The lists of secrets, by name. Their `nextCursor` is there on the last page too, as `null`.

use axum::extract::State;
use outwork_domain::limits::{PAGE_MAX, SECRETS_PAGE_DEFAULT};
use outwork_domain::{RepositoryKey, Secret, SecretHolder, SecretId};
use outwork_store::{SecretFilter, SecretScope, user_secrets};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{OwnedSecretBody, SecretBody};
use super::path::{is_service, user};
use crate::app::App;
use crate::auth::Caller;
use crate::cursor::{read_cursor, write_cursor};
use crate::cursor_v1::environments::PathEnvironment;
use crate::errors::Failure;
use crate::page::Page;
use crate::query::Pairs;
use crate::reply::{Answer, json};

const LIST: &str = "secrets v1";
const UUID_BYTES: usize = 16;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SecretList)]
struct ListBody<'a> {
    items: Vec<SecretBody<'a>>,
    /// Where the next page begins; `null` on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OwnedSecretList)]
struct OwnedListBody<'a> {
    items: Vec<OwnedSecretBody<'a>>,
    /// Where the next page begins; `null` on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Lists the secrets that the caller may use, by name, without their values.
#[utoipa::path(
    get,
    path = "/v1/secrets",
    params(
        ("scope" = Option<String>, Query, description = "Only those of `team`, `user` or `environment`."),
        ("environmentId" = Option<String>, Query, description = "Only those of this environment."),
        ("name" = Option<String>, Query, description = "Only those of exactly this name."),
        ("repo" = Option<String>, Query, description = "Only those that runs on this repository get."),
        ("limit" = Option<u32>, Query, description = "Secrets on a page; 100 if absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of secrets.", body = OwnedListBody),
        (status = 403, description = "`user_required`: a service has no secrets of a user; `repository_access`: the repository is out of reach."),
    ),
)]
pub(super) async fn list_secrets(State(app): State<App>, caller: Caller, pairs: Pairs) -> Answer {
    let pairs = pairs.only(&["scope", "environmentId", "name", "repo", "limit", "cursor"])?;
    let filter = read_filter(&pairs)?;
    if filter.scope == Some(SecretScope::User) {
        user(&caller)?;
    }
    let repository = pairs.text("repo")?.map(read_repository).transpose()?;
    if let Some(repository) = &repository {
        app.engine()
            .admit_repository(repository)
            .map_err(Failure::repository_forbidden)?;
    }
    let page = page(&app, &caller, &pairs, (&filter, repository)).await?;
    let items = page.items.iter();
    let items = items.map(|secret| OwnedSecretBody::of(secret, &caller));
    json(&OwnedListBody {
        items: items.collect(),
        next_cursor: page.next_cursor,
    })
}

/// Lists the secrets of the team, by name, without their values.
#[utoipa::path(
    get,
    path = "/v1/team/secrets",
    params(
        ("limit" = Option<u32>, Query, description = "Secrets on a page; 100 if absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses((status = 200, description = "A page of secrets.", body = ListBody)),
)]
pub(super) async fn list_team_secrets(
    State(app): State<App>,
    caller: Caller,
    pairs: Pairs,
) -> Answer {
    let filter = SecretFilter {
        scope: Some(SecretScope::Team),
        ..SecretFilter::default()
    };
    list_of_one(&app, &caller, pairs, &filter).await
}

/// Lists the secrets of an environment, by name, without their values.
#[utoipa::path(
    get,
    path = "/v1/environments/{environmentId}/secrets",
    params(
        ("environmentId" = String, Path, description = "The environment."),
        ("limit" = Option<u32>, Query, description = "Secrets on a page; 100 if absent.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of secrets.", body = ListBody),
        (status = 404, description = "`environment_not_found`: no such environment, or somebody else's."),
    ),
)]
pub(super) async fn list_environment_secrets(
    State(app): State<App>,
    caller: Caller,
    PathEnvironment(id): PathEnvironment,
    pairs: Pairs,
) -> Answer {
    app.engine().environment(caller.account_id(), id).await?;
    let filter = SecretFilter {
        environment_id: Some(id),
        ..SecretFilter::default()
    };
    list_of_one(&app, &caller, pairs, &filter).await
}

async fn list_of_one(app: &App, caller: &Caller, pairs: Pairs, filter: &SecretFilter) -> Answer {
    let pairs = pairs.only(&["limit", "cursor"])?;
    let page = page(app, caller, &pairs, (filter, None)).await?;
    json(&ListBody {
        items: page.items.iter().map(SecretBody::of).collect(),
        next_cursor: page.next_cursor,
    })
}

/// A page, and where the next one begins if there is one.
async fn page(
    app: &App,
    caller: &Caller,
    pairs: &Pairs,
    (filter, repository): (&SecretFilter, Option<RepositoryKey>),
) -> Result<Page<Secret>, Failure> {
    let size = pairs.page_size(PAGE_MAX, SECRETS_PAGE_DEFAULT)?;
    let mut after = pairs.place(read_place)?;
    let is_shown = |secret: &Secret| {
        let hidden = is_service(caller) && matches!(secret.holder, SecretHolder::User(_));
        let repositories = repository.as_slice();
        !hidden && (repositories.is_empty() || secret.applies_to(repositories))
    };
    let mut reader = app.store().read().await?;
    let mut found: Vec<Secret> = Vec::new();
    while !size.is_exceeded_by(found.len()) {
        let account_id = caller.account_id();
        let some = user_secrets::list(&mut reader, account_id, filter, after, size.rows()).await?;
        let is_last = !size.is_exceeded_by(some.len());
        after = some.last().map(place_of);
        found.extend(some.into_iter().filter(is_shown));
        if is_last {
            break;
        }
    }
    Ok(size.cut(found, |last| write_place(&place_of(last))))
}

fn read_filter(pairs: &Pairs) -> Result<SecretFilter, Failure> {
    let scope = match pairs.text("scope")? {
        None => None,
        Some("team") => Some(SecretScope::Team),
        Some("user") => Some(SecretScope::User),
        Some("environment") => Some(SecretScope::Environment),
        Some(_) => {
            return Err(Failure::invalid("scope must be team, user or environment"));
        }
    };
    let environment = pairs.text("environmentId")?.map(str::parse).transpose();
    let environment_id =
        environment.map_err(|_| Failure::invalid("environmentId must be a UUID"))?;
    Ok(SecretFilter {
        scope,
        environment_id,
        name: pairs.text("name")?.map(ToOwned::to_owned),
    })
}

fn read_repository(text: &str) -> Result<RepositoryKey, Failure> {
    text.parse()
        .map_err(|why: outwork_domain::InvalidRepository| Failure::invalid(format!("repo: {why}")))
}

fn place_of(secret: &Secret) -> (String, SecretId) {
    (secret.name.to_string(), secret.id)
}

fn write_place((name, id): &(String, SecretId)) -> String {
    write_cursor(LIST, &[id.bytes(), name.as_bytes()].concat())
}

fn read_place(text: &str) -> Option<(String, SecretId)> {
    let place = read_cursor(LIST, text)?;
    let (id, name) = place.split_at_checked(UUID_BYTES)?;
    let id = SecretId::new(Uuid::from_slice(id).ok()?);
    Some((String::from_utf8(name.to_vec()).ok()?, id))
}
