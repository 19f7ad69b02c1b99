//! `GET /v0/models`: the ids that a launch may name, without `default`.

use axum::extract::State;
use serde::Serialize;

use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};
use crate::wire::Text;

#[derive(Debug, Serialize)]
struct ListBody<T> {
    models: Vec<T>,
}

pub(super) async fn list_models(State(app): State<App>, _: Caller) -> Answer {
    let ids = app.engine().models().ids();
    json(&ListBody {
        models: ids.iter().map(Text).collect(),
    })
}
