//! What forges tell us by webhook: kept when it comes, dealt with afterwards.
//!
//! The request's handler only verifies and stores. What follows from a hook can be done again after a
//! crash: prompts have the hook's id as their idempotency key, an answer is looked for before it is
//! given, and the row is settled last.

mod act;
mod answer;
mod ask;
mod people;
mod prompt;
mod receive;
mod rules;
mod work;

use std::collections::HashMap;
use std::sync::Arc;

use outwork_forge::Forges;
use outwork_store::WorkerId;
use tokio::sync::Notify;

use crate::Engine;

pub use receive::HookRefusal;
pub use rules::{HookRules, People};

/// The way of forges' webhooks through this server; cheap to clone.
#[derive(Clone)]
pub struct Hooks {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    forges: Forges,
    /// By the forge's name.
    rules: HashMap<String, HookRules>,
    worker: WorkerId,
    /// Rung when a hook was stored.
    bell: Notify,
}

impl Hooks {
    /// Deals with the hooks of these forges by these rules, by the forges' names; a forge without rules
    /// is not listened to.
    #[must_use]
    pub fn new(
        engine: Engine,
        forges: Forges,
        rules: HashMap<String, HookRules>,
        worker: WorkerId,
    ) -> Self {
        let inner = Inner {
            engine,
            forges,
            rules,
            worker,
            bell: Notify::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }
}
