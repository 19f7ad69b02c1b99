//! Claims stored hooks and settles them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use outwork_domain::limits::{
    INCOMING_HOOK_ATTEMPTS_MAX, INCOMING_HOOK_LEASE, INCOMING_HOOK_RETENTION,
    INCOMING_HOOKS_AT_ONCE,
};
use outwork_domain::{Backoff, HookEnd, Jitter, Timestamp};
use outwork_store::{ClaimedHook, Error, incoming_hooks};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Hooks;
use super::act::Fault;
use crate::engine::random_u32;

/// How long until what fell due is looked at without a bell.
const LOOK: Duration = Duration::from_secs(1);
/// How often old ones are forgotten.
const SWEEP: Duration = Duration::from_secs(3600);

impl Hooks {
    /// Takes back what a process of this data folder had claimed and left; call it while none works.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn recover(&self) -> Result<(), Error> {
        let worker = self.inner.worker.0.clone();
        let store = self.inner.engine.store();
        let released = store
            .write(move |tx| Box::pin(async move { incoming_hooks::release(tx, &worker).await }));
        let released: Result<u64, Error> = released.await;
        released.map(drop)
    }

    /// Deals with hooks until `stop` is cancelled, and forgets old ones; what is under way then is left
    /// to whoever claims it next, and found done as far as it was done.
    pub async fn run(&self, stop: CancellationToken) {
        let work = async { tokio::join!(self.deal(), self.keep_swept()) };
        if stop.run_until_cancelled(work).await.is_none()
            && let Err(error) = self.recover().await
        {
            info!(%error, "incoming hooks were not given back; their leases end");
        }
    }

    async fn deal(&self) {
        if self.inner.rules.is_empty() {
            return;
        }
        loop {
            match self.tick().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => warn!(%error, "incoming hooks have to wait"),
            }
            tokio::select! {
                () = self.inner.bell.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn keep_swept(&self) {
        loop {
            if let Err(error) = self.sweep().await {
                warn!(%error, "old incoming hooks could not be forgotten");
            }
            tokio::time::sleep(SWEEP).await;
        }
    }

    /// Deals with hooks that are due, some at a time; gives how many there were.
    ///
    /// # Errors
    ///
    /// The store's, if nothing could be claimed.
    pub async fn tick(&self) -> Result<usize, Error> {
        let worker = self.inner.worker.0.clone();
        let store = self.inner.engine.store();
        let claimed = store.write(move |tx| {
            Box::pin(async move {
                incoming_hooks::claim(tx, &worker, INCOMING_HOOKS_AT_ONCE, INCOMING_HOOK_LEASE)
                    .await
            })
        });
        let claimed: Result<Vec<ClaimedHook>, Error> = claimed.await;
        let claimed = claimed?;
        // One forge's in the order in which they came: two mentions in an issue are for one agent.
        let mut of_forges: BTreeMap<&str, Vec<&ClaimedHook>> = BTreeMap::new();
        for hook in &claimed {
            of_forges.entry(&hook.forge).or_default().push(hook);
        }
        let in_turn = of_forges.into_values().map(async |mut hooks| {
            hooks.sort_by_key(|hook| hook.received_at);
            for hook in hooks {
                self.deal_with(hook).await;
            }
        });
        join_all(in_turn).await;
        Ok(claimed.len())
    }

    /// Forgets what was dealt with long ago.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn sweep(&self) -> Result<u64, Error> {
        let kept = i64::try_from(INCOMING_HOOK_RETENTION.as_millis()).unwrap_or(i64::MAX);
        let now = self.inner.engine.now().millis();
        let before = Timestamp::from_millis(now.saturating_sub(kept));
        let store = self.inner.engine.store();
        let deleted = store.write_later(move |tx| {
            Box::pin(async move { incoming_hooks::delete_ended(tx, before).await })
        });
        deleted.await
    }

    async fn deal_with(&self, hook: &ClaimedHook) {
        let end = match self.act(hook).await {
            Ok(end) => end,
            Err(fault) => self.after(hook, fault),
        };
        let (forge, delivery_id) = (&hook.forge, &hook.delivery_id);
        match &end {
            HookEnd::Again(wait, why) => info!(forge, delivery_id, ?wait, why, "a hook waits"),
            HookEnd::Failed(why) => warn!(forge, delivery_id, why, "a hook failed"),
            HookEnd::Done | HookEnd::Ignored(_) => {}
        }
        let (claimed, now) = (hook.clone(), self.inner.engine.now());
        let store = self.inner.engine.store();
        let settled = store.write(move |tx| {
            Box::pin(async move { incoming_hooks::settle(tx, &claimed, &end, now).await })
        });
        let settled: Result<bool, Error> = settled.await;
        if let Err(error) = settled {
            // Its lease ends, and what was done is found done.
            warn!(forge, delivery_id, %error, "the end of a hook could not be written");
        }
    }

    /// What follows from a fault: another attempt, as long as there are some.
    fn after(&self, hook: &ClaimedHook, fault: Fault) -> HookEnd {
        match fault {
            Fault::Final(why) => HookEnd::Failed(why),
            Fault::Passing { why, .. } if hook.attempt_count + 1 >= INCOMING_HOOK_ATTEMPTS_MAX => {
                HookEnd::Failed(why)
            }
            Fault::Passing { why, wait } => {
                let jitter = Jitter::from_random(random_u32());
                let wait = Backoff::default().wait(hook.attempt_count + 1, jitter, wait);
                HookEnd::Again(wait, why)
            }
        }
    }
}
