//! The server's own description: OpenAPI 3.1, made from the handlers that it describes.
//!
//! A handler says what is particular to it (`#[utoipa::path]`) and is registered by the same line that
//! makes its route; what holds for all operations of a surface is added here, in one place: keys, the
//! shape of failures, headers, names. So no route can exist without its description.

mod absent;
mod document;
mod failures;
mod names;
mod places;
mod routes;
mod surfaces;
mod variants;

pub(crate) use document::Description;
pub(crate) use routes::Routes;
pub(crate) use surfaces::{
    ARTIFACTS, CURSOR_V0, CURSOR_V1, FORGES, Group, JULES, MINTLIFY, NATIVE, PRIVATE_WORKERS,
    SERVER, SIGN_IN,
};
