//! The models that a server offers, by the ids that clients name.
//!
//! `script` is always among them. Models of one provider and address share one breaker and all
//! share one HTTP client.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use outwork_domain::{ModelId, Prices};

use crate::provider::{Breaker, Hosted, Timeouts, http_client};
use crate::{Error, Model, ModelOptions, Provider, Script};

/// The models that a server offers; cheap to clone.
#[derive(Clone)]
pub struct Models {
    ids: Arc<[ModelId]>,
    by_id: Arc<HashMap<ModelId, Arc<dyn Model>>>,
    prices: Arc<HashMap<ModelId, Prices>>,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Models").field(&self.ids).finish()
    }
}

impl Models {
    /// Takes the configured models; the process's TLS provider must be installed before.
    ///
    /// # Errors
    ///
    /// [`Error`] names the model whose configuration cannot be used.
    pub fn new(options: Vec<ModelOptions>) -> Result<Self, Error> {
        Self::with_timeouts(options, Timeouts::default())
    }

    /// Takes the configured models, with other timeouts than the usual ones.
    ///
    /// # Errors
    ///
    /// [`Error`] names the model whose configuration cannot be used.
    pub fn with_timeouts(options: Vec<ModelOptions>, timeouts: Timeouts) -> Result<Self, Error> {
        let mut ids = Vec::new();
        let mut by_id: HashMap<ModelId, Arc<dyn Model>> = HashMap::new();
        let mut breakers: HashMap<(Provider, String), Arc<Breaker>> = HashMap::new();
        // Reading the root certificates takes a while, which nobody has to wait for without models.
        let client = match options.as_slice() {
            [] => None,
            [..] => Some(http_client().map_err(Error::Client)?),
        };
        for (one, client) in options.into_iter().zip(client.into_iter().cycle()) {
            if is_reserved(&one.id) {
                return Err(Error::ReservedModel(one.id));
            }
            let id = one.id.clone();
            let place = (one.provider, one.base_url.clone().unwrap_or_default());
            let breaker = Arc::clone(breakers.entry(place).or_default());
            let model = Hosted::new(one, client, breaker, timeouts)?;
            if by_id.insert(id.clone(), Arc::new(model)).is_some() {
                return Err(Error::DuplicateModel(id));
            }
            ids.push(id);
        }
        by_id.insert(ModelId::script(), Arc::new(Script));
        ids.push(ModelId::script());
        Ok(Self {
            ids: ids.into(),
            by_id: Arc::new(by_id),
            prices: Arc::default(),
        })
    }

    /// The same models with what their tokens cost, as far as it is known.
    #[must_use]
    pub fn with_prices(self, prices: HashMap<ModelId, Prices>) -> Self {
        Self {
            prices: Arc::new(prices),
            ..self
        }
    }

    /// What the tokens of a model cost, if that is known.
    #[must_use]
    pub fn prices(&self, id: &ModelId) -> Option<Prices> {
        self.prices.get(id).copied()
    }

    /// Finds a model.
    #[must_use]
    pub fn get(&self, id: &ModelId) -> Option<Arc<dyn Model>> {
        self.by_id.get(id).map(Arc::clone)
    }

    /// Tells whether a model can be asked to think harder; one that is not there cannot.
    #[must_use]
    pub fn takes_effort(&self, id: &ModelId) -> bool {
        self.by_id.get(id).is_some_and(|model| model.takes_effort())
    }

    /// Lists all ids: the configured ones in their order, then `script`.
    #[must_use]
    pub fn ids(&self) -> Vec<ModelId> {
        self.ids.to_vec()
    }

    /// The id of the model for those who name none: the first configured one, else `script`.
    #[must_use]
    pub fn default_id(&self) -> ModelId {
        self.ids.first().cloned().unwrap_or_else(ModelId::script)
    }

    /// The id that a caller's wish stands for: none, `default` and `auto` are the default model.
    #[must_use]
    pub fn resolve(&self, wish: Option<&ModelId>) -> Option<ModelId> {
        match wish {
            None => Some(self.default_id()),
            Some(id) if matches!(id.as_str(), "default" | "auto") => Some(self.default_id()),
            Some(id) => self.by_id.contains_key(id).then(|| id.clone()),
        }
    }
}

fn is_reserved(id: &ModelId) -> bool {
    matches!(id.as_str(), "script" | "default" | "auto")
}
