//! The whole way of a pull request, on the stand-ins and, by variables, on a live forge.

use outwork_domain::{Class, CommitId, PullRequestNumber, PullRequestState, Repository};
use outwork_forge::{
    At, Decoration, Error, Forge, HeadAccess, PageRequest, Place, Reaction, Readiness, Remark,
    RepositoryPage, Revision, Subject,
};

use crate::world::{Way, World, draft, on_all, push};

/// Walks it, in a repository that has a branch `main`; `suffix` keeps its branches apart from others.
async fn walk(forge: &dyn Forge, repository: &Repository, suffix: &str) {
    let facts = forge.repository(repository).await.unwrap();
    let main = facts.default_branch.unwrap();
    let name = format!("outwork/walk-{suffix}");
    let head = name.parse().unwrap();
    assert_eq!(forge.find_branch(repository, &head).await.unwrap(), None);
    let commit = push(forge, repository, &name).await.unwrap();
    let branch = forge.find_branch(repository, &head).await.unwrap().unwrap();
    assert_eq!(branch.commit, commit);

    let mut wish = draft(repository, head, commit.clone());
    wish.base = main;
    assert_eq!(forge.find(&wish.wanted()).await.unwrap(), []);
    let opened = forge.open(&wish).await.unwrap();
    assert_eq!(opened.state, PullRequestState::Open);
    assert_eq!((&opened.title, &opened.base), (&wish.title, &wish.base));
    assert_eq!(opened.body.trim(), wish.body.trim());
    assert_eq!(opened.readiness, Readiness::Ready);
    assert_eq!(opened.head.branch, wish.head);
    assert_eq!(opened.head.access, HeadAccess::Same);
    let again = forge.open(&wish).await;
    assert!(matches!(again, Err(Error::AlreadyExists(_))), "{again:?}");
    let found = forge.find(&wish.wanted()).await.unwrap();
    let numbers: Vec<PullRequestNumber> = found.iter().map(|found| found.number).collect();
    assert_eq!(numbers, [opened.number]);
    let located = forge.locate(&opened.url).unwrap();
    assert_eq!(located, (facts.repository.clone(), opened.number));

    let at = At {
        repository,
        number: opened.number,
        identity: wish.identity,
    };
    let got = forge.get(&at).await.unwrap();
    assert_eq!(
        (got.head.commit.as_ref(), got.number),
        (Some(&commit), opened.number)
    );
    revise(forge, &at).await;
    talk(forge, repository, opened.number).await;
    end(forge, &at, &commit).await;
    // One that was closed is still found, before another is opened for the branch.
    let closed = forge.find(&wish.wanted()).await.unwrap();
    assert_eq!(closed[0].state, PullRequestState::Closed);
}

async fn revise(forge: &dyn Forge, at: &At<'_>) {
    let revision = Revision {
        title: Some("Teach the parser more".to_owned()),
        body: Some("More.".to_owned()),
    };
    for _ in 0..2 {
        let revised = forge.update(at, &revision).await.unwrap();
        assert_eq!(
            (revised.title.as_str(), revised.body.trim()),
            ("Teach the parser more", "More.")
        );
    }
    let body = Revision {
        title: None,
        body: Some("Other.".to_owned()),
    };
    let revised = forge.update(at, &body).await.unwrap();
    assert_eq!(
        (revised.title.as_str(), revised.body.trim()),
        ("Teach the parser more", "Other.")
    );
    let wishes = Decoration {
        reviewers: vec!["nobody-has-this-name-7461".to_owned()],
        assignees: vec!["nobody-has-this-name-7461".to_owned()],
        labels: Vec::new(),
    };
    let unmet = forge.decorate(at, &wishes).await.unwrap();
    assert_eq!(unmet.len(), 2, "{unmet:?}");
}

async fn talk(forge: &dyn Forge, repository: &Repository, number: PullRequestNumber) {
    let remark = Remark {
        repository: repository.clone(),
        subject: Subject::PullRequest(number),
        place: Place::Description,
        identity: outwork_domain::PullRequestIdentity::Server,
    };
    let marker = "<!-- outwork reply=1 -->";
    assert_eq!(forge.find_reply(&remark, marker).await.unwrap(), None);
    let posted = forge
        .reply(&remark, &format!("Done.\n\n{marker}"))
        .await
        .unwrap();
    let found = forge.find_reply(&remark, marker).await.unwrap().unwrap();
    assert_eq!(found.id, posted.id);
    let comment = Remark {
        place: Place::Comment {
            id: posted.id,
            thread: None,
        },
        ..remark.clone()
    };
    for to in [&remark, &comment] {
        for reaction in [Reaction::Eyes, Reaction::Eyes, Reaction::Rocket] {
            forge.react(to, reaction).await.unwrap();
        }
    }
}

