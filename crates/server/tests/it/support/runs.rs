//! Runs moved by hand, as a worker would move them.

use std::time::Duration;

use outwork_domain::run_state::{RunEvent, Then};
use outwork_domain::{Cause, EventBody, Fence, IsolationLevel, Prompt, Timestamp};
use outwork_engine::Clock;
use outwork_store::{
    Claim, ClaimWish, Claimed, Error, Guard, Transition, WorkerId, agents, events, runs,
};

use super::Server;
use super::server::agent_id;

const LEASE: Duration = Duration::from_secs(600);

impl Server {
    /// Claims the oldest run that waits.
    pub async fn claim(&self) -> Fence {
        self.claimed().await.fence
    }

    /// Takes a run one step on.
    pub async fn step(&self, fence: Fence, transition: Transition) {
        let now = self.clock.now();
        let done: Result<_, Error> = self
            .store
            .write(move |tx| {
                Box::pin(
                    async move { runs::apply(tx, &Guard::Fence(fence), &transition, now).await },
                )
            })
            .await;
        done.unwrap();
    }

    /// Takes a run one step on by an event alone.
    pub async fn event(&self, fence: Fence, event: RunEvent) {
        self.step(fence, Transition::of(event)).await;
    }

    /// Claims the oldest waiting run and takes it to `working`.
    pub async fn work(&self) -> Fence {
        let fence = self.claim().await;
        self.event(fence, RunEvent::WorkspacePrepared).await;
        fence
    }

    /// Appends events to a run.
    pub async fn append(&self, fence: Fence, bodies: Vec<EventBody>) {
        let now = self.clock.now();
        let done: Result<_, Error> = self
            .store
            .write(move |tx| {
                Box::pin(async move { events::append(tx, &fence, &bodies, now).await })
            })
            .await;
        done.unwrap();
    }

    /// Lets the model say something.
    pub async fn say(&self, fence: Fence, text: &str) {
        self.append(
            fence,
            vec![EventBody::Text {
                turn: 1,
                text: text.to_owned(),
            }],
        )
        .await;
    }

    /// Ends a working run well.
    pub async fn succeed(&self, fence: Fence, summary: &str) {
        self.event(fence, RunEvent::LoopFinished).await;
        let summary = Some(summary.to_owned());
        let end = Transition {
            summary,
            ..Transition::of(RunEvent::Published)
        };
        self.step(fence, end).await;
    }

    /// Ends a working run badly.
    pub async fn fail(&self, fence: Fence, cause: Cause, message: &str) {
        let failure = Some((cause, message.to_owned()));
        let event = RunEvent::AttemptFailed(Then::GiveUp);
        self.step(
            fence,
            Transition {
                failure,
                ..Transition::of(event)
            },
        )
        .await;
    }

    /// Puts an agent away.
    pub async fn archive(&self, id: &str, at: Option<Timestamp>) {
        let (id, now) = (agent_id(id), self.clock.now());
        let done: Result<_, Error> = self
            .store
            .write(move |tx| Box::pin(async move { agents::set_archived(tx, id, at, now).await }))
            .await;
        done.unwrap();
    }
}

impl Server {
    /// Claims the oldest run that waits, with all that a worker gets.
    pub async fn claimed(&self) -> Claim {
        let now = self.clock.now();
        let wish = ClaimWish {
            worker: WorkerId("test".to_owned()),
            max: 1,
            per_account_max: None,
            lease: LEASE,
            isolation: IsolationLevel::Full,
        };
        let claimed: Result<Claimed, Error> = self
            .store
            .write(move |tx| Box::pin(async move { runs::claim(tx, &wish, now).await }))
            .await;
        let claims = claimed.unwrap().claims;
        claims.into_iter().next().expect("no run waits")
    }

    /// Claims the oldest run that waits, and gives its prompt with its images.
    pub async fn claimed_prompt(&self) -> Prompt {
        let run_id = self.claimed().await.run.id;
        let mut reader = self.store.read().await.unwrap();
        runs::get_prompt(&mut reader, run_id).await.unwrap()
    }

    /// Ends every run that nobody has taken yet.
    pub async fn expire_waiting(&self) {
        let mut reader = self.store.read().await.unwrap();
        let late = Timestamp::from_millis(i64::MAX);
        let waiting = runs::waited_too_long(&mut reader, late, 100).await.unwrap();
        drop(reader);
        let now = self.clock.now();
        for (run_id, attempt) in waiting {
            let done: Result<_, Error> = self
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        let guard = Guard::Run { run_id, attempt };
                        let late = Transition::of(RunEvent::WaitedTooLong);
                        runs::apply(tx, &guard, &late, now).await
                    })
                })
                .await;
            done.unwrap();
        }
    }

    /// Whether writes of that attempt are refused.
    pub async fn is_stale(&self, fence: Fence) -> bool {
        let now = self.clock.now();
        let done: Result<_, Error> = self
            .store
            .write(move |tx| Box::pin(async move { events::append(tx, &fence, &[], now).await }))
            .await;
        matches!(done, Err(Error::Stale))
    }

    /// The states of an agent's runs, in their order.
    pub async fn states(&self, id: &str) -> Vec<String> {
        let mut reader = self.store.read().await.unwrap();
        let all = runs::list(&mut reader, agent_id(id)).await.unwrap();
        all.iter().map(|run| run.state.word().to_owned()).collect()
    }
}
