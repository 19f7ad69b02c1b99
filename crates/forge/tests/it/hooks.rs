//! What the tests of webhooks share, and what holds for the signatures of all forges.

use std::path::Path;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use outwork_domain::CommitId;
use outwork_forge::{
    Forge, GitHub, GitHubCredentials, GitLab, Gitea, HookError, HookRequest, HostOptions, Incoming,
    OptionsError, Person, PersonKind, Said,
};
use proptest::prelude::*;
use sha2::Sha256;
use tokio::runtime::Runtime;

pub(crate) const HEAD: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
pub(crate) const BEFORE: &str = "7638417db6d59f3c431d3e1f261cc637155684cd";
/// What octocrab wants around it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
const SECRET: &str = "a secret of the hooks";

fn options(web_url: &str, secret: Option<&str>) -> HostOptions {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut options = HostOptions::new("forge", web_url);
    options.hook_secret = secret.map(Into::into);
    options.bot_logins = vec!["outwork-service".to_owned()];
    options
}

/// One of each for all tests: making a client reads the certificates of the system.
static GITHUB: LazyLock<GitHub> = LazyLock::new(|| github_with(Some(SECRET)));
static GITLAB: LazyLock<GitLab> = LazyLock::new(|| {
    let options = options("https://gitlab.example.com", Some(SECRET));
    GitLab::new(&options, "glpat-0123456789".into()).unwrap()
});
static GITEA: LazyLock<Gitea> = LazyLock::new(|| {
    let options = options("https://git.example.com", Some(SECRET));
    Gitea::new(&options, "0123456789abcdef".into()).unwrap()
});

pub(crate) fn github() -> &'static GitHub {
    &GITHUB
}

fn github_with(secret: Option<&str>) -> GitHub {
    let credentials = GitHubCredentials {
        token: Some("ghp_0123456789".into()),
        app: None,
    };
    let options = options("https://github.com", secret);
    assert!(matches!(
        GitHub::new(&options, credentials.clone()),
        Err(OptionsError::NoRuntime)
    ));
    let _inside = RUNTIME.enter();
    GitHub::new(&options, credentials).unwrap()
}

pub(crate) fn gitlab() -> &'static GitLab {
    &GITLAB
}

pub(crate) fn gitea() -> &'static Gitea {
    &GITEA
}

/// A webhook of the fixtures, read.
pub(crate) fn read(forge: &dyn Forge, folder: &str, event: &str, name: &str) -> Incoming {
    forge.read_hook(event, &fixture(folder, name)).unwrap()
}

fn fixture(folder: &str, name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read(fixtures.join(folder).join(format!("{name}.json"))).unwrap()
}

pub(crate) fn said(incoming: Incoming) -> Said {
    let Incoming::Said(said) = incoming else {
        panic!("nothing was said: {incoming:?}");
    };
    *said
}

pub(crate) fn human(login: &str, id: u64) -> Person {
    Person {
        login: login.to_owned(),
        id,
        kind: PersonKind::Human,
    }
}

pub(crate) fn commit(text: &str) -> CommitId {
    text.parse().unwrap()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex::encode(mac.chain_update(body).finalize().into_bytes())
}

