//! Finds projects: those of the configuration and those that were added by command are one list.

use outwork_domain::Project;
use outwork_store::projects;

use super::CommandError;
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
        all.extend(added.into_iter().filter(|one| !self.gives_way(one)));
        all.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(all)
    }

    /// The project of that name or alias.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] if the store is away.
    pub async fn find_project(&self, name: &str) -> Result<Option<Project>, CommandError> {
        if let Some(configured) = self.configured(name) {
            return Ok(Some(configured.clone()));
        }
        let mut reader = self.inner.store.read().await?;
        let added = projects::find(&mut reader, name).await?;
        Ok(added.filter(|one| !self.gives_way(one)))
    }

    fn configured(&self, name: &str) -> Option<&Project> {
        let mut all = self.inner.options.projects.iter();
        all.find(|project| project.is_named(name))
    }

    /// Whether the configuration has one of its names: it was added while the server ran, without a look
    /// at the configuration.
    fn gives_way(&self, added: &Project) -> bool {
        let mut names = added.names();
        names.any(|name| self.configured(name.as_str()).is_some())
    }
}
