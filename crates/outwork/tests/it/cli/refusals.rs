//! Command lines that cannot be meant.

use super::{outwork, text};

#[test]
fn wrong_usage_is_told_with_status_2() {
    for (arguments, part) in [
        (&["--no-such-flag"] as &[&str], "--no-such-flag"),
        (&[], "Usage"),
        (&["launch", "--repo", "https://h/a/b"], "<PROMPT>"),
        (&["launch", "--repo", "https://h/a/b", " "], "empty"),
        (
            &[
                "launch",
                "--repo",
                "https://h/a/b",
                "x",
                "--webhook-secret",
                "s",
            ],
            "--webhook-url",
        ),
        (
            &["launch", "--repo", "./no/such/folder", "x"],
            "./no/such/folder",
        ),
        (
            &[
                "launch",
                "--repo",
                "https://h/a/b",
                "x",
                "--image",
                "/no/such.png",
            ],
            "/no/such.png",
        ),
        (
            &["launch", "--repo", "a", "--pr-url", "b", "x"],
            "cannot be used with",
        ),
        (&["show", "not-an-id"], "not-an-id"),
        (&["list", "--limit", "0"], "0"),
        (&["list", "--url", "ftp://h"], "ftp://h"),
        (&["pr", "show", "one"], "one"),
        (&["pr", "list", "--state", "lost"], "lost"),
        (&["artifacts", "0f", "--fetch", "x"], "--output"),
        (&["key", "revoke", "x"], "x"),
        (&["completions", "tcsh"], "tcsh"),
        (
            &["serve", "--config", "/no/such/outwork.toml"],
            "/no/such/outwork.toml",
        ),
        (&["serve", "--log-format", "xml"], "xml"),
    ] {
        refuses(arguments, part);
    }
}

fn refuses(arguments: &[&str], part: &str) {
    let output = outwork(arguments).output().unwrap();
    let words = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {words}");
    assert!(words.contains(part), "{arguments:?}: {words}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert!(!words.contains("hunter2"), "{words}");
}

#[test]
fn places_variables_and_secrets_that_cannot_be_meant_are_told_with_status_2() {
    for (arguments, part) in [
        (&["launch", "--ref", "main", "do it"] as &[&str], "--repo"),
        (
            &[
                "launch",
                "--repo",
                "https://h/a/b",
                "--repo",
                "https://h/a/c",
                "--ref",
                "x",
                "y",
            ],
            "--ref goes with one",
        ),
        (
            &[
                "launch",
                "--environment",
                "e",
                "--repo",
                "https://h/a/b",
                "x",
            ],
            "cannot be used with",
        ),
        (&["launch", "--env", "A B=hunter2", "x"], "A B"),
        (&["launch", "--env", "NO_SUCH_ONE", "x"], "NO_SUCH_ONE"),
        (
            &["launch", "--env-file", "/no/such/env", "x"],
            "/no/such/env",
        ),
        (&["secret", "set", "A", "value"], "value"),
        (
            &["secret", "set", "A", "--file", "/no/such/value"],
            "/no/such/value",
        ),
        (
            &["secret", "set", "A", "--team", "--environment", "e"],
            "cannot be used with",
        ),
    ] {
        refuses(arguments, part);
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [
        &["--help"] as &[&str],
        &["-V"],
        &["launch", "--help"],
        &["pr", "--help"],
    ] {
        let output = outwork(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_never_shows_what_the_environment_holds() {
    let secrets = [
        ("OUTWORK_API_KEY", "key_canary"),
        ("OUTWORK_DATABASE_URL", "postgres://u:canary@h/d"),
    ];
    for command in ["list", "serve", "doctor"] {
        let output = outwork(&[command, "--help"])
            .envs(secrets)
            .output()
            .unwrap();
        assert!(!text(&output.stdout).contains("canary"), "{command}");
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = outwork(&["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        let script = text(&output.stdout);
        assert!(
            script.contains("follow-up") && !script.contains("__tool-host"),
            "{shell}"
        );
    }
}
