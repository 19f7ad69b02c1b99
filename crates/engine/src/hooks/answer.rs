//! The answer to a person: a reaction, and one comment that leads to the agent.

use outwork_forge::{Error, Forge, Reaction, Remark};

use super::act::{Fault, Outcome};
use crate::agent_page::agent_page;

/// Begins every text of ours on a forge's pages; nobody sees it, and we never answer ourselves.
const MARK: &str = "<!-- outwork";

/// Whether a text is one of ours.
pub(super) fn is_ours(text: &str) -> bool {
    text.contains(MARK)
}

/// Answers once: an answer that an earlier attempt gave is found by its marker.
pub(super) async fn give(
    forge: &dyn Forge,
    to: &Remark,
    mark: &str,
    outcome: &Outcome,
    public_url: &str,
) -> Result<(), Fault> {
    let (reaction, text) = match outcome {
        Outcome::Taken(agent_id) => (
            Reaction::Eyes,
            format!(
                "An agent works on it: {}",
                agent_page(public_url, *agent_id)
            ),
        ),
        Outcome::Refused(why) => (Reaction::Confused, format!("It cannot be done: {why}.")),
    };
    granted(forge.react(to, reaction).await)?;
    // What an id holds must not end the comment that it stands in.
    let legal = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let id: String = mark.chars().filter(legal).collect();
    let marker = format!("{MARK} hook={id} -->");
    let before = match forge.find_reply(to, &marker).await {
        Ok(before) => before,
        Err(error) => return granted::<()>(Err(error)),
    };
    if before.is_none() {
        granted(forge.reply(to, &format!("{text}\n\n{marker}\n")).await)?;
    }
    Ok(())
}

/// A forge that cannot, or does not want to, show an answer keeps nothing else from being done.
fn granted<T>(answered: Result<T, Error>) -> Result<(), Fault> {
    match answered {
        Ok(_) => Ok(()),
        Err(error) if error.class() == outwork_domain::Class::Retry => Err(error.into()),
        Err(error) => {
            tracing::info!(%error, "an answer was not given");
            Ok(())
        }
    }
}
