//! `.cursor/environment.json`: how a workspace is set up before an agent works in it.
//!
//! JSON in which comments are allowed and unknown keys are not. What Outwork has no meaning for is
//! read, kept, and named, so that nobody has to find out by missing it.

use serde::Deserialize;

use crate::egress::{EgressBase, EgressWish};
use crate::limits::{EGRESS_RULES_MAX, ENVIRONMENT_FILE_BYTES_MAX};

/// A set-up file: its text, and what of it Outwork carries out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentFile {
    text: String,
    install: Option<String>,
    start: Option<String>,
    egress: Option<EgressWish>,
    unsupported: Vec<&'static str>,
}

/// The text is no set-up file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnvironmentFile {
    /// Too long.
    #[error("it must have at most 65536 bytes")]
    TooLong,
    /// Not of the form that it must have.
    #[error("{0}")]
    Form(String),
}

impl EnvironmentFile {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// [`InvalidEnvironmentFile`] names the place.
    pub fn parse(text: String) -> Result<Self, InvalidEnvironmentFile> {
        if text.len() > ENVIRONMENT_FILE_BYTES_MAX {
            return Err(InvalidEnvironmentFile::TooLong);
        }
        let form = |error: serde_json::Error| InvalidEnvironmentFile::Form(words_of(&error));
        let bare = without_comments(&text);
        let shape: Shape = serde_json::from_str(&bare).map_err(form)?;
        check_objects(&serde_json::from_str(&bare).map_err(form)?)?;
        let (egress, unreadable) = shape.egress()?;
        let unsupported = shape.unsupported(unreadable);
        let command = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Ok(Self {
            text,
            install: command(shape.install),
            start: command(shape.start),
            egress,
            unsupported,
        })
    }

    /// The text as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The command that sets up a fresh workspace.
    #[must_use]
    pub fn install(&self) -> Option<&str> {
        self.install.as_deref()
    }

    /// The command before each run.
    #[must_use]
    pub fn start(&self) -> Option<&str> {
        self.start.as_deref()
    }

    /// What it says about the network; none if it says nothing.
    #[must_use]
    pub const fn egress(&self) -> Option<&EgressWish> {
        self.egress.as_ref()
    }

