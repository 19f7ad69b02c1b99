//! Reaching a forge over HTTP: the token goes to it and nowhere else; its answers have causes.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use outwork_domain::{Cause, Class, Repository};
use outwork_workspace::{
    Access, BranchOwner, Credential, Credentials, Error, FixedToken, GitOptions, HostAccess,
    PlainHttp, Push, PushFrom, Pushed, Wanted,
};
use secrecy::SecretString;

use crate::support::{Answer, Server, World, worlds};

const TOKEN: &str = "tok-5ecret-0123456789";
/// `ada:tok-5ecret-0123456789`
const BASIC: &str = "Basic YWRhOnRvay01ZWNyZXQtMDEyMzQ1Njc4OQ==";

struct Forge {
    server: Server,
    repository: Repository,
}

async fn forge(world: &mut World) -> Forge {
    world.repository("tools");
    let server = Server::start(world.path("repositories"), world.program.clone(), BASIC).await;
    let repository = format!("http://{}/tools", server.place).parse().unwrap();
    let place = server.place.clone();
    world
        .reopen(|options| open_to(options, &place, TOKEN))
        .await;
    Forge { server, repository }
}

fn of_ada(token: &str) -> Credential {
    Credential::new(Some("ada".to_owned()), SecretString::from(token.to_owned()))
}

fn open_to(options: &mut GitOptions, place: &str, token: &str) {
    open_with(options, place, Arc::new(FixedToken(of_ada(token))));
}

fn open_with(options: &mut GitOptions, place: &str, credentials: Arc<dyn Credentials>) {
    options.hosts = vec![HostAccess {
        host: place.to_owned(),
        credentials: Some(credentials),
        plain_http: PlainHttp::Allowed,
        ..HostAccess::default()
    }];
}

/// Mints the tokens of a list, the last one for ever, and writes down what it was asked for.
#[derive(Debug)]
struct Mint {
    tokens: Mutex<VecDeque<&'static str>>,
    asked: Mutex<Vec<(Access, Wanted)>>,
}

impl Mint {
    fn of(tokens: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            tokens: Mutex::new(tokens.iter().copied().collect()),
            asked: Mutex::default(),
        })
    }

    fn take_asked(&self) -> Vec<(Access, Wanted)> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Credentials for Mint {
    async fn credential(
        &self,
        _repository: &Repository,
        access: Access,
        wanted: Wanted,
    ) -> Result<Option<Credential>, Error> {
        self.asked.lock().unwrap().push((access, wanted));
        let mut tokens = self.tokens.lock().unwrap();
        let token = match tokens.len() {
            1 => tokens.front().copied(),
            _ => tokens.pop_front(),
        };
        match token {
            Some("away") => Err(Error::Unavailable {
                words: "the mint is away".to_owned(),
            }),
            token => Ok(token.map(of_ada)),
        }
    }
}

fn says_nothing_secret(text: &str) {
    assert!(
        !text.contains(TOKEN) && !text.contains("YWRhOnRvay"),
        "{text}"
    );
}

#[tokio::test]
async fn a_run_over_http_uses_the_token_and_shows_it_nowhere() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let (script, place) = (world.path("git"), forge.server.place.clone());
        let calls = world.watch_calls().await;
        world
            .reopen(|options| {
                options.git = script;
                open_to(options, &place, TOKEN);
            })
            .await;
        let (mirror, base) = world.mirror(&forge.repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        let branch = "topic".parse().unwrap();
        let push = Push {
            commit: imported.commit(),
            branch: &branch,
            expected: None,
            owner: BranchOwner::Outwork,
        };
        let from = PushFrom::Imported(&imported);
        assert_eq!(world.git.push(from, &push).await.unwrap(), Pushed::Done);
        assert_eq!(
            world.git.push(from, &push).await.unwrap(),
            Pushed::AlreadyThere
        );
        assert_eq!(
            world.tip("tools", "topic").as_ref(),
            Some(imported.commit())
        );
        let tip = world
            .git
            .remote_tip(&forge.repository, &branch)
            .await
            .unwrap();
        assert_eq!(tip.as_ref(), Some(imported.commit()));
        let requests = forge.server.requests();
        assert!(!requests.is_empty());
        for request in &requests {
            assert_eq!(request.authorization.as_deref(), Some(BASIC));
            says_nothing_secret(&request.target);
        }
        let text = fs::read_to_string(calls).unwrap();
        for line in text.lines().filter(|line| line.starts_with("CALL ")) {
            says_nothing_secret(line);
        }
        assert!(text.contains("GIT_ALLOW_PROTOCOL=http\n"));
        let mut stored = String::new();
        for file in ["config", "HEAD"] {
            stored += &fs::read_to_string(mirror.objects().join("..").join(file)).unwrap();
            stored += &fs::read_to_string(imported.folder().join(file)).unwrap();
        }
        says_nothing_secret(&stored);
    }
}

