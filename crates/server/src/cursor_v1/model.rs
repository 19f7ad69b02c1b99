//! Models as v1 names them: an id with parameters, in requests and in answers.

use outwork_domain::{Effort, ModelChoice, ModelId};
use outwork_engine::Engine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Object;
use crate::errors::Failure;
use crate::wire::Text;

/// The one parameter that models take.
pub(super) const EFFORT: &str = "effort";
/// The id that stands for the configured default, and its alias.
pub(super) const DEFAULT: [&str; 2] = ["default", "auto"];

/// A model that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ModelBody {
    /// Its id or alias, as `GET /v1/models` lists them.
    #[schema(value_type = String, min_length = 1, example = "default")]
    id: Option<String>,
    /// Its parameters.
    #[schema(value_type = Option<Vec<ModelParamBody>>)]
    params: Option<Vec<Object<ModelParamBody>>>,
}

/// A parameter and its value.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ModelParamBody {
    #[schema(value_type = String, min_length = 1, example = "effort")]
    id: Option<String>,
    #[schema(value_type = String, min_length = 1, example = "high")]
    value: Option<String>,
}

impl ModelBody {
    /// Checks its form.
    pub(super) fn check(&self, place: &str) -> Result<(), Failure> {
        filled(place, "id", self.id.as_deref())?;
        for (number, Object(param)) in self.params.iter().flatten().enumerate() {
            let place = format!("{place}.params[{number}]");
            filled(&place, "id", param.id.as_deref())?;
            filled(&place, "value", param.value.as_deref())?;
        }
        Ok(())
    }
}

fn filled<'a>(place: &str, field: &str, text: Option<&'a str>) -> Result<&'a str, Failure> {
    match text {
        Some("") => Err(Failure::invalid(format!(
            "{place}.{field} must not be empty"
        ))),
        Some(text) => Ok(text),
        None => Err(Failure::invalid(format!("{place}.{field} is required"))),
    }
}

/// Reads the model of a body; none where the default is meant and nothing is said of it.
pub(super) fn read_model(
    engine: &Engine,
    body: Option<Object<ModelBody>>,
) -> Result<Option<ModelChoice>, Failure> {
    let Some(Object(body)) = body else {
        return Ok(None);
    };
    body.check("model")?;
    let text = body.id.as_deref().unwrap_or_default();
    let id = resolve(engine, text)?;
    let effort = read_effort(&id, &body)?;
    if effort.is_none() && DEFAULT.contains(&text) {
        return Ok(None);
    }
    Ok(Some(ModelChoice { id, effort }))
}

fn resolve(engine: &Engine, text: &str) -> Result<ModelId, Failure> {
    let models = engine.models();
    let wish = text.parse::<ModelId>().ok();
    let found = wish.and_then(|id| models.resolve(Some(&id)));
    found.ok_or_else(|| {
        let shown: String = text.chars().take(200).collect();
        let message = format!("Model '{shown}' is not available or invalid");
        Failure::bad_request("invalid_model", message)
    })
}

fn read_effort(model: &ModelId, body: &ModelBody) -> Result<Option<Effort>, Failure> {
    let mut effort = None;
    for (number, Object(param)) in body.params.iter().flatten().enumerate() {
        let place = format!("model.params[{number}]");
        if param.id.as_deref() != Some(EFFORT) || !takes_effort(model) {
            let message = format!("{place}.id is no parameter of the model '{model}'");
            return Err(Failure::invalid(message));
        }
        if effort.is_some() {
            return Err(Failure::invalid(format!("{place}.id is given twice")));
        }
        let value = param.value.as_deref().unwrap_or_default().parse();
        effort =
            Some(value.map_err(|_| {
                Failure::invalid(format!("{place}.value must be low, medium or high"))
            })?);
    }
    Ok(effort)
}

/// Whether a model can be told how hard to think: all that a provider serves.
pub(super) fn takes_effort(model: &ModelId) -> bool {
    *model != ModelId::script()
}

/// A model in an answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub(super) struct ModelShown<'a> {
    /// Its id.
    #[schema(value_type = String)]
    id: Text<&'a ModelId>,
    /// The parameters that were chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<[ParamShown; 1]>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelParam)]
struct ParamShown {
    id: &'static str,
    value: &'static str,
}

impl<'a> ModelShown<'a> {
    pub(super) fn of(model: &'a ModelChoice) -> Self {
        let param = |effort: Effort| ParamShown {
            id: EFFORT,
            value: effort.word(),
        };
        Self {
            id: Text(&model.id),
            params: model.effort.map(|effort| [param(effort)]),
        }
    }
}
