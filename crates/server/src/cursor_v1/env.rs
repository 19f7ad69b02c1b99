//! Where a caller wants an agent to run: here, in a named environment, or on a worker of his own.

use outwork_domain::NamedEnvironment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Object;
use crate::errors::Failure;

const DEFAULT_POOL: &str = "default";

/// Where an agent is to run.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct EnvBody {
    /// `cloud` (here), `pool` or `machine`.
    #[serde(rename = "type")]
    #[schema(value_type = EnvType)]
    kind: Option<String>,
    /// Name of the environment, pool or machine.
    #[schema(min_length = 1)]
    name: Option<String>,
}

impl EnvBody {
    /// The name that is given.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// The kinds of places.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum EnvType {
    /// This server.
    Cloud,
    /// A pool of workers.
    #[expect(dead_code, reason = "described, though no pool is known yet")]
    Pool,
    /// One worker.
    #[expect(dead_code, reason = "described, though no machine is known yet")]
    Machine,
}

/// Reads where an agent is to run: the name of an environment, if one is named.
pub(super) fn read_env(body: Option<Object<EnvBody>>) -> Result<Option<String>, Failure> {
    let Some(Object(body)) = body else {
        return Ok(None);
    };
    if body.name.as_deref() == Some("") {
        return Err(Failure::invalid("env.name must not be empty"));
    }
    match (body.kind.as_deref(), body.name) {
        (Some("cloud"), name) => Ok(name),
        (Some("pool"), name) => {
            let name = name.unwrap_or_else(|| DEFAULT_POOL.to_owned());
            Err(Failure::invalid(format!(
                "env.name: there is no pool '{name}'"
            )))
        }
        (Some("machine"), Some(name)) => Err(Failure::invalid(format!(
            "env.name: there is no machine '{name}'"
        ))),
        (Some("machine"), None) => Err(Failure::invalid("env.name is required for a machine")),
        (Some(_), _) => Err(Failure::invalid("env.type must be cloud, pool or machine")),
        (None, _) => Err(Failure::invalid("env.type is required")),
    }
}

/// Where an agent runs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Env)]
pub(super) struct EnvShown<'a> {
    #[serde(rename = "type")]
    kind: EnvType,
    /// Name of its environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl<'a> EnvShown<'a> {
    pub(super) fn of(environment: Option<&'a NamedEnvironment>) -> Self {
        Self {
            kind: EnvType::Cloud,
            name: environment.map(|environment| environment.name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Option<&str>, name: Option<&str>) -> Result<Option<String>, String> {
        let body = EnvBody {
            kind: kind.map(ToOwned::to_owned),
            name: name.map(ToOwned::to_owned),
        };
        read_env(Some(Object(body))).map_err(|failure| failure.message)
    }

    #[test]
    fn only_this_server_is_there() {
        assert_eq!(read_env(None).unwrap(), None);
        assert_eq!(read(Some("cloud"), None), Ok(None));
        assert_eq!(read(Some("cloud"), Some("a")), Ok(Some("a".to_owned())));
        for (kind, name, words) in [
            (Some("pool"), None, "env.name: there is no pool 'default'"),
            (
                Some("machine"),
                Some("m"),
                "env.name: there is no machine 'm'",
            ),
            (Some("machine"), None, "env.name is required for a machine"),
            (
                Some("moon"),
                None,
                "env.type must be cloud, pool or machine",
            ),
            (None, Some("a"), "env.type is required"),
            (Some("cloud"), Some(""), "env.name must not be empty"),
        ] {
            assert_eq!(read(kind, name), Err(words.to_owned()), "{kind:?} {name:?}");
        }
    }
}
