//! The configuration file: its shape, and nothing that it does not know.

use std::path::{Path, PathBuf};

use anyhow::Context;
use secrecy::SecretString;
use serde::Deserialize;

use super::dialects::DialectSection;
use super::egress::EgressSection;
use super::forges::ForgeSection;
use super::hosts::HostSection;
use super::isolation::IsolationSection;
use super::limits::LimitsSection;
use super::models::ModelSection;
use super::outbound::OutboundSection;
use super::projects::ProjectSection;
use super::pull_requests::PullRequestSection;
use super::webhooks::WebhookSection;
use crate::exit::Failure;

/// A configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Address and port to listen on.
    pub listen: Option<String>,
    /// Where clients reach the server.
    pub public_url: Option<String>,
    /// The data folder.
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL instead of SQLite.
    #[serde(deserialize_with = "secret_text")]
    pub database_url: Option<SecretString>,
    /// The key that seals secrets.
    pub secret_key_file: Option<PathBuf>,
    /// Folders of local repositories.
    pub local_repos: Vec<PathBuf>,
    /// Runs executed at the same time.
    pub workers: Option<u32>,
    /// What generated branch names begin with.
    pub branch_prefix: Option<String>,
    /// The accounts of those who run the server.
    pub operators: Vec<String>,
    /// Who signs the commits.
    pub author: AuthorSection,
    /// What one run may spend.
    pub budget: BudgetSection,
    /// What a sandbox may use up, and what must hold it.
    pub isolation: IsolationSection,
    /// What may be called for users.
    pub outbound: OutboundSection,
    /// What commands in sandboxes may reach.
    pub egress: EgressSection,
    /// When deliveries are tried again.
    pub webhooks: WebhookSection,
    /// How often clients may ask, and how much one account may have running.
    pub limits: LimitsSection,
    /// Git hosts, and what may come out of a sandbox.
    pub git: GitSection,
    /// Credentials of git hosts.
    pub hosts: Vec<HostSection>,
    /// Where pull requests are.
    pub forges: Vec<ForgeSection>,
    /// Models.
    pub models: Vec<ModelSection>,
    /// Which dialects are served.
    pub dialects: DialectSection,
    /// Repositories under a name.
    pub projects: Vec<ProjectSection>,
    /// What pull requests on forges get beside their texts.
    pub pull_requests: PullRequestSection,
}

/// Who signs the commits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthorSection {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Who is named beside.
    pub co_author: Option<CoAuthorChoice>,
    /// The private key that signs them.
    pub signing_key: Option<PathBuf>,
}

/// Who is named in a commit beside its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoAuthorChoice {
    /// The user whose agent it is.
    User,
    /// Nobody.
    None,
}

/// What one run may spend.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetSection {
    /// Model requests.
    pub turns: Option<u32>,
    /// Tool calls.
    pub tool_calls: Option<u32>,
    /// Input and output tokens together.
    pub tokens: Option<u64>,
    /// Seconds since the run first started.
    pub wall_secs: Option<u64>,
}

/// Git hosts, and what may come out of a sandbox.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GitSection {
    /// Repositories of hosts without a `[[hosts]]` entry.
    pub other_hosts: Option<OtherHostsChoice>,
    /// Known hosts for ssh.
    pub ssh_known_hosts: Option<PathBuf>,
    /// Changes of workflow files.
    pub workflows: Option<RuleChoice>,
    /// Changes of `.gitmodules`.
    pub submodules: Option<RuleChoice>,
    /// Symbolic links that lead out of the tree.
    pub escaping_links: Option<RuleChoice>,
}

/// Whether repositories of hosts without an entry are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherHostsChoice {
    /// They are not.
    Refused,
    /// By https, where every address of the host is public.
    PublicHttps,
}

/// Whether a kind of change is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleChoice {
    /// It is.
    Allowed,
    /// The run fails with `import_refused`.
    Refused,
}

fn secret_text<'de, D>(deserializer: D) -> Result<Option<SecretString>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    String::deserialize(deserializer).map(|text| Some(text.into()))
}

