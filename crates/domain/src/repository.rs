//! Where code lives: the text that callers write, brought to one form.

use std::fmt;
use std::str::FromStr;

/// How a repository is reached.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// `https://host/owner/repo`.
    Https,
    /// `http://host/owner/repo`; only for hosts that the configuration opens.
    Http,
    /// `ssh://user@host/owner/repo`, also from `git@host:owner/repo`.
    Ssh,
    /// `file:///path`; only below a configured folder of local repositories.
    File,
}

/// A repository's address in normal form: lower-case host, no `.git`, no trailing slash, no
/// credentials, no query, no dot segments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Repository {
    scheme: Scheme,
    /// `host` or `host:port`; with `user@` for ssh; empty for files.
    authority: String,
    /// Absolute path, beginning with a slash.
    path: String,
}

/// The text is no repository address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a repository address: {why}")]
pub struct InvalidRepository {
    /// The refused text, shortened.
    pub text: String,
    /// The rule that it breaks.
    pub why: &'static str,
}

impl Repository {
    /// How it is reached.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host without user and port; empty for local repositories.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = self
            .authority
            .rsplit_once('@')
            .map_or(self.authority.as_str(), |(_, host)| host);
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            Some(_) | None => host,
        }
    }

    /// `host` or `host:port`, without a user; empty for local repositories.
    #[must_use]
    pub fn host_and_port(&self) -> &str {
        self.authority
            .rsplit_once('@')
            .map_or(self.authority.as_str(), |(_, place)| place)
    }

    /// The path, beginning with a slash; for local repositories the folder.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path: the repository's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// What stands before the name, such as `owner` or `group/subgroup`; `local` for files.
    #[must_use]
    pub fn owner(&self) -> &str {
        if self.scheme == Scheme::File {
            return "local";
        }
        self.path
            .trim_start_matches('/')
            .rsplit_once('/')
            .map_or("local", |(owner, _)| owner)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
            Scheme::Ssh => "ssh",
            Scheme::File => "file",
        };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

impl FromStr for Repository {
    type Err = InvalidRepository;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|why| InvalidRepository {
            text: text.chars().take(200).collect(),
            why,
        })
    }
}

fn parse(text: &str) -> Result<Repository, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.len() > 2048 {
        return Err("it is empty or longer than 2048 bytes");
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) || text.contains(['\\', '?', '#'])
    {
        return Err("it contains whitespace, a control character, a backslash, ? or #");
    }
    let (scheme, rest) = match text.split_once("://") {
        Some(("https", rest)) => (Scheme::Https, rest.to_owned()),
        Some(("http", rest)) => (Scheme::Http, rest.to_owned()),
        Some(("ssh", rest)) => (Scheme::Ssh, rest.to_owned()),
        Some(("file", rest)) => (Scheme::File, rest.to_owned()),
        Some(_) => return Err("only https, http, ssh and file are known"),
        None => without_scheme(text)?,
    };
    let (authority, path) = rest.split_once('/').ok_or("it has no path")?;
    let authority = authority_of(scheme, authority)?;
    Ok(Repository {
        scheme,
        authority,
        path: path_of(scheme, path)?,
    })
}

/// `git@host:owner/repo` is ssh, `/folder` a file, `host/owner/repo` https.
fn without_scheme(text: &str) -> Result<(Scheme, String), &'static str> {
    if text.starts_with('/') {
        return Ok((Scheme::File, text.to_owned()));
    }
    let before_slash = text.split('/').next().unwrap_or_default();
    if let Some((user_host, first)) = before_slash.split_once(':') {
        if !user_host.contains('@') {
            return Err("it has neither a scheme nor the form user@host:path");
        }
        let rest = &text[before_slash.len()..];
        return Ok((
            Scheme::Ssh,
            format!("{user_host}/{}{rest}", first.trim_start_matches('/')),
        ));
    }
    if before_slash.contains('.') && !before_slash.starts_with(['.', '-']) {
        return Ok((Scheme::Https, text.to_owned()));
    }
    Err("it has no host")
}

