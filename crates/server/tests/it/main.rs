//! The server's routes over a real SQLite store and a real engine without workers: one file a route
//! and verb. Every answer below `/v0` is checked against the specification's own document.

#[cfg(test)]
mod authentication;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod cursor_v0;
#[cfg(test)]
mod cursor_v1;
#[cfg(test)]
mod dialects;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod forge_hooks;
#[cfg(test)]
mod health;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod jules;
#[cfg(test)]
mod key_rules;
#[cfg(test)]
mod mintlify;
#[cfg(test)]
mod native;
#[cfg(test)]
mod nonsense;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod rate_limit;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod ssrf;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod wrong_routes;