type Headers = Vec<(&'static str, String)>;

fn verify(
    forge: &dyn Forge,
    headers: &Headers,
    body: &[u8],
) -> Result<(String, String), HookError> {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let request = HookRequest {
        headers: &headers,
        body,
    };
    let delivery = forge.verify_hook(&request)?;
    Ok((delivery.id, delivery.event))
}

/// Each forge, and the headers with which it signs a body.
fn signed(secret: &str, body: &[u8]) -> Vec<(&'static dyn Forge, Headers)> {
    let hex = signature(secret, body);
    let plain = |names: [&'static str; 3]| -> Headers {
        let [signature, id, event] = names;
        vec![
            (signature, hex.clone()),
            (id, "d-1".to_owned()),
            (event, "ping".to_owned()),
        ]
    };
    let prefixed = |id, event| -> Headers {
        vec![
            ("X-Hub-Signature-256", format!("sha256={hex}")),
            (id, "d-1".to_owned()),
            (event, "ping".to_owned()),
        ]
    };
    vec![
        (github(), prefixed("X-GitHub-Delivery", "X-GitHub-Event")),
        (
            gitea(),
            plain(["X-Gitea-Signature", "X-Gitea-Delivery", "X-Gitea-Event"]),
        ),
        (
            gitea(),
            plain([
                "x-forgejo-signature",
                "x-forgejo-delivery",
                "x-forgejo-event",
            ]),
        ),
        (gitea(), prefixed("X-Gitea-Delivery", "X-Gitea-Event")),
        (
            gitlab(),
            vec![
                ("X-Gitlab-Token", secret.to_owned()),
                ("Idempotency-Key", "d-1".to_owned()),
                ("X-Gitlab-Event", "ping".to_owned()),
            ],
        ),
    ]
}

#[test]
fn a_right_signature_gives_id_and_event() {
    let body = b"{\"a\": 1}";
    for (forge, headers) in signed(SECRET, body) {
        let verified = verify(forge, &headers, body);
        assert_eq!(
            verified,
            Ok(("d-1".to_owned(), "ping".to_owned())),
            "{headers:?}"
        );
    }
}

#[test]
fn without_one_nothing_is_believed() {
    let body = b"{}";
    for (forge, headers) in signed("another secret", body) {
        let verified = verify(forge, &headers, body);
        assert_eq!(verified, Err(HookError::WrongSignature), "{headers:?}");
    }
    for (forge, mut headers) in signed(SECRET, body) {
        headers.remove(0);
        let verified = verify(forge, &headers, body);
        assert_eq!(verified, Err(HookError::Unsigned), "{headers:?}");
    }
    let (_, headers) = signed(SECRET, body).swap_remove(0);
    for secret in [None, Some("")] {
        let verified = verify(&github_with(secret), &headers, body);
        assert_eq!(verified, Err(HookError::NotConfigured));
    }
    // The old header with SHA-1 is no signature.
    let old = vec![
        (
            "X-Hub-Signature",
            "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6".to_owned(),
        ),
        ("X-GitHub-Delivery", "d-1".to_owned()),
        ("X-GitHub-Event", "ping".to_owned()),
    ];
    assert_eq!(verify(github(), &old, body), Err(HookError::Unsigned));
}

#[test]
fn gitlab_without_ids_gets_one_from_the_body() {
    let headers = |id: Option<(&'static str, &str)>| -> Headers {
        let plain = [("X-Gitlab-Token", SECRET), ("X-Gitlab-Event", "Push Hook")];
        plain
            .into_iter()
            .chain(id)
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    };
    let id = |headers: &Headers, body| verify(gitlab(), headers, body).unwrap().0;
    assert_eq!(
        id(&headers(Some(("X-Gitlab-Event-UUID", "u-1"))), b"{}"),
        "u-1"
    );
    let (one, same, other) = (
        id(&headers(None), b"{}"),
        id(&headers(None), b"{}"),
        id(&headers(None), b"{ }"),
    );
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[test]
fn a_body_that_is_none_is_refused_without_a_panic() {
    let forges: [(&dyn Forge, &[&str]); 3] = [
        (
            github(),
            &[
                "issue_comment",
                "pull_request",
                "check_run",
                "status",
                "push",
                "repository",
                "issues",
            ],
        ),
        (
            gitlab(),
            &[
                "Note Hook",
                "Issue Hook",
                "Merge Request Hook",
                "Pipeline Hook",
                "Push Hook",
            ],
        ),
        (
            gitea(),
            &[
                "issue_comment",
                "pull_request",
                "push",
                "repository",
                "status",
                "workflow_run",
            ],
        ),
    ];
    for (forge, events) in forges {
        for event in events {
            for body in ["", "null", "[]", "{}", "{\"action\":7}", "\u{0}"] {
                let read = forge.read_hook(event, body.as_bytes());
                assert!(
                    matches!(read, Err(HookError::Malformed(_))),
                    "{event} {body:?}: {read:?}"
                );
            }
        }
        assert_eq!(
            forge.read_hook("something new", b"{}"),
            Ok(Incoming::Irrelevant)
        );
    }
}

proptest! {
    #[test]
    fn a_changed_body_is_another(body in proptest::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut changed = body.clone();
        changed[at.index(body.len())] ^= 1 << bit;
        for (forge, headers) in signed(SECRET, &body) {
            if headers.iter().any(|(name, _)| *name == "X-Gitlab-Token") {
                continue;
            }
            prop_assert!(verify(forge, &headers, &body).is_ok());
            prop_assert_eq!(verify(forge, &headers, &changed), Err(HookError::WrongSignature));
        }
    }
}
