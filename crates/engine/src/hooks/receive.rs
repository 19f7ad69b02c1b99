//! Takes a webhook in: verified, stored, nothing else.

use outwork_domain::limits::INCOMING_HOOK_BYTES_MAX;
use outwork_forge::{HookError, HookRequest};
use outwork_store::{NewIncomingHook, Received, incoming_hooks};

use super::Hooks;

/// Why a webhook was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HookRefusal {
    /// There is no such forge, or nobody listens to it.
    #[error("no forge of this name is listened to")]
    UnknownForge,
    /// It is larger than what is kept.
    #[error("a webhook may have at most {INCOMING_HOOK_BYTES_MAX} bytes")]
    TooLarge,
    /// It cannot be believed, or not be understood.
    #[error(transparent)]
    Untrusted(#[from] HookError),
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] outwork_store::Error),
}

impl Hooks {
    /// Whether there is a forge of that name whose webhooks are heard.
    #[must_use]
    pub fn listens_to(&self, forge: &str) -> bool {
        let inner = &self.inner;
        inner.rules.contains_key(forge) && inner.forges.find_by_name(forge).is_some()
    }

    /// Stores a webhook of a forge if its signature is right; one that was sent before is known.
    ///
    /// # Errors
    ///
    /// [`HookRefusal`]; nothing was stored then.
    pub async fn receive(
        &self,
        forge: &str,
        request: &HookRequest<'_>,
    ) -> Result<Received, HookRefusal> {
        let inner = &self.inner;
        let known = inner.rules.contains_key(forge);
        let found = inner.forges.find_by_name(forge).filter(|_| known);
        let found = found.ok_or(HookRefusal::UnknownForge)?;
        if request.body.len() > INCOMING_HOOK_BYTES_MAX {
            return Err(HookRefusal::TooLarge);
        }
        let delivery = found.verify_hook(request)?;
        let new = NewIncomingHook {
            forge: forge.to_owned(),
            delivery_id: delivery.id,
            event: delivery.event,
            body: request.body.to_vec(),
            now: inner.engine.now(),
        };
        let written = inner
            .engine
            .store()
            .write(move |tx| Box::pin(async move { incoming_hooks::insert(tx, &new).await }));
        let received: Result<Received, outwork_store::Error> = written.await;
        let received = received?;
        if received == Received::New {
            inner.bell.notify_one();
        }
        Ok(received)
    }
}
