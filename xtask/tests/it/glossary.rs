//! The glossary is a table of words, each once, each with its meaning, in the order of the alphabet.

use crate::tree::{assert_none, read};

fn faults(document: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut last = String::new();
    let rows = document
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1);
    for row in rows.filter(|row| !row.starts_with("|---")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [word, meaning, _not] = cells.as_slice() else {
            faults.push(format!(
                "GLOSSARY.md: a row has three cells, not {}: {row}",
                cells.len()
            ));
            continue;
        };
        if word.is_empty() || meaning.is_empty() {
            faults.push(format!(
                "GLOSSARY.md: a word or its meaning is missing: {row}"
            ));
        }
        if word.to_lowercase() <= last {
            faults.push(format!(
                "GLOSSARY.md: `{word}` stands twice or out of order."
            ));
        }
        last = word.to_lowercase();
    }
    faults
}

#[test]
fn the_glossary_is_well_formed() {
    let document = read("GLOSSARY.md");
    assert!(document.contains("| run |"), "the glossary has its words");
    assert_none(&faults(&document));
}

#[test]
fn each_fault_is_found() {
    let document =
        "| word | means | not |\n|---|---|---|\n| b | x | |\n| a | y | |\n| c | | |\n| d | z |\n";
    assert_eq!(faults(document).len(), 3);
}
