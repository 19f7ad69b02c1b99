//! What somebody does on a forge comes to us as what he did, and can be answered where he did it.

use outwork_domain::{PullRequestNumber, PullRequestState};
use outwork_forge::{
    At, CheckVerdict, HookError, HookRequest, Incoming, PersonKind, Place, PullRequestChange, Said,
    Subject,
};
use outwork_stand_ins::forge_server::{CheckEnd, Delivery, On};

use crate::world::{Way, World, on_all};

/// A delivery as the forge sends it, believed and read.
fn read(world: &World, delivery: &Delivery) -> Incoming {
    let verified = verify(world, delivery).unwrap();
    assert_eq!(verified.id, delivery.id);
    world
        .forge
        .read_hook(&verified.event, &delivery.body)
        .unwrap()
}

fn verify(world: &World, delivery: &Delivery) -> Result<outwork_forge::Delivery, HookError> {
    let headers: Vec<(&str, &str)> = delivery
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    world.forge.verify_hook(&HookRequest {
        headers: &headers,
        body: &delivery.body,
    })
}

fn said(incoming: Incoming) -> Said {
    crate::hooks::said(incoming)
}

on_all! {
    async fn comments_come_and_are_answered(world: &World) {
        let issue = world.there.open_issue("jane", "It fails", "Since yesterday.");
        let opened = world.forge.open(&world.draft(world.branch("outwork/told"))).await.unwrap();
        for (on, subject) in [
            (On::Issue(issue), Subject::Issue(issue)),
            (On::PullRequest(opened.number.0), Subject::PullRequest(opened.number)),
        ] {
            let delivery = world.there.comment("jane", on, "@outwork fix it").unwrap();
            let said = said(read(world, &delivery));
            assert_eq!((said.text.as_str(), said.remark.subject), ("@outwork fix it", subject));
            assert_eq!((said.author.login.as_str(), said.author.kind), ("jane", PersonKind::Human));
            assert_eq!(said.remark.repository, world.repository);
            assert!(matches!(said.remark.place, Place::Comment { .. }), "{said:?}");
            world.forge.react(&said.remark, outwork_forge::Reaction::Eyes).await.unwrap();
            let posted = world.forge.reply(&said.remark, "On it. <!-- m -->").await.unwrap();
            let found = world.forge.find_reply(&said.remark, "<!-- m -->").await.unwrap();
            assert_eq!(found.map(|found| found.id), Some(posted.id));
        }
    }

    async fn ends_of_pull_requests_come(world: &World) {
        for (name, change, state) in [
            ("outwork/closed", PullRequestChange::Closed, PullRequestState::Closed),
            ("outwork/merged", PullRequestChange::Merged, PullRequestState::Merged),
        ] {
            let opened = world.forge.open(&world.draft(world.branch(name))).await.unwrap();
            let PullRequestNumber(number) = opened.number;
            let delivery = match change {
                PullRequestChange::Merged => world.there.merge("jane", number),
                PullRequestChange::Closed | PullRequestChange::Reopened => {
                    world.there.close("jane", number)
                }
            };
            let incoming = read(world, &delivery.unwrap());
            let Incoming::PullRequestChanged(changed) = incoming else {
                panic!("{incoming:?}");
            };
            assert_eq!((changed.number, changed.change), (opened.number, change));
            assert_eq!(changed.head, Some(name.parse().unwrap()));
            assert_eq!(changed.repository, world.repository);
            let at = At {
                repository: &world.repository,
                number: opened.number,
                identity: outwork_domain::PullRequestIdentity::Server,
            };
            assert_eq!(world.forge.get(&at).await.unwrap().state, state);
        }
    }

    async fn checks_come(world: &World) {
        let (branch, commit) = world.branch("outwork/checked");
        for (end, verdict) in [
            (CheckEnd::Succeeded, CheckVerdict::Succeeded),
            (CheckEnd::Failed, CheckVerdict::Failed),
        ] {
            let delivery = world.there.check_ends(branch.as_str(), "test", end, "2 of 7").unwrap();
            let incoming = read(world, &delivery);
            let Incoming::CheckFinished(finished) = incoming else {
                panic!("{incoming:?}");
            };
            assert_eq!((&finished.commit, finished.verdict), (&commit, verdict));
        }
    }

    async fn what_is_not_from_the_forge_is_not_believed(world: &World) {
        let delivery = world.there.ping().unwrap();
        assert_eq!(verify(world, &delivery).map(|verified| verified.id), Ok(delivery.id.clone()));
        let tampered = verify(world, &delivery.tampered());
        // GitLab sends its secret and signs nothing.
        assert_eq!(tampered.is_ok(), world.way == Way::GitLab);
        world.server.sign_webhooks_with("another secret");
        let other = world.there.ping().unwrap();
        assert_eq!(verify(world, &other), Err(HookError::WrongSignature));
    }
}
