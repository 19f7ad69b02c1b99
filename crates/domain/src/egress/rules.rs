//! What the server, a project, an environment and the files of repositories come to for one run.
//!
//! Only the operator opens: the server's section, in whose place a project of the configuration may have
//! its own. What users write in an environment, and what a repository brings, can only close, unless the
//! operator lets environments decide; files of repositories never decide.

use std::sync::Arc;

use super::{EgressLayer, EgressRule, EgressTarget, EgressWish};

/// Who says something, and where it can be changed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum EgressPlace {
    /// The server's section of the configuration.
    Server,
    /// That of a project, by its name.
    Project(String),
    /// An environment, by its name.
    Environment(String),
    /// The set-up file of a repository, as people know it.
    File(String),
    /// The same file as it was in the commit that the agent began with. No run of the agent can have
    /// changed it, so it holds for all of them.
    FirstFile(String),
    /// What somebody said and nobody can read: whose it is, and what to do about it.
    Unreadable {
        /// What cannot be read, and why.
        what: String,
        /// What to do, as the second half of a sentence.
        remedy: String,
    },
}

impl EgressPlace {
    /// What to do so that a place is open, as the second half of a sentence.
    #[must_use]
    pub fn remedy(&self, target: &EgressTarget) -> String {
        match self {
            Self::Server => format!("add \"{target}\" to [egress] allow of the server"),
            Self::Project(name) => {
                format!("add \"{target}\" to [projects.egress] allow of the project {name}")
            }
            Self::Environment(name) => {
                format!("add \"{target}\" to egressAllowlist of the environment {name:?}")
            }
            Self::File(name) => format!("add \"{target}\" to egressAllowlist of {name}"),
            Self::FirstFile(name) => format!(
                "add \"{target}\" to egressAllowlist of {name} and begin a new agent: this one keeps to the \
                 file that it began with"
            ),
            Self::Unreadable { what: _, remedy } => remedy.clone(),
        }
    }

    /// Why nothing at all is open where this place opens nothing, as a sentence without its end.
    #[must_use]
    pub fn shut(&self) -> String {
        match self {
            Self::Server => "[egress] of the server opens nothing".to_owned(),
            Self::Project(name) => {
                format!("[projects.egress] of the project {name} opens nothing")
            }
            Self::Environment(name) => format!("the environment {name:?} opens nothing"),
            Self::File(name) => format!("{name} opens nothing"),
            Self::FirstFile(name) => {
                format!("{name} opened nothing in the commit that this agent began with")
            }
            Self::Unreadable { what, remedy } => {
                format!("{what}, so what it opens is unknown; {remedy}")
            }
        }
    }
}

/// Whether users may open, in an environment, what the server leaves closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EnvironmentAuthority {
    /// They may only close.
    #[default]
    Narrows,
    /// What the environment says is what is open.
    Decides,
}

/// What is open to one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EgressRules {
    defaults: Arc<[EgressRule]>,
    ground: (EgressPlace, EgressLayer),
    wishes: Vec<(EgressPlace, EgressWish, EnvironmentAuthority)>,
}

impl EgressRules {
    /// Begins with what the operator says; `defaults` are the registries and the configured forges.
    #[must_use]
    pub const fn new(defaults: Arc<[EgressRule]>, place: EgressPlace, ground: EgressLayer) -> Self {
        Self {
            defaults,
            ground: (place, ground),
            wishes: Vec::new(),
        }
    }

    /// The same with what an environment or a file says, after everything before it.
    #[must_use]
    pub fn with(
        mut self,
        place: EgressPlace,
        wish: EgressWish,
        authority: EnvironmentAuthority,
    ) -> Self {
        self.wishes.push((place, wish, authority));
        self
    }

    /// Who keeps a place closed; none if it is open.
    #[must_use]
    pub fn closed_by(&self, target: &EgressTarget) -> Option<&EgressPlace> {
        let (place, ground) = &self.ground;
        let mut closed = (!ground.opens(target, &self.defaults)).then_some(place);
        for (place, wish, authority) in &self.wishes {
            let parent = closed.is_none();
            closed = match authority {
                EnvironmentAuthority::Decides => {
                    let is_open = wish.opens(target, &self.defaults, || parent);
                    (!is_open).then_some(place)
                }
                EnvironmentAuthority::Narrows => {
                    let is_open = wish.opens(target, &self.defaults, || true);
                    closed.or((!is_open).then_some(place))
                }
            };
        }
        closed
    }

