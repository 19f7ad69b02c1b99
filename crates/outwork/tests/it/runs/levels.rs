//! Runs at the levels below full isolation: the same work is delivered, and who watches is told.

use outwork_domain::{Event, EventBody, IsolationLevel};

use super::world::{World, branch, on, then};

/// What can be done at every level; the folder of the first command is told.
const PROMPT: &str = "Work\n\n```sh\npwd | tee where; echo report > $OUTWORK_ARTIFACTS/report.txt\n```\n\n\
                      ```sh\necho left > $TMPDIR/left; echo more >> file; test -w $HOME && git status --short\n```\n\n\
                      ```sh\npython3 -c 'import socket; socket.socket()' 2>/dev/null && echo ip > net || echo none > net\n```\n";
const LATER: &str = "Look\n\n```sh\ntest -e $TMPDIR/left || echo fresh > fresh; cat where\n```\n";

async fn delivers(level: IsolationLevel) -> (Vec<String>, String, String) {
    let world = World::at(level).await;
    let repository = world.repository("one.git");
    let at_work = world.work();
    let id = world.create(on(&[&repository], PROMPT)).await;
    world.succeeded(id).await;
    let agent = world.agent(id).await;
    let branch = branch(&agent.repositories[0]).to_owned();
    let (folder, net) = (
        repository.file(&branch, "where"),
        repository.file(&branch, "net"),
    );
    let artifacts = world.artifacts(id).await;
    let names: Vec<_> = artifacts.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(names, ["report.txt"], "{level}");
    assert_eq!(world.pull_requests().await.len(), 1, "{level}");
    // The next run in the workspace finds its files, and scratch folders of its own.
    world.follow_up(id, then(LATER)).await;
    world.succeeded(id).await;
    assert_eq!(repository.file(&branch, "fresh"), "fresh\n", "{level}");
    assert_eq!(world.isolation(id).await, [level, level]);
    let notes = world.notes(id).await;
    let told = |event: &Event| {
        if let EventBody::ToolFinished { result, .. } = &event.body {
            return Some(result.text.clone());
        }
        None
    };
    let said: Vec<String> = world.events(id).await.iter().filter_map(told).collect();
    assert!(said.last().unwrap().contains(folder.trim()), "{said:?}");
    drop(at_work);
    (notes, folder.trim().to_owned(), net.trim().to_owned())
}

#[tokio::test]
async fn without_proc_a_run_delivers_as_ever() {
    let (notes, folder, net) = delivers(IsolationLevel::FullNoproc).await;
    assert_eq!((folder.as_str(), net.as_str()), ("/repo", "ip"));
    assert_eq!(notes, Vec::<String>::new());
}

#[tokio::test]
async fn a_weakly_confined_run_delivers_without_any_network() {
    let (notes, folder, net) = delivers(IsolationLevel::Weak).await;
    assert!(
        folder.contains("/workspaces/") && folder.ends_with("/repo"),
        "{folder}"
    );
    assert_eq!(net, "none");
    // Once a run.
    assert_eq!(notes.len(), 2, "{notes:?}");
    for note in notes {
        assert!(
            note.contains("\"weak\"") && note.contains("no network"),
            "{note}"
        );
    }
}

#[tokio::test]
async fn an_unconfined_run_delivers_and_is_told_to_be_one() {
    let (notes, folder, net) = delivers(IsolationLevel::None).await;
    assert!(folder.contains("/workspaces/"), "{folder}");
    assert_eq!(net, "ip");
    assert_eq!(notes.len(), 2, "{notes:?}");
    for note in notes {
        assert!(note.contains("does not confine commands"), "{note}");
    }
}
