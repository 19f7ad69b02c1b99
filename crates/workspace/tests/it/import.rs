//! What may come out of a sandbox, and what is refused by name.

use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outwork_domain::{Cause, Class, CommitId};
use outwork_workspace::{Error, Imported, Mirror, Result, Rule};

use crate::support::{World, commit_id, worlds};

/// A run's workspace, at the newest commit of a repository.
struct Run {
    mirror: Mirror,
    base: CommitId,
    folder: PathBuf,
}

async fn run(world: &World) -> Run {
    let repository = world.repository("tools");
    let (mirror, base) = world.mirror(&repository).await;
    let folder = world.workspace(&mirror, "run", &base).await;
    Run {
        mirror,
        base,
        folder,
    }
}

impl Run {
    async fn import(&self, world: &World, bundle: &Path) -> Result<Imported> {
        let intake = world.path("data/intake/run");
        world
            .git
            .import(&self.mirror, bundle, &intake, &self.base)
            .await
    }

    /// Imports what is in the workspace now.
    async fn finish(&self, world: &World) -> Result<Imported> {
        let bundle = world.bundle(&self.folder, &self.base);
        self.import(world, &bundle).await
    }

    /// Writes an object past all of git's checks.
    fn write_object(&self, world: &World, kind: &str, bytes: &[u8]) -> CommitId {
        let mut child = Command::new(&world.program)
            .args(["hash-object", "-t", kind, "-w", "--literally", "--stdin"])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        commit_id(&String::from_utf8(output.stdout).unwrap())
    }

    /// A bundle of one commit on the base with that tree.
    fn bundle_tree(&self, world: &World, tree: &str, author: &str) -> PathBuf {
        let commit = format!(
            "tree {tree}\nparent {}\nauthor {author}\ncommitter {author}\n\nx\n",
            self.base
        );
        let commit = self.write_object(world, "commit", commit.as_bytes());
        world.git_in(
            &self.folder,
            &["update-ref", "refs/heads/work", commit.as_str()],
        );
        world.bundle_range(&self.folder, &[&format!("{}..refs/heads/work", self.base)])
    }

    /// A tree of these lines, as `git ls-tree` shows them.
    fn make_tree(&self, world: &World, lines: &str) -> String {
        let mut child = Command::new(&world.program)
            .arg("mktree")
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(lines.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A tree with one entry, as bytes.
    fn tree_of(&self, world: &World, mode: &str, name: &str, id: &CommitId) -> String {
        let id: Vec<u8> = (0..20)
            .map(|n| u8::from_str_radix(&id.as_str()[2 * n..2 * n + 2], 16).unwrap())
            .collect();
        let bytes = [format!("{mode} {name}\0").as_bytes(), &id].concat();
        self.write_object(world, "tree", &bytes).to_string()
    }
}

const ADA: &str = "Ada <ada@example.org> 1768473000 +0000";

fn refused(result: Result<Imported>, world: &World) -> String {
    let error = result.unwrap_err();
    assert_eq!(
        (error.cause(), error.class()),
        (Cause::ImportRefused, Class::Permanent),
        "{error}"
    );
    assert!(
        !world.path("data/intake/run").exists(),
        "the folder of a refusal is deleted"
    );
    error.to_string()
}

#[tokio::test]
async fn honest_work_comes_out_byte_for_byte() {
    for world in worlds().await {
        let run = run(&world).await;
        let odd = [
            "trailing space ",
            "new\nline",
            "ünï",
            "-dash",
            "quote\"d",
            "README.MD",
        ];
        for name in odd {
            fs::write(run.folder.join(name), [0, 159, 146, 150]).unwrap();
        }
        fs::write(
            run.folder
                .join(std::ffi::OsStr::from_bytes(b"not utf-8 \xff")),
            "x",
        )
        .unwrap();
        fs::create_dir(run.folder.join("deep")).unwrap();
        symlink("../README.md", run.folder.join("deep/link")).unwrap();
        let imported = run.finish(&world).await.unwrap();
        let theirs = world.git_in(&run.folder, &["rev-parse", "HEAD"]);
        assert_eq!(imported.commit().as_str(), theirs);
        world.git.keep(&imported, "run").await.unwrap();
        let names = world.git_in(
            run.mirror.objects().parent().unwrap(),
            &["ls-tree", "-r", "-z", "--name-only", &theirs],
        );
        assert_eq!(
            names,
            world.git_in(&run.folder, &["ls-tree", "-r", "-z", "--name-only", "HEAD"])
        );
    }
}

#[tokio::test]
async fn several_commits_merges_and_amends_are_work_as_well() {
    for world in worlds().await {
        let run = run(&world).await;
        let git = |arguments: &[&str]| world.git_in(&run.folder, arguments);
        git(&["checkout", "--quiet", "-b", "side"]);
        fs::write(run.folder.join("side"), "x").unwrap();
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "-m", "side"]);
        git(&["checkout", "--quiet", "work"]);
        fs::write(run.folder.join("main"), "x").unwrap();
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "-m", "main"]);
        git(&["merge", "--quiet", "--no-ff", "-m", "both", "side"]);
        let imported = run.finish(&world).await.unwrap();
        world.git.keep(&imported, "run").await.unwrap();
        let stat = world
            .git
            .diff_stat(&run.mirror, &run.base, imported.commit())
            .await
            .unwrap();
        assert_eq!(stat.file_count, 2);
    }
}