    /// Who opens nothing at all; none if something may be open. Where nothing is, a sandbox needs no way out.
    #[must_use]
    pub fn shut_by(&self) -> Option<&EgressPlace> {
        let (place, ground) = &self.ground;
        let mut shut = (!ground.opens_anything()).then_some(place);
        for (place, wish, authority) in &self.wishes {
            let parent = shut.is_none();
            shut = match authority {
                EnvironmentAuthority::Decides => (!wish.opens_anything(|| parent)).then_some(place),
                EnvironmentAuthority::Narrows => {
                    shut.or((!wish.opens_anything(|| true)).then_some(place))
                }
            };
        }
        shut
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EgressBase, EgressMode, registries};
    use super::*;

    fn rules(list: &[&str]) -> Vec<EgressRule> {
        list.iter().map(|rule| rule.parse().unwrap()).collect()
    }

    fn ground(mode: EgressMode, allow: &[&str]) -> EgressRules {
        let mut defaults = registries();
        defaults.extend(rules(&["git.example.com", "forge.org:3000"]));
        let allow = rules(allow);
        EgressRules::new(
            defaults.into(),
            EgressPlace::Server,
            EgressLayer { mode, allow },
        )
    }

    fn wish(base: EgressBase, allow: &[&str]) -> EgressWish {
        let allow = rules(allow);
        EgressWish { base, allow }
    }

    fn environment() -> EgressPlace {
        EgressPlace::Environment("e".to_owned())
    }

