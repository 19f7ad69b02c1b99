//! Routes together with their descriptions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::Router;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Paths, RefOr};
use utoipa_axum::router::UtoipaMethodRouter;

/// Routes, what each is described as, and the schemas that the descriptions name.
pub(crate) struct Routes<S> {
    pub(super) router: Router<S>,
    pub(super) paths: Paths,
    pub(super) schemas: BTreeMap<String, RefOr<Schema>>,
    /// Names that two different types have: one of them would describe both.
    pub(super) clashes: Vec<String>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            paths: Paths::new(),
            schemas: BTreeMap::new(),
            clashes: Vec::new(),
        }
    }

    /// Adds the handlers of one path: `routes!(list_agents::list_agents, create_agent::create_agent)`.
    pub(crate) fn routes(mut self, described: UtoipaMethodRouter<S>) -> Self {
        let (schemas, paths, handlers) = described;
        for path in paths.paths.keys() {
            self.router = self.router.route(path, handlers.clone());
        }
        self.paths.merge(paths);
        self.keep(schemas);
        self
    }

    /// Adds those of another module.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.paths.merge(other.paths);
        self.clashes.extend(other.clashes);
        self.keep(other.schemas);
        self
    }

    fn keep(&mut self, schemas: impl IntoIterator<Item = (String, RefOr<Schema>)>) {
        for (name, schema) in schemas {
            match self.schemas.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(schema);
                }
                Entry::Occupied(there) if *there.get() == schema => {}
                Entry::Occupied(there) => self.clashes.push(there.key().clone()),
            }
        }
    }
}
