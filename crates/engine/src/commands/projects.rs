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
        // One that was added while the server ran, without a look at its configuration, gives way.
        let clashes = |one: &Project| one.names().any(|name| self.is_configured(name.as_str()));
        all.extend(added.into_iter().filter(|one| !clashes(one)));
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
        let clashes = |one: &Project| one.names().any(|name| self.is_configured(name.as_str()));
        Ok(added.filter(|one| !clashes(one)))
    }

    fn configured(&self, name: &str) -> Option<&Project> {
        let mut all = self.inner.options.projects.iter();
        all.find(|project| project.is_named(name))
    }

    fn is_configured(&self, name: &str) -> bool {
        self.configured(name).is_some()
    }
}
