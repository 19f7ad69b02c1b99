//! Flag over environment over file over default, as the program itself sees it.

use super::{folder, outwork, text};
use crate::support::server::{Database, Ground};

/// The data folder that `doctor` looks at.
fn data_folder(command: &mut assert_cmd::Command) -> String {
    let output = command.output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let checks = report["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["name"] == "data folder")
        .unwrap();
    check["found"]
        .as_str()
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn each_source_wins_over_the_next() {
    let base = folder();
    let at = |name: &str| base.path().join(name).to_str().unwrap().to_owned();
    let config = at("outwork.toml");
    std::fs::write(&config, "data_dir = 'from-file'\n").unwrap();
    let mut with_file = outwork(&["--json", "doctor", "--config", &config]);
    assert_eq!(data_folder(&mut with_file), at("from-file"));
    with_file.env("OUTWORK_DATA_DIR", at("from-environment"));
    assert_eq!(data_folder(&mut with_file), at("from-environment"));
    with_file.args(["--data-dir", &at("from-flag")]);
    assert_eq!(data_folder(&mut with_file), at("from-flag"));
}

#[test]
fn an_unknown_key_is_refused_by_name_and_place() {
    let base = folder();
    let config = base.path().join("outwork.toml");
    std::fs::write(&config, "workers = 2\n[budget]\nturn = 3\n").unwrap();
    for command in ["serve", "doctor"] {
        let output = outwork(&[command])
            .env("OUTWORK_CONFIG", &config)
            .output()
            .unwrap();
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(
            words.contains("unknown field `turn`") && words.contains("line 3"),
            "{words}"
        );
        assert!(words.contains("outwork.toml"), "{words}");
    }
}

#[test]
fn folders_of_repositories_come_as_a_path_list() {
    let output = outwork(&["serve"])
        .env("OUTWORK_LOCAL_REPOS", "/:/no/such/folder")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/no/such/folder"));
}

#[test]
fn a_second_server_on_one_data_folder_names_the_first() {
    let ground = Ground::new(Database::Sqlite);
    let key = ground.key("dev@example.com");
    let server = ground.serve(&key);
    let data = ground.data_dir();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir"];
    let second = outwork(&arguments).arg(&data).output().unwrap();
    let words = text(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{words}");
    let pid = std::fs::read_to_string(data.join("lock")).unwrap();
    assert!(words.contains(&format!("process {pid}")), "{words}");
    assert_eq!(server.stop().code(), Some(0));
    assert!(data_folder(outwork(&["--json", "doctor", "--data-dir"]).arg(&data)).ends_with("data"));
}

#[test]
fn an_address_in_use_is_told() {
    let base = folder();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let output = outwork(&["serve", "--listen", &address, "--data-dir"])
        .arg(base.path().join("data"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = text(&output.stderr);
    assert!(
        words.contains(&address) && words.contains("in use"),
        "{words}"
    );
}
