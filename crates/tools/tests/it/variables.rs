//! The user's variables: in the environment of commands, and nowhere else.

use crate::support::Run;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

#[tokio::test]
async fn commands_have_them_and_the_tool_host_has_not() {
    let mut run = Run::start().await;
    let given = pairs(&[("TOKEN", "hunter2 \"$x\"\n"), ("CI", "no")]);
    run.host.give_variables(&given).await.unwrap();
    run.host
        .give_variables(&pairs(&[("LATER", "ü")]))
        .await
        .unwrap();
    let seen = run.done("printf %s \"$TOKEN|$CI|$LATER|$TERM\"").await;
    assert_eq!(seen, "hunter2 \"$x\"\n|no|ü|dumb");
    // The tool host is the parent of the command.
    let host = run
        .shell("cat /proc/$PPID/environ /proc/$PPID/cmdline | tr '\\0' ' '")
        .await;
    assert!(!host.text.contains("hunter2"), "{}", host.text);
    let pid = run.confined.pid();
    for file in ["environ", "cmdline"] {
        let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap();
        assert!(
            !String::from_utf8_lossy(&text).contains("hunter2"),
            "{file}"
        );
    }
    run.end().await;
}

#[tokio::test]
async fn many_large_ones_arrive() {
    let mut run = Run::start().await;
    let value = "\u{1}".repeat(4096);
    let names: Vec<String> = (0..130).map(|number| format!("V{number}")).collect();
    let given: Vec<_> = names
        .into_iter()
        .map(|name| (name, value.clone()))
        .collect();
    run.host.give_variables(&given).await.unwrap();
    assert_eq!(
        run.done("printf %s \"$V0$V64$V129\" | wc -c").await.trim(),
        "12288"
    );
    run.end().await;
}
