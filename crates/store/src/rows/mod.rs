//! How agents and runs lie in their rows, for every query that reads them.

mod agent;
mod repository;
mod run;

pub(crate) use agent::{
    CREATIONS, agent, agent_columns, by_agent, creation_word, identity_of, identity_word,
    metadata_text, reviewer_word, webhook, webhook_secret_place, word,
};
pub(crate) use repository::{repository_columns, wish_word, wished_branch};
pub(crate) use run::{attempt, fence, run, run_columns, run_id};
