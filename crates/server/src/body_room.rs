//! Room for large request bodies, of which there is so much for all of them together.
//!
//! A body takes room as it arrives, so that announcing much costs nobody anything, and never waits for
//! more of it: two that had half of it each would wait for ever.

use std::sync::{Arc, Mutex, PoisonError};

use outwork_domain::limits::BODIES_BYTES_MAX;
use outwork_engine::Engine;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::errors::Failure;

/// Up to here a body takes no room: the number of connections limits those.
pub(crate) const SMALL_BYTES_MAX: usize = 256 * 1024;
/// In which steps room is taken.
const STEP_BYTES: usize = 1024 * 1024;

/// The room for all bodies.
#[derive(Debug)]
pub(crate) struct BodyRoom(Arc<Semaphore>);

impl Default for BodyRoom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BODIES_BYTES_MAX)))
    }
}

/// What one body has of it, until the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Room(Arc<Mutex<Held>>);

struct Held {
    engine: Engine,
    all: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl BodyRoom {
    /// The room of a body that has none yet.
    pub(crate) fn room(&self, engine: &Engine) -> Room {
        Room(Arc::new(Mutex::new(Held {
            engine: engine.clone(),
            all: Arc::clone(&self.0),
            permit: None,
        })))
    }
}

impl Room {
    /// Sees to it that there is room for that many bytes.
    ///
    /// # Errors
    ///
    /// 503 if there is none at present, or the machine is short of something.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), Failure> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has = SMALL_BYTES_MAX
            + held
                .permit
                .as_ref()
                .map_or(0, OwnedSemaphorePermit::num_permits);
        if bytes <= has {
            return Ok(());
        }
        held.engine.admit()?;
        let more = take(&held.all, bytes - has)?;
        match &mut held.permit {
            None => held.permit = Some(more),
            Some(permit) => permit.merge(more),
        }
        Ok(())
    }
}

fn take(room: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Failure> {
    let steps = bytes.next_multiple_of(STEP_BYTES);
    let none = || Failure::unavailable("too many large request bodies at once");
    let count = u32::try_from(steps).map_err(|_| none())?;
    Arc::clone(room)
        .try_acquire_many_owned(count)
        .map_err(|_| none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_much_at_once() {
        let room = Arc::new(Semaphore::new(3 * STEP_BYTES));
        let one = take(&room, 1).unwrap();
        let two = take(&room, STEP_BYTES + 1).unwrap();
        assert_eq!(two.num_permits(), 2 * STEP_BYTES);
        assert_eq!(take(&room, 1).unwrap_err().code, "unavailable");
        drop(one);
        assert!(take(&room, STEP_BYTES).is_ok());
    }

    #[test]
    fn the_largest_bodies_fit() {
        let BodyRoom(room) = BodyRoom::default();
        assert!(take(&room, outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX).is_ok());
    }
}
