//! Repositories that are hostile before any run: what is cloned, listed and checked out is the attacker's.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::runs::world::{World, branch, on};
use crate::support::repository::Repository;

/// A repository by the shell commands that make it.
struct Upstream {
    name: &'static str,
    made: &'static str,
    ends: Ends,
}

enum Ends {
    Delivered,
    /// Nothing can be worked on, for a reason with those words.
    Failed(&'static str),
}

const fn delivered(name: &'static str, made: &'static str) -> Upstream {
    Upstream {
        name,
        made,
        ends: Ends::Delivered,
    }
}

const fn failed(name: &'static str, made: &'static str, words: &'static str) -> Upstream {
    Upstream {
        name,
        made,
        ends: Ends::Failed(words),
    }
}

const TOOLS: &str = r#"
set -e
raw() { git hash-object -t "$1" -w --literally --stdin; }
entry() { printf '%s %s\0' "$1" "$2"; printf %s "$3" | perl -pe '$_ = pack("H*", $_)'; }
src=$(git rev-parse main:src)
put() { # entries in git's order, src among them
  tree=$(raw tree); git update-ref refs/heads/main "$(printf 'tree %s\nparent %s\nauthor A <a@b> 1700000002 +0000\ncommitter A <a@b> 1700000002 +0000\n\nx\n' \
    "$tree" "$(git rev-parse main)" | raw commit)"; }
blob() { printf "$1" | git hash-object -w --stdin; }
"#;

const UPSTREAMS: &[Upstream] = &[
    failed(
        "modules of every kind",
        "m=$(blob '[submodule \"../../x\"]\\n\\tpath = -x\\n\\turl = ext::@RUN@\\n\\tupdate = !@RUN@\\n')
         { entry 100644 .gitmodules $m; entry 160000 sub $(git rev-parse main); entry 40000 src $src; } | put",
        "gitmodulesName",
    ),
    failed(
        "modules that are a link",
        "{ entry 120000 .gitmodules $(blob src/dir0/file0.txt); entry 40000 src $src; } | put",
        "invalid path '.gitmodules'",
    ),
    delivered(
        "links out of the tree",
        "{ entry 120000 AGENTS.md $(blob /etc/passwd); entry 120000 etc $(blob ../../../etc); entry 120000 root $(blob /); entry 40000 src $src; } | put",
    ),
    delivered(
        "a file through a link",
        "{ entry 120000 A $(blob .git/hooks); entry 40000 a $(entry 100755 post-checkout $(blob '#!/bin/sh\\n@RUN@\\n') | raw tree); entry 40000 src $src; } | put",
    ),
    delivered(
        "attributes and settings of tools",
        "{ entry 100644 .gitattributes $(blob '* filter=lfs diff=x merge=x\\n*.txt -filter\\n'); entry 100644 .gitconfig $(blob '[core]\\n\\tfsmonitor = @RUN@\\n')
           entry 100644 .lfsconfig $(blob '[lfs]\\n\\turl = file:///x\\n'); entry 40000 src $src; } | put",
    ),
    delivered(
        "names of every kind",
        "{ entry 100644 --exec=x $(blob x); entry 100644 -rf $(blob x); entry 100644 \"$(printf 'a\\nb\\033[31m\\377')\" $(blob x); entry 40000 src $src; } | put",
    ),
    delivered(
        "branches of every name",
        "h=$(git rev-parse main); for name in -x --upload-pack=x 'a$(touch${IFS}x)' \"a'b\" 'refs/heads/main' HEAD; do echo \"$h refs/heads/$name\"; done > packed-refs",
    ),
    failed(
        "a default branch that a shell would read",
        "git update-ref 'refs/heads/a;$(touch${IFS}@MARK@)' main; git symbolic-ref HEAD 'refs/heads/a;$(touch${IFS}@MARK@)'",
        "not a legal branch name",
    ),
    delivered(
        "settings and hooks of the repository's own",
        "git config core.fsmonitor '@RUN@'; git config core.sshCommand '@RUN@'; git config alias.rev-parse '!@RUN@'
         git config uploadpack.packObjectsHook '@RUN@'; mkdir -p hooks; for hook in post-checkout pre-commit pre-push post-index-change; do
         printf '#!/bin/sh\\n@RUN@\\n' > hooks/$hook; chmod +x hooks/$hook; done",
    ),
    failed(
        "a git folder in the tree",
        "{ entry 40000 .git $(entry 40000 hooks $(entry 100755 post-checkout $(blob '#!/bin/sh\\n@RUN@\\n') | raw tree) | raw tree); entry 40000 src $src; } | put",
        ".git",
    ),
    failed(
        "a git folder of other letters in the tree",
        "{ entry 40000 .GIT $(entry 100644 config $(blob '[core]\\n\\tfsmonitor = @RUN@\\n') | raw tree); entry 40000 src $src; } | put",
        ".GIT",
    ),
    failed(
        "a folder that leads up",
        "{ entry 40000 .. $(entry 100644 x $(blob x) | raw tree); entry 40000 src $src; } | put",
        "..",
    ),
];

/// Makes a repository and runs those commands in it, as the attacker would on a disk of his own.
fn make(world: &World, number: usize, upstream: &Upstream, mark: &std::path::Path) -> Repository {
    let repository = world.repository(&format!("upstream-{number}.git"));
    let made = upstream
        .made
        .replace("@RUN@", &format!("touch {}", mark.display()))
        .replace("@MARK@", &mark.display().to_string());
    let output = Command::new("/bin/bash")
        .args(["-c", &format!("{TOOLS}\n{made}")])
        .current_dir(&repository.path)
        .env("GIT_DIR", &repository.path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {output:?}", upstream.name);
    assert!(!mark.exists(), "{}: sprung too early", upstream.name);
    repository
}

#[tokio::test]
async fn a_hostile_repository_executes_nothing_and_is_worked_on_where_that_can_be() {
    let world = World::new().await;
    let canary = world.ground.path().join("canary");
    std::fs::create_dir(&canary).unwrap();
    let at_work = world.work();
    let mut all: Vec<(&Upstream, Repository, PathBuf, _)> = Vec::new();
    for (number, upstream) in UPSTREAMS.iter().enumerate() {
        let mark = canary.join(number.to_string());
        let repository = make(&world, number, upstream, &mark);
        let prompt = "Work\n\n```sh\necho honest > honest.txt\n```\n";
        let agent = world.create(on(&[&repository], prompt)).await;
        all.push((upstream, repository, mark, agent));
    }
    for (upstream, repository, mark, agent) in &all {
        let name = upstream.name;
        println!("{name}");
        let run = world.ended(*agent).await;
        match upstream.ends {
            Ends::Delivered => {
                assert_eq!(run.state.word(), "succeeded", "{name}: {run:?}");
                let agent = world.agent(*agent).await;
                let made = branch(&agent.repositories[0]);
                assert_eq!(repository.file(made, "honest.txt"), "honest\n", "{name}");
                assert_eq!(
                    repository.file(made, "src/dir0/file0.txt"),
                    "file 0\n",
                    "{name}"
                );
            }
            Ends::Failed(words) => {
                let (cause, message) = run
                    .failure
                    .unwrap_or_else(|| panic!("{name}: {:?}", run.state));
                assert!(message.contains(words), "{name}: {cause:?}: {message}");
            }
        }
        assert!(!mark.exists(), "{name}: executed on the host");
    }
    drop(at_work);
}
