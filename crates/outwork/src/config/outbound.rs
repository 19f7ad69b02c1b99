//! What the server may call for users beyond public addresses by https.

use outwork_domain::address::Plain;
use outwork_engine::outbound::OutboundOptions;
use serde::Deserialize;

use super::hosts::PlainHttpChoice;
use crate::exit::Failure;

/// The `[outbound]` section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboundSection {
    /// Hosts, with or without a port, and networks.
    pub allow: Vec<String>,
    /// Whether `http://` is open.
    pub plain_http: PlainHttpChoice,
}

impl OutboundSection {
    /// What it comes to; where the server listens is known only once it does.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the exception that is none.
    pub fn resolve(&self) -> Result<OutboundOptions, Failure> {
        let rule = |text: &String| {
            text.parse()
                .map_err(|error| Failure::Usage(format!("[outbound] allow: {error}")))
        };
        Ok(OutboundOptions {
            allow: self.allow.iter().map(rule).collect::<Result<_, _>>()?,
            plain_http: match self.plain_http {
                PlainHttpChoice::Refused => Plain::Refused,
                PlainHttpChoice::Allowed => Plain::Allowed,
            },
            own_addresses: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_read_and_others_named() {
        let section = |allow: &[&str]| OutboundSection {
            allow: allow.iter().map(|&rule| rule.to_owned()).collect(),
            ..OutboundSection::default()
        };
        let options = section(&["hooks.internal:8443", "10.2.0.0/16"]).resolve();
        let options = options.unwrap();
        assert_eq!(
            (options.allow.len(), options.plain_http),
            (2, Plain::Refused)
        );
        let failure = section(&["10.2.0.0/99"]).resolve().unwrap_err();
        assert_eq!(failure.status(), 2);
        assert!(failure.to_string().contains("10.2.0.0/99"), "{failure}");
    }
}
