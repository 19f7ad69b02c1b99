//! What of a value of several lines is secret by itself: a key, and not the words around it.
//!
//! Files with keys in them say much that every other such file says, too: `apiVersion: v1` of a kubeconfig must
//! not be taken for a secret wherever it stands.

use crate::limits::REDACTED_BYTES_MIN;

/// From here on a word is long enough to be a key, whatever it is made of.
const LONG_BYTES: usize = 16;
/// From here on one with letters and digits is.
const MIXED_BYTES: usize = 6;
/// What names, paths and versions have, and passwords seldom.
const OF_NAMES: [char; 5] = ['-', '.', '/', ':', '_'];

/// The lines in which something is a key, and the words of them that are no names, where the value has more than
/// that.
pub(super) fn parts(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(['\r', '\n'])
        .map(str::trim)
        .filter(|line| !is_mark(line) && words(line).any(tells))
        .flat_map(|line| {
            let alone =
                |word: &&str| tells(word) && (word.len() >= LONG_BYTES || !word.contains(OF_NAMES));
            std::iter::once(line).chain(words(line).filter(alone))
        })
        .filter(move |part| part.len() >= REDACTED_BYTES_MIN && *part != value)
}

/// Such as `-----BEGIN PRIVATE KEY-----`.
fn is_mark(line: &str) -> bool {
    line.starts_with("-----") && line.ends_with("-----")
}

/// What stands between spaces, without what names it or encloses it.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
        .filter(|word| !word.ends_with(':'))
        .map(|word| {
            let name = |name: &str| name.chars().all(|one| one.is_alphanumeric() || one == '_');
            let behind = word.split_once('=').filter(|(front, _)| name(front));
            // The padding of base64 is no value of a name.
            let bare = |rest: &str| rest.trim_start_matches('=').is_empty();
            let word = behind.map_or(word, |(_, rest)| if bare(rest) { word } else { rest });
            word.trim_matches(['"', '\'', ',', ';'])
        })
}

/// Whether a word may be a key.
fn tells(word: &str) -> bool {
    let has = |kind: fn(char) -> bool| word.contains(kind);
    let is_page = word.starts_with("http://") || word.starts_with("https://");
    if is_page && !word.contains('@') {
        return false;
    }
    let is_mixed = has(char::is_alphabetic) && has(char::is_numeric);
    (word.len() >= LONG_BYTES && has(char::is_alphanumeric))
        || (word.len() >= MIXED_BYTES && is_mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Vec<&str> {
        parts(value).collect()
    }

    #[test]
    fn the_body_of_a_key_counts_line_by_line() {
        let key = "-----BEGIN KEY-----\r\nMIGHAgEAMBMG/+Kq\r\n  Q3dlcnR6dWlvcGE=\n{{{{{{{{{{{{{{{{{{\nAbC4=\n-----END KEY-----\n";
        let twice = ["MIGHAgEAMBMG/+Kq", "Q3dlcnR6dWlvcGE="];
        let mut found = of(key);
        found.dedup();
        assert_eq!(found, twice);
        assert_eq!(of("one-line-of-text-and-4"), [""; 0]);
    }

    #[test]
    fn what_every_such_file_says_does_not_count() {
        let kubeconfig = "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://10.0.0.1:6443\n    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\n  name: prod\n";
        assert_eq!(
            of(kubeconfig),
            [
                "certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
                "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"
            ]
        );
        let account = "{\n  \"type\": \"service_account\",\n  \"token_uri\": \"https://oauth2.googleapis.com/token\",\n  \"private_key_id\": \"0a1b2c3d4e5f6a7b8c9d\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMG/+KqQ3dl\\n-----END PRIVATE KEY-----\\n\"\n}";
        let found = of(account);
        for part in [
            "\"private_key_id\": \"0a1b2c3d4e5f6a7b8c9d\",",
            "0a1b2c3d4e5f6a7b8c9d",
            "KEY-----\\nMIGHAgEAMBMG/+KqQ3dl\\n-----END",
        ] {
            assert!(found.contains(&part), "{part} is not in {found:?}");
        }
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn values_of_names_count() {
        let file = "NODE_ENV=production\nDB_PASSWORD='wombat-77'\nAPI_TOKEN=\"kiwi=88\"\nDATABASE_URL=https://me:pw@db.example.com\ncluster: prod-eu-1\nmachine github.com\n  login me password hunter2hunter2\n";
        assert_eq!(
            of(file),
            [
                "DB_PASSWORD='wombat-77'",
                "API_TOKEN=\"kiwi=88\"",
                "DATABASE_URL=https://me:pw@db.example.com",
                "https://me:pw@db.example.com",
                "cluster: prod-eu-1",
                "login me password hunter2hunter2",
                "hunter2hunter2",
            ]
        );
    }
}
