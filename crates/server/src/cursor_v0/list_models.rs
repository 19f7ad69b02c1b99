//! `GET /v0/models`: the ids that a launch may name, without `default`.

use axum::extract::State;
use outwork_domain::ModelId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};
use crate::wire::Text;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelList)]
struct ListBody<'a> {
    #[schema(value_type = Vec<String>, example = json!(["script"]))]
    models: Vec<Text<&'a ModelId>>,
}

/// Lists the models that a launch may name.
#[utoipa::path(
    get,
    path = "/v0/models",
    responses((status = 200, description = "Their ids.", body = ListBody)),
)]
pub(super) async fn list_models(State(app): State<App>, _: Caller) -> Answer {
    let ids = app.engine().models().ids();
    json(&ListBody {
        models: ids.iter().map(Text).collect(),
    })
}
