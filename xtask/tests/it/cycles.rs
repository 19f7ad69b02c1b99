//! The top-level modules of a crate form no cycle, and nothing imports everything of another.
//!
//! Read from `crate::` paths; a name that `lib.rs` re-exports counts for the module that it is from.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, cycle};
use crate::source::{code_only, is_test_file, without_tests, words};
use crate::tree::{File, assert_none, rust};

/// The sources of one crate: root and top-level modules with their code.
#[derive(Default)]
struct Crate {
    root: String,
    modules: BTreeMap<String, String>,
}

fn crates(files: &[File]) -> BTreeMap<String, Crate> {
    let mut crates: BTreeMap<String, Crate> = BTreeMap::new();
    for file in files {
        let Some((folder, inside)) = file.path.split_once("/src/") else {
            continue;
        };
        if is_test_file(&file.path) {
            continue;
        }
        let code = without_tests(&code_only(&file.text));
        let found = crates.entry(folder.to_owned()).or_default();
        if matches!(inside, "lib.rs" | "main.rs") {
            found.root = code;
        } else {
            let module = inside.split('/').next().unwrap_or(inside);
            let module = module.strip_suffix(".rs").unwrap_or(module).to_owned();
            let is_top = !inside.contains('/');
            // In a file right below the root, `super` is the root.
            let code = if is_top {
                code.replace("super::", "crate::")
            } else {
                code
            };
            found.modules.entry(module).or_default().push_str(&code);
        }
    }
    crates
}

/// Which module each name of the crate's root comes from.
fn re_exports(found: &Crate) -> BTreeMap<String, String> {
    let mut homes = BTreeMap::new();
    for at in words(&found.root, "use") {
        let path = found.root[at + 3..]
            .trim_start()
            .trim_start_matches("crate::");
        let Some((module, names)) = path.split_once("::") else {
            continue;
        };
        if found.modules.contains_key(module) {
            for name in first_names(names) {
                homes.insert(name, module.to_owned());
            }
        }
    }
    homes
}

/// The first names of a use-tree: of `a::b`, `a`; of `{a::b, c as d}`, `a` and `c`.
fn first_names(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let name = |text: &str| -> String {
        let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
        text.trim_start().chars().take_while(is_part).collect()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let mut names = vec![name(group)];
    let mut depth = 0_u32;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&group[at + 1..])),
            _ => {}
        }
    }
    names
}

fn graph(found: &Crate) -> Graph {
    let homes = re_exports(found);
    let target = |name: String| {
        let is_module = found.modules.contains_key(&name);
        if is_module {
            Some(name)
        } else {
            homes.get(&name).cloned()
        }
    };
    let edges = |module: &String, code: &String| {
        let paths = words(code, "crate").filter_map(|at| code[at + 5..].strip_prefix("::"));
        let mut others: BTreeSet<String> = paths.flat_map(first_names).filter_map(target).collect();
        others.remove(module);
        (module.clone(), others)
    };
    found
        .modules
        .iter()
        .map(|(module, code)| edges(module, code))
        .collect()
}

fn faults_of_cycles(files: &[File]) -> Vec<String> {
    let of_crate = |(folder, found): (String, Crate)| {
        let round = cycle(&graph(&found))?;
        Some(format!(
            "{folder}: its modules form a cycle: {}.",
            round.join(" → ")
        ))
    };
    crates(files).into_iter().filter_map(of_crate).collect()
}

fn faults_of_globs(files: &[File]) -> Vec<String> {
    let imports_all = |file: &&File| {
        let code = without_tests(&code_only(&file.text));
        !is_test_file(&file.path) && (code.contains("super::*") || code.contains("crate::*"))
    };
    files
        .iter()
        .filter(imports_all)
        .map(|file| {
            format!(
                "{}: name what you import; `::*` of one's own crate is for tests.",
                file.path
            )
        })
        .collect()
}

#[test]
fn modules_form_no_cycle() {
    assert_none(&faults_of_cycles(&rust()));
}

#[test]
fn nothing_imports_everything() {
    assert_none(&faults_of_globs(&rust()));
}

#[test]
fn a_cycle_through_a_re_export_is_found() {
    let files = [
        File::new(
            "crates/x/src/lib.rs",
            "mod a;\nmod b;\nmod c;\npub use a::{A, B};\n",
        ),
        File::new("crates/x/src/a.rs", "use crate::c::{d, e::F};\n"),
        File::new(
            "crates/x/src/b.rs",
            "// crate::a would be a cycle, but this is a comment\n",
        ),
        File::new(
            "crates/x/src/c/d.rs",
            "fn f() -> crate::B { \"crate::b\" }\n",
        ),
    ];
    assert_eq!(
        faults_of_cycles(&files),
        ["crates/x: its modules form a cycle: a → c → a."]
    );
    assert!(faults_of_cycles(&files[..3]).is_empty());
}

#[test]
fn a_glob_outside_tests_is_found() {
    let bad = File::new("crates/x/src/a.rs", "use super::*;\n");
    let good = File::new(
        "crates/x/src/b.rs",
        "#[cfg(test)]\nmod tests {\n    use super::*;\n}\n",
    );
    assert_eq!(faults_of_globs(&[bad, good]).len(), 1);
}
