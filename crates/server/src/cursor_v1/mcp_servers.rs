//! Servers of the Model Context Protocol that a caller wants a run to have: checked in full, then
//! refused, because this server cannot give them to runs yet.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Object;
use crate::errors::Failure;

const SERVERS_MAX: usize = 50;

/// A server: a command that runs beside the agent, or an address. It may hold secrets, so it is never
/// printed.
#[derive(Deserialize, ToSchema)]
pub(super) struct McpServerBody {
    /// Its name among the others.
    #[schema(value_type = String, min_length = 1)]
    name: Option<String>,
    /// `stdio` for a command, `http` or `sse` for an address.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Command to start.
    #[schema(min_length = 1)]
    command: Option<String>,
    /// Arguments of the command.
    args: Option<Vec<String>>,
    /// Variables of the command.
    env: Option<BTreeMap<String, String>>,
    /// Address of a remote server.
    #[schema(format = "uri")]
    url: Option<String>,
    /// Headers of every request to it.
    headers: Option<BTreeMap<String, String>>,
    /// How to log in there.
    #[schema(value_type = Option<McpAuthBody>)]
    auth: Option<Object<McpAuthBody>>,
}

/// An OAuth client.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct McpAuthBody {
    #[schema(value_type = String, min_length = 1)]
    client_id: Option<String>,
    #[serde(rename = "CLIENT_SECRET")]
    _client_secret: Option<String>,
    #[serde(rename = "scopes")]
    scopes: Option<Vec<String>>,
}

/// Checks a list of servers, and refuses one that is not empty.
pub(super) fn refuse_mcp_servers(
    bodies: Option<Vec<Object<McpServerBody>>>,
) -> Result<(), Failure> {
    let bodies = bodies.unwrap_or_default();
    if bodies.is_empty() {
        return Ok(());
    }
    check(&bodies)?;
    Err(Failure::feature_unavailable(
        "mcpServers: this server cannot give MCP servers to agents",
    ))
}

fn check(bodies: &[Object<McpServerBody>]) -> Result<(), Failure> {
    if bodies.len() > SERVERS_MAX {
        let message = format!("mcpServers must have at most {SERVERS_MAX} entries");
        return Err(Failure::invalid(message));
    }
    let mut names = HashSet::new();
    for (number, Object(body)) in bodies.iter().enumerate() {
        let place = format!("mcpServers[{number}]");
        let name = filled(&place, "name", body.name.as_deref())?;
        let name = name.ok_or_else(|| Failure::invalid(format!("{place}.name is required")))?;
        if !names.insert(name) {
            let message = format!("{place}.name is that of another entry");
            return Err(Failure::invalid(message));
        }
        match (&body.command, &body.url) {
            (Some(_), None) => body.check_command(&place)?,
            (None, Some(url)) => body.check_remote(&place, url)?,
            (Some(_), Some(_)) | (None, None) => {
                let message = format!("{place} must have either command or url");
                return Err(Failure::invalid(message));
            }
        }
    }
    Ok(())
}

impl McpServerBody {
    fn check_command(&self, place: &str) -> Result<(), Failure> {
        filled(place, "command", self.command.as_deref())?;
        foreign(&[
            ("headers", self.headers.is_some()),
            ("auth", self.auth.is_some()),
        ])?;
        match self.kind.as_deref() {
            None | Some("stdio") => Ok(()),
            Some(_) => Err(Failure::invalid(format!(
                "{place}.type must be stdio beside a command"
            ))),
        }
    }

    fn check_remote(&self, place: &str, url: &str) -> Result<(), Failure> {
        foreign(&[("args", self.args.is_some()), ("env", self.env.is_some())])?;
        match self.kind.as_deref() {
            None | Some("http" | "sse") => {}
            Some(_) => {
                let message = format!("{place}.type must be http or sse beside a url");
                return Err(Failure::invalid(message));
            }
        }
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
        let odd = |c: char| c.is_control() || c.is_whitespace();
        if url.contains(odd) || authority.is_none_or(|host| host.is_empty() || host.contains('@')) {
            return Err(Failure::invalid(format!(
                "{place}.url must be an http or https address without user information"
            )));
        }
        let Some(Object(auth)) = &self.auth else {
            return Ok(());
        };
        let place = format!("{place}.auth");
        filled(&place, "CLIENT_ID", auth.client_id.as_deref())?
            .ok_or_else(|| Failure::invalid(format!("{place}.CLIENT_ID is required")))?;
        for scope in auth.scopes.iter().flatten() {
            filled(&place, "scopes", Some(scope))?;
        }
        Ok(())
    }
}