impl File {
    /// Reads a file; paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] if it cannot be read or says something unknown.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))
            .map_err(|error| Failure::Usage(format!("{error:#}")))?;
        let mut file = Self::parse(&text)
            .map_err(|why| Failure::Usage(format!("{}: {why}", path.display())))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let folder = std::path::absolute(folder.join("."))
            .with_context(|| format!("cannot find the folder of {}", path.display()))?;
        file.resolve_paths(&folder);
        Ok(file)
    }

    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.to_string())
    }

    fn resolve_paths(&mut self, folder: &Path) {
        let here = |path: &mut PathBuf| *path = folder.join(&*path);
        self.data_dir.iter_mut().for_each(here);
        self.secret_key_file.iter_mut().for_each(here);
        self.local_repos.iter_mut().for_each(here);
        self.git.ssh_known_hosts.iter_mut().for_each(here);
        self.author.signing_key.iter_mut().for_each(here);
        for host in &mut self.hosts {
            host.paths().for_each(here);
        }
        for forge in &mut self.forges {
            forge.paths().for_each(here);
        }
        for model in &mut self.models {
            model.api_key_file.iter_mut().for_each(here);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every table, with keys of each.
    const WHOLE: &str = r#"
listen = "0.0.0.0:80"
public_url = "https://outwork.example.com"
data_dir = "data"
database_url = "postgres://u:hunter2@h/d"
local_repos = ["repos", "/srv/git"]
workers = 3
branch_prefix = "bot"
operators = ["ada@example.com"]
[author]
name = "Bot"
email = "bot@example.com"
co_author = "none"
signing_key = "id_ed25519"
[budget]
turns = 5
wall_secs = 60
[isolation]
limits = "cgroup"
memory_mib = 2048
[outbound]
allow = ["hooks.internal:8443"]
plain_http = "allowed"
[egress]
mode = "list"
allow = ["*.example.org"]
[limits]
active_runs_per_account = 2
read = ["10/s"]
[dialects]
cursor_v1 = "on"
mintlify = "off"
[git]
other_hosts = "refused"
workflows = "allowed"
[[hosts]]
host = "git.example.com"
token_env = "TOKEN"
[[forges]]
kind = "forgejo"
url = "https://forge.example.com"
token_env = "FORGE_TOKEN"
[forges.hooks]
secret_file = "hook-secret"
[[models]]
id = "fast"
provider = "openai"
model = "gpt-5.2-codex"
base_url = "http://127.0.0.1:8080/v1"
api_key_env = "FAST_API_KEY"
context_tokens = 200000
effort = "high"
[[projects]]
id = "docs"
repository = "https://git.example.com/acme/docs"
ref = "main"
alias = "acme"
model = "fast"
models = { sonnet = "fast" }
branch_prefix = "mintlify/"
uses_per_hour = 100
pull_request = "draft"
instructions = ".mintlify/AGENTS.md"
egress = { mode = "defaults", allow = ["docs.example.org"] }
"#;

    #[test]
    fn the_whole_shape_is_read() {
        let file = File::parse(WHOLE).unwrap();
        assert_eq!((file.workers, file.budget.turns), (Some(3), Some(5)));
        assert_eq!(file.operators, ["ada@example.com"]);
        assert_eq!(file.git.other_hosts, Some(OtherHostsChoice::Refused));
        assert_eq!(file.isolation.memory_mib, Some(2048));
        assert_eq!(file.git.workflows, Some(RuleChoice::Allowed));
        assert_eq!((file.hosts.len(), file.forges.len()), (1, 1));
        assert_eq!((file.models.len(), file.projects.len()), (1, 1));
        assert!(!format!("{file:?}").contains("hunter2"));
    }

    #[test]
    fn unknown_keys_are_refused_by_name_at_every_level() {
        for (text, key) in [
            ("lisen = 'x'", "lisen"),
            ("[budget]\nturn = 1", "turn"),
            ("[git]\nhosts = 1", "hosts"),
            ("[isolation]\nmemory = 1", "memory"),
            ("[limits]\nreads = []", "reads"),
            ("[egress]\nallowed = []", "allowed"),
            ("[dialects]\ncursor = 'on'", "cursor"),
            ("[[hosts]]\nhost = 'h'\ntoken = 'in the open'", "token"),
            ("[[forges]]\nkind='github'\ntoken='t'", "token"),
            ("[[forges]]\nkind='github'\nhooks={secret='t'}", "secret"),
            ("[[models]]\nid='a'\nprovider='openai'\nkey='k'", "key"),
            ("[[projects]]\nid='a'\nrepository='r'\nrefs='k'", "refs"),
        ] {
            let error = File::parse(text).unwrap_err();
            assert!(error.contains(&format!("unknown field `{key}`")), "{error}");
        }
    }

    #[test]
    fn bad_values_are_refused_with_the_place() {
        for (text, part) in [
            ("workers = 'many'", "line 1"),
            ("[git]\nworkflows = 'maybe'", "unknown variant `maybe`"),
            (
                "[[models]]\nid='a'\nprovider='skynet'",
                "\"skynet\" is no provider",
            ),
            ("[[models]]\nprovider='openai'", "missing field `id`"),
            ("listen = ", "line 1"),
        ] {
            let error = File::parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outwork.toml");
        let text = "data_dir='data'\nlocal_repos=['a','/b']\n[[hosts]]\nhost='h'\ntoken_file='t'\n\
                    [[forges]]\nkind='github'\ntoken_file='t'\n";
        std::fs::write(&path, text).unwrap();
        let file = File::read(&path).unwrap();
        assert_eq!(file.data_dir, Some(folder.path().join("data")));
        assert_eq!(
            file.local_repos,
            [folder.path().join("a"), PathBuf::from("/b")]
        );
        assert_eq!(file.hosts[0].token_file, Some(folder.path().join("t")));
        assert_eq!(file.forges[0].token_file, Some(folder.path().join("t")));
    }
}
