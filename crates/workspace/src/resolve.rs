//! What the references of a repository are at: the remote is asked, or read if it is on this disk.

use outwork_domain::{BaseRef, BranchName, CommitId, Repository, Scheme};

use crate::command::Command;
use crate::error::{Error, Result};
use crate::git::Git;
use crate::local;
use crate::parts::{Base, Branches};
use crate::refs::{self, Head, Lookup};
use crate::remote::{Answer, FarEnd};

const LISTING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// References as a remote lists them.
#[derive(Debug, Default)]
struct Listing {
    /// What `HEAD` is a name for.
    head: Option<String>,
    refs: Vec<(String, CommitId)>,
}

impl Listing {
    /// Reads the output of `git ls-remote --symref`.
    fn parse(text: &str) -> Self {
        let mut listing = Self::default();
        for line in text.lines() {
            let Some((what, name)) = line.split_once('\t') else {
                continue;
            };
            if let Some(target) = what.strip_prefix("ref: ") {
                if name == "HEAD" {
                    listing.head = target.strip_prefix("refs/heads/").map(str::to_owned);
                }
            } else if let Ok(id) = what.parse() {
                listing.refs.push((name.to_owned(), id));
            }
        }
        listing
    }

    fn at(&self, name: &str) -> Option<CommitId> {
        let mut refs = self.refs.iter();
        refs.find(|(found, _)| found == name)
            .map(|(_, id)| id.clone())
    }

    /// The default branch; a detached `HEAD` is a name for the branch that is at the same commit.
    fn default_branch(&self) -> Option<String> {
        let head = self.at("HEAD");
        self.head.clone().or_else(|| {
            let mut same: Vec<&str> = self
                .refs
                .iter()
                .filter(|(name, id)| name.starts_with("refs/heads/") && Some(id) == head.as_ref())
                .filter_map(|(name, _)| name.strip_prefix("refs/heads/"))
                .collect();
            same.sort_by_key(|name| (!matches!(*name, "main" | "master"), *name));
            same.first().map(|name| (*name).to_owned())
        })
    }
}

impl Git {
    /// Finds the commit that a run starts from.
    ///
    /// A full commit id is taken at its word: whether it exists shows at [`Git::fetch`].
    ///
    /// # Errors
    ///
    /// [`Error::BaseNotFound`], [`Error::EmptyRepository`], and those of reaching a remote.
    pub async fn resolve(&self, repository: &Repository, base: Option<&BaseRef>) -> Result<Base> {
        if let Some(base) = self.resolve_here(repository, base)? {
            return Ok(base);
        }
        let mut names = vec!["HEAD".to_owned()];
        if let Some(base) = base {
            names.extend(spellings(base.as_str()));
        }
        let mut listing = self.list(repository, &names).await?;
        if listing.default_branch().is_none() {
            names.push("refs/heads/*".to_owned());
            listing = self.list(repository, &names).await?;
        }
        from_listing(&listing, base)
    }

    /// Where a branch is; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Those of reaching a remote.
    pub async fn remote_tip(
        &self,
        repository: &Repository,
        branch: &BranchName,
    ) -> Result<Option<CommitId>> {
        let full_ref = branch.full_ref();
        if repository.scheme() == Scheme::File {
            let git_dir = local::locate(&self.options().local_repositories, repository)?;
            match refs::branch(&git_dir, &full_ref) {
                Lookup::At(commit) => return Ok(Some(commit)),
                Lookup::Absent => return Ok(None),
                Lookup::AskGit => {}
            }
        }
        let listing = self
            .list(repository, std::slice::from_ref(&full_ref))
            .await?;
        Ok(listing.at(&full_ref))
    }