#[tokio::test]
async fn malformed_objects_are_refused_and_never_reach_the_mirror() {
    for world in worlds().await {
        let run = run(&world).await;
        let blob = run.write_object(&world, "blob", b"[submodule \"x\"]\n");
        let evil = run.write_object(
            &world,
            "blob",
            b"[submodule \"../../x\"]\n\tpath = x\n\turl = -u./payload\n",
        );
        let before = fs::read_dir(run.mirror.objects().join("pack"))
            .unwrap()
            .count();
        for (name, author, mode, entry, id) in [
            ("no e-mail", "Ada 1768473000 +0000", "100644", "a", &blob),
            ("dot git", ADA, "100644", ".git", &blob),
            ("dot git, other case", ADA, "100644", ".GiT", &blob),
            ("short name of ntfs", ADA, "100644", "git~1", &blob),
            ("parent folder", ADA, "100644", "..", &blob),
            ("linked modules", ADA, "120000", ".gitmodules", &blob),
            ("evil modules", ADA, "100644", ".gitmodules", &evil),
        ] {
            let tree = run.tree_of(&world, mode, entry, id);
            let bundle = run.bundle_tree(&world, &tree, author);
            let why = refused(run.import(&world, &bundle).await, &world);
            println!("{name}: {why}");
            assert!(!why.contains("payload"), "{why}");
        }
        let after = fs::read_dir(run.mirror.objects().join("pack"))
            .unwrap()
            .count();
        assert_eq!(before, after);
    }
}

#[tokio::test]
async fn a_pack_with_missing_or_damaged_objects_is_refused() {
    for world in worlds().await {
        let run = run(&world).await;
        let nowhere = "1234567890123456789012345678901234567890";
        let bundle = run.bundle_tree_unchecked(&world, nowhere);
        refused(run.import(&world, &bundle).await, &world);
        fs::write(run.folder.join("new"), "x".repeat(1000)).unwrap();
        let bundle = world.bundle(&run.folder, &run.base);
        let mut bytes = fs::read(&bundle).unwrap();
        let middle = bytes.len() - 40;
        bytes[middle] ^= 0xff;
        fs::write(&bundle, &bytes).unwrap();
        refused(run.import(&world, &bundle).await, &world);
        bytes.truncate(middle);
        fs::write(&bundle, &bytes).unwrap();
        refused(run.import(&world, &bundle).await, &world);
    }
}