#[tokio::test]
async fn a_refused_token_is_an_error_of_credentials_without_the_token() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let place = forge.server.place.clone();
        world
            .reopen(|options| open_to(options, &place, "tok-5ecret-expired"))
            .await;
        let error = world
            .git
            .resolve(&forge.repository, None)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Auth { .. }), "{error}");
        assert_eq!(
            (error.cause(), error.class()),
            (Cause::ForgeAuth, Class::Permanent)
        );
        assert!(
            !format!("{error} {error:?}").contains("tok-5ecret"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_expired_is_minted_anew_once_by_every_operation() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let (mirror, base) = world.mirror(&forge.repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        let place = forge.server.place.clone();
        let mint = Mint::of(&["expired-1", TOKEN, "expired-2", TOKEN]);
        let shared = Arc::clone(&mint);
        world
            .reopen(|options| open_with(options, &place, shared))
            .await;
        let found = world.git.resolve(&forge.repository, None).await.unwrap();
        assert_eq!(found.commit, base);
        let asked = [Wanted::Any, Wanted::Fresh].map(|wanted| (Access::Read, wanted));
        assert_eq!(mint.take_asked(), asked);
        let branch = "topic".parse().unwrap();
        let push = Push {
            commit: imported.commit(),
            branch: &branch,
            expected: None,
            owner: BranchOwner::Outwork,
        };
        let pushed = world.git.push(PushFrom::Imported(&imported), &push).await;
        assert_eq!(pushed.unwrap(), Pushed::Done);
        let asked = [Wanted::Any, Wanted::Fresh].map(|wanted| (Access::Write, wanted));
        assert_eq!(mint.take_asked(), asked);
    }
}

#[tokio::test]
async fn a_second_refusal_is_final_and_shows_neither_token() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let place = forge.server.place.clone();
        let mint = Mint::of(&["expired-0001", "expired-0002"]);
        let shared = Arc::clone(&mint);
        world
            .reopen(|options| open_with(options, &place, shared))
            .await;
        let error = world
            .git
            .resolve(&forge.repository, None)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Auth { .. }), "{error}");
        assert!(!format!("{error:?}").contains("expired-000"), "{error:?}");
        let asked = [Wanted::Any, Wanted::Fresh].map(|wanted| (Access::Read, wanted));
        assert_eq!(mint.take_asked(), asked);
    }
}

#[tokio::test]
async fn who_mints_may_be_away_or_have_nothing() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let place = forge.server.place.clone();
        for (tokens, cause, class) in [
            (&["away"][..], Cause::WorkspaceFailed, Class::Retry),
            (&[][..], Cause::ForgeAuth, Class::Permanent),
        ] {
            let mint = Mint::of(tokens);
            world
                .reopen(|options| open_with(options, &place, mint))
                .await;
            let error = world
                .git
                .resolve(&forge.repository, None)
                .await
                .unwrap_err();
            assert_eq!((error.cause(), error.class()), (cause, class), "{error}");
        }
    }
}

