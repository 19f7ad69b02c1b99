//! Each fault that the checker is for, put into facts that are good.

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const LIVING: &str = "/agent/2";
const DEAD: &str = "/agent/0";

fn seen(id: &str, target: &str, status: Option<u16>) -> Seen {
    let body = br#"{"event":"statusChange","id":"bc-1","status":"FINISHED"}"#.to_vec();
    let mut seen = Seen {
        target: target.to_owned(),
        id: id.to_owned(),
        standard_id: id.to_owned(),
        timestamp: "1800000000".to_owned(),
        signature: String::new(),
        standard_signature: String::new(),
        body,
        status,
    };
    sign(&mut seen, SECRET);
    seen
}

fn sign(seen: &mut Seen, secret: &str) {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = ring::hmac::sign(&key, &seen.body);
    seen.signature = format!("sha256={}", hex::encode(tag.as_ref()));
    let library = standardwebhooks::Webhook::from_bytes(secret.as_bytes().to_vec()).unwrap();
    let seconds = seen.timestamp.parse().unwrap();
    seen.standard_signature = library.sign(&seen.id, seconds, &seen.body).unwrap();
}

fn due(id: &str, number: u64, target: &str, state: &str, statuses: &[Option<u16>]) -> Due {
    let attempt = |status: &Option<u16>| Attempt {
        status: *status,
        fault: status
            .is_none()
            .then(|| "there was no answer in time".to_owned()),
    };
    Due {
        id: id.to_owned(),
        agent: "bc-1".to_owned(),
        number,
        target: target.to_owned(),
        state: state.to_owned(),
        attempts: statuses.iter().map(attempt).collect(),
    }
}

/// Three to a living receiver, with a failure, a cut connection and a repetition; three to a dead one.
fn good() -> Facts {
    let target = |life| Target {
        secret: SECRET.to_owned(),
        life,
    };
    let lane = |target: &str| (("bc-1".to_owned(), target.to_owned()), 3);
    Facts {
        targets: [
            (LIVING.to_owned(), target(Life::Living)),
            (DEAD.to_owned(), target(Life::Dead)),
        ]
        .into(),
        due: vec![
            due("wh_1", 1, LIVING, "delivered", &[Some(500), Some(200)]),
            due("wh_2", 2, LIVING, "delivered", &[None, Some(200)]),
            due("wh_3", 3, LIVING, "delivered", &[Some(200)]),
            due("wh_4", 1, DEAD, "given_up", &[None, None, None]),
            due("wh_5", 2, DEAD, "waiting", &[None]),
            due("wh_6", 3, DEAD, "waiting", &[]),
        ],
        seen: vec![
            seen("wh_1", LIVING, Some(500)),
            seen("wh_1", LIVING, Some(200)),
            seen("wh_2", LIVING, None),
            seen("wh_2", LIVING, Some(200)),
            // Taken, not noted before the kill, and sent again.
            seen("wh_2", LIVING, Some(200)),
            seen("wh_3", LIVING, Some(200)),
            seen("wh_4", DEAD, None),
            seen("wh_4", DEAD, None),
            seen("wh_4", DEAD, None),
            seen("wh_5", DEAD, None),
        ],
        expected: [lane(LIVING), lane(DEAD)].into(),
        retries: 2,
        repeats_max: 1,
    }
}

/// What is found after somebody broke something.
fn after(fault: impl FnOnce(&mut Facts)) -> Vec<Violation> {
    let mut facts = good();
    fault(&mut facts);
    violations(&facts)
}

fn id(text: &str) -> String {
    text.to_owned()
}

#[test]
fn what_is_good_is_found_good() {
    assert_eq!(after(|_| {}), []);
    let expected = Sums {
        living: 3,
        taken: 3,
        arrivals: 6,
        repeats: 1,
        dead_attempts: 4,
        dead_given_up: 1,
    };
    assert_eq!(sums(&good()), expected);
}

#[test]
fn a_lost_delivery_is_found() {
    let found = after(|facts| facts.seen.retain(|seen| seen.id != "wh_3"));
    assert!(found.contains(&Violation::Lost(id("wh_3"))), "{found:?}");
    let found = after(|facts| facts.seen[5].status = Some(503));
    assert!(found.contains(&Violation::Lost(id("wh_3"))), "{found:?}");
    let found = after(|facts| facts.due[2].state = id("given_up"));
    assert_eq!(found, [Violation::NotNoted(id("wh_3"), id("given_up"))]);
}

