//! What is told, and that it is never a flood.

use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use outwork_domain::limits::EGRESS_HOSTS_TOLD_MAX;
use outwork_domain::{EventBody, NetworkVerdict};
use tokio_util::sync::CancellationToken;

use super::{Journal, Teller};
use crate::egress::{Egress, EgressOptions, EgressRun};
use crate::outbound::OutboundOptions;

type Told = Arc<Mutex<Vec<EventBody>>>;

fn teller() -> (Told, Teller) {
    let told = Told::default();
    let kept = Arc::clone(&told);
    let tell = move |bodies| {
        kept.lock().unwrap().extend::<Vec<EventBody>>(bodies);
        let done: futures::future::BoxFuture<'static, ()> = Box::pin(async {});
        done
    };
    (told, Box::new(tell))
}

fn refused() -> NetworkVerdict {
    NetworkVerdict::Refused("no".to_owned())
}

fn counts(told: &Told) -> Vec<u64> {
    let told = told.lock().unwrap();
    let count = |event: &EventBody| {
        let EventBody::NetworkUsed { count, .. } = event else {
            panic!("{event:?}");
        };
        *count
    };
    told.iter().map(count).collect()
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_refusals_are_a_few_events() {
    let (told, tell) = teller();
    let (journal, stop) = (Arc::new(Journal::default()), CancellationToken::new());
    let keeping = tokio::spawn(Arc::clone(&journal).keep(tell, stop.clone()));
    // A hundred a second of a clock that only this test moves.
    for number in 0..10_000_u64 {
        journal.note("evil.example".to_owned(), refused(), (1, 2));
        if number % 100 == 0 {
            tokio::time::advance(std::time::Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
        }
    }
    stop.cancel();
    keeping.await.unwrap();
    let counts = counts(&told);
    assert_eq!(counts.iter().sum::<u64>(), 10_000);
    assert!((3..=8).contains(&counts.len()), "{counts:?}");
}

#[tokio::test]
async fn ten_thousand_hosts_are_no_more_events_than_are_named() {
    let (told, tell) = teller();
    let (journal, stop) = (Arc::new(Journal::default()), CancellationToken::new());
    for number in 0..10_000 {
        journal.note(format!("h{number}.example"), refused(), (0, 0));
    }
    stop.cancel();
    Arc::clone(&journal).keep(tell, stop).await;
    let counts = counts(&told);
    assert_eq!(counts.iter().sum::<u64>(), 10_000);
    assert_eq!(counts.len(), EGRESS_HOSTS_TOLD_MAX + 1);
    let last = told.lock().unwrap().last().cloned();
    let Some(EventBody::NetworkUsed { host, verdict, .. }) = last else {
        panic!("{last:?}");
    };
    assert_eq!(host, "other hosts");
    assert!(matches!(verdict, NetworkVerdict::Refused(_)));
}

#[tokio::test]
async fn a_socket_is_its_owners_however_deep_it_lies_and_may_be_opened_again() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("deep/".repeat(40));
    std::fs::create_dir_all(&folder).unwrap();
    let options = EgressOptions::default();
    let egress = Egress::new(options, &[], &OutboundOptions::default());
    for _ in 0..2 {
        let layer = outwork_domain::egress::EgressLayer::default();
        let place = outwork_domain::egress::EgressPlace::Server;
        let rules = outwork_domain::egress::EgressRules::new([].into(), place, layer);
        let run = EgressRun {
            account_id: outwork_domain::AccountId::new(uuid::Uuid::nil()),
            rules: Arc::new(rules),
        };
        let open = egress.open(run, &folder, None, teller().1).unwrap();
        let about = std::fs::metadata(Egress::socket(&folder)).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
        open.close().await;
    }
}
