//! What the server's tasks and the handles of tests share.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::fault::{Fault, Operation, Rule, Rules};
use super::log::Log;
use super::world::World;

/// The forge, its faults and its log.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) log: Log,
    /// What the forge lies below: empty, or `/gitlab`.
    pub(super) root: String,
    rules: Mutex<Rules>,
    world: Mutex<World>,
    numbers: AtomicU64,
}

impl Shared {
    pub(super) fn new(world: World, root: String) -> Self {
        Self {
            clock: Clock::default(),
            log: Log::new(),
            root,
            rules: Mutex::default(),
            world: Mutex::new(world),
            numbers: AtomicU64::new(0),
        }
    }

    /// The forge itself, at the present time.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now_secs = self.clock.now_secs();
        world
    }

    pub(super) fn add_rule(&self, rule: Rule) {
        self.rules().add(rule);
    }

    pub(super) fn clear_rules(&self) {
        self.rules().clear();
    }

    pub(super) fn strike(&self, operation: Operation) -> Option<Fault> {
        self.rules().strike(operation)
    }

    /// A number that was not given before.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes that something was pushed.
    pub(super) fn pushed(&self, id: u64) -> io::Result<()> {
        let mut world = self.world();
        let now = world.now_secs;
        if let Some(project) = world.projects.get_mut(&id) {
            project.pushed_at = now;
        }
        world.follow_push(id)
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
