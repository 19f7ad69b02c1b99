//! Both databases have the same migrations, numbered without gaps.

use crate::tree::{assert_none, names};

fn faults(sqlite: &[String], postgres: &[String]) -> Vec<String> {
    let only = |here: &[String], there: &[String], place: &str| -> Vec<String> {
        here.iter()
            .filter(|name| !there.contains(name))
            .map(|name| format!("migrations/{place}/{name} has no counterpart of the same name."))
            .collect()
    };
    let mut faults = only(sqlite, postgres, "sqlite");
    faults.extend(only(postgres, sqlite, "postgres"));
    for (at, name) in sqlite.iter().enumerate() {
        let number = format!("{:04}_", at + 1);
        if !name.starts_with(&number) {
            faults.push(format!(
                "migrations/sqlite/{name}: the next number is {number}."
            ));
        }
    }
    faults
}

#[test]
fn both_databases_have_the_same_migrations() {
    let sqlite = names("migrations/sqlite");
    assert!(!sqlite.is_empty());
    assert_none(&faults(&sqlite, &names("migrations/postgres")));
}

#[test]
fn each_fault_is_found() {
    let own = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let sqlite = own(&["0001_a.sql", "0003_b.sql"]);
    let postgres = own(&["0001_a.sql", "0002_b.sql"]);
    assert_eq!(faults(&sqlite, &postgres).len(), 3);
}