    /// The keys that would change what runs elsewhere, and do nothing here; `egressAllowlist` if an entry
    /// of it is no host and so opens nothing.
    #[must_use]
    pub fn unsupported(&self) -> &[&'static str] {
        &self.unsupported
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Shape {
    #[serde(rename = "name")]
    _name: Option<String>,
    user: Option<String>,
    install: Option<String>,
    start: Option<String>,
    terminals: Option<Vec<Terminal>>,
    ports: Option<Vec<Port>>,
    repository_dependencies: Option<Vec<String>>,
    build: Option<Build>,
    image: Option<String>,
    snapshot: Option<String>,
    #[serde(rename = "agentCanUpdateSnapshot")]
    _agent_can_update_snapshot: Option<bool>,
    #[serde(rename = "disableAllMcpServers")]
    _disable_all_mcp_servers: Option<bool>,
    #[serde(rename = "mcpServerAllowlist")]
    _mcp_server_allowlist: Option<Vec<serde_json::Value>>,
    egress_allowlist: Option<Vec<serde_json::Value>>,
    egress_mode: Option<String>,
}

/// How far the network is open, by the vendor's schema of the file.
const EGRESS_MODES: [(&str, EgressBase); 4] = [
    ("allow_all", EgressBase::All),
    ("parent_plus_network_settings", EgressBase::Parent),
    ("default_with_network_settings", EgressBase::Defaults),
    ("network_settings_only", EgressBase::Nothing),
];

/// Whether an entry of a list could not be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unreadable {
    None,
    Some,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terminal {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "command")]
    _command: String,
    #[serde(rename = "description", default)]
    _description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Port {
    #[serde(rename = "port")]
    _port: u16,
    #[serde(rename = "name", default)]
    _name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Build {
    #[serde(rename = "dockerfile")]
    _dockerfile: Option<String>,
    #[serde(rename = "dockerfileContents")]
    _dockerfile_contents: Option<String>,
    #[serde(rename = "context")]
    _context: Option<String>,
}

impl Shape {
    /// What is said about the network. An entry that is no host is left out: it opens nothing, and other
    /// programs than Outwork read lists with more in them.
    fn egress(&self) -> Result<(Option<EgressWish>, Unreadable), InvalidEnvironmentFile> {
        let form = |words: String| Err(InvalidEnvironmentFile::Form(words));
        let base = match self.egress_mode.as_deref() {
            None => None,
            Some(word) => match EGRESS_MODES.iter().find(|(known, _)| *known == word) {
                Some((_, base)) => Some(*base),
                None => {
                    let known = EGRESS_MODES.map(|(known, _)| known).join(", ");
                    return form(format!("egressMode must be one of {known}"));
                }
            },
        };
        let listed = self.egress_allowlist.as_deref().unwrap_or_default();
        if listed.len() > EGRESS_RULES_MAX {
            return form(format!(
                "egressAllowlist must have at most {EGRESS_RULES_MAX} entries"
            ));
        }
        let read = |entry: &serde_json::Value| entry.as_str()?.trim().parse().ok();
        let allow: Vec<_> = listed.iter().filter_map(read).collect();
        let unreadable = if allow.len() < listed.len() {
            Unreadable::Some
        } else {
            Unreadable::None
        };
        let is_silent = base.is_none() && listed.is_empty();
        let base = base.unwrap_or_default();
        let wish = (!is_silent).then_some(EgressWish { base, allow });
        Ok((wish, unreadable))
    }

    fn unsupported(&self, egress: Unreadable) -> Vec<&'static str> {
        let is_filled = |list: Option<usize>| list.is_some_and(|count| count > 0);
        [
            ("user", self.user.is_some()),
            (
                "terminals",
                is_filled(self.terminals.as_ref().map(Vec::len)),
            ),
            ("ports", is_filled(self.ports.as_ref().map(Vec::len))),
            (
                "repositoryDependencies",
                is_filled(self.repository_dependencies.as_ref().map(Vec::len)),
            ),
            ("build", self.build.is_some()),
            ("image", self.image.is_some()),
            ("snapshot", self.snapshot.is_some()),
            ("egressAllowlist", egress == Unreadable::Some),
        ]
        .into_iter()
        .filter_map(|(key, is_set)| is_set.then_some(key))
        .collect()
    }
}

/// What the parser found, said to people: what belongs where, not how it is parsed.
fn words_of(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    if !error.is_data() {
        return format!("it is not valid JSON at {place}");
    }
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
    let expected = text
        .rsplit_once(", expected ")
        .map(|(_, expected)| expected);
    if text.starts_with("unknown field") {
        format!("unknown key `{}` at {place}", quoted(text))
    } else if text.starts_with("missing field") {
        format!("the key `{}` is missing at {place}", quoted(text))
    } else if text.starts_with("duplicate field") {
        format!("the key `{}` stands twice, at {place}", quoted(text))
    } else {
        let expected = expected.map_or("something else", |expected| match expected {
            "a sequence" => "a list",
            "u16" => "a number from 0 to 65535",
            _ if expected.starts_with("struct ") => "an object",
            _ => expected,
        });
        format!("at {place} {expected} is expected")
    }
}

/// Lists are no objects, though serde reads them as such.
fn check_objects(value: &serde_json::Value) -> Result<(), InvalidEnvironmentFile> {
    let refuse = |place: &str| {
        let words = format!("{place} must be an object");
        Err(InvalidEnvironmentFile::Form(words))
    };
    if !value.is_object() {
        return refuse("the file");
    }
    for key in ["terminals", "ports"] {
        let entries = value[key].as_array().into_iter().flatten();
        if entries.into_iter().any(|entry| !entry.is_object()) {
            return refuse(&format!("every entry of {key}"));
        }
    }
    if value["build"].is_array() {
        return refuse("build");
    }
    Ok(())
}

/// The text with its comments as blanks, so that places in it stay.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (kept, length) = match c {
            '"' => (true, string_length(rest)),
            '/' if rest.starts_with("//") => (false, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                let end = rest[2..].find("*/");
                (false, end.map_or(rest.len(), |end| end + 4))
            }
            _ => (true, c.len_utf8()),
        };
        let (piece, behind) = rest.split_at(length);
        if kept {
            out.push_str(piece);
        } else {
            out.extend(piece.chars().map(|c| if c == '\n' { c } else { ' ' }));
        }
        rest = behind;
    }
    out
}