    /// The branches of a repository. Names that no branch of ours could have are left out.
    ///
    /// # Errors
    ///
    /// Those of reaching a remote.
    pub async fn branches(&self, repository: &Repository) -> Result<Branches> {
        let names = ["HEAD".to_owned(), "refs/heads/*".to_owned()];
        let listing = self.list(repository, &names).await?;
        let default = listing.default_branch();
        let names = listing.refs.iter();
        let names = names.filter_map(|(name, _)| name.strip_prefix("refs/heads/"));
        let mut names: Vec<BranchName> = names.filter_map(|name| name.parse().ok()).collect();
        let is_default = |name: &BranchName| default.as_deref() == Some(name.as_str());
        names.sort_by_key(|name| (!is_default(name), name.as_str().to_owned()));
        Ok(Branches {
            // A name that `HEAD` has may be that of no branch yet.
            default: names.first().filter(|name| is_default(name)).cloned(),
            names,
        })
    }

    /// Whether a branch of that name cannot be made, since it, a part of it, or something below it
    /// exists.
    pub(crate) async fn is_taken(
        &self,
        repository: &Repository,
        branch: &BranchName,
    ) -> Result<bool> {
        let full_ref = branch.full_ref();
        let mut names = vec![full_ref.clone(), format!("{full_ref}/*")];
        let parents = branch
            .as_str()
            .match_indices('/')
            .map(|(at, _)| &branch.as_str()[..at]);
        names.extend(parents.map(|parent| format!("refs/heads/{parent}")));
        let listing = self.list(repository, &names).await?;
        let below = format!("{full_ref}/");
        Ok(listing
            .refs
            .iter()
            .any(|(name, _)| names.contains(name) || name.starts_with(&below)))
    }

