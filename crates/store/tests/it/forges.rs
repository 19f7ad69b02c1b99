//! What forges send us and show us: hooks dealt with once, pull requests, issues, lists.

use std::time::Duration;

use outwork_domain::{
    AgentId, ForgePullRequest, HookEnd, HookState, PullRequestIdentity, PullRequestNumber,
    PullRequestState, Readiness,
};
use outwork_store::forge_pull_requests::CheckFollowUps;
use outwork_store::{
    ClaimedHook, Error, ForgePage, ForgePullRequestFilter, NewIncomingHook, Received,
    RepositoryChange, agents, forge_issues, forge_pages, forge_pull_requests, incoming_hooks,
};
use uuid::Uuid;

use crate::support::{LEASE, World, at, commit, on_both, repository};

const WORKER: &str = "worker";

fn hook(forge: &str, id: &str, millis: i64) -> NewIncomingHook {
    NewIncomingHook {
        forge: forge.to_owned(),
        delivery_id: id.to_owned(),
        event: "issue_comment".to_owned(),
        body: id.as_bytes().to_vec(),
        now: at(millis),
    }
}

fn known(agent_id: AgentId, number: u64) -> ForgePullRequest {
    ForgePullRequest {
        repository: repository("tools"),
        number: PullRequestNumber(number),
        agent_id,
        url: format!("https://git.example.com/acme/tools/pull/{number}"),
        base: "main".parse().unwrap(),
        head: "topic".parse().unwrap(),
        state: PullRequestState::Open,
        readiness: Readiness::Draft,
        identity: PullRequestIdentity::Server,
    }
}

impl World {
    async fn receive(&self, new: NewIncomingHook) -> Received {
        self.write(move |tx| Box::pin(async move { incoming_hooks::insert(tx, &new).await }))
            .await
            .unwrap()
    }

    async fn claim_hooks(&self, max: u32, lease: Duration) -> Vec<ClaimedHook> {
        let claimed = self.write(move |tx| {
            Box::pin(async move { incoming_hooks::claim(tx, WORKER, max, lease).await })
        });
        let claimed: Result<_, Error> = claimed.await;
        claimed.unwrap()
    }

    async fn settle_hook(&self, claimed: &ClaimedHook, end: HookEnd) -> bool {
        let claimed = claimed.clone();
        let settled = self.write(move |tx| {
            Box::pin(async move { incoming_hooks::settle(tx, &claimed, &end, at(9)).await })
        });
        settled.await.unwrap()
    }

    async fn hook_state(&self, id: &str) -> (HookState, u32, Option<String>) {
        let found = incoming_hooks::find(&mut self.read().await, "one", id).await;
        let found = found.unwrap().unwrap();
        (found.state, found.attempt_count, found.cause)
    }

    async fn put_pull(&self, known: ForgePullRequest) -> Result<(), Error> {
        self.write(move |tx| {
            Box::pin(async move { forge_pull_requests::put(tx, &known, at(1)).await })
        })
        .await
    }

    async fn pull(&self, number: u64) -> Option<ForgePullRequest> {
        let number = PullRequestNumber(number);
        let found =
            forge_pull_requests::find(&mut self.read().await, &repository("tools"), number).await;
        found.unwrap()
    }

    async fn set_pull(&self, number: u64, state: PullRequestState) -> bool {
        let set = self.write(move |tx| {
            Box::pin(async move {
                let repository = repository("tools");
                let number = PullRequestNumber(number);
                forge_pull_requests::set_state(tx, &repository, number, state, at(2)).await
            })
        });
        set.await.unwrap()
    }

    async fn take_check(&self, number: u64, digit: char) -> bool {
        let taken = self.write(move |tx| {
            Box::pin(async move {
                let repository = repository("tools");
                let number = PullRequestNumber(number);
                let commit = commit(digit);
                forge_pull_requests::take_check_follow_up(tx, &repository, number, &commit, 2).await
            })
        });
        taken.await.unwrap()
    }

    async fn put_issue(&self, agent_id: AgentId) -> Result<(), Error> {
        self.write(move |tx| {
            Box::pin(async move {
                forge_issues::put(tx, &repository("tools"), 7, agent_id, at(1)).await
            })
        })
        .await
    }

    async fn issue_agent(&self, number: u64) -> Option<AgentId> {
        let found =
            forge_issues::find_agent(&mut self.read().await, &repository("tools"), number).await;
        found.unwrap()
    }

    async fn put_page(&self, forge: &'static str, page: ForgePage) {
        let put =
            self.write(move |tx| Box::pin(async move { forge_pages::put(tx, forge, &page).await }));
        put.await.unwrap();
    }
}

