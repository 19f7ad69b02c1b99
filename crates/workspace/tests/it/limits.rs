//! Time limits, what is left running after them, and the environment of every process.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use outwork_domain::{Class, CommitId};
use outwork_workspace::Error;

use crate::support::{World, commit_id, until, worlds};

fn is_alive(pid: &str) -> bool {
    // A killed process may wait as a zombie for its new parent.
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[tokio::test]
async fn silence_ends_a_transfer_and_all_its_processes() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let commit = world.tip("tools", "main").unwrap();
        let (pids, real) = (world.path("pids"), world.program.display().to_string());
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = fetch ]; then sleep 600 & echo $! >> {pids}; echo $$ >> {pids}; wait; fi\nexec {real} \"$@\"\n",
            pids = pids.display()
        );
        world.use_script(&script).await;
        let script = world.path("git");
        world
            .reopen(|options| {
                options.git = script;
                options.limits.silence = Duration::from_millis(300);
            })
            .await;
        let error = world.git.fetch(&repository, &commit).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Slow {
                    command: "fetch",
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(error.class(), Class::Retry);
        let pids = fs::read_to_string(pids).unwrap();
        assert_eq!(pids.lines().count(), 2);
        for pid in pids.lines() {
            until("the process to end", || !is_alive(pid)).await;
        }
    }
}

#[tokio::test]
async fn progress_holds_silence_off_but_not_the_total() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let commit = world.tip("tools", "main").unwrap();
        let real = world.program.display().to_string();
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = fetch ]; then while :; do echo more >&2; sleep 0.02; done; fi\nexec {real} \"$@\"\n"
        );
        world.use_script(&script).await;
        let script = world.path("git");
        world
            .reopen(|options| {
                options.git = script;
                options.limits.silence = Duration::from_secs(20);
                options.limits.transfer = Duration::from_millis(500);
            })
            .await;
        let error = world.git.fetch(&repository, &commit).await.unwrap_err();
        assert!(
            matches!(error, Error::Slow { after, .. } if after == Duration::from_millis(500)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_pack_without_end_is_stopped_while_it_grows() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let commit = world.tip("tools", "main").unwrap();
        let real = world.program.display().to_string();
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = fetch ]; then while :; do head -c 100000 /dev/zero >> $GIT_DIR/objects/pack/tmp_pack_x; sleep 0.01; done; fi\nexec {real} \"$@\"\n"
        );
        world.use_script(&script).await;
        let script = world.path("git");
        world
            .reopen(|options| {
                options.git = script;
                options.limits.repository_bytes_max = 1_000_000;
            })
            .await;
        let error = world.git.fetch(&repository, &commit).await.unwrap_err();
        assert!(matches!(error, Error::RepositoryTooLarge { .. }), "{error}");
    }
}

#[tokio::test]
async fn ssh_asks_nobody_and_reads_no_configuration() {
    for mut world in worlds().await {
        let key = world.path("key's file");
        fs::write(&key, "no key").unwrap();
        let calls = world.watch_calls().await;
        let script = world.path("git");
        world
            .reopen(|options| {
                options.git = script;
                options.hosts = vec![outwork_workspace::HostAccess {
                    host: "127.0.0.1".to_owned(),
                    ssh_key: Some(key),
                    ..outwork_workspace::HostAccess::default()
                }];
            })
            .await;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        drop(listener);
        let repository = format!("ssh://git@{place}/a/b").parse().unwrap();
        let error = world.git.resolve(&repository, None).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
        let text = fs::read_to_string(calls).unwrap();
        let command = text
            .lines()
            .find(|line| line.starts_with("GIT_SSH_COMMAND="))
            .unwrap();
        for wanted in [
            "-F /dev/null",
            "key'\\''s file'",
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            "StrictHostKeyChecking=accept-new",
        ] {
            assert!(command.contains(wanted), "{wanted}: {command}");
        }
        assert!(text.contains("GIT_ALLOW_PROTOCOL=ssh\n"));
    }
}

#[tokio::test]
async fn endless_output_is_cut_and_its_process_ended() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, commit) = world.mirror(&repository).await;
        let real = world.program.display().to_string();
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = diff-tree ]; then exec yes; fi\nexec {real} \"$@\"\n"
        );
        world.use_script(&script).await;
        let diff = world.git.diff(&mirror, &commit, &commit).await.unwrap();
        assert_eq!(diff.extent, outwork_workspace::Extent::Cut);
        assert_eq!(diff.text.len(), outwork_domain::limits::DIFF_BYTES_MAX);
    }
}

