//! Pull requests on each forge: what they tell, what becomes of them, what goes wrong on the way.

use outwork_domain::PullRequestState;
use outwork_forge::{At, Revision};
use outwork_stand_ins::forge_server::{Fault, Kind, Operation, Rule, Standing};
use serde_json::{Value, json};

use super::support::{COLLABORATOR, PATIENCE, Scene, on_each};
use crate::support::server::Server;

const PROMPT: &str = "Add a greeting\n\n```sh\necho hello > GREETING.md\nsh -n GREETING.md\n```\n\n\
    ```sh\nprintf 'exit 0' > run-tests.sh; sh run-tests.sh\n```\n";
const MORE: &str = "More\n\n```sh\necho more >> GREETING.md\n```\n";

/// Launches an agent with these wishes for its target and gives its id.
pub async fn launch(scene: &Scene, server: &Server, prompt: &str, target: &Value) -> String {
    let body = json!({
        "prompt": { "text": prompt },
        "model": "script",
        "source": { "repository": scene.repository },
        "target": target,
    });
    let (status, agent) = server.call("POST", "/v0/agents", Some(&body)).await;
    assert_eq!(status, 201, "{agent}");
    agent["id"].as_str().unwrap().to_owned()
}

/// What the transcript notes for people.
pub async fn notes(server: &Server, id: &str) -> String {
    let events = server.events(id).await;
    let notes = events.iter().filter(|event| event["type"] == "note");
    let texts = notes.filter_map(|event| event["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

/// The cause of an agent's last run, which failed.
async fn cause(server: &Server, id: &str) -> String {
    let agent = server.ended(id).await;
    assert_eq!(agent["status"], "ERROR", "{agent}");
    let details = server.details(id).await;
    let last = details["runs"].as_array().unwrap().last().unwrap();
    last["cause"].as_str().unwrap().to_owned()
}

/// Lets somebody write around what the server wrote.
async fn write_around(scene: &Scene, branch: &str) {
    let found = scene.pull_requests_of(branch).await.remove(0);
    let repository = scene.repository.parse().unwrap();
    let at = At {
        repository: &repository,
        number: found.number,
        identity: outwork_domain::PullRequestIdentity::User,
    };
    let body = format!(
        "Please look at this first.\n\n{}\n\nThanks!",
        found.body.trim()
    );
    let revision = Revision {
        title: None,
        body: Some(body),
    };
    scene.forge.update(&at, &revision).await.unwrap();
}

/// Launches an agent, and kills the server once the forge was asked to open its pull request.
async fn dies_while_opening(scene: &Scene) {
    let server = scene.serve();
    launch(scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
    let asked = scene.fake().server.wait_until(|forge| {
        let calls = forge.calls_of(Operation::CreatePullRequest);
        calls.iter().any(|call| call.status().is_some())
    });
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    assert!(asked.is_ok(), "no pull request is opened: {}", server.log());
    server.kill();
}

/// Starts another server, which ends the run of the only agent with the only pull request.
async fn goes_on_with_one(scene: &Scene) {
    scene.fake().server.no_more_faults();
    let server = scene.serve();
    let (_, list) = server.call("GET", "/v0/agents", None).await;
    let id = list["agents"][0]["id"].as_str().unwrap().to_owned();
    let target = server.finished(&id).await["target"].clone();
    let pulls = scene.fake().there.pull_requests();
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    let found = scene.pull_requests_of(&pulls[0].head).await;
    assert_eq!(target["prUrl"], json!(found[0].url));
    assert_eq!(target["branchName"], json!(pulls[0].head));
}

on_each! {
    async fn a_pull_request_tells_what_was_done_and_follow_ups_bring_it_up_to_date(kind: Kind) {
        let scene = Scene::with_fake(kind);
        scene.configure(&format!(
            "[pull_requests]\nreviewers = [{COLLABORATOR:?}, \"nobody-7461\"]\n\
             assignees = [{COLLABORATOR:?}]\n"
        ));
        let server = scene.serve();
        let there = &scene.fake().there;
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true, "draftPr": true})).await;
        let agent = server.finished(&id).await;
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 1, "{pulls:?}");
        let pull = &pulls[0];
        assert_eq!((pull.title.as_str(), pull.standing), ("Add a greeting", Standing::Draft));
        assert_eq!(pull.reviewers, [COLLABORATOR]);
        assert_eq!(pull.assignees, [COLLABORATOR]);
        let commit: String = pull.head_commit.chars().take(10).collect();
        let page = format!("/agents?id={id}");
        for part in [
            format!("- {commit} Add a greeting (2 files, +2 −0)"),
            "`printf 'exit 0' > run-tests.sh; sh run-tests.sh` ended with status 0".to_owned(),
            page,
        ] {
            assert!(pull.body.contains(&part), "{part} in {}", pull.body);
        }
        let told = notes(&server, &id).await;
        assert!(told.contains("nobody-7461"), "{told}");
        // What hooks find the agent by, and clients see.
        let (_, list) = server.call("GET", "/api/v1/forge-pull-requests?state=open", None).await;
        let known = &list["pullRequests"][0];
        assert_eq!(known["url"], agent["target"]["prUrl"], "{list}");
        assert_eq!((&known["agentId"], &known["draft"]), (&json!(id), &json!(true)));
        let details = server.details(&id).await;
        assert_eq!(details["repositories"][0]["pullRequestState"], "open", "{details}");

        let branch = pull.head.clone();
        write_around(&scene, &branch).await;
        scene.fake().server.forget();
        server.follow_up(&id, MORE).await;
        server.finished(&id).await;
        let later = there.pull_requests();
        assert_eq!(later.len(), 1, "{later:?}");
        let body = &later[0].body;
        assert!(body.starts_with("Please look at this first.\n\n<!-- outwork begin="), "{body}");
        assert!(body.trim_end().ends_with("-->\n\nThanks!"), "{body}");
        assert!(body.contains(&format!("- {commit} Add a greeting")), "{body}");
        assert!(body.contains(" More (1 file, +1 −0)"), "{body}");
        assert!(body.contains("No command that is known as a test or check was run."), "{body}");
        // Nobody is asked twice.
        for asked in [Operation::RequestReviewers, Operation::SetAssignees] {
            assert_eq!(scene.fake().server.calls_of(asked).len(), 0);
        }
        assert_eq!(body.matches("<!-- outwork agent=").count(), 1, "{body}");
    }

    async fn what_somebody_gave_another_base_is_still_the_one(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        server.finished(&id).await;
        there.retarget(there.pull_requests()[0].number, "next").unwrap();
        server.follow_up(&id, MORE).await;
        server.finished(&id).await;
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 1, "{pulls:?}");
        assert!(pulls[0].body.contains(" More (1 file, +1 −0)"), "{}", pulls[0].body);
    }

    async fn what_was_merged_is_gone_on_from_in_another(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        let first = server.finished(&id).await["target"].clone();
        let number = there.pull_requests()[0].number;
        let told = there.merge(COLLABORATOR, number).unwrap();
        assert_eq!(scene.deliver(&server, &told).await.status, 202);
        let shown = async {
            loop {
                let details = server.details(&id).await;
                if details["repositories"][0]["pullRequestState"] == "merged" {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, shown).await.expect("the merge does not show");
        server.follow_up(&id, MORE).await;
        let second = server.finished(&id).await["target"].clone();
        assert_ne!(first["prUrl"], second["prUrl"]);
        assert_ne!(first["branchName"], second["branchName"]);
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 2, "{pulls:?}");
        let goes_on = format!("Goes on from {}, which was merged.", first["prUrl"].as_str().unwrap());
        assert!(pulls[1].body.contains(&goes_on), "{}", pulls[1].body);
        let (_, list) = server.call("GET", "/api/v1/forge-pull-requests?state=merged", None).await;
        assert_eq!(list["pullRequests"][0]["url"], first["prUrl"], "{list}");
    }

    async fn nothing_to_show_makes_none_and_says_so(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let id = launch(&scene, &server, "Look\n\n```sh\nls\n```\n", &json!({"autoCreatePr": true})).await;
        let agent = server.finished(&id).await;
        let summary = agent["summary"].as_str().unwrap();
        assert!(summary.ends_with("there is nothing to open a pull request for."), "{summary}");
        let events = server.events(&id).await;
        assert!(events.iter().any(|event| event["type"] == "nothing_to_publish"), "{events:?}");
        assert_eq!((there.pull_requests().len(), there.branches().unwrap().len()), (0, 1));
    }

    async fn a_death_between_push_and_pull_request_leaves_one(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let forge = &scene.fake().server;
        forge.fault(Rule::on(Operation::CreatePullRequest, Fault::Status(503)).always());
        dies_while_opening(&scene).await;
        assert_eq!((forge.pushes().len(), scene.fake().there.pull_requests().len()), (1, 0));
        goes_on_with_one(&scene).await;
    }

    async fn a_death_before_the_answer_leaves_one(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let forge = &scene.fake().server;
        forge.fault(Rule::on(Operation::CreatePullRequest, Fault::StatusAfter(502)));
        forge.fault(Rule::on(Operation::CreatePullRequest, Fault::Status(503)).always());
        dies_while_opening(&scene).await;
        assert_eq!(scene.fake().there.pull_requests().len(), 1);
        goes_on_with_one(&scene).await;
    }

    async fn lost_answers_busy_hours_and_refused_credentials_leave_one(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let (forge, there) = (&scene.fake().server, &scene.fake().there);
        let wait = std::time::Duration::from_secs(1);
        for (number, (operation, fault)) in [
            (Operation::CreatePullRequest, Fault::DropReply),
            (Operation::CreatePullRequest, Fault::StatusAfter(502)),
            (Operation::CreatePullRequest, Fault::Status(503)),
            (Operation::CreatePullRequest, Fault::SlowDown(wait)),
            (Operation::ListPullRequests, Fault::RateLimited(wait)),
            // As if the credential had ended since it was made.
            (Operation::CreatePullRequest, Fault::Status(401)),
            (Operation::Push, Fault::DropReply),
            (Operation::PushStart, Fault::Status(401)),
        ]
        .into_iter()
        .enumerate()
        {
            forge.fault(Rule::on(operation, fault.clone()));
            let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
            server.finished(&id).await;
            let pulls = there.pull_requests();
            assert_eq!(pulls.len(), number + 1, "{operation:?} {fault:?}: {pulls:?}");
            let run = server.details(&id).await["runs"][0].clone();
            assert_eq!(run["attempt"], 1, "{operation:?} {fault:?}: {run}");
        }
    }

    async fn a_renamed_repository_is_followed(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        server.finished(&id).await;
        let path = there.path().unwrap();
        there.rename(&format!("{path}-renamed"));
        server.follow_up(&id, MORE).await;
        server.finished(&id).await;
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 1, "{pulls:?}");
        assert_eq!(there.file(&pulls[0].head, "GREETING.md").unwrap().unwrap(), "hello\nmore\n");
        assert!(pulls[0].body.contains(" More (1 file, +1 −0)"), "{}", pulls[0].body);
        // A server that starts anew does not know it yet.
        assert!(server.stop().success());
        let server = scene.serve();
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        server.finished(&id).await;
        assert_eq!(there.pull_requests().len(), 2);
    }

    async fn work_that_contradicts_that_of_others_goes_to_a_branch_beside(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let (forge, there) = (&scene.fake().server, &scene.fake().there);
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        server.finished(&id).await;
        let branch = there.pull_requests()[0].head.clone();
        // Whoever moves it adds a file of such a name.
        forge.fault(Rule::on(Operation::PushStart, Fault::BranchMoves(branch.clone())));
        let prompt = "Add them\n\n```sh\nfor n in $(seq 0 999); do echo ours > moved-$n.txt; done\n```\n";
        server.follow_up(&id, prompt).await;
        let agent = server.finished(&id).await;
        let beside = format!("{branch}-2");
        assert_eq!(agent["target"]["branchName"], json!(beside), "{agent}");
        let told = notes(&server, &id).await;
        assert!(told.contains(&format!("the work is on {beside}")), "{told}");
        assert_eq!(there.file(&beside, "moved-0.txt").unwrap().unwrap(), "ours\n");
        assert_eq!(there.file(&branch, "moved-0.txt").unwrap(), None);
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 2, "{pulls:?}");
    }

    async fn what_could_not_be_published_is_published_by_the_next_run(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let (forge, there) = (&scene.fake().server, &scene.fake().there);
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        server.finished(&id).await;
        let branch = there.pull_requests()[0].head.clone();
        // What the branch is at after this was made on the host, by a merge.
        forge.fault(Rule::on(Operation::PushStart, Fault::BranchMoves(branch.clone())));
        server.follow_up(&id, MORE).await;
        server.finished(&id).await;
        forge.fault(Rule::on(Operation::PushStart, Fault::Status(403)).always());
        server.follow_up(&id, "Third\n\n```sh\necho third >> GREETING.md\n```\n").await;
        assert_eq!(cause(&server, &id).await, "push_denied");
        forge.no_more_faults();
        server.follow_up(&id, "Look\n\n```sh\nls\n```\n").await;
        server.finished(&id).await;
        let told = notes(&server, &id).await;
        let file = there.file(&branch, "GREETING.md").unwrap().unwrap();
        assert_eq!(file, "hello\nmore\nthird\n", "{told}");
    }

    async fn what_is_forbidden_ends_the_run_with_its_cause(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let (forge, there) = (&scene.fake().server, &scene.fake().there);
        there.protect("fenced").unwrap();
        let target = json!({"autoCreatePr": true, "branchName": "fenced"});
        let id = launch(&scene, &server, PROMPT, &target).await;
        assert_eq!(cause(&server, &id).await, "push_denied");
        assert_eq!(there.tip("fenced").unwrap(), None);

        forge.fault(Rule::on(Operation::CreatePullRequest, Fault::Status(401)).always());
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        assert_eq!(cause(&server, &id).await, "forge_auth");
        forge.no_more_faults();
        // What was pushed is shown by the next run, though that changes nothing.
        assert_eq!(there.pull_requests().len(), 0);
        server.follow_up(&id, "Look\n\n```sh\nls\n```\n").await;
        server.finished(&id).await;
        assert_eq!(there.pull_requests().len(), 1);

        forge.fault(Rule::on(Operation::PushStart, Fault::RepositoryGone));
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        assert_eq!(cause(&server, &id).await, "push_denied");
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        assert_eq!(cause(&server, &id).await, "repository_not_found");
        let (status, diff) = server.call("GET", &format!("/api/v1/agents/{id}/diff"), None).await;
        assert!(status == 200 || status == 404, "{status} {diff}");
    }

    async fn work_of_others_on_the_branch_stays(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let (forge, there) = (&scene.fake().server, &scene.fake().there);
        let id = launch(&scene, &server, PROMPT, &json!({"autoCreatePr": true})).await;
        server.finished(&id).await;
        let branch = there.pull_requests()[0].head.clone();
        forge.fault(Rule::on(Operation::PushStart, Fault::BranchMoves(branch.clone())));
        server.follow_up(&id, MORE).await;
        server.finished(&id).await;
        let told = notes(&server, &id).await;
        assert!(told.contains("Somebody else pushed"), "{told}");
        let pulls = there.pull_requests();
        assert_eq!(pulls.len(), 1, "{pulls:?}");
        assert_eq!(there.file(&branch, "GREETING.md").unwrap().unwrap(), "hello\nmore\n");
        let found = scene.pull_requests_of(&branch).await;
        assert_eq!(found[0].state, PullRequestState::Open);
    }
}
