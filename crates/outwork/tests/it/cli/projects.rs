//! Projects, added and removed beside the database, and keys that are limited to them.

use serde_json::Value;

use super::{folder, outwork, text};

struct Place {
    base: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { base: folder() }
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let data = self.base.path().join("data");
        let output = outwork(arguments)
            .arg("--data-dir")
            .arg(data)
            .output()
            .unwrap();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [&["--json"], arguments].concat();
        let (code, out, err) = self.run(&arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
        serde_json::from_str(&out).unwrap()
    }
}

const URL: &str = "https://git.example.com/acme/docs";

#[test]
fn a_project_lives_from_add_to_remove() {
    let place = Place::new();
    let add = [
        "project",
        "add",
        "docs",
        "--repository",
        URL,
        "--ref",
        "main",
        "--model",
        "script",
        "--alias",
        "acme",
        "--map-model",
        "sonnet=script",
        "--pull-request",
        "draft",
    ];
    let added = place.json(&add);
    assert_eq!(added["id"], "docs");
    assert_eq!(added["models"]["sonnet"], "script");
    for taken in ["docs", "acme"] {
        let (code, _, err) = place.run(&["project", "add", taken, "--repository", URL]);
        assert_eq!(code, Some(1), "{err}");
        assert!(err.contains("already"), "{err}");
    }
    let listed = place.json(&["project", "list"]);
    let mut expected = added.clone();
    expected["origin"] = "added".into();
    assert_eq!(listed["projects"], serde_json::json!([expected]));
    let (_, table, _) = place.run(&["project", "list"]);
    assert!(table.contains("docs") && table.contains(URL), "{table}");
    assert_eq!(place.run(&["project", "remove", "docs"]).0, Some(0));
    assert_eq!(place.run(&["project", "remove", "docs"]).0, Some(3));
    assert_eq!(place.run(&["project", "list"]).1, "no projects\n");
}

#[test]
fn what_cannot_be_a_project_is_refused() {
    let place = Place::new();
    for (arguments, part) in [
        (vec!["job", "--repository", URL], "job"),
        (vec!["docs", "--repository", URL, "--alias", "job"], "job"),
        (vec!["docs", "--repository", "./nowhere"], "nowhere"),
        (
            vec!["docs", "--repository", URL, "--map-model", "sonnet"],
            "NAME=MODEL",
        ),
        (
            vec!["docs", "--repository", URL, "--uses-per-hour", "0"],
            "uses_per_hour",
        ),
    ] {
        let arguments = [vec!["project", "add"], arguments].concat();
        let (code, _, err) = place.run(&arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(err.contains(part), "{err}");
    }
}

#[test]
fn a_path_must_be_a_repository_that_the_configuration_opens() {
    let place = Place::new();
    let base = place.base.path().canonicalize().unwrap();
    for name in ["open/docs.git", "other/docs.git"] {
        let made = std::process::Command::new("git")
            .args(["init", "--quiet", "--bare"])
            .arg(base.join(name))
            .status();
        assert!(made.unwrap().success());
    }
    std::fs::create_dir(base.join("open/folder")).unwrap();
    let config = base.join("outwork.toml");
    std::fs::write(&config, "local_repos = ['open']\n").unwrap();
    let path = |name: &str| base.join(name).to_str().unwrap().to_owned();
    let add = |name: &str, more: &[&str]| {
        let path = path(name);
        let arguments = ["project", "add", "docs", "--repository", &path];
        place.run(&[&arguments[..], more].concat())
    };
    let configured = ["--config", config.to_str().unwrap()];
    let missing = format!("the repository was not found: file://{}", path("open/gone"));
    let no_repository = format!(
        "the repository was not found: file://{} is there, and is no git repository",
        path("open/folder")
    );
    let closed = format!(
        "below none of the configuration's local_repos: {}",
        path("open")
    );
    for (name, more, words) in [
        ("open/gone", &[][..], missing),
        ("open/folder", &[], no_repository),
    ] {
        let (code, _, err) = add(name, more);
        assert_eq!(code, Some(2), "{name}: {err}");
        assert!(err.contains(&words), "{name}: {err}");
    }
    assert_eq!(place.run(&["project", "list"]).1, "no projects\n");
    let (code, _, err) = add("open/docs.git", &configured);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(place.run(&["project", "remove", "docs"]).0, Some(0));
    // The server's command line may open others, so they are only spoken of.
    let (code, _, err) = add("other/docs.git", &configured);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains(&closed), "{err}");
    assert_eq!(place.run(&["project", "remove", "docs"]).0, Some(0));
    let (code, _, err) = add("other/docs.git", &[]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
}

#[test]
fn configured_and_added_projects_are_one_list() {
    let place = Place::new();
    let config = place.base.path().join("outwork.toml");
    let entry = format!("[[projects]]\nid = 'api'\nalias = 'a'\nrepository = '{URL}'\n");
    std::fs::write(&config, entry).unwrap();
    let config = config.to_str().unwrap();
    place.json(&[
        "project",
        "add",
        "docs",
        "--repository",
        URL,
        "--config",
        config,
    ]);
    let (code, _, err) = place.run(&[
        "project",
        "add",
        "a",
        "--repository",
        URL,
        "--config",
        config,
    ]);
    assert_eq!(code, Some(1), "{err}");
    let listed = place.json(&["project", "list", "--config", config]);
    let shown: Vec<_> = listed["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["origin"].as_str().unwrap()))
        .collect();
    assert_eq!(shown, [("api", "configuration"), ("docs", "added")]);
    let (code, _, err) = place.run(&["project", "remove", "api", "--config", config]);
    assert!(
        code == Some(1) && err.contains("configuration file"),
        "{err}"
    );

    // One that was added without a look at the file keeps the server from starting.
    place.json(&["project", "add", "api", "--repository", URL]);
    let (code, _, err) = place.run(&["serve", "--listen", "127.0.0.1:0", "--config", config]);
    assert!(
        code == Some(1) && err.contains("called api"),
        "{code:?} {err}"
    );
}

#[test]
fn a_key_has_the_rules_that_it_was_made_with() {
    let place = Place::new();
    place.json(&[
        "project",
        "add",
        "docs",
        "--repository",
        URL,
        "--alias",
        "acme",
    ]);
    let made = place.json(&[
        "key",
        "create",
        "--project",
        "acme",
        "--scope",
        "read",
        "--address",
        "10.2.0.0/16",
        "--address",
        "2001:db8::1",
        "--expires",
        "30d",
    ]);
    assert_eq!(made["projects"], serde_json::json!(["docs"]));
    assert_eq!(made["scope"], "read");
    assert_eq!(
        made["addresses"],
        serde_json::json!(["10.2.0.0/16", "2001:db8::1/128"])
    );
    assert!(made["expiresAt"].as_str().unwrap() > made["createdAt"].as_str().unwrap());
    let (_, table, _) = place.run(&["key", "list"]);
    assert!(
        table.contains("read, project docs, from 10.2.0.0/16"),
        "{table}"
    );
    for (arguments, status) in [
        (["--project", "other"], 3),
        (["--scope", "admin"], 2),
        (["--address", "0.0.0.0/0"], 2),
        (["--address", "::/0"], 2),
        (["--address", "example.com"], 2),
        (["--expires", "0d"], 2),
        (["--expires", "soon"], 2),
    ] {
        let arguments = [&["key", "create"], &arguments[..]].concat();
        assert_eq!(place.run(&arguments).0, Some(status), "{arguments:?}");
    }
    assert_eq!(
        place.json(&["key", "list"])["keys"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
