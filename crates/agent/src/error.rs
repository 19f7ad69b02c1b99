//! What can be wrong with a configuration of models.

use outwork_domain::{Class, ModelId};

/// A configured model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two models have the same id.
    #[error("two models have the id {0}")]
    DuplicateModel(ModelId),
    /// The id belongs to Outwork itself.
    #[error("the model id {0} is reserved")]
    ReservedModel(ModelId),
    /// The address is not one.
    #[error("the base_url of model {id} is not an http or https address: {url:?}")]
    BadBaseUrl {
        /// The model.
        id: ModelId,
        /// What was configured.
        url: String,
    },
    /// A hosted provider needs a key.
    #[error("model {0} needs an API key")]
    MissingKey(ModelId),
    /// The HTTP client could not be made.
    #[error("the HTTP client for models could not be made")]
    Client(#[source] reqwest::Error),
}

impl Error {
    /// What may be done about it: nothing but another configuration.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::DuplicateModel(_)
            | Self::ReservedModel(_)
            | Self::BadBaseUrl { .. }
            | Self::MissingKey(_)
            | Self::Client(_) => Class::Permanent,
        }
    }
}
