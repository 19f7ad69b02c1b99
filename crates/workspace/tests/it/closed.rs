//! Repositories at closed addresses: refused before git is started and before anybody is called.

use std::fs;
use std::net::TcpListener;

use outwork_domain::Repository;
use outwork_stand_ins::addresses::{closed_hosts, crooked_urls};
use outwork_workspace::{Error, HostAccess, PlainHttp};

use crate::support::worlds;

#[tokio::test]
async fn no_form_of_a_closed_address_is_a_repository() {
    for mut world in worlds().await {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = world.watch_calls().await;
        let straight = closed_hosts().into_iter().flat_map(|host| {
            ["https", "http", "ssh"].map(|scheme| format!("{scheme}://{host}:{port}/a/b"))
        });
        let mut forms: Vec<String> = straight.collect();
        for crooked in crooked_urls(port) {
            forms.push(crooked.replacen("http:", "https:", 1));
            forms.push(crooked);
        }
        assert!(forms.len() > 1_500, "{}", forms.len());
        for text in forms {
            let Ok(repository) = text.parse::<Repository>() else {
                continue;
            };
            let admitted = world.git.admit(&repository, None);
            assert!(admitted.is_err(), "{text} is taken");
            // One that was taken under an earlier configuration is judged again.
            let error = world.git.resolve(&repository, None).await.unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::RepositoryRefused { .. } | Error::RepositoryNotFound { .. }
                ),
                "{text}: {error}"
            );
        }
        let dialled = listener.accept();
        assert!(dialled.is_err(), "{dialled:?}");
        assert_eq!(fs::read_to_string(&calls).unwrap(), "", "git was started");

        // The control: the same place, configured by the operator, is called.
        let git = world.path("git");
        world
            .reopen(|options| {
                options.git = git;
                options.hosts = vec![HostAccess {
                    host: format!("127.0.0.1:{port}"),
                    plain_http: PlainHttp::Allowed,
                    ..HostAccess::default()
                }];
            })
            .await;
        listener.set_nonblocking(false).unwrap();
        let accepted = std::thread::spawn(move || listener.accept().map(drop));
        let repository = format!("http://127.0.0.1:{port}/a/b").parse().unwrap();
        world.git.resolve(&repository, None).await.unwrap_err();
        accepted.join().unwrap().unwrap();
        assert!(
            fs::read_to_string(&calls)
                .unwrap()
                .contains("CALL ls-remote")
        );
    }
}
