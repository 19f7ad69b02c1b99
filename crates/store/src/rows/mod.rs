//! How agents and runs lie in their rows, for every query that reads them.

mod agent;
mod run;

pub(crate) use agent::{
    agent, agent_columns, creation_word, identity_word, reviewer_word, wish_word, wished_branch,
};
pub(crate) use run::{attempt, fence, run, run_columns, run_id};
