//! What a statement's placeholders are filled with.
//!
//! Four kinds are all that the tables hold. An absent value keeps its kind, because PostgreSQL wants
//! to know the type of a NULL.

use outwork_domain::{
    AccountId, AgentId, ArtifactPath, Attempt, BaseRef, BranchName, CommitId, DeliveryId,
    EndpointId, EnvironmentId, EnvironmentVersionId, KeyId, PullRequestNumber, Repository, RunId,
    SecretId, Seq, Timestamp,
};
use uuid::Uuid;

/// One value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// `INTEGER`, `bigint`.
    Integer(Option<i64>),
    /// `TEXT`, `text`.
    Text(Option<String>),
    /// `BLOB`, `bytea`.
    Bytes(Option<Vec<u8>>),
    /// `BLOB`, `uuid`.
    Uuid(Option<Uuid>),
}

/// The values of a statement in the order of its placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::database::Value::from($value)),*] };
}
pub(crate) use values;

/// PostgreSQL's `text` cannot hold a NUL character, and what a model writes may contain one: it is
/// replaced by U+FFFD, in both databases alike.
fn storable(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(storable(value)))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value.map(storable))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        value.map(str::to_owned).into()
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        i64::from(value).into()
    }
}

/// Numbers beyond the signed range end at its end: no row is that far.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).unwrap_or(i64::MAX).into()
    }
}

impl From<Option<u32>> for Value {
    fn from(value: Option<u32>) -> Self {
        Self::Integer(value.map(i64::from))
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        value.millis().into()
    }
}

impl From<Option<Uuid>> for Value {
    fn from(value: Option<Uuid>) -> Self {
        Self::Uuid(value)
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Integer(value.map(Timestamp::millis))
    }
}

impl From<Attempt> for Value {
    fn from(value: Attempt) -> Self {
        value.0.into()
    }
}

impl From<Seq> for Value {
    fn from(value: Seq) -> Self {
        value.0.into()
    }
}

impl From<PullRequestNumber> for Value {
    fn from(value: PullRequestNumber) -> Self {
        value.0.into()
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        value.to_vec().into()
    }
}

macro_rules! ids {
    ($($id:ty),*) => {
        $(impl From<$id> for Value {
            fn from(value: $id) -> Self {
                Self::Uuid(Some(value.uuid()))
            }
        }
        impl From<Option<$id>> for Value {
            fn from(value: Option<$id>) -> Self {
                Self::Uuid(value.map(<$id>::uuid))
            }
        })*
    };
}
ids!(
    AccountId,
    AgentId,
    DeliveryId,
    EndpointId,
    EnvironmentId,
    EnvironmentVersionId,
    KeyId,
    RunId,
    SecretId
);

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Uuid(Some(value))
    }
}

macro_rules! texts {
    ($($name:ty => $text:expr),* $(,)?) => {
        $(
            impl From<&$name> for Value {
                fn from(value: &$name) -> Self {
                    let text: fn(&$name) -> String = $text;
                    text(value).into()
                }
            }
            impl From<&Option<$name>> for Value {
                fn from(value: &Option<$name>) -> Self {
                    let text: fn(&$name) -> String = $text;
                    value.as_ref().map(text).into()
                }
            }
        )*
    };
}
texts!(
    ArtifactPath => |path| path.as_str().to_owned(),
    BaseRef => |base| base.as_str().to_owned(),
    BranchName => |branch| branch.as_str().to_owned(),
    CommitId => |commit| commit.as_str().to_owned(),
    Repository => ToString::to_string,
    String => Clone::clone,
);
