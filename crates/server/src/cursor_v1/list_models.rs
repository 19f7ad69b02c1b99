//! `GET /v1/models`: every id that a request may name; SDKs look theirs up before they ask.

use axum::extract::State;
use outwork_domain::{Effort, ModelId};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{DEFAULT, EFFORT, takes_effort};
use crate::app::App;
use crate::auth::Caller;
use crate::reply::{Answer, json};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelList)]
struct ListBody<'a> {
    items: Vec<ItemBody<'a>>,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ModelListItem)]
struct ItemBody<'a> {
    id: &'a str,
    display_name: &'a str,
    /// Other ids of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<ParameterBody>,
}

/// A parameter of a model.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ModelParameter)]
struct ParameterBody {
    id: &'static str,
    display_name: &'static str,
    #[schema(min_items = 1)]
    values: Vec<ValueBody>,
}

/// A value that a parameter takes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ModelParameterValue)]
struct ValueBody {
    value: &'static str,
    display_name: &'static str,
}

impl<'a> ItemBody<'a> {
    fn of(id: &'a ModelId) -> Self {
        Self {
            id: id.as_str(),
            display_name: id.as_str(),
            aliases: Vec::new(),
            parameters: parameters_of(id),
        }
    }
}

fn parameters_of(model: &ModelId) -> Vec<ParameterBody> {
    if !takes_effort(model) {
        return Vec::new();
    }
    let value = |effort: Effort| ValueBody {
        value: effort.word(),
        display_name: match effort {
            Effort::Low => "Low",
            Effort::Medium => "Medium",
            Effort::High => "High",
        },
    };
    vec![ParameterBody {
        id: EFFORT,
        display_name: "Effort",
        values: Effort::ALL.into_iter().map(value).collect(),
    }]
}

/// Lists the models that a request may name, the default first.
#[utoipa::path(
    get,
    path = "/v1/models",
    responses((status = 200, description = "All models.", body = ListBody)),
)]
pub(super) async fn list_models(State(app): State<App>, _: Caller) -> Answer {
    let models = app.engine().models();
    let [id, alias] = DEFAULT;
    let default = ItemBody {
        id,
        display_name: "Default",
        aliases: vec![alias],
        parameters: parameters_of(&models.default_id()),
    };
    let ids = models.ids();
    let items = std::iter::once(default)
        .chain(ids.iter().map(ItemBody::of))
        .collect();
    json(&ListBody { items })
}