#[tokio::test]
async fn the_bundle_must_be_one_reference_on_what_we_know() {
    for world in worlds().await {
        let run = run(&world).await;
        fs::write(run.folder.join("new"), "x").unwrap();
        world.bundle(&run.folder, &run.base);
        let git = |arguments: &[&str]| world.git_in(&run.folder, arguments);
        git(&["branch", "second"]);
        let range = format!("{}..refs/heads/work", run.base);
        let two = world.bundle_range(&run.folder, &[&range, "refs/heads/second"]);
        let why = refused(run.import(&world, &two).await, &world);
        assert!(why.contains("references"), "{why}");

        git(&["tag", "-a", "-m", "x", "tag"]);
        let tag = world.bundle_range(&run.folder, &[&format!("{}..refs/tags/tag", run.base)]);
        let why = refused(run.import(&world, &tag).await, &world);
        assert!(why.contains("no commit"), "{why}");

        fs::write(run.folder.join("more"), "x").unwrap();
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "-m", "more"]);
        let later = world.bundle_range(&run.folder, &["HEAD~1..refs/heads/work"]);
        let why = refused(run.import(&world, &later).await, &world);
        assert!(why.contains("does not have"), "{why}");

        git(&["checkout", "--quiet", "--orphan", "alone"]);
        git(&["commit", "--quiet", "-m", "alone"]);
        let alone = world.bundle_range(&run.folder, &["refs/heads/alone"]);
        let why = refused(run.import(&world, &alone).await, &world);
        assert!(why.contains("do not build on"), "{why}");
    }
}

#[tokio::test]
async fn sizes_are_limited() {
    for mut world in worlds().await {
        let run = run(&world).await;
        fs::write(run.folder.join("new"), "x").unwrap();
        let bundle = world.bundle(&run.folder, &run.base);
        world
            .reopen(|options| options.limits.bundle_bytes_max = 100)
            .await;
        let why = refused(run.import(&world, &bundle).await, &world);
        assert!(why.contains("larger than 100 bytes"), "{why}");
        world.reopen(|options| options.policy.paths_max = 0).await;
        let why = refused(run.import(&world, &bundle).await, &world);
        assert!(why.contains("more than 0 paths"), "{why}");
    }
}

/// A difference of a few bytes can make a file of any size: git makes it in memory to look at it.
#[tokio::test]
async fn a_small_pack_that_grows_in_memory_is_refused() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let line: String = (0..20_000).map(|n| format!("{n} of many\n")).collect();
        world.commit("tools", "main", &[("large", &line.repeat(20))]);
        let (mirror, base) = world.mirror(&repository).await;
        let folder = world.workspace(&mirror, "run", &base).await;
        let run = Run {
            mirror,
            base,
            folder,
        };
        // Git itself makes no difference that doubles a file; an attacker would.
        let larger = line.repeat(38);
        fs::write(run.folder.join("large"), &larger).unwrap();
        let bundle = world.bundle(&run.folder, &run.base);
        let pack_bytes = fs::metadata(&bundle).unwrap().len();
        assert!(pack_bytes < 100_000, "{pack_bytes}: it is no difference");
        let limit = u64::try_from(larger.len()).unwrap() - 100_000;
        world
            .reopen(|options| options.limits.object_bytes_max = limit)
            .await;
        let why = refused(run.import(&world, &bundle).await, &world);
        assert!(why.contains("over limit"), "{why}");
        // The control: under the ordinary limit it is only a file, and so is one that is no difference.
        world.reopen(|_| {}).await;
        run.import(&world, &bundle).await.unwrap();
        let plain = world.workspace(&run.mirror, "plain", &run.base).await;
        world.git_in(&plain, &["config", "core.bigFileThreshold", "1m"]);
        fs::write(plain.join("large"), &larger).unwrap();
        let bundle = world.bundle(&plain, &run.base);
        world
            .reopen(|options| options.limits.object_bytes_max = limit)
            .await;
        run.import(&world, &bundle).await.unwrap();
    }
}

/// Ten trees, each ten times in the next, are ten thousand million paths.
#[tokio::test]
async fn a_few_trees_with_paths_without_end_are_refused() {
    for world in worlds().await {
        let run = run(&world).await;
        let blob = run.write_object(&world, "blob", b"x");
        // Nothing need be in them.
        for innermost in [
            run.tree_of(&world, "100644", "file", &blob),
            run.make_tree(&world, ""),
        ] {
            let mut tree = innermost;
            for _ in 0..10 {
                let entries: Vec<String> = (0..10)
                    .map(|n| format!("040000 tree {tree}\td{n}\n"))
                    .collect();
                tree = run.make_tree(&world, &entries.concat());
            }
            let bundle = run.bundle_tree(&world, &tree, ADA);
            let why = refused(run.import(&world, &bundle).await, &world);
            assert!(why.contains("paths in the tree"), "{why}");
        }
    }
}

