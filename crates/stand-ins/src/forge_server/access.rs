//! Who calls, by which credential, and what that lets them do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Kind;
use super::http::Request;
use super::log::CredentialKind;
use super::world::{Project, Visibility, World};

/// What a person may do in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing.
    None,
    /// Reads.
    Read,
    /// Pushes and opens pull requests.
    Write,
    /// Everything.
    Admin,
}

/// What a token has to allow for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Metadata,
    ReadCode,
    WriteCode,
    ReadPulls,
    WritePulls,
    ReadIssues,
    WriteIssues,
    ReadChecks,
    WriteChecks,
    Hooks,
}

/// Whose a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    User(String),
    Installation(u64),
}

/// A token as the forge keeps it; made by [`TokenOptions`].
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) owner: Owner,
    /// None: all of them.
    pub(super) scopes: Option<Vec<String>>,
    /// None: what the scopes say. As GitHub names them: `contents`, `pull_requests`, with `read` or `write`.
    pub(super) permissions: Option<BTreeMap<String, String>>,
    /// None: whatever its owner reaches.
    pub(super) repositories: Option<BTreeSet<u64>>,
    pub(super) ends_at: Option<i64>,
    pub(super) calls_left: Option<usize>,
}

/// What a new token may do.
#[derive(Clone, Debug, Default)]
pub struct TokenOptions {
    pub(super) scopes: Option<Vec<String>>,
    pub(super) permissions: Option<BTreeMap<String, String>>,
    pub(super) repositories: Option<Vec<String>>,
    pub(super) lives: Option<Duration>,
    pub(super) calls: Option<usize>,
}

impl TokenOptions {
    /// All that its owner may.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Only these scopes, in the forge's own words: `repo` and `workflow` of GitHub, `api` and
    /// `write_repository` of GitLab, `write:repository` of Gitea.
    #[must_use]
    pub fn scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = Some(scopes.iter().map(|scope| (*scope).to_owned()).collect());
        self
    }

    /// Only these permissions, as of GitHub's fine-grained tokens: `("contents", "write")`.
    #[must_use]
    pub fn permissions(mut self, permissions: &[(&str, &str)]) -> Self {
        let pairs = permissions.iter();
        let pairs = pairs.map(|(name, level)| ((*name).to_owned(), (*level).to_owned()));
        self.permissions = Some(pairs.collect());
        self
    }

    /// Only these repositories.
    #[must_use]
    pub fn only(mut self, repositories: &[&str]) -> Self {
        self.repositories = Some(repositories.iter().map(|path| (*path).to_owned()).collect());
        self
    }

    /// Ends after so long.
    #[must_use]
    pub const fn lives(mut self, time: Duration) -> Self {
        self.lives = Some(time);
        self
    }

    /// Ends after so many calls.
    #[must_use]
    pub const fn ends_after_calls(mut self, calls: usize) -> Self {
        self.calls = Some(calls);
        self
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous,
    User {
        login: String,
        token: String,
    },
    Installation {
        login: String,
        token: String,
    },
    App,
    /// A credential that is unknown or no longer good.
    Refused,
}

impl Caller {
    pub(super) const fn kind(&self) -> CredentialKind {
        match self {
            Self::Anonymous => CredentialKind::Anonymous,
            Self::User { .. } => CredentialKind::Personal,
            Self::Installation { .. } => CredentialKind::Installation,
            Self::App => CredentialKind::App,
            Self::Refused => CredentialKind::Refused,
        }
    }

    pub(super) fn login(&self) -> Option<&str> {
        match self {
            Self::User { login, .. } | Self::Installation { login, .. } => Some(login),
            Self::Anonymous | Self::App | Self::Refused => None,
        }
    }

    pub(super) fn token(&self) -> Option<&str> {
        match self {
            Self::User { token, .. } | Self::Installation { token, .. } => Some(token),
            Self::Anonymous | Self::App | Self::Refused => None,
        }
    }
}

