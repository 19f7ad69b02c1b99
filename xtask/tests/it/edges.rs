//! The edges between crates are those of the layer table in ARCHITECTURE.md, both ways.

use std::collections::{BTreeMap, BTreeSet};

use crate::cargo::{Home, Package, Purpose, packages};
use crate::tree::{assert_none, read};

/// One row of the table.
struct Row {
    layer: Layer,
    uses: BTreeSet<String>,
}

/// Where a crate stands; a crate uses only what stands below.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Layer {
    Numbered(u32),
    /// Beside the product: tests, benchmarks and tasks use it, the product never.
    Dev,
}

/// Reads rows such as ``| 1 | `store` | owns … | `domain` |``; the table is the one with a `layer` column.
fn rows(document: &str) -> BTreeMap<String, Row> {
    let table = document
        .lines()
        .skip_while(|line| !line.starts_with("| layer |"))
        .take_while(|line| line.starts_with('|'));
    table.filter_map(row).collect()
}

fn row(line: &str) -> Option<(String, Row)> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let layer = match *cells.first()? {
        "dev" => Layer::Dev,
        number => Layer::Numbered(number.parse().ok()?),
    };
    let name = quoted(cells.get(1)?).next()?;
    let uses = quoted(cells.last()?).collect();
    Some((name, Row { layer, uses }))
}

/// The words between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

fn faults(document: &str, packages: &[Package]) -> Vec<String> {
    let rows = rows(document);
    let mut faults = Vec::new();
    for name in rows.keys() {
        if !packages.iter().any(|package| package.name == *name) {
            faults.push(format!(
                "ARCHITECTURE.md lists the crate `{name}`, which does not exist."
            ));
        }
    }
    for package in packages {
        match rows.get(&package.name) {
            Some(row) => {
                faults.extend(faults_of_edges(package, row));
                faults.extend(faults_of_layers(package, row.layer, &rows));
            }
            None => faults.push(format!(
                "The crate `{}` has no row in the layer table of ARCHITECTURE.md.",
                package.name
            )),
        }
    }
    faults
}

fn faults_of_edges(package: &Package, row: &Row) -> Vec<String> {
    let real: BTreeSet<String> = package
        .dependencies
        .iter()
        .filter(|edge| edge.home == Home::Workspace && edge.purpose == Purpose::Program)
        .map(|edge| edge.name.clone())
        .collect();
    let name = &package.name;
    let unlisted = real.difference(&row.uses).map(|other| {
        format!("`{name}` uses `{other}`, which its row in ARCHITECTURE.md does not say: a new edge needs its own commit and its line there.")
    });
    let gone = row.uses.difference(&real).map(|other| {
        format!("ARCHITECTURE.md says that `{name}` uses `{other}`, which its Cargo.toml does not.")
    });
    unlisted.chain(gone).collect()
}

fn faults_of_layers(package: &Package, layer: Layer, rows: &BTreeMap<String, Row>) -> Vec<String> {
    let name = &package.name;
    let ours = package
        .dependencies
        .iter()
        .filter(|edge| edge.home == Home::Workspace);
    ours.filter_map(|edge| {
        let below = rows.get(&edge.name)?.layer;
        let allowed = match (layer, below, edge.purpose) {
            (Layer::Dev, _, _) | (Layer::Numbered(_), Layer::Dev, Purpose::Tests) => true,
            (Layer::Numbered(_), Layer::Dev, Purpose::Program) => false,
            (Layer::Numbered(_), Layer::Numbered(_), _) => below < layer,
        };
        (!allowed).then(|| {
            format!("`{name}` must not use `{}`: a crate uses only layers below its own, and the layer `dev` only in tests.", edge.name)
        })
    })
    .collect()
}

#[test]
fn the_crates_are_those_of_the_table() {
    assert_none(&faults(&read("ARCHITECTURE.md"), &packages()));
}

#[test]
fn each_kind_of_wrong_edge_is_found() {
    let document = "| layer | crate | owns | uses |\n|---|---|---|---|\n\
        | 1 | `store` | SQL | `domain`, `forge` |\n| 1 | `forge` | pulls | `domain` |\n\
        | 0 | `domain` | words | – |\n| 0 | `gone` | nothing | – |\n| dev | `stand-ins` | fakes | – |\n";
    let ours = |name: &str, uses: &[(&str, Purpose)]| Package {
        name: name.to_owned(),
        dependencies: uses
            .iter()
            .map(|(name, purpose)| crate::cargo::Dependency {
                name: (*name).to_owned(),
                home: Home::Workspace,
                purpose: *purpose,
            })
            .collect(),
    };
    let packages = [
        ours("domain", &[("stand-ins", Purpose::Tests)]),
        ours(
            "forge",
            &[
                ("domain", Purpose::Program),
                ("stand-ins", Purpose::Program),
            ],
        ),
        ours("stand-ins", &[]),
        ours("store", &[("forge", Purpose::Program)]),
        ours("unlisted", &[]),
    ];
    let found = faults(document, &packages).join("\n");
    for part in [
        "lists the crate `gone`",
        "`forge` uses `stand-ins`",
        "`forge` must not use `stand-ins`",
        "says that `store` uses `domain`",
        "`store` must not use `forge`",
        "`unlisted` has no row",
    ] {
        assert!(found.contains(part), "{part} is not in:\n{found}");
    }
    assert_eq!(found.lines().count(), 6, "{found}");
}
