//! Signed commits: git itself verifies them, a repetition makes the same, others keep theirs.

use std::fs;
use std::path::Path;
use std::process::Command;

use outwork_domain::{CommitId, Timestamp};
use outwork_workspace::{
    BranchOwner, Error, Identity, Imported, Merge, Mirror, Push, PushFrom, Pushed, Signing,
    SigningKey,
};

use crate::support::{World, commit_id, worlds};

/// The committer of everything that [`World::git_in`] commits.
const ADA: &str = "ada@example.org";

/// Makes a key as a person does; gives its file.
fn make_key(world: &World, name: &str, arguments: &[&str]) -> std::path::PathBuf {
    let file = world.path(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-N", "", "-C", "the tests", "-f"])
        .arg(&file)
        .args(arguments)
        .output()
        .expect("ssh-keygen is needed (Debian: openssh-client)");
    assert!(made.status.success(), "{made:?}");
    file
}

/// Opens the world's git with a new key that vouches for that address; gives the allowed signers.
async fn sign_as(world: &mut World, email: &str) -> std::path::PathBuf {
    let file = make_key(world, "key", &["-t", "ed25519"]);
    let key = SigningKey::read(&file).unwrap();
    let allowed = world.path("allowed-signers");
    let line = format!(
        "{email} namespaces=\"git\" {}\n",
        key.public_line().unwrap()
    );
    fs::write(&allowed, line).unwrap();
    let email = email.to_owned();
    world
        .reopen(|options| options.signing = Some(Signing { key, email }))
        .await;
    allowed
}

/// What git says of a commit's signature: `G` is a good one, `N` none.
fn verdict(world: &World, git_dir: &Path, allowed: &Path, commit: &CommitId) -> String {
    let allowed = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    let arguments = ["-c", "gpg.format=ssh", "-c", &allowed];
    let log = ["log", "-1", "--format=%G? %GS", commit.as_str()];
    world.git_in(git_dir, &[&arguments[..], &log].concat())
}

async fn signed(world: &World, mirror: &Mirror, name: &str, base: &CommitId) -> Imported {
    let files = [("b", "b")];
    let imported = world.work(mirror, name, base, &files).await;
    world.git.sign(imported, base).await.unwrap()
}

#[tokio::test]
async fn a_signed_commit_is_verified_by_git_and_made_the_same_again() {
    for mut world in worlds().await {
        let allowed = sign_as(&mut world, ADA).await;
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let plain = world.work(&mirror, "plain", &base, &[("b", "b")]).await;
        let first = signed(&world, &mirror, "one", &base).await;
        assert_ne!(first.commit(), plain.commit());
        assert_eq!(
            verdict(&world, first.folder(), &allowed, first.commit()),
            format!("G {ADA}")
        );
        let again = signed(&world, &mirror, "two", &base).await;
        assert_eq!(again.commit(), first.commit());
        let shown = |imported: &Imported, format: &str| {
            let format = format!("--format={format}");
            let arguments = ["log", "-1", &format, imported.commit().as_str()];
            world.git_in(imported.folder(), &arguments)
        };
        for format in ["%T %P", "%an %ae %at", "%cn %ce %ct", "%B"] {
            assert_eq!(shown(&first, format), shown(&plain, format));
        }
        let branch = "topic".parse().unwrap();
        let push = Push {
            commit: first.commit(),
            branch: &branch,
            expected: None,
            owner: BranchOwner::Someone,
        };
        world.git.keep(&first, "run").await.unwrap();
        // What the mirror took over is enough to push from, and a repetition finds it.
        let pushed = world.git.push(PushFrom::Mirror(&mirror), &push).await;
        assert_eq!(pushed.unwrap(), Pushed::Done);
        let repeated = world.git.push(PushFrom::Imported(&again), &push).await;
        assert_eq!(repeated.unwrap(), Pushed::AlreadyThere);
        let bare = world.bare("tools");
        assert_eq!(
            verdict(&world, &bare, &allowed, first.commit()),
            format!("G {ADA}")
        );
        world.git_in(&bare, &["fsck", "--strict"]);
    }
}

#[tokio::test]
async fn a_changed_commit_no_longer_fits_its_signature() {
    for mut world in worlds().await {
        let allowed = sign_as(&mut world, ADA).await;
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let good = signed(&world, &mirror, "one", &base).await;
        let raw = world.git_in(
            good.folder(),
            &["cat-file", "commit", good.commit().as_str()],
        );
        let file = world.path("changed");
        fs::write(&file, raw.replace("Add a file", "Add two files") + "\n").unwrap();
        let file = file.to_str().unwrap();
        let arguments = ["hash-object", "-t", "commit", "-w", file];
        let bad = commit_id(&world.git_in(good.folder(), &arguments));
        let verdict = verdict(&world, good.folder(), &allowed, &bad);
        assert!(verdict.starts_with('B'), "{verdict}");
    }
}

#[tokio::test]
async fn every_commit_of_ours_is_signed_and_those_of_others_keep_their_id() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let folder = world.workspace(&mirror, "run", &base).await;
        let commit = |email: &str, subject: &str| {
            let email = format!("user.email={email}");
            let arguments = ["commit", "--quiet", "--allow-empty", "-m", subject];
            // Who commits is set by variables, so both are given to this one command.
            let mut command = Command::new(&world.program);
            command
                .args(["-c", &email])
                .args(arguments)
                .current_dir(&folder)
                .env("HOME", world.path("people"))
                .env("GIT_AUTHOR_NAME", "X")
                .env("GIT_AUTHOR_EMAIL", email.trim_start_matches("user.email="))
                .env("GIT_COMMITTER_NAME", "X")
                .env(
                    "GIT_COMMITTER_EMAIL",
                    email.trim_start_matches("user.email="),
                );
            assert!(command.status().unwrap().success());
            commit_id(&world.git_in(&folder, &["rev-parse", "HEAD"]))
        };
        let theirs = commit("bob@example.org", "By somebody else");
        let ours = commit("OUTWORK@example.org", "By the agent");
        let on_ours = commit("bob@example.org", "On top of it");
        let bundle = world.bundle_range(&folder, &[&format!("{base}..refs/heads/work")]);
        let allowed = sign_as(&mut world, "outwork@example.org").await;
        let intake = world.path("data").join("intake").join("run");
        let imported = world.git.import(&mirror, &bundle, &intake, &base).await;
        let imported = imported.unwrap();
        assert_eq!(imported.commit(), &on_ours);
        let imported = world.git.sign(imported, &base).await.unwrap();
        let range = format!("{base}..{}", imported.commit());
        let list = world.git_in(imported.folder(), &["rev-list", "--reverse", &range]);
        let list: Vec<CommitId> = list.lines().map(commit_id).collect();
        assert_eq!((list.len(), &list[0]), (3, &theirs));
        assert!(list[1] != ours && list[2] != on_ours);
        let verdicts: Vec<char> = list
            .iter()
            .map(|commit| verdict(&world, imported.folder(), &allowed, commit))
            .filter_map(|verdict| verdict.chars().next())
            .collect();
        assert_eq!(verdicts, ['N', 'G', 'G']);
    }
}

