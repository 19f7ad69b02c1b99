//! How the facts of a tool's result lie in its event; names as in `body`.

use outwork_domain::{Extent, MatchedFile, ToolFacts};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(remote = "ToolFacts", rename_all = "snake_case")]
enum Stored {
    Command {
        signal: Option<i32>,
    },
    Read {
        line_count: u64,
        byte_count: u64,
    },
    Wrote {
        line_count: u64,
        byte_count: u64,
    },
    Edited {
        lines_added: u64,
        lines_removed: u64,
    },
    Found {
        files: Vec<String>,
        #[serde(with = "StoredExtent")]
        extent: Extent,
    },
    Matched {
        #[serde(with = "matched")]
        files: Vec<MatchedFile>,
        #[serde(with = "StoredExtent")]
        extent: Extent,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Extent", rename_all = "snake_case")]
enum StoredExtent {
    Whole,
    Cut,
}

/// Facts that may be absent.
pub(super) mod optional {
    use outwork_domain::ToolFacts;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Stored;

    #[derive(Serialize)]
    struct Shown<'a>(#[serde(with = "Stored")] &'a ToolFacts);

    #[derive(Deserialize)]
    struct Read(#[serde(with = "Stored")] ToolFacts);

    pub(in super::super) fn serialize<S: Serializer>(
        facts: &Option<ToolFacts>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        facts.as_ref().map(Shown).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<ToolFacts>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(|Read(facts)| facts))
    }
}

/// Files with their lines, as pairs.
mod matched {
    use outwork_domain::MatchedFile;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        files: &[MatchedFile],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(files.iter().map(|file| (&file.path, &file.lines)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<MatchedFile>, D::Error> {
        let pairs: Vec<(String, Vec<u64>)> = Vec::deserialize(deserializer)?;
        let file = |(path, lines)| MatchedFile { path, lines };
        Ok(pairs.into_iter().map(file).collect())
    }
}
