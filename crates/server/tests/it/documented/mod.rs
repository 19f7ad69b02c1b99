//! Every operation of the vendor's documents, in every status that they list: either the walk below
//! provokes it, or it stands among those that cannot be, with the reason.
//!
//! Each answer on the way goes before the oracle, as in all tests; here nothing may be left out.

mod successes;
mod table;
mod walk;

use std::collections::BTreeSet;

use table::{Pair, documented, impossible};
use walk::Walk;

#[tokio::test]
async fn every_documented_status_is_provoked_or_cannot_be() {
    let mut walk = Walk::start().await;
    walk.without_a_key().await;
    walk.as_another_site().await;
    walk.too_often().await;
    walk.of_what_is_not_there().await;
    walk.with_mistakes().await;
    walk.against_the_state().await;
    walk.successes().await;
    let documented: BTreeSet<Pair> = documented().into_iter().collect();
    let unnamed: Vec<&Pair> = documented
        .difference(&walk.seen)
        .filter(|pair| impossible(pair).is_none())
        .collect();
    assert!(
        unnamed.is_empty(),
        "neither provoked nor impossible: {unnamed:#?}"
    );
    let after_all: Vec<&Pair> = walk
        .seen
        .iter()
        .filter(|pair| impossible(pair).is_some())
        .collect();
    assert!(
        after_all.is_empty(),
        "called impossible, but provoked: {after_all:#?}"
    );
}
