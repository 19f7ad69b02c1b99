//! Jules's dialect, v1alpha.

mod activities;
mod errors;
mod methods;
mod outputs;
mod plans;
mod sessions;
mod sources;
mod support;
