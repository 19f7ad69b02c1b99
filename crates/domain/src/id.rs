//! Identifiers, each a type of its own so that one cannot stand where another is meant.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that the caller made or read.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The bytes of the UUID inside.
            #[must_use]
            pub const fn bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

id!(
    /// Names an account: who owns keys and agents.
    AccountId
);
id!(
    /// Names an agent: the durable record that a user creates.
    AgentId
);
id!(
    /// Names a run: the execution of one prompt.
    RunId
);
id!(
    /// Names an API key, without being its secret.
    KeyId
);
id!(
    /// Names an environment: a named set of repositories and variables that agents run with.
    EnvironmentId
);
id!(
    /// Names an entry in the history of an environment.
    EnvironmentVersionId
);
id!(
    /// Names a secret, without being its value.
    SecretId
);
id!(
    /// Names a webhook endpoint of an account.
    EndpointId
);
id!(
    /// Names a delivery: one announcement to one webhook.
    DeliveryId
);
