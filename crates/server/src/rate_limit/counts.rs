//! All that is counted, in one place.

use governor::clock::DefaultClock;

use super::{Meters, ProjectUses, RateLimitOptions, Strangers};

/// The counts of one server.
pub(crate) struct Counts {
    /// Of each key.
    pub(crate) meters: Meters,
    /// Of each address that wrong keys come from.
    pub(crate) strangers: Strangers,
    /// Of each project.
    pub(crate) uses: ProjectUses,
}

impl Counts {
    pub(crate) fn new(options: &RateLimitOptions) -> Self {
        let clock = DefaultClock::default();
        Self {
            meters: Meters::new(options, &clock),
            strangers: Strangers::new(&options.wrong_keys, &clock),
            uses: ProjectUses::default(),
        }
    }
}