/// The secret that a request shows, in whichever way its forge takes it.
pub(super) fn secret_of(kind: Kind, request: &Request) -> Option<String> {
    if kind == Kind::GitLab
        && let Some(token) = request.header("private-token")
    {
        return Some(token.to_owned());
    }
    let value = request.header("authorization")?;
    let (scheme, rest) = value.split_once(' ')?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => Some(rest.trim().to_owned()),
        "basic" => {
            let pair = STANDARD.decode(rest.trim()).ok()?;
            let pair = String::from_utf8(pair).ok()?;
            let (name, password) = pair.split_once(':')?;
            // Gitea takes the token in the place of the name as well.
            let is_name = kind == Kind::Gitea && matches!(password, "" | "x-oauth-basic");
            Some(if is_name { name } else { password }.to_owned())
        }
        _ => Some(String::new()),
    }
}

impl World {
    /// Who a request is from; it counts as one of the calls that its token has.
    pub(super) fn caller(&mut self, request: &Request) -> Caller {
        let Some(secret) = secret_of(self.kind, request) else {
            return Caller::Anonymous;
        };
        let now = self.now_secs;
        let Some(token) = self.tokens.get_mut(&secret) else {
            return self.app_caller(&secret);
        };
        let is_over = token.ends_at.is_some_and(|end| end <= now) || token.calls_left == Some(0);
        if is_over {
            return Caller::Refused;
        }
        if let Some(left) = &mut token.calls_left {
            *left -= 1;
        }
        match token.owner.clone() {
            Owner::User(login) => Caller::User {
                login,
                token: secret,
            },
            Owner::Installation(_) => Caller::Installation {
                login: self.bot_login(),
                token: secret,
            },
        }
    }

    /// What the caller may do in a repository, its token's limits included.
    pub(super) fn permission(&self, caller: &Caller, project: &Project) -> Permission {
        let open = match project.visibility {
            Visibility::Public => Permission::Read,
            Visibility::Private => Permission::None,
        };
        self.permission_within(caller, project).max(open)
    }

    /// What the caller may do by his token alone, whatever others may as well.
    fn permission_within(&self, caller: &Caller, project: &Project) -> Permission {
        let Some(token) = caller.token().and_then(|token| self.tokens.get(token)) else {
            return Permission::None;
        };
        let is_outside = token.repositories.as_ref();
        if is_outside.is_some_and(|only| !only.contains(&project.id)) {
            return Permission::None;
        }
        match &token.owner {
            Owner::User(login) => self.permission_of(login, project),
            Owner::Installation(id) => match self.installation_has(*id, project.id) {
                Reach::Within => Permission::Write,
                Reach::Outside => Permission::None,
            },
        }
    }

    /// What a person may do in a repository, by whichever token.
    pub(super) fn permission_of(&self, login: &str, project: &Project) -> Permission {
        let open = match project.visibility {
            Visibility::Public => Permission::Read,
            Visibility::Private => Permission::None,
        };
        let root = project.path.split('/').next().unwrap_or_default();
        if root == login {
            return Permission::Admin;
        }
        let own = project.people.get(login).copied();
        own.unwrap_or(Permission::None).max(open)
    }

    /// The repositories that a caller has something to do with, by number. Kept until something changes,
    /// since a list of thirty thousand is asked for in hundreds of pages.
    pub(super) fn reached(&self, caller: &Caller) -> Arc<Vec<u64>> {
        let Some(token) = caller.token() else {
            return Arc::default();
        };
        let kept = self.reach.borrow().get(token).cloned();
        if let Some(kept) = kept {
            return kept;
        }
        let all = self.projects.values();
        let own = all.filter(|project| {
            let is_member = match caller {
                Caller::User { login, .. } => {
                    project.people.contains_key(login) || project.owner() == login
                }
                Caller::Installation { .. } => true,
                Caller::Anonymous | Caller::App | Caller::Refused => false,
            };
            // What anybody may read is not theirs for that.
            is_member && self.permission_within(caller, project) > Permission::None
        });
        let own: Arc<Vec<u64>> = Arc::new(own.map(|project| project.id).collect());
        let mut reach = self.reach.borrow_mut();
        reach.insert(token.to_owned(), Arc::clone(&own));
        own
    }

