//! Pull requests as the engine wants them, whoever keeps them.
//!
//! A [`Forge`] finds and opens pull requests; it never decides whether one should exist. Both calls
//! can be repeated after a crash: the engine looks before it opens.

#![forbid(unsafe_code)]

mod draft;
mod error;
mod forge;

pub use draft::{Draft, Found, HeadMoved};
pub use error::Error;
pub use forge::Forge;
