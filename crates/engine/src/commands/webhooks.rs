//! Webhook endpoints of an account, and the log of what was sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outwork_domain::limits::WEBHOOK_ENDPOINTS_MAX;
use outwork_domain::{
    AccountId, Delivery, DeliveryId, Ending, EndpointId, InvalidWebhook, WebhookEndpoint,
    WebhookTarget,
};
use outwork_store::{Error, deliveries, new_id, webhooks};

use super::CommandError;
use crate::{Engine, Once, Receipt};

/// Random bytes of a secret that is made up (Standard Webhooks: 24 to 64).
const SECRET_BYTES: usize = 32;

impl Engine {
    /// Adds an endpoint to which the ends of all runs of the account are announced.
    ///
    /// The secret is made up if absent; of no endings all are announced.
    ///
    /// # Errors
    ///
    /// [`CommandError::InvalidWebhook`] for an address that may not be called or a secret of the wrong
    /// length, [`CommandError::TooManyEndpoints`].
    pub async fn add_webhook(
        &self,
        account_id: AccountId,
        (url, secret, endings): (&str, Option<String>, Vec<Ending>),
        receipt: Option<Receipt<WebhookEndpoint>>,
    ) -> Result<Once<WebhookEndpoint>, CommandError> {
        let secret = secret.map_or_else(made_up_secret, Ok)?;
        let target = WebhookTarget::new(url, Some(secret)).map_err(|fault| refused(&fault))?;
        let admitted = self.inner.outbound.admit(url);
        admitted.map_err(|fault| CommandError::InvalidWebhook(format!("url: {fault}")))?;
        let now = self.now();
        let endpoint = WebhookEndpoint {
            id: EndpointId::new(new_id(now)),
            account_id,
            target,
            endings,
            created_at: now,
            stopped_at: None,
        };
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                let inserted = webhooks::insert(tx, &endpoint, WEBHOOK_ENDPOINTS_MAX).await;
                inserted.map_err(|error| {
                    if let Error::NoneFree(_) = error {
                        return CommandError::TooManyEndpoints(WEBHOOK_ENDPOINTS_MAX);
                    }
                    error.into()
                })?;
                Ok(endpoint)
            })
        })
        .await
    }

    /// Removes an endpoint with everything that was to be sent to it.
    ///
    /// # Errors
    ///
    /// [`CommandError::EndpointNotFound`].
    pub async fn remove_webhook(
        &self,
        account_id: AccountId,
        id: EndpointId,
    ) -> Result<(), CommandError> {
        let store = &self.inner.store;
        let removed: bool = store
            .write(move |tx| Box::pin(async move { webhooks::remove(tx, account_id, id).await }))
            .await?;
        match removed {
            true => Ok(()),
            false => Err(CommandError::EndpointNotFound),
        }
    }

    /// Sends an endpoint something that only tries whether it works.
    ///
    /// # Errors
    ///
    /// [`CommandError::EndpointNotFound`].
    pub async fn test_webhook(
        &self,
        account_id: AccountId,
        id: EndpointId,
        receipt: Option<Receipt<Delivery>>,
    ) -> Result<Once<Delivery>, CommandError> {
        let now = self.now();
        let body = crate::announcement::test(id, now);
        let body = body.map_err(|fault| CommandError::Internal(fault.to_string()))?;
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                let endpoint = webhooks::find(tx, account_id, id).await?;
                let endpoint = endpoint.ok_or(CommandError::EndpointNotFound)?;
                Ok(deliveries::insert_test(tx, &endpoint, body, now).await?)
            })
        })
        .await
    }

    /// Sends a delivery once more, with the same id and bytes: one attempt, if it has ended.
    ///
    /// # Errors
    ///
    /// [`CommandError::DeliveryNotFound`].
    pub async fn redeliver(
        &self,
        account_id: AccountId,
        id: DeliveryId,
        receipt: Option<Receipt<Delivery>>,
    ) -> Result<Once<Delivery>, CommandError> {
        self.write_once(receipt, move |tx| {
            Box::pin(async move {
                if !deliveries::redeliver(tx, account_id, id).await? {
                    return Err(CommandError::DeliveryNotFound);
                }
                let found = deliveries::find(tx, account_id, id).await?;
                let (delivery, _) = found.ok_or(CommandError::DeliveryNotFound)?;
                Ok(delivery)
            })
        })
        .await
    }
}

fn refused(fault: &InvalidWebhook) -> CommandError {
    CommandError::InvalidWebhook(fault.to_string())
}

fn made_up_secret() -> Result<String, CommandError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|fault| CommandError::Internal(fault.to_string()))?;
    Ok(format!("whsec_{}", STANDARD.encode(bytes)))
}
