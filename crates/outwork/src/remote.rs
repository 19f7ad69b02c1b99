//! The server that client commands talk to, and the agents that people name by a few letters.

use clap::Args;
use outwork_client::{Archived, Client, ListQuery};
use secrecy::SecretString;

use crate::exit::Failure;
use crate::plain::plain_line;

/// Where the help lists what all client commands have in common.
pub const SERVER_HEADING: &str = "Server";
/// Pages of agents that are searched for a prefix.
const PAGES_MAX: u32 = 50;
const PAGE: u32 = 100;
/// `bc-` and a UUID.
const ID_CHARS: usize = 39;

/// Which server, and with which key.
#[derive(Args, Clone, Debug)]
pub struct ServerFlags {
    /// Address of the server
    #[arg(
        long,
        value_name = "URL",
        env = "OUTWORK_URL",
        default_value = "http://127.0.0.1:8080",
        hide_env_values = true,
        help_heading = SERVER_HEADING
    )]
    pub url: String,
    /// API key; better given by the environment, since others can read command lines
    #[arg(
        long,
        value_name = "KEY",
        env = "OUTWORK_API_KEY",
        hide_env_values = true,
        help_heading = SERVER_HEADING
    )]
    pub api_key: Option<SecretString>,
}

impl ServerFlags {
    /// A client of that server.
    ///
    /// # Errors
    ///
    /// For an address or key that cannot be used.
    pub fn client(&self) -> Result<Client, Failure> {
        crate::tls::install();
        Ok(Client::new(&self.url, self.api_key.as_ref())?)
    }
}

/// The id of the agent that `text` names: its whole id, or an unambiguous beginning of it.
///
/// # Errors
///
/// [`Failure::NotFound`] for no agent, [`Failure::Usage`] for several.
pub async fn agent_id(client: &Client, text: &str) -> Result<String, Failure> {
    let wanted = full_prefix(text)?;
    if wanted.len() == ID_CHARS {
        return Ok(wanted);
    }
    let mut matches = Vec::new();
    let mut query = ListQuery {
        limit: Some(PAGE),
        archived: Archived::Shown,
        ..ListQuery::default()
    };
    for _ in 0..PAGES_MAX {
        let page = client.list_agents(&query).await?;
        let fits = page
            .agents
            .into_iter()
            .filter(|a| a.id.starts_with(&wanted));
        matches.extend(fits.map(|agent| format!("{}  {}", agent.id, plain_line(&agent.name))));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    match matches.as_slice() {
        [] => Err(Failure::NotFound(format!(
            "no agent's id begins with {wanted}"
        ))),
        [one] => Ok(one.chars().take(ID_CHARS).collect()),
        several => Err(Failure::Usage(format!(
            "several agents' ids begin with {wanted}:\n{}",
            several.join("\n")
        ))),
    }
}

/// `bc-` and what was given of the UUID, in lower case.
fn full_prefix(text: &str) -> Result<String, Failure> {
    let lower = text.trim().to_ascii_lowercase();
    let rest = lower
        .strip_prefix("bc-")
        .or_else(|| lower.strip_prefix("bc_"))
        .unwrap_or(&lower);
    let legal = |c: char| c.is_ascii_hexdigit() || c == '-';
    if rest.is_empty() || rest.len() > ID_CHARS - 3 || !rest.chars().all(legal) {
        return Err(Failure::Usage(format!(
            "{text:?} is no agent's id, such as bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11, nor the beginning of one"
        )));
    }
    Ok(format!("bc-{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_beginnings_are_brought_to_one_form() {
        assert_eq!(full_prefix("0F2c").unwrap(), "bc-0f2c");
        assert_eq!(full_prefix("bc_0f").unwrap(), "bc-0f");
        let whole = "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
        assert_eq!(full_prefix(whole).unwrap(), whole);
        assert_eq!(whole.len(), ID_CHARS);
        for bad in ["", "bc-", "xyz", "bc-0f2c/..", &format!("{whole}0")] {
            assert!(full_prefix(bad).is_err(), "{bad:?}");
        }
    }
}
