//! What the server says of its own API.

mod docs;
mod openapi;
