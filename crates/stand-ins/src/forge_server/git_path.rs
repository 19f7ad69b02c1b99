//! Which requests are git's own, and of which repository.

use super::fault::Operation;
use super::http::{Request, decoded};

/// One half of git's two conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Fetch,
    Push,
}

/// A request of git's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GitPath {
    /// The repository's path, without `.git`.
    pub(super) repository: String,
    /// What follows: `/info/refs` and so on.
    pub(super) rest: &'static str,
    pub(super) service: Service,
}

impl GitPath {
    /// Reads a path below the forge's root.
    pub(super) fn of(path: &str, request: &Request) -> Option<Self> {
        let by_end = [
            ("/info/refs", None),
            ("/git-upload-pack", Some(Service::Fetch)),
            ("/git-receive-pack", Some(Service::Push)),
        ];
        let (repository, rest, service) = by_end
            .into_iter()
            .find_map(|(end, service)| Some((path.strip_suffix(end)?, end, service)))?;
        let service = match service {
            Some(service) => service,
            None => match request.parameter("service")?.as_str() {
                "git-upload-pack" => Service::Fetch,
                "git-receive-pack" => Service::Push,
                _ => return None,
            },
        };
        let repository = decoded(repository.trim_start_matches('/'));
        let repository = repository.strip_suffix(".git").unwrap_or(&repository);
        Some(Self {
            repository: repository.to_owned(),
            rest,
            service,
        })
    }

    pub(super) fn operation(&self) -> Operation {
        match (self.service, self.rest) {
            (Service::Fetch, "/info/refs") => Operation::FetchStart,
            (Service::Fetch, _) => Operation::Fetch,
            (Service::Push, "/info/refs") => Operation::PushStart,
            (Service::Push, _) => Operation::Push,
        }
    }
}
