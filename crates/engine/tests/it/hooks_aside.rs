//! What else follows from what a forge sends: repositories that move or go, lines that no webhook tells
//! of, a stop in the middle.

use outwork_domain::{HookState, PullRequestNumber, PullRequestState};
use outwork_engine::People;
use outwork_forge::{Incoming, Line, Place, Side, Subject};
use outwork_store::forge_pull_requests;
use tokio_util::sync::CancellationToken;

use crate::hooks::{DONE, Listening};
use crate::support::new_repository;

#[tokio::test]
async fn a_renamed_repository_keeps_its_pull_requests_and_a_deleted_one_has_none_open() {
    let listening = Listening::start().await;
    let id = listening.agent_with_pull_request(3).await;
    let to: outwork_domain::Repository = "https://git.example.com/acme/renamed".parse().unwrap();
    let renamed = Incoming::RepositoryRenamed {
        from: Some(listening.world.repository()),
        to: to.clone(),
    };
    assert_eq!(listening.hear("a", renamed).await, DONE);
    let known = async || {
        let mut reader = listening.world.engine.store().read().await.unwrap();
        let known = forge_pull_requests::list_of_agent(&mut reader, id).await;
        known.unwrap().remove(0)
    };
    assert_eq!(known().await.repository, to);
    let Incoming::Said(mut said) = listening.on_issue("ada", "@outwork go on") else {
        panic!("nothing was said");
    };
    said.remark.repository = to.clone();
    said.remark.subject = Subject::PullRequest(PullRequestNumber(3));
    assert_eq!(listening.hear("b", Incoming::Said(said)).await, DONE);
    assert_eq!(listening.prompts(id).await.len(), 2);
    let deleted = Incoming::RepositoryDeleted { repository: to };
    assert_eq!(listening.hear("c", deleted).await, DONE);
    assert_eq!(known().await.state, PullRequestState::Closed);
}

#[tokio::test]
async fn what_is_under_way_at_the_stop_is_given_back() {
    let listening = Listening::start().await;
    *listening.forge.hangs.lock().unwrap() = true;
    let asked = listening.on_issue("ada", "@outwork do");
    listening.send("one", asked).await;
    let stop = CancellationToken::new();
    let (hooks, token) = (listening.hooks.clone(), stop.clone());
    let running = tokio::spawn(async move { hooks.run(token).await });
    listening.forge.hung.notified().await;
    stop.cancel();
    running.await.unwrap();
    // No lease has to end first.
    assert_eq!(listening.hooks.tick().await.unwrap(), 1);
    assert_eq!(listening.became("one").await, DONE);
    assert_eq!(listening.agents().await.len(), 1);
    assert_eq!(listening.forge.replies().len(), 1);
}

#[tokio::test]
async fn lines_that_a_review_does_not_tell_of_are_asked_for_and_heard_once_each() {
    let listening = Listening::start().await;
    let id = listening.agent_with_pull_request(3).await;
    let subject = Subject::PullRequest(PullRequestNumber(3));
    let on_line = |id: u64, text: &str| {
        let mut said = listening.said("ada", subject, text);
        said.remark.place = Place::Line(Line {
            id,
            thread: None,
            path: "src/lib.rs".to_owned(),
            line: Some(id),
            side: Side::New,
            hunk: None,
        });
        said
    };
    *listening.forge.lines.lock().unwrap() = vec![
        on_line(7, "@outwork name it"),
        on_line(8, "just a thought"),
        on_line(9, "@outwork and this"),
    ];
    let mut review = listening.said("ada", subject, "");
    review.remark.place = Place::Review { id: 1 };
    *listening.forge.away.lock().unwrap() = 1;
    let review = Incoming::Said(Box::new(review));
    let (state, _) = listening.hear("review", review).await;
    assert_eq!(
        state,
        HookState::Pending,
        "the forge was away for an answer"
    );
    listening.done("review").await;
    let prompts = listening.prompts(id).await;
    assert_eq!(prompts.len(), 3, "{prompts:?}");
    assert!(
        prompts[1].contains("name it") && prompts[1].contains("line 7"),
        "{prompts:?}"
    );
    assert!(
        prompts[2].contains("and this") && prompts[2].contains("line 9"),
        "{prompts:?}"
    );
    assert_eq!(listening.forge.replies().len(), 2);
}

#[tokio::test]
async fn the_lines_of_a_strangers_review_are_not_asked_for() {
    let listening = Listening::start().await;
    listening.agent_with_pull_request(3).await;
    let subject = Subject::PullRequest(PullRequestNumber(3));
    let review_of = |login: &str| {
        let mut review = listening.said(login, subject, "");
        review.remark.place = Place::Review { id: 1 };
        Incoming::Said(Box::new(review))
    };
    let asked = || *listening.forge.lines_asked.lock().unwrap();
    let (state, _) = listening.hear("stranger", review_of("eve")).await;
    assert_eq!((state, asked()), (HookState::Ignored, 0));
    let comment = listening.said("ada", subject, "nice");
    let comment = Incoming::Said(Box::new(comment));
    let (state, _) = listening.hear("no review", comment).await;
    assert_eq!((state, asked()), (HookState::Ignored, 0));
    let (state, _) = listening.hear("ours", review_of("ada")).await;
    assert_eq!((state, asked()), (HookState::Ignored, 1));
}

/// Whoever steers an agent steers what it pushes to all of its repositories.
#[tokio::test]
async fn who_may_not_push_to_all_repositories_of_an_agent_does_not_steer_it() {
    let closed = "the agent also works on repositories to which you may not push";
    for (name, rules, is_heard) in [
        ("second.git", People::Collaborators, true),
        ("closed.git", People::Collaborators, false),
        ("closed.git", People::Listed(vec!["ada".to_owned()]), true),
        ("elsewhere.git", People::Collaborators, false),
        (
            "elsewhere.git",
            People::Listed(vec!["ada".to_owned()]),
            false,
        ),
    ] {
        let listening = Listening::by(|by| by.people = rules).await;
        let world = &listening.world;
        let other = world.another_repository(name);
        if name == "closed.git" {
            let mut closed = listening.forge.closed.lock().unwrap();
            closed.insert(other.clone());
        }
        let mut new = world.new_agent();
        new.repositories.push(new_repository(other));
        let id = listening.with_pull_request(new, 3).await;
        let subject = Subject::PullRequest(PullRequestNumber(3));
        let said = listening.said("ada", subject, "@outwork go on");
        let became = listening.hear("one", Incoming::Said(Box::new(said))).await;
        let prompts = listening.prompts(id).await;
        if is_heard {
            assert_eq!((became, prompts.len()), (DONE, 2), "{name}");
        } else {
            let refused = (HookState::Failed, Some(closed.to_owned()));
            assert_eq!((became, prompts.len()), (refused, 1), "{name}");
            let replies = listening.forge.replies();
            assert!(replies[0].contains(closed), "{name}: {replies:?}");
            assert!(!replies[0].contains(name), "{replies:?}");
        }
    }
}
