//! What follows from what a forge sends: each thing once, for those who may, and an answer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use outwork_domain::limits::INCOMING_HOOK_BYTES_MAX;
use outwork_domain::{
    AgentId, ForgePullRequest, HookState, PullRequestIdentity, PullRequestNumber, PullRequestState,
    Readiness,
};
use outwork_engine::{ForgeCredentials, Forges, HookRefusal, HookRules, Hooks, LocalForge, People};
use outwork_forge::{
    CheckFinished, CheckVerdict, Forge, HookError, HookRequest, Incoming, Line, Person, PersonKind,
    Place, PullRequestChange, PullRequestChanged, Reaction, Remark, Said, Side, Subject,
};
use outwork_store::{
    Received, RepositoryChange, WorkerId, agents, forge_pull_requests, incoming_hooks, runs,
};
use outwork_workspace::{Access, Credentials};

use crate::scripted_forge::{FORGE, Scripted};
use crate::support::{DAY, World};

/// A world with a forge, and the hooks of it.
pub struct Listening {
    pub world: World,
    pub forge: Arc<Scripted>,
    pub hooks: Hooks,
}

impl Listening {
    pub async fn start() -> Self {
        Self::by(|_| {}).await
    }

    pub async fn by(change: impl FnOnce(&mut HookRules)) -> Self {
        let world = World::new().await;
        let forge = Arc::new(Scripted::default());
        forge.permit("ada");
        let mut rules = HookRules {
            mention: "@outwork".parse().unwrap(),
            people: People::Collaborators,
            account_id: Some(world.account),
            check_follow_ups_max: 0,
        };
        change(&mut rules);
        let hooks = hooks(&world, &forge, rules);
        Self {
            world,
            forge,
            hooks,
        }
    }

    /// Sends a hook and has it dealt with; gives what became of it.
    pub async fn hear(&self, id: &str, incoming: Incoming) -> (HookState, Option<String>) {
        assert_eq!(self.send(id, incoming).await, Received::New);
        assert_eq!(self.hooks.tick().await.unwrap(), 1);
        self.became(id).await
    }

    pub async fn send(&self, id: &str, incoming: Incoming) -> Received {
        let known = id.to_owned();
        self.forge.incoming.lock().unwrap().insert(known, incoming);
        let headers = [("x-signature", "right"), ("x-delivery", id)];
        let request = HookRequest {
            headers: &headers,
            body: id.as_bytes(),
        };
        self.hooks.receive(FORGE, &request).await.unwrap()
    }

    pub async fn became(&self, id: &str) -> (HookState, Option<String>) {
        let mut reader = self.world.engine.store().read().await.unwrap();
        let found = incoming_hooks::find(&mut reader, FORGE, id).await.unwrap();
        let found = found.unwrap();
        (found.state, found.cause)
    }

