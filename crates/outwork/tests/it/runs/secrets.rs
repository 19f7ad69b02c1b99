//! What a run leaves behind holds no secret: such commits are refused, such artifacts stay behind.

use outwork_domain::{Cause, SecretsWish, Variable};

use super::world::{World, branch, on, then};

const VALUE: &str = "hunter2/hunter2+hunter2";

async fn artifacts(world: &World, id: outwork_domain::AgentId) -> Vec<String> {
    let mut reader = world.engine.store().read().await.unwrap();
    let list = outwork_store::artifacts::list(&mut reader, id, 10).await;
    list.unwrap()
        .into_iter()
        .map(|one| one.path.to_string())
        .collect()
}

#[tokio::test]
async fn a_commit_with_a_secret_is_refused_and_one_without_is_published() {
    let world = World::new().await;
    world.put_secret("TOKEN", VALUE).await;
    let at_work = world.work();
    let ways = [
        ("a line", "echo \"token=$TOKEN\" > config"),
        ("base64", "printf 'x%s' \"$TOKEN\" | base64 > config"),
        ("a binary file", "printf '\\0\\1%s\\0' \"$TOKEN\" > config"),
        ("a path", "mkdir -p \"a/${TOKEN%/*}\"; touch \"a/$TOKEN\""),
        (
            "a commit of its own, taken back",
            "echo $TOKEN > config; git add config; git commit -qm x; git rm -q config; git commit -qm y; echo 1 > one",
        ),
        (
            "a message",
            "echo 1 > one; git add one; git commit -qm \"with $TOKEN\"",
        ),
    ];
    for (number, (what, way)) in ways.into_iter().enumerate() {
        let repository = world.repository(&format!("{number}.git"));
        let prompt = format!("Leak\n\n```sh\n{way}\n```\n");
        let id = world.create(on(&[&repository], &prompt)).await;
        let run = world.ended(id).await;
        let (cause, message) = run.failure.unwrap_or_else(|| panic!("{what}"));
        assert_eq!(cause, Cause::ImportRefused, "{what}: {message}");
        assert!(message.contains("the secret TOKEN"), "{what}: {message}");
        assert_eq!(repository.branches(), ["main"], "{what}");
        assert!(
            !format!("{:?}", world.events(id).await).contains(VALUE),
            "{what}"
        );
        let mend = "Mend\n\n```sh\ngit reset -q --mixed origin/main 2>/dev/null || git reset -q --mixed \
            $(git rev-list --max-parents=0 HEAD); rm -rf config a; echo 2 > two\n```\n";
        world.follow_up(id, then(mend)).await;
        world.succeeded(id).await;
        let agent = world.agent(id).await;
        let made = branch(&agent.repositories[0]);
        assert_eq!(repository.file(made, "two"), "2\n", "{what}");
    }
    drop(at_work);
}

#[tokio::test]
async fn a_credential_in_a_prompt_is_in_no_name_that_is_published() {
    const CREDENTIAL: &str = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    let world = World::new().await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let prompt = |file: &str| format!("Use {CREDENTIAL} here\n\n```sh\necho x > {file}\n```\n");
    let mut named = on(&[&repository], &prompt("a"));
    named.name = Some(format!("With {CREDENTIAL}"));
    for new in [on(&[&repository], &prompt("a")), named] {
        let own_name = new.name.clone();
        let id = world.create(new).await;
        world.succeeded(id).await;
        world.follow_up(id, then(&prompt("b"))).await;
        world.succeeded(id).await;
        let agent = world.agent(id).await;
        // A name of the caller's is the caller's.
        let name = own_name.unwrap_or_else(|| "Use [redacted:token] here".to_owned());
        assert_eq!(agent.name, name);
        let made = branch(&agent.repositories[0]);
        assert!(made.contains("redacted-token"), "{made}");
        let messages = repository.git(&["log", "--format=%B", &format!("main..{made}")]);
        assert_eq!(
            messages.matches("[redacted:token]").count(),
            2,
            "{messages}"
        );
        let pulls = world.pull_requests().await;
        let pull = pulls
            .last()
            .map(|pull| format!("{pull:?}"))
            .unwrap_or_default();
        for public in [made, &messages, &pull] {
            let public = public.to_lowercase();
            assert!(!public.contains("a1b2c3d4"), "{public}");
        }
    }
    drop(at_work);
}

#[tokio::test]
async fn an_agent_that_is_to_have_no_secrets_gets_none() {
    let world = World::new().await;
    world.put_secret("TOKEN", VALUE).await;
    let at_work = world.work();
    let prompt = "Count\n\n```sh\nprintf %s \"${TOKEN-none}\" | wc -c > count\n```\n";
    for (number, secrets, count) in [
        ("1.git", SecretsWish::Given, VALUE.len()),
        ("2.git", SecretsWish::Withheld, "none".len()),
    ] {
        let repository = world.repository(number);
        let mut new = on(&[&repository], prompt);
        new.origin.terms.secrets = secrets;
        let id = world.create(new).await;
        world.succeeded(id).await;
        let agent = world.agent(id).await;
        let counted = repository.file(branch(&agent.repositories[0]), "count");
        assert_eq!(counted.trim(), count.to_string(), "{secrets:?}");
    }
    drop(at_work);
}

#[tokio::test]
async fn artifacts_with_a_secret_stay_behind_and_are_named() {
    let world = World::new().await;
    world.put_secret("TOKEN", VALUE).await;
    let at_work = world.work();
    // The value lies over the border of two pieces of the file.
    let prompt = "Leave\n\n```sh\ncd \"$OUTWORK_ARTIFACTS\"\necho fine > fine.txt\n\
        (head -c 262140 /dev/zero; printf %s \"$TOKEN\") > dump.bin\n\
        touch \"${TOKEN##*/}-is-no-secret\"\nmkdir -p \"${TOKEN%/*}\"; touch \"$TOKEN\"\n```\n";
    let id = world.create(on(&[], prompt)).await;
    world.succeeded(id).await;
    let mut left = artifacts(&world, id).await;
    left.sort();
    assert_eq!(left, ["fine.txt", "hunter2+hunter2-is-no-secret"]);
    let notes = world.notes(id).await;
    let note = "Artifacts that hold the value of a secret were left behind: ";
    assert!(notes[0].starts_with(note), "{notes:?}");
    assert!(notes[0].contains("dump.bin (TOKEN)"), "{notes:?}");
    assert!(notes[0].contains("[redacted:TOKEN] (TOKEN)"), "{notes:?}");
    let folder = world
        .ground
        .data_dir()
        .join("artifacts")
        .join(id.to_string());
    assert_eq!(folder.read_dir().unwrap().count(), 2);
    drop(at_work);
}

/// Variables of a request are often no secrets: what becomes of them is the user's choice.
#[tokio::test]
async fn variables_of_a_request_may_be_committed() {
    let world = World::new().await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let prompt = "Set\n\n```sh\necho \"$PLACE\" | tee place \"$OUTWORK_ARTIFACTS/place\"\n```\n";
    let mut new = on(&[&repository], prompt);
    new.variables = vec![Variable::new("PLACE", "eu-central-1".to_owned()).unwrap()];
    let id = world.create(new).await;
    world.succeeded(id).await;
    let agent = world.agent(id).await;
    let made = repository.file(branch(&agent.repositories[0]), "place");
    assert_eq!(made, "eu-central-1\n");
    assert_eq!(artifacts(&world, id).await, ["place"]);
    drop(at_work);
}