/// A text that may be absent, but not empty.
fn filled<'a>(place: &str, field: &str, text: Option<&'a str>) -> Result<Option<&'a str>, Failure> {
    if text == Some("") {
        return Err(Failure::invalid(format!(
            "{place}.{field} must not be empty"
        )));
    }
    Ok(text)
}

/// Keys of the other kind of server are as unknown here as any other.
fn foreign(keys: &[(&str, bool)]) -> Result<(), Failure> {
    let mut unknown = crate::strict::Unknown::default();
    for (key, _) in keys.iter().filter(|(_, there)| *there) {
        unknown.note(key);
    }
    unknown.refuse()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(Deserialize)]
    struct Outer {
        servers: Option<Vec<Object<McpServerBody>>>,
    }

    fn refusal(servers: &Value) -> (&'static str, String) {
        let body = json!({"servers": servers}).to_string();
        let read = crate::strict::parse::<Outer>(body.as_bytes());
        let failure = read
            .and_then(|body| refuse_mcp_servers(body.servers))
            .unwrap_err();
        (failure.code, failure.message)
    }

    #[test]
    fn good_ones_are_refused_in_words() {
        for server in [
            json!({"name": "a", "command": "npx", "args": ["-y"], "env": {"A": "b"}}),
            json!({"name": "a", "type": "stdio", "command": "npx"}),
            json!({"name": "a", "url": "https://m.example.com/sse", "headers": {"X-Y": "z"}}),
            json!({"name": "a", "type": "sse", "url": "http://m.example.com",
                "auth": {"CLIENT_ID": "i", "CLIENT_SECRET": "s", "scopes": ["r"]}}),
        ] {
            let (code, message) = refusal(&json!([server]));
            assert_eq!(code, "feature_unavailable", "{server}: {message}");
        }
        refuse_mcp_servers(None).unwrap();
        refuse_mcp_servers(Some(Vec::new())).unwrap();
    }

    #[test]
    fn broken_ones_are_named() {
        let many: Vec<Value> = (0..51)
            .map(|n| json!({"name": n.to_string(), "command": "c"}))
            .collect();
        for (servers, words) in [
            (json!([{"command": "c"}]), "mcpServers[0].name is required"),
            (
                json!([{"name": "", "command": "c"}]),
                "mcpServers[0].name must not be empty",
            ),
            (
                json!([{"name": "a"}]),
                "mcpServers[0] must have either command or url",
            ),
            (
                json!([{"name": "a", "command": "c", "url": "https://h"}]),
                "mcpServers[0] must have either command or url",
            ),
            (
                json!([{"name": "a", "command": "c"}, {"name": "a", "command": "c"}]),
                "mcpServers[1].name is that of another entry",
            ),
            (
                json!([{"name": "a", "command": "c", "headers": {}}]),
                "Unrecognized key(s) in object: 'headers'",
            ),
            (
                json!([{"name": "a", "url": "https://h", "env": {}, "args": []}]),
                "Unrecognized key(s) in object: 'args', 'env'",
            ),
            (
                json!([{"name": "a", "command": "c", "cwd": "/"}]),
                "Unrecognized key(s) in object: 'cwd'",
            ),
            (
                json!([{"name": "a", "command": "c", "type": "http"}]),
                "mcpServers[0].type must be stdio beside a command",
            ),
            (
                json!([{"name": "a", "url": "https://u@h/"}]),
                "mcpServers[0].url must be an http or https address without user information",
            ),
            (
                json!([{"name": "a", "url": "https://h", "auth": {}}]),
                "mcpServers[0].auth.CLIENT_ID is required",
            ),
            (Value::from(many), "mcpServers must have at most 50 entries"),
        ] {
            assert_eq!(refusal(&servers), ("validation_error", words.to_owned()));
        }
    }
}