    /// Has it tried again, when it is due by the database's clock, until it is done.
    pub async fn done(&self, id: &str) {
        let again = async {
            while self.became(id).await != DONE {
                self.hooks.tick().await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let again = tokio::time::timeout(Duration::from_secs(30), again);
        again.await.expect("it is tried again");
    }

    pub async fn agents(&self) -> Vec<AgentId> {
        let mut reader = self.world.engine.store().read().await.unwrap();
        let filter = outwork_store::ListFilter::default();
        let list = agents::list(&mut reader, self.world.account, &filter, None, 100).await;
        list.unwrap()
            .into_iter()
            .map(|view| view.agent.id)
            .collect()
    }

    /// The prompts of an agent's runs, in their order.
    pub async fn prompts(&self, id: AgentId) -> Vec<String> {
        let mut texts = Vec::new();
        for run in self.world.runs(id).await {
            let mut reader = self.world.engine.store().read().await.unwrap();
            let prompt = runs::get_prompt(&mut reader, run.id).await.unwrap();
            texts.push(prompt.text().to_owned());
        }
        texts
    }

    /// An agent with an open pull request of that number.
    pub async fn agent_with_pull_request(&self, number: u64) -> AgentId {
        self.with_pull_request(self.world.new_agent(), number).await
    }

    /// The same for an agent as the caller wants it.
    pub async fn with_pull_request(&self, new: outwork_engine::NewAgent, number: u64) -> AgentId {
        let made = self
            .world
            .engine
            .create_agent(self.world.account, new, None);
        let id = made.await.unwrap().done().unwrap().agent.id;
        let known = ForgePullRequest {
            repository: self.world.repository(),
            number: PullRequestNumber(number),
            agent_id: id,
            url: format!("https://{FORGE}/acme/tools/pull/{number}"),
            base: "main".parse().unwrap(),
            head: "topic".parse().unwrap(),
            state: PullRequestState::Open,
            readiness: Readiness::Ready,
            identity: PullRequestIdentity::Server,
        };
        let change = RepositoryChange {
            head: Some(commit('a')),
            ..RepositoryChange::of(self.world.repository())
        };
        let now = self.world.engine.now();
        let put = self.world.engine.store().write(move |tx| {
            Box::pin(async move {
                agents::update_repository(tx, id, &change, now).await?;
                forge_pull_requests::put(tx, &known, now).await
            })
        });
        let put: Result<(), outwork_store::Error> = put.await;
        put.unwrap();
        id
    }

    pub fn said(&self, login: &str, subject: Subject, text: &str) -> Said {
        Said {
            remark: Remark {
                repository: self.world.repository(),
                subject,
                place: Place::Comment {
                    id: 5,
                    thread: None,
                },
                identity: PullRequestIdentity::Server,
            },
            author: Person {
                login: login.to_owned(),
                id: 1,
                kind: PersonKind::Human,
            },
            text: text.to_owned(),
            url: None,
            title: "The button is blue".to_owned(),
            description: Some("It should be green.".to_owned()),
            head: None,
            subject_url: Some(format!("https://{FORGE}/acme/tools/issues/7")),
        }
    }

    pub fn on_issue(&self, login: &str, text: &str) -> Incoming {
        Incoming::Said(Box::new(self.said(login, Subject::Issue(7), text)))
    }

    fn check(&self, digit: char, verdict: CheckVerdict) -> Incoming {
        Incoming::CheckFinished(CheckFinished {
            repository: self.world.repository(),
            commit: commit(digit),
            branch: Some("topic".parse().unwrap()),
            name: "tests".to_owned(),
            verdict,
            url: None,
            summary: Some("1 of 9 failed".to_owned()),
        })
    }
}

fn hooks(world: &World, forge: &Arc<Scripted>, rules: HookRules) -> Hooks {
    let clock = Arc::clone(&world.clock) as Arc<dyn outwork_engine::Clock>;
    let local = LocalForge::new(world.engine.store().clone(), clock, String::new());
    let hosted: Vec<Arc<dyn Forge>> = vec![Arc::clone(forge) as Arc<dyn Forge>];
    let forges = Forges::new(hosted, Arc::new(local));
    let rules = HashMap::from([(FORGE.to_owned(), rules)]);
    let worker = WorkerId("hooks".to_owned());
    Hooks::new(world.engine.clone(), forges, rules, worker)
}

fn commit(digit: char) -> outwork_domain::CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}

fn ignored(why: &str) -> (HookState, Option<String>) {
    (HookState::Ignored, Some(why.to_owned()))
}

pub const DONE: (HookState, Option<String>) = (HookState::Done, None);

#[tokio::test]
async fn what_is_not_signed_is_not_stored() {
    let listening = Listening::start().await;
    let headers = [("x-signature", "wrong"), ("x-delivery", "a")];
    let request = HookRequest {
        headers: &headers,
        body: b"a",
    };
    let refused = listening.hooks.receive(FORGE, &request).await.unwrap_err();
    assert!(
        matches!(refused, HookRefusal::Untrusted(HookError::WrongSignature)),
        "{refused}"
    );
    let unknown = listening.hooks.receive("elsewhere", &request).await;
    assert!(matches!(unknown, Err(HookRefusal::UnknownForge)));
    let body = vec![b'a'; INCOMING_HOOK_BYTES_MAX + 1];
    let headers = [("x-signature", "right"), ("x-delivery", "a")];
    let large = HookRequest {
        headers: &headers,
        body: &body,
    };
    let refused = listening.hooks.receive(FORGE, &large).await;
    assert!(matches!(refused, Err(HookRefusal::TooLarge)));
    assert_eq!(listening.hooks.tick().await.unwrap(), 0);
}

#[tokio::test]
async fn a_mention_in_an_issue_launches_an_agent_once_and_the_next_one_goes_to_it() {
    let listening = Listening::start().await;
    let first = listening.on_issue("ada", "@outwork make it gre\u{200b}en");
    assert_eq!(listening.hear("one", first.clone()).await, DONE);
    let agents = listening.agents().await;
    assert_eq!(agents.len(), 1);
    let prompt = listening.prompts(agents[0]).await.remove(0);
    for part in [
        "The button is blue",
        "It should be green.",
        "@ada wrote:\n\nmake it green",
        "```text\nThe button is blue\n\nIt should be green.\n```",
    ] {
        assert!(prompt.contains(part), "{prompt}");
    }
    let view = listening.world.view(agents[0]).await.unwrap();
    assert_eq!(view.agent.name, "The button is blue");
    assert_eq!(
        view.agent.repositories[0].source.repository,
        listening.world.repository()
    );
    // The forge sends it again: it is known, and nothing happens.
    assert_eq!(listening.send("one", first).await, Received::Known);
    assert_eq!(listening.hooks.tick().await.unwrap(), 0);

    let second = listening.on_issue("ada", "@outwork and round");
    assert_eq!(listening.hear("two", second).await, DONE);
    assert_eq!(listening.agents().await, agents);
    let prompts = listening.prompts(agents[0]).await;
    assert_eq!(prompts.len(), 2);
    assert!(prompts[1].contains("and round"), "{prompts:?}");
    let replies = listening.forge.replies();
    assert_eq!(replies.len(), 2);
    let link = format!("http://127.0.0.1:1/agents?id=bc-{}", agents[0]);
    assert!(
        replies.iter().all(|reply| reply.contains(&link)),
        "{replies:?}"
    );
    let reactions = listening.forge.reactions.lock().unwrap().clone();
    assert_eq!(reactions, [Reaction::Eyes; 2]);
}

#[tokio::test]
async fn a_comment_on_a_line_of_ours_becomes_a_follow_up_with_its_place() {
    let listening = Listening::start().await;
    let id = listening.agent_with_pull_request(3).await;
    let subject = Subject::PullRequest(PullRequestNumber(3));
    let mut said = listening.said("ada", subject, "@outwork use a constant");
    said.remark.place = Place::Line(Line {
        id: 9,
        thread: Some("thread-4".to_owned()),
        path: "src/size.rs".to_owned(),
        line: Some(17),
        side: Side::New,
        hunk: Some("@@ -1 +1 @@\n+let size = 5;".to_owned()),
    });
    let incoming = Incoming::Said(Box::new(said));
    assert_eq!(listening.hear("one", incoming).await, DONE);
    let prompts = listening.prompts(id).await;
    assert_eq!(prompts.len(), 2);
    for part in [
        "@ada",
        "https://git.example.com/acme/tools/pull/3",
        "use a constant",
        "src/size.rs, line 17",
        "+let size = 5;",
        "thread-4",
    ] {
        assert!(prompts[1].contains(part), "{}", prompts[1]);
    }
    // Of another pull request nothing is known.
    let subject = Subject::PullRequest(PullRequestNumber(4));
    let other = listening.said("ada", subject, "@outwork do");
    let became = listening.hear("two", Incoming::Said(Box::new(other))).await;
    assert_eq!(became, ignored("the pull request is none of ours"));
    assert_eq!(listening.forge.replies().len(), 1);
}

#[tokio::test]
async fn only_those_who_may_are_heard_and_programs_never() {
    let listening = Listening::start().await;
    let stranger = listening.on_issue("eve", "@outwork steal");
    assert_eq!(
        listening.hear("stranger", stranger).await,
        ignored("its author may not ask for work")
    );
    let quiet = listening.on_issue("ada", "outwork is fine");
    assert_eq!(
        listening.hear("quiet", quiet).await,
        ignored("nobody spoke to us")
    );
    let mut bot = listening.said("ada", Subject::Issue(7), "@outwork again");
    bot.author.kind = PersonKind::Bot;
    assert_eq!(
        listening.hear("bot", Incoming::Said(Box::new(bot))).await,
        ignored("a program said it")
    );
    let own = "An agent works on it, @outwork\n\n<!-- outwork hook=x -->\n";
    let own = listening.on_issue("ada", own);
    assert_eq!(
        listening.hear("own", own).await,
        ignored("a program said it")
    );
    assert_eq!(listening.agents().await, []);
    assert_eq!(listening.forge.replies(), Vec::<String>::new());

    let listed = People::Listed(vec!["Eve".to_owned()]);
    let listening = Listening::by(|rules| rules.people = listed).await;
    let eve = listening.on_issue("eve", "@outwork do");
    assert_eq!(listening.hear("eve", eve).await, DONE);
    let ada = listening.on_issue("ada", "@outwork do");
    assert_eq!(
        listening.hear("ada", ada).await,
        ignored("its author may not ask for work")
    );
}

#[tokio::test]
async fn a_forge_that_is_away_gets_its_answer_later_and_nothing_happens_twice() {
    let listening = Listening::start().await;
    *listening.forge.away.lock().unwrap() = 1;
    let incoming = listening.on_issue("ada", "@outwork do");
    let became = listening.hear("one", incoming).await;
    assert_eq!(became.0, HookState::Pending);
    assert!(became.1.unwrap().contains("it is away"));
    assert_eq!(listening.agents().await.len(), 1);
    listening.done("one").await;
    let agents = listening.agents().await;
    assert_eq!(agents.len(), 1);
    assert_eq!(listening.prompts(agents[0]).await.len(), 1);
    assert_eq!(listening.forge.replies().len(), 1);
}

#[tokio::test]
async fn a_death_after_the_answer_repeats_nothing() {
    let listening = Listening::start().await;
    let incoming = listening.on_issue("ada", "@outwork do");
    listening.send("one", incoming).await;
    *listening.forge.hangs.lock().unwrap() = true;
    let hooks = listening.hooks.clone();
    let dying = tokio::spawn(async move { hooks.tick().await });
    let hung = listening.forge.hung.notified();
    tokio::time::timeout(Duration::from_secs(30), hung)
        .await
        .expect("an answer is given");
    dying.abort();
    assert!(dying.await.is_err());
    assert_eq!(listening.became("one").await, (HookState::Pending, None));
    // Its claim is still held, until the next life of the server takes it back.
    assert_eq!(listening.hooks.tick().await.unwrap(), 0);
    listening.hooks.recover().await.unwrap();
    assert_eq!(listening.hooks.tick().await.unwrap(), 1);
    assert_eq!(listening.became("one").await, DONE);
    let agents = listening.agents().await;
    assert_eq!(agents.len(), 1);
    assert_eq!(listening.prompts(agents[0]).await.len(), 1);
    assert_eq!(listening.forge.replies().len(), 1);
}

#[tokio::test]
async fn without_an_account_an_issue_is_told_so() {
    let listening = Listening::by(|rules| rules.account_id = None).await;
    let incoming = listening.on_issue("ada", "@outwork do");
    let (state, cause) = listening.hear("one", incoming).await;
    assert_eq!(state, HookState::Failed);
    assert!(cause.unwrap().contains("no account"));
    assert!(listening.forge.replies()[0].contains("no account"));
    let reactions = listening.forge.reactions.lock().unwrap().clone();
    assert_eq!(reactions, [Reaction::Confused]);
}

#[tokio::test]
async fn what_becomes_of_a_pull_request_is_noted() {
    let listening = Listening::start().await;
    let id = listening.agent_with_pull_request(3).await;
    let change = |change, number| {
        Incoming::PullRequestChanged(PullRequestChanged {
            repository: listening.world.repository(),
            number: PullRequestNumber(number),
            url: None,
            change,
            head: None,
            author: Person {
                login: "eve".to_owned(),
                id: 2,
                kind: PersonKind::Human,
            },
        })
    };
    for (hook, what, state) in [
        ("a", PullRequestChange::Closed, PullRequestState::Closed),
        ("b", PullRequestChange::Reopened, PullRequestState::Open),
        ("c", PullRequestChange::Merged, PullRequestState::Merged),
    ] {
        assert_eq!(listening.hear(hook, change(what, 3)).await, DONE);
        let mut reader = listening.world.engine.store().read().await.unwrap();
        let known = forge_pull_requests::list_of_agent(&mut reader, id).await;
        assert_eq!(known.unwrap()[0].state, state);
    }
    let other = change(PullRequestChange::Merged, 4);
    assert_eq!(
        listening.hear("d", other).await,
        ignored("the pull request is none of ours")
    );
}

#[tokio::test]
async fn failing_checks_are_followed_up_if_wanted_once_a_commit_and_so_often() {
    let listening = Listening::by(|rules| rules.check_follow_ups_max = 1).await;
    let id = listening.agent_with_pull_request(3).await;
    let good = listening.check('a', CheckVerdict::Succeeded);
    assert_eq!(
        listening.hear("good", good).await,
        ignored("the check did not fail")
    );
    let old = listening.check('b', CheckVerdict::Failed);
    assert_eq!(
        listening.hear("old", old).await,
        ignored("the check is not of what was pushed last")
    );
    let failed = listening.check('a', CheckVerdict::Failed);
    assert_eq!(listening.hear("one", failed.clone()).await, DONE);
    let prompts = listening.prompts(id).await;
    assert_eq!(prompts.len(), 2);
    assert!(prompts[1].contains("1 of 9 failed"), "{}", prompts[1]);
    assert_eq!(
        listening.hear("two", failed).await,
        ignored("enough failing checks were followed up")
    );
    assert_eq!(listening.prompts(id).await.len(), 2);

    let listening = Listening::by(|rules| rules.check_follow_ups_max = 2).await;
    let id = listening.agent_with_pull_request(3).await;
    let failed = listening.check('a', CheckVerdict::Failed);
    assert_eq!(listening.hear("one", failed.clone()).await, DONE);
    assert_eq!(
        listening.hear("two", failed).await,
        ignored("a failing check of that commit was followed up")
    );
    assert_eq!(listening.prompts(id).await.len(), 2);

    let listening = Listening::start().await;
    listening.agent_with_pull_request(3).await;
    let failed = listening.check('a', CheckVerdict::Failed);
    assert_eq!(
        listening.hear("off", failed).await,
        ignored("failing checks are not followed up")
    );
}

#[tokio::test]
async fn what_cannot_be_understood_fails_and_is_kept() {
    let listening = Listening::start().await;
    let incoming = listening.on_issue("ada", "@outwork do");
    listening.send("one", incoming).await;
    listening.forge.incoming.lock().unwrap().clear();
    listening.hooks.tick().await.unwrap();
    let (state, cause) = listening.became("one").await;
    assert_eq!(state, HookState::Failed);
    assert!(cause.unwrap().contains("unheard of"));
    // Long after, it is forgotten.
    assert_eq!(listening.hooks.sweep().await.unwrap(), 0);
    listening.world.clock.move_on(31 * DAY);
    assert_eq!(listening.hooks.sweep().await.unwrap(), 1);
}

#[tokio::test]
async fn git_shows_what_the_forge_gives_for_one_operation() {
    let listening = Listening::start().await;
    let forge = Arc::clone(&listening.forge) as Arc<dyn Forge>;
    let credentials = ForgeCredentials::of(forge);
    let repository = listening.world.repository();
    for (access, name) in [(Access::Read, "Read"), (Access::Write, "Write")] {
        let wanted = outwork_workspace::Wanted::Any;
        let given = credentials.credential(&repository, access, wanted).await;
        assert_eq!(given.unwrap().unwrap().username, name);
    }
    *listening.forge.away.lock().unwrap() = 1;
    let wanted = outwork_workspace::Wanted::Fresh;
    let error = credentials
        .credential(&repository, Access::Read, wanted)
        .await
        .unwrap_err();
    assert!(
        matches!(error, outwork_workspace::Error::Unavailable { .. }),
        "{error}"
    );
}