fn authority_of(scheme: Scheme, authority: &str) -> Result<String, &'static str> {
    if scheme == Scheme::File {
        return match authority {
            "" | "localhost" => Ok(String::new()),
            _ => Err("a file address has no host"),
        };
    }
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    if host.is_empty() || host.starts_with('-') || !host.chars().all(legal) {
        return Err("its host is not legal");
    }
    let host = host.to_ascii_lowercase();
    match (scheme, user) {
        (Scheme::Ssh, Some(user)) => {
            let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if user.is_empty() || user.starts_with('-') || !user.chars().all(legal) {
                return Err("its user is not legal");
            }
            Ok(format!("{user}@{host}"))
        }
        (Scheme::Https | Scheme::Http, Some(_)) => {
            Err("credentials do not belong into the address")
        }
        (_, None) | (Scheme::File, Some(_)) => Ok(host),
    }
}

fn path_of(scheme: Scheme, path: &str) -> Result<String, &'static str> {
    let path = path.trim_end_matches('/');
    // A bare repository on disk really is called `x.git`; a forge answers to both names.
    let path = if scheme == Scheme::File {
        path
    } else {
        path.strip_suffix(".git").unwrap_or(path)
    };
    if path.is_empty() {
        return Err("it has no path");
    }
    let bad = |part: &str| part.is_empty() || part == "." || part == ".." || part.starts_with('-');
    if path.split('/').any(bad) {
        return Err("a part of its path is empty, a dot, or begins with a dash");
    }
    Ok(format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        text.parse::<Repository>().unwrap().to_string()
    }

    #[test]
    fn many_spellings_have_one_form() {
        for text in [
            "https://Git.Example.com/acme/tools",
            "https://git.example.com/acme/tools.git",
            "https://git.example.com/acme/tools/",
            "git.example.com/acme/tools",
        ] {
            assert_eq!(normal(text), "https://git.example.com/acme/tools");
        }
        assert_eq!(
            normal("git@git.example.com:acme/tools.git"),
            "ssh://git@git.example.com/acme/tools"
        );
        assert_eq!(normal("ssh://git@h:2222/a/b"), "ssh://git@h:2222/a/b");
        assert_eq!(normal("file:///srv/repos/a.git"), "file:///srv/repos/a.git");
        assert_eq!(normal("/srv/repos/a.git/"), "file:///srv/repos/a.git");
    }

    #[test]
    fn names_its_parts() {
        let repository: Repository = "https://h:8443/group/sub/repo".parse().unwrap();
        assert_eq!(
            (repository.host(), repository.owner(), repository.name()),
            ("h", "group/sub", "repo")
        );
        assert_eq!(repository.host_and_port(), "h:8443");
        let local: Repository = "/srv/a.git".parse().unwrap();
        assert_eq!(
            (local.host(), local.owner(), local.name()),
            ("", "local", "a.git")
        );
    }

    #[test]
    fn refuses_what_could_reach_elsewhere() {
        for bad in [
            "",
            "x",
            "ext::sh -c id",
            "https://",
            "https://host",
            "https://u:p@h/a/b",
            "ftp://h/a",
            "file://host/a",
            "/srv/../etc",
            "file:///a//b",
            "https://-h/a/b",
            "ssh://-oProxyCommand=x/a",
            "-u@h:a/b",
            "https://h/a b",
            "https://h/a?b",
            "git@h:-x/y",
            "a:b/c",
            "file:///",
        ] {
            assert!(bad.parse::<Repository>().is_err(), "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_normal_form_is_a_fixed_point(text in "(https://|git@|/|file:///)?[a-z.:/@-]{0,30}") {
            if let Ok(repository) = text.parse::<Repository>() {
                let again: Repository = repository.to_string().parse().unwrap();
                proptest::prop_assert_eq!(again, repository);
            }
        }
    }
}