#[tokio::test]
async fn the_answers_of_a_forge_have_causes() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let (mirror, base) = world.mirror(&forge.repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        let branch = "topic".parse().unwrap();
        let push = Push {
            commit: imported.commit(),
            branch: &branch,
            expected: None,
            owner: BranchOwner::Outwork,
        };
        for (status, reading, publishing, class) in [
            (
                301,
                Cause::RepositoryNotFound,
                Cause::PushDenied,
                Class::Permanent,
            ),
            (401, Cause::ForgeAuth, Cause::ForgeAuth, Class::Permanent),
            (403, Cause::ForgeAuth, Cause::PushDenied, Class::Permanent),
            (
                404,
                Cause::RepositoryNotFound,
                Cause::PushDenied,
                Class::Permanent,
            ),
            (
                429,
                Cause::WorkspaceFailed,
                Cause::PublishFailed,
                Class::Retry,
            ),
            (
                500,
                Cause::WorkspaceFailed,
                Cause::PublishFailed,
                Class::Retry,
            ),
            (
                503,
                Cause::WorkspaceFailed,
                Cause::PublishFailed,
                Class::Retry,
            ),
        ] {
            let text = format!("said with {TOKEN}\n");
            forge.server.answer(Answer::Status(status, text));
            let error = world
                .git
                .resolve(&forge.repository, None)
                .await
                .unwrap_err();
            assert_eq!(error.cause(), reading, "{status}: {error}");
            says_nothing_secret(&error.to_string());
            let error = world
                .git
                .push(PushFrom::Imported(&imported), &push)
                .await
                .unwrap_err();
            assert_eq!(
                (error.cause(), error.class()),
                (publishing, class),
                "{status}: {error}"
            );
            says_nothing_secret(&error.to_string());
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let other = Server::start(world.path("repositories"), world.program.clone(), BASIC).await;
        forge.server.answer(Answer::Redirect(other.place.clone()));
        let error = world
            .git
            .resolve(&forge.repository, None)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::RepositoryMoved { .. }), "{error}");
        assert!(other.requests().is_empty());
    }
}

#[tokio::test]
async fn a_forge_that_says_nothing_is_given_up() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let place = forge.server.place.clone();
        world
            .reopen(|options| {
                open_to(options, &place, TOKEN);
                options.limits.silence = Duration::from_millis(300);
            })
            .await;
        forge.server.answer(Answer::Silence);
        let error = world
            .git
            .resolve(&forge.repository, None)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Slow { .. }), "{error}");
        assert_eq!(error.class(), Class::Retry);
    }
}

#[tokio::test]
async fn a_forge_that_is_away_is_tried_again_later() {
    for mut world in worlds().await {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        drop(listener);
        world
            .reopen(|options| open_to(options, &place, TOKEN))
            .await;
        let repository = format!("http://{place}/tools").parse().unwrap();
        let error = world.git.resolve(&repository, None).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_found_by_the_repeat() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let (mirror, base) = world.mirror(&forge.repository).await;
        let imported = world.work(&mirror, "run", &base, &[("b", "b")]).await;
        let branch = "topic".parse().unwrap();
        let push = Push {
            commit: imported.commit(),
            branch: &branch,
            expected: None,
            owner: BranchOwner::Outwork,
        };
        forge.server.answer(Answer::LosePush);
        let error = world
            .git
            .push(PushFrom::Imported(&imported), &push)
            .await
            .unwrap_err();
        assert_eq!(
            (error.cause(), error.class()),
            (Cause::PublishFailed, Class::Retry),
            "{error}"
        );
        forge.server.answer(Answer::Git);
        let again = world
            .git
            .push(PushFrom::Imported(&imported), &push)
            .await
            .unwrap();
        assert_eq!(again, Pushed::AlreadyThere);
    }
}

#[tokio::test]
async fn a_token_goes_only_to_the_exact_place_that_it_is_for() {
    for mut world in worlds().await {
        let forge = forge(&mut world).await;
        let host = forge.server.place.split(':').next().unwrap().to_owned();
        world.reopen(|options| open_to(options, &host, TOKEN)).await;
        let error = world
            .git
            .resolve(&forge.repository, None)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::RepositoryRefused { .. }), "{error}");
        assert!(forge.server.requests().is_empty());
    }
}