#[tokio::test]
async fn a_merge_is_signed_too() {
    for mut world in worlds().await {
        let repository = world.repository("tools");
        let allowed = sign_as(&mut world, ADA).await;
        let (mirror, base) = world.mirror(&repository).await;
        let imported = signed(&world, &mirror, "one", &base).await;
        world.git.keep(&imported, "one").await.unwrap();
        world.commit("tools", "main", &[("theirs", "x")]);
        let main = "main".parse().unwrap();
        let merge = Merge {
            base: &main,
            head: imported.commit(),
            message: "Merge it\n",
            author: &Identity {
                name: "Ada".to_owned(),
                email: ADA.to_owned(),
            },
            date: Timestamp::from_millis(1_768_473_000_999),
        };
        let merged = world.git.merge(&repository, &merge).await.unwrap();
        let bare = world.bare("tools");
        assert_eq!(world.tip("tools", "main").as_ref(), Some(&merged));
        assert_eq!(
            verdict(&world, &bare, &allowed, &merged),
            format!("G {ADA}")
        );
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_signed() {
    for world in worlds().await {
        let repository = world.repository("tools");
        let (mirror, base) = world.mirror(&repository).await;
        let imported = world.work(&mirror, "one", &base, &[("b", "b")]).await;
        let same = world.git.sign(imported.clone(), &base).await.unwrap();
        assert_eq!(same, imported);
    }
}

#[tokio::test]
async fn only_an_open_ed25519_key_can_be_used() {
    let world = worlds().await.remove(0);
    let rsa = make_key(&world, "rsa", &["-t", "rsa", "-b", "2048"]);
    let locked = make_key(&world, "locked", &["-t", "ed25519", "-N", "passphrase"]);
    for (file, why) in [
        (rsa, "Ed25519"),
        (locked, "passphrase"),
        (world.path("absent"), "No such file"),
    ] {
        let error = SigningKey::read(&file).unwrap_err();
        assert!(
            matches!(&error, Error::UnusableSigningKey(words) if words.contains(why)),
            "{error}"
        );
    }
    let key = make_key(&world, "good", &["-t", "ed25519"]);
    let line = SigningKey::read(&key).unwrap().public_line().unwrap();
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    assert_eq!(line.trim(), public.trim());
}
