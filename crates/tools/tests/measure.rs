//! temporary
#![allow(warnings)]
#[path = "it/support.rs"]
mod support;
use serde_json::json;
use std::time::Instant;
#[tokio::test]
async fn measure() {
    for _ in 0..3 {
        let folders = support::Folders::new();
        let t = Instant::now();
        let mut run = support::Run::start_in(folders, &[]).await;
        println!("start to ready {:?}", t.elapsed());
        let outer = run.confined.pid();
        let show = |label: &str| {
            for e in std::fs::read_dir("/proc").unwrap().flatten() {
                let p = e.path();
                if let Ok(s) = std::fs::read_to_string(p.join("status")) {
                    let uid = s
                        .lines()
                        .find_map(|l| l.strip_prefix("Uid:"))
                        .unwrap_or("")
                        .split_whitespace()
                        .next()
                        .unwrap_or("")
                        .to_owned();
                    if uid == run.folders.uid.to_string() {
                        let r = std::fs::read_to_string(p.join("smaps_rollup")).unwrap_or_default();
                        let f = |n: &str| {
                            r.lines()
                                .find_map(|l| l.strip_prefix(n))
                                .unwrap_or("?")
                                .trim()
                                .to_owned()
                        };
                        let name = s.lines().next().unwrap().to_owned();
                        println!(
                            "{label} {name} Rss {} Pss {} PrivDirty {} PrivClean {} Anon {}",
                            f("Rss:"),
                            f("Pss:"),
                            f("Private_Dirty:"),
                            f("Private_Clean:"),
                            f("Anonymous:")
                        );
                    }
                }
            }
        };
        show("start");
        let mut times = vec![];
        for _ in 0..200 {
            let t = Instant::now();
            run.shell("echo hi >> file").await;
            times.push(t.elapsed());
        }
        times.sort();
        println!(
            "shell p50 {:?} p95 {:?} min {:?}",
            times[100], times[190], times[0]
        );
        let mut times = vec![];
        for _ in 0..200 {
            let t = Instant::now();
            std::process::Command::new("/bin/bash")
                .arg("-c")
                .arg("echo hi >> /tmp/filex")
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            times.push(t.elapsed());
        }
        times.sort();
        println!(
            "plain p50 {:?} p95 {:?} min {:?}",
            times[100], times[190], times[0]
        );
        show("after shell");
        run.shell("seq 1000000").await;
        run.call("grep", json!({"pattern":"a.*b","ignore_case":true}))
            .await;
        run.call("write", json!({"path":"x","content":"x".repeat(3<<20)}))
            .await;
        run.call("read", json!({"path":"x"})).await;
        show("after all");
        run.end().await;
    }
}
