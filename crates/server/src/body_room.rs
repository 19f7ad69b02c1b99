//! Room for large request bodies, of which there is so much for all of them together.
//!
//! A body takes room as it arrives, so that announcing much costs nobody anything, and never waits for
//! more of it: two that had half of it each would wait for ever.

use std::sync::{Arc, Mutex, PoisonError};

use outwork_domain::limits::BODIES_BYTES_MAX;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
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
    app: App,
    permit: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Nothing yet.
    pub(crate) fn new(app: &App) -> Self {
        let (app, permit) = (app.clone(), None);
        Self(Arc::new(Mutex::new(Held { app, permit })))
    }

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
        held.app.engine().admit()?;
        let more = take(held.app.body_room(), bytes - has)?;
        match &mut held.permit {
            None => held.permit = Some(more),
            Some(permit) => permit.merge(more),
        }
        Ok(())
    }
}

fn take(room: &BodyRoom, bytes: usize) -> Result<OwnedSemaphorePermit, Failure> {
    let steps = bytes.next_multiple_of(STEP_BYTES);
    let none = || Failure::unavailable("too many large request bodies at once");
    let count = u32::try_from(steps).map_err(|_| none())?;
    Arc::clone(&room.0)
        .try_acquire_many_owned(count)
        .map_err(|_| none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_much_at_once() {
        let room = BodyRoom(Arc::new(Semaphore::new(3 * STEP_BYTES)));
        let one = take(&room, 1).unwrap();
        let two = take(&room, STEP_BYTES + 1).unwrap();
        assert_eq!(two.num_permits(), 2 * STEP_BYTES);
        assert_eq!(take(&room, 1).unwrap_err().code, "unavailable");
        drop(one);
        assert!(take(&room, STEP_BYTES).is_ok());
    }

    #[test]
    fn the_largest_bodies_fit() {
        let room = BodyRoom::default();
        assert!(take(&room, outwork_domain::limits::BODY_WITH_IMAGES_BYTES_MAX).is_ok());
    }
}