#[test]
fn a_row_that_was_never_written_or_written_twice_is_found() {
    let found = after(|facts| {
        facts.due.remove(2);
        facts.seen.remove(5);
    });
    let miscounted = Violation::Miscounted {
        agent: id("bc-1"),
        target: id(LIVING),
        there: 2,
        expected: 3,
    };
    assert_eq!(found, [miscounted]);
    let found = after(|facts| facts.due[5].number = 2);
    assert!(found.contains(&Violation::Doubled(id("wh_6"))), "{found:?}");
}

#[test]
fn another_order_is_found() {
    let expected = Violation::OutOfOrder(id("wh_2"), id("wh_3"));
    assert_eq!(
        after(|facts| facts.seen.swap(4, 5)),
        [],
        "only the first one counts"
    );
    let found = after(|facts| {
        let third = facts.seen.remove(5);
        facts.seen.insert(3, third);
    });
    assert_eq!(found, [expected], "it came before the second was taken");
    let found = after(|facts| facts.seen.swap(6, 9));
    let expected = [];
    assert_eq!(found, expected, "the dead one's first was given up");
    let found = after(|facts| facts.seen.push(seen("wh_6", DEAD, None)));
    assert_eq!(found, [Violation::OutOfOrder(id("wh_5"), id("wh_6"))]);
}

#[test]
fn other_bytes_under_the_same_id_are_found() {
    let found = after(|facts| {
        facts.seen[1].body.insert(1, b' ');
        sign(&mut facts.seen[1], SECRET);
    });
    assert_eq!(found, [Violation::Changed(id("wh_1"))]);
    let found = after(|facts| {
        for one in facts.seen.iter_mut().filter(|one| one.id == "wh_3") {
            one.body = br#"{"id":"bc-2"}"#.to_vec();
            sign(one, SECRET);
        }
    });
    assert_eq!(found, [Violation::WrongBody(id("wh_3"))]);
}

#[test]
fn bad_signatures_are_found_each_by_itself() {
    let bad = |which| [Violation::BadSignature(id("wh_1"), which)];
    let (cursor, standard) = ("X-Webhook-Signature", "webhook-signature");
    let other = after(|facts| sign(&mut facts.seen[0], &"x".repeat(32)));
    assert_eq!(other, bad(cursor));
    assert_eq!(after(|facts| facts.seen[0].signature.clear()), bad(cursor));
    let late = after(|facts| facts.seen[0].timestamp = id("1800000001"));
    assert_eq!(late, bad(standard));
    let bare = after(|facts| facts.seen[0].standard_signature.clear());
    assert_eq!(bare, bad(standard));
    let renamed = after(|facts| facts.seen[0].standard_id = id("wh_9"));
    assert_eq!(renamed, bad(standard));
}

#[test]
fn a_new_id_at_a_retry_and_a_wrong_address_are_found() {
    let unexplained = |text: &str, target: &str| Violation::Unexplained(id(text), id(target));
    let found = after(|facts| facts.seen[1] = seen("wh_7", LIVING, Some(200)));
    assert!(found.contains(&unexplained("wh_7", LIVING)), "{found:?}");
    assert!(found.contains(&Violation::Lost(id("wh_1"))), "{found:?}");
    let found = after(|facts| facts.seen.push(seen("wh_3", "/redirected", Some(200))));
    assert!(
        found.contains(&unexplained("wh_3", "/redirected")),
        "{found:?}"
    );
}

#[test]
fn repetitions_that_no_kill_explains_are_found() {
    let found = after(|facts| facts.seen.push(seen("wh_3", LIVING, Some(200))));
    assert_eq!(found, [Violation::TooManyRepeats(2)]);
}

#[test]
fn a_log_that_tells_what_never_happened_is_found() {
    let misnoted = [Violation::MisnotedAttempt(id("wh_1"))];
    let found = after(|facts| facts.due[0].attempts[0].status = Some(502));
    assert_eq!(found, misnoted);
    let found = after(|facts| facts.due[0].attempts[0].fault = Some(id("both")));
    assert_eq!(found, misnoted);
}

#[test]
fn dead_receivers_are_judged_by_the_schedule() {
    let misjudged =
        |text: &str, state: &str, count| Violation::Misjudged(id(text), id(state), count);
    let early = after(|facts| {
        facts.due[4].state = id("given_up");
    });
    assert_eq!(early, [misjudged("wh_5", "given_up", 1)]);
    let late = after(|facts| facts.due[3].state = id("waiting"));
    assert!(late.contains(&misjudged("wh_4", "waiting", 3)), "{late:?}");
    let wrong = after(|facts| facts.due[4].state = id("delivered"));
    assert_eq!(wrong, [misjudged("wh_5", "delivered", 1)]);
    let untried = after(|facts| {
        facts.seen.truncate(6);
        for due in &mut facts.due[3..] {
            due.attempts.clear();
            due.state = id("waiting");
        }
    });
    assert_eq!(untried, [Violation::DeadUntried]);
}
