//! Finds a way round in a directed graph.

use std::collections::{BTreeMap, BTreeSet};

/// What each node points to.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// One cycle, if there is any: its nodes in order, the first one again at the end.
pub fn cycle(graph: &Graph) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    graph
        .keys()
        .find_map(|start| walk(graph, start, &mut Vec::new(), &mut done))
}

fn walk(
    graph: &Graph,
    node: &str,
    path: &mut Vec<String>,
    done: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(at) = path.iter().position(|seen| seen == node) {
        let mut round = path.split_off(at);
        round.push(node.to_owned());
        return Some(round);
    }
    if done.contains(node) {
        return None;
    }
    path.push(node.to_owned());
    let next = graph.get(node).into_iter().flatten();
    for other in next {
        if let Some(found) = walk(graph, other, path, done) {
            return Some(found);
        }
    }
    path.pop();
    done.insert(node.to_owned());
    None
}

#[test]
fn finds_a_cycle_and_no_diamond() {
    let graph = |edges: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph
                .entry((*from).to_owned())
                .or_default()
                .insert((*to).to_owned());
        }
        graph
    };
    assert_eq!(
        cycle(&graph(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])),
        None
    );
    let found = cycle(&graph(&[("a", "b"), ("b", "c"), ("c", "b")])).unwrap();
    assert_eq!(found, ["b", "c", "b"]);
}
