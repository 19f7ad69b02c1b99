//! What the paths name: a project, and a job of it.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use outwork_domain::{AgentId, Project};
use outwork_store::{AgentView, agents};

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::reach::Reach;
use crate::wire::WireAgentId;

/// The names in a path, whatever they are: what is unknown and what is malformed are the same 404.
pub(super) struct Named {
    project: String,
    job: String,
}

impl FromRequestParts<App> for Named {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let all = RawPathParams::from_request_parts(parts, app).await;
        let all = all.map_err(|_| Failure::project_not_found())?;
        let text = |name| all.iter().find(|(key, _)| *key == name);
        let text = |name| text(name).map_or_else(String::new, |(_, value)| value.to_owned());
        Ok(Self {
            project: text("projectId"),
            job: text("id"),
        })
    }
}

impl Named {
    /// The project, if the caller's key reaches it.
    pub(super) async fn project(&self, app: &App, caller: &Caller) -> Result<Project, Failure> {
        let found = app.engine().find_project(&self.project).await?;
        let project = found.ok_or_else(Failure::project_not_found)?;
        let reach = Reach::of(app, caller).await?;
        if !reach.has_project(&project) {
            return Err(Failure::project_not_found());
        }
        Ok(project)
    }

    /// The job of that project.
    pub(super) async fn job(
        &self,
        app: &App,
        caller: &Caller,
        project: &Project,
    ) -> Result<AgentView, Failure> {
        let id = self.job_id().ok_or_else(Failure::agent_not_found)?;
        let mut reader = app.store().read().await?;
        let found = agents::find(&mut reader, caller.account_id(), id).await?;
        let found = found.filter(|view| project.has(&view.agent));
        found.ok_or_else(Failure::agent_not_found)
    }

    /// The agent's UUID, with or without the `bc-` that other dialects put before it.
    fn job_id(&self) -> Option<AgentId> {
        if let Ok(id) = WireAgentId::read(&self.job) {
            return Some(id);
        }
        self.job.parse().ok()
    }
}
