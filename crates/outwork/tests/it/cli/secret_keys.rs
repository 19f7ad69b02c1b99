//! `outwork secret-key`: a key is replaced while a server works, and nothing is lost.

use serde_json::json;

use crate::support::server::{Database, Ground, Server};

const VALUE: &str = "hunter2hunter2";

/// A run gets the secret, so it could be opened.
async fn opens(server: &Server) {
    let prompt = format!("Look\n\n```sh\ntest \"$TOKEN\" = {VALUE}\n```\n");
    let body = json!({"prompt": {"text": prompt}, "model": {"id": "script"}});
    let (status, made) = server.call("POST", "/v1/agents", Some(&body)).await;
    assert_eq!(status, 201, "{made}");
    server.finished(made["agent"]["id"].as_str().unwrap()).await;
}

fn said(output: &std::process::Output) -> String {
    let all = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_key_is_replaced_and_the_older_one_can_go() {
    let ground = Ground::new(Database::Sqlite);
    let early = ground.run(&["secret-key", "list"]);
    assert!(said(&early).contains("there is no key yet"), "{early:?}");
    let key = ground.key("dev@example.com");
    let server = ground.serve(&key);
    let body = json!({"value": VALUE});
    let (status, put) = server.call("PUT", "/v1/secrets/TOKEN", Some(&body)).await;
    assert_eq!(status, 201, "{put}");
    let file = ground.data_dir().join("secret-key");
    let first = std::fs::read_to_string(&file).unwrap();
    let rotated = ground.run(&["secret-key", "rotate"]);
    assert!(rotated.status.success(), "{rotated:?}");
    let both = std::fs::read_to_string(&file).unwrap();
    assert_eq!(both.lines().count(), first.lines().count() + 1);
    let shown = said(&rotated) + &said(&ground.run(&["secret-key", "list"]));
    assert!(
        shown.contains("seals") && shown.contains("opens"),
        "{shown}"
    );
    assert!(both.lines().all(|line| !shown.contains(line)), "{shown}");

    // The server that runs does not have the new key.
    let refused = ground.run(&["secret-key", "reseal"]);
    assert!(!refused.status.success(), "{refused:?}");
    assert!(
        said(&refused).contains("restart every server"),
        "{refused:?}"
    );
    opens(&server).await;
    assert!(server.stop().success());

    let server = ground.serve(&key);
    opens(&server).await;
    let resealed = ground.run(&["--json", "secret-key", "reseal"]);
    assert!(resealed.status.success(), "{resealed:?}");
    let told: serde_json::Value = serde_json::from_slice(&resealed.stdout).unwrap();
    assert_eq!(told["resealed"], 1, "{told}");
    opens(&server).await;
    assert!(server.stop().success());

    // The older key goes.
    let newest: Vec<&str> = both.lines().take(2).collect();
    std::fs::write(&file, newest.join("\n")).unwrap();
    let server = ground.serve(&key);
    opens(&server).await;
    assert!(server.stop().success());
    std::fs::write(&file, &first).unwrap();
    let old = ground.run(&["secret-key", "list"]);
    assert!(said(&old).contains("missing"), "{old:?}");
}
