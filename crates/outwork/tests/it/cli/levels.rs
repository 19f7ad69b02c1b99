//! Levels of isolation as an operator chooses them.

use super::{folder, outwork, text};
use crate::support::server::{Database, Ground};

#[test]
fn a_level_that_cannot_be_meant_is_refused() {
    let base = folder();
    let config = base.path().join("outwork.toml");
    for (level, part) in [
        ("none", "--dangerously-unconfined"),
        ("strong", "\"full-noproc\""),
    ] {
        std::fs::write(&config, format!("[isolation]\nlevel = '{level}'\n")).unwrap();
        for command in ["serve", "doctor"] {
            let output = outwork(&[command])
                .env("OUTWORK_CONFIG", &config)
                .output()
                .unwrap();
            let words = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{words}");
            assert!(words.contains(part), "{words}");
        }
    }
}

#[test]
fn an_unconfined_server_listens_on_loopback_only() {
    let ground = Ground::new(Database::Sqlite);
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let output = ground.run(&["serve", "--dangerously-unconfined", "--listen", listen]);
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(
            words.contains("--dangerously-unconfined is refused"),
            "{words}"
        );
        assert!(output.stdout.is_empty(), "it never was ready");
    }
}

#[test]
fn servers_with_less_than_full_isolation_say_so_at_every_start() {
    for (more, file, said) in [
        (&["--dangerously-unconfined"][..], "", "NOTHING IS CONFINED"),
        (&[], "[isolation]\nlevel = 'weak'\n", "ISOLATION IS WEAK"),
    ] {
        let ground = Ground::new(Database::Sqlite);
        let config = ground.path().join("outwork.toml");
        std::fs::write(&config, file).unwrap();
        let mut arguments = more.to_vec();
        arguments.extend(["--config", config.to_str().unwrap()]);
        let key = ground.key("dev@example.com");
        for start in 1..=2 {
            let server = ground.serve_with(&key, &arguments);
            let log = server.log();
            assert_eq!(log.matches(said).count(), start, "{log}");
            assert!(server.stop().success());
        }
    }
}

#[test]
fn doctor_tries_the_level_of_the_configuration() {
    let base = folder();
    let config = base.path().join("outwork.toml");
    for (level, status) in [("full", "ok"), ("full-noproc", "ok"), ("weak", "warning")] {
        std::fs::write(&config, format!("[isolation]\nlevel = '{level}'\n")).unwrap();
        let data = base.path().join("data");
        let output = outwork(&["--json", "doctor", "--data-dir", data.to_str().unwrap()])
            .env("OUTWORK_CONFIG", &config)
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let check = checks
            .iter()
            .find(|check| check["name"] == "sandbox")
            .unwrap();
        assert_eq!(check["status"], status, "{check}");
        let found = check["found"].as_str().unwrap();
        assert!(found.contains(&format!("\"{level}\"")), "{found}");
    }
}
