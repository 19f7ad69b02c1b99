//! What a session has made: pull requests and changed files.

use outwork_domain::limits::DIFF_BYTES_MAX;
use outwork_domain::run_state::RunEvent;
use outwork_domain::{CommitId, EventBody, NoChange, Repository};
use outwork_engine::Clock as _;
use outwork_store::{
    ChangeSet, Error, NewPullRequest, RepositoryChange, Transition, agents, change_sets,
    pull_requests,
};
use serde_json::{Value, json};

use super::support::Jules;
use crate::support::get;

const BRANCH: &str = "outwork/one";

impl Jules {
    fn repository(&self) -> Repository {
        self.repository.parse().unwrap()
    }

    /// Does the oldest run's work: a commit on the session's branch.
    async fn change(&self, id: &str, from: &str, text: &str) -> CommitId {
        let base = self.server.repositories.tip("docs.git", "main");
        let head = self
            .server
            .repositories
            .commit("docs.git", BRANCH, Some(from), text);
        let fence = self.server.claim().await;
        let prepared = Transition {
            bases: vec![(self.repository(), base.clone())],
            ..Transition::of(RunEvent::WorkspacePrepared)
        };
        self.server.step(fence, prepared).await;
        let pushed = EventBody::Pushed {
            repository: self.repository(),
            branch: BRANCH.parse().unwrap(),
            commit: head.clone(),
        };
        self.server.append(fence, vec![pushed]).await;
        let change = RepositoryChange {
            branch: Some(BRANCH.parse().unwrap()),
            head: Some(head.clone()),
            ..RepositoryChange::of(self.repository())
        };
        let change_set = ChangeSet {
            repository: self.repository(),
            base,
            head: head.clone(),
            subject: "words".to_owned(),
            patch: patch_to(text),
        };
        let (id, now) = (id.parse().unwrap(), self.server.clock.now());
        let update = self.server.store.write(move |tx| {
            Box::pin(async move {
                change_sets::put(tx, &fence, &change_set).await?;
                agents::update_repository(tx, id, &change, now).await
            })
        });
        let done: Result<_, Error> = update.await;
        done.unwrap();
        self.server.succeed(fence, "Done.").await;
        head
    }

    /// Opens the pull request that shows the session's branch.
    async fn open(&self, id: &str, url: &str) {
        let tip = |branch: &str| self.server.repositories.tip("docs.git", branch);
        let new = NewPullRequest {
            agent_id: id.parse().unwrap(),
            repository: self.repository(),
            title: "Parser tests".to_owned(),
            body: "Adds tests.".to_owned(),
            base: "main".parse().unwrap(),
            head: BRANCH.parse().unwrap(),
            base_commit: tip("main"),
            head_commit: tip(BRANCH),
            readiness: outwork_domain::Readiness::Ready,
            now: self.server.clock.now(),
        };
        let change = RepositoryChange {
            pull_request_url: Some(url.to_owned()),
            ..RepositoryChange::of(self.repository())
        };
        let opened: Result<_, Error> = self
            .server
            .store
            .write(move |tx| {
                Box::pin(async move {
                    pull_requests::open(tx, &new).await?;
                    agents::update_repository(tx, new.agent_id, &change, new.now).await
                })
            })
            .await;
        opened.unwrap();
    }
}

/// The patch that turns the first `README.md` into that one, as far as it can be shown.
fn patch_to(text: &str) -> Option<String> {
    let added: String = text.lines().map(|line| format!("+{line}\n")).collect();
    let count = text.lines().count();
    let file = "README.md";
    let patch = format!(
        "diff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n@@ -1 +1,{count} @@\n-hello\n{added}"
    );
    (patch.len() <= DIFF_BYTES_MAX).then_some(patch)
}

fn patch_of(change_set: &Value) -> &str {
    change_set["gitPatch"]["unidiffPatch"].as_str().unwrap()
}