    /// Whether the caller's token has what a call needs, whoever its owner is.
    pub(super) fn allows(&self, caller: &Caller, need: Need, visibility: Visibility) -> Allowance {
        let Some(token) = caller.token().and_then(|token| self.tokens.get(token)) else {
            return Allowance::Granted;
        };
        if let Some(permissions) = &token.permissions {
            return granted_by(permissions, need);
        }
        let Some(scopes) = &token.scopes else {
            return Allowance::Granted;
        };
        let wanted = wanted_scopes(self.kind, need, visibility);
        let has = |scope: &&str| scopes.iter().any(|own| own == scope);
        if wanted.is_empty() || wanted.iter().any(has) {
            return Allowance::Granted;
        }
        Allowance::Missing(wanted.join(","))
    }
}

/// Whether a token allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    Granted,
    /// The scopes of which it would need one, or the permission.
    Missing(String),
}

/// Whether an installation has a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Within,
    Outside,
}

fn granted_by(permissions: &BTreeMap<String, String>, need: Need) -> Allowance {
    let (names, level): (&[&str], &str) = match need {
        Need::Metadata => return Allowance::Granted,
        Need::ReadCode => (&["contents"], "read"),
        Need::WriteCode => (&["contents"], "write"),
        Need::ReadPulls => (&["pull_requests"], "read"),
        Need::WritePulls => (&["pull_requests"], "write"),
        Need::ReadIssues => (&["issues", "pull_requests"], "read"),
        Need::WriteIssues => (&["issues", "pull_requests"], "write"),
        Need::ReadChecks => (&["checks", "statuses"], "read"),
        Need::WriteChecks => (&["checks", "statuses"], "write"),
        Need::Hooks => (&["repository_hooks"], "write"),
    };
    let is_enough = |name: &&str| {
        let own = permissions.get(*name).map(String::as_str);
        own == Some("write") || own == Some("admin") || (own == Some("read") && level == "read")
    };
    if names.iter().any(is_enough) {
        return Allowance::Granted;
    }
    Allowance::Missing(format!("{}={level}", names.join("|")))
}

/// The scopes of which one is enough.
fn wanted_scopes(kind: Kind, need: Need, visibility: Visibility) -> &'static [&'static str] {
    match (kind, need) {
        (Kind::GitHub, _) => match visibility {
            Visibility::Public => &["repo", "public_repo"],
            Visibility::Private => &["repo"],
        },
        (Kind::GitLab, Need::ReadCode) => {
            &["api", "read_repository", "write_repository", "read_api"]
        }
        (Kind::GitLab, Need::WriteCode) => &["api", "write_repository"],
        (Kind::GitLab, Need::Metadata | Need::ReadPulls | Need::ReadIssues | Need::ReadChecks) => {
            &["api", "read_api"]
        }
        (Kind::GitLab, Need::WritePulls | Need::WriteIssues | Need::WriteChecks | Need::Hooks) => {
            &["api"]
        }
        (Kind::Gitea, Need::Metadata | Need::ReadCode | Need::ReadPulls | Need::ReadChecks) => {
            &["read:repository", "write:repository"]
        }
        (Kind::Gitea, Need::WriteCode | Need::WritePulls | Need::WriteChecks | Need::Hooks) => {
            &["write:repository"]
        }
        (Kind::Gitea, Need::ReadIssues) => &["read:issue", "write:issue"],
        (Kind::Gitea, Need::WriteIssues) => &["write:issue"],
    }
}