    fn open<'a>(rules: &EgressRules, of: &[&'a str]) -> Vec<&'a str> {
        let is_open = |host: &&&str| {
            let target = EgressTarget::parse(host, Some(443)).unwrap();
            rules.closed_by(&target).is_none()
        };
        of.iter().filter(is_open).copied().collect()
    }

    const HOSTS: [&str; 4] = ["pypi.org", "git.example.com", "a.org", "b.org"];

    #[test]
    fn the_modes_of_a_server() {
        for (mode, allow, expected) in [
            (EgressMode::All, &[][..], &HOSTS[..]),
            (EgressMode::Defaults, &[], &["pypi.org", "git.example.com"]),
            (
                EgressMode::Defaults,
                &["a.org"],
                &["pypi.org", "git.example.com", "a.org"],
            ),
            (EgressMode::List, &["a.org"], &["a.org"]),
            (EgressMode::List, &[], &[]),
            (EgressMode::None, &["a.org"], &[]),
        ] {
            let rules = ground(mode, allow);
            assert_eq!(open(&rules, &HOSTS), expected, "{mode} {allow:?}");
            assert_eq!(
                rules.shut_by().is_none(),
                !expected.is_empty(),
                "{mode} {allow:?}"
            );
            assert_eq!(mode.word().parse(), Ok(mode));
        }
        assert!("some".parse::<EgressMode>().is_err());
    }

    #[test]
    fn an_environment_opens_nothing_that_the_server_closes() {
        let server = ground(EgressMode::List, &["a.org", "pypi.org"]);
        for (base, allow, expected) in [
            (EgressBase::All, &[][..], &["pypi.org", "a.org"][..]),
            (EgressBase::Parent, &["b.org"], &["pypi.org", "a.org"]),
            (EgressBase::Defaults, &["b.org"], &["pypi.org"]),
            (EgressBase::Nothing, &["a.org", "b.org"], &["a.org"]),
            (EgressBase::Nothing, &[], &[]),
        ] {
            let rules = server.clone().with(
                environment(),
                wish(base, allow),
                EnvironmentAuthority::Narrows,
            );
            assert_eq!(open(&rules, &HOSTS), expected, "{base:?} {allow:?}");
        }
        let shut = ground(EgressMode::None, &[]);
        let rules = shut.with(
            environment(),
            wish(EgressBase::All, &[]),
            EnvironmentAuthority::Narrows,
        );
        assert_eq!(rules.shut_by(), Some(&EgressPlace::Server));
    }

    #[test]
    fn an_environment_that_decides_opens_and_a_file_closes_again() {
        let server = ground(EgressMode::List, &["a.org"]);
        for (base, expected) in [
            (EgressBase::All, &HOSTS[..]),
            (EgressBase::Parent, &["a.org", "b.org"]),
            (
                EgressBase::Defaults,
                &["pypi.org", "git.example.com", "b.org"],
            ),
            (EgressBase::Nothing, &["b.org"]),
        ] {
            let decided = server.clone().with(
                environment(),
                wish(base, &["b.org"]),
                EnvironmentAuthority::Decides,
            );
            assert_eq!(open(&decided, &HOSTS), expected, "{base:?}");
            let file = EgressPlace::File("f".to_owned());
            let narrow = wish(EgressBase::Nothing, &["b.org"]);
            let rules = decided.with(file, narrow, EnvironmentAuthority::Narrows);
            assert_eq!(open(&rules, &HOSTS), ["b.org"]);
        }
        let shut = ground(EgressMode::None, &[]);
        let rules = shut.with(
            environment(),
            wish(EgressBase::Parent, &["b.org"]),
            EnvironmentAuthority::Decides,
        );
        assert_eq!(rules.shut_by(), None);
        assert_eq!(open(&rules, &HOSTS), ["b.org"]);
    }

    #[test]
    fn every_public_host_is_open_on_the_usual_ports_and_others_by_name() {
        let places = [
            "a.org:443",
            "a.org:80",
            "a.org:22",
            "b.org:8443",
            "b.org:25",
            "forge.org:3000",
        ];
        let is_open = |rules: &EgressRules| -> Vec<&str> {
            let open = |place: &&&str| {
                let target = EgressTarget::parse(place, None).unwrap();
                rules.closed_by(&target).is_none()
            };
            places.iter().filter(open).copied().collect()
        };
        let server = ground(EgressMode::All, &["b.org:8443"]);
        let expected = ["a.org:443", "a.org:80", "b.org:8443", "forge.org:3000"];
        assert_eq!(is_open(&server), expected);
        // An environment that wants every host closes no port that the server opens, and opens none.
        for authority in [EnvironmentAuthority::Narrows, EnvironmentAuthority::Decides] {
            let all = wish(EgressBase::All, &[]);
            let rules = server.clone().with(environment(), all, authority);
            assert_eq!(is_open(&rules), expected, "{authority:?}");
        }
        let decided = ground(EgressMode::None, &[]).with(
            environment(),
            wish(EgressBase::All, &["a.org:22"]),
            EnvironmentAuthority::Decides,
        );
        let expected = ["a.org:443", "a.org:80", "a.org:22", "forge.org:3000"];
        assert_eq!(is_open(&decided), expected);
    }

    #[test]
    fn what_cannot_be_read_opens_nothing_whoever_decides() {
        let lost = EgressPlace::Unreadable {
            what: "the environment \"e\" was deleted".to_owned(),
            remedy: "begin a new agent".to_owned(),
        };
        let shut = wish(EgressBase::Nothing, &[]);
        let decided = ground(EgressMode::All, &["a.org:22"]).with(
            environment(),
            wish(EgressBase::All, &["b.org"]),
            EnvironmentAuthority::Decides,
        );
        assert_eq!(decided.shut_by(), None);
        let rules = decided.with(lost.clone(), shut, EnvironmentAuthority::Narrows);
        assert_eq!(rules.shut_by(), Some(&lost));
        assert_eq!(open(&rules, &HOSTS), [""; 0]);
        assert_eq!(
            lost.shut(),
            "the environment \"e\" was deleted, so what it opens is unknown; begin a new agent"
        );
    }

    #[test]
    fn a_refusal_names_where_it_can_be_changed() {
        let rules = ground(EgressMode::Defaults, &[]).with(
            environment(),
            wish(EgressBase::Nothing, &[]),
            EnvironmentAuthority::Narrows,
        );
        let remedy = |place: &str| {
            let target = EgressTarget::parse(place, Some(443)).unwrap();
            rules.closed_by(&target).unwrap().remedy(&target)
        };
        assert_eq!(
            remedy("a.org"),
            "add \"a.org\" to [egress] allow of the server"
        );
        assert_eq!(
            remedy("a.org:22"),
            "add \"a.org:22\" to [egress] allow of the server"
        );
        assert_eq!(
            remedy("pypi.org"),
            "add \"pypi.org\" to egressAllowlist of the environment \"e\""
        );
    }
}
