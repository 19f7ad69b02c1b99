//! Requests with idempotency keys that this process is carrying out.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use outwork_domain::{AccountId, IdempotencyKey};
use outwork_store::KeyedRequest;

type Place = (AccountId, String, IdempotencyKey);

/// The requests with keys that this process is carrying out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights(Arc<Mutex<HashSet<Place>>>);

/// A request with a key that is being carried out; another one of its key is refused until it ends.
#[derive(Debug)]
pub struct Flight {
    pub(crate) request: KeyedRequest,
    flights: Flights,
}

impl Flights {
    /// Takes a request up, unless one of its key is under way.
    pub(crate) fn begin(&self, request: KeyedRequest) -> Option<Flight> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(place_of(&request)).then(|| Flight {
            request,
            flights: self.clone(),
        })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut open = self
            .flights
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.remove(&place_of(&self.request));
    }
}

fn place_of(request: &KeyedRequest) -> Place {
    let KeyedRequest {
        account_id,
        route,
        key,
        ..
    } = request;
    (*account_id, route.clone(), key.clone())
}
