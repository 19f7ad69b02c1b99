//! Takes in what a tool host says beside a result's text: counted and measured before it is believed.

use outwork_domain::limits::{MATCHES_MAX, OUTPUT_TO_MODEL_BYTES_MAX};
use outwork_domain::{Extent, MatchedFile, ToolFacts};

use crate::protocol::{Facts, WireExtent};

/// The facts as the server knows them, or in words why they are no tool's.
pub(crate) fn admit(facts: Facts) -> Result<ToolFacts, String> {
    Ok(match facts {
        Facts::Command { signal } => ToolFacts::Command { signal },
        Facts::Read {
            line_count,
            byte_count,
        } => ToolFacts::Read {
            line_count,
            byte_count,
        },
        Facts::Wrote {
            line_count,
            byte_count,
        } => ToolFacts::Wrote {
            line_count,
            byte_count,
        },
        Facts::Edited {
            lines_added,
            lines_removed,
        } => ToolFacts::Edited {
            lines_added,
            lines_removed,
        },
        Facts::Found { files, extent } => {
            measure(files.len(), files.iter().map(String::len).sum())?;
            ToolFacts::Found {
                files,
                extent: admit_extent(extent),
            }
        }
        Facts::Matched { files, extent } => {
            let lines = files.iter().map(|(_, lines)| lines.len()).sum();
            measure(lines, files.iter().map(|(path, _)| path.len()).sum())?;
            measure(files.len(), 0)?;
            let file = |(path, lines)| MatchedFile { path, lines };
            ToolFacts::Matched {
                files: files.into_iter().map(file).collect(),
                extent: admit_extent(extent),
            }
        }
    })
}

/// Whatever is listed also stands in the text, so it cannot be longer.
fn measure(count: usize, byte_count: usize) -> Result<(), String> {
    if count > MATCHES_MAX || byte_count > OUTPUT_TO_MODEL_BYTES_MAX {
        return Err(format!("a list of {count} entries and {byte_count} bytes"));
    }
    Ok(())
}

const fn admit_extent(extent: WireExtent) -> Extent {
    match extent {
        WireExtent::Whole => Extent::Whole,
        WireExtent::Cut => Extent::Cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_beyond_the_limits_are_refused() {
        let found = |files: Vec<String>| {
            let extent = WireExtent::Whole;
            admit(Facts::Found { files, extent })
        };
        assert!(found(vec!["a".into(); MATCHES_MAX]).is_ok());
        assert!(found(vec!["a".into(); MATCHES_MAX + 1]).is_err());
        assert!(found(vec!["a".repeat(OUTPUT_TO_MODEL_BYTES_MAX + 1)]).is_err());
        let matched = |files: Vec<(String, Vec<u64>)>| {
            let extent = WireExtent::Cut;
            admit(Facts::Matched { files, extent })
        };
        assert!(matched(vec![("a".into(), vec![1; MATCHES_MAX])]).is_ok());
        assert!(matched(vec![("a".into(), vec![1; MATCHES_MAX + 1])]).is_err());
        assert!(matched(vec![(String::new(), vec![]); MATCHES_MAX + 1]).is_err());
    }
}
