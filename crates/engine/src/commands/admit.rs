//! Whether new work is taken at present.

use super::CommandError;
use crate::Engine;

impl Engine {
    /// Refuses new work while the machine is short of something; costs nothing to ask.
    ///
    /// # Errors
    ///
    /// [`CommandError::Unavailable`] says what is short.
    pub fn admit(&self) -> Result<(), CommandError> {
        let short = |what: &str| CommandError::Unavailable(what.to_owned());
        self.inner.admission.admit().map_err(short)
    }
}
