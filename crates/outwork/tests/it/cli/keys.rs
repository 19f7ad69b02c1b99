//! Keys, made and ended beside the database.

use super::{folder, outwork, text};

#[test]
fn a_key_lives_from_create_to_revoke() {
    let base = folder();
    let data = base.path().join("data");
    let data = data.to_str().unwrap();
    let create = [
        "key",
        "create",
        "--name",
        "ci",
        "--email",
        "Dev@Example.com",
        "--data-dir",
        data,
    ];
    let output = outwork(&create).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let key = text(&output.stdout);
    let secret = key
        .strip_prefix("key_")
        .and_then(|rest| rest.strip_suffix('\n'))
        .unwrap();
    assert!(
        secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()),
        "{key}"
    );

    let list = || {
        let output = outwork(&["--json", "key", "list", "--data-dir", data])
            .output()
            .unwrap();
        assert!(!text(&output.stdout).contains(secret));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["keys"].clone()
    };
    let keys = list();
    assert_eq!(keys[0]["email"], "dev@example.com");
    assert_eq!(
        (keys[0]["name"].as_str(), keys[0]["revokedAt"].as_str()),
        (Some("ci"), None)
    );

    let id = keys[0]["id"].as_str().unwrap();
    let revoke = || {
        outwork(&["key", "revoke", id, "--data-dir", data])
            .output()
            .unwrap()
    };
    assert_eq!(revoke().status.code(), Some(0));
    assert_eq!(revoke().status.code(), Some(3));
    assert!(list()[0]["revokedAt"].is_string());
}

#[test]
fn a_service_has_a_key_of_another_kind() {
    let base = folder();
    let data = base.path().join("data");
    let data = data.to_str().unwrap();
    for (name, flags) in [("user", vec![]), ("service", vec!["--service"])] {
        let mut arguments = vec![
            "--json",
            "key",
            "create",
            "--name",
            name,
            "--data-dir",
            data,
        ];
        arguments.extend(flags);
        let output = outwork(&arguments).output().unwrap();
        let made: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(made["kind"], name);
    }
    let list = ["--json", "key", "list", "--data-dir", data];
    let output = outwork(&list).output().unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys = listed["keys"].as_array().unwrap().iter();
    assert!(keys.clone().count() == 2 && keys.into_iter().all(|key| key["kind"] == key["name"]));
}

#[test]
fn a_key_of_another_shape_is_taken_once() {
    let base = folder();
    let data = base.path().join("data");
    let import = |token: &str| {
        let arguments = [
            "key",
            "create",
            "--import-stdin",
            "--data-dir",
            data.to_str().unwrap(),
        ];
        outwork(&arguments)
            .write_stdin(token.to_owned())
            .output()
            .unwrap()
    };
    let output = import("crsr_0123456789abcdef\n");
    assert_eq!(text(&output.stdout), "crsr_0123456789abcdef\n");
    let again = import("crsr_0123456789abcdef");
    assert_eq!(again.status.code(), Some(1));
    assert!(!text(&again.stderr).contains("0123456789abcdef"));
    for bad in [
        "",
        "short",
        "with space in the middle",
        "with:colon_in_the_middle",
        // Only what follows the first underscore is secret.
        "ci-production-server_1",
        "crsr_0123456789abcde",
        "a-long-prefix-and-nothing-else_",
    ] {
        assert_eq!(import(bad).status.code(), Some(2), "{bad:?}");
    }
}

#[test]
fn names_and_addresses_are_checked() {
    let base = folder();
    let data = base.path().join("data");
    for (name, email) in [
        ("", "a@b"),
        ("a\nb", "a@b"),
        ("n", "nobody"),
        ("n", "a b@c"),
        ("n", "@c"),
    ] {
        let arguments = [
            "key",
            "create",
            "--name",
            name,
            "--email",
            email,
            "--data-dir",
        ];
        let output = outwork(&arguments).arg(&data).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name:?} {email:?}");
    }
    assert!(!data.exists());
}
