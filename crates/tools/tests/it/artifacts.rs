//! Files for the user.

use outwork_domain::ArtifactPath;
use outwork_tools::Error;

use crate::support::{Run, within};

fn path(text: &str) -> ArtifactPath {
    text.parse().unwrap()
}

#[tokio::test]
async fn regular_files_are_listed_newest_first_and_read() {
    let mut run = Run::start().await;
    run.done(
        "cd $OUTWORK_ARTIFACTS && mkdir sub && echo old > old.txt && touch -d 2001-01-01 old.txt
         printf 'a\\0b' > sub/new.bin && ln -s /etc/passwd link && mkfifo fifo && touch \"$(printf 'a\\nb')\"",
    )
    .await;
    let list = within("the list", run.host.list_artifacts()).await.unwrap();
    assert_eq!(list, [(path("sub/new.bin"), 3), (path("old.txt"), 4)]);
    let mut bytes = Vec::new();
    let name = path("sub/new.bin");
    let read = run.host.read_artifact(&name, &mut bytes, 3);
    assert_eq!(within("the bytes", read).await.unwrap(), 3);
    assert_eq!(bytes, b"a\0b");
    run.end().await;
}

#[tokio::test]
async fn too_large_missing_and_odd_ones_are_refused_and_the_host_goes_on() {
    let mut run = Run::start().await;
    run.done("cd $OUTWORK_ARTIFACTS && head -c 300000 /dev/urandom > big && mkfifo fifo")
        .await;
    let mut bytes = Vec::new();
    let error = within(
        "big",
        run.host.read_artifact(&path("big"), &mut bytes, 299_999),
    )
    .await;
    assert!(
        matches!(error, Err(Error::TooLarge { max: 299_999, .. })),
        "{error:?}"
    );
    for name in ["none", "fifo"] {
        let error = within(name, run.host.read_artifact(&path(name), &mut bytes, 10)).await;
        assert!(matches!(error, Err(Error::Missing { .. })), "{error:?}");
    }
    bytes.clear();
    let read = within(
        "big",
        run.host.read_artifact(&path("big"), &mut bytes, 300_000),
    )
    .await;
    assert_eq!((read.unwrap(), bytes.len()), (300_000, 300_000));
    run.end().await;
}

#[tokio::test]
async fn a_thousand_at_most_and_the_large_ones_too() {
    let mut run = Run::start().await;
    run.done("cd $OUTWORK_ARTIFACTS && touch $(seq 1500) && truncate -s 1G sparse")
        .await;
    let list = within("the list", run.host.list_artifacts()).await.unwrap();
    // The server says of them which it did not take.
    assert_eq!(list.len(), 1_000);
    assert_eq!((list[0].0.as_str(), list[0].1), ("sparse", 1 << 30));
    run.end().await;
}
