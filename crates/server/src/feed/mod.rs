//! What happens to agents, read once for all who watch.
//!
//! A `Follower` is one stream's place in an agent's history. While it is behind it reads the table;
//! once it has caught up it takes what the agent's [`hub`] has read, of which there is one in this
//! process. Nothing is queued for a follower, so one that is slow costs its place and no more: what it
//! missed is read from the table again. The table is the truth, bells and polls only say when to look.

mod hub;
mod item;
mod respond;
mod tail;

pub(crate) use hub::{CHARS_MAX, Feeds, Hub, News, ROWS_MAX};
pub(crate) use item::{Form, Item};
pub(crate) use respond::respond;
pub(crate) use tail::Behind;
