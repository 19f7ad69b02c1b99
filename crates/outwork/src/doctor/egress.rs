//! What commands in sandboxes may reach.

use outwork_domain::IsolationLevel;
use outwork_domain::egress::{EgressMode, EnvironmentAuthority};
use outwork_engine::EgressOptions;

use super::Check;

const NAME: &str = "network of sandboxes";

/// How far it is open at a level of isolation, and what of that deserves a second look.
pub(super) fn egress(level: IsolationLevel, options: &EgressOptions) -> Check {
    match level {
        IsolationLevel::Full | IsolationLevel::FullNoproc => proxied(options),
        IsolationLevel::Weak => Check::ok(
            NAME,
            "none, whatever [egress] says: at the isolation level \"weak\" there is no proxy",
        ),
        IsolationLevel::None => Check::warning(
            NAME,
            "all that this machine reaches, whatever [egress] says: at the isolation level \"none\" there is no proxy",
            "Choose a level that confines commands. See docs/sandbox.md.",
        ),
    }
}

fn proxied(options: &EgressOptions) -> Check {
    let EgressOptions {
        server,
        forges,
        private,
        environments,
    } = options;
    let listed = server.allow.len();
    let mut found = match server.mode {
        EgressMode::All => {
            format!("every public host on the ports 443 and 80, {listed} of the list on others")
        }
        EgressMode::Defaults => format!(
            "package registries, {} hosts of forges, {listed} of the list",
            forges.len()
        ),
        EgressMode::List => format!("{listed} hosts of the list"),
        EgressMode::None => "nothing".to_owned(),
    };
    if !private.is_empty() {
        found += &format!("; {} that are not public", private.len());
    }
    let decides = match environments {
        EnvironmentAuthority::Narrows => false,
        EnvironmentAuthority::Decides => true,
    };
    if decides {
        found += "; users decide in environments";
    }
    if decides || server.mode == EgressMode::All {
        return Check::warning(
            NAME,
            found,
            "Whatever is in a workspace can be sent to any host that is open. See [egress] in the configuration.",
        );
    }
    Check::ok(NAME, found)
}

#[cfg(test)]
mod tests {
    use outwork_domain::egress::EgressLayer;

    use super::super::Status;
    use super::*;

    #[test]
    fn where_there_is_no_proxy_nobody_hears_of_registries() {
        for (level, status, begin) in [
            (IsolationLevel::Weak, Status::Ok, "none, "),
            (
                IsolationLevel::None,
                Status::Warning,
                "all that this machine reaches, ",
            ),
        ] {
            let check = egress(level, &EgressOptions::default());
            assert_eq!(check.status, status, "{level}");
            assert!(check.found.starts_with(begin), "{}", check.found);
            assert!(!check.found.contains("registries"), "{}", check.found);
        }
    }

    #[test]
    fn what_is_wide_open_is_a_warning() {
        let options = |mode, environments| EgressOptions {
            server: EgressLayer {
                mode,
                allow: Vec::new(),
            },
            environments,
            ..EgressOptions::default()
        };
        let (narrow, decide) = (EnvironmentAuthority::Narrows, EnvironmentAuthority::Decides);
        let check = egress(IsolationLevel::Full, &options(EgressMode::Defaults, narrow));
        assert_eq!(check.status, Status::Ok);
        assert_eq!(
            check.found,
            "package registries, 0 hosts of forges, 0 of the list"
        );
        for (mode, environments) in [(EgressMode::All, narrow), (EgressMode::List, decide)] {
            let check = egress(IsolationLevel::Full, &options(mode, environments));
            assert_eq!(check.status, Status::Warning, "{mode}");
        }
    }
}
