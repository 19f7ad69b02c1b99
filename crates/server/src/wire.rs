//! Pieces that the wire forms of all dialects share: ids, times, texts of domain types.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use outwork_domain::{AgentId, Cost, RunId, SecretId, Timestamp};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

/// An agent's id as every client sees it: `bc-<uuid>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^bc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    example = "bc-0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11")]
pub(crate) struct WireAgentId(pub(crate) AgentId);

impl fmt::Display for WireAgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bc-{}", self.0)
    }
}

impl Serialize for WireAgentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text does not have the form of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MalformedId;

impl WireAgentId {
    /// Reads an id without regard to case.
    ///
    /// What has the form of an id but is none that we make reads as the nil id: no agent has that, so
    /// it is as unknown as any other, and on the same way.
    pub(crate) fn read(text: &str) -> Result<AgentId, MalformedId> {
        let prefix = text.get(..3).filter(|prefix| {
            prefix.eq_ignore_ascii_case("bc-") || prefix.eq_ignore_ascii_case("bc_")
        });
        let rest = prefix.and_then(|_| text.get(3..)).ok_or(MalformedId)?;
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=64).contains(&rest.len()) || !rest.bytes().all(legal) {
            return Err(MalformedId);
        }
        let hyphenated = rest.len() == 36;
        let uuid = Uuid::try_parse(rest).ok().filter(|_| hyphenated);
        Ok(AgentId::new(uuid.unwrap_or_else(Uuid::nil)))
    }
}

/// A run's id as clients of v1 see it: `run-<uuid>`, of any version of UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^run-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    example = "run-0190f6a2-7c1e-7d3a-8b53-3a1f7f0f9e11")]
pub(crate) struct WireRunId(pub(crate) RunId);

impl fmt::Display for WireRunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run-{}", self.0)
    }
}

impl Serialize for WireRunId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl WireRunId {
    /// Reads an id without regard to case.
    pub(crate) fn read(text: &str) -> Result<RunId, MalformedId> {
        let prefix = text
            .get(..4)
            .filter(|prefix| prefix.eq_ignore_ascii_case("run-"));
        let rest = prefix.and_then(|_| text.get(4..)).ok_or(MalformedId)?;
        let uuid = Uuid::try_parse(rest).ok().filter(|_| rest.len() == 36);
        uuid.map(RunId::new).ok_or(MalformedId)
    }
}

/// A secret's id as clients of v1 see it: `secv_` and 22 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^secv_[A-Za-z0-9_-]{22}$",
    example = "secv_AZD2onwefTqLUzoffw-eEQ")]
pub(crate) struct WireSecretId(pub(crate) SecretId);

impl fmt::Display for WireSecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secv_{}", URL_SAFE_NO_PAD.encode(self.0.bytes()))
    }
}

impl Serialize for WireSecretId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl WireSecretId {
    /// Reads an id; its case counts.
    pub(crate) fn read(text: &str) -> Result<SecretId, MalformedId> {
        let digits = text.strip_prefix("secv_").ok_or(MalformedId)?;
        let bytes = URL_SAFE_NO_PAD.decode(digits).map_err(|_| MalformedId)?;
        let uuid = Uuid::from_slice(&bytes).map_err(|_| MalformedId)?;
        Ok(SecretId::new(uuid))
    }
}

/// A point in time as RFC 3339 text.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-15T10:30:00.000Z")]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// US cents as a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cents(pub(crate) Cost);

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cents: f64 = self.0.to_string().parse().map_err(S::Error::custom)?;
        serializer.serialize_f64(cents)
    }
}

/// A domain value by its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<T>(pub(crate) T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ids_without_regard_to_case() {
        let uuid = "0f2c9a4e-5d1b-4c1e-9b53-3a1f7f0f9e11";
        let id: AgentId = uuid.parse().unwrap();
        assert_eq!(WireAgentId(id).to_string(), format!("bc-{uuid}"));
        let upper = format!("BC-{}", uuid.to_uppercase());
        for text in [format!("bc-{uuid}"), upper] {
            assert_eq!(WireAgentId::read(&text), Ok(id), "{text}");
        }
    }

    #[test]
    fn secret_ids_have_22_characters_behind_their_prefix() {
        for uuid in [Uuid::nil(), Uuid::max(), Uuid::from_u128(7)] {
            let id = SecretId::new(uuid);
            let text = WireSecretId(id).to_string();
            assert_eq!(text.len(), "secv_".len() + 22, "{text}");
            assert_eq!(WireSecretId::read(&text), Ok(id));
        }
        for bad in [
            "",
            "secv_",
            "secv_AAAA",
            "SECV_AAAAAAAAAAAAAAAAAAAAAA",
            "secv_+",
        ] {
            assert_eq!(WireSecretId::read(bad), Err(MalformedId), "{bad}");
        }
    }

    #[test]
    fn reads_run_ids_without_regard_to_case() {
        let uuid = "0197c9a4-5d1b-7c1e-9b53-3a1f7f0f9e11";
        let id: RunId = uuid.parse().unwrap();
        assert_eq!(WireRunId(id).to_string(), format!("run-{uuid}"));
        let upper = format!("RUN-{}", uuid.to_uppercase());
        for text in [format!("run-{uuid}"), upper] {
            assert_eq!(WireRunId::read(&text), Ok(id), "{text}");
        }
        let simple = format!("run-{}", uuid.replace('-', ""));
        for text in ["", "run-", uuid, "bc-1", "rün-1", &simple] {
            assert_eq!(WireRunId::read(text), Err(MalformedId), "{text:?}");
        }
    }

    #[test]
    fn tells_unknown_from_malformed() {
        let long = format!("bc-{}", "a".repeat(65));
        for text in [
            "", "bc", "bc-", "x-1", "bc-a_b", "bc-ü", "bü-1", "0f2c", &long,
        ] {
            assert_eq!(WireAgentId::read(text), Err(MalformedId), "{text:?}");
        }
        let simple = "bc-0f2c9a4e5d1b4c1e9b533a1f7f0f9e11";
        for text in ["bc-1", "bc_abc123", "bc--", simple, &long[..67]] {
            assert_eq!(
                WireAgentId::read(text),
                Ok(AgentId::new(Uuid::nil())),
                "{text:?}"
            );
        }
    }
}