#[tokio::test]
async fn links_out_of_the_tree_are_refused_unless_allowed() {
    for mut world in worlds().await {
        let run = run(&world).await;
        symlink("/etc/passwd", run.folder.join("out")).unwrap();
        symlink("README.md", run.folder.join("in")).unwrap();
        let bundle = world.bundle(&run.folder, &run.base);
        let why = refused(run.import(&world, &bundle).await, &world);
        assert!(
            why.contains("\"out\"") && !why.contains("/etc/passwd"),
            "{why}"
        );
        world
            .reopen(|options| options.policy.escaping_links = Rule::Allowed)
            .await;
        run.import(&world, &bundle).await.unwrap();
    }
}

#[tokio::test]
async fn workflows_are_refused_unless_allowed() {
    for mut world in worlds().await {
        let run = run(&world).await;
        fs::create_dir_all(run.folder.join(".github/workflows")).unwrap();
        fs::write(run.folder.join(".github/workflows/ci.yml"), "on: push\n").unwrap();
        let bundle = world.bundle(&run.folder, &run.base);
        let why = refused(run.import(&world, &bundle).await, &world);
        assert!(why.contains(".github/workflows/ci.yml"), "{why}");
        world
            .reopen(|options| options.policy.workflows = Rule::Allowed)
            .await;
        run.import(&world, &bundle).await.unwrap();
    }
}

#[tokio::test]
async fn a_poisoned_workspace_executes_nothing_on_the_host() {
    for world in worlds().await {
        let run = run(&world).await;
        fs::write(run.folder.join("new"), "x").unwrap();
        let bundle = world.bundle(&run.folder, &run.base);
        let mark = world.path("executed");
        let command = format!("touch {}", mark.display());
        let config = format!(
            "[core]\n\tfsmonitor = {command}\n\tsshCommand = {command}\n\tgitProxy = {command}\n\
             \talternateRefsCommand = {command}\n[filter \"x\"]\n\tclean = {command}\n\
             [diff \"x\"]\n\tcommand = {command}\n\ttextconv = {command}\n[uploadpack]\n\tpackObjectsHook = {command}\n"
        );
        fs::write(run.folder.join(".git/config"), config).unwrap();
        fs::write(run.folder.join(".gitattributes"), "* filter=x diff=x\n").unwrap();
        let imported = run.import(&world, &bundle).await.unwrap();
        world.git.keep(&imported, "run").await.unwrap();
        world
            .git
            .diff(&run.mirror, &run.base, imported.commit())
            .await
            .unwrap();
        world
            .git
            .remove_workspace(run.folder.parent().unwrap())
            .await
            .unwrap();
        assert!(!mark.exists());
        // The control: a person who runs git in there is caught.
        let other = world.workspace(&run.mirror, "control", &run.base).await;
        world.git_in(&other, &["config", "core.fsmonitor", &command]);
        world.person(&other, &["status"]);
        assert!(mark.exists());
    }
}

#[tokio::test]
async fn an_import_can_be_repeated() {
    for world in worlds().await {
        let run = run(&world).await;
        fs::write(run.folder.join("new"), "x").unwrap();
        let bundle = world.bundle(&run.folder, &run.base);
        let first = run.import(&world, &bundle).await.unwrap();
        let second = run.import(&world, &bundle).await.unwrap();
        assert_eq!(first, second);
        let missing = run
            .import(&world, &world.path("nothing.bundle"))
            .await
            .unwrap_err();
        assert!(matches!(missing, Error::Io { .. }), "{missing}");
    }
}

impl Run {
    /// A bundle whose commit names a tree that is nowhere, put together by hand.
    fn bundle_tree_unchecked(&self, world: &World, tree: &str) -> PathBuf {
        let commit = format!(
            "tree {tree}\nparent {}\nauthor {ADA}\ncommitter {ADA}\n\nx\n",
            self.base
        );
        let commit = self.write_object(world, "commit", commit.as_bytes());
        let mut child = Command::new(&world.program)
            .args(["pack-objects", "--stdout", "--quiet"])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(format!("{commit}\n").as_bytes())
            .unwrap();
        let pack = child.wait_with_output().unwrap().stdout;
        let header = format!(
            "# v2 git bundle\n-{} \n{commit} refs/heads/work\n\n",
            self.base
        );
        let path = world.path("by-hand.bundle");
        fs::write(&path, [header.as_bytes(), &pack].concat()).unwrap();
        path
    }
}
