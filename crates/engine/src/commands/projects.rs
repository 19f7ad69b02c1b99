//! Finds, adds and removes projects: those of the configuration and those that were added are one list.

use outwork_domain::{Project, ProjectName, clash_of};
use outwork_store::{Error, Read, projects};

use super::CommandError;
use super::once::{Once, Receipt};
use crate::Engine;

impl Engine {
    /// Lists all projects by name.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn projects(&self) -> Result<Vec<Project>, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let added = projects::list(&mut reader).await?;
        drop(reader);
        let mut all = self.inner.options.projects.clone();
        let configured = &self.inner.options.projects;
        all.extend(added.into_iter().filter(|one| !gives_way(configured, one)));
        all.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(all)
    }

    /// The project of that name or alias.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn find_project(&self, name: &str) -> Result<Option<Project>, CommandError> {
        let mut reader = self.inner.store.read().await?;
        let found = find_project(&self.inner.options.projects, &mut reader, name).await?;
        Ok(found)
    }

    /// Adds a project.
    ///
    /// # Errors
    ///
    /// [`CommandError::RepositoryAccess`] and [`CommandError::BaseNotFound`] for what is known to be wrong at
    /// once; [`CommandError::ProjectNameTaken`] if one of its names is another's name or alias;
    /// [`CommandError::TooManyProjects`].
    pub async fn add_project(
        &self,
        project: Project,
        receipt: Option<Receipt<Project>>,
    ) -> Result<Once<Project>, CommandError> {
        let configured = self.inner.options.projects.iter();
        if let Some(name) = clash_of(configured.chain([&project])) {
            return Err(CommandError::ProjectNameTaken(name.to_string()));
        }
        let git = &self.inner.git;
        git.admit(&project.repository, project.base_ref.as_ref())?;
        let now = self.now();
        let added = self.write_once(receipt, move |tx| {
            Box::pin(async move {
                match projects::insert(tx, &project, now).await {
                    Ok(()) => Ok(project),
                    Err(Error::Taken(_)) => {
                        let names: Vec<String> = project.names().map(ToString::to_string).collect();
                        Err(CommandError::ProjectNameTaken(names.join(" or ")))
                    }
                    Err(Error::NoneFree(_)) => Err(CommandError::TooManyProjects),
                    Err(error) => Err(error.into()),
                }
            })
        });
        added.await
    }

    /// Removes a project that was added, by its name; its agents stay.
    ///
    /// # Errors
    ///
    /// [`CommandError::ProjectNotFound`]; [`CommandError::ProjectConfigured`] for one of the configuration.
    pub async fn remove_project(&self, id: ProjectName) -> Result<(), CommandError> {
        if self.is_configured(&id) {
            return Err(CommandError::ProjectConfigured(id.to_string()));
        }
        let removed: Result<bool, Error> = self
            .inner
            .store
            .write(move |tx| Box::pin(async move { projects::delete(tx, &id).await }))
            .await;
        if removed? {
            return Ok(());
        }
        Err(CommandError::ProjectNotFound)
    }

    /// Whether the configuration has a project of that name.
    #[must_use]
    pub fn is_configured(&self, id: &ProjectName) -> bool {
        let mut all = self.inner.options.projects.iter();
        all.any(|project| project.id == *id)
    }
}

/// The project of that name or alias: one of the configuration, otherwise one that was added.
///
/// # Errors
///
/// The database's.
pub async fn find_project(
    configured: &[Project],
    reader: &mut impl Read,
    name: &str,
) -> Result<Option<Project>, Error> {
    if let Some(found) = configured.iter().find(|one| one.is_named(name)) {
        return Ok(Some(found.clone()));
    }
    let added = projects::find(reader, name).await?;
    Ok(added.filter(|one| !gives_way(configured, one)))
}

/// Whether the configuration has one of its names: it was added while the server ran, without a look
/// at the configuration.
fn gives_way(configured: &[Project], added: &Project) -> bool {
    let mut names = added.names();
    names.any(|name| configured.iter().any(|one| one.is_named(name.as_str())))
}
