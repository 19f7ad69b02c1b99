//! Keys that may do less than their accounts.

use outwork_domain::{KeyRules, KeyScope};

/// Each way in which a key can be limited, by itself: what is sent here comes from nowhere.
pub fn key_limits() -> [KeyRules; 3] {
    [
        KeyRules {
            scope: KeyScope::Read,
            ..KeyRules::default()
        },
        KeyRules {
            projects: vec!["docs".parse().unwrap()],
            ..KeyRules::default()
        },
        KeyRules {
            networks: vec!["0.0.0.0".parse().unwrap()],
            ..KeyRules::default()
        },
    ]
}