/// How long the JSON string is that the text begins with.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<EnvironmentFile, String> {
        EnvironmentFile::parse(text.to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn comments_are_allowed_and_text_is_kept() {
        let text = "{ // what\n \"install\": \"echo '// no comment' /* nor this */ \\\" //\", /* a\nb */\n\"start\":\"run\" }";
        let file = parse(text).unwrap();
        assert_eq!(
            file.install(),
            Some("echo '// no comment' /* nor this */ \" //")
        );
        assert_eq!(file.start(), Some("run"));
        assert_eq!(file.text(), text);
        assert!(file.unsupported().is_empty());
    }

    #[test]
    fn the_whole_schema_is_known_and_what_does_nothing_is_named() {
        let text = r#"{
            "name": "n", "user": "u", "install": "i", "start": " ",
            "terminals": [{"name": "t", "command": "c", "description": "d"}],
            "ports": [{"port": 3000, "name": "p"}, {"port": 1}],
            "repositoryDependencies": ["github.com/acme/other"],
            "build": {"dockerfile": "Dockerfile", "context": ".", "dockerfileContents": null},
            "image": "debian", "snapshot": "s", "agentCanUpdateSnapshot": true,
            "disableAllMcpServers": false, "mcpServerAllowlist": [], "egressAllowlist": ["10.0.0.0/8"],
            "egressMode": "network_settings_only"
        }"#;
        let file = parse(text).unwrap();
        assert_eq!((file.install(), file.start()), (Some("i"), None));
        let all = [
            "user",
            "terminals",
            "ports",
            "repositoryDependencies",
            "build",
            "image",
            "snapshot",
            "egressAllowlist",
        ];
        assert_eq!(file.unsupported(), all);
        assert_eq!(parse("{}").unwrap().unsupported(), [""; 0]);
        assert!(
            parse(r#"{"ports": [], "terminals": null}"#)
                .unwrap()
                .unsupported()
                .is_empty()
        );
    }

    #[test]
    fn what_is_said_about_the_network_is_read() {
        let egress = |text: &str| parse(text).unwrap().egress().cloned();
        let wish = |base, allow: &[&str]| {
            let allow = allow.iter().map(|rule| rule.parse().unwrap()).collect();
            Some(EgressWish { base, allow })
        };
        assert_eq!(egress("{}"), None);
        assert_eq!(egress(r#"{"egressAllowlist": []}"#), None);
        assert_eq!(
            egress(r#"{"egressAllowlist": ["a.org", " *.b.org "]}"#),
            wish(EgressBase::Parent, &["a.org", "*.b.org"])
        );
        assert_eq!(
            egress(r#"{"egressMode": "network_settings_only"}"#),
            wish(EgressBase::Nothing, &[])
        );
        let odd = r#"{"egressAllowlist": ["a.org", "10.0.0.0/8", 1], "egressMode": "allow_all"}"#;
        assert_eq!(egress(odd), wish(EgressBase::All, &["a.org"]));
        assert_eq!(parse(odd).unwrap().unsupported(), ["egressAllowlist"]);
        let many = vec!["\"a.org\""; 1_001].join(",");
        let error = parse(&format!("{{\"egressAllowlist\": [{many}]}}")).unwrap_err();
        assert!(error.contains("at most 1000"), "{error}");
    }

    #[test]
    fn what_is_unknown_or_wrong_is_refused_with_its_place() {
        for (text, part) in [
            (
                r#"{"instal": "x"}"#,
                "unknown key `instal` at line 1, column 9",
            ),
            (r#"{"build": {"file": "x"}}"#, "unknown key `file` at line"),
            (
                r#"{"terminals": [{"name": "t"}]}"#,
                "the key `command` is missing",
            ),
            (
                r#"{"ports": [{"port": 70000}]}"#,
                "a number from 0 to 65535 is expected",
            ),
            (r#"{"install": 1}"#, "a string is expected"),
            (r#"{"ports": 1}"#, "a list is expected"),
            (r#"{"ports": [1]}"#, "an object is expected"),
            (
                r#"{"install": "a", "install": "b"}"#,
                "the key `install` stands twice",
            ),
            (
                r#"{"egressMode": "x"}"#,
                "egressMode must be one of allow_all, parent_plus_network_settings, \
                 default_with_network_settings, network_settings_only",
            ),
            (r#"{"egressMode": 1}"#, "a string is expected"),
            ("[]", "the file must be an object"),
            (r#"{"build": []}"#, "build must be"),
            (r#"{"ports": [[1]]}"#, "entry of ports"),
            ("", "not valid JSON at line 1"),
            ("{ /* open", "not valid JSON"),
            ("{\n\n  nonsense", "line 3"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
            for phrase in ["invalid type", "expected one of", "struct", "EOF"] {
                assert!(!error.contains(phrase), "{text}: {error}");
            }
        }
        let long = format!("{{}}{}", " ".repeat(70_000));
        assert!(parse(&long).unwrap_err().contains("65536"));
    }
}