async fn end(forge: &dyn Forge, at: &At<'_>, head: &CommitId) {
    for _ in 0..2 {
        let closed = forge.close(at).await.unwrap();
        assert_eq!(closed.state, PullRequestState::Closed);
    }
    let merged = forge.merge(at, head).await;
    assert!(
        merged.is_err(),
        "one that was closed cannot be merged: {merged:?}"
    );
}

/// Every page of the list, as addresses.
pub(crate) async fn list(forge: &dyn Forge) -> Vec<Repository> {
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let request = PageRequest {
            cursor: cursor.as_deref(),
            etag: None,
        };
        let RepositoryPage::Changed(page) = forge.list_repositories(&request).await.unwrap() else {
            panic!("a page without a mark cannot be unchanged");
        };
        all.extend(page.repositories.into_iter().map(|facts| facts.repository));
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

on_all! {
    async fn a_pull_request_goes_its_way(world: &World) {
        walk(world.forge.as_ref(), &world.repository, "1").await;
        assert!(list(world.forge.as_ref()).await.contains(&world.repository));
        let check = world.forge.check().await.unwrap();
        assert!(check.is_complete(), "{check:?}");
        let login = match world.way {
            Way::GitHubApp => "outwork[bot]",
            Way::GitHubToken | Way::GitLab | Way::Gitea => "dev",
        };
        assert_eq!(check.identities[0].login, login);
    }

    async fn it_is_merged_at_the_commit_that_was_seen(world: &World) {
        let forge = world.forge.as_ref();
        let (branch, seen) = world.branch("outwork/merge");
        let wish = world.draft((branch.clone(), seen.clone()));
        let opened = forge.open(&wish).await.unwrap();
        let at = At { repository: &world.repository, number: opened.number, identity: wish.identity };
        world.there.commit(branch.as_str(), &[("later", "x")]).unwrap();
        let stale = forge.merge(&at, &seen).await;
        assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
        let tip = world.there.tip(branch.as_str()).unwrap().unwrap().parse().unwrap();
        for _ in 0..2 {
            let merged = forge.merge(&at, &tip).await.unwrap();
            assert_eq!(merged.state, PullRequestState::Merged);
        }
        let closed = forge.close(&at).await.unwrap();
        assert_eq!(closed.state, PullRequestState::Merged);
    }

    async fn an_answer_that_was_lost_is_found(world: &World) {
        use outwork_stand_ins::forge_server::{Fault, Operation, Rule};
        let forge = world.forge.as_ref();
        let wish = world.draft(world.branch("outwork/lost"));
        world.server.fault(Rule::on(Operation::CreatePullRequest, Fault::DropReply));
        let lost = forge.open(&wish).await.unwrap_err();
        assert_eq!(lost.class(), Class::Retry, "{lost:?}");
        let found = forge.find(&wish.wanted()).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].body, wish.body);
        assert!(matches!(forge.open(&wish).await, Err(Error::AlreadyExists(_))));
    }
}

/// Walks a live forge; its repository needs a branch, and the token rights to write.
async fn live(kind: outwork_stand_ins::forge_server::Kind, name: &str) {
    let variable = |what: &str| {
        let name = format!("OUTWORK_TEST_{name}_{what}");
        #[expect(
            clippy::disallowed_methods,
            reason = "how a live forge is named to a test"
        )]
        let value = std::env::var(&name);
        value.unwrap_or_else(|_| panic!("{name} is not set: see CONTRIBUTING.md"))
    };
    let (url, token) = (variable("URL"), variable("TOKEN"));
    let repository = format!("{url}/{}", variable("REPOSITORY")).parse().unwrap();
    let forge = crate::world::client(kind, &url, &token);
    let check = forge.check().await.unwrap();
    assert!(check.is_complete(), "{check:?}");
    let suffix = name_of_now();
    walk(forge.as_ref(), &repository, &suffix).await;
}

/// A name that no earlier walk had.
fn name_of_now() -> String {
    format!(
        "{}-{}",
        std::process::id(),
        jiff::Timestamp::now().as_millisecond()
    )
}

#[tokio::test]
#[ignore = "needs a live Gitea or Forgejo: see CONTRIBUTING.md"]
async fn live_gitea() {
    live(outwork_stand_ins::forge_server::Kind::Gitea, "GITEA").await;
}

#[tokio::test]
#[ignore = "needs a live GitHub: see CONTRIBUTING.md"]
async fn live_github() {
    live(outwork_stand_ins::forge_server::Kind::GitHub, "GITHUB").await;
}

#[tokio::test]
#[ignore = "needs a live GitLab: see CONTRIBUTING.md"]
async fn live_gitlab() {
    live(outwork_stand_ins::forge_server::Kind::GitLab, "GITLAB").await;
}
