//! A repository in the hands of a test.

use std::io;
use std::sync::Arc;

use super::access::Permission;
use super::bare::{Bare, Signature};
use super::shared::Shared;
use super::world::{Project, Standing, Visibility};

/// One repository of a [`ForgeServer`](super::ForgeServer), found by its number whatever it is called now.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(super) id: u64,
    pub(super) shared: Arc<Shared>,
}

impl Repository {
    /// Its number at the forge.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Its path, `acme/tools`.
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn path(&self) -> io::Result<String> {
        Ok(self.shared.world().project(self.id)?.path.clone())
    }

    /// Where git finds it, `http://127.0.0.1:1234/acme/tools.git`.
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn clone_url(&self) -> io::Result<String> {
        let world = self.shared.world();
        let path = &world.project(self.id)?.path;
        Ok(format!("{}/{path}.git", world.base_url))
    }

    /// Gives somebody a right to it, or takes it with [`Permission::None`].
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn permit(&self, login: &str, permission: Permission) -> io::Result<&Self> {
        self.shared.world().person(login);
        self.change(|project| {
            project.people.insert(login.to_owned(), permission);
        })
    }

    /// Makes it public or private; it begins as private.
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn show(&self, visibility: Visibility) -> io::Result<&Self> {
        self.change(|project| project.visibility = visibility)
    }

    /// Refuses pushes to a branch from now on.
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn protect(&self, branch: &str) -> io::Result<&Self> {
        self.change(|project| {
            project.protected.insert(branch.to_owned());
        })
    }

    /// Refuses every push with these words, as a hook of the team's own would.
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn refuse_pushes(&self, words: &str) -> io::Result<&Self> {
        self.change(|project| project.refusal = Some(words.to_owned()))
    }

    /// Makes it read-only.
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn archive(&self) -> io::Result<&Self> {
        self.change(|project| project.standing = Standing::Archived)
    }

    /// Names another default branch, which need not exist yet.
    ///
    /// # Errors
    ///
    /// If it was deleted, or git fails.
    pub fn set_default_branch(&self, branch: &str) -> io::Result<&Self> {
        self.bare()?.set_head(branch)?;
        self.change(|project| branch.clone_into(&mut project.default_branch))
    }

    /// Gives it another path; the old one leads to it from then on.
    pub fn rename(&self, path: &str) {
        self.shared.world().rename(self.id, path);
    }

    /// Deletes it.
    pub fn delete(&self) {
        self.shared.world().delete(self.id);
    }

    /// Copies it, with all branches, to below that owner.
    ///
    /// # Errors
    ///
    /// If it was deleted, or git fails.
    pub fn fork(&self, owner: &str) -> io::Result<Self> {
        let mut world = self.shared.world();
        let parent = world.project(self.id)?.clone();
        world.person(owner);
        let id = world.add_project(&format!("{owner}/{}", parent.name()));
        if let Some(fork) = world.projects.get_mut(&id) {
            fork.fork_of = Some(parent.id);
            fork.visibility = parent.visibility;
            fork.default_branch.clone_from(&parent.default_branch);
        }
        world.bare(id)?.copy(&world.bare(self.id)?)?;
        drop(world);
        Ok(Self {
            id,
            shared: Arc::clone(&self.shared),
        })
    }

    /// Lets somebody open an issue; returns its number.
    #[must_use]
    pub fn open_issue(&self, author: &str, title: &str, body: &str) -> u64 {
        let mut world = self.shared.world();
        world.person(author);
        world.add_issue(self.id, author, title, body)
    }

    /// Commits files to a branch behind everybody's back and returns the commit. A branch that is not
    /// there is begun at the default branch.
    ///
    /// # Errors
    ///
    /// If it was deleted, or git fails.
    pub fn commit(&self, branch: &str, files: &[(&str, &str)]) -> io::Result<String> {
        let world = self.shared.world();
        let bare = world.bare(self.id)?;
        let default = &world.project(self.id)?.default_branch;
        if bare.tip(branch)?.is_none()
            && let Some(tip) = bare.tip(default)?
        {
            bare.set(&format!("refs/heads/{branch}"), &tip)?;
        }
        let by = Signature {
            name: "somebody",
            at_secs: world.now_secs,
        };
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (*path, Some(*text)))
            .collect();
        let commit = bare.commit(branch, &files, "Change files", by)?;
        drop(world);
        self.shared.pushed(self.id)?;
        Ok(commit)
    }

    /// The commit that a branch is at.
    ///
    /// # Errors
    ///
    /// If the repository was deleted, or git fails.
    pub fn tip(&self, branch: &str) -> io::Result<Option<String>> {
        self.bare()?.tip(branch)
    }

    /// Puts a branch at a commit, wherever it was.
    ///
    /// # Errors
    ///
    /// If the repository was deleted, or git fails.
    pub fn set_branch(&self, branch: &str, commit: &str) -> io::Result<()> {
        self.bare()?.set(&format!("refs/heads/{branch}"), commit)?;
        self.shared.pushed(self.id)
    }

    /// Deletes a branch.
    ///
    /// # Errors
    ///
    /// If the repository was deleted, or git fails.
    pub fn delete_branch(&self, branch: &str) -> io::Result<()> {
        self.bare()?.remove(&format!("refs/heads/{branch}"))?;
        self.shared.pushed(self.id)
    }

    /// What a file holds at a commit or branch.
    ///
    /// # Errors
    ///
    /// If the repository was deleted, or git fails.
    pub fn file(&self, at: &str, path: &str) -> io::Result<Option<String>> {
        self.bare()?.find_file(at, path)
    }

    /// All branches with their commits, by name.
    ///
    /// # Errors
    ///
    /// If the repository was deleted, or git fails.
    pub fn branches(&self) -> io::Result<Vec<(String, String)>> {
        self.bare()?.branches()
    }

    /// Its bare repository on disk, for what no other call here can tell.
    ///
    /// # Errors
    ///
    /// If it was deleted.
    pub fn folder(&self) -> io::Result<std::path::PathBuf> {
        Ok(self.bare()?.path().to_owned())
    }

    pub(super) fn bare(&self) -> io::Result<Bare> {
        self.shared.world().bare(self.id)
    }

    fn change(&self, change: impl FnOnce(&mut Project)) -> io::Result<&Self> {
        let mut world = self.shared.world();
        world.forget_reach();
        let gone = || io::Error::other("the repository was deleted");
        change(world.projects.get_mut(&self.id).ok_or_else(gone)?);
        Ok(self)
    }
}
