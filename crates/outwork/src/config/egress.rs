//! What commands in sandboxes may reach on the network.

use outwork_domain::egress::{EgressLayer, EgressMode, EgressRule, EnvironmentAuthority};
use outwork_engine::EgressOptions;
use serde::Deserialize;

use super::forges::ForgeSettings;
use super::hosts::HostSection;
use crate::exit::Failure;

const GITHUB: &str = "github.com";
/// Where github.com keeps archives, raw files and releases; packages of many languages lead there.
const OF_GITHUB: [&str; 5] = [
    "api.github.com",
    "codeload.github.com",
    "objects.githubusercontent.com",
    "raw.githubusercontent.com",
    "release-assets.githubusercontent.com",
];

/// The `[egress]` section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EgressSection {
    /// How far it begins.
    pub mode: Option<String>,
    /// Hosts that are added.
    pub allow: Vec<String>,
    /// Hosts and networks that are not public and may be reached nevertheless.
    pub private: Vec<String>,
    /// Whether environments may open more.
    pub environments: AuthorityChoice,
}

/// The `egress` of a project.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectEgressSection {
    /// How far it begins.
    pub mode: Option<String>,
    /// Hosts that are added.
    pub allow: Vec<String>,
}

/// Whether environments may open more than the server does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorityChoice {
    /// They may only close.
    #[default]
    Narrow,
    /// What they say is what is open.
    Decide,
}

impl EgressSection {
    /// What it comes to beside these hosts and forges.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the key and what is wrong with it.
    pub fn resolve(
        &self,
        hosts: &[HostSection],
        forges: &[ForgeSettings],
    ) -> Result<EgressOptions, Failure> {
        let rule = |text: &String| {
            text.parse()
                .map_err(|why| Failure::Usage(format!("[egress] private: {why}")))
        };
        Ok(EgressOptions {
            server: layer("[egress]", self.mode.as_deref(), &self.allow)?,
            forges: rules_of_forges(hosts, forges),
            private: self.private.iter().map(rule).collect::<Result<_, _>>()?,
            environments: match self.environments {
                AuthorityChoice::Narrow => EnvironmentAuthority::Narrows,
                AuthorityChoice::Decide => EnvironmentAuthority::Decides,
            },
        })
    }
}

impl ProjectEgressSection {
    /// What it comes to.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the key and what is wrong with it.
    pub fn resolve(&self, project: &str) -> Result<EgressLayer, Failure> {
        let of = format!("project {project:?}: egress");
        layer(&of, self.mode.as_deref(), &self.allow)
    }
}

fn layer(of: &str, mode: Option<&str>, allow: &[String]) -> Result<EgressLayer, Failure> {
    let refuse = |key: &str, why: String| Failure::Usage(format!("{of} {key}: {why}"));
    let mode: Option<EgressMode> = mode.map(str::parse).transpose().map_err(
        |why: outwork_domain::egress::UnknownEgressMode| refuse("mode", why.to_string()),
    )?;
    let mode = mode.unwrap_or_default();
    let read = |text: &String| {
        text.parse()
            .map_err(|why: outwork_domain::egress::InvalidEgressRule| {
                refuse("allow", why.to_string())
            })
    };
    let allow: Vec<EgressRule> = allow.iter().map(read).collect::<Result<_, _>>()?;
    // What does nothing is a mistake that nobody would see.
    let is_vain = |rule: &&EgressRule| match mode {
        EgressMode::All => rule.is_at_usual_ports(),
        EgressMode::None => true,
        EgressMode::Defaults | EgressMode::List => false,
    };
    if let Some(vain) = allow.iter().find(is_vain) {
        let hint = match mode {
            EgressMode::All => ", which opens the ports 443 and 80 of every host",
            EgressMode::Defaults | EgressMode::List | EgressMode::None => "",
        };
        return Err(refuse(
            "allow",
            format!("\"{vain}\" has no effect beside mode {mode}{hint}"),
        ));
    }
    Ok(EgressLayer { mode, allow })
}

/// A host that is configured by its address alone opens nothing: what is open is open by name.
fn rules_of_forges(hosts: &[HostSection], forges: &[ForgeSettings]) -> Vec<EgressRule> {
    let names = forges.iter().map(|forge| &forge.place);
    let mut names: Vec<&str> = names
        .chain(hosts.iter().map(|host| &host.host))
        .map(String::as_str)
        .collect();
    if names.contains(&GITHUB) {
        names.extend(OF_GITHUB);
    }
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> EgressSection {
        toml::from_str(text).unwrap()
    }

    fn host(name: &str) -> HostSection {
        HostSection {
            host: name.to_owned(),
            ..HostSection::default()
        }
    }

    #[test]
    fn the_defaults_are_open_where_nobody_says_anything() {
        let options = section("").resolve(&[], &[]).unwrap();
        assert_eq!(options.server, EgressLayer::default());
        assert_eq!(options.server.mode, EgressMode::Defaults);
        assert_eq!(options.environments, EnvironmentAuthority::Narrows);
        assert!(options.forges.is_empty() && options.private.is_empty());
    }

    #[test]
    fn a_section_is_read() {
        let text = "mode='list'\nallow=['example.org','*.example.com:8443']\n\
                    private=['registry.internal','10.2.0.0/16']\nenvironments='decide'\n";
        let hosts = [
            host("git.example.com:8443"),
            host("10.0.0.1"),
            host("github.com"),
        ];
        let options = section(text).resolve(&hosts, &[]).unwrap();
        assert_eq!(options.server.mode, EgressMode::List);
        assert_eq!((options.server.allow.len(), options.private.len()), (2, 2));
        assert_eq!(options.environments, EnvironmentAuthority::Decides);
        let forges: Vec<String> = options.forges.iter().map(ToString::to_string).collect();
        assert_eq!(forges[..2], ["git.example.com:8443", "github.com"]);
        assert!(forges.contains(&"codeload.github.com".to_owned()));
    }

    #[test]
    fn where_every_host_is_open_the_list_names_other_ports() {
        let text = "mode='all'\nallow=['a.org:22','*.b.org:8443']";
        let options = section(text).resolve(&[], &[]).unwrap();
        assert_eq!(options.server.mode, EgressMode::All);
        assert_eq!(options.server.allow.len(), 2);
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (text, part) in [
            ("mode='some'", "[egress] mode: \"some\" is none of"),
            (
                "allow=['10.0.0.1']",
                "[egress] allow: \"10.0.0.1\" is neither",
            ),
            ("private=['*.x']", "[egress] private: \"*.x\""),
            ("mode='none'\nallow=['a.org']", "no effect beside mode none"),
            ("mode='all'\nallow=['a.org']", "no effect beside mode all"),
            (
                "mode='all'\nallow=['a.org:22','a.org:80']",
                "\"a.org:80\" has no effect beside mode all, which opens the ports 443 and 80",
            ),
        ] {
            let failure = section(text).resolve(&[], &[]).unwrap_err();
            assert_eq!(failure.status(), 2, "{text}");
            assert!(failure.to_string().contains(part), "{failure}");
        }
        let project: ProjectEgressSection = toml::from_str("mode='x'").unwrap();
        let failure = project.resolve("docs").unwrap_err();
        assert!(
            failure
                .to_string()
                .contains("project \"docs\": egress mode"),
            "{failure}"
        );
    }
}
