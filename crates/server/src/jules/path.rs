//! What the paths name: a session, a method of it, an activity.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use outwork_domain::AgentId;
use outwork_store::{AgentView, agents};

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;
use crate::path::parameter;
use crate::reach::Reach;
use crate::wire::WireAgentId;

/// The part `{id}` of a path, whatever it is: what is unknown and what is malformed are the same 404.
pub(super) struct PathSession(String);

impl FromRequestParts<App> for PathSession {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "id").await;
        text.map(Self).ok_or_else(Failure::agent_not_found)
    }
}

/// The part `{activityId}` of a path.
pub(super) struct PathActivity(pub(super) String);

impl FromRequestParts<App> for PathActivity {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let text = parameter(parts, app, "activityId").await;
        text.map(Self).ok_or_else(Failure::activity_not_found)
    }
}

impl PathSession {
    /// The session and the method that is called on it, if the path has the form `id:method`.
    pub(super) fn method(&self) -> Option<(Self, &str)> {
        let (id, method) = self.0.split_once(':')?;
        Some((Self(id.to_owned()), method))
    }

    /// The agent, if it is the caller's and within what his key reaches.
    pub(super) async fn view(&self, app: &App, caller: &Caller) -> Result<AgentView, Failure> {
        let id = self.agent_id().ok_or_else(Failure::agent_not_found)?;
        let reach = Reach::of(app, caller).await?;
        let mut reader = app.store().read().await?;
        let found = agents::find(&mut reader, caller.account_id(), id).await?;
        let found = found.filter(|view| reach.has(&view.agent));
        found.ok_or_else(Failure::agent_not_found)
    }

    /// The agent's UUID, with or without the `bc-` that other dialects put before it.
    fn agent_id(&self) -> Option<AgentId> {
        let bare = self.0.parse().ok();
        bare.or_else(|| WireAgentId::read(&self.0).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_with_or_without_their_prefix() {
        let uuid = "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
        let id: AgentId = uuid.parse().unwrap();
        let read = |text: &str| PathSession(text.to_owned()).agent_id();
        assert_eq!(read(uuid), Some(id));
        assert_eq!(read(&format!("bc-{uuid}")), Some(id));
        assert_eq!(read("314159"), None);
    }

    #[test]
    fn a_method_stands_behind_a_colon() {
        let called = |text: &str| {
            let path = PathSession(text.to_owned());
            path.method()
                .map(|(session, method)| (session.0, method.to_owned()))
        };
        let both = Some(("7".to_owned(), "approvePlan".to_owned()));
        assert_eq!(called("7:approvePlan"), both);
        assert_eq!(called("7"), None);
    }
}
