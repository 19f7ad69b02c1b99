//! Which hosts the commands of a run may reach: what the operator, a project and an environment say, and
//! what all of it comes to.
//!
//! Pure: it compares names. Looking them up, judging where they lead and carrying bytes are the engine's.

mod layer;
mod registries;
mod rule;
mod rules;
mod target;

pub use layer::{EgressBase, EgressLayer, EgressMode, EgressWish, UnknownEgressMode};
pub use registries::registries;
pub use rule::{EgressRule, InvalidEgressRule};
pub use rules::{EgressPlace, EgressRules, EnvironmentAuthority};
pub use target::{EgressTarget, InvalidTarget};
