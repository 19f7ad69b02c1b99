//! What a forge is made of, and which addresses are its own.

use outwork_domain::PullRequestNumber;
use outwork_forge::{
    Forge, Forges, GitHub, GitHubApp, GitHubCredentials, GitLab, Gitea, HostOptions, OptionsError,
};

use crate::hooks::{gitea, github, gitlab};

fn options(url: &str) -> HostOptions {
    let _ = rustls::crypto::ring::default_provider().install_default();
    HostOptions::new("forge", url)
}

#[tokio::test]
async fn what_cannot_work_is_refused_and_not_repeated() {
    let host = options("https://git.example.com");
    let none = GitHub::new(&host, GitHubCredentials::default());
    assert!(matches!(none, Err(OptionsError::NoCredentials)));
    let credentials = GitHubCredentials {
        token: None,
        app: Some(GitHubApp {
            id: 1,
            private_key_pem:
                "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----".into(),
        }),
    };
    assert!(!format!("{credentials:?}").contains("canary"));
    let refused = GitHub::new(&host, credentials).err().unwrap();
    assert!(matches!(refused, OptionsError::PrivateKey));
    for token in ["", "canary\n", "can ary", "canäry"] {
        let refused = [
            GitLab::new(&host, token.into()).err().unwrap(),
            Gitea::new(&host, token.into()).err().unwrap(),
            GitHub::new(
                &host,
                GitHubCredentials {
                    token: Some(token.into()),
                    app: None,
                },
            )
            .err()
            .unwrap(),
        ];
        for error in refused {
            assert!(matches!(error, OptionsError::Token), "{error:?}");
        }
    }
    let mut host = options("https://git.example.com");
    host.ca_pem = Some(b"canary".to_vec());
    let refused = Gitea::new(&host, "0123456789".into()).err().unwrap();
    assert!(matches!(refused, OptionsError::Certificates));
    for url in [
        "git.example.com",
        "https://me:canary@git.example.com",
        "ftp://git.example.com",
    ] {
        let refused = Gitea::new(&options(url), "0123456789".into())
            .err()
            .unwrap();
        assert!(matches!(refused, OptionsError::Address { .. }));
        assert!(!format!("{refused} {refused:?}").contains("canary"));
    }
}

#[test]
fn pages_of_pull_requests_are_known() {
    let (github, gitlab, gitea) = (github(), gitlab(), gitea());
    for (forge, url, expected) in [
        (
            github as &dyn Forge,
            "https://github.com/acme/tools/pull/7",
            Some(("https://github.com/acme/tools", 7)),
        ),
        (
            github,
            "https://github.com/acme/tools/pull/7/files?w=1#diff",
            Some(("https://github.com/acme/tools", 7)),
        ),
        (github, "https://github.com/acme/tools/issues/7", None),
        (github, "https://github.com/acme/tools/pull/x", None),
        (
            github,
            "https://github.com.evil.example/acme/tools/pull/7",
            None,
        ),
        (github, "https://example.com/acme/tools/pull/7", None),
        (
            gitlab,
            "https://gitlab.example.com/group/sub/tools/-/merge_requests/3/diffs",
            Some(("https://gitlab.example.com/group/sub/tools", 3)),
        ),
        (
            gitlab,
            "https://gitlab.example.com/group/tools/-/issues/3",
            None,
        ),
        (
            gitea,
            "https://git.example.com/acme/tools/pulls/9",
            Some(("https://git.example.com/acme/tools", 9)),
        ),
        (gitea, "https://git.example.com/acme/tools/pull/9", None),
    ] {
        let expected = expected
            .map(|(repository, number)| (repository.parse().unwrap(), PullRequestNumber(number)));
        assert_eq!(forge.locate(url), expected, "{url}");
    }
}

#[test]
fn each_repository_has_its_forge() {
    let forge = |name: &str, url: &str| -> std::sync::Arc<dyn Forge> {
        let _ = options(url);
        let host = HostOptions::new(name, url);
        std::sync::Arc::new(Gitea::new(&host, "0123456789".into()).unwrap())
    };
    let forges = Forges::new(
        vec![
            forge("groups", "https://gitlab.example.com"),
            forge("forge", "https://git.example.com"),
        ],
        forge("elsewhere", "https://elsewhere.example.com"),
    );
    let repository = |text: &str| -> outwork_domain::Repository { text.parse().unwrap() };
    let of_gitlab = repository("git@gitlab.example.com:group/sub/tools.git");
    assert!(forges.of(&of_gitlab).keeps(&of_gitlab));
    let unknown = repository("https://unknown.example.com/a/b");
    assert_eq!(forges.of(&unknown).name(), "elsewhere");
    assert_eq!(forges.hosted().len(), 2);
    assert!(forges.find_by_name("forge").is_some());
    let located = forges.locate("https://git.example.com/acme/tools/pulls/9");
    let (forge, found, number) = located.unwrap();
    assert!(forge.keeps(&found));
    assert_eq!(number, PullRequestNumber(9));
    assert!(
        forges
            .locate("https://unknown.example.com/a/b/pulls/9")
            .is_none()
    );
}