#[tokio::test]
async fn changed_files_are_shown_against_where_work_started() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    let base = jules.server.repositories.tip("docs.git", "main");
    assert_eq!(jules.session(&id).await.get("outputs"), None);
    jules.change(&id, "main", "one\n").await;
    let session = jules.session(&id).await;
    let [output] = session["outputs"].as_array().unwrap().as_slice() else {
        panic!("{session}");
    };
    let change = &output["changeSet"];
    assert_eq!(change["source"], jules.source);
    assert_eq!(change["gitPatch"]["baseCommitId"], base.to_string());
    assert_eq!(change["gitPatch"]["suggestedCommitMessage"], "words");
    let patch = patch_of(change);
    assert!(
        patch.starts_with("diff --git a/README.md b/README.md\n"),
        "{patch}"
    );
    assert!(
        patch.contains("-hello\n") && patch.contains("+one\n"),
        "{patch}"
    );
    assert_eq!(session["sourceContext"]["workingBranch"], BRANCH);
    // The end of the run shows the same.
    let activities = jules.activities(&id).await;
    let end = activities.last().unwrap();
    assert_eq!(end["sessionCompleted"], json!({}));
    assert_eq!(end["artifacts"], json!([{"changeSet": change}]));
    // The list too.
    assert_eq!(jules.list("sessions", "sessions").await, [session]);
}

#[tokio::test]
async fn what_an_end_has_shown_stays_when_work_goes_on() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    jules.change(&id, "main", "one\n").await;
    let before = jules.activities(&id).await;
    jules.message(&id, "two").await.good();
    jules.change(&id, BRANCH, "two\n").await;
    jules.message(&id, "three").await.good();
    let said = NoChange::NothingNew;
    jules.run(&said.behind("Nothing to do.")).await;
    let after = jules.activities(&id).await;
    assert_eq!(after[..before.len()], before);
    let ends: Vec<&Value> = after
        .iter()
        .filter(|one| one.get("sessionCompleted").is_some())
        .collect();
    assert_eq!(ends.len(), 3);
    assert!(patch_of(&ends[1]["artifacts"][0]["changeSet"]).contains("+two\n"));
    // A run that changed nothing has nothing to show, and says so.
    assert_eq!(ends[2].get("artifacts"), None);
    let told: Vec<Option<&str>> = ends.iter().map(|end| end["description"].as_str()).collect();
    assert_eq!(told, [None, None, Some(said.sentence())]);
    let session = jules.session(&id).await;
    assert!(patch_of(&session["outputs"][0]["changeSet"]).contains("+two\n"));
}

#[tokio::test]
async fn a_pull_request_is_the_first_output() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    jules.change(&id, "main", "one\n").await;
    jules.open(&id, "https://outwork.example.com/pulls/1").await;
    let outputs = jules.session(&id).await["outputs"].clone();
    let expected = json!({
        "url": "https://outwork.example.com/pulls/1",
        "title": "Parser tests",
        "description": "Adds tests.",
        "baseRef": "main",
        "headRef": BRANCH,
    });
    assert_eq!(outputs[0], json!({"pullRequest": expected}));
    assert!(outputs[1]["changeSet"].is_object());
}

#[tokio::test]
async fn what_was_pushed_is_shown_though_its_repository_is_gone() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    jules.change(&id, "main", "one\n").await;
    let (session, activities) = (jules.session(&id).await, jules.activities(&id).await);
    jules.server.repositories.remove("docs.git");
    assert!(patch_of(&session["outputs"][0]["changeSet"]).contains("+one\n"));
    assert_eq!(jules.session(&id).await, session);
    assert_eq!(jules.activities(&id).await, activities);
}

#[tokio::test]
async fn a_difference_that_cannot_be_shown_is_left_out() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    jules
        .change(&id, "main", &"too much\n".repeat(DIFF_BYTES_MAX / 8))
        .await;
    let session = jules.session(&id).await;
    assert_eq!(
        (&session["state"], session.get("outputs")),
        (&json!("COMPLETED"), None)
    );
    let activities = jules.activities(&id).await;
    assert_eq!(activities.last().unwrap().get("artifacts"), None);
}

#[tokio::test]
async fn a_page_ends_where_its_changes_fill_it() {
    let jules = Jules::new().await;
    let id = jules.start("one").await;
    let large = |line: &str| line.repeat(DIFF_BYTES_MAX * 5 / 8 / line.len());
    jules.change(&id, "main", &large("one\n")).await;
    for line in ["two\n", "three\n"] {
        jules.message(&id, line).await.good();
        jules.change(&id, BRANCH, &large(line)).await;
    }
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("/v1alpha/sessions/{id}/activities?pageToken={token}");
        let page = jules.ask(get(path)).await.good();
        let shown = page["activities"].as_array().unwrap();
        let ends = shown.iter().filter(|one| one["artifacts"].is_array());
        pages.push((shown.len(), ends.count()));
        match page["nextPageToken"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    // What follows the second end would be the third.
    assert_eq!(pages, [(3, 2), (2, 1)]);
}
