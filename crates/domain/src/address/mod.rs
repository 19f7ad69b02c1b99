//! Which addresses the server may call on behalf of users: the one classifier for every URL that they
//! supply, webhooks, images and repositories alike.
//!
//! Pure: it judges addresses and spellings. Looking names up, the operator's exceptions and the calls
//! themselves are the engine's.

mod name;
mod network;
mod range;
mod url;

pub use name::{is_metadata_name, is_own_name};
pub use network::{InvalidNetwork, Network};
pub use range::{is_metadata, refusal};
pub use url::{InvalidOutboundUrl, OutboundHost, OutboundUrl, Plain};
