//! Which routes share a count.

use axum::http::Method;

/// Routes that are counted together, for one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RouteClass {
    /// What makes a run: new agents, follow-ups, runs.
    Create,
    /// Whatever else changes something.
    Change,
    /// Reads.
    Read,
    /// The list of an agent's artifacts.
    ArtifactsList,
    /// Links to artifacts.
    ArtifactsDownload,
    /// The list of repositories.
    Repositories,
}

impl RouteClass {
    /// The class of a route by its pattern; none for what needs no key.
    pub(crate) fn of(method: &Method, route: &str) -> Option<Self> {
        let keyed = [
            "/v0/",
            "/v1/",
            "/v2/",
            "/agent/",
            "/v1alpha/",
            "/api/v1/",
            "/pulls/",
        ];
        if !keyed.iter().any(|prefix| route.starts_with(prefix)) {
            return None;
        }
        // These find out by themselves who asks: whoever signs in or out has no key in a header.
        if matches!(route, "/api/v1/session" | "/api/v1/sessions") && !method.is_safe() {
            return None;
        }
        Some(if method == Method::GET || method == Method::HEAD {
            Self::of_read(route)
        } else {
            Self::of_change(method, route)
        })
    }

    fn of_read(route: &str) -> Self {
        if matches!(route, "/v0/repositories" | "/v1/repositories") {
            return Self::Repositories;
        }
        if route.ends_with("/artifacts") {
            return Self::ArtifactsList;
        }
        if route.ends_with("/artifacts/download") {
            return Self::ArtifactsDownload;
        }
        Self::Read
    }

    fn of_change(method: &Method, route: &str) -> Self {
        let makes_a_run = [
            "/agents",
            "/followup",
            "/runs",
            "/job",
            "/message",
            "/approve-plan",
        ];
        let makes_a_run = makes_a_run.iter().any(|end| route.ends_with(end))
            || route.starts_with("/v1/agent/job/")
            // One route for all methods of a session; messages and approvals are among them.
            || route.starts_with("/v1alpha/sessions");
        if method == Method::POST && makes_a_run {
            return Self::Create;
        }
        Self::Change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_counted_by_what_they_cost() {
        for (method, route, class) in [
            (Method::POST, "/v0/agents", RouteClass::Create),
            (Method::POST, "/v1/agents", RouteClass::Create),
            (Method::POST, "/v0/agents/{id}/followup", RouteClass::Create),
            (Method::POST, "/v1/agents/{id}/runs", RouteClass::Create),
            (
                Method::POST,
                "/v2/agent/{projectId}/job",
                RouteClass::Create,
            ),
            (
                Method::POST,
                "/v2/agent/{projectId}/job/{id}/message",
                RouteClass::Create,
            ),
            (
                Method::POST,
                "/v1/agent/job/{projectId}",
                RouteClass::Create,
            ),
            (
                Method::POST,
                "/api/v1/agents/{id}/approve-plan",
                RouteClass::Create,
            ),
            (Method::POST, "/v1alpha/sessions", RouteClass::Create),
            (Method::POST, "/v1alpha/sessions/{id}", RouteClass::Create),
            (Method::DELETE, "/v1alpha/sessions/{id}", RouteClass::Change),
            (Method::GET, "/v1alpha/sources", RouteClass::Read),
            (Method::GET, "/agent/{projectId}/jobs", RouteClass::Read),
            (Method::POST, "/v0/agents/{id}/stop", RouteClass::Change),
            (Method::DELETE, "/v1/agents/{id}", RouteClass::Change),
            (Method::PUT, "/v1/team/secrets/{name}", RouteClass::Change),
            (Method::GET, "/v0/agents", RouteClass::Read),
            (Method::HEAD, "/v1/agents/{id}/runs", RouteClass::Read),
            (Method::GET, "/pulls/{name}", RouteClass::Read),
            (Method::GET, "/api/v1/agents/{id}/events", RouteClass::Read),
            (Method::GET, "/v1/repositories", RouteClass::Repositories),
            (
                Method::GET,
                "/v0/agents/{id}/artifacts",
                RouteClass::ArtifactsList,
            ),
            (
                Method::GET,
                "/v1/agents/{id}/artifacts/download",
                RouteClass::ArtifactsDownload,
            ),
        ] {
            assert_eq!(RouteClass::of(&method, route), Some(class), "{route}");
        }
    }

    #[test]
    fn what_needs_no_key_is_not_counted() {
        for route in [
            "/",
            "/agents",
            "/healthz",
            "/readyz",
            "/metrics",
            "/openapi.json",
            "/artifacts/{agent}/{*path}",
        ] {
            assert_eq!(RouteClass::of(&Method::GET, route), None, "{route}");
        }
        let sign_in = "/api/v1/session";
        assert_eq!(RouteClass::of(&Method::POST, sign_in), None);
        assert_eq!(
            RouteClass::of(&Method::GET, sign_in),
            Some(RouteClass::Read)
        );
    }
}
