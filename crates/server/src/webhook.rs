//! A webhook as all dialects of Cursor's API carry it.

use outwork_domain::WebhookTarget;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Object;
use crate::errors::Failure;

/// Its secret must not be printed, so it has no `Debug` of its own making.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WebhookBody {
    #[schema(value_type = String, format = "uri", max_length = 2048, example = "https://ci.example.com/hooks/outwork")]
    url: Option<String>,
    /// Signs deliveries.
    #[schema(min_length = 32, max_length = 256)]
    secret: Option<String>,
}

impl std::fmt::Debug for WebhookBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookBody")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Where the ends of runs are to be announced.
pub(crate) fn read_webhook(
    webhook: Option<Object<WebhookBody>>,
) -> Result<Option<WebhookTarget>, Failure> {
    let Some(Object(webhook)) = webhook else {
        return Ok(None);
    };
    let url = webhook
        .url
        .ok_or_else(|| Failure::invalid("webhook.url is required"))?;
    // Not every store holds this character.
    if webhook
        .secret
        .as_ref()
        .is_some_and(|secret| secret.contains('\0'))
    {
        return Err(Failure::invalid(
            "webhook.secret must not contain a NUL character",
        ));
    }
    let target = WebhookTarget::new(&url, webhook.secret);
    target
        .map(Some)
        .map_err(|why| Failure::invalid(format!("webhook.{why}")))
}