on_both! {
    async fn a_hook_that_is_sent_again_is_kept_once(world: &World) {
        assert_eq!(world.receive(hook("one", "a", 1)).await, Received::New);
        assert_eq!(world.receive(hook("one", "a", 2)).await, Received::Known);
        assert_eq!(world.receive(hook("two", "a", 3)).await, Received::New);
        let claimed = world.claim_hooks(10, LEASE).await;
        let seen: Vec<_> = claimed.iter().map(|hook| (hook.forge.as_str(), hook.received_at)).collect();
        assert_eq!(seen, [("one", at(1)), ("two", at(3))]);
        assert_eq!((claimed[0].event.as_str(), claimed[0].body.as_slice()), ("issue_comment", &b"a"[..]));
        for one in &claimed {
            assert!(world.settle_hook(one, HookEnd::Done).await);
        }
        // One that was dealt with is known too.
        assert_eq!(world.receive(hook("one", "a", 4)).await, Received::Known);
        assert_eq!(world.claim_hooks(10, LEASE).await, []);
    }

    async fn hooks_are_claimed_by_one_and_settled_by_the_newest_claim(world: &World) {
        for (id, millis) in [("a", 1), ("b", 2), ("c", 3)] {
            world.receive(hook("one", id, millis)).await;
        }
        let first = world.claim_hooks(2, Duration::ZERO).await;
        assert_eq!(first.len(), 2);
        // The lease has ended at once: another may have it, and the first may no longer end it.
        let mut again = world.claim_hooks(10, LEASE).await;
        assert_eq!(again.len(), 3);
        assert_eq!(world.claim_hooks(10, LEASE).await, []);
        let stale = first.iter().find(|hook| hook.delivery_id == "a").unwrap();
        assert!(!world.settle_hook(stale, HookEnd::Done).await);
        let newest = again.remove(0);
        assert_eq!((newest.delivery_id.as_str(), newest.claim), ("a", 2));
        let later = HookEnd::Again(Duration::ZERO, "the forge is away".to_owned());
        assert!(world.settle_hook(&newest, later).await);
        let cause = Some("the forge is away".to_owned());
        assert_eq!(world.hook_state("a").await, (HookState::Pending, 1, cause));
        let newest = world.claim_hooks(10, LEASE).await.remove(0);
        assert_eq!((newest.attempt_count, newest.claim), (1, 3));
        assert!(world.settle_hook(&newest, HookEnd::Failed("why".to_owned())).await);
        assert_eq!(world.hook_state("a").await, (HookState::Failed, 2, Some("why".to_owned())));
        assert!(!world.settle_hook(&newest, HookEnd::Done).await);
        // A server that starts again takes back what it had.
        let released = world.write(|tx| Box::pin(async { incoming_hooks::release(tx, WORKER).await }));
        assert_eq!(released.await.unwrap(), 2);
        let back = world.claim_hooks(10, LEASE).await;
        assert_eq!(back.len(), 2);
        let ignored = HookEnd::Ignored("not for us".to_owned());
        assert!(world.settle_hook(&back[0], ignored).await);
        assert_eq!(world.hook_state("b").await.0, HookState::Ignored);
        let deleted = world.write(|tx| Box::pin(async { incoming_hooks::delete_ended(tx, at(10)).await }));
        assert_eq!(deleted.await.unwrap(), 2);
        assert_eq!(incoming_hooks::find(&mut world.read().await, "one", "b").await.unwrap(), None);
        assert_eq!(world.hook_state("c").await.0, HookState::Pending);
    }

    async fn pull_requests_of_an_account_are_listed_by_pages(world: &World) {
        let agent = world.agent().await;
        for number in [3, 20, 100] {
            world.put_pull(known(agent, number)).await.unwrap();
        }
        assert!(world.set_pull(20, PullRequestState::Closed).await);
        let list = async |filter: &ForgePullRequestFilter, limit: u32| {
            let account = world.account;
            forge_pull_requests::list(&mut world.read().await, account, filter, limit).await.unwrap()
        };
        let numbers = |page: &[outwork_store::ListedPullRequest]| -> Vec<u64> {
            page.iter().map(|one| one.known.number.0).collect()
        };
        let mut filter = ForgePullRequestFilter::default();
        let first = list(&filter, 2).await;
        assert_eq!(numbers(&first), [100, 20]);
        assert_eq!(first[1].first_known_at, at(1));
        filter.behind = Some(first[1].place());
        assert_eq!(numbers(&list(&filter, 2).await), [3]);
        let closed = ForgePullRequestFilter {
            state: Some(PullRequestState::Closed),
            ..ForgePullRequestFilter::default()
        };
        assert_eq!(numbers(&list(&closed, 9).await), [20]);
        let one = ForgePullRequestFilter {
            url: Some(known(agent, 3).url),
            ..ForgePullRequestFilter::default()
        };
        assert_eq!(numbers(&list(&one, 9).await), [3]);
        let stranger = outwork_domain::AccountId::new(Uuid::new_v4());
        let others = forge_pull_requests::list(&mut world.read().await, stranger, &one, 9).await;
        assert_eq!(others.unwrap(), []);
    }

    async fn a_pull_request_becomes_known_with_what_shows_it(world: &World) {
        let agent = world.agent().await;
        let url = known(agent, 3).url;
        let change = RepositoryChange {
            pull_request_url: Some(url.clone()),
            on_forge: Some(known(agent, 3)),
            ..RepositoryChange::of(repository("tools"))
        };
        let write = async |change: RepositoryChange| {
            let written: Result<(), Error> = world.write(move |tx| {
                Box::pin(async move { agents::update_repository(tx, agent, &change, at(1)).await })
            }).await;
            written
        };
        // Both or none: the agent has no such repository.
        let elsewhere = RepositoryChange { repository: repository("elsewhere"), ..change.clone() };
        assert!(matches!(write(elsewhere).await, Err(Error::NotFound)));
        assert_eq!(world.pull(3).await, None);
        write(change).await.unwrap();
        assert_eq!(world.pull(3).await, Some(known(agent, 3)));
        let by_commit = async |digit: char| {
            let (there, commit) = (repository("tools"), commit(digit));
            let mut reader = world.read().await;
            let found = forge_pull_requests::find_open_by_commit(&mut reader, &there, &commit).await;
            found.unwrap().map(|found| found.number.0)
        };
        assert_eq!(by_commit('b').await, None);
        let pushed = RepositoryChange {
            branch: "topic".parse().ok(),
            head: Some(commit('b')),
            pull_request_url: Some(url.clone()),
            ..RepositoryChange::of(repository("tools"))
        };
        write(pushed).await.unwrap();
        assert_eq!((by_commit('b').await, by_commit('c').await), (Some(3), None));
        let view = agents::find(&mut world.read().await, world.account, agent).await.unwrap();
        assert_eq!(view.unwrap().agent.repositories[0].pull_request_url, Some(url));
    }

    async fn a_pull_request_leads_to_its_agent(world: &World) {
        let (one, two) = (world.agent().await, world.agent_at(2).await);
        world.put_pull(known(one, 3)).await.unwrap();
        assert_eq!(world.pull(3).await, Some(known(one, 3)));
        assert_eq!(world.pull(4).await, None);
        let by_head = async |head: &str| {
            let head = head.parse().unwrap();
            forge_pull_requests::find_open_by_head(&mut world.read().await, &repository("tools"), &head)
                .await.unwrap().map(|found| found.number.0)
        };
        world.put_pull(known(two, 5)).await.unwrap();
        assert_eq!((by_head("topic").await, by_head("other").await), (Some(5), None));
        assert!(world.set_pull(5, PullRequestState::Merged).await);
        assert!(!world.set_pull(6, PullRequestState::Merged).await);
        assert_eq!(world.pull(5).await.unwrap().state, PullRequestState::Merged);
        assert_eq!(by_head("topic").await, Some(3));
        let of = async |agent| {
            let found = forge_pull_requests::list_of_agent(&mut world.read().await, agent).await.unwrap();
            found.iter().map(|one| one.number.0).collect::<Vec<_>>()
        };
        assert_eq!((of(one).await, of(two).await), (vec![3], vec![5]));
        // The other agent takes it over, with another state.
        let taken = ForgePullRequest { readiness: Readiness::Ready, ..known(two, 3) };
        world.put_pull(taken.clone()).await.unwrap();
        assert_eq!(world.pull(3).await, Some(taken));
        assert_eq!(of(one).await, Vec::<u64>::new());
        let account = async |agent| agents::find_account(&mut world.read().await, agent).await.unwrap();
        assert_eq!(account(two).await, Some(world.account));
        assert!(world.delete(two).await);
        assert_eq!(account(two).await, None);
        assert_eq!(world.pull(3).await, None);
        assert!(matches!(world.put_pull(known(two, 3)).await, Err(Error::NotFound)));
    }

    async fn failing_checks_are_followed_up_once_a_commit_and_not_for_ever(world: &World) {
        let (one, two) = (world.agent().await, world.agent_at(2).await);
        world.put_pull(known(one, 3)).await.unwrap();
        assert!(world.take_check(3, 'a').await);
        assert!(!world.take_check(3, 'a').await);
        assert!(world.take_check(3, 'b').await);
        assert!(!world.take_check(3, 'c').await);
        let taken = async |number| {
            let number = PullRequestNumber(number);
            forge_pull_requests::check_follow_ups(&mut world.read().await, &repository("tools"), number)
                .await.unwrap()
        };
        let both = CheckFollowUps { count: 2, commit: Some(commit('b')) };
        assert_eq!(taken(3).await, both);
        assert_eq!(taken(4).await, CheckFollowUps::default());
        // What is written anew by the same agent does not begin to count anew.
        world.put_pull(known(one, 3)).await.unwrap();
        assert!(!world.take_check(3, 'c').await);
        world.put_pull(known(two, 3)).await.unwrap();
        assert!(world.take_check(3, 'c').await);
        world.set_pull(3, PullRequestState::Closed).await;
        assert!(!world.take_check(3, 'd').await);
        assert!(!world.take_check(4, 'a').await);
    }

    async fn an_issue_leads_to_its_latest_agent(world: &World) {
        let (one, two) = (world.agent().await, world.agent_at(2).await);
        assert_eq!(world.issue_agent(7).await, None);
        world.put_issue(one).await.unwrap();
        world.put_issue(two).await.unwrap();
        assert_eq!((world.issue_agent(7).await, world.issue_agent(8).await), (Some(two), None));
        world.delete(two).await;
        assert_eq!(world.issue_agent(7).await, None);
        let gone = AgentId::new(Uuid::new_v4());
        assert!(matches!(world.put_issue(gone).await, Err(Error::NotFound)));
    }

    async fn what_is_known_of_a_repository_goes_with_its_name(world: &World) {
        let (one, two) = (world.agent().await, world.agent_at(2).await);
        world.put_pull(known(one, 3)).await.unwrap();
        world.put_pull(known(two, 5)).await.unwrap();
        world.put_issue(one).await.unwrap();
        let moved = repository("moved");
        // Somebody was faster under the new name.
        let newer = ForgePullRequest { repository: moved.clone(), ..known(two, 5) };
        world.put_pull(newer.clone()).await.unwrap();
        for _ in 0..2 {
            let (from, to) = (repository("tools"), moved.clone());
            let done = world.write(|tx| Box::pin(async move {
                forge_pull_requests::rename(tx, &from, &to, at(9)).await?;
                forge_issues::rename(tx, &from, &to).await
            }));
            let done: Result<(), Error> = done.await;
            done.unwrap();
        }
        let mut reader = world.read().await;
        let found = forge_pull_requests::find(&mut reader, &moved, PullRequestNumber(3)).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.agent_id, one);
        assert_eq!(found.url, "https://git.example.com/acme/moved/pull/3");
        let found = forge_pull_requests::find(&mut reader, &moved, PullRequestNumber(5)).await;
        assert_eq!(found.unwrap(), Some(newer));
        assert_eq!(forge_issues::find_agent(&mut reader, &moved, 7).await.unwrap(), Some(one));
        drop(reader);
        assert_eq!(world.pull(3).await, None);
        assert_eq!(world.issue_agent(7).await, None);
        let gone = moved.clone();
        let closed = world.write(|tx| Box::pin(async move {
            forge_pull_requests::close_all(tx, &gone, at(10)).await
        }));
        let closed: Result<(), Error> = closed.await;
        closed.unwrap();
        for agent in [one, two] {
            let mut reader = world.read().await;
            let all = forge_pull_requests::list_of_agent(&mut reader, agent).await.unwrap();
            let of_it = all.iter().filter(|one| one.repository == moved);
            assert!(of_it.clone().count() > 0);
            assert!(of_it.clone().all(|one| one.state == PullRequestState::Closed), "{all:?}");
        }
        assert_eq!(world.pull(5).await.unwrap().state, PullRequestState::Open);
    }

    async fn the_list_of_a_forge_is_kept_by_pages(world: &World) {
        let page = |number: u32, names: &[&str]| ForgePage {
            number,
            next: Some(format!("after {number}")),
            etag: (number == 0).then(|| "\"mark\"".to_owned()),
            repositories: names.iter().map(|name| repository(name)).collect(),
        };
        let pages = async |forge: &str| forge_pages::list(&mut world.read().await, forge).await.unwrap();
        for (number, names) in [(1, &["c"][..]), (0, &["a", "b"]), (2, &[])] {
            world.put_page("one", page(number, names)).await;
        }
        world.put_page("two", page(0, &["z"])).await;
        assert_eq!(pages("one").await, [page(0, &["a", "b"]), page(1, &["c"]), page(2, &[])]);
        world.put_page("one", page(1, &["d"])).await;
        let cut = world.write(|tx| Box::pin(async { forge_pages::cut(tx, "one", 2).await }));
        let cut: Result<(), Error> = cut.await;
        cut.unwrap();
        assert_eq!(pages("one").await, [page(0, &["a", "b"]), page(1, &["d"])]);
        assert_eq!(pages("two").await, [page(0, &["z"])]);
        assert_eq!(pages("three").await, []);
    }
}
