//! The gateway: what commands send to the proxy comes out of the socket, and nothing of it gets in the way.

use std::path::PathBuf;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use crate::support::{Folders, Run, own, within};

/// Sends a line to the proxy and prints what comes back.
const ASK: &str = "proxy=${http_proxy#http://}\n\
    exec 3<>/dev/tcp/${proxy%:*}/${proxy#*:} && echo $RANDOM-hello >&3 && cat <&3\n";

/// A socket behind which somebody answers each line in capitals and hangs up.
fn socket(folders: &Folders) -> PathBuf {
    let path = folders.temp.path().join("sock");
    let listener = UnixListener::bind(&path).unwrap();
    own(&path, folders.uid);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = vec![0; 1024];
                let count = stream.read(&mut bytes).await.unwrap();
                let text = String::from_utf8_lossy(&bytes[..count]).to_uppercase();
                stream.write_all(text.as_bytes()).await.unwrap();
            });
        }
    });
    path
}

async fn start() -> Run {
    let folders = Folders::new();
    let socket = socket(&folders);
    Run::start_with_egress(folders, &socket).await
}

#[tokio::test]
async fn what_a_command_sends_comes_out_and_back() {
    let mut run = start().await;
    for _ in 0..3 {
        assert!(run.done(ASK).await.contains("-HELLO"));
    }
    let variables = run.done("env").await;
    for name in ["http_proxy", "HTTPS_PROXY", "ALL_PROXY", "YARN_HTTPS_PROXY"] {
        let line = format!("\n{name}=http://127.0.0.1:3128\n");
        assert!(
            format!("\n{variables}").contains(&line),
            "{name}: {variables}"
        );
    }
    assert!(variables.contains("no_proxy=localhost,127.0.0.1,::1"));
    let many = format!("for n in $(seq 20); do ( {ASK} ) & done; wait");
    assert_eq!(run.done(&many).await.matches("-HELLO").count(), 20);
    run.end().await;
}

#[tokio::test]
async fn what_a_command_leaves_behind_goes_and_the_gateway_stays() {
    let mut run = start().await;
    run.done("setsid sleep 1000 & disown").await;
    // Nobody has knocked yet.
    assert_eq!(run.process_count().await, 0);
    run.done(ASK).await;
    run.done("setsid sleep 1000 & disown").await;
    assert_eq!(run.process_count().await, 1);
    assert!(run.done(ASK).await.contains("-HELLO"));
    run.end().await;
}

#[tokio::test]
async fn what_is_kept_can_knock_when_nobody_listens_for_it() {
    let mut run = start().await;
    let kept = format!("(until test -e go; do :; done; ( {ASK} ) > said) & true");
    let call = crate::support::call("shell", json!({ "command": kept }));
    within("a start", run.host.start(&call)).await.unwrap();
    // No command of the agent runs meanwhile, so nobody but the gateway hears the knock.
    std::fs::write(run.folders.repo.join("go"), "").unwrap();
    let said = run.folders.repo.join("said");
    let heard = async {
        while !std::fs::read_to_string(&said).is_ok_and(|said| said.contains("-HELLO")) {
            tokio::task::yield_now().await;
        }
    };
    within("an answer", heard).await;
    run.end().await;
}

#[tokio::test]
async fn a_command_that_kills_what_it_can_has_a_gateway_again() {
    let mut run = start().await;
    run.done(ASK).await;
    run.shell("kill -9 -1; for p in /proc/[0-9]*; do kill -9 ${p#/proc/}; done; true")
        .await;
    assert!(run.done(ASK).await.contains("-HELLO"));
    run.end().await;
}

#[tokio::test]
async fn without_a_way_out_there_is_no_gateway_and_no_word_of_one() {
    let mut run = Run::start().await;
    let variables = run.done("env").await.to_lowercase();
    assert!(!variables.contains("proxy"), "{variables}");
    assert_eq!(run.process_count().await, 0);
    let tried = run.shell("exec 3<>/dev/tcp/127.0.0.1/3128").await;
    assert!(tried.text.contains("Connection refused"), "{}", tried.text);
    run.end().await;
}