    /// Asks for references by their full names; a server may list others beside them.
    async fn list(&self, repository: &Repository, names: &[String]) -> Result<Listing> {
        let Answer { output, .. } = self
            .ask(repository, FarEnd::Upload, |address| {
                Ok(Command::new("ls-remote")
                    .args(["--quiet", "--symref", "--end-of-options", address])
                    .args(names)
                    .output_max(LISTING_BYTES_MAX)
                    .patience(self.transfer_patience()))
            })
            .await?;
        if output.cut {
            return Err(Error::TooLarge {
                what: "list of references",
                bytes_max: LISTING_BYTES_MAX,
            });
        }
        Ok(Listing::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    /// The answer for a repository on this disk, where it can be read without a process.
    fn resolve_here(
        &self,
        repository: &Repository,
        base: Option<&BaseRef>,
    ) -> Result<Option<Base>> {
        if repository.scheme() != Scheme::File {
            return Ok(None);
        }
        let git_dir = local::locate(&self.options().local_repositories, repository)?;
        let Head::Branch(default) = refs::head(&git_dir) else {
            return Ok(None);
        };
        let named = base.map(BaseRef::as_str);
        let name = named.map_or(default.as_str(), |name| {
            name.strip_prefix("refs/heads/").unwrap_or(name)
        });
        let commit = match base.and_then(BaseRef::commit) {
            Some(commit) => commit,
            None => match refs::branch(&git_dir, &format!("refs/heads/{name}")) {
                Lookup::At(commit) => commit,
                Lookup::Absent | Lookup::AskGit => return Ok(None),
            },
        };
        let default_branch = legal(&default)?;
        let branch = match base.is_some_and(|base| base.commit().is_none()) {
            true => legal(name)?,
            false => default_branch.clone(),
        };
        Ok(Some(Base {
            commit,
            branch,
            default_branch,
        }))
    }
}

/// The full references that a base may mean, likeliest first; a tag is followed by what it names.
fn spellings(name: &str) -> Vec<String> {
    if name.starts_with("refs/tags/") {
        return vec![name.to_owned(), format!("{name}^{{}}")];
    }
    if name.starts_with("refs/") {
        return vec![name.to_owned()];
    }
    vec![
        format!("refs/heads/{name}"),
        format!("refs/tags/{name}"),
        format!("refs/tags/{name}^{{}}"),
    ]
}

fn from_listing(listing: &Listing, base: Option<&BaseRef>) -> Result<Base> {
    let default = listing.default_branch();
    let Some(base) = base else {
        return without_base(listing, default);
    };
    let name = base.as_str();
    let names = spellings(name);
    let as_branch = names
        .iter()
        .filter(|full| full.starts_with("refs/heads/"))
        .find_map(|full| Some((full.strip_prefix("refs/heads/")?, listing.at(full)?)));
    if let Some((branch, commit)) = as_branch {
        let branch = legal(branch)?;
        let default_branch = default.map_or_else(|| Ok(branch.clone()), |name| legal(&name))?;
        return Ok(Base {
            commit,
            branch,
            default_branch,
        });
    }
    let commit = base
        .commit()
        .or_else(|| names.iter().rev().find_map(|full| listing.at(full)));
    let Some(commit) = commit else {
        if listing.refs.is_empty() && listing.head.is_none() {
            return Err(Error::EmptyRepository);
        }
        return Err(Error::BaseNotFound {
            reference: name.to_owned(),
            why: "the repository has no such branch or tag".to_owned(),
        });
    };
    let default_branch = legal(&default.ok_or_else(|| no_default(name))?)?;
    Ok(Base {
        commit,
        branch: default_branch.clone(),
        default_branch,
    })
}

fn without_base(listing: &Listing, default: Option<String>) -> Result<Base> {
    let default = match default {
        Some(default) => default,
        None if listing.refs.is_empty() => return Err(Error::EmptyRepository),
        None => return Err(no_default("HEAD")),
    };
    let commit = listing
        .at(&format!("refs/heads/{default}"))
        .or_else(|| listing.at("HEAD"));
    let branch = legal(&default)?;
    match commit {
        Some(commit) => Ok(Base {
            commit,
            branch: branch.clone(),
            default_branch: branch,
        }),
        None if listing.refs.is_empty() => Err(Error::EmptyRepository),
        None => Err(no_default("HEAD")),
    }
}

fn no_default(reference: &str) -> Error {
    Error::BaseNotFound {
        reference: reference.to_owned(),
        why: "the repository has no default branch; name one".to_owned(),
    }
}

fn legal(name: &str) -> Result<BranchName> {
    name.parse().map_err(
        |why: outwork_domain::InvalidBranchName| Error::BaseNotFound {
            reference: name.to_owned(),
            why: why.to_string(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn base(listing: &str, base: Option<&str>) -> Result<Base> {
        let base = base.map(|base| base.parse().unwrap());
        from_listing(&Listing::parse(listing), base.as_ref())
    }

    #[test]
    fn a_tag_is_what_it_names_and_a_branch_wins_over_it() {
        let tags = format!(
            "ref: refs/heads/main\tHEAD\n{ONE}\tHEAD\n{ONE}\trefs/tags/v1\n{TWO}\trefs/tags/v1^{{}}\n"
        );
        let found = base(&tags, Some("v1")).unwrap();
        assert_eq!(
            (found.commit.as_str(), found.branch.as_str()),
            (TWO, "main")
        );
        let both = format!("{tags}{ONE}\trefs/heads/v1\n");
        let found = base(&both, Some("v1")).unwrap();
        assert_eq!((found.commit.as_str(), found.branch.as_str()), (ONE, "v1"));
    }

    #[test]
    fn a_name_that_only_ends_alike_is_not_taken() {
        let listing =
            format!("ref: refs/heads/main\tHEAD\n{ONE}\tHEAD\n{ONE}\trefs/heads/refs/heads/x\n");
        assert!(matches!(
            base(&listing, Some("x")),
            Err(Error::BaseNotFound { .. })
        ));
    }

    #[test]
    fn nothing_at_all_is_an_empty_repository() {
        assert!(matches!(base("", None), Err(Error::EmptyRepository)));
        assert!(matches!(
            base("", Some("main")),
            Err(Error::EmptyRepository)
        ));
        let elsewhere = format!("{ONE}\trefs/heads/other\n");
        assert!(matches!(
            base(&elsewhere, None),
            Err(Error::BaseNotFound { .. })
        ));
    }

    #[test]
    fn a_detached_head_is_the_branch_at_the_same_commit() {
        let listing = format!(
            "{ONE}\tHEAD\n{ONE}\trefs/heads/a\n{ONE}\trefs/heads/main\n{TWO}\trefs/heads/b\n"
        );
        assert_eq!(base(&listing, None).unwrap().branch.as_str(), "main");
    }
}