#[tokio::test]
async fn the_environment_holds_what_we_say_and_nothing_else() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let calls = world.watch_calls().await;
        world.mirror(&repository).await;
        let text = fs::read_to_string(&calls).unwrap();
        let ours = [
            "PATH",
            "HOME",
            "LC_ALL",
            "TZ",
            "OUTWORK_PROCESS_OF",
            "PWD",
            "SHLVL",
            "_",
            "OLDPWD",
        ];
        for line in text.lines().filter(|line| !line.starts_with("CALL ")) {
            let name = line.split('=').next().unwrap();
            assert!(name.starts_with("GIT_") || ours.contains(&name), "{line}");
        }
        let has = |wanted: &str| text.lines().any(|line| line == wanted);
        assert!(has("OUTWORK_PROCESS_OF=the tests"));
        assert!(has("GIT_CONFIG_GLOBAL=/dev/null"));
        assert!(has("GIT_CONFIG_NOSYSTEM=1"));
        assert!(has("GIT_ALLOW_PROTOCOL=file"));
        assert!(has("GIT_ALLOW_PROTOCOL=none"));
        assert!(!has("GIT_ALLOW_PROTOCOL=https"));
        for line in text.lines().filter(|line| line.starts_with("GIT_DIR=")) {
            assert!(
                Path::new(&line["GIT_DIR=".len()..]).starts_with(world.path("data")),
                "{line}"
            );
        }
    }
}

#[tokio::test]
async fn this_git_refuses_malformed_packs() {
    for mut world in worlds().await {
        world.git.probe().await.unwrap();
        let real = world.program.display().to_string();
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = index-pack ]; then cat > /dev/null; exit 0; fi\nexec {real} \"$@\"\n"
        );
        world.use_script(&script).await;
        let error = world.git.probe().await.unwrap_err();
        assert!(matches!(error, Error::UnusableGit(_)), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_git_cannot_be_opened() {
    for world in worlds().await {
        let mut options = world.options();
        options.git = "/bin/true".into();
        assert!(matches!(
            outwork_workspace::Git::open(options.clone()).await,
            Err(Error::UnusableGit(_))
        ));
        options.git = "/nonexistent/git".into();
        assert!(matches!(
            outwork_workspace::Git::open(options.clone()).await,
            Err(Error::UnusableGit(_))
        ));
        options.git = "git".into();
        assert!(matches!(
            outwork_workspace::Git::open(options).await,
            Err(Error::UnusableGit(_))
        ));
    }
}

/// Trees, each ten times in the next, are a few hundred bytes upstream and paths without end for whoever compares them.
#[tokio::test]
async fn git_is_held_to_its_memory() {
    for mut world in worlds().await {
        world
            .reopen(|options| options.limits.memory_bytes_max = 64 << 20)
            .await;
        let repository = world.repository("tools");
        for (levels, fits) in [(3, true), (6, false)] {
            let base = world.tip("tools", "main").unwrap();
            let tip = nested_trees(&world, levels);
            let mirror = world.git.fetch(&repository, &tip).await.unwrap();
            world.git.fetch(&repository, &base).await.unwrap();
            let stat = world.git.diff_stat(&mirror, &base, &tip).await;
            assert_eq!(stat.is_ok(), fits, "{levels}: {stat:?}");
            if let Err(error) = stat {
                let words = error.to_string().to_lowercase();
                assert!(words.contains("memory"), "{words}");
            }
        }
    }
}

/// Whatever is started first, by git or by what it starts, has the limit already, and a lower one of the server's
/// own stays.
#[tokio::test]
async fn the_limit_is_there_before_git_is() {
    for mut world in worlds().await {
        let seen = world.path("seen");
        let real = world.program.display().to_string();
        let script = format!(
            "#!/bin/sh\n{{ ulimit -S -d; ulimit -H -d; (sh -c 'ulimit -d'); }} >> {}\nexec {real} \"$@\"\n",
            seen.display()
        );
        world.use_script(&script).await;
        let git = world.path("git");
        world
            .reopen(|options| {
                options.git = git;
                options.limits.memory_bytes_max = 64 << 20;
            })
            .await;
        std::fs::remove_file(&seen).unwrap();
        let repository = world.repository("tools");
        let tip = world.tip("tools", "main").unwrap();
        world.git.fetch(&repository, &tip).await.unwrap();
        let seen = std::fs::read_to_string(&seen).unwrap();
        assert!(seen.lines().count() >= 3, "{seen}");
        let limit = (64 * 1024).to_string();
        assert!(seen.lines().all(|line| line == limit), "{seen}");
    }
}

/// A commit upstream with ten to the power of so many paths.
fn nested_trees(world: &World, levels: usize) -> CommitId {
    let script = format!(
        "git=$0\n\
         tree=$(printf '100644 blob %s\\tfile\\n' $(echo x | $git hash-object -w --stdin) | $git mktree)\n\
         for level in $(seq {levels}); do\n\
         tree=$(for n in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\\td%s\\n' $tree $n; done | $git mktree)\n\
         done\n\
         commit=$($git -c user.name=A -c user.email=a@example.com commit-tree -p main -m nested $tree)\n\
         $git update-ref refs/heads/nested-{levels} $commit\n\
         echo $commit"
    );
    let output = Command::new("sh")
        .args(["-ec", &script])
        .arg(&world.program)
        .current_dir(world.bare("tools"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    commit_id(&String::from_utf8(output.stdout).unwrap())
}
