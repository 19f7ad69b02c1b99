//! The store's suite: every test runs on SQLite and on PostgreSQL.

#[cfg(test)]
mod support;

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod agent_search;
#[cfg(test)]
mod agents;
#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod bells;
#[cfg(test)]
mod change_sets;
#[cfg(test)]
mod claim;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod environments;
#[cfg(test)]
mod events;
#[cfg(test)]
mod forges;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod modes;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod pull_requests;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod state;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod user_secrets;
#[cfg(test)]
mod variables;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod workspaces;
#[cfg(test)]
mod writing;
