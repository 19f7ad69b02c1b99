//! The first things with each forge: the doctor is content, work arrives there, webhooks are heard.

use outwork_domain::PullRequestState;
use outwork_stand_ins::forge_server::{
    CredentialKind, ForgeServer, Kind, On, Operation, Permission, Standing, TokenOptions,
};

use super::support::{COLLABORATOR, LOGIN, PATIENCE, Scene, on_each};

const PROMPT: &str = "Add a greeting\n\n```sh\necho hello > GREETING.md\n```\n";

on_each! {
    async fn the_doctor_is_content(kind: Kind) {
        let scene = Scene::start(kind);
        let check = scene.doctor();
        assert_eq!(check["status"], "ok", "{check}");
        assert!(check["found"].as_str().unwrap().starts_with("forge: as "), "{check}");
    }

    async fn a_launch_ends_in_a_branch_and_a_pull_request_there(kind: Kind) {
        let scene = Scene::start(kind);
        let server = scene.serve();
        let id = scene.launch(&server, PROMPT).await;
        let agent = server.finished(&id).await;
        let branch = agent["target"]["branchName"].as_str().unwrap();
        assert!(scene.tip(branch).await.is_some(), "{branch}");
        let found = scene.pull_requests_of(branch).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].state, PullRequestState::Open);
        assert_eq!(agent["target"]["prUrl"], found[0].url.as_str());
        scene.close_pull_requests_of(branch).await;
        assert!(server.stop().success());
    }

    async fn a_webhook_is_heard_once_and_a_stranger_never(kind: Kind) {
        let scene = Scene::with_fake(kind);
        let server = scene.serve();
        let there = &scene.fake().there;
        let issue = there.open_issue(COLLABORATOR, "No greeting", "There is none.");
        let words = format!("@outwork please\n\n{PROMPT}");
        let told = there.comment("stranger", On::Issue(issue), &words).unwrap();
        assert_eq!(scene.deliver(&server, &told).await.status, 202);
        let told = there.comment(COLLABORATOR, On::Issue(issue), &words).unwrap();
        for received in ["new", "known"] {
            let reply = scene.deliver(&server, &told).await;
            assert_eq!(reply.status, 202, "{reply:?}");
            assert_eq!(reply.json()["received"], received);
        }
        let of_issue = scene.fake().server.wait_until(|_| {
            let comments = there.issue_comments(issue);
            comments.iter().any(|one| one.author == LOGIN)
        });
        tokio::time::timeout(PATIENCE, of_issue).await.expect("no answer came");
        let (_, list) = server.call("GET", "/v0/agents", None).await;
        let agents = list["agents"].as_array().unwrap();
        assert_eq!(agents.len(), 1, "{list}");
        let mut forged = told.clone();
        forged.body.push(b' ');
        let is_signed = kind != Kind::GitLab;
        let status = scene.deliver(&server, &forged).await.status;
        assert_eq!(status, if is_signed { 401 } else { 202 });
        assert!(server.stop().success());
    }
}

#[tokio::test]
async fn git_shows_the_token_of_the_forge() {
    let scene = Scene::with_fake(Kind::Gitea);
    let server = scene.serve();
    let id = scene.launch(&server, PROMPT).await;
    server.finished(&id).await;
    for operation in [Operation::FetchStart, Operation::PushStart] {
        let calls = scene.fake().server.calls_of(operation);
        assert!(!calls.is_empty(), "{operation:?}");
        for call in calls {
            assert!(
                matches!(
                    call.credential,
                    CredentialKind::Personal | CredentialKind::Anonymous
                ),
                "{call:?}"
            );
        }
    }
    assert!(!server.log().contains(&scene.fake().token));
}

#[tokio::test]
async fn the_doctor_says_which_right_is_missing() {
    for (kind, scopes, missing) in [
        (Kind::GitHub, ["read:org"].as_slice(), "repo"),
        (Kind::GitLab, ["read_api"].as_slice(), "api"),
        (
            Kind::Gitea,
            ["read:user", "read:repository", "write:issue"].as_slice(),
            "write:repository",
        ),
    ] {
        let scene = Scene::with_fake(kind);
        let options = TokenOptions::all().scopes(scopes);
        let token = scene.fake().server.token_with(LOGIN, &options);
        std::fs::write(scene.ground.path().join("token"), token).unwrap();
        let check = scene.doctor();
        assert_eq!(check["status"], "missing", "{check}");
        let remedy = check["remedy"].as_str().unwrap();
        assert!(remedy.contains(missing), "{kind:?}: {check}");
    }
}

#[tokio::test]
async fn the_doctor_says_that_a_token_is_refused_or_nobody_is_there() {
    let scene = Scene::with_fake(Kind::Gitea);
    let fake = scene.fake();
    fake.server.revoke(&fake.token);
    let check = scene.doctor();
    assert_eq!(check["status"], "missing", "{check}");
    let found = check["found"].as_str().unwrap();
    assert!(found.contains("refuses our credentials"), "{check}");
    assert!(!found.contains(&fake.token), "{check}");
}

#[tokio::test]
async fn an_app_works_under_its_own_name_by_tokens_for_one_use() {
    let scene = Scene::with_app();
    let check = scene.doctor();
    assert_eq!(check["status"], "ok", "{check}");
    let found = check["found"].as_str().unwrap();
    assert!(found.starts_with("forge: as outwork[bot]"), "{check}");
    let server = scene.serve();
    let id = scene.launch(&server, PROMPT).await;
    server.finished(&id).await;
    let fake = scene.fake();
    let pulls = fake.there.pull_requests();
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    assert_eq!(pulls[0].author, "outwork[bot]");
    let pushed = fake.server.calls_of(Operation::Push);
    assert!(!pushed.is_empty());
    for call in pushed {
        assert_eq!(call.credential, CredentialKind::Installation, "{call:?}");
    }
    assert!(server.stop().success());
}

/// What CONTRIBUTING.md says of live forges: the variables lead a test there.
#[tokio::test]
async fn variables_lead_to_a_live_forge() {
    let live = ForgeServer::start(Kind::Gitea).unwrap();
    let there = live.repository("me/scratch").unwrap();
    there.permit("me", Permission::Admin).unwrap();
    let test = "forges::first::a_launch_ends_in_a_branch_and_a_pull_request_there::gitea";
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).kill_on_drop(true);
    for (what, value) in [
        ("URL", live.base_url()),
        ("TOKEN", live.token("me")),
        ("REPOSITORY", "me/scratch".to_owned()),
    ] {
        command.env(format!("OUTWORK_TEST_GITEA_{what}"), value);
    }
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(words.contains("1 passed"), "{words}");
    let pulls = there.pull_requests();
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    assert_eq!(pulls[0].standing, Standing::Closed);
    assert_eq!(live.pushes().len(), 1);
}
